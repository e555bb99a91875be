"""`pytest --auditor TARGET`: one audit in a process of its own, each result of it a test."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from auditor import pytest_plugin
from auditor.calibrating import serving
from auditor.pytest_plugin import Case, Outcome, Run

pytest_plugins = ("pytester",)

ROOT = Path(__file__).parents[2]
PLUGIN = ("-p", "no:auditor", "-p", "auditor.pytest_plugin")
"""Loaded by its module's name, not by the entry point, which is there only where auditor is installed."""
DEFECTS = ("headers.server-disclosure", "errors.no-internals")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving.running(DEFECTS) as found:
        yield found


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def ran(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    """Run pytest with the plugin."""
    return pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *words)


def given(pytester: pytest.Pytester, *cases: Case) -> None:
    """Let pytest find an audit already made, with these results."""
    told = [asdict(one) for one in cases]
    pytester.makeconftest(
        textwrap.dedent(f"""
        from auditor.pytest_plugin import KEPT, Case, Outcome

        def pytest_configure(config):
            config.stash[KEPT] = Outcome(line="PASS", cases=tuple(Case(**one) for one in {told!r}))
        """)
    )


# --- an audit of the reference API --------------------------------------------------------------------------


def test_every_result_of_an_audit_is_a_test_beside_those_of_the_project(
    pytester: pytest.Pytester, address: str
) -> None:
    pytester.makepyfile("def test_mine(): pass")

    result = ran(pytester, "--auditor", address, "--auditor-args", "--only headers", "-v", "-ra")

    result.assert_outcomes(passed=4, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            f"auditor: auditing {address}",
            "auditor::headers.nosniff[[]API] PASSED*",
            "auditor::verdict PASSED*",
            "*headers.server-disclosure on API*",
            "answers say x-powered-by: Express",
            "severity: low",
            "repeat:   curl *",
            "evidence: x1, * in auditor-out/exchanges.ndjson",
            "PASS  1 failed, 2 passed, 0 could not be judged · score * of 100 · exit 0 · auditor-out/run.json",
            "SKIPPED * auditor: the target is not https, or is this machine",
        ]
    )
    assert (pytester.path / "auditor-out" / "report.html").is_file()


def test_what_the_project_calls_checks_and_reports_is_not_taken_for_ours(
    pytester: pytest.Pytester, address: str
) -> None:
    for name in ("checks", "reports"):
        pytester.mkpydir(name)

    result = ran(pytester, "--auditor", address, "--auditor-args", "--only headers.nosniff", "--auditor-output", "out")

    result.assert_outcomes(passed=2)
    assert (pytester.path / "out" / "run.json").is_file()


def test_a_broken_gate_fails_the_verdict_and_an_unfinished_run_does_too(
    pytester: pytest.Pytester, address: str
) -> None:
    broken = ran(pytester, "--auditor", address, "--auditor-args", "--only errors --include 'GET /api/v1/products*'")
    broken.stdout.fnmatch_lines(["fail (exit 1)", "fail: no new finding ≥ high – 1 new (errors.no-internals)"])
    assert broken.ret == pytest.ExitCode.TESTS_FAILED

    unfinished = ran(
        pytester, "--auditor", address, "--auditor-args", "--only headers.nosniff --max-requests 5", "-k", "verdict"
    )
    unfinished.assert_outcomes(failed=1, deselected=1)
    unfinished.stdout.fnmatch_lines(["inconclusive (exit 4)", "the run is incomplete: budget*"])


def test_where_nothing_could_be_audited_one_failed_test_says_why(pytester: pytest.Pytester, address: str) -> None:
    (pytester.mkdir("auditor-out") / "run.json").write_text("{}", encoding="utf-8")

    result = ran(pytester, "--auditor", address, "--auditor-args", "--only nothing")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the audit did not take place (exit 2)", "error: no check matches 'nothing'"])


# --- without an audit ---------------------------------------------------------------------------------------


def test_nothing_happens_unless_it_is_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(): pass")
    result = ran(pytester)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*auditing*")


def test_collecting_alone_sends_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(): pass")
    result = ran(pytester, "--auditor", "http://127.0.0.1:9", "--collect-only")
    assert result.ret == pytest.ExitCode.OK
    assert not (pytester.path / "auditor-out").exists()


def test_arguments_that_cannot_be_read_are_a_usage_error(pytester: pytest.Pytester) -> None:
    result = ran(pytester, "--auditor", "http://127.0.0.1:9", "--auditor-args", "--only 'x")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --auditor-args: No closing quotation"])


@pytest.mark.parametrize(
    ("outcome", "expected", "shown"),
    [
        ("pass", "", {"passed": 1}),
        ("fail", "", {"failed": 1}),
        ("fail", "known", {"xfailed": 1}),
        ("fail", "suppressed", {"xfailed": 1}),
        ("skip", "", {"skipped": 1}),
        ("unsure", "", {"skipped": 1}),
        ("error", "", {"errors": 1}),
    ],
)
def test_each_outcome_has_its_counterpart(
    pytester: pytest.Pytester, outcome: str, expected: str, shown: dict[str, int]
) -> None:
    given(pytester, Case(name="design.create-201[POST /users]", outcome=outcome, text="why\nmore", expected=expected))
    result = ran(pytester, "--auditor", "http://127.0.0.1:9", "-ra")
    result.assert_outcomes(**shown)
    if outcome != "pass":
        result.stdout.fnmatch_lines([f"*{expected or 'why'}*"])


def test_the_marker_leaves_out_all_other_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_mine(): pass")
    given(pytester, Case(name="verdict", outcome="pass"))
    result = ran(pytester, "--auditor", "http://127.0.0.1:9", "-m", "auditor", "--strict-markers")
    result.assert_outcomes(passed=1, deselected=1)


def test_junit_reports_of_pytest_name_check_and_operation(pytester: pytest.Pytester) -> None:
    given(pytester, Case(name="design.create-201[POST /users]", outcome="fail", text="answered 200"))
    ran(pytester, "--auditor", "http://127.0.0.1:9", "--junitxml", "junit.xml")
    written = (pytester.path / "junit.xml").read_text("utf-8")
    assert 'classname="auditor" name="design.create-201[POST /users]"' in written
    assert "answered 200" in written


# --- pytest-xdist -------------------------------------------------------------------------------------------


class Worker:
    """What pytest-xdist prepares: the controller's configuration, and what it will tell."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.workerinput: dict[str, Any] = {}


def test_workers_are_told_what_came_out_and_audit_nothing_themselves(pytester: pytest.Pytester) -> None:
    came_out = Outcome(line="PASS", cases=(Case(name="verdict", outcome="pass"),))
    controller = pytester.parseconfig(*PLUGIN, "--auditor", "http://x.test")
    controller.stash[pytest_plugin.KEPT] = came_out

    worker = Worker(controller)
    pytest_plugin.pytest_configure_node(worker)

    told = json.loads(json.dumps(worker.workerinput[pytest_plugin.SHARED]))
    assert pytest_plugin.revived(told) == came_out


# --- run.json as tests --------------------------------------------------------------------------------------


def left_behind(folder: Path, **parts: Any) -> None:
    """Write a run.json with as much as the plugin reads."""
    data: dict[str, Any] = {
        "verdict": "pass",
        "score": None,
        "run": {"complete": True},
        "gates": [],
        "findings": [],
        "results": [],
    }
    (folder / "run.json").write_text(json.dumps(data | parts), encoding="utf-8")


def result(outcome: str, *, reason: str = "", unlock: str = "") -> dict[str, str]:
    return {"check": "authz.bola-read", "subject": "GET /a", "outcome": outcome, "reason": reason, "unlock": unlock}


def finding(status: str, *, message: str = "bob read it", curl: str = "") -> dict[str, Any]:
    return {
        "check": "authz.bola-read",
        "subject": "GET /a",
        "message": message,
        "severity": "critical",
        "status": status,
        "curl": curl,
        "evidence": [],
    }


def test_what_could_not_be_judged_says_what_would_unlock_it(tmp_path: Path) -> None:
    left_behind(tmp_path, results=[result("unsure", reason="one user only", unlock="give a second identity")])
    first, last = pytest_plugin.outcome(Run(code=0, wrote=True), tmp_path).cases
    assert first.text == "could not be judged: one user only → give a second identity"
    assert last == Case(name="verdict", outcome="pass")


def test_a_failure_is_expected_only_where_every_finding_of_it_is(tmp_path: Path) -> None:
    left_behind(tmp_path, results=[result("fail")], findings=[finding("known"), finding("suppressed")])
    assert pytest_plugin.outcome(Run(code=0, wrote=True), tmp_path).cases[0].expected == "known, suppressed"

    left_behind(tmp_path, results=[result("fail")], findings=[finding("known"), finding("new")])
    assert pytest_plugin.outcome(Run(code=0, wrote=True), tmp_path).cases[0].expected == ""


def test_a_failure_without_a_finding_shows_its_reason(tmp_path: Path) -> None:
    left_behind(tmp_path, results=[result("fail", reason="answered 200")])
    assert pytest_plugin.outcome(Run(code=0, wrote=True), tmp_path).cases[0].text == "answered 200"


def test_the_verdict_fails_whenever_the_command_would(tmp_path: Path) -> None:
    stopped = {"complete": False, "stop_reason": "interrupted"}
    left_behind(tmp_path, verdict="inconclusive", run=stopped)
    came_out = pytest_plugin.outcome(Run(code=130, wrote=True), tmp_path)
    assert came_out.cases[-1].outcome == "fail"
    assert came_out.cases[-1].text == "inconclusive (exit 130)\nthe run is incomplete: interrupted"
    assert came_out.line.startswith("INCONCLUSIVE  0 failed, 0 passed, 0 could not be judged · not scored · exit 130")
