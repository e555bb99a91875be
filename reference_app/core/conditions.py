"""Preconditions of a change (RFC 9110 §13.1.1), as far as one needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass

STRONG_TAG = re.compile(r'"([^"]*)"')


def tag_of(revision: int) -> str:
    return f'"{revision}"'


@dataclass(frozen=True, slots=True)
class Condition:
    """The tags of `If-Match`; `*` is any. A weak tag never matches."""

    text: str

    def allows(self, revision: int) -> bool:
        return self.text.strip() == "*" or str(revision) in STRONG_TAG.findall(without_weak(self.text))


def without_weak(text: str) -> str:
    return re.sub(r'W/"[^"]*"', "", text)
