"""One finding is asked for again: it comes again, it is gone, or nothing can be said of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import checks
from auditor import selection
from auditor.calibrating import serving
from auditor.commands import replaying, reporting, running
from auditor.errors import UsageError
from auditor.model import IdentityFacts, Outcome
from auditor.settings.order import IdentityOrder, Order
from auditor.settings.ordering import Options
from tests.auditor.building import BASE
from tests.auditor.runs import BODY, BOLA, USER, USERS, audit, finding, result

LIMITS = {"rate_limit_requests": 600, "rate_limit_window_seconds": 3}
NOSNIFF = "headers.nosniff"


# --- against the reference API ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wrong() -> Iterator[str]:
    with serving.running((BOLA, NOSNIFF), overrides=LIMITS) as address:
        yield address


@pytest.fixture(scope="module")
def recorded(wrong: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over the API with two defects, recorded."""
    folder = tmp_path_factory.mktemp("run")
    held = selection.checks(checks.load(), only=(BOLA, NOSNIFF))
    options = Options(target=wrong, output=folder, seed="7")
    running.run(
        options, config=None, checks=held, dry_run=False, formats=(), quiet=True, verbose=False, open_report=False
    )
    return folder


def fingerprint(recorded: Path, check: str) -> str:
    return next(one.fingerprint for one in reporting.finished(recorded).findings if one.check == check)


def replayed(recorded: Path, start: str, *, target: str | None = None, output: Path | None = None) -> int:
    options = Options(target=target, output=output)
    return replaying.run(start, recorded, options, config=None, checks=checks.load(), quiet=True)


def test_a_finding_comes_again_while_the_defect_is_there(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = fingerprint(recorded, BOLA)
    assert replayed(recorded, start[:12], output=tmp_path / "kept") == 1
    said = capsys.readouterr().out
    assert said.startswith("came again, confirmed: another user was answered 200")
    assert "curl " in said
    kept = reporting.finished(tmp_path / "kept")
    assert {one.check for one in kept.results} == {BOLA}
    assert {one.fingerprint for one in kept.findings} == {start}
    assert kept.run.seed == "7"


def test_a_mended_target_does_not_show_it_again(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving.running((), overrides=LIMITS) as right:
        assert replayed(recorded, fingerprint(recorded, BOLA), target=right) == 0
        assert capsys.readouterr().out == "did not come again\n"
        assert replayed(recorded, fingerprint(recorded, NOSNIFF), target=right) == 0


def test_what_is_seen_in_passing_comes_again_too(recorded: Path) -> None:
    assert replayed(recorded, fingerprint(recorded, NOSNIFF)) == 1


def test_without_the_recorded_exchanges_silence_proves_nothing(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(recorded / "run.json", tmp_path)
    with serving.running((), overrides=LIMITS) as right:
        assert replayed(tmp_path, fingerprint(recorded, NOSNIFF), target=right) == 4
    assert "could not be judged" in capsys.readouterr().out


def test_an_unknown_finding_is_a_mistake_of_usage(recorded: Path) -> None:
    with pytest.raises(UsageError, match="no finding begins with 'zz'") as refused:
        replayed(recorded, "zz")
    assert refused.value.exit_code == 2
    assert f"{fingerprint(recorded, BOLA)[:12]} {BOLA} on" in refused.value.hint


def test_the_recorded_run_is_not_written_over(recorded: Path) -> None:
    with pytest.raises(UsageError, match="is the run that is replayed"):
        replayed(recorded, fingerprint(recorded, BOLA), output=recorded)


# --- which finding ------------------------------------------------------------------------------------------


def test_a_finding_is_named_by_how_it_begins() -> None:
    found = (replace(finding(), fingerprint="ab" + "0" * 30), replace(finding(BOLA), fingerprint="ac" + "0" * 30))
    assert replaying.chosen(found, "AC") is found[1]
    with pytest.raises(UsageError, match="2 findings begin with 'a'") as refused:
        replaying.chosen(found, "a")
    assert "ab0000000000 input.malformed-body on POST /users" in refused.value.hint
    with pytest.raises(UsageError, match="no finding") as unknown:
        replaying.chosen(found, "ad" + "0" * 10)
    assert "ac0000000000" in unknown.value.hint
    with pytest.raises(UsageError, match="no finding"):
        replaying.chosen((), "ab")


def test_fingerprints_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="fingerprint_version 9"):
        replaying.require_known_fingerprints(tmp_path, replace(audit(), fingerprint_version=9))


# --- what and where to ask ----------------------------------------------------------------------------------


def test_a_finding_holds_recipes_to_its_subject() -> None:
    (active,) = selection.checks(checks.load(), only=(BOLA,))
    (passive,) = selection.checks(checks.load(), only=(NOSNIFF,))
    of_a_kind = replace(finding(BOLA, "orders"), operation="GET /orders/{id}")
    assert replaying.subjects(of_a_kind, active) == frozenset({"orders", "GET /orders/{id}"})
    assert replaying.subjects(finding(BOLA, "API"), active) is None
    assert replaying.subjects(replace(finding(NOSNIFF, "API"), operation=USERS), passive) is None
    assert replaying.subjects(finding(NOSNIFF, USERS), passive) == frozenset({USERS})


def test_a_passive_rule_is_shown_the_traffic_that_it_judged() -> None:
    every = checks.load()
    (active,) = selection.checks(every, only=(BOLA,))
    (name,) = replaying.names_of(active)
    held = replaying.asked(finding(NOSNIFF, "API"), audit(), every, frozenset({name}))
    assert held[0].id == NOSNIFF
    assert name in replaying.names_of(held[1])
    assert [one.id for one in replaying.asked(finding(BOLA), audit(), every, frozenset())] == [BOLA]


@pytest.mark.parametrize(
    ("target", "there"),
    [
        (None, "http://a:1/api/v1"),
        ("http://b:2", "http://b:2/api/v1"),
        ("b:2/", "http://b:2/api/v1"),
        ("http://b:2/v2", "http://b:2/v2"),
    ],
)
def test_a_target_may_have_moved(target: str | None, there: str) -> None:
    assert replaying.moved("http://a:1/api/v1", target) == there


def test_the_document_moves_with_its_target(tmp_path: Path) -> None:
    here, there = "http://a:1/api", "http://b:2/api"
    assert replaying.document("http://a:1/openapi.json", here, there) == "http://b:2/openapi.json"
    assert replaying.document("http://docs:3/openapi.json", here, there) == "http://docs:3/openapi.json"
    assert replaying.document("standard input", here, there) is None
    (tmp_path / "api.yaml").touch()
    assert replaying.document(str(tmp_path / "api.yaml"), here, there) == str(tmp_path / "api.yaml")


def test_a_run_that_was_read_only_stays_so() -> None:
    plain = audit()
    before = replace(plain, run=replace(plain.run, command="auditor run http://a:1 --read-only", profile="quick"))
    asked = replaying.replayed(before, Options())
    assert (asked.read_only, asked.profile, asked.target) == (True, "quick", before.target.base_url)
    assert not replaying.replayed(before, Options(allow_writes=True)).read_only


def test_callers_that_are_not_given_again_are_named(tmp_path: Path) -> None:
    known = [IdentityFacts(name=name, role="user", how="configured") for name in ("alice", "bob")]
    before = replace(
        audit(), identities=(*known, IdentityFacts(name="eve", role="user", how="registered by the audit"))
    )
    order = Order(target=BASE, output=tmp_path, run_id="r", seed="0", identities=(IdentityOrder(name="bob"),))
    assert [*replaying.missing_callers(before, order)] == ["alice"]


# --- what came of it ----------------------------------------------------------------------------------------


def test_it_is_gone_only_where_it_was_judged_again() -> None:
    found = finding(BODY, USER)
    assert replaying.answer(found, audit(found)).code == 1
    renamed = audit(results=[result(BODY, "GET /users/{user_id}")])
    assert replaying.answer(found, renamed).code == 0
    assert replaying.answer(found, renamed, whole=False).code == 4
    assert replaying.answer(found, audit(results=[result(BODY, USER)], complete=False)).code == 4
    assert replaying.answer(found, audit()).lines == (
        f"could not be judged: {USER} was not asked about; is it still in the document?",
    )


@pytest.mark.parametrize("outcome", [Outcome.UNSURE, Outcome.SKIP, Outcome.ERROR])
def test_what_could_not_be_judged_says_why(outcome: Outcome) -> None:
    after = audit(results=[replace(result(BODY, USER, outcome, reason="throttled"), unlock="--rate 5/s")])
    answer = replaying.answer(finding(BODY, USER), after)
    assert answer == replaying.Answer(code=4, lines=("could not be judged: throttled", "  → --rate 5/s"))


def test_another_finding_in_its_place_is_told() -> None:
    other = finding(BODY, USER, signature="another")
    answer = replaying.answer(finding(BODY, USER), audit(other))
    assert answer.code == 0
    assert answer.lines[1] == f"another finding of the same check: {other.fingerprint[:12]} {BODY} broken"


def test_an_interrupt_keeps_its_code() -> None:
    gone = replaying.Answer(code=0, lines=("did not come again",))
    assert replaying.told(gone, audit()) == 0
    assert replaying.told(gone, replace(audit(), exit_code=130)) == 130
