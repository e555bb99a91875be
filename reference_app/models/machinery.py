"""What runs beside requests: exports, webhooks; and the images of products."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import Row


class ExportStatus(StrEnum):
    """How far an export has come."""

    RUNNING = "running"
    DONE = "done"


class Export(Row):
    """A file that takes a while to write."""

    __tablename__ = "exports"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(16), default=ExportStatus.RUNNING)
    orders: Mapped[int | None]


class Webhook(Row):
    """An address that wants to hear of events."""

    __tablename__ = "webhooks"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(500))
    event: Mapped[str] = mapped_column(String(40))


class Image(Row):
    """The picture of a product."""

    __tablename__ = "images"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), unique=True)
    media_type: Mapped[str] = mapped_column(String(40))
    content: Mapped[bytes] = mapped_column(LargeBinary)
