"""Regular expressions of a description: does a text match, and which text would.

Matching is done by the validator's own engine, so that what is accepted here is accepted there; it never
backtracks without end. Texts are made by rstr, within a bound on their size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

MAX_SIZE = 20_000
"""The longest text an expression may make, in characters, estimated before it is asked to."""
TRIES = 12
REPEATS = re.compile(r"(\)?)(?:(?<!\\)([*+])|\{(\d+)(,?)(\d*)\})")
STAR = 100
"""What rstr takes for "any number of times"."""
OF_ECMA = (
    (r"\p{L}", "[A-Za-z]"),
    (r"\p{Lu}", "[A-Z]"),
    (r"\p{Ll}", "[a-z]"),
    (r"\p{N}", "[0-9]"),
    (r"\p{Nd}", "[0-9]"),
    (r"\p{Alpha}", "[A-Za-z]"),
    (r"\/", "/"),
    ("(?<", "(?P<"),
    ("(?P<=", "(?<="),
    ("(?P<!", "(?<!"),
    (r"\Z", "$"),
    (r"\z", "$"),
    (r"\h", "[0-9a-f]"),
)
"""What Python's expressions spell otherwise, or do not know."""


@lru_cache(maxsize=4096)
def _engine(pattern: str) -> Draft202012Validator | None:
    from jsonschema_rs import Draft202012Validator

    try:
        return Draft202012Validator({"pattern": pattern})
    except ValueError:
        return None


def usable(pattern: str) -> bool:
    """Say whether the validator knows the expression; a refused one is no constraint."""
    return _engine(pattern) is not None


def matches(pattern: str, text: str) -> bool:
    """Say whether the text contains a match (JSON Schema does not anchor); true for refused expressions."""
    engine = _engine(pattern)
    try:
        return engine is None or engine.is_valid(text)
    except ValueError:
        return False


def texts(pattern: str, rng: Random, shortest: int, longest: int) -> Iterator[str]:
    """Yield a few texts of fitting length that match, made from the expression itself."""
    spelled = respelled(pattern)
    if len(pattern) > 1_000 or size(spelled) > MAX_SIZE:
        return
    for _ in range(TRIES):
        made = _made(spelled, rng)
        if made is None:
            return
        for text in (made, made[:longest]):
            if shortest <= len(text) <= longest and matches(pattern, text):
                yield text


@lru_cache(maxsize=1024)
def respelled(pattern: str) -> str:
    """Write an expression of ECMA 262 as Python spells it, near enough to make texts from."""
    for theirs, ours in OF_ECMA:
        pattern = pattern.replace(theirs, ours)
    # A class inside a class: its letters count, its brackets do not.
    return re.sub(r"\[([^\]\[]*)\[(A-Za-z|A-Z|a-z|0-9|0-9a-f)\]", r"[\1\2", pattern)


def _made(spelled: str, rng: Random) -> str | None:
    from rstr import Rstr

    try:
        made: str = Rstr(rng).xeger(spelled)
    except (re.error, ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError, AttributeError):
        return None
    return made


def size(pattern: str) -> int:
    """Estimate from above how long a text the expression makes: repeated groups multiply, repeated atoms add."""
    product, total = 1, len(pattern)
    for group, star, least, comma, most in REPEATS.findall(pattern):
        times = STAR if star else int(most or (int(least) + STAR if comma else least))
        product, total = (product * max(times, 1), total) if group else (product, total + times)
    return product * total
