"""Speed as a client meets it: one caller at a time, and a few at once."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from auditor.check import Judged, check
from auditor.evidence import LOAD
from auditor.model import Load, LoadStage, Severity, Verdict, failed, passed, unsure
from checks._perf_probes import Paced, Sampled, paced_reads

MOST_FAILURES = 0.01
SLOWDOWN = 10
SLOW_MS = 1_000.0
FEW_SAMPLES = 10


@check(
    "perf.latency",
    severity=Severity.LOW,
    standards=("PERF-1",),
    on=paced_reads,
    refs=("API4:2023",),
)
def latency(paced: Paced) -> Judged:
    """Simple reads stay within the latency budget.

    Why: a read that takes half a second with nobody else around takes seconds with everybody around.

    Fix: look at what the read waits for: missing indexes, a query per row, another service asked in line. Express:
    `clinic doctor`; FastAPI: no blocking call in `async def`; Django: `select_related` and `django-debug-toolbar`;
    Spring: `spring.jpa.show-sql` and fetch joins.

    Known limits: the five slowest reads are measured; the budget is 500 ms unless `p95_ms` says otherwise; times are
    the client's, less the fastest answer to an unknown path.
    """
    if paced.jitter_ms > paced.budget_ms / 2:
        return unsure(f"even empty answers vary by {paced.jitter_ms:.0f} ms, so nothing can be said about reads")
    return [_within_budget(one, paced) for one in paced.reads]


def _within_budget(one: Sampled, paced: Paced) -> Verdict:
    found, about = one.latency, one.latency.operation
    numbers = f"p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms, p99 {found.p99_ms:.0f} ms, n={found.n}"
    over_ms = found.p95_ms - paced.floor_ms
    if found.n < FEW_SAMPLES:
        return unsure(f"only {found.n} answers were timed", about=about)
    if over_ms <= paced.budget_ms:
        return passed(note=numbers, about=about)
    limits = f"the floor of {paced.floor_ms:.0f} ms, the budget is {paced.budget_ms:.0f} ms"
    message = f"p95 is {over_ms:.0f} ms above {limits} ({numbers})"
    return failed(message, signature="over budget", about=about)


@check(
    "perf.load",
    severity=Severity.MEDIUM,
    standards=("PERF-1", "DB-5"),
    on=LOAD,
    refs=("API4:2023", "CWE-400"),
)
def load(measured: Load) -> Judged:
    """Modest concurrency neither breaks nor collapses the service.

    Why: twenty users at once are an ordinary Monday. A service that fails them, or serves them slower together than one
    after the other, has a bottleneck that no larger machine cures.

    Fix: find what callers queue for: a pool of one, a lock, a blocking call on the event loop. Express: `pg` pool size,
    no synchronous `fs` or `crypto`; FastAPI: `pool_size`, `def` for blocking routes; Django: more workers,
    `CONN_MAX_AGE`; Spring: HikariCP's `maximum-pool-size`. Refuse what is too much with 429.
    """
    stages = [stage for stage in measured.stages if stage.requests]
    if not stages:
        return unsure("no load was measured", unlock="load: {}  (or --load 40s)")
    if measured.client_limited:
        return unsure("the load generator was the bottleneck, so the numbers are not the target's")
    verdicts = [*_failing(stages), *_collapsing(stages), *_not_recovering(measured)]
    return verdicts or passed(note=_summary(stages[-1]))


def _failing(stages: list[LoadStage]) -> Iterator[Verdict]:
    failures, requests = sum(one.failures for one in stages), sum(one.requests for one in stages)
    if failures / requests > MOST_FAILURES:
        message = f"{failures} of {requests} requests failed ({failures / requests:.1%}), refusals (429) not counted"
        yield failed(message, severity=Severity.HIGH, signature="failures")


def _collapsing(stages: list[LoadStage]) -> Iterator[Verdict]:
    first, last = stages[0], max(stages, key=lambda one: one.users)
    if first.users >= last.users or first.p95_ms is None or last.p95_ms is None:
        return
    if last.p95_ms > SLOWDOWN * first.p95_ms and last.p95_ms > SLOW_MS:
        message = f"p95 is {last.p95_ms:.0f} ms with {last.users} users and {first.p95_ms:.0f} ms with {first.users}"
        yield failed(message, severity=Severity.MEDIUM, signature="slowdown")
    if last.rps < first.rps and not last.refused:
        message = f"{last.users} users get {last.rps:.1f} answers/s together, {first.users} got {first.rps:.1f}"
        yield failed(message, severity=Severity.MEDIUM, signature="throughput")


def _not_recovering(measured: Load) -> Iterator[Verdict]:
    if measured.recovered is False:
        message = "10 s after the load ended an ordinary request was not answered normally"
        yield failed(message, severity=Severity.MEDIUM, signature="no recovery")


def _summary(last: LoadStage) -> str:
    p95 = "unknown" if last.p95_ms is None else f"{ceil(last.p95_ms)} ms"
    return f"{last.users} users: {last.rps:.1f} answers/s, p95 {p95}, {last.refused} refused (429)"
