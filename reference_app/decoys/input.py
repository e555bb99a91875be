"""Decoys of input validation."""

import codecs
import time
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import ConfigDict
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from reference_app.api import deps
from reference_app.api.deps import Catalogue, CurrentUser, Location
from reference_app.core.errors import ApiError, respond
from reference_app.core.json_body import read_json
from reference_app.models import Product
from reference_app.models.marketplace import Category
from reference_app.parts import Parts
from reference_app.repositories.base import Window
from reference_app.schemas.marketplace import ProductIn
from reference_app.switches import decoy

BURST = 25
BURST_SECONDS = 0.25


class ShedLoad:
    """Answers 503 with Retry-After while more comes at once than can be served."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._began, self._count = 0.0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_burst():
            error = ApiError(503, "overloaded", "try again", headers={"Retry-After": "1"})
            await respond(scope, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_burst(self) -> bool:
        now = time.monotonic()
        if now - self._began > BURST_SECONDS:
            self._began, self._count = now, 0
        self._count += 1
        return self._count > BURST


@decoy("input.no-5xx", 1, story="503 with Retry-After under a burst.")
def shed_load(parts: Parts) -> None:
    parts.layers["shed_load"] = Middleware(ShedLoad)


def category_is_listed_as_required(schema: dict[str, Any]) -> None:
    schema["required"] = sorted({*schema["required"], "category"})


class ProductWithDefault(ProductIn):
    """A product to offer; the category may be left to us."""

    model_config = ConfigDict(json_schema_extra=category_is_listed_as_required)

    category: Category = Category.HOME


async def create_product_with_default(
    wanted: ProductWithDefault,
    user: CurrentUser,
    catalogue: Catalogue,
    response: Response,
    location: Location,
) -> Product:
    """Any signed-in user may sell."""
    product = await catalogue.offer(wanted, user)
    response.headers["Location"] = location("read_product", product_id=product.id)
    return product


@decoy("input.required", 1, story="An omitted field is filled by its documented default.")
def documented_default(parts: Parts) -> None:
    parts.change("create_product", call=create_product_with_default)


def clamped_window(
    cursor: Annotated[str | None, Query(pattern=deps.CURSOR)] = None,
    limit: Annotated[int, Query()] = 20,
) -> Window:
    return deps.window(min(max(limit, 1), 100), cursor)


@decoy("input.constraints", 1, story="limit=1000 is clamped to 100.")
def clamped_limit(parts: Parts) -> None:
    parts.overrides[deps.window] = clamped_window


class TrimmedProductIn(ProductIn):
    """A product to offer."""

    model_config = ConfigDict(str_strip_whitespace=True)


async def create_product_trimmed(
    wanted: TrimmedProductIn,
    user: CurrentUser,
    catalogue: Catalogue,
    response: Response,
    location: Location,
) -> Product:
    """Any signed-in user may sell."""
    product = await catalogue.offer(wanted, user)
    response.headers["Location"] = location("read_product", product_id=product.id)
    return product


@decoy("input.constraints", 2, story="Strings are trimmed before they are judged and stored.")
def trimmed(parts: Parts) -> None:
    parts.drift("create_product", call=create_product_trimmed)


@decoy("input.malformed-body", 1, story="422 with a JSON error body instead of 400.")
def unprocessable(parts: Parts) -> None:
    read = parts.read_json

    def read_or_422(body: bytes) -> object:
        try:
            return read(body)
        except ApiError as error:
            raise ApiError(422, error.code, error.message) from None

    parts.read_json = read_or_422


def read_after_bom(body: bytes) -> object:
    return read_json(body.removeprefix(codecs.BOM_UTF8))


@decoy("input.malformed-body", 2, story="A byte order mark is tolerated (RFC 8259 §8.1).")
def bom_tolerated(parts: Parts) -> None:
    parts.read_json = read_after_bom
