"""Orders; every query names the buyer."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from reference_app.models import Order
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

    async def _own(self, order_id: UUID, buyer_id: UUID) -> Order | None:
        return await self._one(select(Order).where(Order.id == order_id, Order.buyer_id == buyer_id))
