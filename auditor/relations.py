"""Which kind of thing each operation is about, and which of its values point to other kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from auditor import resources
from auditor.model import Field, Location, Operation, Resource
from auditor.templates import anonymised


class Relations:
    """The resources of a document, looked up from operations, path parameters and fields."""

    def __init__(self, kinds: Sequence[Resource], fields: Callable[[Operation], tuple[Field, ...]]) -> None:
        self.kinds = kinds
        self._fields = fields
        self._by_operation = {id(one): kind for kind in kinds for one in operations_of(kind)}
        self._by_name = {kind.name: kind for kind in kinds}
        self._references: dict[int, Mapping[tuple[Location, str], Resource]] = {}

    def of(self, operation: Operation) -> Resource | None:
        return self._by_operation.get(id(operation))

    def bound(self, operation: Operation) -> dict[str, Resource | None]:
        """Return each path parameter with the kind whose id it takes."""
        own = self.of(operation)
        return {name: self._named_by(operation, name, own) for name in operation.path_parameters}

    def _named_by(self, operation: Operation, parameter: str, own: Resource | None) -> Resource | None:
        if own is not None and parameter == own.parameter:
            return own
        if own is not None and parameter in own.parents:
            return self._by_name.get(own.parents[parameter])
        prefix = anonymised(operation.path.partition("{" + parameter + "}")[0].rstrip("/"))
        for kind in self.kinds:
            if kind.parameter and anonymised(kind.name.rstrip("/")) == prefix:
                return kind
        return resources.named_for(parameter, self.kinds)

    def references(self, operation: Operation) -> Mapping[tuple[Location, str], Resource]:
        """Return place (location and pointer) → kind of each field that names another resource's item."""
        key = id(operation)
        if key not in self._references:
            fields = self._fields(operation)
            places = {one.pointer: one.location for one in fields}
            found = resources.foreign_keys(fields, self.kinds)
            self._references[key] = {
                (places[pointer], pointer): self._by_name[name] for pointer, name in found.items() if pointer in places
            }
        return self._references[key]

    def needs(self, kind: Resource) -> set[str]:
        """Return the names of the kinds that must exist before one of this kind can be made."""
        pointed = {other.name for other in self.references(kind.create).values()} if kind.create is not None else set()
        return pointed | set(kind.parents.values())

    def by_dependency(self) -> list[Resource]:
        """Order kinds so that what others point to comes first; a cycle keeps the document's order."""
        remaining, ordered = list(self.kinds), list[Resource]()
        while remaining:
            open_names = {one.name for one in remaining}
            ready = [one for one in remaining if not (self.needs(one) & open_names - {one.name})] or remaining[:1]
            ordered.extend(ready)
            remaining = [one for one in remaining if one not in ready]
        return ordered


def operations_of(kind: Resource) -> Iterator[Operation]:
    every = (kind.create, kind.read, kind.list, kind.replace, kind.modify, kind.remove)
    return (one for one in every if one is not None)
