"""Wallets and transfers."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from reference_app.schemas.common import RowOut
from reference_app.schemas.fields import AmountCents, KeyName


class WalletIn(BaseModel):
    """A wallet to open."""

    name: KeyName


class WalletOut(RowOut):
    """A wallet."""

    owner_id: UUID
    name: str = Field(examples=["Savings"])
    balance_cents: int = Field(examples=[1_500])


class DepositIn(BaseModel):
    """Money to pay in."""

    amount_cents: AmountCents


class EntryOut(RowOut):
    """A row of the ledger; what went out is negative."""

    wallet_id: UUID
    transfer_id: UUID | None
    amount_cents: int = Field(examples=[-1_500])


class TransferIn(BaseModel):
    """Money to move out of one's own wallet."""

    from_wallet_id: UUID
    to_wallet_id: UUID
    amount_cents: AmountCents


class TransferOut(RowOut):
    """Money that was moved."""

    from_wallet_id: UUID
    to_wallet_id: UUID
    amount_cents: int = Field(examples=[1_500])
