"""Operations that wipe the data, rename or end their caller change no verdict about anything else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest

import checks
from auditor import progress, selection
from auditor.calibrating import calibration, serving
from auditor.course import runner

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


Found: TypeAlias = dict[tuple[str, str], str]
"""The outcome of each check about each subject."""
Course: TypeAlias = Future[tuple[Found, tuple[str, ...]]]


def verdicts(names: Sequence[str], folder: Path) -> tuple[Found, tuple[str, ...]]:
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
def courses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Course]:
    """What became of the audits that are asked for here, beside each other; that of the sound API is called clean."""
    asked = {one.name for one in request.session.items if one.path == request.path}
    names = ["clean", *(name for name in HAZARDS if any(name in one for one in asked))]
    folder = tmp_path_factory.mktemp("hazards")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        switches = {name: () if name == "clean" else (name,) for name in names}
        return {name: pool.submit(verdicts, on, folder / name) for name, on in switches.items()}


def test_without_hazards_nothing_is_wrong_and_nothing_left(courses: Mapping[str, Course]) -> None:
    found, left = courses["clean"].result()
    assert "fail" not in found.values()
    assert left == ()


@pytest.mark.parametrize(("name", "operation"), HAZARDS.items())
def test_a_hazard_changes_no_other_verdict(name: str, operation: str, courses: Mapping[str, Course]) -> None:
    clean, _ = courses["clean"].result()
    found, left = courses[name].result()
    elsewhere = {key: outcome for key, outcome in found.items() if key[1] != operation}
    assert elsewhere == clean
    assert left == ()
