"""A baseline holds what was known, forgives nothing worse, and forgets only what was judged and gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Audit, Finding, Outcome, Severity
from auditor.verdicts import baseline
from auditor.verdicts.baseline import Baseline, Entry
from auditor.verdicts.scoring import FINGERPRINT_VERSION
from tests.auditor.runs import (
    BODY,
    BOLA,
    DAY,
    ORDERS,
    SHAPE,
    SLOW,
    USER,
    audit,
    audits,
    finding,
    reference_run,
    result,
)

LATER = DAY + timedelta(days=7)


def entry(
    of: Finding | None = None,
    *,
    first_seen: date = DAY,
    expires: date | None = None,
    reason: str = "",
    severity: Severity | None = None,
) -> Entry:
    one = of or finding()
    return Entry(
        fingerprint=one.fingerprint,
        check=one.check,
        operation=one.subject,
        signature=one.signature,
        severity=severity or baseline.severity_of(one),
        first_seen=first_seen,
        last_seen=first_seen,
        reason=reason,
        expires=expires,
    )


def known(*entries: Entry) -> Baseline:
    return Baseline(entries=entries, tool_version="0.1.0")


# --- what counts as known -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "written", "status"),
    [
        pytest.param(finding(), entry(), "known", id="written down"),
        pytest.param(finding(BODY, ORDERS), entry(), "new", id="elsewhere"),
        pytest.param(finding(signature="effect"), entry(), "new", id="in another way"),
        pytest.param(finding(severity="low"), entry(), "known", id="milder than it was"),
        pytest.param(finding(), entry(severity=Severity.MEDIUM), "new", id="worse than it was"),
        pytest.param(finding(), entry(expires=DAY), "known", id="on its last day"),
        pytest.param(finding(), entry(expires=DAY - timedelta(days=1)), "new", id="ended yesterday"),
        pytest.param(
            finding(severity="critical"), entry(severity=Severity.CRITICAL), "new", id="critical, written by hand"
        ),
        pytest.param(finding(SLOW), entry(finding(SLOW)), "new", id="latency, written by hand"),
        pytest.param(finding(status="suppressed"), entry(), "suppressed", id="suppressed already"),
        pytest.param(
            finding(BODY, "GET /users/{user_id}"), entry(finding(BODY, USER)), "known", id="parameter renamed"
        ),
    ],
)
def test_a_finding_is_known_where_an_entry_covers_it(one: Finding, written: Entry, status: str) -> None:
    (marked,) = baseline.recognised([one], known(written), DAY)
    assert marked == replace(one, status=marked.status)
    assert marked.status == status


def test_of_two_entries_left_by_a_merge_either_covers() -> None:
    both = known(entry(severity=Severity.LOW), entry())
    assert [one.status for one in baseline.recognised([finding()], both, DAY)] == ["known"]


def test_old_debt_and_ended_entries_are_told() -> None:
    old, older = entry(first_seen=DAY - timedelta(days=91)), entry(finding(SHAPE), first_seen=DAY - timedelta(days=100))
    ended = entry(finding(SHAPE, ORDERS), expires=date(2026, 11, 1))
    young = entry(finding(BODY, ORDERS), first_seen=DAY - timedelta(days=90))
    there = [finding(), finding(SHAPE), finding(SHAPE, ORDERS), finding(BODY, ORDERS)]
    assert baseline.notes(there, known(old, older, ended, young), DAY) == (
        "warning: the baseline's entry for errors.shape on GET /orders ended on 2026-11-01: its finding is new again",
        "2 findings of the baseline are older than 90 days, the oldest errors.shape on POST /users, since 2026-08-13",
    )
    assert baseline.notes([finding()], known(old), DAY)[0].startswith("1 finding of the baseline is older")
    assert baseline.notes([finding(BOLA), finding(status="suppressed")], known(old, ended), DAY) == ()


# --- create, update -----------------------------------------------------------------------------------------


def test_a_baseline_is_made_of_what_is_open() -> None:
    mild, worst, slow, aside = (
        finding(severity="low"),
        finding(BOLA, USER, severity="critical"),
        finding(SLOW, USER),
        finding(SHAPE, status="suppressed"),
    )
    made = baseline.created(audit(mild, worst, slow, aside), DAY)
    assert made.entries == (entry(mild),)
    assert made.tool_version == "0.1.0"


@given(audits())
def test_a_run_against_its_own_baseline_finds_nothing_new(run: Audit) -> None:
    made = baseline.created(run, DAY)
    fresh = [replace(one, status="new") for one in run.findings if one.status != "suppressed"]
    unknown = [one for one in baseline.recognised(fresh, made, DAY) if one.status == "new"]
    assert [one for one in unknown if baseline.may_be_known(one)] == []
    assert all(one.severity == "critical" or one.check.startswith("perf.") for one in unknown)


@given(audits(), audits())
def test_updating_twice_is_updating_once(first: Audit, second: Audit) -> None:
    made = baseline.updated(baseline.created(first, DAY), second, LATER)
    assert baseline.updated(made, second, LATER) == made


@given(audits(), audits())
def test_updating_removes_nothing(first: Audit, second: Audit) -> None:
    before = baseline.created(first, DAY)
    after = {one.fingerprint for one in baseline.updated(before, second, LATER).entries}
    assert {one.fingerprint for one in before.entries} <= after


def test_an_update_follows_the_severity_and_leaves_what_people_wrote() -> None:
    written = replace(entry(reason="old client", expires=DAY), extra={"team": "red"}, ticket="API-7")
    (after,) = baseline.updated(known(written), audit(finding(severity="low")), LATER).entries
    assert (after.severity, after.first_seen, after.last_seen) == (Severity.LOW, DAY, LATER)
    assert (after.reason, after.ticket, after.expires, after.extra) == ("old client", "API-7", DAY, {"team": "red"})


def test_an_update_from_an_earlier_run_does_not_turn_the_clock_back() -> None:
    (after,) = baseline.updated(known(entry()), audit(finding()), DAY - timedelta(days=3)).entries
    assert (after.first_seen, after.last_seen) == (DAY - timedelta(days=3), DAY)


# --- prune --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "kept"),
    [
        pytest.param(audit(results=[result()]), False, id="judged and passed"),
        pytest.param(audit(finding(signature="effect")), False, id="judged, and fails in another way only"),
        pytest.param(audit(finding(status="suppressed")), True, id="there, though suppressed"),
        pytest.param(audit(finding(severity="critical")), True, id="there, and worse"),
        pytest.param(audit(results=[result(outcome=Outcome.UNSURE)]), True, id="could not be judged"),
        pytest.param(audit(results=[result(outcome=Outcome.SKIP)]), True, id="does not apply"),
        pytest.param(audit(results=[result(outcome=Outcome.ERROR)]), True, id="our bug"),
        pytest.param(audit(results=[result(BODY, ORDERS)]), True, id="judged elsewhere"),
        pytest.param(audit(results=[result(SHAPE)]), True, id="another check judged there"),
        pytest.param(audit(), True, id="nothing judged"),
        pytest.param(audit(results=[result()], complete=False), True, id="the run did not finish"),
    ],
)
def test_only_what_was_judged_and_is_gone_is_pruned(run: Audit, kept: bool) -> None:
    before = known(entry())
    after = baseline.pruned(before, run)
    assert after == (before if kept else replace(before, entries=()))


def test_a_renamed_path_parameter_is_the_same_place() -> None:
    before = known(entry(finding(BODY, "GET /users/{user_id}")))
    assert baseline.pruned(before, audit(results=[result(BODY, USER)])).entries == ()


def test_what_a_run_says_nothing_of_is_unobserved() -> None:
    there, gone, silent = finding(), finding(SHAPE), finding(SHAPE, ORDERS)
    run = audit(there, results=[result(SHAPE), result(SHAPE, ORDERS, Outcome.UNSURE)])
    before = known(entry(there), entry(gone), entry(silent))
    assert baseline.unobserved(before, run) == (entry(silent),)


@given(audits(complete=True), audits(complete=True))
def test_pruning_what_was_updated_is_stable(first: Audit, second: Audit) -> None:
    updated = baseline.updated(baseline.created(first, DAY), second, LATER)
    pruned = baseline.pruned(updated, second)
    assert baseline.pruned(pruned, second) == pruned
    assert baseline.updated(pruned, second, LATER) == pruned


@given(audits(), audits(complete=False))
def test_an_unfinished_run_prunes_nothing(first: Audit, second: Audit) -> None:
    made = baseline.created(first, DAY)
    assert baseline.pruned(made, second) == made


# --- as text ------------------------------------------------------------------------------------------------

JSON = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
EXTRA = st.dictionaries(st.text(max_size=4).map(lambda name: f"x-{name}"), JSON, max_size=2)
ENTRIES = st.builds(
    Entry,
    fingerprint=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    check=st.text(),
    operation=st.text(),
    signature=st.text(),
    reason=st.text(),
    ticket=st.text(),
    severity=st.sampled_from(Severity),
    extra=EXTRA,
)


@given(st.builds(Baseline, entries=st.lists(ENTRIES, max_size=4).map(tuple), tool_version=st.text(), extra=EXTRA))
def test_what_is_written_is_read_back_the_same(made: Baseline) -> None:
    text = baseline.render(made)
    again = baseline.read(text.encode().decode())
    assert set(map(repr, again.entries)) == set(map(repr, made.entries))
    assert (again.tool_version, again.extra) == (made.tool_version, made.extra)
    assert baseline.render(again) == text


def test_the_file_reads_as_documented() -> None:
    text = baseline.render(baseline.created(audit(finding(), finding(SHAPE, ORDERS, signature="")), DAY))
    data = json.loads(text)
    assert list(data) == ["format_version", "tool_version", "fingerprint_version", "entries"]
    assert data["entries"] == [
        {
            "fingerprint": finding(SHAPE, ORDERS, signature="").fingerprint,
            "check": "errors.shape",
            "operation": "GET /orders",
            "severity": "high",
            "first_seen": "2026-11-21",
            "last_seen": "2026-11-21",
            "reason": "",
            "ticket": "",
            "expires": None,
        },
        {
            "fingerprint": finding().fingerprint,
            "check": "input.malformed-body",
            "operation": "POST /users",
            "signature": "status=5xx",
            "severity": "high",
            "first_seen": "2026-11-21",
            "last_seen": "2026-11-21",
            "reason": "",
            "ticket": "",
            "expires": None,
        },
    ]
    assert text.endswith("}\n")


def test_an_entry_is_a_block_of_its_own_so_that_branches_merge() -> None:
    few = baseline.render(baseline.created(audit(finding()), DAY)).splitlines()
    more = baseline.render(baseline.created(audit(finding(), finding(SHAPE)), DAY)).splitlines()
    assert [line for line in few if line not in more] == []
    assert len(more) - len(few) == 12


def changed(change: Callable[[dict[str, object]], object]) -> str:
    data = json.loads(baseline.render(known(entry())))
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not JSON"),
        ("[]", "expected an object at the top"),
        ('{\n<<<<<<< HEAD\n"a": 1\n', "line 2: a merge was left unfinished"),
        ("{}", "format_version is null, this auditor reads 1"),
        (changed(lambda one: one.update(format_version=2)), "format_version is 2"),
        (
            changed(lambda one: one.update(fingerprint_version=9)),
            f"fingerprint_version is 9, this auditor reads {FINGERPRINT_VERSION}",
        ),
        (changed(lambda one: one.update(entries={})), "entries: expected a list"),
        (changed(lambda one: one.update(entries=["x"])), r"entries\[0\]: expected an object"),
        (changed(lambda one: one.update(entries=[{}])), r"entries\[0\].fingerprint: expected a text, but the key is"),
        (changed(lambda one: one.update(tool_version=3)), "the file.tool_version: expected a text$"),
    ],
)
def test_a_file_that_cannot_be_used_is_placed_and_explained(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        baseline.read(text)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("severity", "severe", "severity: 'severe' is not one of critical, high, medium, low, info"),
        ("first_seen", "yesterday", "first_seen: expected a day such as 2026-11-21"),
        ("expires", 2027, "expires: expected a day such as 2026-11-21"),
        ("reason", None, "reason: expected a text"),
    ],
)
def test_an_entry_that_cannot_be_used_is_placed_and_explained(key: str, value: object, message: str) -> None:
    data = json.loads(baseline.render(known(entry())))
    data["entries"][0][key] = value
    with pytest.raises(ValueError, match=rf"entries\[0\]\.{message}"):
        baseline.read(json.dumps(data))


# --- against the reference API ------------------------------------------------------------------------------

DEBT = "design.response-conformance"
NEW = "design.create-201"


@pytest.fixture(scope="module")
def indebted() -> Audit:
    return reference_run(DEBT)


def test_another_host_port_seed_and_run_give_the_same_fingerprints(indebted: Audit) -> None:
    other = reference_run(DEBT, address="http://staging.example.test:8443", seed="41f2")
    assert other.run.id != indebted.run.id
    assert other.target.base_url != indebted.target.base_url
    fingerprints = [{one.fingerprint for one in run.findings} for run in (indebted, other)]
    assert fingerprints[0] == fingerprints[1] != set()


def test_a_new_defect_is_all_that_is_new_and_what_was_mended_is_pruned(indebted: Audit) -> None:
    debt = baseline.created(indebted, DAY)
    worse = reference_run(DEBT, NEW, baseline=debt)
    assert {one.check for one in worse.findings if one.status == "new"} == {NEW}
    assert {one.check for one in worse.findings if one.status == "known"} == {DEBT}
    both = baseline.updated(debt, worse, DAY)
    assert {one.check for one in both.entries} == {NEW, DEBT}
    mended = reference_run(DEBT, baseline=both)
    assert {one.status for one in mended.findings} == {"known"}
    assert baseline.pruned(both, mended).entries == debt.entries
    assert baseline.pruned(both, reference_run()).entries == ()
