"""Defects of authorisation."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import Request, Response

from reference_app.api.deps import CurrentUser, Location, Orders
from reference_app.models import Order
from reference_app.models.marketplace import OrderStatus
from reference_app.parts import Parts
from reference_app.repositories import OrderRepository
from reference_app.schemas.marketplace import OrderChange, OrderIn
from reference_app.switches import defect, with_methods


async def of_anybody(orders: OrderRepository, order_id: UUID, _: UUID) -> Order | None:
    return await orders.find(order_id)


@defect(
    "authz.bola-read",
    story="The read was rewritten as a lookup by primary key, and the owner was forgotten.",
)
def bola_read(parts: Parts) -> None:
    parts.repositories.orders = with_methods(parts.repositories.orders, of_buyer=of_anybody)


@defect(
    "authz.bola-write",
    story="Reads filter by owner; the write path loads the row by id and trusts the route.",
)
def bola_write(parts: Parts) -> None:
    parts.repositories.orders = with_methods(parts.repositories.orders, changeable_by=of_anybody)


async def create_order_wholesale(
    wanted: OrderIn,
    request: Request,
    user: CurrentUser,
    orders: Orders,
    response: Response,
    location: Location,
) -> Order:
    order = await orders.place(wanted, user)
    response.headers["Location"] = location("read_order", order_id=order.id)
    return await orders.orders.change(order, columns_in(await request.json()))


async def change_order_wholesale(
    order_id: UUID, changes: OrderChange, request: Request, user: CurrentUser, orders: Orders
) -> Order:
    order = await orders.change(order_id, changes, user)
    return await orders.orders.change(order, columns_in(await request.json()))


def columns_in(body: Mapping[str, object]) -> dict[str, object]:
    """The server's own columns, where the body names them with a value that fits."""
    status, total = body.get("status"), body.get("total_cents")
    columns: dict[str, object] = {}
    if isinstance(status, str) and status in set(OrderStatus):
        columns["status"] = status
    if isinstance(total, int) and not isinstance(total, bool):
        columns["total_cents"] = total
    return columns


@defect(
    "authz.mass-assignment",
    story="The row is built from the whole body: `Order(**body)` was shorter than naming fields.",
)
def mass_assignment(parts: Parts) -> None:
    parts.drift("create_order", call=create_order_wholesale)
    parts.drift("change_order", call=change_order_wholesale)
