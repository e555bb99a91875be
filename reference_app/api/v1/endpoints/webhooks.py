"""Webhooks: each user's own."""

from uuid import UUID

from fastapi import APIRouter, Response

from reference_app.api.deps import CurrentUser, Location, Paging, Webhooks
from reference_app.api.documentation import refusals
from reference_app.models import Webhook
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.machinery import WebhookIn, WebhookOut

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.get("", response_model=PageOut[WebhookOut], responses=refusals(401, 422), summary="List one's webhooks")
async def list_webhooks(user: CurrentUser, webhooks: Webhooks, window: Paging) -> Page[Webhook]:
    """Newest first."""
    return await webhooks.webhooks.page_of(window, user.id)


@router.post("", status_code=201, response_model=WebhookOut, responses=refusals(401), summary="Register a webhook")
async def create_webhook(
    wanted: WebhookIn, user: CurrentUser, webhooks: Webhooks, response: Response, location: Location
) -> Webhook:
    """Public https addresses only."""
    webhook = await webhooks.register(wanted, user)
    response.headers["Location"] = location("read_webhook", webhook_id=webhook.id)
    return webhook


@router.get("/{webhook_id}", response_model=WebhookOut, responses=refusals(401, 404, 422), summary="Read a webhook")
async def read_webhook(webhook_id: UUID, user: CurrentUser, webhooks: Webhooks) -> Webhook:
    """Only one's own exist."""
    return await webhooks.read(webhook_id, user)


@router.delete("/{webhook_id}", status_code=204, responses=refusals(401, 404, 422), summary="Remove a webhook")
async def delete_webhook(webhook_id: UUID, user: CurrentUser, webhooks: Webhooks) -> None:
    """Only one's own exist."""
    await webhooks.remove(webhook_id, user)
