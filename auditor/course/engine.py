"""Gathers each piece of evidence once, judges it, and confirms what failed before it is reported."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Protocol

from auditor.check import Check
from auditor.course.passive import NOT_AGAIN, NOT_ASKED_AGAIN, Fold, Key, Tally, judged
from auditor.evidence import (
    Bound,
    DocumentEvidence,
    LoadEvidence,
    Pace,
    Recipe,
    Scope,
    Steps,
    Unavailable,
    control,
)
from auditor.kinds import sign_in
from auditor.kinds.relations import operations_of
from auditor.model import (
    Exchange,
    Judgement,
    Load,
    Operation,
    Outcome,
    Resource,
    Response,
    Role,
    Seen,
    Verdict,
    skipped,
    unsure,
)
from auditor.sending.driving import OVERLOADED, Followed, follow
from auditor.sending.session import Session
from auditor.world.watching import Watch
from auditor.world.world import SeededWorld

API = "API"


class Progress(Protocol):
    def phase(self, name: str, total: int) -> None: ...

    def advance(self, name: str, n: int = 1) -> None: ...


class EvidenceSink(Protocol):
    def evidence(self, *, recipe: str, subject: str, value: object, error: tuple[str, str, str] | None) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a recipe is asked about; `target` is an operation, a resource or nothing (the API)."""

    name: str
    operation: str | None
    target: Operation | Resource | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    recipe: Recipe[Any]
    subject: Subject
    family: str
    """Of the first check that wants the recipe; for progress."""


@dataclass(slots=True)
class Gathered:
    """What came of every recipe for every subject."""

    outcomes: dict[tuple[str, str], Followed[Any]] = field(default_factory=dict)

    def of(self, recipe: Recipe[Any], subject: str) -> Followed[Any] | None:
        return self.outcomes.get((recipe.name, subject))


SHARE_KEPT = 0.25
"""Of the budget, at most, for questions about the whole API."""
FOR_HARMFUL = 3
"""Times as many requests may be sent about an operation that harms its caller."""
DEAR = 12
"""Requests for one operation from which a recipe is sampled where a profile asks of some operations only."""


class Engine:
    """One audit's gathering and judging. Knows no check by name: it is handed them."""

    def __init__(
        self,
        checks: Sequence[Check[Any]],
        *,
        world: SeededWorld,
        session: Session,
        operations: Sequence[Operation],
        sink: EvidenceSink,
        progress: Progress,
        concurrency: int = 8,
        most_operations: int | None = None,
        skip: frozenset[tuple[str, str]] = frozenset(),
        subjects: frozenset[str] | None = None,
        fold: Fold | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._checks = checks
        self._world = world
        self._session = session
        self._operations = operations
        self._sink = sink
        self._progress = progress
        self._concurrency = concurrency
        self._most_operations = most_operations
        self._skip = skip
        self._held_to = subjects
        self._watch = watch
        self._gathered = Gathered()
        self._tasks: list[Task] | None = None
        self._confirms = True
        self._kept = 0
        """Requests that questions about single operations leave to those about the whole API, which come later."""
        self.fold = fold or Fold(checks)
        self.load: Load | Unavailable = Unavailable("no load was allowed", "--load, or load: in auditor.yaml")

    # --- planning

    def tasks(self) -> list[Task]:
        """Everything to gather, each once, parents before those that are handed their evidence."""
        if self._tasks is None:
            self._tasks = self._planned()
        return self._tasks

    def _planned(self) -> list[Task]:
        """Plan what is worth most first: when the budget or the target's rate limit cuts the run short, that stands."""
        wanted = dict.fromkeys(recipe for check in self._checks for recipe in with_parents(check.recipes))
        ordered = sorted(wanted, key=self._worth, reverse=True)
        found = (self._task(recipe, subject) for recipe in ordered for subject in self.subjects(recipe))
        return [one for one in found if self._asked_for(one)]

    def _task(self, recipe: Recipe[Any], subject: Subject) -> Task:
        families = (one.family for one in self._checks if recipe in with_parents(one.recipes))
        return Task(recipe=recipe, subject=subject, family=next(families, ""))

    def _worth(self, recipe: Recipe[Any]) -> float:
        """Severity of the checks served for each request that the recipe may send."""
        served = (one.severity for one in self._checks if recipe in with_parents(one.recipes))
        return sum(served) / max(1, recipe.at_most.requests)

    def _asked_for(self, task: Task) -> bool:
        """False when every check that wants the recipe is to be skipped on this operation."""
        wanting = [one.id for one in self._checks if task.recipe in with_parents(one.recipes)]
        return any((check, task.subject.name) not in self._skip for check in wanting)

    def subjects(self, recipe: Recipe[Any]) -> Iterator[Subject]:
        """Yield what the recipe is asked about: everything of its scope, unless this audit is held to some of it."""
        return (one for one in self._every_subject(recipe) if self._held_to is None or concerns(one, self._held_to))

    def _every_subject(self, recipe: Recipe[Any]) -> Iterator[Subject]:
        if recipe.scope is Scope.OPERATION:
            for operation in self._operations:
                yield Subject(name=operation.label, operation=operation.label, target=operation)
        elif recipe.scope is Scope.RESOURCE:
            known = {id(one) for one in self._operations}
            for kind in self._world.resources:
                shown = kind.read or kind.create or kind.list
                if shown is not None and id(shown) in known:
                    yield Subject(name=kind.name, operation=shown.label, target=kind)
        else:
            yield Subject(name=API, operation=None, target=None)

    # --- gathering

    async def gather(self, *, before_last: Callable[[], Awaitable[None]] | None = None) -> None:
        """Follow every recipe, by pace: shared ones beside each other, the rest as their pace demands.

        `before_last` is awaited when all is asked but what exhausts the target (load comes before limits). What harms
        the world is not asked before all else is judged.
        """
        tasks = self.tasks()
        whole = sum(one.recipe.at_most.requests for one in tasks if one.recipe.scope is Scope.API)
        self._kept = min(whole, int(SHARE_KEPT * self._session.bounds.max_requests))
        for family in sorted({one.family for one in tasks}):
            self._progress.phase(family, sum(1 for one in tasks if one.family == family))
        for batch in self._batches(one for one in tasks if pace_of(one.recipe) is not Pace.LAST):
            await self._together(batch, width=self._concurrency if batch and parallel(batch[0]) else 1)
        if before_last is not None:
            await before_last()
        for batch in self._batches(one for one in tasks if pace_of(one.recipe) is Pace.LAST):
            await self._together(batch, width=1)

    def _batches(self, tasks: Iterable[Task]) -> Iterator[list[Task]]:
        """Split what does not go last of all; what is found to harm the world meanwhile is left out as well."""
        for batch in batches(tasks):
            yield [one for one in batch if not self._goes_last(one.subject)]

    def _goes_last(self, subject: Subject) -> bool:
        return isinstance(subject.target, Operation) and self._world.harms.last(subject.target)

    async def _together(self, tasks: Sequence[Task], *, width: int) -> None:
        """Ask beside each other; what was asked of a broken world is asked again in the next."""
        queue = list(reversed(tasks))
        while queue:
            done = await self._until_alarmed(queue, width=width)
            since = await self._watch.attend() if self._watch is not None else None
            if since is not None:
                again = [task for task, ended_at in done if ended_at >= since]
                queue.extend(one for one in reversed(again) if not self._goes_last(one.subject))

    async def _until_alarmed(self, queue: list[Task], *, width: int) -> list[tuple[Task, float]]:
        """Take tasks from the end of the queue; return those that are through, and when (seconds of the session)."""
        done: list[tuple[Task, float]] = []

        async def worker() -> None:
            while queue and not (self._watch is not None and self._watch.alarmed):
                task = queue.pop()
                await self._one(task)
                done.append((task, self._session.seconds))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(width, len(queue))):
                group.create_task(worker())
        return done

    async def _gather_last(self) -> None:
        """Ask what harms the world, one after the other: whatever it breaks, all else has been judged."""
        self._session.phase = "last"
        left = [one for batch in batches(self.tasks()) for one in batch if self._goes_last(one.subject)]
        for task in sorted(left, key=lambda one: self._wipes(one.subject)):
            await self._one(task)

    def _wipes(self, subject: Subject) -> bool:
        return isinstance(subject.target, Operation) and self._world.harms.everybody(subject.target)

    async def _one(self, task: Task) -> None:
        followed = await self.ask(task)
        self._gathered.outcomes[task.recipe.name, task.subject.name] = followed
        self._sink.evidence(
            recipe=task.recipe.name, subject=task.subject.name, value=followed.value, error=error_of(followed)
        )
        self._progress.advance(task.family)

    async def ask(self, task: Task) -> Followed[Any]:
        """Follow one recipe on one subject; anything that keeps it from an answer is a value, not an exception."""
        recipe, subject = task.recipe, task.subject
        if self._too_dear(task):
            asked = f"asked of {self._most_operations} of {len(self._operations)} operations in this profile"
            return Followed(unavailable=Unavailable(asked, "--profile standard"))
        if recipe.wire and not self._session.over_wire:
            return Followed(unavailable=Unavailable("needs a socket; this audit runs in process"))
        world = self._world.for_subject(f"{recipe.name}/{subject.name}", about=subject.target)
        try:
            parents = [self._parent(one, subject.name) for one in recipe.after]
        except Unavailable as missing:
            return Followed(unavailable=missing)
        target = () if subject.target is None else (subject.target,)
        steps = begun(recipe, *target, world, *parents)
        provoking = recipe.expects_refusal and pace_of(recipe) is Pace.LAST
        touchy = provoking or is_sign_in(subject)
        return await follow(
            steps,
            self._session,
            name=recipe.name,
            bound=self._bound(task),
            kept=0 if recipe.scope is Scope.API else self._kept,
            patient=not touchy,
            interference=(lambda *_: "") if recipe.expects_refusal else self.interference,
        )

    def _bound(self, task: Task) -> Bound:
        """Every request to what harms its caller takes a caller of its own."""
        bound, target = task.recipe.at_most, task.subject.target
        harmful = isinstance(target, Operation) and self._world.harms.of(target) is not None
        return dataclasses.replace(bound, requests=bound.requests * FOR_HARMFUL) if harmful else bound

    def _too_dear(self, task: Task) -> bool:
        """A profile may ask dear questions of some operations only: one of each kind of thing first."""
        if self._most_operations is None or task.recipe.scope is not Scope.OPERATION:
            return False
        return task.recipe.at_most.requests >= DEAR and task.subject.target not in self._spread

    @cached_property
    def _spread(self) -> frozenset[Operation]:
        """Strewn over the whole document, one of each kind of thing first, those that answered 2xx before others."""
        known = self._world.memory.golden
        by_kind: dict[object, list[Operation]] = {}
        for operation in sorted(self._operations, key=lambda one: one.label not in known):
            kind = self._world.resource_of(operation)
            by_kind.setdefault(kind.name if kind else operation.label, []).append(operation)
        most = self._most_operations or 0
        kinds = sorted(by_kind.values(), key=lambda of_kind: of_kind[0].label not in known)
        stride = max(1, len(kinds) // max(most, 1))
        strewn = [of_kind for start in range(stride) for of_kind in kinds[start::stride]]
        in_turn = (one for row in itertools.zip_longest(*strewn) for one in row if one is not None)
        return frozenset(itertools.islice(in_turn, most))

    def _parent(self, recipe: Recipe[Any], subject: str) -> Any:
        followed = self._gathered.of(recipe, subject) or self._gathered.of(recipe, API)
        if followed is None or followed.value is None:
            raise Unavailable(f"{recipe.name} came to nothing")
        return followed.value

    def values(self) -> Iterator[Any]:
        """Every piece of evidence that was had."""
        return (one.value for one in self._gathered.outcomes.values() if one.value is not None)

    def interference(self, exchange: Exchange, sent: tuple[Exchange, ...]) -> str:
        """Say why an answer tells nothing about the question: throttled, unavailable, another's page."""
        status = exchange.response.status
        if status == 429:
            return "the target throttled the request (429)"
        if status in OVERLOADED:
            return f"the target was unavailable ({status})"
        if exchange.response.is_html and not 300 <= status < 400 and self._data_expected(exchange, sent):
            return f"an HTML page ({status}) came where the control was none: a gateway may have answered"
        return ""

    def _data_expected(self, exchange: Exchange, sent: tuple[Exchange, ...]) -> bool:
        known = self._world.memory.golden.get(exchange.operation.label) if exchange.operation else None
        if known is not None:
            return is_data(known.exchange.response)
        return any(is_data(one.response) for one in sent if one.request.role is Role.CONTROL)

    # --- judging

    async def judge(self, *, confirm: bool = True) -> list[Judgement]:
        """Judge everything gathered. Failures are confirmed first; without `confirm` what needs it becomes unsure."""
        self._confirms, self._kept = confirm, 0
        found = [one for check in self._checks for one in await self._judge_all(check, last=False)]
        seen, unconfirmed = await self._unconfirmed(frozenset())
        if confirm and any(self._goes_last(one.subject) for one in self.tasks()):
            await self._gather_last()
            unconfirmed |= (await self._unconfirmed(seen))[1]
        found += [one for check in self._checks for one in await self._judge_all(check, last=True)]
        for check, facts in self.fold.whole_run():
            found.extend(self._judge_run(check, facts))
        found.extend(self.fold.judgements(unconfirmed, why=self._doubt))
        return [one for one in found if (one.check, one.subject) not in self._skip]

    async def _judge_all(self, check: Check[Any], *, last: bool) -> list[Judgement]:
        """Judge one check on every subject that goes last of all, or on every other."""
        if isinstance(check.on, Recipe):
            subjects = [one for one in self.subjects(check.on) if self._goes_last(one) is last]
            return [found for one in subjects for found in await self._judge_one(check, check.on, one)]
        if last:
            return []
        if isinstance(check.on, DocumentEvidence):
            return place(check, API, None, judged(check, self._world.document), (), confirmed=True)
        return self._judge_load(check) if isinstance(check.on, LoadEvidence) else []

    async def _judge_one(self, check: Check[Any], recipe: Recipe[Any], subject: Subject) -> list[Judgement]:
        followed = self._gathered.of(recipe, subject.name)
        if followed is None:
            left_out = unsure("the run ended before this was asked")
            return place(check, subject.name, subject.operation, (left_out,), ())
        verdicts = verdicts_of(check, followed)
        seen = seen_in(followed.value) or seen_of(followed.exchanges)
        failures = [one for one in verdicts if one.outcome is Outcome.FAIL]
        if failures and recipe.confirm.again:
            verdicts = await self._confirmed(check, self._task(recipe, subject), verdicts)
        return place(check, subject.name, subject.operation, verdicts, seen, confirmed=True)

    async def _confirmed(self, check: Check[Any], task: Task, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        """Keep the failures that come again every time; the others become unsure."""
        self._session.phase = "confirming"
        standing = {failure_key(one) for one in verdicts if one.outcome is Outcome.FAIL}
        for _ in range(task.recipe.confirm.again):
            again = verdicts_of(check, await self._asked_again(lambda: self.ask(task))) if self._confirms else ()
            standing &= {failure_key(one) for one in again if one.outcome is Outcome.FAIL}
        return tuple(
            one
            if one.outcome is not Outcome.FAIL or failure_key(one) in standing
            else unsure(f"{self._doubt}: {one.message}", about=one.about)
            for one in verdicts
        )

    async def _asked_again(self, ask: Callable[[], Awaitable[Followed[Any]]]) -> Followed[Any]:
        """Ask once more, compared with the world of now; what could not be asked is tried a second time.

        A target that sheds load, or that has no user to spare for a moment, has not refuted anything.
        """
        self._session.forget_controls()
        followed = await ask()
        if followed.unavailable is not None:
            self._session.forget_controls()
            followed = await ask()
        return followed

    @property
    def _doubt(self) -> str:
        return NOT_AGAIN if self._confirms else NOT_ASKED_AGAIN

    def _judge_load(self, check: Check[Any]) -> list[Judgement]:
        if isinstance(self.load, Unavailable):
            return place(check, API, None, (unsure(self.load.reason, unlock=self.load.unlock),), ())
        return place(check, API, None, judged(check, self.load), (), confirmed=True)

    def _judge_run(self, check: Check[Any], facts: Sequence[Any]) -> list[Judgement]:
        verdicts = judged(check, facts) if facts else (skipped("nothing of the kind was seen"),)
        found: list[Judgement] = []
        for verdict in verdicts:
            about = verdict.about or API
            about_it = [one.exchange for one in facts if one.subject == about]
            examples = list(verdict.exchanges) or about_it or [one.exchange for one in facts]
            seen = tuple(Seen(role=Role.PROBE, exchange=one) for one in examples[:3])
            operation = about if any(one.label == about for one in self._operations) else None
            found.extend(place(check, about, operation, (verdict,), seen, confirmed=True))
        return found

    async def _unconfirmed(self, known: frozenset[Key]) -> tuple[frozenset[Key], frozenset[Key]]:
        """Return the passive failures that were seen, and those seen once that did not come again when asked for.

        Those `known` were looked at before.
        """
        self._session.phase = "confirming"
        seen, found = set(known), set[Key]()
        for check, subject, tally in self.fold.failures():
            key = (check.id, subject, tally.verdict.signature)
            once = tally.count < 2 and key not in seen
            seen.add(key)
            if once and not (self._confirms and await self._comes_again(check, subject, tally)):
                found.add(key)
        return frozenset(seen), frozenset(found)

    async def _comes_again(self, check: Check[Any], subject: str, tally: Tally) -> bool:
        seen: list[Exchange] = []
        self._session.observers.append(seen.append)
        try:
            await self._ask_again(tally.examples[0])
        finally:
            self._session.observers.remove(seen.append)
        said = [(v.about or one.subject, v) for one in seen for v in judged(check, one)]
        wanted = (subject, tally.verdict.signature)
        return any((about, v.signature) == wanted for about, v in said if v.outcome is Outcome.FAIL)

    async def _ask_again(self, exchange: Exchange) -> None:
        """Send what showed it once more: its recipe, or the ordinary request of its operation."""
        task = next(
            (one for one in self.tasks() if one.recipe.name == exchange.request.recipe and matches(one, exchange)), None
        )
        operation = exchange.operation
        if task is not None:
            await self._asked_again(lambda: self.ask(task))
        elif operation is not None:
            await self._asked_again(lambda: follow(ordinary(operation, self._world), self._session))
        elif exchange.request.method in {"GET", "HEAD", "OPTIONS"}:
            await self._asked_again(lambda: follow(one_step(exchange), self._session))


def begun(recipe: Recipe[Any], *arguments: Any) -> Steps[Any]:
    """Call the recipe inside a generator: one that takes other arguments is a bug of its own, and ends alone."""
    return (yield from recipe.steps(*arguments))


def ordinary(operation: Operation, world: SeededWorld) -> Steps[Exchange]:
    stage = yield from world.stage(operation)
    return (yield from control(stage, world))


def one_step(exchange: Exchange) -> Steps[Exchange]:
    """Send what was recorded once more, without its placeholders: the session puts the credential back in itself."""
    recorded = exchange.request
    again = dataclasses.replace(
        recorded,
        shared=False,
        headers=without_placeholders(recorded.headers),
        query=without_placeholders(recorded.query),
    )
    answered: Exchange = yield again
    return answered


def without_placeholders(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs if "«" not in value)


def matches(task: Task, exchange: Exchange) -> bool:
    """The task asks about what the exchange was about: everything, its operation, or its resource."""
    target, operation = task.subject.target, exchange.operation
    if target is None or operation is None:
        return target is None
    return operation in operations_of(target) if isinstance(target, Resource) else operation is target


def concerns(subject: Subject, wanted: frozenset[str]) -> bool:
    """The subject, or an operation of it, is among those wanted; the whole API always is."""
    if subject.target is None:
        return True
    operations = operations_of(subject.target) if isinstance(subject.target, Resource) else (subject.target,)
    return not wanted.isdisjoint({subject.name, *(one.label for one in operations)})


def with_parents(recipes: Iterable[Recipe[Any]]) -> Iterator[Recipe[Any]]:
    for one in recipes:
        yield from with_parents(one.after)
        yield one


def batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Split by pace, sign-in operations after all others; what needs another's evidence comes after it."""

    def rank(one: Task) -> tuple[bool, int, int]:
        return is_sign_in(one.subject), list(Pace).index(pace_of(one.recipe)), depth_of(one.recipe)

    for _, group in groupby(sorted(tasks, key=rank), key=rank):
        yield list(group)


def parallel(task: Task) -> bool:
    return pace_of(task.recipe) is Pace.SHARED and not is_sign_in(task.subject)


def pace_of(recipe: Recipe[Any]) -> Pace:
    """A recipe cannot run before those whose evidence it is handed: of their paces and its own, the latest."""
    return max((recipe.pace, *map(pace_of, recipe.after)), key=list(Pace).index)


def depth_of(recipe: Recipe[Any]) -> int:
    return 1 + max(map(depth_of, recipe.after), default=-1)


def is_sign_in(subject: Subject) -> bool:
    """Wrong logins are a shared budget: such operations are probed alone, late, and without retrying a refusal."""
    return isinstance(subject.target, Operation) and sign_in.signs_in(subject.target)


def is_data(response: Response) -> bool:
    """Say whether an answer is for programs: JSON, a picture, an archive; beside plain text a page is nothing odd."""
    text = response.is_html or response.media_type.startswith("text/")
    return response.is_json or (bool(response.media_type) and not text)


def verdicts_of(check: Check[Any], followed: Followed[Any]) -> tuple[Verdict, ...]:
    if followed.not_applicable is not None:
        return (skipped(str(followed.not_applicable)),)
    if followed.unavailable is not None:
        return (unsure(followed.unavailable.reason, unlock=followed.unavailable.unlock),)
    if followed.bug is not None:
        return (Verdict(outcome=Outcome.ERROR, message=f"{type(followed.bug).__name__}: {followed.bug}"),)
    return judged(check, followed.value)


def failure_key(verdict: Verdict) -> tuple[str, str]:
    return verdict.about, verdict.signature


def error_of(followed: Followed[Any]) -> tuple[str, str, str] | None:
    if followed.not_applicable is not None:
        return ("not_applicable", str(followed.not_applicable), "")
    if followed.unavailable is not None:
        return ("unavailable", followed.unavailable.reason, followed.unavailable.unlock)
    if followed.bug is not None:
        return ("error", f"{type(followed.bug).__name__}: {followed.bug}", "")
    return None


def place(
    check: Check[Any],
    subject: str,
    operation: str | None,
    verdicts: Iterable[Verdict],
    seen: tuple[Seen, ...],
    *,
    confirmed: bool = False,
) -> list[Judgement]:
    return [
        Judgement(
            check=check.id,
            subject=one.about or subject,
            operation=one.about or operation if " /" in (one.about or operation or "") else operation,
            verdict=one,
            seen=seen,
            confirmed=confirmed and one.outcome is Outcome.FAIL,
        )
        for one in verdicts
    ]


def seen_in(value: Any) -> tuple[Seen, ...]:
    """Return the exchanges that a piece of evidence holds, in its own order, each once."""
    found: dict[str, Seen] = {}
    for exchange in exchanges_in(value):
        found.setdefault(exchange.id, Seen(role=exchange.request.role, exchange=exchange.id))
    return tuple(found.values())


def exchanges_in(value: Any) -> Iterator[Exchange]:
    if isinstance(value, Exchange):
        yield value
    elif dataclasses.is_dataclass(value):
        for one in dataclasses.fields(value):
            yield from exchanges_in(getattr(value, one.name))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from exchanges_in(item)


def seen_of(exchanges: Sequence[Exchange]) -> tuple[Seen, ...]:
    return tuple(Seen(role=one.request.role, exchange=one.id) for one in exchanges[-3:])
