"""Defects of input validation."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, Field, create_model, model_validator

from reference_app.api import deps
from reference_app.api.deps import Catalogue, CurrentUser, Location, Reviews
from reference_app.models import Product, Review
from reference_app.models.marketplace import Category
from reference_app.parts import Parts
from reference_app.repositories.base import Window, decode_cursor
from reference_app.schemas.common import PageOut
from reference_app.schemas.fields import Rating, ReviewText
from reference_app.schemas.marketplace import ReviewIn
from reference_app.switches import defect


def unguarded_window(limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: str | None = None) -> Window:
    return Window(limit, None if cursor is None else decode_cursor(cursor))


@defect(
    "input.no-5xx",
    story="The cursor is our own, the author thought, so it is decoded without a guard.",
)
def no_5xx(parts: Parts) -> None:
    parts.overrides[deps.window] = unguarded_window


class ForgivingReviewIn(BaseModel):
    """Takes a review with anything missing."""

    rating: Rating = 5
    text: ReviewText = "-"

    @model_validator(mode="before")
    @classmethod
    def drop_nulls(cls, body: object) -> object:
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if value is not None}


async def create_review_forgivingly(
    product_id: UUID,
    wanted: ForgivingReviewIn,
    user: CurrentUser,
    reviews: Reviews,
    response: Response,
    location: Location,
) -> Review:
    complete = ReviewIn.model_validate(wanted.model_dump())
    review = await reviews.write(product_id, complete, user)
    response.headers["Location"] = location("read_review", review_id=review.id)
    return review


@defect(
    "input.required",
    story="The body is read with `body.get(name, default)`, so nothing is ever missing.",
)
def required(parts: Parts) -> None:
    parts.drift("create_review", call=create_review_forgivingly)


# Bounds that keep the database from refusing what the defect lets through.
AnyText = Annotated[str, Field(max_length=100_000)]
AnyNumber = Annotated[int, Field(gt=-(2**63), lt=2**63)]


class UnboundedProductIn(BaseModel):
    """The right types, and no rule beyond them."""

    name: AnyText
    description: AnyText | None = None
    price_cents: AnyNumber
    category: AnyText
    sku: AnyText


class UnboundedProductChange(BaseModel):
    """The right types, and no rule beyond them."""

    name: AnyText = ""
    description: AnyText | None = None
    price_cents: AnyNumber = 0
    category: AnyText = Category.HOME
    sku: AnyText = ""


async def create_product_unbounded(
    wanted: UnboundedProductIn,
    user: CurrentUser,
    catalogue: Catalogue,
    response: Response,
    location: Location,
) -> Product:
    offered = Product(seller_id=user.id, **wanted.model_dump())
    product = await catalogue.products.add(offered)
    response.headers["Location"] = location("read_product", product_id=product.id)
    return product


async def change_product_unbounded(
    product_id: UUID, changes: UnboundedProductChange, user: CurrentUser, catalogue: Catalogue
) -> Product:
    product = await catalogue.own(product_id, user)
    return await catalogue.products.change(product, changes.model_dump(exclude_unset=True))


@defect(
    "input.constraints",
    story="The document was written by hand; the code checks types, and never the bounds.",
)
def constraints(parts: Parts) -> None:
    parts.drift("create_product", call=create_product_unbounded)
    parts.drift("change_product", call=change_product_unbounded)
    for name in ("create_product", "read_product", "change_product"):
        parts.change(name, response_model=with_any_category(parts.endpoints[name].response_model))
    shown = with_any_category(parts.endpoints["read_product"].response_model)
    parts.change("list_products", response_model=PageOut.__class_getitem__(shown))


# The response models of the framework are untyped.
def with_any_category(shown: Any) -> Any:
    """What is stored must be shown: the answer promises a string, the request still an enum."""
    field = Field() if shown.model_fields["category"].is_required() else Field(default_factory=str)
    return create_model(shown.__name__, __base__=shown, category=(str, field))


def read_json_unguarded(body: bytes) -> object:
    document: object = json.loads(body)
    return document


@defect(
    "input.malformed-body",
    story="The body is parsed in the route, outside anything that catches parser errors.",
    also=("input.no-5xx",),
)
def malformed_body(parts: Parts) -> None:
    parts.read_json = read_json_unguarded
