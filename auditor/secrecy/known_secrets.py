"""The run's secrets: what they are called, where they lie in a text, and what comes in their place."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from auditor.secrecy.secret_forms import FORMS, Secret
from auditor.secrecy.secret_search import Found, Needles
from auditor.secrecy.secret_shapes import SHAPES, is_distinctive, is_placeholder, shape_edits
from auditor.secrecy.splicing import spliced

PROBE = "probe"
"""Owns what a probe made up; its return tells nothing."""
CSRF = "csrf"
"""The kind of a token against forged requests: pages and answers repeat it on purpose."""

Tell: TypeAlias = Callable[[Secret, str], object]
"""Is told of each secret that is met, and of the form it has there."""

_OWN = re.compile(rb"\xc2\xab((?:(?!\xc2[\xab\xbb]).){1,200})\xc2\xbb", re.DOTALL)
_MADE_UP = re.compile(rf"shape:(?:{'|'.join(SHAPES)})|value:\d+ chars")
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9._~+/=:-]{16,}")
_AFTER_NAME = re.compile(rb'"\s{0,64}+:')
_UNPRINTED = re.compile(r"[^\w.@+-]")


class KnownSecrets:
    """Every secret told or learned so far. Redacting twice changes nothing: placeholders of ours are left alone."""

    def __init__(self) -> None:
        self.values: dict[str, str] = _Values()
        """Placeholder to value; an earlier name of a secret keeps its placeholder."""
        self._by_value: dict[str, Secret] = {}
        self._numbers: Counter[str] = Counter()
        self._needles = Needles()

    def __len__(self) -> int:
        return len(self._by_value)

    def __contains__(self, value: str) -> bool:
        return value in self._by_value

    def get(self, value: str) -> Secret | None:
        return self._by_value.get(value)

    def tell(self, owner: str, kind: str, value: str) -> None:
        """Know a value by its owner and kind, also one that was learned from traffic under another name."""
        known = self._by_value.get(value)
        if known is None and value:
            self._add(owner, kind, value, learned=False)
        elif known is not None and known.learned:
            self._rename(known, owner, kind, value)

    def _rename(self, known: Secret, owner: str, kind: str, value: str) -> None:
        """Name better what was learned from traffic; the placeholder already written stays ours."""
        if known.name != _name(owner, kind):
            known.name, known.label, known.kind = _name(owner, kind), self._label(owner, kind), kind
            self.values[known.placeholder("plain")] = value
        known.learned, known.counts = False, _counts(value, owner, kind)
        self._needles.add(known, value)

    def learn(self, owner: str, kind: str, value: str) -> Secret:
        """Know a value that was met in traffic."""
        return self._add(owner, kind, value, learned=True)

    def in_place(self, value: str, owner: str, kind: str, *, credential: bool = False) -> str:
        """Return the placeholder of a value where it stands; only a credential is looked for elsewhere, too."""
        if not value.strip() or is_placeholder(value):
            return value
        secret = self._by_value.get(value)
        if secret is None:
            tracked = credential and _TOKEN_LIKE.fullmatch(value) is not None and is_distinctive(value)
            secret = self._add(owner, kind, value, learned=True, tracked=tracked)
        return secret.placeholder("plain")

    def _add(self, owner: str, kind: str, value: str, *, learned: bool, tracked: bool = True) -> Secret:
        distinctive = is_distinctive(value)
        secret = Secret(
            name=_name(owner, kind),
            label=self._label(owner, kind),
            kind=kind,
            counts=_counts(value, owner, kind),
            everyday=not distinctive,
            learned=learned,
        )
        self._by_value[value] = secret
        self.values[secret.placeholder("plain")] = value
        if tracked:
            self._needles.add(secret, value)
        return secret

    def _label(self, owner: str, kind: str) -> str:
        name = _name(owner, kind)
        self._numbers[name] += 1
        return f"{name}#{self._numbers[name]}"

    def cleaner(
        self, texts: Sequence[str], tell: Tell | None = None, *, shapes: Collection[str] = SHAPES.keys()
    ) -> Callable[[str], str]:
        """Return what cleans each of `texts`: `as_it_is`, most often, which one look at all of them shows."""
        whole = _encoded("\n".join(texts))
        if not self.find(whole) and not shape_edits(whole, shapes):
            return as_it_is
        return lambda text: self.clean_text(text, tell, shapes=shapes)

    def clean_text(self, text: str, tell: Tell | None = None, *, shapes: Collection[str] = SHAPES.keys()) -> str:
        return self.clean(_encoded(text), tell, shapes=shapes).decode("utf-8", "surrogatepass")

    def clean(self, data: bytes, tell: Tell | None = None, *, shapes: Collection[str] = SHAPES.keys()) -> bytes:
        """Replace known secrets, then shapes."""
        if not data:
            return data
        found = self.find(data)
        for one in found:
            if tell is not None:
                tell(one.secret, one.form)
        data = spliced(data, [(one.start, one.end, one.secret.placeholder(one.form).encode()) for one in found])
        edits = shape_edits(data, shapes)
        if not edits:
            return data
        own = self._own(data)
        return spliced(data, [edit for edit in edits if not _within(own, edit[0], edit[1])])

    def find(self, data: bytes) -> list[Found]:
        found = self._needles.find(data)
        if not found:
            return found
        own = self._own(data)
        return [one for one in found if not _within(own, one.start, one.end) and not _is_name(data, one)]

    def find_text(self, text: str) -> list[Found]:
        return self.find(_encoded(text))

    def _own(self, data: bytes) -> list[tuple[int, int]]:
        """Return where placeholders of ours lie; a stranger's guillemets protect nothing."""
        return [match.span() for match in _OWN.finditer(data) if self._is_own(match[1].decode("utf-8", "replace"))]

    def _is_own(self, inside: str) -> bool:
        label, colon, form = inside.partition(":")
        if f"«{label}»" in self.values:
            return not colon or form in FORMS
        return _MADE_UP.fullmatch(inside) is not None


class _Values(dict[str, str]):
    """Silent when printed."""

    def __repr__(self) -> str:
        return f"<{len(self)} secrets>"

    __str__ = __repr__


def as_it_is(text: str) -> str:
    return text


def _counts(value: str, owner: str, kind: str) -> bool:
    """Say whether meeting the value in an answer tells something."""
    return is_distinctive(value) and owner != PROBE and kind != CSRF


def _name(owner: str, kind: str) -> str:
    owner, kind = (_UNPRINTED.sub("_", word) for word in (owner, kind))
    return f"{owner}.{kind}"


def _is_name(data: bytes, found: Found) -> bool:
    """Say whether a weak secret ("password") is here but the name of a member, which gives nothing away."""
    if not found.secret.everyday or data[found.start - 1 : found.start] != b'"':
        return False
    return _AFTER_NAME.match(data, found.end) is not None


def _within(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    index = bisect_right(spans, (start, sys.maxsize)) - 1
    return index >= 0 and spans[index][0] <= start and end <= spans[index][1]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
