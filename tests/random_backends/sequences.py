"""Prints what audits of drawn backends send, for a test that compares processes: `python -m … EXAMPLES`."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator

from hypothesis import HealthCheck, Phase, given, settings

from tests.random_backends.auditing import audited, requests
from tests.random_backends.drawn import Backend
from tests.random_backends.strategies import backends


def digests(examples: int) -> Iterator[str]:
    """Yield for each of so many backends, always the same, the digest of the requests that its audit sends."""
    drawn: list[Backend] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(backends())
    def draw(backend: Backend) -> None:
        drawn.append(backend)

    draw()
    for backend in drawn:
        sent = "\n".join(requests(audited(backend)))
        yield f"{digest(repr(backend))} {digest(sent)}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


if __name__ == "__main__":
    print("\n".join(digests(int(sys.argv[1]))))
