"""Which kind of thing each operation is about, and which of its values point to other kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.document.templates import anonymised
from auditor.kinds import foreign_keys, resources
from auditor.kinds.foreign_keys import Reference
from auditor.kinds.naming import called, is_people, named_for, reference_words
from auditor.kinds.paths import PREFIX, blank, prefixes, shape, spoken_seat
from auditor.model import Field, Location, Operation, Resource


class Relations:
    """The resources of a document, looked up from operations, path parameters and fields.

    What nothing creates by the document may turn out, by trying, to be created by one of its operations (`adopt`).
    """

    def __init__(
        self,
        kinds: Sequence[Resource],
        fields: Callable[[Operation], tuple[Field, ...]],
        *,
        operations: Sequence[Operation] = (),
    ) -> None:
        self._fields = fields
        self._operations = operations
        self._by_label = {one.label: one for one in operations}
        self._references: dict[int, tuple[Reference, ...]] = {}
        self._know(tuple(kinds))

    def _know(self, kinds: tuple[Resource, ...]) -> None:
        self.kinds: Sequence[Resource] = kinds
        self._by_operation = {id(one): kind for kind in kinds for one in operations_of(kind)}
        self._by_name = {kind.name: kind for kind in kinds}
        self._references.clear()
        self._prerequisites: dict[str, frozenset[str]] = {}

    def named(self, name: str) -> Resource | None:
        return self._by_name.get(name)

    def of(self, operation: Operation) -> Resource | None:
        return self._by_operation.get(id(operation))

    def labelled(self, label: str) -> Operation | None:
        return self._by_label.get(label)

    def adopt(self, name: str, create: Operation | None) -> Resource:
        """Let the named kind be created by an operation (by none: None) from now on, and return it."""
        changed = replace(self._by_name[name], create=create)
        self._know(tuple(changed if one.name == name else one for one in self.kinds))
        return changed

    # --- path parameters

    def bound(self, operation: Operation) -> dict[str, Resource | None]:
        """Return each path parameter with the kind whose id it takes; None where it names nothing known."""
        own = self.of(operation)
        return {name: self._named_by(operation, name, own) for name in operation.path_parameters}

    def _named_by(self, operation: Operation, parameter: str, own: Resource | None) -> Resource | None:
        if own is not None and parameter == own.parameter and operation in own.item_operations:
            return self.lent_from(own) or own
        if own is not None and parameter in own.parents:
            return self._by_name.get(own.parents[parameter])
        if not self.names_object(operation, parameter):
            return None
        return resources.at(before_parameter(operation, parameter), self.kinds) or named_for(parameter, self.kinds)

    def lent_from(self, kind: Resource) -> Resource | None:
        """Return the kind whose ids name these items too, where nothing creates them: `/go/{link_id}`, links."""
        other = None if kind.create is not None else named_for(kind.parameter, self.kinds, but=kind)
        return other if other is not None and other.create is not None else None

    def is_guess(self, operation: Operation, parameter: str) -> bool:
        """Say whether only the end of a name tells what a path parameter names, and nothing of ours lies around it.

        The same number may be another thing's there: such a path is read, not written.
        """
        naming = [name for name in operation.path_parameters if self.names_object(operation, name)]
        kind, own = self.bound(operation).get(parameter), self.of(operation)
        if kind is None or kind is own or naming[:1] != [parameter] or (own is not None and parameter in own.parents):
            return False
        items = resources.at(before_parameter(operation, parameter), self.kinds)
        return items is not kind and called(reference_words(parameter), self.kinds) is not kind

    def names_object(self, operation: Operation, parameter: str) -> bool:
        """Say whether a path parameter names something; one of a few values, a date or a truth does not."""
        found = (one for one in self._fields(operation) if one.location is Location.PATH and one.name == parameter)
        field = next(found, None)
        if field is None:
            return True
        listed = "enum" in field.schema or "const" in field.schema
        return not listed and field.type != "boolean" and field.schema.get("format") not in {"date", "date-time"}

    def subject(self, operation: Operation) -> tuple[str, Resource | None]:
        """Return the last path parameter that names something, with its kind; ("", None) where none does."""
        for name, kind in reversed(self.bound(operation).items()):
            if self.names_object(operation, name):
                return name, kind
        return "", None

    # --- references

    def references(self, operation: Operation) -> Mapping[tuple[Location, str], Resource]:
        """Return place (location and pointer) → kind of each field that certainly names another resource's item."""
        return {one.place: one.target for one in self.every_reference(operation) if one.certain}

    def every_reference(self, operation: Operation) -> tuple[Reference, ...]:
        """Return what may point to another resource, uncertain ones too."""
        key = id(operation)
        if key not in self._references:
            self._references[key] = tuple(foreign_keys.references(self._fields(operation), self.kinds))
        return self._references[key]

    def needs(self, kind: Resource) -> set[str]:
        """Return the names of the kinds that must exist before one of this kind can be made."""
        pointed = {other.name for other in self.references(kind.create).values()} if kind.create is not None else set()
        return pointed | set(kind.parents.values())

    def prerequisites(self, kind: Resource) -> frozenset[str]:
        """Return the names of all kinds that must exist before one of this kind, through any number of others."""
        if kind.name not in self._prerequisites:
            found: set[str] = set()
            waiting = self.needs(kind)
            while waiting:
                name = waiting.pop()
                if name not in found and name in self._by_name:
                    found.add(name)
                    waiting |= self.needs(self._by_name[name])
            self._prerequisites[kind.name] = frozenset(found)
        return self._prerequisites[kind.name]

    def by_dependency(self) -> list[Resource]:
        """Order kinds so that what others point to comes first; a cycle keeps the document's order."""
        remaining, ordered = list(self.kinds), list[Resource]()
        needed = {one.name: self.needs(one) for one in remaining}
        while remaining:
            open_names = {one.name for one in remaining}
            ready = [one for one in remaining if not (needed[one.name] & open_names - {one.name})] or remaining[:1]
            ordered.extend(ready)
            remaining = [one for one in remaining if one not in ready]
        return ordered

    def reader_below(self, kind: Resource) -> Operation | None:
        """Return a GET that names an item of the kind and nothing further: `/prompts/{id}/versions`."""
        items = kind.item_operations
        below = [one for item in items[:1] for one in self.beside(item) if one.method == "GET"]
        return next((one for one in below if one.path_parameters == items[0].path_parameters), None)

    def literals(self, operation: Operation, parameter: str) -> list[str]:
        """Return the words that other paths have where this one has a parameter: `/x/routes` beside `/x/{type}`."""
        before = before_parameter(operation, parameter)
        found: dict[str, None] = {}
        for one in self._operations:
            path = anonymised(one.path)
            if path.startswith(f"{before}/"):
                word = path[len(before) + 1 :].partition("/")[0]
                found.update({word: None} if word and "{" not in word else {})
        return list(found)

    # --- relatives

    def accounts(self, register: Operation | None, whoami: Operation | None) -> Resource | None:
        """Return the kind whose items are the callers themselves: what registering creates, or the one of people."""
        created = [one for one in self.kinds if register is not None and one.create is register and one.parameter]
        people = [one for one in self.kinds if one.parameter and not one.parents and is_people(one)]
        known = register is not None or whoami is not None
        return next(iter(created), None) or (people[0] if len(people) == 1 and known else None)

    def twin(self, kind: Resource) -> Resource | None:
        """Return the one other kind of the same noun that something creates."""
        return resources.twin(kind, self.kinds)

    def is_far(self, kind: Resource) -> bool:
        """Say whether items lie elsewhere than below what creates them: only a read shows that ids mean the same."""
        items = [one for one in kind.item_operations if one is not kind.create]
        if kind.create is None or not items:
            return False
        home = shape(kind.create.path)
        meant = spoken_seat(kind.create.method, kind.create.path)
        if meant is not None and blank(meant.place) == blank(kind.name):
            home = shape(meant.place)  # `/datasets/upload` lies where `/datasets/{id}` does
        own = home.segments if not home.names_item else home.collection
        return any(shape(one.path).segments[: len(own)] != own for one in items)

    def beside(self, operation: Operation) -> list[Operation]:
        """Return what else can be done to the same item, or, where no item is named, in the same corner of the API."""
        _, kind = self.subject(operation)
        own = self._item_prefix(operation)
        if not own:
            return []
        return [
            one
            for one in self._operations
            if one is not operation and (anonymised(one.path) + "/").startswith(own) and self._same(one, kind)
        ]

    def _same(self, operation: Operation, kind: Resource | None) -> bool:
        return self.subject(operation)[1] is kind

    def _item_prefix(self, operation: Operation) -> str:
        """Return the path up to the item it is about; without one, up to its last segment."""
        named = [found for found in prefixes(operation.path) if self.names_object(operation, found[1])]
        if named:
            return anonymised(f"{named[-1][0]}/{{{named[-1][1]}}}/")
        above = anonymised(operation.path).rstrip("/").rpartition("/")[0]
        telling = [one for one in shape(above).segments if one is not None and not PREFIX.fullmatch(one.lower())]
        return f"{above}/" if telling else ""


def before_parameter(operation: Operation, parameter: str) -> str:
    """Return the path before one of its parameters, the names of others left out."""
    return anonymised(operation.path.partition("{" + parameter + "}")[0].rstrip("/"))


def operations_of(kind: Resource) -> Iterator[Operation]:
    every = (kind.create, kind.read, kind.list, kind.replace, kind.modify, kind.remove)
    return (one for one in every if one is not None)
