"""Shops and promotions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from reference_app.models.base import now
from reference_app.schemas.common import RowOut
from reference_app.schemas.fields import Percent, ProductName, Slug


class ShopIn(BaseModel):
    """A shop to open."""

    slug: Slug
    name: ProductName


class ShopChange(BaseModel):
    """What may change about a shop; its slug is in other people's links."""

    name: ProductName = Field(default_factory=str)


class ShopOut(RowOut):
    """A shop."""

    slug: str = Field(examples=["anns-desks"])
    name: str = Field(examples=["Ann's desks"])
    owner_id: UUID


class PromotionIn(BaseModel):
    """A promotion to plan."""

    product_id: UUID
    percent: Percent
    starts_at: AwareDatetime
    ends_at: AwareDatetime

    @model_validator(mode="after")
    def in_order(self) -> PromotionIn:
        """No schema can say this; the refusal does."""
        if self.starts_at <= now():
            raise ValueError("starts_at must be in the future")
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self


class PromotionOut(RowOut):
    """A planned promotion."""

    product_id: UUID
    owner_id: UUID
    percent: int
    starts_at: datetime
    ends_at: datetime
