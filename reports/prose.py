"""Our own explanations taken apart for the eye: the advice in a sentence, then how each framework does it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

FEWEST_STACKS: Final = 2
"""Below this a list is longer than the sentence it came from."""
_CODE: Final = re.compile(r"`[^`]*`")
_STACK: Final = re.compile(r"(?:^|(?<=[.;] ))(\.?[A-Z][\w.]*(?: [A-Z]\w*)*|nginx): ")
_SENTENCE: Final = re.compile(r"\. (?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """How one framework or server does it."""

    name: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What to do, and how it is written in each framework; `stacks` is empty where the text names none."""

    advice: str
    stacks: tuple[Stack, ...] = ()


def remedy(text: str) -> Remedy:
    """Take "do this. Express: `a`; Django: `b`. And that." apart; a text of another shape stays whole."""
    masked = _CODE.sub(lambda found: "·" * len(found[0]), text)
    found = list(_STACK.finditer(masked))
    if len(found) < FEWEST_STACKS:
        return Remedy(advice=text)
    last = found[-1].end()
    ending = _SENTENCE.search(masked, last)
    end = ending.end() if ending else len(text)
    limits = [*(one.start() for one in found[1:]), end]
    stacks = tuple(
        Stack(name=one[1], how=text[one.end() : limit].rstrip("; .")) for one, limit in zip(found, limits, strict=True)
    )
    return Remedy(advice=f"{text[: found[0].start()].strip()} {text[end:].strip()}".strip(), stacks=stacks)
