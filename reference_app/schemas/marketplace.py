"""Products, orders and reviews.

In a change, a field that is left out stays as it is; its default is never read, and exists so that
the field may be left out without `null` being allowed.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from reference_app.models.marketplace import Category, OrderStatus
from reference_app.schemas.common import RowOut
from reference_app.schemas.fields import (
    Address,
    Description,
    Note,
    PriceCents,
    ProductName,
    Quantity,
    Rating,
    ReviewText,
    Sku,
)


def some_category() -> Category:
    return Category.HOME


class ProductIn(BaseModel):
    """A product to offer."""

    name: ProductName
    description: Description | None = None
    price_cents: PriceCents
    category: Category = Field(examples=[Category.HOME])
    sku: Sku


class ProductChange(BaseModel):
    """The fields of a product to change."""

    name: ProductName = Field(default_factory=str)
    description: Description | None = None
    price_cents: PriceCents = Field(default_factory=int)
    category: Category = Field(default_factory=some_category)
    sku: Sku = Field(default_factory=str)


class ProductOut(RowOut):
    """A product on offer."""

    seller_id: UUID
    name: str = Field(examples=["Walnut desk"])
    description: str | None
    price_cents: int = Field(examples=[24_900])
    category: Category
    sku: str = Field(examples=["DESK-140"])


class OrderItemIn(BaseModel):
    """So many of a product."""

    product_id: UUID
    quantity: Quantity


class OrderIn(BaseModel):
    """An order to place."""

    items: list[OrderItemIn] = Field(min_length=1, max_length=50)
    note: Note | None = None
    shipping_address: Address | None = None


class OrderChange(BaseModel):
    """The fields of an order that its buyer may change."""

    note: Note | None = None
    shipping_address: Address | None = None


class OrderItemOut(BaseModel):
    """A line of an order; `product_id` is null once the product is gone."""

    model_config = ConfigDict(from_attributes=True)

    product_id: UUID | None
    quantity: int
    unit_price_cents: int


class OrderOut(RowOut):
    """An order, as its buyer sees it."""

    buyer_id: UUID
    status: OrderStatus
    items: list[OrderItemOut]
    total_cents: int = Field(examples=[49_800])
    note: str | None
    shipping_address: str | None


class ReviewIn(BaseModel):
    """A review to write."""

    rating: Rating
    text: ReviewText


class ReviewChange(BaseModel):
    """The fields of a review to change."""

    rating: Rating = Field(default_factory=int)
    text: ReviewText = Field(default_factory=str)


class ReviewOut(RowOut):
    """A review of a product."""

    product_id: UUID
    author_id: UUID
    rating: int = Field(examples=[4])
    text: str = Field(examples=["Sturdy and quiet."])
