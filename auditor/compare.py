"""Whether two answers say the same: keys, shared values, volatile fields. Pure functions over responses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher

from auditor.model import NOT_JSON, Json, Response

SIMILAR_KEYS = 0.9
SIMILAR_TEXT = 0.95
MOST_LEAVES = 5_000
INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
"""A position in an array (RFC 6901 §4): `isdigit` would let ² through, which `int` refuses."""
TRIVIAL = frozenset({"", "true", "false", "null", "none", "0", "1", "ok", "success", "error", "[]", "{}"})


def walk(value: Json, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every leaf with its JSON pointer, at most `MOST_LEAVES`, without recursion."""
    stack: list[tuple[str, Json]] = [(pointer, value)]
    yielded = 0
    while stack and yielded < MOST_LEAVES:
        here, one = stack.pop()
        if isinstance(one, dict) and one:
            stack.extend((f"{here}/{escape(str(key))}", child) for key, child in reversed(one.items()))
        elif isinstance(one, list) and one:
            stack.extend((f"{here}/{index}", child) for index, child in reversed(list(enumerate(one))))
        else:
            yielded += 1
            yield here, one


def escape(token: str) -> str:
    """Escape one reference token (RFC 6901 §3)."""
    return token.replace("~", "~0").replace("/", "~1")


def at(value: Json, pointer: str) -> Json:
    """Return the value at a JSON pointer, `NOT_JSON` when there is none."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and INDEX.fullmatch(key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return NOT_JSON
    return value


def general(pointer: str) -> str:
    """Replace array positions by `*`, so that rows of one list look alike."""
    return "/".join("*" if part.isdigit() else part for part in pointer.split("/"))


def leaf_keys(value: Json) -> frozenset[str]:
    return frozenset(general(pointer) for pointer, _ in walk(value))


def jaccard(one: Collection[str], other: Collection[str]) -> float:
    left, right = set(one), set(other)
    return len(left & right) / len(left | right) if left | right else 1.0


def trivial(value: Json) -> bool:
    """Too common to prove that two answers share a source."""
    return value is None or isinstance(value, bool) or str(value).strip().lower() in TRIVIAL or len(str(value)) < 3


def telling_values(value: Json) -> frozenset[str]:
    """Return the values that would be a strange coincidence in another answer."""
    return frozenset(str(leaf) for _, leaf in walk(value) if not isinstance(leaf, (dict, list)) and not trivial(leaf))


def volatile(one: Response, other: Response) -> frozenset[str]:
    """Return the pointers at which two idle controls differ: clocks, counters, request ids."""
    left, right = one.json(), other.json()
    if left is NOT_JSON or right is NOT_JSON:
        return frozenset()
    mine, theirs = dict(walk(left)), dict(walk(right))
    return frozenset(general(p) for p in mine.keys() | theirs.keys() if mine.get(p) != theirs.get(p))


def same(control: Response, other: Response, *, ignoring: Collection[str] = (), payloads: Collection[str] = ()) -> bool:
    """Both answers say the same.

    Same status class and media type; then for JSON the same keys (Jaccard ≥ 0.9) and a shared telling value,
    for text a similarity of 0.95. `ignoring` holds volatile pointers, `payloads` what we sent ourselves.
    """
    if control.status // 100 != other.status // 100 or control.media_type != other.media_type:
        return False
    left, right = control.json(), other.json()
    if left is NOT_JSON or right is NOT_JSON:
        return similarity(control, other, payloads=payloads) >= SIMILAR_TEXT
    mine = {p: v for p, v in walk(left) if general(p) not in ignoring}
    theirs = {p: v for p, v in walk(right) if general(p) not in ignoring}
    if jaccard({general(p) for p in mine}, {general(p) for p in theirs}) < SIMILAR_KEYS:
        return False
    shared = {str(v) for v in mine.values() if not trivial(v)} & {str(v) for v in theirs.values() if not trivial(v)}
    return bool(shared - set(payloads)) or (mine == theirs)


def similarity(one: Response, other: Response, *, payloads: Collection[str] = ()) -> float:
    """How alike two bodies are, 0..1, payloads stripped; JSON by leaves, text by blocks, long text by words."""
    left, right = one.json(), other.json()
    if left is not NOT_JSON and right is not NOT_JSON:
        return jaccard(_lines(left, payloads), _lines(right, payloads))
    a, b = (_without(r.text[:20_000], payloads) for r in (one, other))
    if a == b:
        return 1.0
    if len(a) * len(b) < 4_000_000:
        return SequenceMatcher(None, a, b, autojunk=False).ratio()
    return SequenceMatcher(None, a.split(), b.split(), autojunk=False).quick_ratio()


def _lines(value: Json, payloads: Collection[str]) -> set[str]:
    return {f"{pointer}={_without(str(leaf), payloads)}" for pointer, leaf in walk(value)}


def _without(text: str, payloads: Collection[str]) -> str:
    for payload in sorted((p for p in payloads if p), key=len, reverse=True):
        text = text.replace(payload, "")
    return text


def mentions(value: Json, text: str) -> bool:
    """A leaf of `value` contains `text`."""
    return any(text in str(leaf) for _, leaf in walk(value) if not isinstance(leaf, (dict, list)))
