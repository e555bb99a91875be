"""Operations that wipe the data, rename or end their caller change no verdict about anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

import checks
from auditor import calibration, progress, runner, selection, serving

HAZARDS = {
    "decoy:auth.anonymous-access:3": "GET /api/v1/tour",
    "auth.anonymous-access~tour": "GET /api/v1/tour",
    "decoy:authz.bola-write:2": "PUT /api/v1/orders/{order_id}/contact",
    "data.sensitive-fields~contact": "PUT /api/v1/orders/{order_id}/contact",
    "decoy:auth.invalid-token:1": "POST /api/v1/auth/goodbye",
    "auth.invalid-token~goodbye": "POST /api/v1/auth/goodbye",
    "decoy:auth.jwt-forgery:1": "POST /api/v1/users/leave",
    "design.response-conformance~leave": "POST /api/v1/users/leave",
}
"""A public GET resets the database, a PUT renames its caller, a logout takes no body, an account is deleted."""
HELD = ("auth.anonymous-access", "authz.bola-read", "design.create-201", "headers.nosniff")
BESIDE = tuple(word for area in serving.switches().areas for word in area)
"""What no hazard is about is left out, so that eight audits take no longer than one of everything."""
ROOMY = {"rate_limit_requests": 1_000_000, "login_failures": 1_000_000}


def verdicts(names: Sequence[str], folder: Path) -> tuple[dict[tuple[str, str], str], tuple[str, ...]]:
    """Audit with some switches on: the outcome of each check about each subject, and what was left behind."""
    decoys = [one for one in names if one.startswith("decoy:")]
    app = serving.build([one for one in names if one not in decoys], decoys, overrides=ROOMY)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    order = replace(calibration.order(calibration.ADDRESS, transport, folder), exclude=BESIDE)
    held = selection.checks(checks.load(), only=HELD)
    audit = asyncio.run(runner.audit(order, checks=held, progress=progress.SilentProgress()))
    assert audit.run.complete
    return {(one.check, one.subject): str(one.outcome) for one in audit.results}, audit.leftovers


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    found, left = verdicts((), tmp_path_factory.mktemp("clean"))
    assert left == ()
    assert "fail" not in found.values()
    return found


@pytest.mark.parametrize(("name", "operation"), HAZARDS.items())
def test_a_hazard_changes_no_other_verdict(
    name: str, operation: str, clean: dict[tuple[str, str], str], tmp_path: Path
) -> None:
    found, left = verdicts((name,), tmp_path)
    elsewhere = {key: outcome for key, outcome in found.items() if key[1] != operation}
    assert elsewhere == clean
    assert left == ()
