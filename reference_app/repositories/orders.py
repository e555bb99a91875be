"""Orders; every query names the buyer."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update

from reference_app.models import Order
from reference_app.models.base import now
from reference_app.models.marketplace import OrderStatus
from reference_app.repositories.base import Page, Repository, Window


class OrderRepository(Repository[Order]):
    """What was bought, each order visible to its buyer only."""

    model = Order

    async def of_buyer(self, order_id: UUID, buyer_id: UUID) -> Order | None:
        """For reading."""
        return await self._own(order_id, buyer_id)

    async def changeable_by(self, order_id: UUID, buyer_id: UUID) -> Order | None:
        """For changing and removing."""
        return await self._own(order_id, buyer_id)

    async def page(self, window: Window, buyer_id: UUID) -> Page[Order]:
        return await self._page(select(Order).where(Order.buyer_id == buyer_id), window)

    async def move(self, order: Order, before: Collection[OrderStatus], to: OrderStatus) -> bool:
        """Change the status, if it is still one of those that may become `to`."""
        moved = await self.session.execute(
            update(Order).where(Order.id == order.id, Order.status.in_(before)).values(status=to, updated_at=now())
        )
        await self.session.commit()
        await self.session.refresh(order)
        # An UPDATE always gives a cursor, which the session's signature does not know.
        return cast("CursorResult[Any]", moved).rowcount == 1

    async def _own(self, order_id: UUID, buyer_id: UUID) -> Order | None:
        return await self._one(select(Order).where(Order.id == order_id, Order.buyer_id == buyer_id))
