"""Decoys of design."""

from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from reference_app.api.deps import Catalogue, CurrentUser, Location, Orders, Paging
from reference_app.api.documentation import refusals
from reference_app.core.errors import not_found
from reference_app.decoys.nullable import as_openapi_3_0
from reference_app.models import Order, Product, User
from reference_app.models.marketplace import OrderStatus
from reference_app.parts import Document, Parts
from reference_app.repositories.base import Page
from reference_app.repositories.products import ProductFilter
from reference_app.schemas.common import PageOut
from reference_app.schemas.fields import SearchText
from reference_app.schemas.marketplace import OrderOut, ProductOut
from reference_app.schemas.users import UserOut
from reference_app.switches import decoy

PREFIX = "/api/v1"
HEALTH = ("live", "ready", "read_metrics")


@decoy("design.versioned-paths", 1, story="/health and /metrics are at the root, as ever.")
def machines_at_the_root(parts: Parts) -> None:
    del parts


@decoy(
    "design.versioned-paths",
    2,
    story="The version is in servers[].url.",
    excludes={
        "design.versioned-paths": "A path without the version is not below that server.",
        "ops.health~leak": "What is at the root is not in its document, so nobody looks there for secrets.",
    },
)
def version_in_server(parts: Parts) -> None:
    for name in HEALTH:
        parts.documented.pop(name, None)
    parts.document_edits.append(with_version_in_server)


def with_version_in_server(document: Document) -> Document:
    paths = {path.removeprefix(PREFIX): said for path, said in document["paths"].items()}
    return {**document, "servers": [{"url": PREFIX}], "paths": paths}


actions = APIRouter(tags=["orders"])


@actions.post(
    "/orders/{order_id}/cancel",
    response_model=OrderOut,
    responses=refusals(401, 404, 422),
    summary="Cancel an order",
)
async def cancel_order(order_id: UUID, user: CurrentUser, orders: Orders) -> Order:
    """The order stays, and is not sent."""
    order = await orders.read(order_id, user)
    return await orders.orders.change(order, {"status": OrderStatus.CANCELLED})


@decoy("design.plural-nouns", 1, story="An action on one order, and /auth/login.")
def action_paths(parts: Parts) -> None:
    parts.add_router(actions, prefix=PREFIX)


class NewsOut(BaseModel):
    """Something new."""

    id: int
    title: str


NEWS = (NewsOut(id=1, title="We are open"), NewsOut(id=2, title="Now with reviews"))
singles = APIRouter(tags=["news"])


@singles.get("/me", response_model=UserOut, responses=refusals(401), summary="Read one's account")
async def read_myself(user: CurrentUser) -> User:
    """The same as /users/me."""
    return user


@singles.get("/news", responses=refusals(422), summary="List news")
async def list_news(window: Paging) -> PageOut[NewsOut]:
    """All of it."""
    return PageOut[NewsOut](items=list(NEWS[: window.limit]), next_cursor=None)


@singles.get("/news/{news_id}", responses=refusals(404, 422), summary="Read a piece of news")
async def read_news(news_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> NewsOut:
    """Open to everybody."""
    for piece in NEWS:
        if piece.id == news_id:
            return piece
    raise not_found("news")


@decoy("design.plural-nouns", 2, story="/me is one, /news has no singular.")
def uncountable(parts: Parts) -> None:
    parts.add_router(singles, prefix=PREFIX)


class SearchIn(BaseModel):
    """What to look for."""

    text: Annotated[SearchText, Field(examples=["desk"])]


searches = APIRouter(tags=["products"])


@searches.post(
    "/products/search",
    response_model=PageOut[ProductOut],
    responses=refusals(422),
    summary="Search products",
)
async def search_products(wanted: SearchIn, catalogue: Catalogue, window: Paging) -> Page[Product]:
    """Makes nothing, so it answers 200."""
    return await catalogue.browse(window, ProductFilter(wanted.text))


@decoy("design.create-201", 1, story="A search by POST makes nothing and answers 200.")
def search_by_post(parts: Parts) -> None:
    parts.add_router(searches, prefix=PREFIX)


class ExportIn(BaseModel):
    """What to export."""

    kind: Literal["orders", "reviews"]


class ExportOut(BaseModel):
    """A job."""

    id: UUID
    kind: Literal["orders", "reviews"]
    status: Literal["running", "done"]


def exports_router() -> APIRouter:
    """Jobs that are done the second time somebody looks."""
    router = APIRouter(prefix="/exports", tags=["exports"])
    jobs: dict[tuple[UUID, UUID], ExportOut] = {}

    @router.post(
        "",
        status_code=202,
        responses=refusals(401),
        summary="Start an export",
    )
    async def create_export(wanted: ExportIn, user: CurrentUser, response: Response, location: Location) -> ExportOut:
        """Look at `Location` for how it goes."""
        job = ExportOut(id=uuid4(), kind=wanted.kind, status="running")
        jobs[user.id, job.id] = job
        response.headers["Location"] = location("read_export", export_id=job.id)
        return job

    @router.get("/{export_id}", responses=refusals(401, 404, 422), summary="Read an export")
    async def read_export(export_id: UUID, user: CurrentUser) -> ExportOut:
        """Running, then done."""
        if (user.id, export_id) not in jobs:
            raise not_found("export")
        job = jobs[user.id, export_id]
        jobs[user.id, export_id] = job.model_copy(update={"status": "done"})
        return job

    @router.delete(
        "/{export_id}",
        status_code=204,
        responses=refusals(401, 404, 422),
        summary="Remove an export",
    )
    async def delete_export(export_id: UUID, user: CurrentUser) -> None:
        """Ends it, too."""
        if jobs.pop((user.id, export_id), None) is None:
            raise not_found("export")

    return router


@decoy("design.create-201", 2, story="202 with a job that ends.")
def export_jobs(parts: Parts) -> None:
    parts.add_router(exports_router(), prefix=PREFIX)


@decoy("design.response-conformance", 1, story="A nullable field of OpenAPI 3.0 is null.")
def nullable_3_0(parts: Parts) -> None:
    parts.document_edits.append(as_openapi_3_0)


@decoy("design.response-conformance", 2, story="429 under a burst is not documented.")
def undocumented_429(parts: Parts) -> None:
    for name, endpoint in parts.documented.items():
        kept = {status: said for status, said in endpoint.responses.items() if status != 429}
        parts.change(name, responses=kept)
