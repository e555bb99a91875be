"""ci/gitlab.yml: the script in a plain shell, and artifacts that are there under these names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from auditor.commands.reporting import DEFAULT_NAMES
from tests import outside
from tests.ci import building

TEMPLATE = building.loaded("ci/gitlab.yml")
JOB = TEMPLATE["auditor"]


def ran(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the template's variables, as the runner of a small image does."""
    environment = {
        **TEMPLATE["variables"],
        "PATH": f"{building.fake(folder) / 'bin'}:{os.environ['PATH']}",
        "HEARD": str(folder / "heard"),
        **variables,
    }
    script = "\n".join(JOB["script"])
    return subprocess.run(
        ["sh", "-ec", script], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


def test_it_is_what_gitlab_takes_for_a_pipeline() -> None:
    linter = outside.require("check-jsonschema")
    outside.assert_silent(linter, "--builtin-schema", "vendor.gitlab-ci", "ci/gitlab.yml")


def test_artifacts_are_the_reports_that_are_asked_for_and_kept_whatever_happened() -> None:
    artifacts = JOB["artifacts"]
    assert artifacts["when"] == "always"
    assert artifacts["reports"] == {
        "junit": f"auditor-out/{DEFAULT_NAMES['junit']}",
        "codequality": f"auditor-out/{DEFAULT_NAMES['gitlab']}",
    }


def test_inconclusive_is_orange() -> None:
    assert JOB["allow_failure"] == {"exit_codes": [4]}


def test_without_variables_auditor_yaml_decides(tmp_path: Path) -> None:
    assert ran(tmp_path).returncode == 0
    formats = [word for one in ("html", "junit", "gitlab", "md") for word in ("--format", one)]
    assert building.heard(tmp_path / "heard") == ["run", *formats, "--output", "auditor-out"]


def test_variables_become_options_and_stay_whole(tmp_path: Path) -> None:
    (tmp_path / "some.py").touch()
    done = ran(
        tmp_path,
        AUDITOR_TARGET="http://api:8000/$(touch made)",
        AUDITOR_CONFIG="my api/auditor.yaml",
        AUDITOR_FAIL_ON="medium",
        AUDITOR_BASELINE="known.json",
        AUDITOR_ARGS="--only auth* --skip *.py",
        CODE="1",
    )
    words = building.heard(tmp_path / "heard")
    assert done.returncode == 1
    assert words[1:7] == ["--config", "my api/auditor.yaml", "--fail-on", "medium", "--baseline", "known.json"]
    assert words[-8:] == [
        *("--only", "auth*", "--skip", "*.py"),
        *("--output", "auditor-out", "--", "http://api:8000/$(touch made)"),
    ]
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", list(TEMPLATE["variables"]))
def test_every_variable_is_used(name: str) -> None:
    assert f"${name}" in "\n".join([*JOB["before_script"], *JOB["script"]])
