"""Exports and webhooks."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from reference_app.models.machinery import ExportStatus
from reference_app.schemas.common import RowOut
from reference_app.schemas.fields import WebhookUrl


class Event(StrEnum):
    """What a webhook may hear of."""

    ORDER_CONFIRMED = "order.confirmed"
    ORDER_SHIPPED = "order.shipped"


class ExportOut(RowOut):
    """An export; `orders` is null while it runs."""

    owner_id: UUID
    status: ExportStatus
    orders: int | None


class WebhookIn(BaseModel):
    """An address to tell."""

    url: WebhookUrl
    event: Event


class WebhookOut(RowOut):
    """An address that is told."""

    owner_id: UUID
    url: str
    event: Event
