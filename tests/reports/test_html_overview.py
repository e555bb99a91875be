from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Audit, ChecklistRow, IdentityFacts, Json, Result, Role, Seen, StandardRow
from reports import overview
from reports.history import history
from reports.html import render
from reports.matrix import matrix
from reports.prose import remedy
from tests.reports import building
from tests.reports.test_html import Page

ORDERS = "GET /api/v1/orders"


def compared() -> Audit:
    """Return the small audit beside an older run: one fixed, one regression, one worse."""
    small = building.small()
    regression, worse = small.findings[0], small.findings[1]
    change = {
        "check": "errors.shape",
        "subject": ORDERS,
        "severity": "medium",
        "message": "text/plain",
        "status": "new",
    }
    comparison = {
        "old_run": "20261120-0100-aaaa",
        "new_run": small.run.id,
        "fixed": [change | {"fingerprint": "f" * 32}],
        "new": [change | {"fingerprint": regression.fingerprint, "regression": True, "why": "passed before"}],
        "worse": [change | {"fingerprint": worse.fingerprint, "was": "medium"}],
        "not_comparable": [],
        "unchanged": 12,
        "scores": [{"family": "", "old": 61, "new": 49}, {"family": "authz", "old": None, "new": 93}],
        "remarks": ["the document changed between the runs"],
    }
    return replace(small, comparison=comparison)


@pytest.mark.parametrize(
    "words",
    [
        "Since run 20261120-0100-aaaa: 1 fixed, 1 new (1 regression), 1 worse, 12 unchanged",
        "score 61 → 49",
        "regression: passed before",
        "was medium",
        "the document changed between the runs",
        "score was 61 −12",
    ],
)
def test_what_changed_since_the_last_run_is_told(words: str) -> None:
    assert words in Page(render(compared(), building.small_exchanges())).text


@pytest.mark.parametrize("comparison", [None, 3, [], "", {}, {"new": 3, "scores": [None], "unchanged": "x"}])
def test_a_comparison_of_another_shape_breaks_nothing(comparison: Json) -> None:
    render(replace(building.small(), comparison=comparison), {})


def test_a_score_that_was_not_given_has_no_step() -> None:
    told = history(compared().comparison)
    assert told
    assert (told.step(""), told.step("authz"), told.step("cors")) == (-12, None, None)


@pytest.mark.parametrize(
    ("expires", "told"),
    [
        ("2026-11-30", "2026-11-30, 9 days left"),
        ("2026-11-22", "2026-11-22, 1 day left"),
        ("2026-11-21", "2026-11-21, last day"),
        ("2026-11-20", "2026-11-20, ended"),
        ("soon", "soon"),
        (None, "for good"),
    ],
)
def test_a_suppression_says_how_long_it_holds(expires: str | None, told: str) -> None:
    record = {"check": "auth.*", "reason": "public by design", "owner": "@ops", "ticket": "OPS-7", "expires": expires}
    accepted = overview.accepted(replace(building.small(), suppressions=(record,)))
    assert (accepted[0].expires, accepted[0].owner) == (told, "@ops · OPS-7")


def test_suppressed_findings_stand_beside_the_reason() -> None:
    text = Page(render(building.small(), {})).text
    assert "the gateway answers2027-03-01, 100 days left" in text
    assert "404 to PUT, no Allow header" in text


def test_a_check_with_open_and_suppressed_findings_and_one_with_suppressed_ones_only_can_be_linked_to() -> None:
    first, *rest = building.small_findings()
    mixed = replace(rest[0], status="suppressed")
    page = Page(render(replace(compared(), findings=(replace(first, status="suppressed"), mixed, *rest[1:])), {}))
    ids = list(page.attributes("id"))
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.attributes("href") if link.startswith("#")} <= set(ids)


def test_hints_that_only_count_what_does_not_apply_are_left_to_their_section() -> None:
    skips = ("117 do not apply: no value is required (and 12 other reasons)", "1 does not apply: no PATCH")
    wanted = "2 could not be judged: no admin → identities: {root: …}"
    assert overview.hints(replace(building.small(), hints=(*skips, wanted))) == (wanted,)


@given(st.lists(st.tuples(st.sampled_from(["fail", "pass", "unsure"]), st.integers(0, 10**6)), max_size=6))
def test_a_bar_is_filled_exactly_and_shows_whatever_is_there(counts: list[tuple[str, int]]) -> None:
    parts = overview.bar(counts)
    assert len(parts) == sum(number > 0 for _, number in counts)
    assert sum(one.length for one in parts) == (1000 if parts else 0)
    assert all(one.length > 0 for one in parts)
    assert [one.start for one in parts] == [sum(one.length for one in parts[:i]) for i in range(len(parts))]


def standard(outcome: str, *checks: str, results: tuple[Result, ...] = ()) -> overview.Row:
    row = StandardRow(id="AUTH-7", outcome=outcome, checks=checks, rest=("x GET /a",) if outcome == "met" else ())
    return overview.standards(replace(building.small(), standards=(row,), results=results))[0]


def result(outcome: str, reason: str = "", unlock: str = "") -> Result:
    return Result(check="authz.bfla", subject="API", operation=None, outcome=outcome, reason=reason, unlock=unlock)


def test_a_standard_that_is_not_judged_says_why() -> None:
    assert standard("unjudged").why == overview.NO_CHECK
    assert standard("unjudged", "authz.bfla").why == "authz.bfla gave no result"
    known = standard("unjudged", "authz.bfla", results=(result("unsure", "no admin", "identities: …"),))
    assert (known.why, known.unlock) == ("no admin", "identities: …")
    assert standard("unjudged", "authz.bfla", results=(result("fail"),)).why == "not confirmed"
    assert standard("met", "authz.bfla").why == "not on x GET /a"


def test_a_row_of_the_checklist_says_what_broke_it() -> None:
    rows = (StandardRow(id="A", outcome="broken", checks=("authz.bfla",)), StandardRow(id="B", outcome="met"))
    listed = ChecklistRow(title="Authorisation", outcome="broken", standards=("A", "B", "not there"))
    audit = replace(building.small(), standards=rows, checklist=(listed,), results=(result("fail"),))
    topic = overview.checklist(audit, overview.standards(audit))[0]
    assert (topic.why, topic.broken_by) == ("2 standards: 1 broken, 1 met", ("authz.bfla",))


def test_a_row_that_nothing_looks_at_says_so() -> None:
    rows = (StandardRow(id="A", outcome="unjudged"), StandardRow(id="B", outcome="skip"))
    listed = (
        ChecklistRow(title="Docker", outcome="unjudged", standards=("A",)),
        ChecklistRow(title="GraphQL", outcome="skip", standards=("B",)),
    )
    audit = replace(building.small(), standards=rows, checklist=listed)
    assert [one.why for one in overview.checklist(audit, overview.standards(audit))] == [overview.NO_CHECK, ""]


def test_the_ladder_shows_which_rung_was_missing() -> None:
    missing = [one.name for one in overview.ladder(building.small()) if not one.had]
    assert missing == ["an administrator"]
    alone = replace(building.small(), identities=(IdentityFacts(name="alice", role="user", how="given"),))
    assert [one.name for one in overview.ladder(alone) if not one.had] == ["a second user", "an administrator"]


def test_users_made_for_one_question_are_counted() -> None:
    names = ("alice", "anonymous", "throwaway1", "throwaway12", "probe3", "carol")
    known = (IdentityFacts(name="alice", role="user", how=""),)
    assert overview.callers(names, known) == "alice, anonymous, carol, 1 probe user, 2 throwaway users"


def test_a_place_in_a_document_on_one_line_is_not_told() -> None:
    first = building.small_findings()[0]
    page = Page(render(replace(building.small(), findings=(replace(first, document_line=1),)), {}))
    assert "openapi.json:1" not in page.text


def test_what_one_cause_did_is_counted_before_it_is_listed() -> None:
    text = render(building.small(), building.small_exchanges())
    assert text.index("7 places, one cause") < text.index('<div class="places">') < text.index("9× ·")


def test_exchanges_that_are_not_shown_are_counted() -> None:
    first = building.small_findings()[0]
    crowded = replace(first, evidence=(*first.evidence, *(Seen(role=Role.PROBE, exchange="e3") for _ in range(4))))
    page = Page(render(replace(building.small(), findings=(crowded,)), building.small_exchanges()))
    assert "7 exchanges prove it, 3 shown" in page.text


@pytest.mark.parametrize(
    ("text", "advice", "stacks"),
    [
        (
            "validate early. Express: `zod: x`; Django REST: `a; b`. Say so in the description.",
            "validate early. Say so in the description.",
            [("Express", "`zod: x`"), ("Django REST", "`a; b`")],
        ),
        ("do it. Express: `a`.", "do it. Express: `a`.", []),
        ("do it", "do it", []),
        ("", "", []),
        (
            "take it away. Django: the server; nginx: `tokens off`; .NET: none",
            "take it away.",
            [("Django", "the server"), ("nginx", "`tokens off`"), (".NET", "none")],
        ),
    ],
)
def test_a_fix_is_told_in_a_sentence_and_by_framework(text: str, advice: str, stacks: list[tuple[str, str]]) -> None:
    cure = remedy(text)
    assert (cure.advice, [(one.name, one.how) for one in cure.stacks]) == (advice, stacks)


@given(st.text(alphabet="aA.;: `N", max_size=60))
def test_no_fix_loses_a_word(text: str) -> None:
    cure = remedy(text)
    kept = cure.advice + "".join(one.name + one.how for one in cure.stacks)
    assert sorted(kept.replace(" ", "").strip(";.:")) <= sorted(text.replace(" ", "")) or not cure.stacks


def test_failing_checks_are_named_above_the_matrix_and_labels_keep_apart() -> None:
    heads = matrix(building.small()).heads
    assert {one.text for one in heads if one.fails} >= {"authz.bola-read", "input.no-5xx"}
    places = sorted(one.x for one in heads)
    assert all(right - left >= 17 for left, right in pairwise(places))
