"""One audit from address to `Audit`: find the document, seed the world, gather, judge, settle, sum up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from auditor.callers import callers
from auditor.check import Check
from auditor.course.assembling import Ending, assemble
from auditor.course.engine import Engine
from auditor.course.loading import put_load
from auditor.course.passive import Fold
from auditor.document import discovery, openapi
from auditor.document.facts import FactFinder
from auditor.document.fetching import document_fetcher
from auditor.document.openapi import Description
from auditor.errors import TargetUnhealthy, TargetUnreachable
from auditor.evidence import Steps, Unavailable
from auditor.model import ANONYMOUS, Audit, Exchange, Judgement, Operation, Request, Role
from auditor.secrecy.redaction import Redactor
from auditor.selection import matches, names
from auditor.selection import operations as select_operations
from auditor.sending.driving import follow
from auditor.sending.recording import Recorder
from auditor.sending.session import Session
from auditor.settings.order import Order
from auditor.values.examples import Sampler
from auditor.world import settling
from auditor.world.given import given
from auditor.world.journal import set_aside
from auditor.world.planting import Planting
from auditor.world.seeding import errands
from auditor.world.watching import Watch
from auditor.world.world import SeededWorld

T = TypeVar("T")

EMPTY_DOCUMENT = b'{"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {}}'
PREFLIGHTS = 5


class Progress(Protocol):
    """Tells a person what is going on; see `auditor.progress`."""

    def phase(self, name: str, total: int) -> None: ...

    def advance(self, name: str, n: int = 1) -> None: ...

    def note(self, text: str) -> None: ...

    def traffic(self, requests: int, rate: float, by_status: dict[str, int]) -> None: ...


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything one audit works with."""

    order: Order
    description: Description
    operations: tuple[Operation, ...]
    checks: tuple[Check[Any], ...]
    session: Session
    world: SeededWorld
    recorder: Recorder | NoRecorder
    engine: Engine
    watch: Watch
    progress: Progress
    started_at: datetime
    notes: list[str] = field(default_factory=list)


async def audit(order: Order, *, checks: Sequence[Check[Any]], progress: Progress) -> Audit:
    """Audit the target. Raises `UsageError`, `DocumentError` and `TargetUnreachable` before anything is probed.

    After that it always returns: interrupted, out of budget or left by its target, it says so in the `Audit`.
    """
    description, base_url, notes = await describe(order)
    operations = select_operations(description.document.operations, include=order.include, exclude=order.exclude)
    async with opened(order, description, base_url, operations, tuple(checks), progress) as stage:
        stage.notes.extend(notes)
        rtts = await preflight(stage)
        judgements: list[Judgement] = []
        ending = Ending()
        try:
            ending = await lived(stage, judgements)
        finally:
            await undisturbed(settle(stage))
        return assemble(stage, judgements, ending, rtts=rtts, ended_at=datetime.now(UTC))


async def describe(order: Order) -> tuple[Description, str, list[str]]:
    """Find and read the document; without one, audit what can be judged without."""
    async with document_fetcher(order) as fetch:
        found = await discovery.find(order.target, document=order.document, base_url=order.base_url, fetch=fetch)
    notes = [problem.message for problem in found.problems]
    if found.document_bytes is None:
        notes.append("no API description was found (name it with --document); only what needs none was judged")
    raw = found.document_bytes if found.document_bytes is not None else EMPTY_DOCUMENT
    return openapi.read(raw, source=found.source, folder=found.folder), found.base_url, notes


@asynccontextmanager
async def opened(
    order: Order,
    description: Description,
    base_url: str,
    operations: tuple[Operation, ...],
    checks: tuple[Check[Any], ...],
    progress: Progress,
    *,
    record: bool = True,
) -> AsyncIterator[Stage]:
    for selector, _ in order.skip_on:
        select_operations(description.document.operations, include=(selector,))  # refuses what matches nothing
    redactor = Redactor(extra_keys=order.redact)
    for name, kind, value in order.secrets:
        redactor.know(name.partition(".")[0], kind, value)
    session = Session(
        base_url,
        run_id=order.run_id,
        redactor=redactor,
        bounds=order.bounds,
        transport=order.transport,
        verify=order.verify_tls,
        headers=order.headers,
    )
    allowed = order.writes if order.writes is not None else session.local
    session.bounds = replace(session.bounds, writes=allowed)
    world = new_world(order, description, redactor, session)
    session.credentials = world.credentials
    session.facts_of = FactFinder(description)
    session.writes_nothing = world.harms.writes_nothing
    session.always_allowed = world.identities.always_allowed
    skip = left_out(order, checks, operations)
    # Not before all that may be refused: opening the folder removes the last run from it.
    reminder = settling.reminder(set_aside(order.output), order.output) if record else ""
    recorder: Recorder | NoRecorder = Recorder(order.output) if record else NoRecorder()
    journal = settling.new_journal(order, description, session) if record else None
    fold = Fold(checks)
    watch = Watch(world, session, operations, doubt=fold.doubt, cleared=fold.cleared)
    engine = Engine(
        checks,
        world=world,
        session=session,
        operations=operations,
        sink=recorder,
        progress=progress,
        concurrency=order.bounds.concurrency,
        most_operations=order.most_operations,
        skip=skip,
        subjects=order.subjects,
        fold=fold,
        watch=watch,
    )
    session.learners.extend((world.observe, watch.observe))
    session.observers.extend((recorder.exchange, engine.fold.observe, world.saw, Ticker(session, progress)))
    session.renew = watch.renewing(lambda refused, used: world.identities.renew(refused, used, driver(session)))
    session.freshen = lambda identity: world.identities.freshen(identity, driver(session))
    if reminder:
        progress.note(reminder)
    try:
        with settling.kept(journal, session, world):
            async with session:
                yield Stage(
                    order=order,
                    description=description,
                    operations=operations,
                    checks=checks,
                    session=session,
                    world=world,
                    recorder=recorder,
                    engine=engine,
                    watch=watch,
                    progress=progress,
                    started_at=datetime.now(UTC),
                    notes=[reminder] if reminder else [],
                )
    finally:
        recorder.close()


def new_world(order: Order, description: Description, redactor: Redactor, session: Session) -> SeededWorld:
    world = SeededWorld(
        description,
        Sampler(description, seed=order.seed, run_id=order.run_id),
        run_id=order.run_id,
        seed=order.seed,
        host=session.host,
        know=redactor.know,
        options=order.options,
        given=given(order.values, description.document.operations),
        grant_url=callers.grant_url(description.document, base_url=session.base_url),
        throwaway=order.throwaway,
    )
    for one in order.identities:
        account = callers.account_of(one, description.document, base_url=session.base_url)
        world.identities.add(account, one.credential)
        if account.grant is not None and account.grant.origin:
            session.elsewhere |= {account.grant.origin}
    return world


def left_out(order: Order, checks: Sequence[Check[Any]], operations: Sequence[Operation]) -> frozenset[tuple[str, str]]:
    """Return the (check, operation) pairs that the configuration leaves out of this run's."""
    return frozenset(
        (check.id, operation.label)
        for selector, words in order.skip_on
        for check in checks
        for operation in operations
        if any(names(word, check) for word in words) and matches(selector, operation)
    )


class NoRecorder:
    """Stands in where nothing will be sent, so nothing is written."""

    def exchange(self, exchange: Exchange) -> None: ...

    def evidence(self, *, recipe: str, subject: str, value: object, error: tuple[str, str, str] | None) -> None: ...

    def get(self, id: str) -> Exchange:
        raise KeyError(id)

    def close(self) -> None: ...


class Ticker:
    """Shows the traffic as it goes."""

    def __init__(self, session: Session, progress: Progress) -> None:
        self._session, self._progress = session, progress

    def __call__(self, _exchange: object) -> None:
        counted = self._session.statistics
        rate = counted.requests / max(self._session.seconds, 0.001)
        self._progress.traffic(counted.requests, rate, dict(counted.by_status))


def driver(session: Session) -> Callable[[Steps[T]], Awaitable[bool]]:
    """Return a driver of steps whose answer is true when they came to a true value."""

    async def drive(steps: Steps[T]) -> bool:
        # A bug of ours in one removal must not keep the others from being removed: it leaves a leftover.
        return bool((await follow(steps, session)).value)

    return drive


# --- its course ---------------------------------------------------------------------------------------------


async def preflight(stage: Stage) -> list[float]:
    """See that somebody answers, and how far away: a target that is down would make everything skip."""
    stage.session.phase = "preflight"
    rtts: list[float] = []
    for _ in range(PREFLIGHTS):
        try:
            raw, _ = await stage.session.send_raw(
                Request(method="GET", path="/", identity=ANONYMOUS, role=Role.SETUP, purpose="is anybody there?"),
                patient=False,
            )
        except Unavailable as silence:
            raise TargetUnreachable(
                f"nothing answers at {stage.session.base_url} ({silence.reason})",
                "is it running, and is the address right? A proxy between us must let loopback through.",
            ) from silence
        rtts.append(raw.elapsed_ms)
    return rtts


async def lived(stage: Stage, judgements: list[Judgement]) -> Ending:
    """Run the whole course; what ends it early is a value."""
    try:
        await seed(stage)
        stage.session.phase = "probing"
        await stage.engine.gather(before_last=lambda: loaded(stage))
        judgements.extend(await stage.engine.judge())
    except asyncio.CancelledError:
        uncancel()
        return await early(stage, judgements, Ending(complete=False, reason="interrupted", interrupted=True))
    except (TargetUnhealthy, ExceptionGroup) as gone:
        return await early(stage, judgements, Ending(complete=False, reason=unhealthy(gone).message))
    return Ending(complete=not stage.session.spent, reason=stage.session.spent)


def unhealthy(error: Exception) -> TargetUnhealthy:
    """Return the `TargetUnhealthy` inside a group; raises the group when it is anything else."""
    if isinstance(error, TargetUnhealthy):
        return error
    if isinstance(error, ExceptionGroup):
        matched, rest = error.split(TargetUnhealthy)
        if matched is not None and rest is None:
            inner = matched.exceptions[0]
            return unhealthy(inner)
    raise error


async def early(stage: Stage, judgements: list[Judgement], ending: Ending) -> Ending:
    """Judge what there is; without traffic, so unconfirmed failures stay unsure."""
    judgements.clear()
    judgements.extend(await stage.engine.judge(confirm=False))
    return ending


def uncancel() -> None:
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


async def seed(stage: Stage) -> None:
    world, session = stage.world, stage.session
    session.phase = "identities"
    stage.progress.phase("identities", 1)
    wanted = ("alice", "bob") if stage.order.register and session.bounds.writes else ()
    followed = await follow(world.identities.establish(wanted), session)
    if followed.bug is not None:
        raise followed.bug
    stage.progress.advance("identities")
    session.phase = "seeding"
    every = list(errands(world, stage.operations))
    stage.progress.phase("seeding", len(every))
    planting = Planting(
        world=world,
        session=session,
        operations=stage.operations,
        watch=stage.watch,
        concurrency=stage.order.bounds.concurrency,
        advance=lambda: stage.progress.advance("seeding"),
        notes=stage.notes,
    )
    world.objects.sparing = True
    await planting.all(every)
    world.objects.sparing = False


async def loaded(stage: Stage) -> None:
    """Put the load on the target, where that was allowed and somebody asks for it."""
    if not any(check.mode == "load" for check in stage.checks) or stage.order.load is None:
        return
    if not stage.session.over_wire:
        stage.engine.load = Unavailable("load needs a socket; this audit runs in process")
        return
    stage.engine.load = await put_load(
        stage.order.load,
        world=stage.world,
        session=stage.session,
        operations=stage.operations,
        profile=stage.order.profile,
    )


async def undisturbed(work: Coroutine[Any, Any, None]) -> None:
    """Finish the work whatever else is cancelled meanwhile: an interrupt must not keep what was made from going."""
    task = asyncio.create_task(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            uncancel()
    task.result()


async def settle(stage: Stage) -> None:
    """Remove what was made, newest first, whatever ended the run."""
    world, owed = stage.world, len(stage.world.ledger.debts)
    stage.progress.phase("cleanup", owed)
    await settling.settle(stage.session, world, notes=stage.notes)
    stage.notes.extend(settling.advice(world.ledger, world.removals.users.journal, stage.order.output))
    stage.progress.advance("cleanup", owed)
