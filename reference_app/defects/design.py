"""Defects of design: paths, statuses, and answers that break the document's word."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from reference_app.api.documentation import refusals
from reference_app.api.v1.endpoints import reviews
from reference_app.models.marketplace import Category
from reference_app.parts import Parts, endpoints_of
from reference_app.switches import defect

VERSION_PREFIX = "/api/v1"


@defect(
    "design.versioned-paths",
    story="One router was included without the prefix that all others have.",
)
def versioned_paths(parts: Parts) -> None:
    for endpoint in endpoints_of(reviews.router):
        path = parts.endpoints[endpoint.name].path.removeprefix(VERSION_PREFIX)
        parts.change(endpoint.name, path=path)


class CategoryOut(BaseModel):
    """A category of products."""

    name: Category


singular = APIRouter(tags=["categories"])


@singular.get("/category", summary="List categories")
async def list_category() -> list[CategoryOut]:
    """All five."""
    return [CategoryOut(name=name) for name in Category]


@singular.get("/category/{name}", responses=refusals(422), summary="Read a category")
async def read_category(
    name: Annotated[Category, Path(description="Its name.")],
) -> CategoryOut:
    """One of the five."""
    return CategoryOut(name=name)


@singular.get("/getCategories", summary="Names of the categories")
async def get_categories() -> list[Category]:
    """What the first mobile client asked for."""
    return list(Category)


@defect(
    "design.plural-nouns",
    story="A second team named its paths after the table and the function they call.",
)
def plural_nouns(parts: Parts) -> None:
    parts.add_router(singular, prefix=VERSION_PREFIX)


@defect("design.create-201", story="200 is the framework's default, and nobody changed it.")
def create_201(parts: Parts) -> None:
    parts.change("create_product", status=200)


@defect(
    "design.response-conformance",
    story="A field was dropped to save bytes in one answer; the document was not told.",
)
def response_conformance(parts: Parts) -> None:
    parts.drift("read_order", response_model_exclude=frozenset({"updated_at"}))
