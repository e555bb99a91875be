"""One engine per application; the schema and the admin account are made on first use."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import AsyncAdaptedQueuePool

from reference_app.core.settings import IN_MEMORY
from reference_app.models import Base

Seeder = Callable[[AsyncSession], Awaitable[None]]


class Database:
    """Sessions on demand. Works with and without a lifespan, in whichever event loop asks first."""

    def __init__(self, url: str, seed: Seeder) -> None:
        self._seed = seed
        self._ready = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._preparing = asyncio.Lock()
        self._fleeting = url == IN_MEMORY
        self._engine = memory_engine(self) if self._fleeting else create_async_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine.sync_engine, "connect", enforce_references)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        await self.prepare()
        async with self._sessions() as session:
            yield session

    async def prepare(self) -> None:
        """Create what is missing, once; pools and locks belong to one event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._ready, self._preparing = loop, False, asyncio.Lock()
        if self._ready:
            return
        async with self._preparing:
            if not self._ready:
                await self._engine.dispose()
                await self._create()
                self._ready = True

    async def dispose(self) -> None:
        await self._engine.dispose()

    async def _create(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all if self._fleeting else migrated)
        async with self._sessions() as session:
            await self._seed(session)


def migrated(connection: Connection) -> None:
    """A database that outlives us has a history; Alembic is not imported for one that does not."""
    from reference_app.db.migrating import migrate

    migrate(connection)


def memory_engine(database: Database) -> AsyncEngine:
    """A database in memory of its own, used by one transaction at a time.

    A second, idle connection keeps it alive: a request that is cancelled in mid-query takes its
    connection with it, and the data must not follow.
    """
    name = f"file:reference-{secrets.token_hex(8)}?mode=memory&cache=shared"
    keeper = sqlite3.connect(name, uri=True, check_same_thread=False)
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{name}&uri=true",
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
    )
    # The driver's connections have no common type; what is used of them is `stop()`.
    opened: list[Any] = []
    event.listen(engine.sync_engine, "connect", lambda each, _: opened.append(each.driver_connection))
    weakref.finalize(database, close_all, keeper, opened).atexit = False
    return engine


def close_all(keeper: sqlite3.Connection, opened: list[Any]) -> None:
    """For an application that is dropped without a lifespan: leave no thread behind.

    Whose event loop runs when that happens is anybody's guess; in a thread without one, the driver tells nobody.
    """
    for connection in opened:
        stopping = Thread(target=connection.stop)
        stopping.start()
        stopping.join()
    keeper.close()


# The event passes whatever the driver calls a connection.
def enforce_references(connection: Any, _: object) -> None:
    """SQLite ignores foreign keys unless each connection asks for them."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
