"""Brings the world to life: users, one object of every kind for each of them, every operation answered 2xx once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial

from auditor import resources, sign_in
from auditor.evidence import Stage, Steps, Unavailable, ask
from auditor.memory import Blocked, blocked_by
from auditor.model import ANONYMOUS, NOT_JSON, Exchange, Identity, Operation, Resource, Role
from auditor.world import SeededWorld


class Turn(IntEnum):
    """Errands of one turn may run beside each other; turns follow one another."""

    OBJECTS = 0
    READS = 1
    WRITES = 2
    IDENTITIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    turn: Turn
    name: str
    steps: Steps[None]


def errands(world: SeededWorld, operations: Sequence[Operation]) -> Iterator[Errand]:
    """Yield everything that has to be tried, in an order that lets later errands use what earlier ones made."""
    wanted = {id(one) for one in operations}
    for kind in world.relations.by_dependency():
        for identity in world.identities.users() or (world.caller(),):
            if kind.create is not None and id(kind.create) in wanted:
                yield Errand(turn=Turn.OBJECTS, name=kind.name, steps=own_one(world, kind, identity))
        if kind.create is None and kind.list is not None and kind.parameter:
            yield Errand(turn=Turn.OBJECTS, name=kind.name, steps=find_one(world, kind))
    for operation in operations:
        yield Errand(turn=turn_of(operation), name=operation.label, steps=reach(world, operation))


def turn_of(operation: Operation) -> Turn:
    if sign_in.harms_identity(operation) or sign_in.signs_in(operation):
        return Turn.IDENTITIES
    return Turn.READS if operation.safe else Turn.WRITES


def own_one(world: SeededWorld, kind: Resource, identity: Identity) -> Steps[None]:
    """Give `identity` a golden object of its own."""
    if kind.create is world.sign_in.register:
        return
    if (identity.name, kind.name) in world.memory.objects:
        return
    try:
        made = yield from world.make(kind, identity)
    except Unavailable:
        admin = world.identities.admin()
        if admin is None:
            raise
        made = yield from world.make(kind, admin)
    world.memory.objects.setdefault((identity.name, kind.name), made)


def find_one(world: SeededWorld, kind: Resource) -> Steps[None]:
    """Where nothing creates the kind, take one that is there: to read, never to write."""
    if kind.list is None:
        return
    caller = world.caller()
    bindings = yield from world.bind(kind.list, caller)
    listed = yield from ask(
        world.request(
            Stage(operation=kind.list, actor=caller, bindings=bindings), purpose="look for one", role=Role.SETUP
        )
    )
    found = first_listed(listed, kind)
    if listed.succeeded and found:
        world.memory.found[kind.name] = {**bindings, kind.parameter: found}


def first_listed(listed: Exchange, kind: Resource) -> str | None:
    body = listed.response.json()
    if body is NOT_JSON:
        return None
    rows = (
        body
        if isinstance(body, list)
        else next((v for v in body.values() if isinstance(v, list)), [])
        if isinstance(body, dict)
        else []
    )
    return resources.identifier(rows[0], kind) if rows else None


def reach(world: SeededWorld, operation: Operation) -> Steps[None]:
    """Call the operation until it answers 2xx, as the callers and in the styles that may work."""
    if operation.label in world.memory.golden:
        return
    for actor in actors(world):
        refused = yield from attempt(world, operation, actor)
        if refused is None:
            world.memory.blocked.pop(operation.label, None)
            return
        world.memory.blocked[operation.label] = blocked_by(refused)
        if refused.response.status not in {401, 403, 404}:
            return


def actors(world: SeededWorld) -> tuple[Identity, ...]:
    admin = world.identities.admin()
    found = (world.caller(), *((admin,) if admin else ()))
    return tuple(dict.fromkeys(found)) or (ANONYMOUS,)


def attempt(world: SeededWorld, operation: Operation, actor: Identity) -> Steps[Exchange | None]:
    """Return None when it answered 2xx, else the refusal."""
    try:
        stage = yield from stage_for(world, operation, actor)
    except Unavailable as reason:
        world.memory.blocked.setdefault(operation.label, Blocked(reason=reason.reason, unlock=reason.unlock))
        raise
    answered = yield from world.attempts.until_accepted(
        stage,
        purpose="the first valid request",
        prepare=partial(world.objects.prepare_references, operation, stage.actor),
    )
    return None if answered.succeeded else answered


def stage_for(world: SeededWorld, operation: Operation, actor: Identity) -> Steps[Stage]:
    if sign_in.harms_identity(operation):
        try:
            actor = yield from world.disposable()
        except Unavailable as closed:
            reason = f"it ends or alters its caller, and no disposable user can be made: {closed.reason}"
            raise Unavailable(reason, closed.unlock) from closed
    yield from world.objects.prepare_references(operation, actor)
    bindings = yield from world.bind(operation, actor)
    return Stage(operation=operation, actor=actor, bindings=bindings)
