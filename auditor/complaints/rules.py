"""The words for what a refusal asks: which rule, of which value, with what argument.

How frameworks say it is data beside this: `shapes` for where it stands, `codes` for their codes,
`words` for their sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from auditor.model import Json, Location


class Rule(StrEnum):
    """What a value has to be. In brackets: the argument, None where the refusal does not tell it."""

    REQUIRED = "required"
    NOT_EMPTY = "not empty"
    NOT_ALLOWED = "not allowed"
    """Leave it out: unknown, read-only, not permitted."""
    TYPE = "type"
    """(JSON Schema type)"""
    FORMAT = "format"
    """(format, or a date format in strftime's letters behind "date:")"""
    PATTERN = "pattern"
    """(regular expression)"""
    ONE_OF = "one of"
    """(tuple of values)"""
    EQUAL = "equal"
    """(value)"""
    MIN_LENGTH = "minimum length"
    MAX_LENGTH = "maximum length"
    LENGTH = "length"
    """(least, most)"""
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    ABOVE = "above"
    BELOW = "below"
    RANGE = "range"
    """(least, most)"""
    MULTIPLE_OF = "multiple of"
    MIN_ITEMS = "minimum items"
    MAX_ITEMS = "maximum items"
    CHARACTERS = "characters"
    """(tuple of "upper", "lower", "digit", "symbol"; all of them where a password is merely too weak)"""
    FUTURE = "future"
    """(days ahead)"""
    PAST = "past"
    """(days back)"""
    WEEKDAY = "weekday"
    HOURS = "hours"
    """(from, to) in hours of the day"""
    TAKEN = "taken"
    UNKNOWN = "unknown reference"
    """(the kind's name as written)"""
    SAME_AS = "same as"
    """(name of the other field)"""
    DIFFERENT = "different from"
    AFTER = "after"
    """(name of the other field)"""
    BEFORE = "before"
    """(name of the other field)"""
    MEDIA_TYPE = "media type"
    """(media type that is taken)"""
    INVALID = "invalid"
    """Refused without a reason that is understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One thing that a refusal says is wrong."""

    rule: Rule
    at: tuple[str, ...] = ()
    """Names on the way to the value, outermost first, as the refusal writes them; () where it names none."""
    location: Location | None = None
    argument: Json = None
    said: str = ""


Row = tuple[Rule, Json, tuple[str, ...]]
"""Ways of saying a rule: the rule, its argument where the words carry none, regular expressions.

Rows are tried in order and every expression that matches counts, but a stretch of text that one has taken is gone for
those after it. Groups that mean something: `field`, `fields` (a list), `other`, `kind`, `n`, `m`, `list`, `value`,
`type`, `format`, `regex`, `media`, `days`, `hours`, `years`, `digits`, `places`. `<NAME>` stands for a part of
`parts`.
"""


def row(rule: Rule, *patterns: str, argument: Json = None) -> Row:
    return rule, argument, patterns


@dataclass(frozen=True, slots=True)
class Code:
    """What a framework's code means.

    `argument` and `members` name the entries that hold the argument, and the names of the members that are meant
    when the place is their object's. `fixed` is the argument where the code itself says it.
    """

    rule: Rule
    argument: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    fixed: Json = None
