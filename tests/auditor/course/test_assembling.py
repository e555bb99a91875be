"""A finished run is summed up: reach, traffic, findings, verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.check import Check, check
from auditor.course.assembling import Ending, assemble, client, of_type
from auditor.evidence import EVERY_EXCHANGE, Bound, Scope, Steps, World, ask, recipe
from auditor.model import Audit, ClientFacts, Exchange, Latency, Severity, Verdict, failed, passed
from tests.auditor.building import app, get, run, stage, things
from tests.checks.building import exchange

FAST = Latency(operation="GET /things", n=3, p50_ms=1, p95_ms=2, p99_ms=3, floor_ms=1)


@recipe(scope=Scope.API, at_most=Bound(requests=1))
def measured(world: World) -> Steps[tuple[Latency, ...]]:
    yield from ask(get("/things"))
    return (FAST,)


@check("tests.measured", severity=Severity.LOW, standards=("PERF-1",), on=measured)
def timed(latencies: Sequence[Latency]) -> Verdict:
    """Reads are fast."""
    return passed(note=f"{latencies[0].p95_ms} ms")


@check("tests.sound", severity=Severity.HIGH, standards=("ERR-1",), on=EVERY_EXCHANGE)
def sound(seen: Exchange) -> Verdict:
    """Nothing breaks."""
    return failed("it broke", signature="5xx") if seen.response.status >= 500 else passed()


def summed(*checks: Check[Any], ending: Ending | None = None, rtts: Sequence[float] = (), **options: Any) -> Audit:
    async def course() -> Audit:
        async with stage(checks, **options) as opened:
            await opened.engine.gather()
            judgements = await opened.engine.judge()
            ended = opened.started_at + timedelta(seconds=1.25)
            return assemble(opened, judgements, ending or Ending(), rtts=rtts, ended_at=ended)

    return run(course())


def test_a_clean_run_passes() -> None:
    found = summed(timed, sound, rtts=(5.0, 1.0, 3.0))
    assert (found.verdict, found.exit_code, found.findings, found.score) == ("pass", 0, (), 100)
    assert (found.run.complete, found.run.seconds) == (True, 1.2)
    assert (found.target.title, found.target.base_url, found.target.document.operations) == (
        "Small",
        "http://api.test",
        4,
    )
    assert found.latency == (FAST,)
    assert [one.id for one in found.checks] == ["tests.measured", "tests.sound"]
    assert any("2 ms" in note for note in found.notes)


def test_reach_says_of_each_operation_who_succeeded_and_why_not() -> None:
    closed = app({**things(), "DELETE /things/*": lambda _asked: (403, {"error": "never"})})
    found = summed(sound, serving=closed).reach
    assert (found.operations, found.succeeded) == (4, 3)
    rows = {one.operation: one for one in found.by_operation}
    made, refused = rows["POST /things"], rows["DELETE /things/{id}"]
    assert (made.succeeded, made.identities, made.blocked_by) == (True, ("anonymous",), "")
    assert set(made.statuses) == {"201"}
    assert (refused.succeeded, refused.identities) == (False, ())
    assert refused.blocked_by == "answered 403: never"
    assert "admin" in refused.unlock


def test_a_confirmed_failure_fails_the_run_and_is_found_once(tmp_path: Path) -> None:
    broken = app({**things(), "GET /things": lambda _asked: (500, {"error": "boom"})})
    found = summed(timed, sound, serving=broken, output=tmp_path)
    (finding,) = found.findings
    assert (finding.check, finding.subject, finding.confirmed) == ("tests.sound", "GET /things", True)
    assert (found.verdict, found.exit_code) == ("fail", 1)


def test_traffic_is_counted_by_status_and_phase() -> None:
    found = summed(timed).traffic
    assert found.requests == sum(found.by_status.values()) == sum(found.by_phase.values())
    assert set(found.by_phase) == {"seeding", "probing"}


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending(), 0),
        (Ending(complete=False, reason="interrupted", interrupted=True), 130),
        (Ending(complete=False, reason="it died"), 4),
    ],
)
def test_how_the_run_ended_decides_the_code(ending: Ending, code: int) -> None:
    found = summed(timed, ending=ending)
    assert (found.exit_code, found.run.stop_reason) == (code, ending.reason)


def test_severities_may_be_graded_anew(tmp_path: Path) -> None:
    broken = app({**things(), "GET /things": lambda _asked: (500, {})})
    found = summed(timed, sound, serving=broken, output=tmp_path, severities={"tests.sound": Severity.LOW})
    assert [one.severity for one in found.findings] == ["low"]


@pytest.mark.parametrize(
    ("rtts", "floor", "jitter"), [((), None, None), ((4.0,), 4.0, 0.0), ((9.0, 2.0, 4.0), 2.0, 1.0)]
)
def test_the_first_preflight_warms_up_and_is_no_jitter(
    rtts: tuple[float, ...], floor: float | None, jitter: float | None
) -> None:
    assert client(rtts) == ClientFacts(rtt_floor_ms=floor, jitter_ms=jitter)


@dataclass(frozen=True)
class Holding:
    inner: object
    seen: Exchange


def test_measurements_are_found_in_evidence_of_any_shape_but_not_in_exchanges() -> None:
    endless: list[object] = []
    endless.append(endless)
    evidence = Holding(inner={"a": [FAST, (FAST,)], "b": Latency}, seen=exchange())
    assert list(of_type(evidence, Latency)) == [FAST, FAST]
    assert list(of_type("words", Latency)) == []
