"""Brings the world to life: users, one object of every kind for each of them, every operation answered 2xx once.

Two rounds: what was refused before may be accepted once everything else has happened. Between them the states are
looked for that items must be in (`auditor.world.states`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from auditor.evidence import Made, Stage, Steps, Unavailable, ask
from auditor.kinds import identifiers, sign_in
from auditor.knowledge.harms import sounds_wiping
from auditor.knowledge.memory import Blocked, blocked_by
from auditor.model import ANONYMOUS, NOT_JSON, Exchange, Identity, Operation, Resource, Role
from auditor.sending.session import BudgetSpent
from auditor.world import by_products
from auditor.world.left_alone import reaches_beyond
from auditor.world.states import WAITING
from auditor.world.world import SeededWorld

MOST_LISTED = 5
"""Rows of a list of what was there before."""
MOST_SEARCHED = 60
"""Operations for which a state is looked for; in a document of a thousand refusals that would never end."""
NOT_AGAIN = frozenset({400, 403, 404, 409, 410, 412, 422, 428})
"""Refusals of the second call that say that the first one used the item's state up."""
HOPELESS = frozenset({401, 405, 501})
"""Refusals that nothing which happens meanwhile will cure."""


FOR_EACH, BESIDES = 20, 100
"""Requests that seeding may send for each operation, and besides. Most need three, what wants a state many more."""


class Turn(IntEnum):
    """Errands of one turn follow one another unless they may run beside each other; turns follow one another."""

    OBJECTS = 0
    READS = 1
    WRITES = 2
    STATES = 3
    AGAIN = 4
    IDENTITIES = 5
    LAST = 6
    """What sounds as if it wiped everything, and what deletes a whole collection."""

    @property
    def parallel(self) -> bool:
        return self in {Turn.READS, Turn.WRITES, Turn.AGAIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    turn: Turn
    name: str
    steps: Steps[None]


def most_requests(operations: int) -> int:
    """Return the most requests that seeding so many operations sends; one errand may end beyond it."""
    return FOR_EACH * operations + BESIDES


def errands(world: SeededWorld, operations: Sequence[Operation]) -> Iterator[Errand]:
    """Yield everything that has to be tried, in an order that lets later errands use what earlier ones made."""
    most = most_requests(len(operations))
    for one in every_errand(world, operations):
        yield replace(one, steps=within(world, one.steps, most))


def within(world: SeededWorld, steps: Steps[None], most: int) -> Steps[None]:
    """Do an errand unless seeding has sent what it may. Raises `Unavailable`."""
    if world.learned.asked >= most:
        steps.close()
        raise Unavailable(f"budget: {most} requests of seeding are spent", "auditor doctor says what took them")
    yield from steps


def every_errand(world: SeededWorld, operations: Sequence[Operation]) -> Iterator[Errand]:
    wanted = {id(one) for one in operations}
    callers = world.identities.users() or (world.caller(),)
    for identity in callers:
        yield Errand(turn=Turn.OBJECTS, name=identity.name, steps=introduce(world, identity))
    for kind in world.relations.by_dependency():
        create = kind.create or (kind.replace if kind.parameter else None)
        for identity in callers if create is not None and id(create) in wanted else ():
            yield Errand(turn=Turn.OBJECTS, name=kind.name, steps=own_one(world, kind, identity))
            yield Errand(turn=Turn.AGAIN, name=kind.name, steps=own_one(world, kind, identity, anew=True))
        yield Errand(turn=Turn.STATES, name=kind.name, steps=by_products.look(world, kind, callers[0]))
        if kind.list is not None and kind.parameter:
            yield Errand(turn=Turn.OBJECTS, name=kind.name, steps=find_one(world, kind))
    for operation in sorted(operations, key=world.states.order):
        if turn_of(operation) < Turn.IDENTITIES:
            yield Errand(turn=Turn.STATES, name=operation.label, steps=unlock(world, operation))
    accounts = world.objects.making.accounts()
    everybody = {one.path for one in (accounts.create, accounts.list) if one is not None} if accounts else set()
    for operation in sorted(operations, key=lambda one: (sounds_wiping(one), one.path in everybody)):
        turn = turn_of(operation)
        yield Errand(turn=turn, name=operation.label, steps=reach(world, operation))
        if turn < Turn.IDENTITIES:
            yield Errand(turn=Turn.AGAIN, name=operation.label, steps=again(world, operation))


def turn_of(operation: Operation) -> Turn:
    if sounds_wiping(operation) or (operation.method == "DELETE" and reaches_beyond(operation)):
        return Turn.LAST
    if sign_in.harms_identity(operation) or sign_in.signs_in(operation):
        return Turn.IDENTITIES
    return Turn.READS if operation.safe else Turn.WRITES


# --- callers and objects ------------------------------------------------------------------------------------


def introduce(world: SeededWorld, identity: Identity) -> Steps[None]:
    """Learn who the caller is on the target, and take its own record as the object it may read."""
    whoami = world.sign_in.whoami
    if identity.anonymous:
        return
    if whoami is not None and "id" not in world.selves.of(identity):
        yield from ask(world.request(Stage(operation=whoami, actor=identity), purpose="who am I?", role=Role.SETUP))
    kind = world.objects.making.accounts()
    names = world.selves.of(identity)
    if kind is None or not names:
        return
    usual = identifiers.fitting(names, kind.parameter, names.get("id", ""))
    read = kind.read
    if read is None or kind.parents:
        return
    others = [text for _, text in identifiers.others(names, usual)]
    for own in dict.fromkeys(one for one in (usual, *others[:2]) if one):
        stage = Stage(operation=read, actor=identity, bindings={kind.parameter: own})
        seen = yield from ask(world.request(stage, purpose="read the caller's own record", role=Role.SETUP))
        if seen.succeeded:
            made = Made(resource=kind, owner=identity, bindings=stage.bindings, exchange=seen)
            world.memory.objects.setdefault((identity.name, kind.name), made)
            return


def own_one(world: SeededWorld, kind: Resource, identity: Identity, *, anew: bool = False) -> Steps[None]:
    """Give `identity` a golden object of its own; where only an administrator makes any, one of theirs.

    `anew` forgets that it came to nothing before.
    """
    kind = world.relations.named(kind.name) or kind
    if world.selves.registers(kind.create) or (kind is world.objects.making.accounts() and kind.create is None):
        return
    if anew:
        world.memory.fruitless.pop((identity.name, kind.name), None)
    if (identity.name, kind.name) in world.memory.objects:
        return
    made = yield from world.objects.own(kind, identity, to_read=True)
    world.memory.objects.setdefault((identity.name, kind.name), made)


def find_one(world: SeededWorld, kind: Resource) -> Steps[None]:
    """Where nobody could make one, take one that is there: to read, never to write."""
    caller = world.caller()
    if kind.list is None or world.objects.known(kind, caller) is not None:
        return
    if kind.only_listed and any((caller.name, name) not in world.memory.objects for name in kind.parents.values()):
        return  # what it lies in is not ours, so neither is what is listed
    bindings = yield from world.bind(kind.list, caller)
    listed = yield from ask(
        world.request(
            Stage(operation=kind.list, actor=caller, bindings=bindings), purpose="look for one", role=Role.SETUP
        )
    )
    found = ids_listed(listed, kind)
    if listed.succeeded and found:
        world.memory.found[kind.name] = {**bindings, kind.parameter: found[0]}
        world.learned.listed[kind.name] = tuple(found)


def ids_listed(listed: Exchange, kind: Resource) -> list[str]:
    """Return the ids of the first rows of a list."""
    body = listed.response.json()
    rows = [] if body is NOT_JSON else identifiers.rows(body)
    found = (identifiers.row_identifier(row, kind) for row in rows[:MOST_LISTED])
    return list(dict.fromkeys(one for one in found if one))


# --- operations ---------------------------------------------------------------------------------------------


def reach(world: SeededWorld, operation: Operation) -> Steps[None]:
    """Call the operation until it is accepted, as the callers and in the styles that may work."""
    if world.memory.reached(operation.label):
        return
    missing: Unavailable | None = None
    for actor in actors(world, operation):
        try:
            refused = yield from attempt(world, operation, actor)
        except BudgetSpent:
            raise
        except Unavailable as reason:
            missing = missing or reason
            continue
        if refused is None:
            world.memory.blocked.pop(operation.label, None)
            return
        world.memory.blocked[operation.label] = blocked_by(refused)
        if refused.response.status not in {401, 403, 404}:
            return
        if not operation.safe and not (yield from is_itself(world, actor)):
            return
    if missing is not None:
        raise missing


def is_itself(world: SeededWorld, actor: Identity) -> Steps[bool]:
    """Say whether the target still knows a caller.

    Whoever was signed out or removed meanwhile is refused everything: no reason for an administrator to write instead.
    """
    whoami = world.sign_in.whoami
    if whoami is None or actor not in world.identities.users():
        return True
    answered = yield from ask(
        world.request(Stage(operation=whoami, actor=actor), purpose="is the caller still there?", role=Role.SETUP)
    )
    return answered.response.status not in {401, 403, 404, 410}


def actors(world: SeededWorld, operation: Operation) -> tuple[Identity, ...]:
    """Return who may try, in turn: whoever usually calls, then an administrator, unless that would wipe everything.

    What changes a caller's record is tried by a user made for that.
    """
    admin = world.identities.admin() if not sounds_wiping(operation) else None
    newcomer = (Identity("newcomer", disposable=True),) if world.objects.writes_account(operation) else ()
    at_item = operation.path.endswith("}")
    found = (*(newcomer if at_item else ()), world.caller(), *newcomer, *((admin,) if admin else ()))
    return tuple(dict.fromkeys(found)) or (ANONYMOUS,)


def attempt(world: SeededWorld, operation: Operation, actor: Identity) -> Steps[Exchange | None]:
    """Return None when it was accepted, else the refusal."""
    try:
        stage = yield from world.objects.prepare(operation, actor)
    except Unavailable as reason:
        world.memory.blocked.setdefault(operation.label, Blocked(reason=reason.reason, unlock=reason.unlock))
        raise
    answered = yield from world.objects.making.accepted(stage, purpose="the first valid request")
    if not answered.reached:
        return answered
    yield from tell_once(world, stage)
    return None


def tell_once(world: SeededWorld, stage: Stage) -> Steps[None]:
    """See whether a deed can be done to one item again, or uses its state up."""
    operation = stage.operation
    kind = world.relations.of(operation)
    creates = kind is not None and operation is kind.create
    if operation.method != "POST" or creates or stage.once or turn_of(operation) >= Turn.IDENTITIES:
        return
    if not world.relations.beside(operation):
        return
    second = yield from ask(world.request(stage, purpose="can it be done again?", role=Role.SETUP))
    if second.response.status in NOT_AGAIN:
        world.learned.once.add(operation.label)


def unlock(world: SeededWorld, operation: Operation) -> Steps[None]:
    """Look for the state in which the operation is accepted."""
    label = operation.label
    refused = world.memory.blocked.get(label)
    subject, _ = world.relations.subject(operation)
    emptied = label in world.learned.once and not subject
    if world.memory.reached(label) and not emptied:
        return
    status = 409 if emptied else refused.status if refused is not None else 0
    if status not in WAITING or (operation.safe and status == 403) or world.learned.searched >= MOST_SEARCHED:
        return
    world.learned.searched += 1
    for actor in actors(world, operation):
        found = yield from world.states.reach(operation, actor, status)
        if found is not None:
            world.memory.blocked.pop(label, None)
            return


def again(world: SeededWorld, operation: Operation) -> Steps[None]:
    """Try once more what was refused, or could not be tried: the world has moved on."""
    refused = world.memory.blocked.get(operation.label)
    if world.memory.reached(operation.label) or (refused is not None and refused.status in HOPELESS):
        return
    yield from reach(world, operation)
