"""Talks to GitHub Actions: annotations in the log, the step summary, the outputs of the step.

Nothing here decides what is said; `reports.github` does.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from auditor.errors import AuditorError

MOST_SUMMARY_BYTES: Final = 1024 * 1024
"""Per step; GitHub drops a larger summary whole."""


def running(environ: Mapping[str, str]) -> bool:
    return environ.get("GITHUB_ACTIONS") == "true"


def publish(
    *, summary: str, annotations: Sequence[str], outputs: Mapping[str, str], environ: Mapping[str, str], out: IO[str]
) -> None:
    """Print annotations to `out` and append summary and outputs to the files that the runner names.

    Outside of GitHub Actions nothing happens. Raises `AuditorError` when a file cannot be written.
    """
    if not running(environ):
        return
    for line in annotations:
        print(line, file=out)
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        _summarise(Path(path), summary, out)
    if path := environ.get("GITHUB_OUTPUT"):
        _append(Path(path), "".join(f"{name}={' '.join(value.split())}\n" for name, value in outputs.items()))


def _summarise(path: Path, summary: str, out: IO[str]) -> None:
    taken = path.stat().st_size if path.exists() else 0
    if taken + len(summary.encode()) > MOST_SUMMARY_BYTES:
        print("::notice::the step summary is full; auditor's report is in its own file", file=out)
        return
    _append(path, summary)


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as refusal:
        raise AuditorError(f"{path} cannot be written: {refusal.strerror}", "the runner names this file") from refusal


@contextmanager
def commands_stopped(environ: Mapping[str, str], out: IO[str]) -> Iterator[None]:
    """Print what the target said without the runner obeying it: a line that begins with `::` is a command there."""
    if not running(environ):
        yield
        return
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", file=out, flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", file=out, flush=True)
