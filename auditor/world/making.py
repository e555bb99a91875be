"""Makes objects: by their own create, by one found elsewhere, at a name of ours, inside something of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from auditor.callers.identities import Identities
from auditor.callers.selves import Selves
from auditor.compare import at
from auditor.document.templates import path_values
from auditor.evidence import Made, Poll, Stage, Steps, Unavailable, ask
from auditor.kinds import identifiers
from auditor.kinds.naming import spoken_names
from auditor.kinds.relations import Relations
from auditor.knowledge.learned import Learned
from auditor.knowledge.memory import Blocked, Memory, blocked_by
from auditor.knowledge.needs import kinds_pointed_to
from auditor.model import Exchange, Identity, Operation, Resource, Role
from auditor.sending.session import BudgetSpent
from auditor.world.attempts import Attempts
from auditor.world.pointing import Pointing
from auditor.world.recognising import Recognising
from auditor.world.requests import Requests

if TYPE_CHECKING:
    from auditor.world.objects import Objects

FRUITLESS = 2
"""Creates that came to nothing, after which a kind is no longer tried for that caller."""
MOST_NAMES_TRIED = 4
"""Other names of an object tried at its read, where the usual one names nothing."""
WRONG_NAME = frozenset({400, 404, 405, 410, 422})
WRONG_REFERENCE = frozenset({400, 404, 409, 422, 500})
"""Refusals of a create that another way of writing its references may cure."""
TAKEN = frozenset({400, 409, 422})
"""Answers with which a create says that there is such a one already."""
SOON_SECONDS = 1.5
"""How long what a create made is looked for in the list."""
LATER_SECONDS = 5.0
"""How long a create that was accepted for later (202) is waited for."""
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Making:
    """Knows every way to one more object of a kind."""

    def __init__(
        self,
        objects: Objects,
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
    ) -> None:
        self._objects = objects
        self._relations = relations
        self._memory = memory
        self._learned = learned
        self._requests = requests
        self._attempts = attempts
        self._identities = identities
        self._selves = selves
        self._recognising = recognising
        self._pointing = pointing
        self.registrations: dict[str, Exchange] = {}
        """Identity to its registration as recorded."""
        self._refusals: dict[str, int] = {}
        """Create to the status it was last answered with."""
        self.owe: Callable[[Made, Made | None], None] = lambda _made, _instead: None
        """Told of what was made where only a later look could tell its id, and of what it was taken for before."""

    def make(self, kind: Resource, identity: Identity) -> Steps[Made]:
        """Create one. Where a parent takes no second child, each gets a parent of its own from then on.

        Raises `Unavailable` when nothing creates the kind or the target refuses.
        """
        kind = self._relations.named(kind.name) or kind
        if kind is self.accounts() and self._is_registered(kind):
            return (yield from self._registered(kind))
        tried = (identity.name, kind.name)
        if self._memory.fruitless[tried] >= FRUITLESS:
            raise self._made_nothing(kind)
        way = self._otherwise(kind, identity) if kind.create is None else self._with_room(kind, kind.create, identity)
        made = yield from way
        if made is None:
            self._memory.fruitless[tried] += 1
            raise self._made_nothing(self._relations.named(kind.name) or kind)
        self._memory.fruitless.pop(tried, None)
        return (yield from self._inspected(made))

    def _made_nothing(self, kind: Resource) -> Unavailable:
        if kind.create is None:
            return Unavailable(f"nothing creates {kind.name}, and what is there is not ours to change")
        blocked = self._memory.blocked.get(kind.create.label, Blocked(reason="the answer names no id"))
        return Unavailable(f"{kind.create.label} made nothing: {blocked.reason}", blocked.unlock)

    # --- by its own create

    def _with_room(self, kind: Resource, create: Operation, identity: Identity) -> Steps[Made | None]:
        """Try with what is there, then with references of its own, then with a parent of its own."""
        paired, crowded = create.label in self._learned.paired, kind.name in self._memory.crowded
        made = yield from self._created(kind, create, identity)
        worked = create.label in self._memory.golden  # what is there now is in its way
        other_references = worked and not paired and bool(self._relations.references(create))
        other_parent = not crowded and bool(kind.parents)
        ways = (
            (other_references, self._learned.paired, create.label, TAKEN),
            (other_parent, self._memory.crowded, kind.name, TAKEN | {403, 404}),
        )
        for may_help, kept, name, statuses in ways:
            if made is not None or not may_help or self._refusals.get(create.label) not in statuses:
                continue
            ours = name not in kept  # else somebody beside us has just learned it
            kept.add(name)
            try:
                made = yield from self._created(kind, create, identity)
            except BudgetSpent:
                raise
            except Unavailable:
                pass  # a way that is not open tells nothing: the refusal stands
            finally:
                if made is None and ours:
                    kept.discard(name)
        return made

    def _created(self, kind: Resource, create: Operation, identity: Identity) -> Steps[Made | None]:
        stage = yield from self._to_create(kind, create, identity)
        answered = yield from self.accepted(stage, purpose=f"make one of {kind.name}")
        self._refusals[create.label] = answered.response.status
        if not answered.succeeded:
            self._memory.blocked.setdefault(create.label, blocked_by(answered))
            return None
        made = self._objects.heard.pop(answered.id, None) or self._recognising.made_by(answered)
        if made is None:
            return (yield from self._looked_up(kind, create, answered))
        made = yield from self._inspected(replace(made, exchange=answered))
        if self.is_proven(made):
            return made
        return (yield from self._looked_up(kind, create, answered)) or made

    def _to_create(self, kind: Resource, create: Operation, identity: Identity) -> Steps[Stage]:
        if create not in kind.item_operations:
            return (yield from self._objects.prepare(create, identity))
        yield from self._objects.referring.ready(create, identity)
        around = yield from self._objects.bind_around(create, identity)
        name = yield from self._free_name(kind, create, identity, around)
        return Stage(operation=create, actor=identity, bindings={**around, kind.parameter: name})

    def accepted(self, stage: Stage, *, purpose: str) -> Steps[Exchange]:
        """Call until accepted, its references written in one way after the other."""
        prepare = partial(self._objects.referring.replenish, stage.operation, stage.actor)
        answered = yield from self._attempts.until_accepted(stage, purpose=purpose, prepare=prepare)
        while not answered.reached and answered.response.status in WRONG_REFERENCE:
            told = kinds_pointed_to(self._memory.needs.get(stage.operation.label, {}))
            if not self._pointing.another(stage.operation, told):
                break
            yield from self._objects.referring.ready(stage.operation, stage.actor, uncertain=True)
            answered = yield from self._attempts.until_accepted(stage, purpose=purpose, prepare=prepare)
        return answered

    def _looked_up(self, kind: Resource, create: Operation, answered: Exchange) -> Steps[Made | None]:
        """Find what a create made that names nothing: in the list, by what was sent."""
        path = path_values(create.path, answered.request.path)
        if kind.list is None or any(name not in path for name in kind.list.path_parameters):
            return None
        stage = Stage(operation=kind.list, actor=answered.request.identity, bindings=path)
        request = self._requests.build(stage, purpose="look for what was made", role=Role.SETUP)

        def found(listed: Exchange) -> bool:
            return not listed.succeeded or self._recognising.row_of(listed, answered, kind) is not None

        listed = yield from ask(Poll(request, found, SOON_SECONDS))
        own = self._recognising.row_of(listed, answered, kind) if listed.succeeded else None
        if own is None:
            return None
        made = self._recognising.made(kind, answered, own)
        if not self._relations.is_far(kind):
            self._learned.unnamed.add(kind.name)
            self._learned.shown.add(kind.name)
            self.owe(made, None)
        return made

    # --- looking at what was made

    def is_proven(self, made: Made) -> bool:
        """Say whether the object may be changed: nothing leaves doubt that its id is its own."""
        if made.resource.name in self._learned.shown:
            return True
        found = self._recognising.reading(made.exchange, made.resource)
        return found is not None and self._recognising.proven(made.resource, made.exchange, found)

    def shows(self, read: Exchange, made: Made) -> bool:
        """Say whether a read shows that very object."""
        return self._recognising.shows(read, made)

    def _inspected(self, made: Made) -> Steps[Made]:
        """Read the first object of a kind, to see by which of its names it is addressed."""
        kind = made.resource
        read = kind.read or self._relations.reader_below(kind)
        if kind.name in self._learned.inspected or read is None:
            return made
        if any(name not in made.bindings for name in read.path_parameters):
            return made
        self._learned.inspected.add(kind.name)
        names = self._learned.names.get((kind.name, made.id), {})
        for member, own in (("", made.id), *identifiers.others(names, made.id)[:MOST_NAMES_TRIED]):
            looked = self._recognising.readdressed(made, own)
            seen = yield from self._read(read, looked)
            if self._recognising.shows(seen, made):
                return self._shown(looked, member, made)
            if seen.reached or seen.response.status not in WRONG_NAME:
                break
        return made

    def _read(self, read: Operation, made: Made) -> Steps[Exchange]:
        stage = Stage(operation=read, actor=made.owner, bindings=made.bindings)
        request = self._requests.build(stage, purpose="read what was made", role=Role.SETUP)
        if made.exchange.response.status != 202:
            return (yield from ask(request))
        return (yield from ask(Poll(request, lambda seen: seen.succeeded, LATER_SECONDS)))

    def _shown(self, made: Made, member: str, before: Made) -> Made:
        """Keep that ids of this kind are what we take them for."""
        doubtful = not self.is_proven(made)
        self._learned.shown.add(made.resource.name)
        if member:
            self._learned.identified[made.resource.name] = member
            self._learned.name(made.resource.name, made.id, self._learned.names.get((made.resource.name, made.id), {}))
        if member or doubtful:
            self.owe(made, before if member else None)
        return made

    # --- where nothing at its own path creates it

    def _otherwise(self, kind: Resource, identity: Identity) -> Steps[Made | None]:
        for way in (self._as_by_product, self._by_twin, self._at_name_of_ours, self._inside_ours):
            try:
                made = yield from way(kind, identity)
            except Unavailable:
                continue
            if made is not None:
                return made
        return None

    def _as_by_product(self, kind: Resource, identity: Identity) -> Steps[Made | None]:
        """Make what comes along with one of these: the version that making a prompt answers with."""
        label, pointer = self._learned.by_products.get(kind.name, ("", ""))
        operation = self._relations.labelled(label)
        if operation is None:
            return None
        other = self._relations.of(operation)
        if other is not None and operation is other.create:
            answered = (yield from self.make(other, identity)).exchange
        else:
            stage = yield from self._objects.prepare(operation, identity)
            answered = yield from self.accepted(stage, purpose=f"make one of {kind.name}")
        own = at(answered.response.json(), pointer) if answered.succeeded else None
        return self.by_product(kind, answered, identifiers.text_of(own)) if identifiers.is_identifier(own) else None

    def by_product(self, kind: Resource, answered: Exchange, own: str) -> Made:
        """Return what an answer names beside what it is about."""
        self._learned.name(kind.name, own, identifiers.names(answered.response.json(), kind))
        bindings = {kind.parameter: own}
        return Made(resource=kind, owner=answered.request.identity, bindings=bindings, exchange=answered)

    def _by_twin(self, kind: Resource, identity: Identity) -> Steps[Made | None]:
        """Make one of the other kind of that noun, if a read here shows it: `/me/notes` for `/notes/{id}`."""
        twin = self._relations.twin(kind)
        if twin is None or kind.read is None:
            return None
        other = yield from self.make(twin, identity)
        bindings = self._objects.renamed(other.bindings, twin, kind.parameter)
        made = Made(resource=kind, owner=other.owner, bindings=bindings, exchange=other.exchange)
        if any(name not in bindings for name in kind.read.path_parameters):
            return None
        seen = yield from self._read(kind.read, made)
        if not self._recognising.shows(seen, made):
            return None
        self._learned.inspected.add(kind.name)
        self._learned.shown.add(kind.name)
        return made

    def _at_name_of_ours(self, kind: Resource, identity: Identity) -> Steps[Made | None]:
        """PUT one at a name that nobody else would choose (RFC 9110 §9.3.4), or PATCH it there (RFC 5789 §2)."""
        put = kind.replace or (kind.modify if kind.modify is not None and kind.modify.method == "PATCH" else None)
        if put is None or self._relations.lent_from(kind) is not None:
            return None
        adopted = self._relations.adopt(kind.name, put)
        made: Made | None = None
        try:
            made = yield from self._created(adopted, put, identity)
        finally:
            if made is None:
                self._relations.adopt(kind.name, None)
            else:
                self._learned.adopted[kind.name] = f"{put.label} at a name of ours"
        return made

    def _free_name(self, kind: Resource, create: Operation, identity: Identity, around: dict[str, str]) -> Steps[str]:
        """Choose a name for a PUT to make something at. One that others might have chosen is asked for first.

        Raises `Unavailable` where no name is surely free.
        """
        sampler = self._requests.sampler
        number = self._requests.number()
        declared = next(one for one in create.parameters if one.name == kind.parameter)
        value = str(sampler.fresh(create, number).path.get(kind.parameter, ""))
        plain = f"{sampler.canary}{number}"
        if sampler.canary not in value or not NAME.fullmatch(value):
            value = plain if sampler.description.validators.valid(declared.schema, plain) else value
        if sampler.canary in value:
            return value
        if kind.read is None or not value:
            raise Unavailable(f"no name for {kind.name} is surely free")
        stage = Stage(operation=kind.read, actor=identity, bindings={**around, kind.parameter: value})
        seen = yield from ask(self._requests.build(stage, purpose="see that the name is free", role=Role.SETUP))
        if seen.response.status not in {404, 410}:
            raise Unavailable(f"{value} may be somebody's: reading it was answered {seen.response.status}")
        return value

    def _inside_ours(self, kind: Resource, identity: Identity) -> Steps[Made | None]:
        """Take what came with something of ours: the lines of an order that was made with lines."""
        others = (one for one in self._relations.kinds if one.name != kind.name)
        alike = [one for one in others if spoken_names(one) & spoken_names(kind)]
        if kind.list is None or not kind.parents or alike:
            return None
        outer = self._relations.named(list(kind.parents.values())[-1])
        if outer is None or outer.create is None:
            return None
        around = yield from self._objects.bind(kind.list, identity, fresh=True)
        stage = Stage(operation=kind.list, actor=identity, bindings=around)
        listed = yield from ask(self._requests.build(stage, purpose="look into what was made", role=Role.SETUP))
        rows = identifiers.rows(listed.response.json()) if listed.succeeded else []
        own = identifiers.row_identifier(rows[0], kind) if rows else None
        if own is None:
            return None
        self._learned.shown.add(kind.name)
        self._learned.inspected.add(kind.name)
        bindings = {**around, kind.parameter: own}
        return Made(resource=kind, owner=identity, bindings=bindings, exchange=listed)

    # --- callers as objects

    def accounts(self) -> Resource | None:
        """Return the kind whose items are the callers themselves."""
        operations = self._identities.operations
        return self._relations.accounts(operations.register, operations.whoami)

    def _is_registered(self, kind: Resource) -> bool:
        """Nothing but registering makes one of this kind."""
        return kind.create is None or self._selves.registers(kind.create)

    def self_of(self, identity: Identity, kind: Resource) -> Made | None:
        """Return the record of a registered caller, if this kind is about callers and its id there is known."""
        exchange = self.registrations.get(identity.name)
        if kind is not self.accounts() or exchange is None:
            return None
        names = self._selves.of(identity)
        own = identifiers.fitting(names, kind.parameter, names.get("id", ""))
        if not own:
            return None
        self._learned.name(kind.name, own, names)
        return Made(resource=kind, owner=identity, bindings={kind.parameter: own}, exchange=exchange)

    def _registered(self, kind: Resource) -> Steps[Made]:
        newcomer = yield from self._identities.disposable()
        made = self.self_of(newcomer, kind)
        if made is None:
            raise Unavailable(f"nothing tells which of {kind.name} a registered user is")
        return made
