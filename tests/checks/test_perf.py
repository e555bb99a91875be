"""Speed: percentiles against a floor, and load that a service should bear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from auditor.evidence import Unavailable
from auditor.model import Exchange, Latency, Load, LoadStage, Outcome, Request, Severity
from checks import perf
from checks._perf_probes import Paced, Sampled, paced_reads, percentile
from tests.checks.building import FakeWorld, crud, drive, exchange, named_as_promised, operation, reply


def test_names_and_docstrings_keep_the_convention() -> None:
    assert named_as_promised(perf) == ["perf.latency", "perf.load"]


def paced(
    samples: Sequence[float], *, floor_ms: float = 2.0, jitter_ms: float = 1.0, budget_ms: float = 500.0
) -> Paced:
    found = Latency(
        operation="GET /things",
        n=len(samples),
        p50_ms=percentile(samples, 0.5),
        p95_ms=percentile(samples, 0.95),
        p99_ms=percentile(samples, 0.99),
        floor_ms=floor_ms,
    )
    one = Sampled(latency=found, samples_ms=tuple(samples), slowest=exchange())
    return Paced(budget_ms=budget_ms, floor_ms=floor_ms, jitter_ms=jitter_ms, reads=(one,))


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        pytest.param(paced([12.0] * 30), Outcome.PASS, id="quick"),
        pytest.param(paced([12.0] * 29 + [4_000.0]), Outcome.PASS, id="decoy: one slow outlier"),
        pytest.param(paced([12.0] * 27 + [4_000.0] * 3), Outcome.FAIL, id="three of thirty"),
        pytest.param(paced([810.0] * 10), Outcome.FAIL, id="slow each time, cut short"),
        pytest.param(paced([810.0] * 30, floor_ms=400.0), Outcome.PASS, id="a long way"),
        pytest.param(paced([810.0] * 30, jitter_ms=300.0), Outcome.UNSURE, id="a shaky way"),
        pytest.param(paced([810.0] * 5), Outcome.UNSURE, id="few samples"),
        pytest.param(paced([810.0] * 30, budget_ms=1_000.0), Outcome.PASS, id="configured budget"),
    ],
)
def test_latency(asked: Paced, outcome: Outcome) -> None:
    (verdict,) = perf.latency(asked)
    assert verdict.outcome is outcome
    if outcome is Outcome.FAIL:
        assert (verdict.about, verdict.signature) == ("GET /things", "over budget")


@pytest.mark.parametrize("name", ["delay", "duration", "wait", "timeoutSeconds", "long_poll", "pollTimeout"])
def test_a_read_that_is_told_how_long_to_take_is_not_timed(name: str) -> None:
    patient = operation("GET", "/events", query={name: {}})
    plain = operation("GET", "/things")
    driven = drive(paced_reads.steps(FakeWorld(operations=(patient, plain))), timed({}))
    assert [one.latency.operation for one in driven.evidence.reads] == ["GET /things"]


@pytest.mark.parametrize("name", ["waiter", "delayed", "timezone", "min_duration", "duration_gte"])
def test_a_read_that_filters_by_time_is_timed(name: str) -> None:
    films = operation("GET", "/films", query={name: {}})
    driven = drive(paced_reads.steps(FakeWorld(operations=(films,))), timed({}))
    assert [one.latency.operation for one in driven.evidence.reads] == ["GET /films"]


def timed(milliseconds: dict[str, float]) -> Callable[[Request], Exchange]:
    def answer(request: Request) -> Exchange:
        status = 404 if request.operation is None else 200
        return exchange(reply(status, {}), elapsed_ms=milliseconds.get(request.path, 3.0))

    return answer


def test_the_slowest_reads_are_timed_one_after_another() -> None:
    things = crud()
    others = tuple(operation("GET", f"/r{number}") for number in range(7))
    export = operation("GET", "/export")
    goldens = {
        f"GET /r{number}": exchange(operation=one, elapsed_ms=10.0 + number) for number, one in enumerate(others)
    }
    world = FakeWorld(
        resources=(things,), operations=(*others, export), goldens=goldens, unreached=frozenset({"GET /r6"})
    )
    driven = drive(paced_reads.steps(world), timed({}))
    assert [one.latency.operation for one in driven.evidence.reads] == [f"GET /r{n}" for n in (5, 4, 3, 2, 1)]
    assert all(one.latency.n == 30 for one in driven.evidence.reads)
    assert len(driven.sent) == 12 + 5 * 33 <= paced_reads.at_most.requests
    assert all(isinstance(step, Request) and not step.shared for step in driven.steps)


def test_a_slow_read_is_timed_long_enough_and_no_longer() -> None:
    slow = operation("GET", "/me")
    driven = drive(paced_reads.steps(FakeWorld(operations=(slow,))), timed({"/me": 810.0}))
    assert driven.evidence.reads[0].latency.n == 10
    assert driven.evidence.floor_ms == 3.0
    assert perf.latency(driven.evidence)[0].outcome is Outcome.FAIL


def test_without_reads_there_is_nothing_to_time() -> None:
    with pytest.raises(Unavailable):
        drive(paced_reads.steps(FakeWorld()), [])


def test_percentiles_are_measured_values() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert percentile([7.0], 0.99) == 7.0


# --- load ---------------------------------------------------------------------------------------------------

ONE = LoadStage(users=1, seconds=10, requests=300, rps=30.0, p95_ms=40.0)
TWENTY = LoadStage(users=20, seconds=10, requests=3_000, rps=300.0, p95_ms=90.0)


def loaded(last: LoadStage, *, recovered: bool | None = True, client_limited: bool = False) -> Load:
    return Load(stages=(ONE, last), recovered=recovered, client_limited=client_limited)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        pytest.param(loaded(TWENTY), {}, id="bears it"),
        pytest.param(loaded(replace(TWENTY, refused=2_000, rps=9.0)), {}, id="decoy: 429 under load"),
        pytest.param(loaded(replace(TWENTY, failures=20)), {}, id="under one percent"),
        pytest.param(loaded(replace(TWENTY, failures=60)), {"failures": Severity.HIGH}, id="fails"),
        pytest.param(loaded(replace(TWENTY, p95_ms=2_000.0)), {"slowdown": Severity.MEDIUM}, id="slows down"),
        pytest.param(loaded(replace(TWENTY, p95_ms=900.0)), {}, id="slower, but under a second"),
        pytest.param(loaded(replace(TWENTY, rps=10.0)), {"throughput": Severity.MEDIUM}, id="less together than alone"),
        pytest.param(loaded(TWENTY, recovered=False), {"no recovery": Severity.MEDIUM}, id="stays down"),
        pytest.param(loaded(TWENTY, recovered=None), {}, id="recovery unknown"),
        pytest.param(Load(stages=(ONE,)), {}, id="one stage"),
    ],
)
def test_load(measured: Load, expected: dict[str, Severity]) -> None:
    verdicts = perf.load(measured)
    assert {one.signature: one.severity for one in verdicts if one.outcome is Outcome.FAIL} == expected
    assert expected or verdicts[0].outcome is Outcome.PASS


@pytest.mark.parametrize("measured", [Load(), loaded(TWENTY, client_limited=True)], ids=["none", "client-bound"])
def test_load_that_says_nothing_about_the_target(measured: Load) -> None:
    assert perf.load(measured)[0].outcome is Outcome.UNSURE
