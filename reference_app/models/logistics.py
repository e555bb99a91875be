"""Where products lie: warehouses have shelves, shelves hold stock."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import SQLITE_OPTIONS, Row


class Warehouse(Row):
    """A building; admins open and close it."""

    __tablename__ = "warehouses"

    name: Mapped[str] = mapped_column(String(120))
    city: Mapped[str] = mapped_column(String(120))


class Shelf(Row):
    """A shelf that a seller rents."""

    __tablename__ = "shelves"

    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouses.id", ondelete="CASCADE"), index=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(40))


class StockItem(Row):
    """So many of a product on a shelf; `revision` counts the changes."""

    __tablename__ = "stock_items"
    __table_args__: Any = (UniqueConstraint("shelf_id", "product_id"), SQLITE_OPTIONS)

    shelf_id: Mapped[UUID] = mapped_column(ForeignKey("shelves.id", ondelete="CASCADE"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    quantity: Mapped[int]
    revision: Mapped[int] = mapped_column(default=1)
