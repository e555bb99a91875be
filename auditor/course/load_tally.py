"""What a load child told, summed up: seconds, stages and operations with their percentiles."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from auditor.course.load_plan import LoadPlan
from auditor.model import Json, Load, LoadOperation, LoadPoint, LoadStage

SAMPLES_FOR_P99 = 1000
LAG_MS = 10.0
"""The generator may be this late (p99), or a tenth of the budget, before its numbers are its own."""


class Tally:
    """What a child has told so far."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.seconds: dict[int, dict[tuple[int, str], Counts]] = {}
        """By second; within it, by the number of the stage and the operation."""
        self.lag: Counter[int] = Counter()
        self.ended: float | None = None
        self.cpu_warning = False

    @property
    def complete(self) -> bool:
        return self.ended is not None

    def take(self, line: bytes) -> int | None:
        """Read one line; return the second that it completes, counted from 0."""
        told = json.loads(line)
        for second, stage, operation, counts in told["rows"]:
            cell = self.seconds.setdefault(second, {}).setdefault((stage, operation), Counts())
            cell.add(Counts.read(counts))
        self.lag.update(histogram(told["lag"]))
        self.ended = told.get("ended", self.ended)
        self.cpu_warning |= told.get("cpu_warning", False)
        second = told.get("second")
        return None if second is None else int(second)

    def load(self) -> Load:
        return Load(
            stages=self.stages(),
            series=tuple(self.point(second) for second in range(max(self.seconds, default=-1) + 1)),
            operations=self.operations(),
            client_limited=self.client_limited,
        )

    @property
    def client_limited(self) -> bool:
        allowed = max(LAG_MS, 0.1 * (self.plan.budget_ms or 0.0))
        return self.cpu_warning or (percentile(self.lag, 99) or 0.0) > allowed

    @property
    def lasted(self) -> float:
        """Seconds of load; of a killed child, up to the last second told."""
        told = max(self.seconds, default=-1) + 1.0
        return min(told if self.ended is None else self.ended, self.plan.seconds)

    def point(self, second: int) -> LoadPoint:
        counts = total(self.seconds.get(second, {}).values())
        return LoadPoint(
            second=second,
            users=self.users_at(second),
            requests=counts.requests,
            failures=counts.failures,
            refused=counts.refused,
            p50_ms=counts.ms(50),
            p95_ms=counts.ms(95),
            max_ms=counts.ms(100),
        )

    def users_at(self, second: int) -> int:
        """Return the plan's users at the start of a second; 0 once only requests in flight are waited for."""
        ends = accumulate(stage.seconds for stage in self.plan.stages)
        return next((stage.users for stage, end in zip(self.plan.stages, ends, strict=True) if second < end), 0)

    def stages(self) -> tuple[LoadStage, ...]:
        """Sum up the stages that were reached."""
        begins = accumulate((stage.seconds for stage in self.plan.stages[:-1]), initial=0.0)
        return tuple(
            self.stage(index, stage.users, min(stage.seconds, self.lasted - begin))
            for index, (stage, begin) in enumerate(zip(self.plan.stages, begins, strict=True))
            if self.lasted > begin
        )

    def stage(self, index: int, users: int, seconds: float) -> LoadStage:
        counts = total(counts for stage, _, counts in self.cells() if stage == index)
        return LoadStage(
            users=users,
            seconds=round(seconds, 3),
            requests=counts.requests,
            failures=counts.failures,
            refused=counts.refused,
            rps=round(counts.requests / seconds, 2),
            p50_ms=counts.ms(50),
            p95_ms=counts.ms(95),
            p99_ms=counts.p99_ms,
            answers=dict(counts.answers),
        )

    def operations(self) -> tuple[LoadOperation, ...]:
        names = dict.fromkeys(request.name for request in self.plan.requests)
        return tuple(self.operation(name) for name in names)

    def operation(self, name: str) -> LoadOperation:
        counts = total(counts for _, operation, counts in self.cells() if operation == name)
        return LoadOperation(
            operation=name,
            requests=counts.requests,
            failures=counts.failures,
            p50_ms=counts.ms(50),
            p90_ms=counts.ms(90),
            p95_ms=counts.ms(95),
            p99_ms=counts.p99_ms,
            max_ms=counts.ms(100),
            rps=round(counts.requests / self.lasted, 2) if self.lasted else 0.0,
        )

    def cells(self) -> Iterator[tuple[int, str, Counts]]:
        for cells in self.seconds.values():
            for (stage, operation), counts in cells.items():
                yield stage, operation, counts


@dataclass(slots=True)
class Counts:
    """Requests of one place and time; latencies in buckets of microseconds, refusals left out of them."""

    requests: int = 0
    failures: int = 0
    refused: int = 0
    latencies: Counter[int] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, counts: Json) -> Counts:
        return cls(**counts["n"], latencies=histogram(counts["latency"]), answers=Counter(counts["answers"]))

    def add(self, other: Counts) -> None:
        self.requests += other.requests
        self.failures += other.failures
        self.refused += other.refused
        self.latencies.update(other.latencies)
        self.answers.update(other.answers)

    def ms(self, percent: int) -> float | None:
        return percentile(self.latencies, percent)

    @property
    def p99_ms(self) -> float | None:
        return self.ms(99) if self.latencies.total() >= SAMPLES_FOR_P99 else None


def total(every: Iterable[Counts]) -> Counts:
    summed = Counts()
    for counts in every:
        summed.add(counts)
    return summed


def histogram(told: Json) -> Counter[int]:
    """Undo JSON's names for numbers: microseconds and how often they occurred."""
    return Counter({int(microseconds): times for microseconds, times in told.items()})


def percentile(microseconds: Mapping[int, int], percent: int) -> float | None:
    """Return the nearest-rank percentile in milliseconds of values by how often they occurred; None of none."""
    rank = -(-sum(microseconds.values()) * percent // 100)
    for value in sorted(microseconds):
        rank -= microseconds[value]
        if rank <= 0:
            return value / 1000
    return None
