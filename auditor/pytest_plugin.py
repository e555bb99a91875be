"""`pytest --auditor TARGET`: an audit in a process of its own, each result of it a test.

Imported by every pytest of an environment that auditor is installed in, so it loads the standard library and pytest
only, and does nothing unless it is asked to.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

REPORTED = frozenset({0, 1, 4, 130, 143})
"""Exit codes of a run that may have written run.json; a usage error (2), no answer (3) and a bug (5) never do."""
FOLDER = "auditor-out"
SHARED = "auditor"
"""Where the controller of pytest-xdist tells its workers what came out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One result of the audit, as a test shows it."""

    name: str
    outcome: str
    text: str = ""
    expected: str = ""
    """Why a failure is no news: "known" or "suppressed"; empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came out of the audit: its results and, last, its verdict."""

    line: str
    """The summary in one line."""
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What failed on one subject."""

    message: str
    severity: str
    status: str
    curl: str
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A process that has ended."""

    code: int
    wrote: bool
    """It wrote run.json; an older one does not count."""
    said: str = field(repr=False, default="")


class Node(Protocol):
    """What pytest-xdist hands to the hook that prepares a worker."""

    config: pytest.Config
    workerinput: dict[str, Any]


KEPT = pytest.StashKey[Outcome]()


# --- pytest's hooks -----------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("auditor", "audit a running HTTP API")
    group.addoption("--auditor", metavar="TARGET", help="audit this address; every result becomes a test")
    group.addoption(
        "--auditor-args", metavar="ARGS", default="", help="further options of `auditor run`, quoted as in a shell"
    )
    group.addoption("--auditor-output", metavar="DIR", default=FOLDER, help=f"folder of the run ({FOLDER})")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "auditor: results of `--auditor TARGET`; -m auditor runs nothing else")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Node) -> None:
    """Audit once, before the first worker of pytest-xdist starts, and tell each of them what came out."""
    if wanted(node.config):
        node.workerinput[SHARED] = asdict(outcome_of(node.config))


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Audit before pytest says that it is collecting; under `--collect-only` nothing is sent."""
    if wanted(session.config):
        outcome_of(session.config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    if wanted(config):
        audit = Audit.from_parent(session, name="auditor", nodeid="auditor")
        items.extend(audit.collect())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if KEPT in config.stash:
        terminalreporter.section("auditor")
        terminalreporter.write_line(config.stash[KEPT].line)


def wanted(config: pytest.Config) -> bool:
    return bool(config.getoption("auditor")) and not config.getoption("collectonly")


# --- the tests ----------------------------------------------------------------------------------------------


class Audit(pytest.Collector):
    """The results of the audit, in its own order, the verdict last."""

    def collect(self) -> Iterator[Result]:
        for case in outcome_of(self.config).cases:
            yield Result.from_parent(self, case=case)


class Result(pytest.Item):
    """One check on one subject."""

    def __init__(self, *, case: Case, **rest: Any) -> None:
        super().__init__(case.name, **rest)
        self.case = case
        self.add_marker("auditor")
        if case.outcome in {"skip", "unsure"}:
            self.add_marker(pytest.mark.skip(reason=case.text))

    def setup(self) -> None:
        if self.case.outcome == "error":
            raise NotJudged(self.case.text)

    def runtest(self) -> None:
        if self.case.outcome == "fail" and self.case.expected:
            pytest.xfail(f"{self.case.expected}: {self.case.text.splitlines()[0]}")
        if self.case.outcome == "fail":
            raise Failed(self.case.text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Failed | NotJudged):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        return "auditor", 0, self.name.replace("[", " on ", 1).removesuffix("]")


class Failed(AssertionError):
    """A check found something."""


class NotJudged(RuntimeError):
    """A check went wrong: a bug of ours, not the target's failing."""


# --- the audit ----------------------------------------------------------------------------------------------


def outcome_of(config: pytest.Config) -> Outcome:
    """Return what came out, auditing when nobody has yet; a worker of pytest-xdist was told."""
    if KEPT not in config.stash:
        told = getattr(config, "workerinput", {}).get(SHARED)
        config.stash[KEPT] = audited(config) if told is None else revived(told)
    return config.stash[KEPT]


def revived(told: Mapping[str, Any]) -> Outcome:
    return Outcome(line=told["line"], cases=tuple(Case(**one) for one in told["cases"]))


def audited(config: pytest.Config) -> Outcome:
    """Audit. Raises `pytest.UsageError` when `--auditor-args` cannot be read."""
    target = str(config.getoption("auditor"))
    try:
        words = shlex.split(str(config.getoption("auditor_args")))
    except ValueError as problem:
        raise pytest.UsageError(f"--auditor-args: {problem}") from problem
    folder = Path(config.getoption("auditor_output"))
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"auditor: auditing {target}")
    return outcome(ran(["run", target, *words, "--output", str(folder)], folder), folder)


def ran(words: Sequence[str], folder: Path) -> Run:
    """Run the command to its end; Ctrl-C reaches it too, and is given the time to remove what it made."""
    # -P: folders of the user's own that are called checks or reports must not be taken for ours.
    command = [sys.executable, "-P", "-m", "auditor.cli", *words]
    before = written(folder)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        try:
            said, _ = child.communicate()
        except KeyboardInterrupt:
            child.communicate()
            raise
    wrote = child.returncode in REPORTED and written(folder) not in {before, None}
    return Run(code=child.returncode, wrote=wrote, said=said.decode("utf-8", "replace"))


def written(folder: Path) -> int | None:
    """Say when the folder's run.json was written, in nanoseconds."""
    try:
        return (folder / "run.json").stat().st_mtime_ns
    except OSError:
        return None


def outcome(run: Run, folder: Path) -> Outcome:
    """Read what the run left behind; a run that left nothing is one failed test that says why."""
    if not run.wrote:
        said = run.said.strip() or "auditor said nothing"
        case = Case(name="verdict", outcome="fail", text=f"the audit did not take place (exit {run.code})\n{said}")
        return Outcome(line=f"NOT AUDITED  exit {run.code}", cases=(case,))
    data = json.loads((folder / "run.json").read_text("utf-8"))
    return Outcome(line=summary(data, run.code, folder), cases=(*results(data, folder), verdict(data, run.code)))


def summary(data: Mapping[str, Any], code: int, folder: Path) -> str:
    counts = [sum(one["outcome"] == word for one in data["results"]) for word in ("fail", "pass", "unsure")]
    score = "not scored" if data["score"] is None else f"score {data['score']} of 100"
    told = f"{counts[0]} failed, {counts[1]} passed, {counts[2]} could not be judged"
    return f"{data['verdict'].upper()}  {told} · {score} · exit {code} · {folder / 'run.json'}"


def verdict(data: Mapping[str, Any], code: int) -> Case:
    """The gates as a test: it fails wherever the command's exit code would not be 0."""
    if code == 0:
        return Case(name="verdict", outcome="pass")
    held = [f"{one['outcome'].replace('_', ' ')}: {one['name']} – {one['actual']}" for one in data["gates"]]
    stopped = [] if data["run"]["complete"] else [f"the run is incomplete: {data['run']['stop_reason']}"]
    return Case(name="verdict", outcome="fail", text="\n".join([f"{data['verdict']} (exit {code})", *stopped, *held]))


def results(data: Mapping[str, Any], folder: Path) -> Iterator[Case]:
    found: dict[tuple[str, str], list[Finding]] = {}
    for one in data["findings"]:
        found.setdefault((one["check"], one["subject"]), []).append(finding(one))
    for one in data["results"]:
        mine = found.get((one["check"], one["subject"]), [])
        yield case(one, mine, folder)


def finding(one: Mapping[str, Any]) -> Finding:
    return Finding(
        message=one["message"],
        severity=one["severity"],
        status=one["status"],
        curl=one["curl"],
        exchanges=tuple(each["exchange"] for each in one["evidence"]),
    )


def case(result: Mapping[str, Any], found: Sequence[Finding], folder: Path) -> Case:
    """One result; a failure counts as expected only where every finding of it is known or suppressed."""
    unlock = f" → {result['unlock']}" if result["unlock"] else ""
    reason = f"{'could not be judged: ' if result['outcome'] == 'unsure' else ''}{result['reason']}{unlock}"
    news = any(one.status == "new" for one in found) or not found
    return Case(
        name=f"{result['check']}[{result['subject']}]",
        outcome=result["outcome"],
        text="\n\n".join(shown(one, folder) for one in found) if found else reason,
        expected="" if news else ", ".join(sorted({one.status for one in found})),
    )


def shown(one: Finding, folder: Path) -> str:
    """The message first: it is what pytest repeats in its short summary."""
    lines = [one.message, f"severity: {one.severity}" + ("" if one.status == "new" else f", {one.status}")]
    if one.curl:
        lines.append(f"repeat:   {one.curl}")
    if one.exchanges:
        lines.append(f"evidence: {', '.join(one.exchanges)} in {folder / 'exchanges.ndjson'}")
    return "\n".join(lines)
