"""Warehouses are the admins', shelves and stock the sellers'."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reference_app.core.conditions import Condition
from reference_app.core.errors import forbidden, invalid, not_found, precondition_failed
from reference_app.models import Shelf, StockItem, User, Warehouse
from reference_app.repositories import ProductRepository, ShelfRepository, StockRepository, WarehouseRepository
from reference_app.repositories.base import Page, Window
from reference_app.schemas.logistics import ShelfIn, StockChange, StockIn, WarehouseIn


@dataclass(frozen=True, slots=True)
class LogisticsService:
    """From the building to the last item on a shelf."""

    warehouses: WarehouseRepository
    shelves: ShelfRepository
    stock: StockRepository
    products: ProductRepository

    async def open(self, wanted: WarehouseIn) -> Warehouse:
        return await self.warehouses.add(Warehouse(**wanted.model_dump()))

    async def visit(self, warehouse_id: UUID) -> Warehouse:
        warehouse = await self.warehouses.find(warehouse_id)
        if warehouse is None:
            raise not_found("warehouse")
        return warehouse

    async def close(self, warehouse_id: UUID) -> None:
        await self.warehouses.remove(await self.visit(warehouse_id))

    async def rent(self, warehouse_id: UUID, wanted: ShelfIn, tenant: User) -> Shelf:
        warehouse = await self.visit(warehouse_id)
        return await self.shelves.add(Shelf(warehouse_id=warehouse.id, tenant_id=tenant.id, label=wanted.label))

    async def rented(self, warehouse_id: UUID, tenant: User, window: Window) -> Page[Shelf]:
        warehouse = await self.visit(warehouse_id)
        return await self.shelves.in_warehouse(warehouse.id, tenant.id, window)

    async def shelf(self, shelf_id: UUID, tenant: User) -> Shelf:
        shelf = await self.shelves.of_owner(shelf_id, tenant.id)
        if shelf is None:
            raise not_found("shelf")
        return shelf

    async def give_back(self, shelf_id: UUID, tenant: User) -> None:
        await self.shelves.remove(await self.shelf(shelf_id, tenant))

    async def put(self, wanted: StockIn, owner: User) -> StockItem:
        if await self.shelves.of_owner(wanted.shelf_id, owner.id) is None:
            raise invalid("body.shelf_id", "unknown_reference", "there is no such shelf")
        product = await self.products.find(wanted.product_id)
        if product is None:
            raise invalid("body.product_id", "unknown_reference", "there is no such product")
        if product.seller_id != owner.id:
            raise forbidden("only the seller may put a product on a shelf")
        return await self.stock.add(StockItem(owner_id=owner.id, **wanted.model_dump()))

    async def item(self, stock_id: UUID, owner: User) -> StockItem:
        item = await self.stock.of_owner(stock_id, owner.id)
        if item is None:
            raise not_found("stock item")
        return item

    async def count(self, stock_id: UUID, counted: StockChange, owner: User, expected: Condition) -> StockItem:
        """Two who count at once do not overwrite each other: the later one reads again."""
        item = await self.item(stock_id, owner)
        if not expected.allows(item.revision) or not await self.stock.count(item, counted.quantity):
            raise precondition_failed()
        return item

    async def take_away(self, stock_id: UUID, owner: User) -> None:
        await self.stock.remove(await self.item(stock_id, owner))
