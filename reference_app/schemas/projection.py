"""Products of which a caller wants some members only.

The defaults are never read: they exist so that a member may be left out without `null` being allowed.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from reference_app.models.base import now
from reference_app.models.marketplace import Category
from reference_app.schemas.marketplace import some_category


class ProductField(StrEnum):
    """A member of a product that a caller may ask for."""

    ID = "id"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    SELLER_ID = "seller_id"
    NAME = "name"
    DESCRIPTION = "description"
    PRICE_CENTS = "price_cents"
    CATEGORY = "category"
    SKU = "sku"


class ProjectedProductOut(BaseModel):
    """A product on offer: the members that `fields` names, and `id`; all of them without `fields`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)
    seller_id: UUID = Field(default_factory=uuid4)
    name: str = Field(default_factory=str, examples=["Walnut desk"])
    description: str | None = Field(default_factory=str)
    price_cents: int = Field(default_factory=int, examples=[24_900])
    category: Category = Field(default_factory=some_category)
    sku: str = Field(default_factory=str, examples=["DESK-140"])
