"""The recorded evidence says the same again; another rule makes another result of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

import checks
from auditor import progress, selection
from auditor.calibrating import calibration, serving
from auditor.commands import rejudging, reporting
from auditor.course import runner
from auditor.errors import UsageError
from auditor.model import passed

HELD = ("authz.bola-read", "headers", "errors.shape", "auth.anonymous-access")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over the reference API with one defect, recorded."""
    found = tmp_path_factory.mktemp("run")
    app = serving.build(("authz.bola-read",), (), overrides={"rate_limit_requests": 1_000_000})
    order = calibration.order(calibration.ADDRESS, httpx.ASGITransport(app=app), found)
    held = selection.checks(checks.load(), only=HELD)
    audit = asyncio.run(runner.audit(order, checks=held, progress=progress.SilentProgress()))
    reporting.write(audit, found, ())
    return found


def test_the_rules_of_the_run_say_the_same_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = selection.checks(checks.load(), only=HELD)
    assert rejudging.run(folder, held) == 0
    assert capsys.readouterr().out.endswith(", 0 of them differently\n")
    assert any(one.outcome == "fail" for one in rejudging.again(folder, held))


def test_another_rule_draws_another_result_from_the_same_evidence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = selection.checks(checks.load(), only=("authz.bola-read",))
    emptied = tuple(replace(one, judge=lambda _evidence: passed()) for one in held)
    rejudging.run(folder, emptied)
    assert "authz.bola-read on" in capsys.readouterr().out


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no run\.json"):
        rejudging.run(tmp_path, ())
