"""Everything that the bundled API documents is reached from its address alone, the hard cases one by one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from auditor import progress
from auditor.calibrating import calibration, serving
from auditor.course import runner
from auditor.model import Audit

OPEN = {
    "rate_limit_requests": 1_000_000,
    "login_failures": 1_000_000,
    "admin_email": None,
    "admin_password": None,
    "first_account_is_admin": True,
}
"""Whoever registers first is the administrator, as installers of many products have it; nobody is known beforehand."""


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    app = serving.build((), (), overrides=OPEN)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    order = calibration.order(calibration.ADDRESS, transport, tmp_path_factory.mktemp("alone"))
    alone = replace(order, identities=(), secrets=())
    return asyncio.run(runner.audit(alone, checks=(), progress=progress.SilentProgress()))


def test_every_operation_is_reached(audit: Audit) -> None:
    missing = {one.operation: one.blocked_by for one in audit.reach.by_operation if not one.succeeded}
    assert missing == {}
    assert audit.reach.operations == audit.reach.succeeded >= 76
    assert audit.run.complete


def test_nothing_is_left(audit: Audit) -> None:
    assert audit.leftovers == ()


@pytest.mark.parametrize(
    ("hard", "operation"),
    [
        ("ids of parents in the path", "GET /api/v1/warehouses/{warehouse_id}/shelves"),
        ("foreign keys of foreign keys", "POST /api/v1/stock"),
        ("a rule between fields that no document tells", "POST /api/v1/promotions"),
        ("a parent that only an administrator makes", "POST /api/v1/warehouses/{warehouse_id}/shelves"),
        ("a state that must be reached first", "POST /api/v1/orders/{order_id}/ship"),
        ("a slug that must be free", "PATCH /api/v1/shops/{slug}"),
        ("a session in a cookie, with a token against forged requests", "DELETE /api/v1/auth/session"),
        ("an API key that an operation issues", "GET /api/v1/feed"),
        ("a version that must be named", "PATCH /api/v1/stock/{stock_id}"),
        ("an answer that comes later", "GET /api/v1/exports/{export_id}"),
    ],
)
def test_the_hard_cases(audit: Audit, hard: str, operation: str) -> None:
    (found,) = [one for one in audit.reach.by_operation if one.operation == operation]
    assert found.succeeded, f"{hard}: {found.blocked_by}"
