"""Addresses objects: golden ones for reads, a throwaway for whoever writes, brought into the state it must have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from auditor.callers.identities import Identities
from auditor.callers.selves import Selves
from auditor.evidence import Made, Stage, Steps, Unavailable
from auditor.kinds import identifiers, resources
from auditor.kinds.relations import Relations, before_parameter
from auditor.knowledge.harms import Harms
from auditor.knowledge.learned import Learned
from auditor.knowledge.memory import Memory
from auditor.knowledge.needs import Way
from auditor.model import Exchange, Identity, Location, Operation, Resource
from auditor.world.attempts import Attempts
from auditor.world.left_alone import left_alone
from auditor.world.making import Making
from auditor.world.pointing import Pointing
from auditor.world.readying import Readying
from auditor.world.recognising import Recognising
from auditor.world.referring import Referring
from auditor.world.requests import Requests

PLAIN = re.compile(r"[\w.~-]+")
THROWAWAY = "safety.throwaway: true (or --throwaway) where nothing on the target is worth keeping"
KEPT_CREATES = 200
"""Raw creates that are remembered until whoever sent them asks what they made."""


class Objects:
    """Everything that has an id: what is there, and how one more is made."""

    def __init__(
        self,
        *,
        relations: Relations,
        memory: Memory,
        learned: Learned,
        requests: Requests,
        attempts: Attempts,
        identities: Identities,
        selves: Selves,
        recognising: Recognising,
        pointing: Pointing,
        harms: Harms,
        throwaway: bool,
    ) -> None:
        self._relations = relations
        self._memory = memory
        self._learned = learned
        self._requests = requests
        self._identities = identities
        self._recognising = recognising
        self._harms = harms
        self._everything = throwaway
        """Nothing on the target is worth keeping: what this run did not make may be written as well."""
        self.sparing = False
        """Writes may share a throwaway of what cannot be removed again: true while every operation is called once."""
        self._stays: dict[tuple[str, str], Made] = {}
        self.heard: dict[str, Made] = {}
        """Exchange to what it made, read before anything in it was masked."""
        self.answers: dict[tuple[str, str], Exchange] = {}
        """(operation, identity) to what was last answered while seeding: ids of other things may lie in it."""
        self.making = Making(
            self,
            relations=relations,
            memory=memory,
            learned=learned,
            requests=requests,
            attempts=attempts,
            identities=identities,
            selves=selves,
            recognising=recognising,
            pointing=pointing,
        )
        self.referring = Referring(
            self,
            relations=relations,
            memory=memory,
            learned=learned,
            requests=requests,
            identities=identities,
            selves=selves,
        )
        self.readying = Readying(self, relations=relations, learned=learned, requests=requests, attempts=attempts)

    # --- a stage for an operation

    def prepare(self, operation: Operation, actor: Identity) -> Steps[Stage]:
        """Say who calls the operation on what: objects made, brought into their state, values read off them.

        Operations that end or alter their caller get a disposable user. Raises `Unavailable`.
        """
        actor = yield from self._actor_for(operation, actor)
        kept = self._learned.prepared.get((actor.name, operation.label))
        if kept is not None:
            return Stage(operation=operation, actor=actor, bindings=kept)
        deeds = self._learned.preludes.get(operation.label, ())
        yield from self.referring.ready(operation, actor)
        bindings = yield from self.bind(operation, actor, fresh=bool(deeds))
        stage = Stage(operation=operation, actor=actor, bindings=bindings)
        yield from self.readying.rehearse(stage, deeds)
        if operation.safe and deeds:
            self._learned.prepared[actor.name, operation.label] = bindings
        carried = yield from self.readying.carried(stage)
        used_up = operation.label in self._learned.once or (bool(deeds or carried) and not operation.safe)
        return replace(stage, carried=carried, once=used_up)

    def _actor_for(self, operation: Operation, actor: Identity) -> Steps[Identity]:
        if self._harms.everybody(operation) and actor.role == "admin":
            return actor
        if not (self._harms.its_caller(operation) or (actor.disposable and self.writes_account(operation))):
            return actor
        try:
            return (yield from self._identities.disposable())
        except Unavailable as closed:
            reason = f"it ends or alters its caller, and no disposable user can be made: {closed.reason}"
            raise Unavailable(reason, closed.unlock) from closed

    def writes_account(self, operation: Operation) -> bool:
        """Say whether the operation changes what stands for a caller: nobody but a disposable user may be meant."""
        _, kind = self._relations.subject(operation)
        accounts = self.making.accounts()
        creates = kind is not None and operation is kind.create
        return accounts is not None and kind is accounts and not operation.safe and not creates

    # --- addressing

    def bind(self, operation: Operation, actor: Identity, *, fresh: bool = False) -> Steps[dict[str, str]]:
        """Fill the path parameters: golden objects for safe operations, a throwaway item for writing ones.

        `fresh` asks for a throwaway in any case. Raises `Unavailable` where a write would reach more than what this
        run made.
        """
        reason = left_alone(operation, kept=self._keeps(operation.path))
        if reason and not self._everything:
            raise Unavailable(reason, THROWAWAY)
        bound = self._relations.bound(operation)
        own = self._own_parameters(operation, fresh=fresh)
        pinned = self._learned.pinned.get(operation.label, ())
        bindings = {pointer[1:]: str(value) for location, pointer, value in pinned if location is Location.PATH}
        for parameter in reversed(bound):  # the innermost object brings along those that it lies in
            if parameter not in bindings:
                brought = yield from self._one(operation, parameter, actor, fresh=parameter in own, anew=fresh)
                bindings = {**along(brought, bound[parameter], bound), parameter: brought[parameter], **bindings}
        return {name: bindings[name] for name in operation.path_parameters if name in bindings}

    def _keeps(self, path: str) -> bool:
        """Say whether a path is that of things which somebody makes otherwise than by signing in."""
        kind = resources.at(path, self._relations.kinds)
        return kind is not None and kind.create is not None and kind.create not in self._identities.logins

    def _own_parameters(self, operation: Operation, *, fresh: bool) -> frozenset[str]:
        """Say which parameters want an object of their own.

        A write works on an item of its own, and where that lies in no other, on every other it names: to put a label
        on a thing changes the thing. A create takes the golden parent, unless that takes only one, or lets somebody
        in. Raises `Unavailable` where a change would name no item.
        """
        parameter, _ = self._relations.subject(operation)
        kind = self._relations.of(operation)
        if kind is not None and operation is kind.create and operation not in kind.item_operations:
            needs = self._memory.needs.get(operation.label, {}).values()
            lets_in = any(one.way is Way.SOMEBODY for one in needs)
            return frozenset({parameter} if fresh or lets_in or kind.name in self._memory.crowded else ())
        if operation.safe:
            return frozenset({parameter} if fresh else ())
        if not (parameter or self._everything) and operation.path_parameters and operation.method != "POST":
            raise Unavailable(f"{operation.label} names no item, and what it names is not ours to change")
        return frozenset(self._changed(operation))

    def _changed(self, operation: Operation) -> Iterator[str]:
        """Yield the parameters of what a write changes: the innermost, and what is before it while that is no part."""
        bound = self._relations.bound(operation)
        naming = [name for name in reversed(bound) if self._relations.names_object(operation, name)]
        for index, name in enumerate(naming):
            yield name
            inner = bound[name]
            outer = bound[naming[index + 1]] if index + 1 < len(naming) else None
            if inner is None or (outer is not None and outer.name in inner.parents.values()):
                return

    def _one(
        self, operation: Operation, parameter: str, actor: Identity, *, fresh: bool, anew: bool = False
    ) -> Steps[Mapping[str, str]]:
        """Return the bindings of one object, its own id under the parameter's name."""
        kind = self._relations.bound(operation)[parameter]
        if kind is None:
            if fresh and not self._everything:
                raise Unavailable(
                    f"nothing creates what {{{parameter}}} names, and what is there is not ours to change", THROWAWAY
                )
            return {parameter: self.sampled(operation, parameter)}
        guessed = not operation.safe and self._relations.is_guess(operation, parameter)
        if fresh and guessed and not self._everything:
            raise Unavailable(f"nothing but its name tells that {{{parameter}}} is one of {kind.name}", THROWAWAY)
        if fresh:
            made = yield from self._to_be_written(kind, actor, anew=anew)
            return self.renamed(made, kind, parameter)
        known = self.known(kind, actor)
        if known is None:
            known = yield from self._golden(kind, actor, operation)
        return (
            {parameter: self.sampled(operation, parameter)} if known is None else self.renamed(known, kind, parameter)
        )

    def _golden(self, kind: Resource, actor: Identity, operation: Operation) -> Steps[Mapping[str, str] | None]:
        """Make what is not known yet. None where nothing can be made and a read loses nothing by a guess."""
        if kind.create is None and operation.safe:
            return None
        made = yield from self.own(kind, actor, to_read=operation.safe)
        self._memory.objects.setdefault((actor.name, kind.name), made)
        return made.bindings

    def _to_be_written(self, kind: Resource, actor: Identity, *, anew: bool) -> Steps[Mapping[str, str]]:
        """Return what addresses an item to be written: one of ours, on a throwaway target else one that is there."""
        try:
            return (yield from self._throwaway(kind, actor, anew=anew)).bindings
        except Unavailable:
            there = self._memory.found.get(kind.name) if self._everything else None
            if there is None:
                raise
            return there

    def _throwaway(self, kind: Resource, actor: Identity, *, anew: bool) -> Steps[Made]:
        """Make one to be written. While everything is called once, what nothing removes again serves many calls."""
        key = (actor.name, kind.name)
        kept = self._stays.get(key)
        if kept is not None and self.sparing and not anew:
            return kept
        made = yield from self.own(kind, actor)
        if kind.create is not None and kind.remove is None and not actor.disposable:
            self._stays[key] = made
        return made

    def own(self, kind: Resource, actor: Identity, *, to_read: bool = False) -> Steps[Made]:
        """Make one for the actor, as an administrator where only those may. It may be written, unless `to_read`.

        Raises `Unavailable`.
        """
        own = self.making.self_of(actor, kind) if actor.disposable else None
        if own is not None:
            return own
        admin = self._identities.admin()
        try:
            made = yield from self.make(kind, actor)
        except Unavailable:
            if admin is None or admin == actor:
                raise
            made = yield from self.make(kind, admin)
        if not to_read and not self.making.is_proven(made):
            raise Unavailable(f"no read shows that ids of {kind.name} are what its create answers with")
        return made

    def renamed(self, bindings: Mapping[str, str], kind: Resource, parameter: str) -> dict[str, str]:
        """Return the bindings with the item's own id as another path wants it: under its name, and by its slug."""
        usual = bindings.get(kind.parameter, "")
        names = self._learned.names.get((kind.name, usual), {})
        own = usual if parameter == kind.parameter else identifiers.fitting(names, parameter, usual)
        return {**{k: v for k, v in bindings.items() if k != kind.parameter}, parameter: own}

    def sampled(self, operation: Operation, parameter: str) -> str:
        """Return the document's own example, or a value of the declared kind: nothing is lost by a 404.

        Free text is one plain word, for paths of many APIs take no other.
        """
        learned = self._learned.words.get((before_parameter(operation, parameter), parameter))
        if learned is not None:
            return learned
        value = str(self._requests.sampler.golden_values(operation).path.get(parameter, "1"))
        wanted = (one for one in operation.parameters if one.name == parameter and one.location is Location.PATH)
        declared = next(wanted, None)
        told = declared is not None and (declared.examples or declared.schema.keys() & {"example", "examples", "enum"})
        return value if told or PLAIN.fullmatch(value) else self._requests.sampler.canary

    def known(self, kind: Resource, actor: Identity) -> Mapping[str, str] | None:
        """Return what addresses an object of the kind that is there already, to be read or pointed to."""
        users = {user.name for user in self._identities.users()}
        found = self._memory.bindings_of(kind, actor, users=users)
        if found is not None or kind.create is not None:
            return found
        twin = self._relations.twin(kind)
        other = self._memory.bindings_of(twin, actor, users=users) if twin is not None else None
        return None if twin is None or other is None else self.renamed(other, twin, kind.parameter)

    def bind_around(self, create: Operation, identity: Identity) -> Steps[dict[str, str]]:
        """Fill the path parameters of a create that names its own item, all but the item's."""
        kind = self._relations.of(create)
        bound = self._relations.bound(create)
        bindings: dict[str, str] = {}
        for parameter in reversed([one for one in bound if kind is None or one != kind.parameter]):
            if parameter not in bindings:
                brought = yield from self._one(create, parameter, identity, fresh=False)
                bindings = {**along(brought, bound[parameter], bound), parameter: brought[parameter], **bindings}
        return bindings

    def admin(self) -> Identity | None:
        return self._identities.admin()

    # --- making and recognising

    def make(self, kind: Resource, identity: Identity) -> Steps[Made]:
        """Create one. Raises `Unavailable` when nothing creates the kind or the target refuses."""
        return (yield from self.making.make(kind, identity))

    def made_by(self, exchange: Exchange) -> Made | None:
        """Read what a 2xx create made and may be changed; None while anything leaves doubt about its id."""
        return self._recognising.ours(exchange)

    def moved_by(self, exchange: Exchange) -> Made | None:
        """Read where a thing lies now that an update has moved."""
        return self._recognising.moved_by(exchange)

    def observe(self, raw: Exchange) -> None:
        """Read a create before anything in it is masked."""
        made = self._recognising.made_by(raw)
        if made is not None:
            self.heard[raw.id] = made
            if len(self.heard) > KEPT_CREATES:
                self.heard.pop(next(iter(self.heard)))
        operation = raw.operation
        told = operation is not None and not operation.safe and raw.response.succeeded and raw.phase == "seeding"
        if operation is not None and told and raw.request.mutation is None:
            self.answers[operation.label, raw.request.identity.name] = raw


def along(bindings: Mapping[str, str], kind: Resource | None, bound: Mapping[str, Resource | None]) -> dict[str, str]:
    """Return what an object brings for the other parameters of a path: the ids of what it lies in."""
    parents = {name: parameter for parameter, name in kind.parents.items()} if kind is not None else {}
    found = {name: parents.get(other.name, "") for name, other in bound.items() if other is not None}
    return {name: bindings[parameter] for name, parameter in found.items() if parameter in bindings}
