"""Orders: each buyer's own."""

from uuid import UUID

from fastapi import APIRouter, Response

from reference_app.api.deps import CurrentUser, Location, Orders, Paging
from reference_app.api.documentation import refusals
from reference_app.models import Order
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.marketplace import OrderChange, OrderIn, OrderOut

router = APIRouter(prefix="/orders", tags=["orders"])


@router.get("", response_model=PageOut[OrderOut], responses=refusals(401, 422), summary="List one's orders")
async def list_orders(user: CurrentUser, orders: Orders, window: Paging) -> Page[Order]:
    """Newest first."""
    return await orders.mine(window, user)


@router.post("", status_code=201, response_model=OrderOut, responses=refusals(401), summary="Place an order")
async def create_order(
    wanted: OrderIn, user: CurrentUser, orders: Orders, response: Response, location: Location
) -> Order:
    """Prices are those of the products at this moment."""
    order = await orders.place(wanted, user)
    response.headers["Location"] = location("read_order", order_id=order.id)
    return order


@router.get(
    "/{order_id}",
    response_model=OrderOut,
    responses=refusals(401, 404, 422),
    summary="Read an order",
)
async def read_order(order_id: UUID, user: CurrentUser, orders: Orders) -> Order:
    """Only one's own exist."""
    return await orders.read(order_id, user)


@router.patch(
    "/{order_id}",
    response_model=OrderOut,
    responses=refusals(401, 404),
    summary="Change an order",
)
async def change_order(order_id: UUID, changes: OrderChange, user: CurrentUser, orders: Orders) -> Order:
    """Fields that are left out stay as they are."""
    return await orders.change(order_id, changes, user)


@router.delete("/{order_id}", status_code=204, responses=refusals(401, 404, 422), summary="Remove an order")
async def delete_order(order_id: UUID, user: CurrentUser, orders: Orders) -> None:
    """Only one's own exist."""
    await orders.remove(order_id, user)


@router.post(
    "/{order_id}/confirm",
    response_model=OrderOut,
    responses=refusals(401, 404, 409, 422),
    summary="Confirm an order",
)
async def confirm_order(order_id: UUID, user: CurrentUser, orders: Orders) -> Order:
    """A placed order can be confirmed."""
    return await orders.confirm(order_id, user)


@router.post(
    "/{order_id}/ship",
    response_model=OrderOut,
    responses=refusals(401, 404, 409, 422),
    summary="Ship an order",
)
async def ship_order(order_id: UUID, user: CurrentUser, orders: Orders) -> Order:
    """A confirmed order can be shipped."""
    return await orders.ship(order_id, user)


@router.post(
    "/{order_id}/deliver",
    response_model=OrderOut,
    responses=refusals(401, 404, 409, 422),
    summary="Deliver an order",
)
async def deliver_order(order_id: UUID, user: CurrentUser, orders: Orders) -> Order:
    """A shipped order can be delivered."""
    return await orders.deliver(order_id, user)


@router.post(
    "/{order_id}/cancel",
    response_model=OrderOut,
    responses=refusals(401, 404, 409, 422),
    summary="Cancel an order",
)
async def cancel_order(order_id: UUID, user: CurrentUser, orders: Orders) -> Order:
    """An order can be cancelled until it is shipped."""
    return await orders.cancel(order_id, user)
