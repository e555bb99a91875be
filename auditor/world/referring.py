"""Sees that what a request points to is there: the kinds its fields name, two of a kind, new ones for every request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.callers.identities import Identities
from auditor.callers.selves import Selves
from auditor.evidence import Stage, Steps, Unavailable, ask
from auditor.kinds.relations import Relations
from auditor.knowledge.learned import Learned
from auditor.knowledge.memory import Memory
from auditor.knowledge.needs import Place, Way, kinds_pointed_to
from auditor.model import NOT_JSON, Identity, Json, Location, Operation, Resource, Role
from auditor.world.pointing import further_references, typed
from auditor.world.requests import Requests

if TYPE_CHECKING:
    from auditor.world.objects import Objects


class Referring:
    """Makes what is pointed to; which value stands where is `auditor.world.pointing`'s."""

    def __init__(
        self,
        objects: Objects,
        *,
        relations: Relations,
        memory: Memory,
        learned: Learned,
        requests: Requests,
        identities: Identities,
        selves: Selves,
    ) -> None:
        self._objects = objects
        self._relations = relations
        self._memory = memory
        self._learned = learned
        self._requests = requests
        self._identities = identities
        self._selves = selves

    def ready(self, operation: Operation, identity: Identity, *, uncertain: bool = False) -> Steps[None]:
        """See that every kind which the operation's fields point to has an object to point at.

        What refusals have taught counts like what the document says. `uncertain` takes names into account that may
        as well be plain texts.
        """
        every = self._relations.every_reference(operation)
        needs = self._memory.needs.get(operation.label, {})
        told = kinds_pointed_to(needs)
        pointed = {one.target.name: one.target for one in every if one.certain or uncertain}
        pointed |= {kind.name: kind for kind in self._relations.kinds if kind.name in told}
        for _, kind in sorted(pointed.items()):
            if not self._in_circle(operation, kind) and self._objects.known(kind, identity) is None:
                yield from self._golden(kind, identity)
        for one in further_references(every):
            yield from self._second(one.target, identity)
        for place, kind in self._told(operation, Way.OTHER):
            if (operation.label, identity.name, place) not in self._memory.spare:
                yield from self._spare(operation, place, kind, identity)
        for place in [place for place, need in needs.items() if need.way is Way.SOMEBODY]:
            yield from self._name_somebody(operation, place, identity)

    def _told(self, operation: Operation, way: Way) -> list[tuple[Place, Resource]]:
        """Return the places that refusals have taught to point in such a way, and to what."""
        needs = sorted(self._memory.needs.get(operation.label, {}).items())
        named = [(place, self._relations.named(str(one.argument))) for place, one in needs if one.way is way]
        return [(place, kind) for place, kind in named if kind is not None]

    def _in_circle(self, operation: Operation, kind: Resource) -> bool:
        """Making the kind would need what this operation makes."""
        own = self._relations.of(operation)
        return own is not None and own.name in self._relations.prerequisites(kind) | {kind.name}

    def _golden(self, kind: Resource, identity: Identity) -> Steps[None]:
        if kind.create is None and kind.replace is None:
            return
        try:
            made = yield from self._objects.own(kind, identity, to_read=True)
        except Unavailable:
            return
        self._memory.objects.setdefault((identity.name, kind.name), made)

    def _second(self, kind: Resource, identity: Identity) -> Steps[None]:
        """Have another object of the kind than the golden one: the caller's own, else somebody else's of ours."""
        key = (identity.name, kind.name)
        if key in self._learned.seconds or self._objects.known(kind, identity) is None:
            return
        others = [made for (name, of), made in self._memory.objects.items() if of == kind.name and name != key[0]]
        try:
            made = yield from self._objects.own(kind, identity, to_read=True)
        except Unavailable:
            if not others:
                return
            made = others[0]
        self._learned.seconds[key] = made.bindings

    def fresh(self, stage: Stage) -> Steps[list[tuple[Location, str, Json]]]:
        """Make new objects for what a create points to: it takes the same ones only once."""
        found: list[tuple[Location, str, Json]] = []
        here = {id(kind) for kind in self._relations.bound(stage.operation).values()}
        for one in self._relations.every_reference(stage.operation):
            circle = self._in_circle(stage.operation, one.target)
            if not one.certain or circle or one.target.create is None or id(one.target) in here:
                continue
            made = yield from self._objects.own(one.target, stage.actor, to_read=True)
            found.append((*one.place, typed(one.field, made.id)))
        return found

    def new(self, stage: Stage) -> Steps[list[tuple[Location, str, Json]]]:
        """Make what refusals have taught to be pointed to only once. It goes with the stage, so no other uses it up."""
        found: list[tuple[Location, str, Json]] = []
        fields = {one.place: one.field for one in self._relations.every_reference(stage.operation)}
        for place, kind in self._told(stage.operation, Way.NEW):
            try:
                made = yield from self._objects.own(kind, stage.actor, to_read=True)
            except Unavailable:
                continue
            found.append((*place, typed(fields[place], made.id) if place in fields else made.id))
        return found

    # --- what refusals have asked for

    def replenish(self, operation: Operation, identity: Identity) -> Steps[None]:
        """Make and look at what a request that is mended may be filled in with."""
        yield from self._look(operation, identity)
        yield from self.ready(operation, identity)
        for place, kind in self._told(operation, Way.NEW):
            yield from self._spare(operation, place, kind, identity)

    def _look(self, operation: Operation, identity: Identity) -> Steps[None]:
        """List what is there of the kind that an operation makes, once: its values show what others are like."""
        kind = self._relations.of(operation)
        if kind is None or kind.list is None or kind.list.label in self._memory.looked:
            return
        self._memory.looked[kind.list.label] = None
        try:
            bindings = yield from self._objects.bind(kind.list, identity)
        except Unavailable:
            return
        stage = Stage(operation=kind.list, actor=identity, bindings=bindings)
        listed = yield from ask(self._requests.build(stage, purpose="what is there already", role=Role.PROBE))
        if listed.succeeded and listed.response.json() is not NOT_JSON:
            self._memory.looked[kind.list.label] = listed.response.json()

    def _name_somebody(self, operation: Operation, place: Place, identity: Identity) -> Steps[None]:
        """Name a user who is registered for that alone: what callers of ours may, they owe to nobody's favour."""
        known = self._memory.somebody
        if known is None:
            try:
                user = yield from self._identities.disposable()
                known = self._selves.of(user).get("id", "")
            except Unavailable:
                known = ""
            self._memory.somebody = known
        if known:
            self._memory.spare[operation.label, identity.name, place] = known

    def _spare(self, operation: Operation, place: Place, kind: Resource, identity: Identity) -> Steps[None]:
        """Make what only one place of a request points to; where nothing makes one, take the next that is listed."""
        key = (operation.label, identity.name, place)
        try:
            made = yield from self._objects.own(kind, identity, to_read=True)
        except Unavailable:
            listed = self._learned.listed.get(kind.name, ())
            last = listed.index(self._memory.spare[key]) if self._memory.spare.get(key) in listed else 0
            if last + 1 < len(listed):
                self._memory.spare[key] = listed[last + 1]
            return
        self._memory.spare[key] = made.id
