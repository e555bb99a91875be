"""Money: wallets, what went in and out of them, and transfers between them."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import SQLITE_OPTIONS, Row


class Wallet(Row):
    """Somebody's money; the database itself refuses a debt."""

    __tablename__ = "wallets"
    __table_args__: Any = (CheckConstraint("balance_cents >= 0"), SQLITE_OPTIONS)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    balance_cents: Mapped[int] = mapped_column(BigInteger, default=0)


class Transfer(Row):
    """Money that moved from one wallet to another, all of it or none."""

    __tablename__ = "transfers"
    __table_args__: Any = (CheckConstraint("amount_cents > 0"), SQLITE_OPTIONS)

    from_wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallets.id", ondelete="CASCADE"), index=True)
    to_wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallets.id", ondelete="CASCADE"), index=True)
    amount_cents: Mapped[int] = mapped_column(BigInteger)


class Entry(Row):
    """A row of the ledger: rows are written, never changed, and add up to the balance."""

    __tablename__ = "ledger_entries"

    wallet_id: Mapped[UUID] = mapped_column(ForeignKey("wallets.id", ondelete="CASCADE"), index=True)
    transfer_id: Mapped[UUID | None] = mapped_column(ForeignKey("transfers.id", ondelete="CASCADE"), index=True)
    amount_cents: Mapped[int] = mapped_column(BigInteger)


class IdempotencyKey(Row):
    """What a request with this key was answered, so that a repeated request does nothing twice."""

    __tablename__ = "idempotency_keys"
    __table_args__: Any = (UniqueConstraint("user_id", "key"), SQLITE_OPTIONS)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfers.id", ondelete="CASCADE"))
