"""A suppression sets a finding aside, for as long as it says, and never in silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Audit, Finding, Outcome, Result
from auditor.verdicts import baseline
from auditor.verdicts.baseline import Baseline
from auditor.verdicts.suppressing import Decided, Suppression, decided
from tests.auditor.runs import (
    BODY,
    BOLA,
    CHECKS,
    DAY,
    OPERATIONS,
    ORDERS,
    SHAPE,
    audit,
    audits,
    finding,
    reference_run,
    result,
)

PERMANENT = Suppression(check=BODY, reason="legacy client", source="auditor.yaml:12")


def until(days: int, check: str = BODY, operation: str = "") -> Suppression:
    """A suppression that ends so many days from now."""
    return Suppression(
        check=check, operation=operation, reason="r", expires=DAY + timedelta(days=days), source="auditor.yaml:12"
    )


def settled(
    findings: Sequence[Finding],
    *suppressions: Suppression,
    results: Sequence[Result] = (),
    known: Baseline | None = None,
    day: date = DAY,
    whole: bool = True,
) -> Decided:
    every = audit(*findings, results=results).results
    return decided(findings, every, suppressions=suppressions, baseline=known, day=day, whole=whole)


# --- what is covered ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        pytest.param(Suppression(check=BODY, reason="r"), True, id="the check"),
        pytest.param(Suppression(check="input.*", reason="r"), True, id="a glob of checks"),
        pytest.param(Suppression(check="*", reason="r"), True, id="every check"),
        pytest.param(Suppression(check="input", reason="r"), False, id="a family without a star"),
        pytest.param(Suppression(check=SHAPE, reason="r"), False, id="another check"),
        pytest.param(Suppression(check=BODY, operation="PUT /users/{id}", reason="r"), True, id="the operation"),
        pytest.param(Suppression(check=BODY, operation="PUT /users*", reason="r"), True, id="a glob of operations"),
        pytest.param(Suppression(check=BODY, operation="/users/*", reason="r"), True, id="a glob of paths"),
        pytest.param(Suppression(check=BODY, operation="GET /users*", reason="r"), False, id="another method"),
        pytest.param(Suppression(check=BODY, operation="/users", reason="r"), False, id="another path"),
        pytest.param(Suppression(check=BODY, signature="status=5xx", reason="r"), True, id="the signature"),
        pytest.param(Suppression(check=BODY, signature="", reason="r"), False, id="another signature"),
        pytest.param(until(0), True, id="on its last day"),
        pytest.param(until(-1), False, id="ended yesterday"),
    ],
)
def test_a_suppression_covers_what_it_names_while_it_holds(entry: Suppression, covered: bool) -> None:
    (marked,) = settled([finding(BODY, "PUT /users/{id}")], entry).findings
    assert marked.status == ("suppressed" if covered else "new")


def test_findings_about_the_whole_api_are_named_by_their_subject() -> None:
    one = finding(SHAPE, "API")
    assert settled([one], Suppression(check=SHAPE, operation="API", reason="r")).findings[0].status == "suppressed"
    assert settled([one], Suppression(check=SHAPE, operation="GET *", reason="r")).findings[0].status == "new"


def test_a_persons_decision_goes_before_the_baseline_and_reaches_critical_findings() -> None:
    one, worst = finding(), finding(BODY, ORDERS, severity="critical")
    known = baseline.created(audit(one), DAY)
    assert [each.status for each in settled([one, worst], known=known).findings] == ["known", "new"]
    aside = settled([one, worst], PERMANENT, known=known)
    assert [each.status for each in aside.findings] == ["suppressed", "suppressed"]


def test_what_suppresses_is_recorded_as_written_with_what_it_suppresses() -> None:
    there, elsewhere = finding(), finding(SHAPE)
    entry = Suppression(
        check=BODY,
        operation="POST *",
        signature="status=5xx",
        reason="legacy client",
        expires=date(2027, 3, 1),
        owner="@ops",
        ticket="API-7",
        source="auditor.yaml:12",
    )
    unused = Suppression(check=BOLA, reason="r")
    assert settled([there, elsewhere], entry, unused).suppressions == (
        {
            "check": BODY,
            "operation": "POST *",
            "signature": "status=5xx",
            "reason": "legacy client",
            "expires": "2027-03-01",
            "owner": "@ops",
            "ticket": "API-7",
            "source": "auditor.yaml:12",
            "findings": [there.fingerprint],
        },
    )
    assert settled([there], Suppression(check=BODY, reason="r")).suppressions == (
        {"check": BODY, "reason": "r", "permanent": True, "findings": [there.fingerprint]},
    )
    assert settled([there], until(-1)).suppressions == ()


# --- what is told -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "note"),
    [
        (PERMANENT, None),
        (until(14), None),
        (until(13), "auditor.yaml:12: the suppression of input.malformed-body ends in 13 days"),
        (
            until(1, operation="POST *"),
            "auditor.yaml:12: the suppression of input.malformed-body on POST * ends tomorrow",
        ),
        (until(0), "auditor.yaml:12: the suppression of input.malformed-body ends today"),
        (
            until(-1),
            "warning: auditor.yaml:12: the suppression of input.malformed-body ended on 2026-11-20: "
            "its 2 findings are new again",
        ),
    ],
    ids=str,
)
def test_an_end_is_announced_and_told(entry: Suppression, note: str | None) -> None:
    assert settled([finding(), finding(signature="effect")], entry).notes == (() if note is None else (note,))


def test_one_that_ended_is_told_even_where_nothing_was_judged() -> None:
    (note,) = settled([finding(SHAPE)], until(-1)).notes
    assert note.endswith("ended on 2026-11-20: renew or remove it")
    assert settled([finding()], until(-1)).notes[0].endswith("its finding is new again")


@pytest.mark.parametrize(
    ("entry", "results", "whole", "warned"),
    [
        pytest.param(PERMANENT, [result()], True, True, id="judged, and passes"),
        pytest.param(PERMANENT, [result()], False, False, id="the run saw a part only"),
        pytest.param(PERMANENT, [result(outcome=Outcome.UNSURE)], True, False, id="could not be judged"),
        pytest.param(PERMANENT, [result(SHAPE)], True, False, id="the check was left out"),
        pytest.param(until(90, operation="GET /gone"), [result()], True, True, id="no such operation"),
        pytest.param(until(-9), [result()], True, True, id="ended, and matches nothing"),
    ],
)
def test_what_matches_nothing_where_it_was_looked_for_is_warned_about(
    entry: Suppression, results: list[Result], whole: bool, warned: bool
) -> None:
    notes = settled([], entry, results=results, whole=whole).notes
    assert [one for one in notes if "matches nothing" in one] == (
        [f"warning: {entry.name} matches nothing; remove it"] if warned else []
    )


# --- laws ---------------------------------------------------------------------------------------------------

ENTRIES = st.builds(
    Suppression,
    check=st.sampled_from((*CHECKS, "input.*", "*")),
    operation=st.sampled_from(("", "API", "GET *", "/users*", *OPERATIONS)),
    signature=st.none() | st.just("status=5xx"),
    reason=st.just("r"),
    expires=st.none() | st.dates(date(2026, 11, 1), date(2026, 12, 31)),
)


@given(audits(), st.lists(ENTRIES, max_size=3), st.booleans())
def test_nothing_but_the_status_of_a_finding_changes_and_every_set_aside_one_has_an_entry(
    run: Audit, entries: list[Suppression], debt: bool
) -> None:
    fresh = [finding(one.check, one.subject, severity=one.severity, signature=one.signature) for one in run.findings]
    known = baseline.created(run, DAY) if debt else None
    found = decided(fresh, run.results, suppressions=entries, baseline=known, day=DAY, whole=True)
    assert [one.fingerprint for one in found.findings] == [one.fingerprint for one in fresh]
    aside = {one.fingerprint for one in found.findings if one.status == "suppressed"}
    assert {name for entry in found.suppressions for name in entry["findings"]} == aside
    assert debt or not [one for one in found.findings if one.status == "known"]


# --- in a run -----------------------------------------------------------------------------------------------


def test_a_run_sets_aside_what_is_suppressed_and_its_gates_do_not_count_it() -> None:
    defect = "authz.bola-read"
    entries = (
        Suppression(check=defect, reason="one tenant", expires=date(2000, 1, 1), source="auditor.yaml:3"),
        Suppression(check="authz.*", reason="one tenant", source="auditor.yaml:4"),
        Suppression(check="authz.mass-assignment", reason="typo", source="auditor.yaml:5"),
    )
    run = reference_run(defect, family="authz", suppressions=entries)
    assert {(one.check, one.status) for one in run.findings} == {(defect, "suppressed")}
    assert [one["source"] for one in run.suppressions] == ["auditor.yaml:4"]
    assert set(run.suppressions[0]["findings"]) == {one.fingerprint for one in run.findings}
    assert run.gates[0].outcome == "pass"
    warned = [one for one in run.notes if one.startswith("warning: ")]
    assert [one.partition(": the")[0] for one in warned] == ["warning: auditor.yaml:3", "warning: auditor.yaml:5"]
    assert run.notes[:2] == tuple(warned)
