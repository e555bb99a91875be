"""How numbers read, and how foreign text is made harmless before a person sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

_SPECIALS = "\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
_UNSEEN: Final = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_SPECIALS}]")
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_SPACE: Final = re.compile(r"\s+")


def visible(text: str) -> str:
    """Show every control, invisible or direction-changing character as a symbol; tabs and newlines stay."""
    return _UNSEEN.sub(_symbol, text)


def _symbol(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\\u{code:04x}"


def one_line(text: str) -> str:
    """Reduce text to one line without terminal escapes or control characters."""
    return visible(_SPACE.sub(" ", _ESCAPES.sub("", text))).strip()


def cut(text: str, most: int) -> str:
    """Shorten to `most` characters and say how long the whole was."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({count(len(text))} characters)"


def count(number: int) -> str:
    return f"{number:,}"


def many(number: int, noun: str, plural: str = "") -> str:
    """Count things: "1 operation", "3,112 requests"."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"


def more(number: int, noun: str) -> str:
    """Count what was left out: "1 more finding", "475 more operations"."""
    return f"{count(number)} more {noun if number == 1 else noun + 's'}"


def size(number: int) -> str:
    """Name a number of bytes: "940 bytes", "2 KB", "1.4 MB"."""
    if number < 1024:
        return many(number, "byte")
    if number < 1024 * 1024:
        return f"{number // 1024} KB"
    return f"{number / 1024 / 1024:.1f} MB"


def duration(seconds: float) -> str:
    """Name a time span: "0.4 s", "41 s", "2 min 41 s", "1 h 2 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ms(value: float | None) -> str:
    """Name milliseconds with one digit after the point, the same in a whole column; "–" when unknown."""
    return "–" if value is None else f"{value:,.1f}"


def number(value: float) -> str:
    """Name a number as short as it is: "402", "0.5"."""
    return f"{value:,.10g}"


def percent(share: float) -> str:
    """Round down, so that 100 % is said of nothing less."""
    return f"{int(share * 100 + 1e-9)} %"


def tally(counts: Mapping[str, int], order: Sequence[str]) -> str:
    """Join the counts that are not zero: "3 fail, 2 unsure"."""
    return ", ".join(f"{count(counts[name])} {name}" for name in order if counts.get(name))


def slug(text: str) -> str:
    """Reduce text to small letters, digits and single hyphens, for names that machines compare."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def utc(moment: str, *, seconds: float = 0.0) -> str:
    """Return a moment so many seconds later, as "2026-11-21T22:10:04.000Z"; "" for what is no moment.

    What names no time zone is UTC.
    """
    try:
        there = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
        there = there if there.tzinfo else there.replace(tzinfo=UTC)
        return there.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return ""


def fitting(pieces: Iterable[str], room: int) -> list[str]:
    """Return the first pieces that take at most `room` bytes together."""
    kept: list[str] = []
    for piece in pieces:
        room -= len(piece.encode())
        if room < 0:
            break
        kept.append(piece)
    return kept
