"""Orders: private to their buyer, priced by us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from reference_app.core.errors import ApiError, Fault, conflict, not_found
from reference_app.models import Order, OrderItem, Product, User
from reference_app.models.marketplace import OrderStatus
from reference_app.repositories import OrderRepository, ProductRepository
from reference_app.repositories.base import Page, Window
from reference_app.schemas.marketplace import OrderChange, OrderIn

COMES_FROM: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.CONFIRMED: frozenset({OrderStatus.PLACED}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.CONFIRMED}),
    OrderStatus.DELIVERED: frozenset({OrderStatus.SHIPPED}),
    OrderStatus.CANCELLED: frozenset({OrderStatus.PLACED, OrderStatus.CONFIRMED}),
}


@dataclass(frozen=True, slots=True)
class OrderService:
    """Placing and keeping orders."""

    orders: OrderRepository
    products: ProductRepository

    async def place(self, wanted: OrderIn, buyer: User) -> Order:
        products = await self.products.by_ids({item.product_id for item in wanted.items})
        refuse_unknown(wanted, products)
        items = [
            OrderItem(
                product_id=item.product_id,
                quantity=item.quantity,
                unit_price_cents=products[item.product_id].price_cents,
            )
            for item in wanted.items
        ]
        order = Order(
            buyer_id=buyer.id,
            items=items,
            total_cents=sum(item.quantity * item.unit_price_cents for item in items),
            note=wanted.note,
            shipping_address=wanted.shipping_address,
        )
        return await self.orders.add(order)

    async def mine(self, window: Window, buyer: User) -> Page[Order]:
        return await self.orders.page(window, buyer.id)

    async def read(self, order_id: UUID, buyer: User) -> Order:
        return found(await self.orders.of_buyer(order_id, buyer.id))

    async def change(self, order_id: UUID, changes: OrderChange, buyer: User) -> Order:
        order = found(await self.orders.changeable_by(order_id, buyer.id))
        return await self.orders.change(order, changes.model_dump(exclude_unset=True))

    async def confirm(self, order_id: UUID, buyer: User) -> Order:
        return await self._move(order_id, buyer, OrderStatus.CONFIRMED)

    async def ship(self, order_id: UUID, buyer: User) -> Order:
        return await self._move(order_id, buyer, OrderStatus.SHIPPED)

    async def deliver(self, order_id: UUID, buyer: User) -> Order:
        return await self._move(order_id, buyer, OrderStatus.DELIVERED)

    async def cancel(self, order_id: UUID, buyer: User) -> Order:
        return await self._move(order_id, buyer, OrderStatus.CANCELLED)

    async def _move(self, order_id: UUID, buyer: User, to: OrderStatus) -> Order:
        """One statement decides, so that of two who move an order at once only one does."""
        order = found(await self.orders.changeable_by(order_id, buyer.id))
        if not await self.orders.move(order, COMES_FROM[to], to):
            raise conflict(f"an order that is {order.status} cannot become {to}")
        return order

    async def remove(self, order_id: UUID, buyer: User) -> None:
        await self.orders.remove(found(await self.orders.changeable_by(order_id, buyer.id)))


def found(order: Order | None) -> Order:
    """Somebody else's order is as absent as one that never was."""
    if order is None:
        raise not_found("order")
    return order


def refuse_unknown(wanted: OrderIn, products: Mapping[UUID, Product]) -> None:
    faults = tuple(
        Fault(f"body.items.{at}.product_id", "unknown_reference", "there is no such product")
        for at, item in enumerate(wanted.items)
        if item.product_id not in products
    )
    if faults:
        raise ApiError(422, "invalid_input", "the request is not valid", faults)
