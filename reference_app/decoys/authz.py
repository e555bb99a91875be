"""Decoys of authorisation."""

from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, JsonValue

from reference_app.api.deps import CurrentUser, Orders, current_user
from reference_app.core.errors import ApiError
from reference_app.decoys.shelf import shelf_router
from reference_app.parts import Parts
from reference_app.schemas.marketplace import OrderChange
from reference_app.switches import decoy

PREFIX = "/api/v1"


@decoy("authz.bola-read", 1, story="One more resource that users own and everybody reads.")
def public_articles(parts: Parts) -> None:
    parts.add_router(shelf_router("articles", readers=None), prefix=PREFIX)


@decoy("authz.bola-read", 2, story="Announcements are shared with every member on purpose.")
def shared_announcements(parts: Parts) -> None:
    parts.add_router(shelf_router("announcements", readers=current_user), prefix=PREFIX)


async def delete_order_idempotently(order_id: UUID, user: CurrentUser, orders: Orders) -> None:
    """Afterwards there is no such order of the caller's, whatever was there before."""
    try:
        await orders.remove(order_id, user)
    except ApiError as error:
        if error.status != 404:
            raise


@decoy("authz.bola-write", 1, story="An idempotent 204 that deletes nothing for strangers.")
def idempotent_delete(parts: Parts) -> None:
    parts.change("delete_order", call=delete_order_idempotently)


@decoy("authz.mass-assignment", 1, story="Unknown keys are ignored with a 2xx, as they always are.")
def unknown_keys_ignored(parts: Parts) -> None:
    del parts


class OrderEcho(BaseModel):
    """What was received."""

    id: UUID
    received: dict[str, JsonValue]


async def change_order_echoing(
    order_id: UUID, changes: OrderChange, request: Request, user: CurrentUser, orders: Orders
) -> OrderEcho:
    """Answers with what was sent, whether it was used or not."""
    order = await orders.change(order_id, changes, user)
    return OrderEcho(id=order.id, received=await request.json())


@decoy(
    "authz.mass-assignment",
    2,
    story="The answer echoes the sent body, and stores nothing.",
    excludes={"authz.mass-assignment": "What it answers is not what the defect stores."},
)
def echoing_change(parts: Parts) -> None:
    parts.change("change_order", call=change_order_echoing, response_model=OrderEcho)
