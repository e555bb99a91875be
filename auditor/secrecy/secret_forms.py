"""A known secret, and what it looks like elsewhere: URL-encoded, in base64, in hexadecimal, digested."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote_plus

DIGESTS = ("md5", "sha1", "sha256")
FORMS = frozenset({"plain", "url", "base64", "hex", *DIGESTS})
"""Their names, as placeholders show them ("plain" is not shown)."""


@dataclass(slots=True, eq=False)
class Secret:
    """One known value: its name ("alice.password"), its label ("alice.password#1"), its kind."""

    name: str
    label: str
    kind: str
    counts: bool
    """Its return is a hit: not for what a probe made up, nor for an everyday word."""
    everyday: bool
    """A word or a number that may also be the name of a member."""
    learned: bool
    """Seen in traffic rather than told; a later `know` may name it better."""

    def placeholder(self, form: str) -> str:
        return f"«{self.label}»" if form == "plain" else f"«{self.label}:{form}»"


def forms(value: str, kind: str) -> Iterator[tuple[str, bytes]]:
    """Yield the forms of a value by name; passwords are digested as well. Escapes are undone before the search."""
    raw = value.encode("utf-8", "surrogatepass")
    yield "plain", raw
    if all(ord(character) < 256 for character in value):
        yield "plain", value.encode("latin-1")
    if " " in value:
        yield "url", quote_plus(raw).encode()
    yield from (("base64", encoded) for encoded in _base64_forms(raw))
    digests = {"hex": raw.hex()}
    if kind == "password":
        digests |= {name: _digest(name, raw) for name in DIGESTS}
    for form, text in digests.items():
        yield form, text.encode()
        yield form, text.upper().encode()


def _digest(name: str, raw: bytes) -> str:
    return hashlib.new(name, raw, usedforsecurity=False).hexdigest()


def _base64_forms(raw: bytes) -> Iterator[bytes]:
    """Yield the encoding itself, and what any longer text that contains `raw` shows of it ("user:password")."""
    for altchars in (b"+/", b"-_"):
        yield base64.b64encode(raw, altchars).rstrip(b"=")
        for shift, first in ((0, 0), (1, 2), (2, 3)):
            whole = (shift + len(raw)) * 8 // 6
            yield base64.b64encode(b"\0" * shift + raw, altchars)[first:whole]
