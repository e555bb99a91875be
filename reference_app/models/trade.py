"""How sellers present themselves: shops, and promotions for their products."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import Row


class Shop(Row):
    """A seller's shop, known to the world by its slug."""

    __tablename__ = "shops"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))


class Promotion(Row):
    """A product costs less for a while."""

    __tablename__ = "promotions"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), index=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    percent: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
