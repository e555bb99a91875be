"""Gates have three endings, and the exit code follows from them."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Coverage, FamilyScore, Finding, GateResult, Outcome, Reach, Result, Severity
from auditor.verdicts.gates import CoverageGate, FindingsGate, Gate, ReachGate, ScoreGate, evaluate, hints, verdict


def finding(
    severity: Severity = Severity.HIGH,
    *,
    check: str = "authz.bola-read",
    confirmed: bool = True,
    status: Literal["new", "known", "suppressed"] = "new",
) -> Finding:
    return Finding(
        fingerprint="f", cause="c", check=check, subject="GET /a", operation="GET /a",
        severity=severity.label, message="", confirmed=confirmed, status=status,
    )  # fmt: skip


def held(
    *gates: Gate,
    findings: tuple[Finding, ...] = (),
    fail_on: Severity | None = None,
    complete: bool = True,
    score: int | None = 88,
    reach: Reach | None = None,
    allowed: int = 10,
    coverage: Coverage | None = None,
) -> tuple[GateResult, ...]:
    families = (
        FamilyScore(family="authz", score=58, coverage=Coverage(judged=3, applicable=4)),
        FamilyScore(family="perf", score=None, coverage=Coverage()),
    )
    return evaluate(
        findings,
        Reach(operations=10, succeeded=9) if reach is None else reach,
        Coverage(judged=90, applicable=100) if coverage is None else coverage,
        families,
        fail_on=fail_on,
        gates=gates,
        complete=complete,
        allowed_operations=allowed,
        score=score,
    )


HIGH = FindingsGate(at_least=Severity.HIGH)


# --- findings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        pytest.param(finding(Severity.HIGH), "fail", id="as severe as the limit"),
        pytest.param(finding(Severity.CRITICAL), "fail", id="worse"),
        pytest.param(finding(Severity.MEDIUM), "pass", id="milder"),
        pytest.param(finding(Severity.CRITICAL, confirmed=False), "pass", id="not confirmed"),
        pytest.param(finding(Severity.CRITICAL, status="known"), "pass", id="known"),
        pytest.param(finding(Severity.CRITICAL, status="suppressed"), "pass", id="suppressed"),
    ],
)
def test_only_new_confirmed_findings_of_that_severity_fail_the_default_gate(one: Finding, outcome: str) -> None:
    gate, _ = held(findings=(one,), fail_on=Severity.HIGH)
    assert gate.outcome == outcome
    assert gate.name == "no new finding ≥ high"


def test_a_findings_gate_names_the_checks_that_failed_it() -> None:
    several = tuple(finding(check=f"a.{letter}") for letter in "gfedcba")
    gate, _ = held(findings=several, fail_on=Severity.HIGH)
    assert (gate.actual, gate.expected) == ("7 new (a.a, a.b, a.c, a.d, a.e, +2 more)", "≤ 0")


def test_a_findings_gate_may_allow_some_and_count_known_ones() -> None:
    known = finding(status="known")
    gate = FindingsGate(at_least=Severity.LOW, status="any", most=1)
    assert held(gate, findings=(known,))[0].outcome == "pass"
    failed = held(gate, findings=(known, finding(Severity.LOW)))[0]
    assert (failed.name, failed.outcome) == ("at most 1 finding ≥ low", "fail")


def test_fail_on_none_leaves_the_default_gate_out() -> None:
    (reach,) = held(findings=(finding(),), fail_on=None)
    assert reach.name.startswith("reach")


def test_the_default_gate_and_the_same_one_configured_are_one() -> None:
    assert len(held(HIGH, fail_on=Severity.HIGH)) == 2


# --- shares and scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gate", "outcome", "actual"),
    [
        (CoverageGate(least=0.9), "pass", "90 % (90 of 100 judged)"),
        (CoverageGate(least=0.91), "fail", "90 % (90 of 100 judged)"),
        (ReachGate(least=0.9), "pass", "90 % (9 of 10 operations)"),
        (ReachGate(least=1), "fail", "90 % (9 of 10 operations)"),
        (ScoreGate(least=88), "pass", "88"),
        (ScoreGate(least=89), "fail", "88"),
        (ScoreGate(least=80, family="authz"), "fail", "58"),
        (ScoreGate(least=80, family="perf"), "not_measured", "nothing was judged"),
        (ScoreGate(least=80, family="graphql"), "not_measured", "nothing was judged"),
    ],
    ids=str,
)
def test_a_limit_holds_or_not_or_could_not_be_measured(gate: Gate, outcome: str, actual: str) -> None:
    result = held(gate)[0]
    assert (result.outcome, result.actual) == (outcome, actual)


def test_a_share_just_missed_does_not_read_as_held() -> None:
    (gate, _) = held(CoverageGate(least=0.9), coverage=Coverage(judged=8996, applicable=10_000))
    assert (gate.outcome, gate.actual, gate.expected) == ("fail", "89.9 % (8996 of 10000 judged)", "≥ 90 %")


@pytest.mark.parametrize("percent", range(101))
def test_percentages_are_written_as_they_were_configured(percent: int) -> None:
    assert held(CoverageGate(least=percent / 100))[0].expected == f"≥ {percent} %"


def test_shares_of_nothing_are_not_measured() -> None:
    results = held(CoverageGate(least=0), ReachGate(least=0), coverage=Coverage(), reach=Reach())
    assert [one.outcome for one in results] == ["not_measured", "not_measured"]


# --- runs that did not finish, reach ------------------------------------------------------------------------


def test_an_unfinished_run_can_only_prove_findings() -> None:
    gates = (HIGH, CoverageGate(least=0.99), ReachGate(least=0), ScoreGate(least=99))
    assert {one.outcome for one in held(*gates, complete=False)[:-1]} == {"not_measured"}
    assert held(*gates, complete=False, findings=(finding(),))[0].outcome == "fail"


@pytest.mark.parametrize(
    ("succeeded", "allowed", "outcome"),
    [
        (5, 10, "pass"),
        (4, 10, "not_measured"),
        (2, 4, "pass"),
        (3, 7, "not_measured"),
        (4, 7, "pass"),
        (0, 0, "not_measured"),
    ],
)
def test_reach_under_half_of_what_may_be_called_is_inconclusive(succeeded: int, allowed: int, outcome: str) -> None:
    results = held(fail_on=Severity.HIGH, reach=Reach(operations=10, succeeded=succeeded), allowed=allowed)
    assert results[-1].outcome == outcome
    assert verdict(results, complete=True) == (("pass", 0) if outcome == "pass" else ("inconclusive", 4))


def test_without_a_documented_operation_there_is_nothing_to_reach() -> None:
    assert held(reach=Reach(), allowed=0) == ()


# --- verdict ------------------------------------------------------------------------------------------------


def ended(outcome: Literal["pass", "fail", "not_measured"], *, binding: bool = True) -> GateResult:
    return GateResult(name="g", outcome=outcome, binding=binding)


@pytest.mark.parametrize(
    ("gates", "complete", "expected"),
    [
        pytest.param([], True, ("pass", 0), id="no gate"),
        pytest.param([ended("pass")], True, ("pass", 0), id="held"),
        pytest.param([ended("pass"), ended("fail")], True, ("fail", 1), id="broken"),
        pytest.param([ended("pass")], False, ("inconclusive", 4), id="unfinished"),
        pytest.param([ended("fail")], False, ("fail", 1), id="broken and unfinished"),
        pytest.param([ended("not_measured")], True, ("inconclusive", 4), id="not measured"),
        pytest.param([ended("not_measured"), ended("fail")], True, ("fail", 1), id="a failure stands"),
        pytest.param([ended("fail", binding=False)], True, ("pass", 0), id="a warning"),
        pytest.param([ended("not_measured", binding=False)], True, ("pass", 0), id="not measured, and may be"),
    ],
)
def test_the_verdict_sums_the_gates_up(gates: list[GateResult], complete: bool, expected: tuple[str, int]) -> None:
    assert verdict(gates, complete=complete) == expected


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (ScoreGate(least=99), "fail"),
        (ScoreGate(least=99, warns=True), "pass"),
        (ScoreGate(least=1, family="perf"), "pass"),
        (ScoreGate(least=1, family="perf", must_be_measured=True), "inconclusive"),
        (ScoreGate(least=1, family="perf", must_be_measured=True, warns=True), "pass"),
    ],
    ids=str,
)
def test_what_follows_from_a_gate_is_its_own_to_say(gate: Gate, expected: str) -> None:
    assert verdict(held(gate), complete=True)[0] == expected


@given(st.lists(st.builds(ended, st.sampled_from(["pass", "fail", "not_measured"]), binding=st.booleans())))
def test_one_more_warning_never_changes_the_verdict(gates: list[GateResult]) -> None:
    assert verdict([*gates, ended("fail", binding=False)], complete=True) == verdict(gates, complete=True)


# --- hints --------------------------------------------------------------------------------------------------


def result(outcome: Outcome, reason: str, unlock: str = "") -> Result:
    return Result(check="a.b", subject="GET /a", operation=None, outcome=outcome, reason=reason, unlock=unlock)


def test_hints_say_what_would_unlock_most_first_and_what_does_not_apply_last() -> None:
    bob, admin = "add identities.bob", "add identities.root with role: admin"
    results = [
        result(Outcome.PASS, "fine"),
        result(Outcome.ERROR, "our bug"),
        result(Outcome.UNSURE, "no admin", admin),
        *[result(Outcome.UNSURE, "only one identity", bob)] * 3,
        result(Outcome.SKIP, "nobody to compare with", bob),
        *[result(Outcome.SKIP, "takes no body")] * 2,
        result(Outcome.UNSURE, ""),
    ]
    assert hints(results) == (
        "4 could not be judged: only one identity (and 1 other reason) → add identities.bob",
        "1 could not be judged: no reason given",
        "1 could not be judged: no admin → add identities.root with role: admin",
        "2 do not apply: takes no body",
    )


def test_a_run_that_judged_everything_needs_no_hint() -> None:
    assert hints([result(Outcome.PASS, ""), result(Outcome.FAIL, "bad")]) == ()
