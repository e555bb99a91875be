"""Cuts pieces out of a text and puts others in their place, so that characters stay whole and JSON stays JSON."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from auditor.secrecy.escapes import BACKSLASH

Edit: TypeAlias = tuple[int, int, bytes]
"""Start, end and what comes in their place."""


def spliced(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Apply edits; in JSON only inside strings and on whole numbers, so that it stays JSON."""
    if not edits:
        return data
    if _is_text(data):
        edits = [(*_whole_characters(data, start, end), text) for start, end, text in edits]
    kept = _merged(_kept_in_json(data, edits) if _is_json(data) else edits)
    parts: list[bytes] = []
    at = 0
    for start, end, text in kept:
        parts += (data[at:start], text)
        at = end
    return b"".join((*parts, data[at:]))


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _whole_characters(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Widen a span that begins or ends within a character (a Latin-1 secret in UTF-8 text, by coincidence)."""
    while start > 0 and data[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return start, end


def _merged(edits: Iterable[Edit]) -> list[Edit]:
    """Unite edits that overlap; the longest of them names the place."""
    merged: list[Edit] = []
    longest = 0
    for start, end, text in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if merged and start < merged[-1][1]:
            first, last, old = merged[-1]
            merged[-1] = (first, max(last, end), text if end - start > longest else old)
            longest = max(longest, end - start)
        else:
            merged.append((start, end, text))
            longest = end - start
    return merged


_LITERAL = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NUMBER = re.compile(rb"[-+0-9.eE]+")


def _is_json(data: bytes) -> bool:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"[", b'"') and not data[:1].isdigit():
        return False
    try:
        json.loads(data, parse_int=len, parse_float=len)
    except (ValueError, RecursionError):
        return False
    return True


def _kept_in_json(data: bytes, edits: Sequence[Edit]) -> Iterator[Edit]:
    literals = [match.span() for match in _LITERAL.finditer(data)]
    escapes = [match.span() for match in BACKSLASH.pattern.finditer(data)]
    for start, end, text in edits:
        index = bisect_left(literals, (start,)) - 1
        closed = literals[index][1] if index >= 0 else -1
        if end < closed:
            yield (*_whole_escapes(escapes, start, end), text)
        elif start >= closed:
            yield from _number(data, start, end, text)


def _whole_escapes(escapes: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Widen a span that begins or ends within an escape (a newline, and a secret that begins with n)."""
    return _around(escapes, start)[0], _around(escapes, end)[1]


def _around(spans: Sequence[tuple[int, int]], position: int) -> tuple[int, int]:
    """Return the span that a position cuts in two; of no length where it cuts none."""
    index = bisect_left(spans, (position,)) - 1
    return spans[index] if index >= 0 and position < spans[index][1] else (position, position)


def _number(data: bytes, start: int, end: int, text: bytes) -> Iterator[Edit]:
    first = start
    while first > 0 and data[first - 1] in b"-+.eE0123456789":
        first -= 1
    match = _NUMBER.match(data, first)
    if match is not None and match.end() >= end:
        yield first, match.end(), b'"' + text + b'"'
