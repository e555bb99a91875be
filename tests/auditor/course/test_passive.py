"""Passive rules run at capture and fold to counts and three examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from auditor.check import Check, Judged, check
from auditor.course import passive
from auditor.course.passive import NOT_AGAIN, Fold
from auditor.evidence import EVERY_EXCHANGE, whole_run
from auditor.model import Exchange, Judgement, Outcome, Severity, Verdict, failed, passed, skipped, unsure
from tests.checks.building import exchange, operation, reply

READ = operation("GET", "/things/{id}")


def rule(judge: Callable[[Exchange], Judged]) -> Check[Exchange]:
    return check("tests.rule", severity=Severity.LOW, standards=(), on=EVERY_EXCHANGE)(judge)


def seen(id: str = "x1", status: int = 200, *, phase: str = "probing") -> Exchange:
    return exchange(reply(status, {}), operation=READ, id=id, phase=phase)


def folded(judge: Callable[[Exchange], Judged], exchanges: Iterable[Exchange]) -> Fold:
    fold = Fold([rule(judge)])
    for one in exchanges:
        fold.observe(one)
    return fold


def only(fold: Fold) -> Judgement:
    (found,) = fold.judgements(frozenset())
    return found


def by_status(one: Exchange) -> Verdict:
    return failed(f"answered {one.response.status}", signature="5xx") if one.response.status >= 500 else passed()


def test_a_failure_is_counted_and_shown_by_its_first_three() -> None:
    found = only(folded(by_status, [seen(f"x{number}", 500 + number) for number in range(10)]))
    assert (found.count, [one.exchange for one in found.seen]) == (10, ["x0", "x1", "x2"])
    assert found.verdict.message == "answered 500"
    assert (found.subject, found.operation, found.confirmed) == (READ.label, READ.label, True)


def test_a_pass_keeps_no_examples() -> None:
    found = only(folded(by_status, [seen(), seen()]))
    assert (found.verdict.outcome, found.count, found.seen) == (Outcome.PASS, 2, ())


def test_each_signature_is_a_failure_of_its_own() -> None:
    def named(one: Exchange) -> Verdict:
        return failed("broken", signature=str(one.response.status))

    found = folded(named, [seen(status=500), seen(status=501), seen(status=500)]).judgements(frozenset())
    assert {(one.verdict.signature, one.count) for one in found} == {("500", 2), ("501", 1)}


def test_parts_of_a_subject_are_subjects_themselves() -> None:
    def parts(_one: Exchange) -> Judged:
        return (passed(about="GET /a"), failed("no", about="GET /b"))

    found = folded(parts, [seen()]).judgements(frozenset())
    assert {(one.subject, one.verdict.outcome) for one in found} == {("GET /a", Outcome.PASS), ("GET /b", Outcome.FAIL)}


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([passed(), skipped("no"), unsure("perhaps")], Outcome.UNSURE),
        ([skipped("no"), passed()], Outcome.PASS),
        ([skipped("no")], Outcome.SKIP),
        ([passed(), failed("no"), unsure("perhaps")], Outcome.FAIL),
        ([Verdict(outcome=Outcome.ERROR), unsure("perhaps")], Outcome.ERROR),
    ],
)
def test_of_several_verdicts_on_one_subject_the_one_that_matters_is_told(said: list[Verdict], outcome: Outcome) -> None:
    turns = iter(said)
    assert only(folded(lambda _one: next(turns), [seen() for _ in said])).verdict.outcome is outcome


def test_a_pass_with_a_note_is_told_before_one_without() -> None:
    turns = iter([passed(), passed(note="by the way")])
    assert only(folded(lambda _one: next(turns), [seen(), seen()])).verdict.note == "by the way"


# --- while the world is in doubt ----------------------------------------------------------------------------


@pytest.mark.parametrize(("kept", "count"), [(True, 3), (False, 1)])
def test_what_is_seen_in_doubt_counts_when_all_was_well(kept: bool, count: int) -> None:
    fold = folded(by_status, [seen("x1", 500)])
    fold.doubt()
    for one in ("x2", "x3"):
        fold.observe(seen(one, 500))
    fold.cleared(kept)
    assert (only(fold).count, [one.exchange for one in only(fold).seen]) == (count, ["x1", "x2", "x3"][:count])
    fold.observe(seen("x4", 500))
    assert only(fold).count == count + 1


@pytest.mark.parametrize(("kept", "facts"), [(True, ["x1", "x2"]), (False, ["x1"])])
def test_facts_of_a_broken_world_are_forgotten(kept: bool, facts: list[str]) -> None:
    fold = Fold([across()])
    fold.observe(seen("x1", 204))
    fold.doubt()
    fold.doubt()
    fold.observe(seen("x2", 204))
    fold.cleared(kept)
    fold.cleared(kept)
    ((_, kept_facts),) = fold.whole_run()
    assert [one.exchange for one in kept_facts] == facts


def test_what_was_only_seen_in_a_broken_world_was_never_said() -> None:
    fold = folded(by_status, [])
    fold.doubt()
    fold.observe(seen("x1", 500))
    fold.cleared(False)
    assert (fold.failures(), fold.judgements(frozenset())) == ([], [])


def test_a_failure_that_did_not_come_again_is_unsure() -> None:
    fold = folded(by_status, [seen(status=500)])
    ((_, subject, tally),) = fold.failures()
    (found,) = fold.judgements(frozenset({("tests.rule", subject, tally.verdict.signature)}))
    assert (found.verdict.outcome, found.confirmed) == (Outcome.UNSURE, False)
    assert found.verdict.message == f"{NOT_AGAIN}: answered 500"


def raising(_one: Exchange) -> Verdict:
    raise KeyError("x")


def nothing(_one: Exchange) -> Any:
    return None


def half(_one: Exchange) -> Iterable[Verdict]:
    yield passed()
    raise ValueError("halfway")


@pytest.mark.parametrize(("judge", "bug"), [(raising, "KeyError"), (nothing, "TypeError"), (half, "ValueError")])
def test_a_rule_that_raises_is_an_error_of_ours(judge: Callable[[Exchange], Judged], bug: str) -> None:
    found = only(folded(judge, [seen(), seen()]))
    assert (found.verdict.outcome, found.count) == (Outcome.ERROR, 2)
    assert found.verdict.message.startswith(f"{bug} in tests.rule")


@pytest.mark.parametrize("phase", ["confirming", "cleanup"])
def test_confirming_and_cleaning_up_is_not_judged(phase: str) -> None:
    assert not folded(by_status, [seen(status=500, phase=phase)]).judgements(frozenset())


@pytest.mark.parametrize("phase", ["", "preflight", "identities", "seeding", "probing"])
def test_everything_else_is_judged(phase: str) -> None:
    assert folded(by_status, [seen(status=500, phase=phase)]).judgements(frozenset())


def test_silence_is_not_judged() -> None:
    silence = exchange(reply(0, problem="timeout"), operation=READ)
    assert not folded(by_status, [silence]).judgements(frozenset())


# --- across the run -----------------------------------------------------------------------------------------


def status_above_one(one: Exchange) -> int | None:
    if one.response.status == 418:
        raise RuntimeError("teapot")
    return one.response.status if one.response.status > 200 else None


def across() -> Check[Any]:
    on = whole_run(status_above_one)
    return check("tests.rule", severity=Severity.LOW, standards=(), on=on)(lambda _facts: passed())


def test_facts_are_kept_of_what_they_are_extracted_from() -> None:
    fold = Fold([across()])
    for number, status in enumerate((200, 404, 500)):
        fold.observe(seen(f"x{number}", status))
    ((_, facts),) = fold.whole_run()
    assert [(one.exchange, one.subject, one.value) for one in facts] == [
        ("x1", READ.label, 404),
        ("x2", READ.label, 500),
    ]


def test_facts_are_kept_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passive, "MOST_FACTS", 3)
    fold = Fold([across()])
    for number in range(10):
        fold.observe(seen(f"x{number}", 404))
    ((_, facts),) = fold.whole_run()
    assert len(facts) == 3


def test_an_extract_that_raises_is_an_error_of_ours_and_stops_nobody() -> None:
    fold = Fold([across()])
    for status in (418, 404):
        fold.observe(seen(status=status))
    assert only(fold).verdict.message == "RuntimeError in tests.rule: teapot"
    ((_, facts),) = fold.whole_run()
    assert len(facts) == 1
