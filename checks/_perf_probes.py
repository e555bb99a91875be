"""The questions of the speed family: one read after another, with nothing else in flight."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from auditor.evidence import Bound, Pace, Scope, Stage, Steps, Unavailable, World, ask, control, recipe, repeat
from auditor.model import Exchange, Latency, Operation, Request, Role

MOST_READS = 5
WARM_UPS = 3
SAMPLES = 30
FEWEST_SAMPLES = 10
LONGEST_MS = 6_000.0
"""After so long one read has been timed enough, if `FEWEST_SAMPLES` are there."""
FLOOR_SAMPLES = 10
BUDGET_MS = 500.0
"""95 of 100 simple reads, on top of what the way there and an empty answer take; `p95_ms` configures it."""
NOT_SIMPLE = frozenset({"export", "exports", "report", "reports", "download", "stream", "events", "search", "stats"})

PATIENCE = re.compile(
    r"(?:delay|duration|wait|timeout|sleep|long_?poll(?:ing)?|(?:wait|poll|polling)_(?:timeout|time|for))"
    r"(?:_(?:s|secs?|seconds|ms|millis))?"
)
"""Parameters that tell an answer when to come: such a read is as slow as it is asked to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """How long one read took, again and again."""

    latency: Latency
    samples_ms: tuple[float, ...]
    slowest: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    budget_ms: float
    floor_ms: float
    """The fastest answer to an unknown path: the way there and back, and an empty answer."""
    jitter_ms: float
    """How much such empty answers vary: p95 less the median."""
    reads: tuple[Sampled, ...]


@recipe(scope=Scope.API, pace=Pace.QUIET, at_most=Bound(requests=190, seconds=120.0), confirm=repeat(1), mutates=False)
def paced_reads(world: World) -> Steps[Paced]:
    """Time the five reads that were slowest so far, thirty times each, after three warm-ups."""
    operations = _slowest(world)
    if not operations:
        raise Unavailable("no simple read ever answered 2xx")
    floor = yield from _floor(world)
    reads: list[Sampled] = []
    for operation in operations:
        stage = yield from world.stage(operation)
        reads.append((yield from _timed(stage, min(floor), world)))
    return Paced(
        budget_ms=world.option("perf.latency", "p95_ms", BUDGET_MS),
        floor_ms=min(floor),
        jitter_ms=percentile(floor, 0.95) - percentile(floor, 0.5),
        reads=tuple(reads),
    )


def _slowest(world: World) -> list[Operation]:
    """Where the slow ones keep the budget, so do the others."""
    timed = [(_golden_ms(one, world), one) for one in world.document.operations if _is_simple(one)]
    ranked = sorted((pair for pair in timed if pair[0] is not None), key=lambda pair: (-(pair[0] or 0), pair[1].label))
    return [operation for _, operation in ranked[:MOST_READS]]


def _golden_ms(operation: Operation, world: World) -> float | None:
    try:
        return world.golden(operation).elapsed_ms
    except Unavailable:
        return None


def _is_simple(operation: Operation) -> bool:
    waits = any(PATIENCE.fullmatch(_snake(one.name)) for one in operation.parameters)
    words = {part.lower() for part in operation.path.split("/")}
    return operation.method == "GET" and not waits and not NOT_SIMPLE & words


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:60]).replace("-", "_").lower()


def _floor(world: World) -> Steps[tuple[float, ...]]:
    """The times of empty answers; the first ones, which open the connection, left out."""
    nowhere = Request(
        method="GET", path=f"/aud-{world.rng.randrange(16**8):08x}", role=Role.CONTROL, purpose="the floor of the clock"
    )
    answers: list[Exchange] = []
    for _ in range(FLOOR_SAMPLES + 2):
        answers.append((yield from ask(nowhere)))
    return tuple(one.elapsed_ms for one in answers[2:])


def _timed(stage: Stage, floor_ms: float, world: World) -> Steps[Sampled]:
    for _ in range(WARM_UPS):
        yield from control(stage, world, again=True)
    answers: list[Exchange] = []
    while len(answers) < SAMPLES and not _long_enough(answers):
        answers.append((yield from control(stage, world, again=True)))
    samples = tuple(one.elapsed_ms for one in answers)
    found = Latency(
        operation=stage.operation.label,
        n=len(samples),
        p50_ms=percentile(samples, 0.5),
        p95_ms=percentile(samples, 0.95),
        p99_ms=percentile(samples, 0.99),
        floor_ms=floor_ms,
    )
    return Sampled(latency=found, samples_ms=samples, slowest=max(answers, key=lambda one: one.elapsed_ms))


def _long_enough(answers: Sequence[Exchange]) -> bool:
    return len(answers) >= FEWEST_SAMPLES and sum(one.elapsed_ms for one in answers) > LONGEST_MS


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: a value that was measured, never one between."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
