"""Warehouses, shelves and stock."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from reference_app.schemas.common import RowOut
from reference_app.schemas.fields import City, Label, ProductName, Quantity


class WarehouseIn(BaseModel):
    """A warehouse to open."""

    name: ProductName
    city: City


class WarehouseOut(RowOut):
    """A warehouse."""

    name: str = Field(examples=["North hall"])
    city: str = Field(examples=["Sampleton"])


class ShelfIn(BaseModel):
    """A shelf to rent."""

    label: Label


class ShelfOut(RowOut):
    """A rented shelf."""

    warehouse_id: UUID
    tenant_id: UUID
    label: str = Field(examples=["A-17"])


class StockIn(BaseModel):
    """A product to put on a shelf."""

    shelf_id: UUID
    product_id: UUID
    quantity: Quantity


class StockChange(BaseModel):
    """How many there are now."""

    quantity: Quantity


class StockOut(RowOut):
    """So many of a product on a shelf."""

    shelf_id: UUID
    product_id: UUID
    owner_id: UUID
    quantity: int
