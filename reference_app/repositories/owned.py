"""Rows that belong to one account: every query names the owner."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from reference_app.models import ApiKey, Export, Order, Promotion, Shelf, Shop, StockItem, Webhook
from reference_app.models.base import now
from reference_app.repositories.base import Model, Page, Repository, Window


class OwnedRepository(Repository[Model]):
    """Rows of a table with an owner."""

    @abstractmethod
    def owner(self) -> InstrumentedAttribute[UUID]:
        """Return the column that says whose a row is."""

    async def of_owner(self, row_id: UUID, owner_id: UUID) -> Model | None:
        return await self._one(self._of(owner_id).where(self.model.id == row_id))

    async def page_of(self, window: Window, owner_id: UUID) -> Page[Model]:
        return await self._page(self._of(owner_id), window)

    def _of(self, owner_id: UUID) -> Select[Any]:
        return select(self.model).where(self.owner() == owner_id)


class ApiKeyRepository(OwnedRepository[ApiKey]):
    """Who may act for whom."""

    model = ApiKey

    def owner(self) -> InstrumentedAttribute[UUID]:
        return ApiKey.user_id

    async def by_digest(self, digest: str) -> ApiKey | None:
        return await self._one(select(ApiKey).where(ApiKey.digest == digest))


class ShelfRepository(OwnedRepository[Shelf]):
    """Who rents which shelf."""

    model = Shelf

    def owner(self) -> InstrumentedAttribute[UUID]:
        return Shelf.tenant_id

    async def in_warehouse(self, warehouse_id: UUID, tenant_id: UUID, window: Window) -> Page[Shelf]:
        return await self._page(self._of(tenant_id).where(Shelf.warehouse_id == warehouse_id), window)


class StockRepository(OwnedRepository[StockItem]):
    """What lies where."""

    model = StockItem

    def owner(self) -> InstrumentedAttribute[UUID]:
        return StockItem.owner_id

    async def count(self, item: StockItem, quantity: int) -> bool:
        """Change the quantity, unless somebody changed the row since it was read."""
        changed = await self.session.execute(
            update(StockItem)
            .where(StockItem.id == item.id, StockItem.revision == item.revision)
            .values(quantity=quantity, revision=item.revision + 1, updated_at=now())
        )
        await self.session.commit()
        await self.session.refresh(item)
        # An UPDATE always gives a cursor, which the session's signature does not know.
        return cast("CursorResult[Any]", changed).rowcount == 1


class PromotionRepository(OwnedRepository[Promotion]):
    """What costs less, and when."""

    model = Promotion

    def owner(self) -> InstrumentedAttribute[UUID]:
        return Promotion.owner_id


class ShopRepository(OwnedRepository[Shop]):
    """Shops, by their slug."""

    model = Shop

    def owner(self) -> InstrumentedAttribute[UUID]:
        return Shop.owner_id

    async def by_slug(self, slug: str) -> Shop | None:
        return await self._one(select(Shop).where(Shop.slug == slug))


class ExportRepository(OwnedRepository[Export]):
    """What was asked for, and how far it is."""

    model = Export

    def owner(self) -> InstrumentedAttribute[UUID]:
        return Export.owner_id

    async def count_orders(self, owner_id: UUID) -> int:
        counted = await self.session.scalar(select(func.count()).select_from(Order).where(Order.buyer_id == owner_id))
        return counted or 0


class WebhookRepository(OwnedRepository[Webhook]):
    """Who wants to hear of what."""

    model = Webhook

    def owner(self) -> InstrumentedAttribute[UUID]:
        return Webhook.owner_id
