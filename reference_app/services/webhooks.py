"""Addresses that want to hear of events; never one inside our own network."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from reference_app.core.errors import invalid, not_found
from reference_app.models import User, Webhook
from reference_app.repositories import WebhookRepository
from reference_app.schemas.machinery import WebhookIn

INSIDE = ("localhost", "internal", "local", "home.arpa", "localdomain", "svc", "cluster")


@dataclass(frozen=True, slots=True)
class WebhookService:
    """Registering and removing webhooks."""

    webhooks: WebhookRepository

    async def register(self, wanted: WebhookIn, owner: User) -> Webhook:
        if not leads_outside(wanted.url):
            raise invalid("body.url", "forbidden_address", "must be https, on a public host, without credentials")
        return await self.webhooks.add(Webhook(owner_id=owner.id, url=wanted.url, event=wanted.event))

    async def read(self, webhook_id: UUID, owner: User) -> Webhook:
        webhook = await self.webhooks.of_owner(webhook_id, owner.id)
        if webhook is None:
            raise not_found("webhook")
        return webhook

    async def remove(self, webhook_id: UUID, owner: User) -> None:
        await self.webhooks.remove(await self.read(webhook_id, owner))


def leads_outside(url: str) -> bool:
    """Refuse what a server must never be sent to (OWASP API7:2023): addresses, bare names, names of our network.

    Whoever delivers resolves the name once, checks the address with `is_public` and connects to that address:
    between this check and a delivery a name may move.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username or parts.password or port not in (None, 443):
        return False
    labels = host.split(".")
    named = len(labels) > 1 and labels[-1] not in INSIDE and not labels[-1].isdigit() and not host.startswith("0x")
    return named and not is_address(host)


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """An address that the whole world routes; for the moment of delivery."""
    return ipaddress.ip_address(address).is_global
