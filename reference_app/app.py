"""Assembles the application from its parts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app import decoys as decoy_modules
from reference_app import defects as defect_modules
from reference_app.api import operations
from reference_app.api.v1.endpoints import (
    admin,
    api_keys,
    auth,
    exports,
    images,
    orders,
    products,
    promotions,
    reviews,
    sessions,
    shops,
    stock,
    totp,
    users,
    wallets,
    warehouses,
    webhooks,
)
from reference_app.core.json_body import json_route
from reference_app.core.security import Passwords
from reference_app.core.settings import Settings
from reference_app.db.database import Database
from reference_app.models import User
from reference_app.models.user import Role
from reference_app.parts import Document, Endpoint, Parts, endpoints_of, standard_parts
from reference_app.repositories import UserRepository
from reference_app.switches import chosen

VERSION_PREFIX = "/api/v1"
DESCRIPTION = """\
Products and reviews are open to read; everything else needs the access token of
`POST /api/v1/auth/login`. Every refusal is `{"error": {code, message, details, id}}`; the id is
also in the header `X-Request-ID`. Lists are pages, newest first: send `next_cursor` back as
`cursor`.
"""
VERSIONED = (
    auth,
    sessions,
    users,
    totp,
    api_keys,
    admin,
    products,
    orders,
    reviews,
    warehouses,
    stock,
    shops,
    promotions,
    wallets,
    exports,
    webhooks,
    images,
)


def create_app(
    settings: Settings | None = None,
    *,
    defects: Iterable[str] = (),
    decoys: Iterable[str] = (),
) -> FastAPI:
    """The application, with the named switches thrown; raises `UnknownSwitch`."""
    broken = chosen(tuple(defects), defect_modules.load())
    disguised = chosen(tuple(decoys), decoy_modules.load())
    settings = settings or Settings()
    database = Database(settings.database_url, lambda session: ensure_admin(session, settings))
    parts = standard_parts(settings, database, standard_endpoints())
    # Decoys first: a defect breaks what they added, and takes the place of what they changed.
    for apply in [switch.apply for switch in disguised] + [switch.apply for switch in broken]:
        apply(parts)
    return assemble(parts)


@cache
def standard_endpoints() -> tuple[Endpoint, ...]:
    versioned = [endpoint for module in VERSIONED for endpoint in endpoints_of(module.router, prefix=VERSION_PREFIX)]
    return (*endpoints_of(operations.router), *versioned)


async def ensure_admin(session: AsyncSession, settings: Settings) -> None:
    """The first admin comes from the settings; an account that exists is left alone."""
    if settings.admin_email is None or settings.admin_password is None:
        return
    users = UserRepository(session)
    email = settings.admin_email.lower()
    if await users.by_email(email) is None:
        hashed = await Passwords(settings).hash(settings.admin_password.get_secret_value())
        await users.add(User(email=email, hashed_password=hashed, role=Role.ADMIN))


def assemble(parts: Parts) -> FastAPI:
    app = Application(
        title=parts.settings.title,
        docs_url=None,
        redoc_url=None,
        middleware=list(parts.layers.values()),
        # Starlette's own type for handlers is wider than any handler.
        exception_handlers=dict[Any, Any](parts.handlers),
        lifespan=lifespan,
        # A redirect would repeat the request's query, and hides a client's mistake.
        redirect_slashes=False,
    )
    app.state.parts = parts
    app.dependency_overrides = dict(parts.overrides)
    mount(app.router, parts.endpoints, json_route(parts.read_json))
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    await parts.database.prepare()
    yield
    await parts.database.dispose()


def mount(router: APIRouter, endpoints: Mapping[str, Endpoint], route_class: type[APIRoute]) -> None:
    for name, endpoint in endpoints.items():
        router.add_api_route(
            endpoint.path,
            endpoint.call,
            methods=[endpoint.method],
            name=name,
            operation_id=name,
            status_code=endpoint.status,
            response_model=endpoint.response_model,
            response_class=endpoint.response_class,
            response_model_exclude=set(endpoint.response_model_exclude) or None,
            response_model_exclude_unset=endpoint.response_model_exclude_unset,
            responses=endpoint.responses,
            dependencies=list(endpoint.dependencies),
            tags=list(endpoint.tags),
            summary=endpoint.summary,
            openapi_extra=endpoint.openapi_extra,
            route_class_override=route_class,
        )


class Application(FastAPI):
    """Serves the document of what its parts promise, not of what they do."""

    def openapi(self) -> Document:
        if self.openapi_schema is None:
            self.openapi_schema = described(self.state.parts)
        return self.openapi_schema


def described(parts: Parts) -> Document:
    paper = APIRouter()
    mount(paper, parts.documented, APIRoute)
    document = get_openapi(
        title=parts.settings.title,
        version="1.0.0",
        summary="A small marketplace: products, orders, reviews, and what sellers and programs need.",
        description=DESCRIPTION,
        routes=paper.routes,
    )
    for edit in parts.document_edits:
        document = edit(document)
    return document
