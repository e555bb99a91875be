"""No verdict without a working target: throttled, unavailable or replaced answers make every active check unsure.

One test over all of them: the reference API is audited while one kind of answer is tampered with, and whoever saw
such an answer must say `unsure`.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import checks
from auditor import progress
from auditor.calibrating import calibration, serving
from auditor.check import Check
from auditor.course import engine, runner
from auditor.model import Audit, Exchange, Operation, Outcome, Request, Response, Role
from auditor.sending.session import Session

JUDGED_PHASES = ("probing", "confirming")
THROTTLED = Response(status=429, headers=(("content-type", "application/json"), ("retry-after", "0")), body=b"{}")
UNAVAILABLE = Response(status=503, headers=(("content-type", "application/json"),), body=b"{}")
PAGE = Response(status=403, headers=(("content-type", "text/html"),), body=b"<html><h1>Request blocked</h1></html>")
GONE = Response(status=404, headers=(("content-type", "application/json"),), body=b'{"error": {"code": "gone"}}')


def is_probe(request: Request) -> bool:
    return request.role is Role.PROBE


def is_control(request: Request) -> bool:
    return request.role is Role.CONTROL


def is_control_after(request: Request) -> bool:
    return request.role is Role.CONTROL and "again" in request.purpose


@dataclass(frozen=True)
class Tampering:
    """Which requests get another answer than the target's."""

    name: str
    when: Callable[[Request], bool]
    answer: Response


CASES = (
    Tampering("throttled probes", is_probe, THROTTLED),
    Tampering("throttled controls", is_control, THROTTLED),
    Tampering("unavailable probes", is_probe, UNAVAILABLE),
    Tampering("unavailable controls", is_control, UNAVAILABLE),
    Tampering("a page instead of a probe's answer", is_probe, PAGE),
    Tampering("a page instead of a control's answer", is_control, PAGE),
    Tampering("a control that fails after the probe", is_control_after, GONE),
)


WITHOUT = tuple(word for area in serving.switches().areas for word in area)
"""Areas of the API that ask the same questions again."""


def active() -> tuple[Check[Any], ...]:
    return tuple(one for one in checks.load() if one.mode == "active" and one.family != "limits")


def audited(tampering: Tampering, monkeypatch: pytest.MonkeyPatch) -> tuple[Audit, set[tuple[str, str]]]:
    """Return the audit and the (recipe, subject) pairs that saw a tampered answer."""
    touched: set[tuple[str, str]] = set()
    send = Session._exchange

    async def tampered(self: Session, request: Request, prepared: Request) -> Exchange:
        exchange = await send(self, request, prepared)
        html_of_json = tampering.answer is not PAGE or exchange.response.is_json
        if self.phase in JUDGED_PHASES and tampering.when(request) and request.recipe and html_of_json:
            touched.add((request.recipe, subject_of(request.operation)))
            return replace(exchange, response=tampering.answer)
        return exchange

    monkeypatch.setattr(Session, "_exchange", tampered)
    app = serving.build((), (), overrides={"rate_limit_requests": 1_000_000, "login_failures": 1_000_000})
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with tempfile.TemporaryDirectory() as folder:
        order = replace(calibration.order(calibration.ADDRESS, transport, Path(folder)), exclude=WITHOUT)
        return asyncio.run(runner.audit(order, checks=active(), progress=progress.SilentProgress())), touched


def subject_of(operation: Operation | None) -> str:
    return operation.label if operation is not None else engine.API


def concerned(check: Check[Any], touched: Iterable[tuple[str, str]]) -> set[str]:
    """Return the subjects of the check whose recipe saw a tampered answer; "" stands for the whole API."""
    names = {recipe.name: recipe for recipe in check.recipes}
    return {subject if names[name].scope == "operation" else "" for name, subject in touched if name in names}


@pytest.mark.parametrize("tampering", CASES, ids=lambda one: one.name)
def test_interference_makes_every_active_check_unsure(tampering: Tampering, monkeypatch: pytest.MonkeyPatch) -> None:
    audit, touched = audited(tampering, monkeypatch)
    wrong = []
    for check in active():
        subjects = concerned(check, touched)
        for result in audit.results:
            saw = result.subject in subjects or ("" in subjects and result.check == check.id)
            if result.check == check.id and saw and result.outcome in {Outcome.PASS, Outcome.FAIL}:
                wrong.append(f"{result.check} on {result.subject}: {result.outcome} {result.reason}")
    assert not wrong, "\n".join(wrong)
    assert touched
