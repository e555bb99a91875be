"""Fills the fields that point to something: with ids of objects, of the path's own item, of whoever asks.

How a reference is written is not always told by its name: by the usual id, by another id, by a natural key. The usual
way is tried first; each further `turn` is another way, for operations that refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from auditor.callers.selves import Selves
from auditor.evidence import Stage
from auditor.kinds.foreign_keys import Reference, names_caller
from auditor.kinds.identifiers import fitting
from auditor.kinds.naming import ID_WORDS, is_called, reference_words, spoken_names
from auditor.kinds.relations import Relations
from auditor.kinds.sign_in import SignIn
from auditor.knowledge.learned import Learned
from auditor.model import Field, Identity, Json, Location, Operation, Resource
from auditor.values.makers import words

UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
USUAL, REQUIRED, BY_KEY, BY_OTHER_ID, TO_NEXT = range(5)
"""Turns: certain references by their usual id; the required of them alone; uncertain ones too, by natural key; all by
the next of their ids; to the next of what was found listed."""
KEYS = ("slug", "code", "key", "username", "email", "sku", "number", "name", "title")
"""Natural keys in the order in which an API is likely to mean them."""

Known = Callable[[Resource, Identity], Mapping[str, str] | None]


class Pointing:
    """Knows which value belongs at which reference."""

    def __init__(
        self,
        *,
        relations: Relations,
        learned: Learned,
        selves: Selves,
        known: Known,
        fields: Callable[[Operation], tuple[Field, ...]],
        sign_in: Callable[[], SignIn],
    ) -> None:
        self._relations = relations
        self._learned = learned
        self._selves = selves
        self._known = known
        self._fields = fields
        self._sign_in = sign_in

    def values(self, stage: Stage, *, minimal: bool) -> Iterator[tuple[Location, str, Json]]:
        """Yield (location, pointer, value) for what the operation's fields point to.

        `minimal` leaves optional references out.
        """
        operation = stage.operation
        turn = self._learned.turns.get(operation.label, USUAL)
        minimal = minimal or turn == REQUIRED
        every = self._relations.every_reference(operation)
        by_place = {one.place: one for one in every}
        further = {one.place for one in further_references(every)}
        for field in self._fields(operation):
            if field.location is Location.PATH:
                continue
            reference = by_place.get((field.location, field.pointer))
            value = self._value(field, reference, stage, turn, minimal=minimal)
            if reference is not None and reference.place in further and reference.certain and value is not None:
                value = self._second(reference, stage, value)
            if value is not None:
                yield field.location, field.pointer, value

    def _value(self, field: Field, reference: Reference | None, stage: Stage, turn: int, *, minimal: bool) -> Json:
        own = self._own_id(field, stage)
        if own:
            return typed(field, own)
        if not field.required and (minimal or field.location is Location.QUERY):
            return None  # an optional filter may well leave nothing over
        if not field.required and reference is not None and reference.target.only_listed:
            return None  # what nobody here made is pointed to where it must be
        if reference is not None and (reference.certain or (turn >= BY_KEY and self._may_point(reference, stage))):
            found = self._pointed(reference, stage, turn)
            if found is not None:
                return found
        if names_caller(field) and field.required and not self._appears(stage.operation):
            return self._fitted(field, self._selves.of(stage.actor), "")
        return None

    def _own_id(self, field: Field, stage: Stage) -> str:
        """A PUT or PATCH that takes the item's id in its body as well wants the one of its path.

        So does one that takes the very name by which the item is addressed: with another it would move it.
        """
        operation = stage.operation
        parameter, kind = self._relations.subject(operation)
        if field.location is not Location.BODY or operation.safe or kind is None or parameter != kind.parameter:
            return ""
        around = [part for part in field.pointer.split("/")[1:-1] if part not in {"data", "attributes"}]
        if operation not in (kind.replace, kind.modify) or not all(is_called(part, kind) for part in around):
            return ""
        own = stage.bindings.get(parameter, "")
        called_so = words(field.name) in {("id",), words(parameter)}
        return own if called_so or self._learned.names.get((kind.name, own), {}).get(field.name) == own else ""

    def _may_point(self, reference: Reference, stage: Stage) -> bool:
        """An uncertain reference is none where something of its own kind is made, or somebody registers."""
        kind = self._relations.of(stage.operation)
        return reference.target is not kind and not self._appears(stage.operation)

    def _appears(self, operation: Operation) -> bool:
        known = self._sign_in()
        return operation in (known.register, known.login)

    def _pointed(self, reference: Reference, stage: Stage, turn: int) -> Json:
        """Name the item of the path where it is of that kind, else one that is known."""
        field, target = reference.field, reference.target
        here = self._here(reference, stage)
        known = self._known(target, stage.actor)
        usual = here or (known or {}).get(target.parameter, "")
        if not usual:
            return None
        if turn == TO_NEXT and not here:
            usual = next((one for one in self._learned.listed.get(target.name, ())[1:] if one != usual), usual)
        names = self._learned.names.get((target.name, usual), {})
        if turn == BY_KEY and not reference.certain:
            return self._fitted(field, names, self._by_key(reference.key, names) or usual)
        if turn == BY_OTHER_ID:
            return self._fitted(field, {}, self.turned(stage.operation, target, usual))
        return self._fitted(field, names, fitting(names, reference.key or field.name, usual))

    def _here(self, reference: Reference, stage: Stage) -> str:
        """Return the id in the path where the field repeats it: `order_id`, not `to_order_id`."""
        bound = self._relations.bound(stage.operation)
        spoken = reference_words(reference.field.name)
        for parameter, kind in bound.items():
            repeats = spoken == reference_words(parameter) or " ".join(spoken) in spoken_names(reference.target)
            if kind is reference.target and parameter in stage.bindings and repeats:
                return stage.bindings[parameter]
        return ""

    def _second(self, reference: Reference, stage: Stage, first: Json) -> Json:
        """Name another object than the first reference of this kind does, where one is known."""
        target = reference.target
        other = self._learned.seconds.get((stage.actor.name, target.name), {}).get(target.parameter, "")
        return self._fitted(reference.field, {}, other) if other else first

    def _by_key(self, key: str, names: Mapping[str, str]) -> str:
        wanted = (key,) if key else KEYS
        spoken = {words(name)[-1]: text for name, text in names.items() if words(name)}
        return next((spoken[one] for one in wanted if one in spoken), "")

    def _fitted(self, field: Field, names: Mapping[str, str], wanted: str) -> Json:
        """Return what is wanted, or another name of the same object that has the field's type; a text needs none."""
        every = (wanted, names.get("id", ""), *names.values())
        suiting = next((one for one in every if one and suits(field, one)), "")
        found = suiting or ("" if field.type == "integer" else wanted)
        return typed(field, found) if found else None

    # --- other ways

    def turned(self, operation: Operation, target: Resource, usual: str) -> str:
        """Return the id by which an operation names an object: the usual, or another of its ids where it is that."""
        if self._learned.turns.get(operation.label) != BY_OTHER_ID:
            return usual
        return next(other_ids(self._learned.names.get((target.name, usual), {}), usual), usual)

    def another(self, operation: Operation, told: Collection[str] = ()) -> bool:
        """Turn to the next way of writing this operation's references; False when there is none.

        `told` are the names of the kinds that it points to as its refusals say.
        """
        every = self._relations.every_reference(operation)
        possible = any(not one.certain for one in every)
        optional = any(one.certain and not one.field.required for one in every)
        turn = self._learned.turns.get(operation.label, USUAL)
        listed = any(len(self._learned.listed.get(one.target.name, ())) > 1 for one in every if one.certain)
        others = self._has_others({*told, *(one.target.name for one in every)})
        may_help = {REQUIRED: optional, BY_KEY: possible, BY_OTHER_ID: others, TO_NEXT: listed}
        ways = [way for way, helps in may_help.items() if helps]
        later = [way for way in ways if way > turn]
        if later:
            self._learned.turns[operation.label] = later[0]
        else:
            self._learned.turns.pop(operation.label, None)
        return bool(later)

    def _has_others(self, pointed: Collection[str]) -> bool:
        return any(
            kind in pointed and any(other_ids(names, usual)) for (kind, usual), names in self._learned.names.items()
        )


def further_references(every: Iterable[Reference]) -> list[Reference]:
    """Return the references to a kind that another place of the same request names already; lists repeat nothing."""
    seen: set[int] = set()
    found: list[Reference] = []
    for one in every:
        if not one.certain or any(part.isdigit() for part in one.field.pointer.split("/")):
            continue
        if id(one.target) in seen:
            found.append(one)
        seen.add(id(one.target))
    return found


def other_ids(names: Mapping[str, str], usual: str) -> Iterator[str]:
    return (text for key, text in names.items() if text != usual and is_id(key))


def is_id(name: str) -> bool:
    spoken = words(name)
    return bool(spoken) and spoken[-1] in ID_WORDS


def suits(field: Field, value: str) -> bool:
    """Say whether a text may stand in the field, by its declared type and format."""
    if field.type == "integer":
        return bool(re.fullmatch(r"-?\d+", value))
    form = field.schema.get("format")
    if form in {"uuid", "guid"}:
        return bool(UUID.fullmatch(value))
    if form in {"email", "idn-email"}:
        return "@" in value
    longest = field.schema.get("maxLength")
    return not isinstance(longest, int) or len(value) <= longest


def typed(field: Field, value: str) -> Json:
    """Write an id as its field wants it: a number, or the only member of a list."""
    if field.type == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    return [value] if field.type == "array" else value
