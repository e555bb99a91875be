"""Scores follow from judgements by laws that hold for any judgements."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import CheckFacts, Finding, Judgement, Outcome, Role, Seen, Severity, Verdict
from auditor.verdicts import scoring
from auditor.verdicts.standards import DELIVERABLES, STANDARDS

CRITICAL = "auth.anonymous-access"
HIGH = "auth.jwt-expired"
LOW = "headers.nosniff"
INFO = "perf.capacity"


def check(id: str, severity: Severity = Severity.HIGH, *standards: str) -> CheckFacts:
    family = id.partition(".")[0]
    return CheckFacts(
        id=id, family=family, title=id, severity=severity.label, standards=standards, mode="active", fix=f"mend {id}"
    )


FACTS = (
    check(CRITICAL, Severity.CRITICAL, "AUTH-1", "AUTH-9"),
    check(HIGH, Severity.HIGH, "AUTH-2"),
    check(LOW, Severity.LOW, "HDR-1"),
    check(INFO, Severity.INFO, "PERF-1"),
)


def judged(
    outcome: Outcome,
    check: str = HIGH,
    subject: str = "GET /users/{id}",
    *,
    severity: Severity | None = None,
    signature: str = "status=2xx",
    message: str = "said so",
    note: str = "",
    confirmed: bool = True,
    count: int = 1,
    seen: tuple[Seen, ...] = (),
) -> Judgement:
    verdict = Verdict(outcome=outcome, message=message, severity=severity, signature=signature, note=note)
    return Judgement(
        check=check, subject=subject, operation=subject, verdict=verdict, confirmed=confirmed, count=count, seen=seen
    )


def found(*judgements: Judgement, facts: tuple[CheckFacts, ...] = FACTS) -> tuple[Finding, ...]:
    return scoring.findings(judgements, facts, curl=lambda one: f"curl {one.subject}", line=lambda _: 7)


PASS, FAIL, SKIP, UNSURE, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.SKIP, Outcome.UNSURE, Outcome.ERROR

any_judgements = st.lists(
    st.builds(
        judged,
        st.sampled_from(Outcome),
        st.sampled_from([one.id for one in FACTS]),
        st.sampled_from(["GET /users/{id}", "POST /users", "/users", "api"]),
        severity=st.sampled_from([None, *Severity]),
        signature=st.sampled_from(["", "status=2xx", "status=5xx"]),
        message=st.sampled_from(["", "a", "b"]),
        note=st.sampled_from(["", "by the way"]),
        confirmed=st.booleans(),
        seen=st.sampled_from([(), (Seen(role=Role.PROBE, exchange="x1"),), (Seen(role=Role.PROBE, exchange="x2"),)]),
    ),
    max_size=12,
)


# --- laws ---------------------------------------------------------------------------------------------------


@given(any_judgements)
def test_a_score_lies_between_0_and_100_or_nothing_was_judged(judgements: list[Judgement]) -> None:
    scores = [scoring.score(judgements, FACTS), *(one.score for one in scoring.families(judgements, FACTS))]
    assert all(one is None or 0 <= one <= 100 for one in scores)


@given(any_judgements.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_judgements_does_not_matter(both: tuple[list[Judgement], list[Judgement]]) -> None:
    one, other = both
    assert scoring.results(one, FACTS) == scoring.results(other, FACTS)
    assert scoring.families(one, FACTS) == scoring.families(other, FACTS)
    assert scoring.standards(one, FACTS) == scoring.standards(other, FACTS)
    assert scoring.notes(one, FACTS) == scoring.notes(other, FACTS)
    assert found(*one) == found(*other)


@given(any_judgements, st.sampled_from(FACTS), st.sampled_from(["GET /users/{id}", "GET /new"]))
def test_a_pass_never_lowers_a_checks_share(judgements: list[Judgement], check: CheckFacts, subject: str) -> None:
    before = scoring.share(judgements, FACTS, check=check.id)
    after = scoring.share([*judgements, judged(PASS, check.id, subject)], FACTS, check=check.id)
    assert after is None or before is None or after >= before


@given(any_judgements)
def test_what_was_judged_never_exceeds_what_applies(judgements: list[Judgement]) -> None:
    coverage = scoring.coverage(judgements, FACTS)
    assert 0 <= coverage.judged <= coverage.applicable <= len(judgements)


@given(any_judgements)
def test_every_result_is_counted_once(judgements: list[Judgement]) -> None:
    counted = sum(sum(one.counts.values()) for one in scoring.families(judgements, FACTS))
    assert counted == len(scoring.results(judgements, FACTS))


@given(any_judgements)
def test_a_confirmed_critical_failure_keeps_the_total_below_half(judgements: list[Judgement]) -> None:
    broken = judged(FAIL, HIGH, "GET /broken", severity=Severity.CRITICAL)
    score = scoring.score([*judgements, broken], FACTS)
    assert score is not None
    assert score <= scoring.CRITICAL_CAP


@given(any_judgements)
def test_findings_have_distinct_fingerprints_and_come_worst_first(judgements: list[Judgement]) -> None:
    findings = found(*judgements)
    assert len({one.fingerprint for one in findings}) == len(findings)
    grades = [Severity[one.severity.upper()] for one in findings]
    assert grades == sorted(grades, reverse=True)
    assert Severity.INFO not in grades


words = st.text(st.characters(codec="utf-8", exclude_characters="{}/"), min_size=1, max_size=8)


@given(words, words, words)
def test_a_fingerprint_does_not_know_parameter_names_and_hosts(check: str, one: str, other: str) -> None:
    plain = scoring.fingerprint(check, "GET", f"/users/{{{one}}}", "status=2xx")
    assert plain == scoring.fingerprint(check, "get", f"/users/{{{other}}}", "status=2xx")
    assert plain == scoring.fingerprint(check, "GET", f"https://api.example.com:8443/users/{{{one}}}", "status=2xx")
    assert re.fullmatch("[0-9a-f]{32}", plain)


anything = st.tuples(st.text(max_size=4), st.sampled_from(["GET", "POST"]), st.text("/ab{}\n\\", max_size=5), st.text())


@given(anything, anything)
def test_a_fingerprint_tells_checks_operations_and_signatures_apart(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    def emptied(parts: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
        return parts[0], parts[1], re.sub(r"\{[^{}]*\}", "{}", parts[2]), parts[3]

    same = emptied(one) == emptied(other)
    assert (scoring.fingerprint(*one) == scoring.fingerprint(*other)) is same


def test_a_fingerprint_does_not_know_the_canary_of_the_run() -> None:
    first = scoring.fingerprint("ops.request-id", "GET", "/aud0123456789ab", "")
    assert first == scoring.fingerprint("ops.request-id", "GET", "/audba9876543210", "")


def test_a_fingerprint_is_pinned_because_baselines_hold_it() -> None:
    # printf 'auditor-fp/1\nauth.anonymous-access\nGET\n/users/{}\nstatus=2xx' | sha256sum
    pinned = scoring.fingerprint(CRITICAL, "GET", "/users/{id}", "status=2xx")
    assert pinned == "b57a38bba628eb7d93b4a74fb4c3d824"


def test_one_cause_in_many_places_is_one_cause() -> None:
    one, other = found(judged(FAIL, LOW, "GET /a"), judged(FAIL, LOW, "GET /b"))
    assert one.cause == other.cause == scoring.cause(LOW, "status=2xx")
    assert one.fingerprint != other.fingerprint


# --- results ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ([PASS, FAIL], FAIL),
        ([PASS, UNSURE], PASS),
        ([PASS, SKIP], PASS),
        ([PASS, ERROR], ERROR),
        ([UNSURE, SKIP], UNSURE),
        ([SKIP], SKIP),
    ],
    ids=str,
)
def test_several_verdicts_on_a_subject_are_one_result(said: list[Outcome], result: Outcome) -> None:
    (only,) = scoring.results([judged(one) for one in said], FACTS)
    assert only.outcome == result


def test_a_result_gives_the_reason_of_the_worst_failure() -> None:
    mild = judged(FAIL, severity=Severity.LOW, message="mild", signature="a")
    bad = judged(FAIL, severity=Severity.CRITICAL, message="bad", signature="b", confirmed=False)
    (only,) = scoring.results([mild, bad], FACTS)
    assert only.reason == "bad"
    assert only.confirmed


@pytest.mark.parametrize("turn", [1, -1], ids=["as said", "the other way round"])
def test_a_pass_with_a_note_speaks_for_a_subject_whatever_came_first(turn: int) -> None:
    silent, telling = judged(PASS, message=""), judged(PASS, message="", note="by the way")
    (only,) = scoring.results([silent, telling][::turn], FACTS)
    assert only.reason == "by the way"


def test_a_judgement_of_an_unknown_check_is_a_bug_of_ours() -> None:
    with pytest.raises(KeyError, match=r"made\.up"):
        scoring.results([judged(PASS, "made.up")], FACTS)


def test_a_severity_set_by_the_user_replaces_the_rules_own_grade() -> None:
    graded = judged(FAIL, CRITICAL, severity=Severity.HIGH)
    judgements, facts = scoring.overridden([graded, judged(FAIL, HIGH)], FACTS, {CRITICAL: Severity.LOW})
    assert [one.severity for one in found(*judgements, facts=facts)] == ["high", "low"]
    assert facts[0].severity == "low"
    assert facts[1:] == FACTS[1:]


# --- scores -------------------------------------------------------------------------------------------------


def score_of(*judgements: Judgement) -> int | None:
    return scoring.score(judgements, FACTS)


def test_nothing_judged_is_no_score_rather_than_a_good_one() -> None:
    assert score_of() is None
    assert score_of(judged(SKIP), judged(UNSURE, LOW), judged(ERROR, CRITICAL)) is None


def test_the_score_is_the_mean_of_shares_weighted_by_severity() -> None:
    half = [judged(PASS, HIGH, "GET /a"), judged(FAIL, HIGH, "GET /b")]
    whole = judged(PASS, LOW)
    assert score_of(*half) == 50
    assert score_of(*half, whole) == int(100 * (6 * 0.5 + 1 * 1) / 7)
    assert score_of(*half, whole, judged(FAIL, INFO, severity=Severity.INFO)) == int(100 * 4 / 7)


def test_only_a_clean_sheet_is_100() -> None:
    many = [judged(PASS, HIGH, f"GET /{number}") for number in range(400)]
    assert score_of(*many) == 100
    assert score_of(*many, judged(FAIL, HIGH, "GET /last")) == 99


def test_the_cap_needs_a_failure_that_is_critical_and_confirmed() -> None:
    passes = [judged(PASS, CRITICAL, f"GET /{number}") for number in range(9)]
    broken = judged(FAIL, CRITICAL, "GET /x")
    assert score_of(*passes, broken) == scoring.CRITICAL_CAP
    assert score_of(*passes, replace(broken, confirmed=False)) == 90
    assert score_of(*passes, judged(FAIL, CRITICAL, "GET /x", severity=Severity.HIGH)) == 90


def test_the_cap_holds_for_its_own_family_and_the_total_only() -> None:
    judgements = [judged(FAIL, CRITICAL, "GET /x"), judged(PASS, HIGH), judged(PASS, LOW)]
    scores = {one.family: one.score for one in scoring.families(judgements, FACTS)}
    assert scores == {"auth": 37, "headers": 100, "perf": None}


def test_coverage_stands_beside_the_score() -> None:
    judgements = [judged(outcome, HIGH, f"GET /{outcome}") for outcome in Outcome]
    (auth, headers, _) = scoring.families(judgements, FACTS)
    assert (auth.coverage.judged, auth.coverage.applicable) == (2, 4)
    assert auth.counts == {"pass": 1, "fail": 1, "skip": 1, "unsure": 1, "error": 1}
    assert headers.coverage.share == 0.0
    assert scoring.coverage(judgements, FACTS).applicable == 4


def test_a_share_counts_subjects_not_verdicts() -> None:
    judgements = [judged(PASS, HIGH, "GET /a"), judged(FAIL, HIGH, "GET /a"), judged(PASS, HIGH, "GET /b")]
    assert scoring.share(judgements, FACTS, check=HIGH) == Fraction(1, 2)


# --- standards ----------------------------------------------------------------------------------------------


def row_of(standard: str, *judgements: Judgement, facts: tuple[CheckFacts, ...] = FACTS) -> str:
    rows = {row.id: row.outcome for row in scoring.standards(judgements, facts)}
    return rows[standard]


def passes(number: int, outcome: Outcome = PASS) -> list[Judgement]:
    return [judged(outcome, HIGH, f"{outcome} /{index}") for index in range(number)]


@pytest.mark.parametrize(
    ("judgements", "outcome"),
    [
        pytest.param([], "unjudged", id="no result"),
        pytest.param(passes(3), "met", id="all pass"),
        pytest.param([*passes(3), *passes(30, SKIP)], "met", id="what does not apply does not count"),
        pytest.param([*passes(9), *passes(1, UNSURE)], "met", id="nine of ten"),
        pytest.param([*passes(8), *passes(1, UNSURE)], "unjudged", id="eight of nine"),
        pytest.param([*passes(8), *passes(1, ERROR)], "unjudged", id="our bug is no pass"),
        pytest.param(passes(2, SKIP), "skip", id="all skip"),
        pytest.param(passes(2, UNSURE), "unjudged", id="all unsure"),
        pytest.param([*passes(99), *passes(1, FAIL)], "broken", id="one confirmed failure"),
        pytest.param([*passes(9), judged(FAIL, severity=Severity.LOW)], "broken", id="a low one too"),
        pytest.param([*passes(9), judged(FAIL, severity=Severity.INFO)], "met", id="info is a note"),
        pytest.param([*passes(1), judged(FAIL, confirmed=False)], "unjudged", id="an unconfirmed one proves nothing"),
    ],
)
def test_a_row_follows_from_its_checks(judgements: list[Judgement], outcome: str) -> None:
    assert row_of("AUTH-2", *judgements) == outcome


def test_a_check_without_a_result_keeps_a_row_from_being_met() -> None:
    facts = (*FACTS, check("auth.jwt-forgery", Severity.CRITICAL, "AUTH-2"))
    assert row_of("AUTH-2", *passes(3), facts=facts) == "unjudged"


def test_a_met_row_lists_what_it_leaves_open() -> None:
    (row,) = (one for one in scoring.standards([*passes(9), *passes(1, UNSURE)], FACTS) if one.id == "AUTH-2")
    assert row.checks == (HIGH,)
    assert row.rest == (f"{HIGH} unsure /0",)


def test_rows_that_no_check_answers_are_never_passed_in_silence() -> None:
    rows = scoring.standards([], FACTS)
    assert [row.id for row in rows] == [one.id for one in STANDARDS]
    assert {row.outcome for row in rows} == {"unjudged"}


@pytest.mark.parametrize(
    ("ops_3", "errors", "outcome"),
    [
        ("met", "met", "met"),
        ("skip", "met", "met"),
        ("skip", "skip", "skip"),
        ("unjudged", "met", "unjudged"),
        ("unjudged", "broken", "broken"),
    ],
)
def test_a_deliverable_follows_from_its_rows(ops_3: str, errors: str, outcome: str) -> None:
    rows = tuple(replace(row, outcome=ops_3 if row.id == "OPS-3" else errors) for row in scoring.standards([], FACTS))
    answered = {row.title: row.outcome for row in scoring.checklist(rows)}
    assert answered["Error handling and logging"] == outcome


def test_the_checklist_has_its_fifteen_rows_even_of_nothing() -> None:
    rows = scoring.checklist(())
    assert [row.title for row in rows] == [one.title for one in DELIVERABLES]
    assert {row.outcome for row in rows} == {"unjudged"}


# --- findings -----------------------------------------------------------------------------------------------


def test_a_finding_carries_everything_that_a_reader_needs() -> None:
    seen = (Seen(role=Role.PROBE, exchange="x1"),)
    (finding,) = found(judged(FAIL, CRITICAL, message="answered 200", seen=seen))
    assert finding == Finding(
        fingerprint=scoring.fingerprint(CRITICAL, "GET", "/users/{id}", "status=2xx"),
        cause=scoring.cause(CRITICAL, "status=2xx"),
        check=CRITICAL,
        subject="GET /users/{id}",
        operation="GET /users/{id}",
        severity="critical",
        message="answered 200",
        confirmed=True,
        evidence=seen,
        curl="curl GET /users/{id}",
        fix=f"mend {CRITICAL}",
        document_line=7,
        signature="status=2xx",
    )


def test_one_finding_per_check_subject_and_signature() -> None:
    again = judged(FAIL, severity=Severity.MEDIUM, confirmed=False, count=4)
    other = judged(FAIL, signature="status=5xx")
    merged, apart = found(again, judged(FAIL, count=2), other)
    assert (merged.severity, merged.confirmed, merged.count) == ("high", True, 6)
    assert apart.fingerprint != merged.fingerprint


def test_a_finding_about_a_resource_or_the_api_has_a_fingerprint_too() -> None:
    assert len({one.fingerprint for one in found(judged(FAIL, subject="/users"), judged(FAIL, subject="api"))}) == 2


def test_info_is_a_note_and_never_a_finding() -> None:
    slow = [judged(FAIL, INFO, f"GET /{n}", message="40 requests/s", severity=None) for n in range(5)]
    aside = judged(PASS, LOW, "GET /a", note="sent twice")
    assert found(*slow, aside) == ()
    assert scoring.notes([*slow, aside], FACTS) == (
        f"{LOW}: sent twice (GET /a)",
        f"{INFO}: 40 requests/s (GET /0, GET /1, GET /2, +2 more)",
    )


def test_other_endings_are_no_findings() -> None:
    assert found(*(judged(one) for one in Outcome if one is not FAIL)) == ()
