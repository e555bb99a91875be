"""Values that the user gives for places of a request, where neither the document nor any answer tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.errors import UsageError
from auditor.model import Json, Location, Operation
from auditor.selection import matches
from auditor.selection import operations as select_operations

Given = tuple[tuple[Location, str, Json], ...]


def given(rules: Sequence[tuple[str, Mapping[str, Json]]], operations: Sequence[Operation]) -> dict[str, Given]:
    """Return operation → (location, pointer, value) for rules of (selector, {"path/id": value}).

    Later rules win. Raises `UsageError` for a selector that matches nothing, and for a path of a writing operation:
    that is called on objects of the audit's own.
    """
    found: dict[str, dict[tuple[Location, str], Json]] = {}
    for selector, values in rules:
        select_operations(operations, include=(selector,))  # refuses what matches nothing
        for operation in (one for one in operations if matches(selector, one)):
            places = found.setdefault(operation.label, {})
            for place, value in values.items():
                places[located(operation, place)] = value
    return {label: tuple((*place, value) for place, value in places.items()) for label, places in found.items()}


def located(operation: Operation, place: str) -> tuple[Location, str]:
    """Read "path/id", "query/page" or "body/items/0/sku". Raises `UsageError`."""
    where, _, rest = place.partition("/")
    if where not in {one.value for one in Location} or not rest:
        raise UsageError(f"{place!r} is no place in a request", "name it like path/id, query/page or body/items/0/sku")
    if where == Location.PATH and not operation.safe:
        hint = "give values for the operation that creates it, or for reading it"
        raise UsageError(f"{operation.label} writes, and only to objects that the audit made: {place} stays", hint)
    return Location(where), f"/{rest}"
