"""Finding a value in an answer, however the answer wraps or lists its objects."""

from __future__ import annotations

from auditor import compare
from auditor.model import NOT_JSON, Json


def shown_at(body: Json, pointer: str, item: str = "") -> Json:
    """Find the value in an answer that may wrap or list its objects; `NOT_JSON` when it is not shown."""
    root = row_of(body, item) if item and not isinstance(body, dict) else body
    found = compare.at(root, pointer)
    if found is not NOT_JSON or not isinstance(root, dict):
        return found
    for inner in (row_of(root, item), *(value for value in root.values() if isinstance(value, dict))):
        deeper = compare.at(inner, pointer)
        if deeper is not NOT_JSON:
            return deeper
    return NOT_JSON


def row_of(body: Json, item: str) -> Json:
    """Return the object of an answer that carries the id, at most three levels down; `NOT_JSON` when none does."""
    level = [body] if item else []
    for _ in range(3):
        for one in level:
            if isinstance(one, dict) and item in {str(value) for value in one.values() if not isinstance(value, bool)}:
                return one
        level = [child for one in level for child in _children(one)]
    return NOT_JSON


def rows(body: Json) -> int:
    """Count the rows of an answer: the longest list at its root or one level down."""
    lists = [one for one in (body, *_children(body)) if isinstance(one, list)]
    return max((len(one) for one in lists), default=0)


def _children(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []
