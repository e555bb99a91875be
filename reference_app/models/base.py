"""What every table shares: a sequence to page by, a public id, two times."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """SQLite forgets the zone; everything here is UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The declarative base."""

    # The mapper's own type for this is a mapping of anything.
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, UUID: Uuid}


# SQLite numbers rows by itself in a column of this very type only, and its integers have 64 bits anyway.
Sequence64 = BigInteger().with_variant(Integer(), "sqlite")
SQLITE_OPTIONS = {"sqlite_autoincrement": True}


class Row(Base):
    """`seq` orders and pages, and is never reused; `id` is what the world sees."""

    __abstract__ = True
    __table_args__: Any = SQLITE_OPTIONS

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
