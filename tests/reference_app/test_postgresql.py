"""The same promises on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.reference_app import asking, postgresql

if postgresql.installed() is None:
    pytest.skip("to run the same suite on PostgreSQL, install postgresql (Debian's name)", allow_module_level=True)

from tests.reference_app.test_app import *  # noqa: F403
from tests.reference_app.test_commerce import *  # noqa: F403
from tests.reference_app.test_totp import *  # noqa: F403


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgresql.Server]:
    programs = postgresql.installed()
    assert programs is not None
    folder: Path = tmp_path_factory.mktemp("postgresql")
    with postgresql.running(programs, folder) as started:
        yield started


@pytest.fixture(autouse=True)
def on_postgresql(server: postgresql.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "database_url", server.fresh)


def test_the_stories_are_told_on_postgresql(monkeypatch: pytest.MonkeyPatch, server: postgresql.Server) -> None:
    address = server.fresh()
    monkeypatch.setattr(asking, "database_url", lambda: address)

    async def story(api: asking.Api) -> None:
        await api.new_user()

    asking.tell(story)

    async def users() -> int:
        engine = create_async_engine(address)
        async with engine.connect() as connection:
            counted = await connection.scalar(text("SELECT count(*) FROM users WHERE role = 'user'"))
        await engine.dispose()
        return int(counted or 0)

    assert asyncio.run(users()) == 1
