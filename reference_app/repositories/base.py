"""What every repository does: find by id, page, add, remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.models.base import Row

Model = TypeVar("Model", bound=Row)
Other = TypeVar("Other", bound=Row)
LARGEST_SEQUENCE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list to read: at most `limit` rows older than `before`."""

    limit: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Model]):
    """Rows, newest first, and where to read on."""

    items: Sequence[Model]
    next_cursor: str | None


def encode_cursor(sequence: int) -> str:
    return f"{sequence:016x}"


def decode_cursor(cursor: str) -> int:
    """Sixteen hexadecimal digits reach further than any row; the database stops at 63 bits."""
    return min(int(cursor, 16), LARGEST_SEQUENCE)


class Repository(Generic[Model]):
    """Rows of one table, inside the request's session."""

    model: type[Model]

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def find(self, row_id: UUID) -> Model | None:
        return await self._one(self._all().where(self.model.id == row_id))

    async def page_of_all(self, window: Window) -> Page[Model]:
        return await self._page(self._all(), window)

    async def add(self, row: Model) -> Model:
        self.session.add(row)
        await self.session.commit()
        return row

    async def change(self, row: Model, values: Mapping[str, object]) -> Model:
        for name, value in values.items():
            setattr(row, name, value)
        await self.session.commit()
        return row

    async def remove(self, row: Model) -> None:
        await self.session.delete(row)
        await self.session.commit()

    async def let_go(self) -> None:
        """End the transaction, so that no connection is held while something slow happens."""
        await self.session.commit()

    def _all(self) -> Select[Model]:
        return select(self.model)

    async def _one(self, query: Select[Model]) -> Model | None:
        found: Model | None = await self.session.scalar(query)
        return found

    async def _page(self, query: Select[Model], window: Window) -> Page[Model]:
        return await self._page_in(self.model, query, window)

    async def _page_in(self, model: type[Other], query: Select[Any], window: Window) -> Page[Other]:
        """One row more than asked for tells whether there is a next page."""
        if window.before is not None:
            query = query.where(model.seq < window.before)
        newest_first = query.order_by(model.seq.desc()).limit(window.limit + 1)
        rows = list(await self.session.scalars(newest_first))
        if len(rows) <= window.limit:
            return Page(rows, None)
        kept = rows[: window.limit]
        return Page(kept, encode_cursor(kept[-1].seq))
