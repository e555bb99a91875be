"""Two runs compared: fixed is what was judged again, and a regression is what passed before."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given

from auditor.model import Audit, Coverage, DocumentFacts, FamilyScore, Finding, Outcome, Result
from auditor.verdicts.comparing import Comparison, ScoreChange, as_json, as_text, compare, headline
from reports.run_json import parse, render
from tests.auditor.runs import BODY, BOLA, OPERATIONS, ORDERS, SHAPE, USER, USERS, audit, audits, finding, result

THERE = finding()


def names(comparison: Comparison) -> dict[str, list[str]]:
    parts = {
        "fixed": comparison.fixed,
        "new": comparison.new,
        "worse": comparison.worse,
        "not comparable": comparison.not_comparable,
    }
    return {word: [f"{one.check} {one.subject}" for one in changes] for word, changes in parts.items() if changes}


# --- what is gone -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "why"),
    [
        pytest.param(audit(results=[result()]), None, id="judged and passed"),
        pytest.param(audit(finding(signature="effect")), None, id="fails in another way"),
        pytest.param(
            audit(results=[result(outcome=Outcome.UNSURE, reason="only one identity")]),
            "not judged now: only one identity",
            id="could not be judged",
        ),
        pytest.param(audit(), "not judged now", id="no result"),
        pytest.param(audit(checks=[SHAPE]), "the check was not part of the newer run", id="check left out"),
        pytest.param(audit(operations=[ORDERS]), "the operation is gone from the document", id="operation gone"),
        pytest.param(
            audit(
                operations=[ORDERS], target=replace(audit().target, document=DocumentFacts(sha256="aa", operations=3))
            ),
            "the operation is not part of the newer run",
            id="operation left out",
        ),
    ],
)
def test_what_is_not_found_any_more_is_fixed_only_where_it_was_judged(new: Audit, why: str | None) -> None:
    found = compare(audit(THERE), new)
    if why is None:
        assert [one.fingerprint for one in found.fixed] == [THERE.fingerprint]
        assert found.not_comparable == ()
    else:
        assert found.fixed == ()
        assert [(one.fingerprint, one.why) for one in found.not_comparable] == [(THERE.fingerprint, why)]


# --- what has come ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "why", "regression"),
    [
        pytest.param([result()], "passed before", True, id="passed"),
        pytest.param([result(outcome=Outcome.FAIL)], "failed there before, in another way", False, id="failed"),
        pytest.param([result(outcome=Outcome.UNSURE)], "was not judged before", False, id="unsure"),
        pytest.param([result(BODY, ORDERS)], "was not judged before", False, id="judged elsewhere"),
        pytest.param([], "was not judged before", False, id="no result"),
    ],
)
def test_a_new_finding_is_a_regression_only_where_it_passed_before(
    before: list[Result], why: str, regression: bool
) -> None:
    (come,) = compare(audit(results=before), audit(THERE)).new
    assert (come.why, come.regression) == (why, regression)


def test_a_renamed_path_parameter_does_not_hide_a_regression() -> None:
    (come,) = compare(audit(results=[result(BODY, USER)]), audit(finding(BODY, "GET /users/{user}"))).new
    assert come.regression


def test_the_same_finding_with_a_higher_severity_is_worse() -> None:
    (worse,) = compare(audit(finding(severity="low")), audit(finding(severity="high"))).worse
    assert (worse.was, worse.severity) == ("low", "high")
    milder = compare(audit(finding(severity="high")), audit(finding(severity="low")))
    assert (milder.worse, milder.unchanged) == ((), 1)


def test_findings_are_listed_worst_first() -> None:
    new = audit(finding(SHAPE, severity="low"), finding(BOLA, USER, severity="critical"), finding(BODY, ORDERS))
    assert [one.severity for one in compare(audit(), new).new] == ["critical", "high", "low"]


# --- what cannot be said ------------------------------------------------------------------------------------


def test_findings_named_in_another_way_are_not_comparable() -> None:
    found = compare(audit(THERE, fingerprint_version=0), audit(finding(SHAPE)))
    assert names(found) == {"not comparable": [f"{BODY} {USERS}"]}
    assert "versions 0 and 1" in found.remarks[0]


def scored(score: int | None, *, version: int = 1, **families: int) -> Audit:
    rows = tuple(FamilyScore(family=name, score=one, coverage=Coverage()) for name, one in families.items())
    return audit(score=score, families=rows, scoring_version=version)


def test_scores_are_compared_where_they_were_computed_alike() -> None:
    old = scored(70, authz=49, input=90)
    assert compare(old, scored(None, authz=80, input=90)).scores == (
        ScoreChange(family="", old=70, new=None),
        ScoreChange(family="authz", old=49, new=80),
    )
    other = compare(old, scored(80, version=2, authz=80))
    assert other.scores == ()
    assert other.remarks == ("scores were computed in another way (versions 1 and 2)",)


def test_remarks_name_what_may_explain_a_change() -> None:
    new = audit(complete=False)
    new = replace(
        new,
        run=replace(new.run, profile="deep", seed="7"),
        target=replace(new.target, document=DocumentFacts(sha256="bb", operations=3)),
    )
    assert compare(audit(), new).remarks == (
        "the newer run did not finish: interrupted",
        "the document changed between the runs",
        "profile standard then, deep now",
        "seed 0 then, 7 now",
    )


# --- laws ---------------------------------------------------------------------------------------------------


@given(audits())
def test_a_run_against_itself_changed_nothing(run: Audit) -> None:
    found = compare(run, run)
    assert names(found) == {}
    assert found.unchanged == len(run.findings)


@given(audits(), audits())
def test_every_finding_is_in_exactly_one_place(old: Audit, new: Audit) -> None:
    found = compare(old, new)
    before, after = ({one.fingerprint for one in run.findings} for run in (old, new))
    assert {one.fingerprint for one in (*found.fixed, *found.not_comparable)} == before - after
    assert {one.fingerprint for one in found.new} == after - before
    assert len(found.worse) + found.unchanged == len(before & after)


# --- rendering ----------------------------------------------------------------------------------------------


def example() -> Comparison:
    old = audit(THERE, finding(SHAPE, ORDERS), finding(SHAPE, severity="low"), results=[result(BOLA, USER)], score=70)
    found: tuple[Finding, ...] = (finding(BOLA, USER, severity="critical"), finding(SHAPE, status="known"))
    new = audit(*found, results=[result()], operations=OPERATIONS[:2], score=60)
    return compare(old, new)


def test_a_person_reads_what_is_new_first_and_the_sum_last() -> None:
    assert (
        as_text(example())
        == f"""\
New
  CRITICAL authz.bola-read  GET /users/{{id}}  {finding(BOLA, USER).fingerprint[:12]}
           authz.bola-read broken
           regression

Worse
  HIGH     errors.shape  POST /users  known  {finding(SHAPE).fingerprint[:12]}
           errors.shape broken
           was low

Fixed
  HIGH     input.malformed-body  POST /users  {THERE.fingerprint[:12]}
           input.malformed-body broken

Not comparable
  HIGH     errors.shape  GET /orders  {finding(SHAPE, ORDERS).fingerprint[:12]}
           errors.shape broken
           the operation is gone from the document

Score     whole 70 → 60
1 fixed, 1 new (1 regression), 1 worse, 0 unchanged, 1 not comparable
"""
    )


def test_run_json_carries_the_comparison() -> None:
    told = as_json(example())
    assert told["summary"] == headline(example())
    assert told["new"][0]["regression"] is True
    run = audit(comparison=json.loads(json.dumps(told)))
    assert parse(render(run)) == run
