"""What is done with finished runs: baselines kept, runs compared, gates held again, and the exit codes of that."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor import cli
from auditor.calibrating import serving
from auditor.calibrating.serving import WIDE_LIMIT
from auditor.commands import running
from auditor.model import Audit, Coverage, FamilyScore, GateResult, Outcome
from auditor.verdicts.gates import HALF_THE_REACH
from reports import run_json
from tests.auditor.runs import BODY, BOLA, ORDERS, SHAPE, SLOW, USER, USERS, audit, finding, result

Typing = Callable[..., tuple[int, str, str]]
FILE = "auditor-baseline.json"
SOON = datetime.now(UTC).date() + timedelta(days=60)
PAST = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typing:
    """Type a command in an empty folder; returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUDITOR_CONFIG", raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["auditor", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        code = ended.value.code
        return code if isinstance(code, int) else 0, said.out, said.err

    return run


def recorded(run: Audit, folder: Path = Path("auditor-out")) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(run_json.render(run), encoding="utf-8")
    return folder


def entries(path: str = FILE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(path).read_text("utf-8"))["entries"]
    return found


# --- baseline -----------------------------------------------------------------------------------------------


def test_a_baseline_is_written_from_a_run_and_says_how_it_takes_effect(typed: Typing) -> None:
    recorded(audit(finding(), finding(BOLA, USER, severity="critical"), finding(SLOW, USER), finding(SLOW, ORDERS)))
    code, out, err = typed("baseline", "create")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "auditor-baseline.json: 1 finding written down as known",
        "1 critical finding left out (authz.bola-read)",
        "  → mend them; one to live with needs a suppression with a reason, in auditor.yaml",
        "2 findings about time left out (perf.latency × 2): the numbers of one day",
        "  → name it in auditor.yaml (baseline: auditor-baseline.json), or give it to each run: "
        "--baseline auditor-baseline.json",
    ]
    assert [(one["check"], one["first_seen"]) for one in entries()] == [(BODY, "2026-11-21")]


def test_a_baseline_that_is_there_is_not_written_over(typed: Typing) -> None:
    recorded(audit(finding()))
    typed("baseline", "create")
    code, _, err = typed("baseline", "create")
    assert code == 2
    assert "auditor-baseline.json is there already\n  → auditor baseline update adds to it" in err


def test_the_baseline_that_the_configuration_names_is_the_one(typed: Typing) -> None:
    Path("auditor.yaml").write_text('baseline: ci/known.json\nidentities: {a: {bearer: "${NOT_SET}"}}\n', "utf-8")
    recorded(audit(finding()))
    code, out, _ = typed("baseline", "create")
    assert code == 0
    assert out == "ci/known.json: 1 finding written down as known\n"
    assert len(entries("ci/known.json")) == 1


def test_update_adds_and_says_what_ended(typed: Typing) -> None:
    recorded(audit(finding()))
    typed("baseline", "create", "--file", "b.json")
    data = json.loads(Path("b.json").read_text("utf-8"))
    data["entries"][0] |= {"expires": "2026-01-31", "reason": "old client", "team": "red"}
    Path("b.json").write_text(json.dumps(data), "utf-8")
    recorded(audit(finding(), finding(SHAPE)))
    code, out, _ = typed("baseline", "update", "auditor-out", "--file", "b.json")
    assert code == 0
    assert out.splitlines()[0] == "b.json: 1 finding added, 2 known in all"
    assert "1 entry ended and stay" in out
    assert [(one["check"], one["reason"], one.get("team")) for one in entries("b.json")] == [
        (SHAPE, "", None),
        (BODY, "old client", "red"),
    ]


def test_prune_removes_what_is_gone_and_names_what_it_cannot_tell(typed: Typing) -> None:
    recorded(audit(finding(), finding(SHAPE), finding(SHAPE, ORDERS)))
    typed("baseline", "create")
    recorded(audit(finding(SHAPE), results=[result()]))
    code, out, err = typed("baseline", "prune")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "auditor-baseline.json: 1 removed, 2 left",
        "1 not observed, so kept: neither found nor judged in this run (errors.shape on GET /orders)",
    ]
    assert [(one["check"], one["operation"]) for one in entries()] == [(SHAPE, ORDERS), (SHAPE, USERS)]


def test_a_run_that_did_not_finish_prunes_nothing_and_says_so(typed: Typing) -> None:
    recorded(audit(finding()))
    typed("baseline", "create")
    before = Path(FILE).read_bytes()
    recorded(audit(results=[result()], complete=False))
    code, out, err = typed("baseline", "prune")
    assert (code, out) == (0, "auditor-baseline.json: 0 removed, 1 left\n")
    assert err.startswith("warning: the run did not finish (interrupted): so nothing is removed")
    assert Path(FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["baseline", "update"], "there is no baseline auditor-baseline.json\n  → auditor baseline create --file"),
        (["baseline", "prune"], "there is no baseline auditor-baseline.json\n  → auditor baseline create --file"),
        (["gate", "--baseline", "b.json"], "there is no baseline b.json\n  → auditor baseline create --file b.json"),
        (["run", "http://127.0.0.1:9", "--baseline", "b.json"], "there is no baseline b.json\n  → auditor baseline"),
        (["run", "http://127.0.0.1:9", "--previous", "gone"], "gone holds no run.json\n  → name the folder of a run"),
        (["baseline", "create", "gone"], "gone holds no run.json\n  → name the folder of a run"),
        (["compare", "gone"], "gone holds no run.json\n  → name the folder of a run"),
        (["gate", "gone"], "gone holds no run.json\n  → name the folder of a run"),
        (["gate", "--baseline", "broken.json"], "broken.json: this is not JSON"),
        (["gate", "--config", "gone.yaml"], "there is no configuration file"),
        (["baseline", "create", "old"], "old names findings in another way (fingerprint_version 0)"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_to_do(typed: Typing, command: list[str], message: str) -> None:
    recorded(audit(finding()))
    recorded(audit(finding(), fingerprint_version=0), Path("old"))
    Path("broken.json").write_text("{", "utf-8")
    code, out, err = typed(*command)
    assert (code, out) == (2, "")
    assert message in err


def test_a_baseline_that_cannot_be_written_is_an_error(typed: Typing) -> None:
    recorded(audit(finding()))
    Path("file").write_text("", "utf-8")
    code, _, err = typed("baseline", "create", "--file", "file/b.json")
    assert code == 5
    assert "file/b.json cannot be written" in err


# --- compare ------------------------------------------------------------------------------------------------


def test_two_runs_are_compared_for_people_and_programs(typed: Typing) -> None:
    recorded(audit(finding(), results=[result(SHAPE)]), Path("old"))
    hostile = finding(SHAPE)
    recorded(audit(hostile, results=[result()]), Path("new"))
    code, out, _ = typed("compare", "old", "new/run.json")
    assert code == 0
    assert out.splitlines()[-1] == "1 fixed, 1 new (1 regression), 0 worse, 0 unchanged, 0 not comparable"
    code, out, _ = typed("compare", "old", "new", "-f", "json")
    assert code == 0
    assert [one["check"] for one in json.loads(out)["fixed"]] == [BODY]


def test_what_the_target_said_does_not_drive_the_terminal(typed: Typing) -> None:
    recorded(audit(), Path("old"))
    recorded(audit(replace(finding(), message="\x1b[2J\x1b]0;owned\x07 gone\u202e")), Path("new"))
    _, out, _ = typed("compare", "old", "new")
    assert "owned" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


# --- gate ---------------------------------------------------------------------------------------------------

REACHED = GateResult(name=HALF_THE_REACH, outcome="pass")
MISSED = GateResult(name=HALF_THE_REACH, outcome="not_measured")


@pytest.mark.parametrize(
    ("run", "words", "code"),
    [
        pytest.param(audit(), [], 0, id="clean"),
        pytest.param(audit(finding()), [], 1, id="new and high"),
        pytest.param(audit(finding(severity="medium")), [], 0, id="new and medium"),
        pytest.param(audit(finding(severity="medium")), ["--fail-on", "medium"], 1, id="a lower limit"),
        pytest.param(audit(finding()), ["--fail-on", "none"], 0, id="no limit"),
        pytest.param(audit(finding(confirmed=False)), [], 0, id="not confirmed"),
        pytest.param(audit(finding(status="known")), [], 0, id="known to the run"),
        pytest.param(audit(complete=False), [], 4, id="did not finish"),
        pytest.param(audit(finding(), complete=False), [], 1, id="did not finish, and fails"),
        pytest.param(audit(gates=(MISSED,)), [], 4, id="too little reached"),
        pytest.param(audit(finding(), gates=(MISSED,)), [], 1, id="too little reached, and fails"),
        pytest.param(audit(gates=(REACHED,)), [], 0, id="reached"),
        pytest.param(audit(exit_code=130, verdict="fail"), [], 0, id="what it ended with is not asked"),
    ],
)
def test_a_finished_run_is_held_against_the_gates_again(typed: Typing, run: Audit, words: list[str], code: int) -> None:
    before = (recorded(run) / "run.json").read_bytes()
    ended, out, _ = typed("gate", *words)
    assert (ended, out.splitlines()[-1].rpartition(" ")[2]) == (code, str(code))
    assert Path("auditor-out/run.json").read_bytes() == before


FAMILY = FamilyScore(family="authz", score=58, coverage=Coverage())


@pytest.mark.parametrize(
    ("gate", "run", "code"),
    [
        ("{coverage: {min: 0.9}}", audit(coverage=Coverage(judged=9, applicable=10)), 0),
        ("{coverage: {min: 0.9}}", audit(coverage=Coverage(judged=8, applicable=10)), 1),
        ("{coverage: {min: 0.9}, level: warn}", audit(coverage=Coverage(judged=8, applicable=10)), 0),
        ("{coverage: {min: 0.9}}", audit(), 0),
        ("{coverage: {min: 0.9}, on_unmeasured: fail}", audit(), 4),
        ("{coverage: {min: 0.9}, on_unmeasured: fail}", audit(finding(), coverage=Coverage()), 1),
        ("{reach: {min: 1}}", audit(), 0),
        ("{reach: {min: 0.1}, on_unmeasured: fail}", audit(operations=()), 4),
        ("{score: {min: 80}}", audit(score=79), 1),
        ("{score: {min: 80}, on_unmeasured: fail}", audit(), 4),
        ("{score: {family: authz, min: 58}}", audit(families=(FAMILY,)), 0),
        ("{score: {family: authz, min: 59}}", audit(families=(FAMILY,)), 1),
        ("{findings: {at_least: low, status: any}}", audit(finding(status="known")), 1),
        ("{findings: {at_least: low}}", audit(finding(status="known")), 0),
        ("{findings: {at_least: low}, max: 1}", audit(finding()), 0),
    ],
    ids=str,
)
def test_configured_gates_end_in_three_ways(typed: Typing, gate: str, run: Audit, code: int) -> None:
    Path("auditor.yaml").write_text(f"gates: [{gate}]\n", "utf-8")
    recorded(run)
    assert typed("gate")[0] == code


def test_what_the_baseline_knows_does_not_fail_the_gate(typed: Typing) -> None:
    recorded(audit(finding()))
    typed("baseline", "create")
    assert typed("gate")[0] == 1
    code, out, _ = typed("gate", "--baseline", FILE)
    assert code == 0
    assert "Known     1 known" in out
    recorded(audit(finding(), finding(BOLA, USER, severity="critical")))
    assert typed("gate", "--baseline", FILE)[0] == 1


def test_the_configurations_baseline_is_beside_it_wherever_one_stands(typed: Typing, tmp_path: Path) -> None:
    recorded(audit(finding()))
    typed("baseline", "create", "--file", "ci/known.json")
    Path("ci/auditor.yaml").write_text("baseline: known.json\n", "utf-8")
    assert typed("gate", "--config", "ci/auditor.yaml")[0] == 0


def test_suppressions_take_effect_and_their_end_is_told(typed: Typing) -> None:
    recorded(audit(finding(), finding(SHAPE, ORDERS)))
    Path("auditor.yaml").write_text(
        f"suppressions:\n  - {{check: input.*, reason: legacy, expires: {SOON}}}\n"
        f"  - {{check: errors.shape, operation: GET *, reason: legacy, expires: {PAST}}}\n",
        "utf-8",
    )
    code, out, _ = typed("gate")
    assert code == 1
    assert "no new finding ≥ high: 1 new (errors.shape)" in out
    assert "Known     1 suppressed" in out
    assert "auditor.yaml:3: the suppression of errors.shape on GET * ended on" in " ".join(out.split())


def test_a_suppression_of_more_than_a_year_is_refused(typed: Typing) -> None:
    recorded(audit(finding()))
    Path("auditor.yaml").write_text("suppressions: [{check: a.b, reason: r, expires: 2999-01-01}]\n", "utf-8")
    code, _, err = typed("gate")
    assert code == 2
    assert "auditor.yaml:1: suppressions[0].expires: expected a day within a year, by " in err
    assert "permanent: true" in err


def test_without_a_configuration_the_gates_are_those_of_the_run(typed: Typing) -> None:
    run = audit(finding(SHAPE, severity="low"), coverage=Coverage(judged=1, applicable=2))
    config = {
        "gates": [{"coverage": {"min": 0.9}, "level": "fail", "on_unmeasured": "warn"}],
        "suppressions": [{"check": SHAPE, "reason": "r", "permanent": True, "owner": "", "ticket": ""}],
        "baseline": "elsewhere.json",
        "identities": {"bob": {"login": "**********"}},
    }
    recorded(replace(run, run=replace(run.run, config=config)))
    code, out, _ = typed("gate", "--fail-on", "low")
    assert code == 1
    assert "coverage ≥ 90 %: 50 %" in out
    assert "no new finding ≥ low: 0 new" in out
    recorded(replace(run, run=replace(run.run, config={"gates": "many"})))
    code, _, err = typed("gate")
    assert code == 2
    assert "run.config cannot be read: gates" in err


@pytest.mark.parametrize(
    ("stopped", "code"), [([], 1), ([signal.SIGINT], 130), ([signal.SIGTERM], 143), ([signal.SIGTERM] * 2, 143)]
)
def test_an_interrupt_goes_before_a_failed_gate(stopped: list[int], code: int) -> None:
    assert running.with_code(audit(verdict="fail", exit_code=1), stopped).exit_code == code


# --- a whole run --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving.running(("design.create-201",), overrides=WIDE_LIMIT) as where:
        yield where


def test_a_run_against_a_baseline_fails_on_what_is_new_only(address: str, typed: Typing) -> None:
    words = ("--only", "design", "--fail-on", "low", "-q")
    assert typed("run", address, *words, "-o", "first")[0] == 1
    assert typed("baseline", "create", "first")[0] == 0
    assert typed("run", address, *words, "--baseline", FILE, "--previous", "first", "-o", "second")[0] == 0
    second = run_json.parse(Path("second/run.json").read_text("utf-8"))
    assert {one.status for one in second.findings} == {"known"}
    assert second.comparison["summary"].startswith("0 fixed, 0 new, 0 worse")
    assert second.comparison["unchanged"] == len(second.findings) > 0
    assert {one.outcome for one in second.results} >= {Outcome.FAIL, Outcome.PASS}
    assert typed("gate", "second", "--fail-on", "low", "--baseline", FILE)[0] == 0
