"""action.yml: what comes in never meets a shell, what comes out gates after the uploads."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.commands.reporting import FORMATS
from auditor.model import Json
from tests import outside
from tests.ci import building

ACTION = building.loaded("action.yml")
STEPS: list[Mapping[str, Json]] = ACTION["runs"]["steps"]
RUN = next(one for one in STEPS if one.get("id") == "run")
GATE = STEPS[-1]


@dataclass(frozen=True, slots=True)
class Job:
    """A runner's folders, an auditor that only listens, and what the steps said."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.folder),
            "GITHUB_ACTION_PATH": str(building.ROOT),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "HEARD": str(self.folder / "heard"),
        }

    def run(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the step as the runner does: bash that stops at the first failure, inputs by their names."""
        assert set(inputs) <= {*RUN["env"], "CODE"}
        return shell(RUN["run"], self.environment | inputs, cwd=self.folder)

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text("utf-8").splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    @property
    def heard(self) -> list[str]:
        return building.heard(self.folder / "heard")


def shell(script: str, environment: Mapping[str, str], *, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    python = tmp_path / "temp" / "auditor-env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return Job(building.fake(tmp_path))


# --- what it is ---------------------------------------------------------------------------------------------


def test_it_is_what_github_takes_for_an_action() -> None:
    linter = outside.require("check-jsonschema")
    outside.assert_silent(linter, "--builtin-schema", "vendor.github-actions", "action.yml")


@pytest.mark.parametrize("linter", [("zizmor", "--offline", "--persona=auditor"), ("jactionlint",)])
def test_linters_of_actions_find_nothing(linter: tuple[str, ...]) -> None:
    outside.assert_silent(outside.require(linter[0]), *linter[1:], "action.yml")


def test_actions_of_others_are_pinned_to_a_commit_whose_release_is_named() -> None:
    lines = (building.ROOT / "action.yml").read_text("utf-8").splitlines()
    used = [line.strip().removeprefix("- ") for line in lines if "uses:" in line]
    assert len(used) == sum("uses" in step for step in STEPS)
    for line in used:
        assert re.fullmatch(r"uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_no_expression_is_pasted_into_a_script() -> None:
    assert not [step for step in STEPS if "${{" in step.get("run", "")]


def test_every_input_is_described_and_used() -> None:
    text = (building.ROOT / "action.yml").read_text("utf-8")
    for name, declared in ACTION["inputs"].items():
        assert declared["description"]
        assert re.search(rf"inputs\.{re.escape(name)}\b(?!-)", text), name


def test_reports_are_kept_and_the_gate_decided_whatever_happened() -> None:
    conditions = [step["if"] for step in STEPS if "upload-artifact" in step.get("uses", "") or step is GATE]
    assert len(conditions) == 2
    assert all(one.startswith("always()") for one in conditions)


def test_alerts_are_replaced_only_by_those_of_a_complete_run() -> None:
    upload = next(step for step in STEPS if "upload-sarif" in step.get("uses", ""))
    assert "steps.run.outputs.complete == 'true'" in upload["if"]
    assert upload["with"]["sarif_file"].endswith("/report.sarif")


# --- what it does -------------------------------------------------------------------------------------------


def test_without_inputs_auditor_yaml_decides(job: Job) -> None:
    assert job.run().returncode == 0
    words = job.heard
    assert words[0] == "run"
    assert {"--config", "--fail-on", "--baseline", "--"}.isdisjoint(words)
    assert {words[index + 1] for index, word in enumerate(words) if word == "--format"} <= set(FORMATS)


def test_inputs_become_options_whole(job: Job) -> None:
    job.run(
        TARGET="http://127.0.0.1:8000",
        CONFIG="my api/auditor.yaml",
        FAIL_ON="medium",
        BASELINE="known.json",
        ARGS="--exclude 'DELETE /users/*' --read-only",
    )
    said = " ".join(job.heard)
    assert "--config my api/auditor.yaml --fail-on medium --baseline known.json" in said
    assert job.heard[-2:] == ["--", "http://127.0.0.1:8000"]
    assert job.heard[job.heard.index("--exclude") + 1 :][:2] == ["DELETE /users/*", "--read-only"]


@pytest.mark.parametrize("hostile", ["$(touch made)", "`touch made`", "; touch made", '" && touch made #'])
def test_no_input_is_ever_run(job: Job, hostile: str) -> None:
    quoted = "'" + hostile + "'"
    job.run(TARGET=hostile, CONFIG=hostile, FAIL_ON=hostile, BASELINE=hostile, ARGS=f"-H {quoted}")
    assert job.heard.count(hostile) == 5
    assert not (job.folder / "made").exists()


def test_a_target_that_looks_like_an_option_is_none(job: Job) -> None:
    job.run(TARGET="--insecure")
    assert job.heard[-2:] == ["--", "--insecure"]


@pytest.mark.parametrize("code", ["0", "1", "4"])
def test_the_step_succeeds_whatever_auditor_says_and_the_last_one_gates(job: Job, code: str) -> None:
    assert job.run(CODE=code).returncode == 0
    assert job.outputs["exit-code"] == code
    assert job.outputs["complete"] == "true"
    assert (Path(job.outputs["folder"]) / "report.sarif").is_file()

    gate = shell(GATE["run"], {"EXIT_CODE": job.outputs["exit-code"]}, cwd=job.folder)
    assert gate.returncode == int(code)


def test_a_step_that_never_ran_is_no_pass(tmp_path: Path) -> None:
    assert shell(GATE["run"], {"EXIT_CODE": ""}, cwd=tmp_path).returncode == 5


def test_open_quotes_are_wrong_usage_and_nothing_is_audited(job: Job) -> None:
    done = job.run(ARGS="--exclude 'DELETE")
    assert done.stdout == "::error title=auditor::args: No closing quotation\n"
    assert job.outputs == {"exit-code": "2"}
    assert not (job.folder / "heard").exists()


def test_a_cancelled_workflow_interrupts_the_audit(job: Job) -> None:
    slow = "import pathlib, signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: sys.exit(130))\n"
    slow += "pathlib.Path('started').touch()\ntime.sleep(30)\n"
    (job.folder / "auditor" / "cli.py").write_text(slow, encoding="utf-8")
    with subprocess.Popen(["bash", "-c", RUN["run"]], env=job.environment, cwd=job.folder) as step:
        deadline = time.monotonic() + 20
        while not (job.folder / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        step.send_signal(signal.SIGINT)
        assert step.wait(20) == 0
    assert job.outputs["exit-code"] == "130"
