"""Finished runs for tests of baseline, suppressions, comparison and gates: built by hand, or of the reference API."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import httpx
from hypothesis import strategies as st

import checks
from auditor import progress
from auditor.calibrating import calibration, serving
from auditor.course import runner
from auditor.model import (
    Audit,
    CheckFacts,
    DocumentFacts,
    Finding,
    OperationReach,
    Outcome,
    Reach,
    Result,
    Run,
    Target,
    Tool,
)
from auditor.verdicts import scoring

DAY = date(2026, 11, 21)
BOLA, BODY, SHAPE, SLOW = "authz.bola-read", "input.malformed-body", "errors.shape", "perf.latency"
CHECKS = (BOLA, BODY, SHAPE, SLOW)
USERS, USER, ORDERS = "POST /users", "GET /users/{id}", "GET /orders"
OPERATIONS = (USERS, USER, ORDERS)


def finding(
    check: str = BODY,
    subject: str = USERS,
    *,
    severity: str = "high",
    signature: str = "status=5xx",
    confirmed: bool = True,
    status: Literal["new", "known", "suppressed"] = "new",
) -> Finding:
    method, _, template = subject.partition(" ")
    return Finding(
        fingerprint=scoring.fingerprint(check, method, template, signature),
        cause=scoring.cause(check, signature),
        check=check,
        subject=subject,
        operation=subject if " /" in subject else None,
        severity=severity,
        message=f"{check} broken",
        confirmed=confirmed,
        status=status,
        signature=signature,
    )


def result(check: str = BODY, subject: str = USERS, outcome: Outcome = Outcome.PASS, *, reason: str = "") -> Result:
    operation = subject if " /" in subject else None
    return Result(check=check, subject=subject, operation=operation, outcome=outcome, reason=reason)


def audit(
    *findings: Finding,
    results: Iterable[Result] = (),
    day: date = DAY,
    complete: bool = True,
    checks: Iterable[str] = CHECKS,
    operations: Iterable[str] = OPERATIONS,
    score: int | None = None,
    **changes: Any,
) -> Audit:
    """A run that found these; each finding is a failed result too, and half the reach was there."""
    known = tuple(operations)
    failed = {(one.check, one.subject): result(one.check, one.subject, Outcome.FAIL) for one in findings}
    others = {(one.check, one.subject): one for one in results}
    facts = [
        CheckFacts(id=c, family=c.partition(".")[0], title="", severity="high", standards=(), mode="") for c in checks
    ]
    built = Audit(
        tool=Tool(version="0.1.0"),
        run=Run(
            id="aud0123456789ab",
            seed="0",
            profile="standard",
            started_at=f"{day}T11:00:00+00:00",
            ended_at=f"{day}T12:00:00+00:00",
            seconds=3600,
            complete=complete,
            stop_reason="" if complete else "interrupted",
        ),
        verdict="pass",
        exit_code=0,
        target=Target(base_url="http://api.test", document=DocumentFacts(sha256="aa", operations=len(known))),
        reach=Reach(
            operations=len(known),
            succeeded=len(known),
            by_operation=tuple(OperationReach(operation=one, succeeded=True) for one in known),
        ),
        checks=tuple(facts),
        results=tuple((others | failed).values()),
        findings=findings,
        score=score,
    )
    return replace(built, **changes)


def findings() -> st.SearchStrategy[tuple[Finding, ...]]:
    """Any findings, one per (check, subject, signature), as a run gives them."""
    one = st.builds(
        finding,
        st.sampled_from(CHECKS),
        st.sampled_from((*OPERATIONS, "API", "/users")),
        severity=st.sampled_from(["low", "medium", "high", "critical"]),
        signature=st.sampled_from(["", "status=5xx", "a\nb \ud800"]),
        confirmed=st.booleans(),
        status=st.sampled_from(["new", "known", "suppressed"]),
    )
    return st.lists(one, max_size=8, unique_by=lambda each: each.fingerprint).map(tuple)


def results() -> st.SearchStrategy[list[Result]]:
    one = st.builds(result, st.sampled_from(CHECKS), st.sampled_from((*OPERATIONS, "API")), st.sampled_from(Outcome))
    return st.lists(one, max_size=8)


def audits(*, complete: bool | None = None) -> st.SearchStrategy[Audit]:
    whole = st.booleans() if complete is None else st.just(complete)
    days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
    return st.builds(
        lambda found, others, day, ended: audit(*found, results=others, day=day, complete=ended),
        findings(),
        results(),
        days,
        whole,
    )


def reference_run(
    *defects: str, family: str = "design", address: str = calibration.ADDRESS, seed: str = "0", **changes: Any
) -> Audit:
    """Audit the reference API in process with one family of checks; a run id of its own each time."""
    logging.getLogger("reference_app").addHandler(logging.NullHandler())
    app = serving.build(defects, (), overrides={} if family == "limits" else serving.WIDE_LIMIT)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    held = tuple(one for one in checks.load() if one.family == family)
    with tempfile.TemporaryDirectory(prefix="auditor-test-") as folder:
        order = replace(calibration.order(address, transport, Path(folder)), seed=seed, **changes)
        return asyncio.run(runner.audit(order, checks=held, progress=progress.SilentProgress()))
