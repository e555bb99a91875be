"""What Alembic runs: brings the connection that it is handed up to date.

From the command line: `alembic -x url=postgresql+asyncpg://… upgrade head` in the folder of `alembic.ini`.
"""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from reference_app.models import Base

# Any number that nothing else of ours locks.
LOCK = 7_305_771


def upgrade(connection: Connection) -> None:
    """Several workers may start at once: one migrates, the others wait and find nothing left to do."""
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()


async def upgrade_at(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()


handed: Connection | None = context.config.attributes.get("connection")
if handed is not None:
    upgrade(handed)
else:
    asyncio.run(upgrade_at(context.get_x_argument(as_dictionary=True)["url"]))
