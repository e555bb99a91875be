"""Renaming the reference API's paths, ids and messages by a script changes no verdict.

Rules that were tuned to the words of our own API would judge its twin differently.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import checks
from auditor import progress
from auditor.calibrating import calibration, serving
from auditor.calibrating.serving import administrator
from auditor.check import Check
from auditor.course import runner
from auditor.model import Audit
from auditor.settings.order import IdentityOrder
from tests.end_to_end.renaming import Renamed, Vocabulary, vocabulary

ROOMY = {"rate_limit_requests": 1_000_000, "login_failures": 1_000_000}
DEFECTS = (
    "auth.invalid-token",
    "authz.bola-read",
    "authz.mass-assignment",
    "cors.credentialed-reflection",
    "data.sensitive-fields",
    "design.create-201",
    "errors.no-internals",
    "headers.server-disclosure",
    "injection.sql-blind",
    "input.required",
    "ops.health~leak",
)
"""Of every family that is judged here."""
UNCHANGED = Vocabulary({}, {})


def judged() -> tuple[Check[Any], ...]:
    """All but what takes the time it measures, or uses the limits that are wide open here."""
    return tuple(one for one in checks.load() if one.family not in {"limits", "perf"})


def audited(defects: Sequence[str], folder: Path, *, renamed: bool) -> Counter[tuple[str, str, str]]:
    """Audit in process; return how often each (check, subject, outcome) came, subjects in the old words."""
    app = serving.build(defects, (), overrides=ROOMY)
    words = vocabulary(app.openapi()) if renamed else UNCHANGED
    transport = httpx.ASGITransport(app=Renamed(app) if renamed else app, raise_app_exceptions=False)
    order = calibration.order(calibration.ADDRESS, transport, folder)
    order = replace(order, identities=(translated(administrator(), words),))
    audit = asyncio.run(runner.audit(order, checks=judged(), progress=progress.SilentProgress()))
    return outcomes(audit, words.back)


def translated(identity: IdentityOrder, words: Vocabulary) -> IdentityOrder:
    assert identity.login is not None
    login = replace(
        identity.login,
        operation=words.label(identity.login.operation),
        token_pointer="/" + words.name(identity.login.token_pointer[1:]),
    )
    return replace(identity, login=login)


def outcomes(audit: Audit, words: Vocabulary) -> Counter[tuple[str, str, str]]:
    assert audit.run.complete
    return Counter((one.check, words.label(one.subject), str(one.outcome)) for one in audit.results)


@pytest.mark.parametrize("defects", [(), DEFECTS], ids=["clean", "broken"])
def test_other_words_for_the_same_api_change_no_verdict(defects: tuple[str, ...], tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        ours = pool.submit(audited, defects, tmp_path / "original", renamed=False)
        theirs = pool.submit(audited, defects, tmp_path / "renamed", renamed=True)
        original, twin = ours.result(), theirs.result()
    lost, won = sorted((original - twin).elements()), sorted((twin - original).elements())
    assert not lost, f"{lost}\nbecame\n{won}"
    assert not won
    assert {one for one, _, outcome in original if outcome == "fail"} == set(
        frozenset[str]().union(*(serving.switches().trips[name] for name in defects))
    )
