"""Plans the load stage from golden requests: two cheap reads and one write on an object of our own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from auditor.course.load import LoadFailed, LoadPlan, LoadRequest, default_stages, load_request, run
from auditor.evidence import Stage, Steps, Unavailable, ask
from auditor.model import Load, LoadStage, Operation, Request, Role
from auditor.sending.driving import follow
from auditor.sending.session import Session
from auditor.settings.order import LoadOrder
from auditor.world.world import SeededWorld

READS = 2
THINK_SECONDS = 0.1
"""Between a user's answer and its next question: keeps the generator from being what is measured."""
BUDGET_MS = 1_000.0
"""The latency that the check under load looks at; our own lag matters only against it."""


async def put_load(
    order: LoadOrder, *, world: SeededWorld, session: Session, operations: Sequence[Operation], profile: str
) -> Load | Unavailable:
    """Put the planned load on the target; `Unavailable` when there is nothing to load it with, or no generator."""
    followed = await follow(mix(world, operations), session)
    if followed.value is None or not followed.value:
        return followed.unavailable or Unavailable("no read operation answered 2xx, so there is nothing to load")
    requests = tuple(_repeatable(one, world, root=session.root) for one in followed.value)
    stages = tuple(LoadStage(users=users, seconds=seconds) for users, seconds in order.stages)
    plan = LoadPlan(
        host=session.base_url,
        requests=requests,
        stages=stages or default_stages(order.profile or profile),
        verify_tls=True,
        think_seconds=THINK_SECONDS,
        budget_ms=BUDGET_MS,
    )

    async def recovered() -> bool:
        again = await follow(one(followed.value[0] if followed.value else None), session, patient=False)
        return again.value is True

    try:
        return await run(plan, recovery=recovered)
    except LoadFailed as failed:
        return Unavailable(str(failed))


def one(request: Request | None) -> Steps[bool]:
    if request is None:
        return False
    answered = yield from ask(request)
    return answered.response.status < 500


def _repeatable(request: Request, world: SeededWorld, *, root: str) -> LoadRequest:
    credential = None if request.identity.anonymous else world.credential(request.identity, request.operation)
    return load_request(request, credential, root=root, weight=1.0 if request.method == "GET" else 0.5)


def mix(world: SeededWorld, operations: Sequence[Operation]) -> Steps[tuple[Request, ...]]:
    """Choose what users do: lists and items that were read before, and a write that can be repeated and removed."""
    chosen = [
        world.request(stage, purpose="load", role=Role.SETUP)
        for stage in itertools.islice(reads(world, operations), READS)
    ]
    write = yield from own_write(world, operations)
    return (*chosen, *((write,) if write else ()))


def reads(world: SeededWorld, operations: Sequence[Operation]) -> Iterator[Stage]:
    known = [one for one in operations if one.method == "GET" and one.label in world.memory.golden]
    calm = [one for one in known if not (world.harms.its_caller(one) or world.harms.disturbs(one))]
    cheap = [one for one in calm if world.resource_of(one) is not None]
    for operation in sorted(cheap or calm, key=lambda one: (not one.protected, len(one.path_parameters), one.path)):
        golden = world.memory.golden[operation.label]
        steps = world.bind(operation, golden.actor)
        try:
            next(steps)
        except StopIteration as stop:
            yield Stage(operation=operation, actor=golden.actor, bindings=stop.value)
        except Unavailable:
            continue


def own_write(world: SeededWorld, operations: Sequence[Operation]) -> Steps[Request | None]:
    """Build one PATCH or PUT of an object made for it; None where there is none."""
    for operation in operations:
        kind = world.resource_of(operation)
        if kind is None or operation not in (kind.modify, kind.replace) or operation.label not in world.memory.golden:
            continue
        if world.harms.its_caller(operation) or world.harms.disturbs(operation):
            continue
        try:
            stage = yield from world.stage(operation)
        except Unavailable:
            continue
        return world.request(stage, purpose="load", role=Role.SETUP)
    return None
