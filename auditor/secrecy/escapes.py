"""Escapes (JSON, percent, HTML) undone in a copy of a text, and the way back to where they stood."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

NESTED_UP_TO = 256 * 1024
"""Escapes within escapes are undone in texts up to this size; above it one level has to do."""


def views(data: bytes) -> Iterator[View]:
    """Yield the text as it is and with escapes undone, one kind at a time, in every order."""
    deepest = 2 if len(data) <= NESTED_UP_TO else 1
    waiting = [View(data)]
    while waiting:
        view = waiting.pop()
        yield view
        if view.depth < deepest:
            waiting += view.further()


@dataclass
class View:
    """A text with one kind of escape undone, and where each of its bytes came from."""

    data: bytes
    parent: View | None = None
    escape: Escape | None = None

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    def further(self) -> Iterator[View]:
        """Undo one more escape, in each way that applies."""
        for escape in ESCAPES:
            if escape.mark in self.data:
                data = escape.pattern.sub(escape.decode, self.data)
                if data != self.data:
                    yield View(data, self, escape)

    @property
    def form(self) -> str:
        """What a plain secret is called when it is found here."""
        if self.parent is None or self.escape is None:
            return "plain"
        return self.parent.form if self.escape.form == "plain" else self.escape.form

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the text itself a piece of this view stands."""
        if self.parent is None:
            return start, end
        return self.parent.origin(self._raw(start)[0], self._raw(end - 1)[1])

    def _raw(self, position: int) -> tuple[int, int]:
        """Return where in the parent the byte at `position` begins and ends."""
        starts, ends, raw = self._steps
        index = bisect_right(starts, position) - 1
        if index < 0:
            return position, position + 1
        if position < ends[index]:
            return raw[index]
        at = raw[index][1] + position - ends[index]
        return at, at + 1

    @cached_property
    def _steps(self) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """Return every escape: its start and end here, and its span in the parent."""
        starts: list[int] = []
        ends: list[int] = []
        raw: list[tuple[int, int]] = []
        shift = 0
        if self.parent is not None and self.escape is not None:
            for match in self.escape.pattern.finditer(self.parent.data):
                width = len(self.escape.decode(match))
                starts.append(match.start() - shift)
                ends.append(starts[-1] + width)
                raw.append(match.span())
                shift += match.end() - match.start() - width
        return starts, ends, raw


class Escape(NamedTuple):
    mark: bytes
    pattern: re.Pattern[bytes]
    decode: Callable[[re.Match[bytes]], bytes]
    form: str
    """What a plain secret is called when it is found behind this escape."""


_PLAIN_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _from_backslash(match: re.Match[bytes]) -> bytes:
    text = match[0][1:]
    if len(text) == 1:
        return _PLAIN_ESCAPES.get(text, text)
    if len(text) == 11:
        high, low = int(text[1:5], 16), int(text[7:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()
    return chr(int(text[1:], 16)).encode("utf-8", "surrogatepass")


def _from_entity(match: re.Match[bytes]) -> bytes:
    return html.unescape(match[0].decode("ascii")).encode("utf-8", "replace")


BACKSLASH = Escape(
    b"\\",
    re.compile(
        rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)",
        re.DOTALL,
    ),
    _from_backslash,
    "plain",
)
ESCAPES = (
    BACKSLASH,
    Escape(b"%", re.compile(rb"%[0-9a-fA-F]{2}"), lambda match: bytes([int(match[0][1:], 16)]), "url"),
    Escape(b"&", re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);"), _from_entity, "plain"),
)
