"""Brings an item into the state that an operation wants it in, and reads off it what has to be sent along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.compare import at
from auditor.evidence import Made, Stage, Steps, Unavailable, ask
from auditor.kinds.foreign_keys import Reference
from auditor.kinds.relations import Relations
from auditor.knowledge.learned import Carry, Deed, Learned, Readied
from auditor.model import NOT_JSON, Exchange, Identity, Json, Location, Operation, Role
from auditor.world.attempts import Attempts
from auditor.world.pointing import typed
from auditor.world.requests import Requests

if TYPE_CHECKING:
    from auditor.world.objects import Objects

Carried = tuple[tuple[Location, str, Json], ...]


class Readying:
    """Replays what was learned: deeds, then values."""

    def __init__(
        self, objects: Objects, *, relations: Relations, learned: Learned, requests: Requests, attempts: Attempts
    ) -> None:
        self._objects = objects
        self._relations = relations
        self._learned = learned
        self._requests = requests
        self._attempts = attempts

    # --- deeds

    def rehearse(self, stage: Stage, deeds: Sequence[Deed]) -> Steps[None]:
        """Do what has to be done to the stage's item first. Raises `Unavailable` where that is refused by now."""
        for deed in deeds:
            answered = yield from self.do(stage, deed)
            if not answered.reached:
                raise Unavailable(f"{deed.label}, which has to come first, was answered {answered.response.status}")

    def do(self, stage: Stage, deed: Deed) -> Steps[Exchange]:
        """Do one thing to the item that a stage addresses. Raises `Unavailable`."""
        admin = self._objects.admin() if deed.as_admin else None
        actor = admin or stage.actor
        yield from self._objects.referring.ready(deed.operation, actor)
        bindings = self._bindings(stage, deed.operation)
        before = Stage(operation=deed.operation, actor=actor, bindings=bindings)
        carried = yield from self.carried(before)
        before = Stage(operation=deed.operation, actor=actor, bindings=bindings, carried=(*carried, *deed.given))
        purpose = f"bring the item into a state for {stage.operation.label}"
        return (yield from self._attempts.until_accepted(before, purpose=purpose))

    def _bindings(self, stage: Stage, operation: Operation) -> dict[str, str]:
        """Address the same item by another path. Raises `Unavailable` where that names more than the item."""
        mine, theirs = self._relations.bound(stage.operation), self._relations.bound(operation)
        found: dict[str, str] = {}
        for name, kind in theirs.items():
            if name in stage.bindings and name in mine and mine[name] is kind:
                found[name] = stage.bindings[name]
                continue
            same = [one for one, other in mine.items() if other is kind is not None and one in stage.bindings]
            if same:
                found[name] = stage.bindings[same[-1]]
            elif not self._relations.names_object(operation, name):
                found[name] = self._objects.sampled(operation, name)
            else:
                raise Unavailable(f"{operation.label} is about more than the item of {stage.operation.label}")
        return found

    # --- values

    def carried(self, stage: Stage) -> Steps[Carried]:
        """Return what is known to be sent along: values that were learned, fresh references, what a read shows."""
        label = stage.operation.label
        found = [*self._learned.given.get(label, ())]
        if label in self._learned.paired:
            found += yield from self._objects.referring.fresh(stage)
        found += yield from self._objects.referring.new(stage)
        for readied in self._learned.readied.get(label, ()):
            found.append((yield from self._readied(readied, stage.actor)))
        wanted = self._learned.carries.get(label, ())
        found += [(one.location, one.pointer, one.constant) for one in wanted if one.constant is not None]
        from_read = [one for one in wanted if one.constant is None]
        if from_read:
            read = yield from self.read(stage.operation, stage.actor, stage)
            found += [(one.location, one.pointer, value) for one in from_read if (value := held(one, read)) is not None]
        return tuple(found)

    def _readied(self, wanted: Readied, actor: Identity) -> Steps[tuple[Location, str, Json]]:
        """Make what a request points to and bring it into its state. Raises `Unavailable`."""
        made = yield from self.pointed_at(wanted.reference, actor)
        for deed in wanted.deeds:
            yield from self.rehearse(self.on(made, deed.operation, actor), (deed,))
        return (*wanted.reference.place, typed(wanted.reference.field, made.id))

    def pointed_at(self, reference: Reference, actor: Identity) -> Steps[Made]:
        """Make a new object for a reference to point to. Raises `Unavailable`."""
        kind = self._relations.named(reference.target.name) or reference.target
        return (yield from self._objects.own(kind, actor))

    def on(self, made: Made, operation: Operation, actor: Identity) -> Stage:
        """Return a stage for an operation upon an object that was made."""
        parameter, _ = self._relations.subject(operation)
        bindings = self._objects.renamed(made.bindings, made.resource, parameter)
        return Stage(operation=operation, actor=actor, bindings=bindings)

    def read(self, operation: Operation, actor: Identity, stage: Stage) -> Steps[Exchange | None]:
        """Read the item that an operation is about, as it is now; None where nothing reads it."""
        reader = self.reader(operation)
        if reader is None:
            return None
        try:
            bindings = self._bindings(stage, reader)
        except Unavailable:
            return None
        reading = Stage(operation=reader, actor=actor, bindings=bindings)
        purpose = "read off what has to be sent along"
        answered = yield from ask(self._requests.build(reading, purpose=purpose, role=Role.SETUP))
        return answered if answered.succeeded else None

    def reader(self, operation: Operation) -> Operation | None:
        """Return what reads the very thing that an operation writes: at its own path, else its item."""
        at_path = [one for one in self._relations.beside(operation) if one.method == "GET"]
        same = next((one for one in at_path if one.path == operation.path), None)
        _, kind = self._relations.subject(operation)
        return same or (kind.read if kind is not None else None)


def held(carry: Carry, read: Exchange | None) -> Json:
    """Return the value of a carry as a read holds it; None where it holds none."""
    if read is None:
        return None
    if carry.header:
        return read.response.header(carry.header)
    found = at(read.response.json(), carry.member)
    return None if found is NOT_JSON else found
