"""Finds every form of every known secret in a text at once.

An occurrence of 15 bytes or more covers a whole aligned block of 8 bytes of the text, whatever its position, so one
pass over the blocks asks for all secrets together: the cost does not grow with their number. Shorter forms are
looked for one by one. Escapes are undone in copies, and what is found there is mapped back.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

from auditor.secrecy.escapes import View, views
from auditor.secrecy.secret_forms import Secret, forms

SHORTEST_SECRET = 6
LONGEST_SECRET = 16_384

_BLOCK = 8
_WINDOW = 2 * _BLOCK - 1


class Needle(NamedTuple):
    """A form of a secret, as bytes."""

    text: bytes
    form: str
    secret: Secret


class Found(NamedTuple):
    """Where a secret lies in a text, escapes included, and in which form."""

    start: int
    end: int
    form: str
    secret: Secret


class Needles:
    """All forms of all secrets, asked for at once."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._short: list[Needle] = []
        self._by_block: dict[int, list[Needle]] = {}
        self._blocks: set[int] = set()
        """The keys of `_by_block`: intersecting a set is a tenth faster, and most of what the search costs."""

    def add(self, secret: Secret, value: str) -> None:
        """Look for `value` from now on; one that is short would be met everywhere, one that is long costs too much."""
        if SHORTEST_SECRET <= len(value) <= LONGEST_SECRET:
            for form, text in forms(value, secret.kind):
                self._add(Needle(text, form, secret))

    def _add(self, needle: Needle) -> None:
        if needle.text in self._known or len(needle.text) < SHORTEST_SECRET:
            return
        self._known.add(needle.text)
        if len(needle.text) < _WINDOW:
            self._short.append(needle)
            return
        end = needle.text[-_WINDOW:]
        for offset in range(_BLOCK):
            block = int.from_bytes(end[offset : offset + _BLOCK], sys.byteorder)
            self._by_block.setdefault(block, []).append(needle)
            self._blocks.add(block)

    def find(self, data: bytes) -> list[Found]:
        return [found for view in views(data) for needle in self._inside(view.data) for found in _found(needle, view)]

    def _inside(self, data: bytes) -> list[Needle]:
        """Return the needles that `data` holds (and a few that it does not)."""
        found = [needle for needle in self._short if needle.text in data]
        blocks = self._blocks.intersection(memoryview(data)[: len(data) & -_BLOCK].cast("Q"))
        if blocks:
            found += {needle.text: needle for block in blocks for needle in self._by_block[block]}.values()
        return found


def _found(needle: Needle, view: View) -> Iterator[Found]:
    form = view.form if needle.form == "plain" else needle.form
    for start, end in _occurrences(view.data, needle.text):
        yield Found(*view.origin(start, _padded(view.data, end, needle.form)), form, needle.secret)


def _occurrences(data: bytes, text: bytes) -> Iterator[tuple[int, int]]:
    start = data.find(text)
    while start >= 0:
        end = start + len(text)
        yield start, end
        start = data.find(text, end)


def _padded(data: bytes, end: int, form: str) -> int:
    """Take base64's padding along."""
    if form == "base64":
        while data[end : end + 1] == b"=":
            end += 1
    return end
