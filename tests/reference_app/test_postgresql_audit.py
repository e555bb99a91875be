"""An audit of the API on a real PostgreSQL finds nothing, leaves nothing open and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import create_async_engine

import checks
from auditor import progress
from auditor.calibrating import calibration, serving
from auditor.calibrating.serving import WIDE_LIMIT, administrator
from auditor.check import Check
from auditor.course import runner
from auditor.model import Audit, Outcome
from auditor.settings.order import Order
from reference_app.models.base import Base
from tests.reference_app import postgresql

if postgresql.installed() is None:
    pytest.skip("to audit the API on PostgreSQL, install postgresql (Debian's name)", allow_module_level=True)


@dataclass(frozen=True, slots=True)
class Course:
    """What the audit said, and how many rows each table held afterwards."""

    audit: Audit
    rows: Mapping[str, int]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """By all checks but load, in process, as calibration audits the clean API."""
    programs = postgresql.installed()
    assert programs is not None
    with postgresql.running(programs, tmp_path_factory.mktemp("postgresql")) as server:
        address = server.fresh()
        app = serving.build((), (), overrides={"database_url": address, **WIDE_LIMIT})
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        folder: Path = tmp_path_factory.mktemp("audit")
        order = calibration.order(calibration.ADDRESS, transport, folder, identities=(administrator(),))
        held = tuple(one for one in checks.load() if one.mode != "load")
        yield asyncio.run(audited(app, order, held, address))


async def audited(app: FastAPI, order: Order, held: Sequence[Check[Any]], address: str) -> Course:
    audit = await runner.audit(order, checks=held, progress=progress.SilentProgress())
    await app.state.parts.database.dispose()
    engine = create_async_engine(address)
    async with engine.connect() as connection:
        counts = {
            name: await connection.scalar(select(func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }
    await engine.dispose()
    return Course(audit, {name: count or 0 for name, count in counts.items()})


def test_nothing_is_found(course: Course) -> None:
    assert course.audit.run.complete
    assert not [(one.check, one.subject, one.message) for one in course.audit.findings]


def test_everything_is_judged(course: Course) -> None:
    open_still = {Outcome.UNSURE, Outcome.ERROR}
    assert not [(one.check, one.subject, one.reason) for one in course.audit.results if one.outcome in open_still]


def test_every_operation_is_reached(course: Course) -> None:
    assert not [(one.operation, one.blocked_by) for one in course.audit.reach.by_operation if not one.succeeded]


def test_nothing_is_left_behind(course: Course) -> None:
    assert not course.audit.leftovers


def test_only_the_administrator_and_her_login_are_in_the_database(course: Course) -> None:
    held = {name: count for name, count in course.rows.items() if count}
    assert held.pop("users") == 1
    assert set(held) <= {"login_families", "refresh_tokens"}
