"""Asks the reference app over ASGI, as https://api.example.test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
from fastapi import FastAPI

from reference_app import calibration_settings, create_app
from reference_app.core.settings import IN_MEMORY
from reference_app.parts import Parts

PASSWORD = "Correct7horse"
ACCOUNTS = count(1)
PRODUCT = {"name": "Walnut desk", "price_cents": 24_900, "category": "home", "sku": "DESK-140"}


@dataclass(slots=True)
class Api:
    """A client, and the access token it sends."""

    client: httpx.AsyncClient
    token: str | None = None
    refresh_token: str = ""
    email: str = ""

    # JSON answers are of any shape; each test says which it expects.
    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return await self.client.request(method, path, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("POST", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("DELETE", path, **options)

    async def login(self, email: str, password: str = PASSWORD) -> Api:
        answer = await Api(self.client).post("/api/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        return Api(self.client, tokens["access_token"], tokens["refresh_token"], email)

    async def new_user(self) -> Api:
        email = f"user{next(ACCOUNTS)}@example.com"
        answer = await Api(self.client).post("/api/v1/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return await self.login(email)

    async def new_product(self, **fields: object) -> dict[str, Any]:
        answer = await self.post("/api/v1/products", json=PRODUCT | fields)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def new_order(self, **fields: object) -> dict[str, Any]:
        product = await self.new_product()
        items = [{"product_id": product["id"], "quantity": 2}]
        answer = await self.post("/api/v1/orders", json={"items": items} | fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@asynccontextmanager
async def opened(app: FastAPI, *, scheme: str = "https") -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(app)
    base = f"{scheme}://api.example.test"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield Api(client)
    await app.state.parts.database.dispose()


def database_url() -> str:
    """Where a story's application keeps its data; replaced where the stories are told on another database."""
    return IN_MEMORY


Story = Callable[[Api], Awaitable[None]]


def tell(
    story: Story,
    *,
    defects: Iterable[str] = (),
    decoys: Iterable[str] = (),
    scheme: str = "https",
    settings: Mapping[str, object] | None = None,
    arrange: Callable[[Parts], None] | None = None,
) -> None:
    """Run a story against a fresh application, with limits wide enough not to be met; `arrange` swaps parts of it."""
    roomy: dict[str, object] = {
        "rate_limit_requests": 10_000,
        "login_failures": 1_000,
        "database_url": database_url(),
    }
    chosen = calibration_settings(**roomy | dict(settings or {}))
    app = create_app(chosen, defects=defects, decoys=decoys)
    if arrange is not None:
        arrange(app.state.parts)

    async def run() -> None:
        async with opened(app, scheme=scheme) as api:
            await story(api)

    asyncio.run(run())
