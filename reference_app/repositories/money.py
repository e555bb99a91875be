"""Money; whoever moves it holds both wallets."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from reference_app.models import Entry, IdempotencyKey, Transfer, Wallet
from reference_app.models.base import now
from reference_app.repositories.base import Page, Window
from reference_app.repositories.owned import OwnedRepository


class WalletRepository(OwnedRepository[Wallet]):
    """Wallets, their ledger and the transfers between them."""

    model = Wallet

    def owner(self) -> InstrumentedAttribute[UUID]:
        return Wallet.owner_id

    async def pay_in(self, wallet: Wallet, amount_cents: int) -> Entry:
        entry = Entry(wallet_id=wallet.id, amount_cents=amount_cents)
        await self._credit(wallet.id, amount_cents)
        self.session.add(entry)
        await self.session.commit()
        await self.session.refresh(wallet)
        return entry

    async def transfer(self, transfer: Transfer, key: IdempotencyKey | None) -> Transfer | None:
        """Debit, credit and both ledger rows in one transaction; None when the money is not there.

        The debit's own condition decides, so that two who spend at once cannot both win.
        """
        if not await self._debit(transfer.from_wallet_id, transfer.amount_cents):
            await self.session.rollback()
            return None
        await self._credit(transfer.to_wallet_id, transfer.amount_cents)
        self.session.add(transfer)
        await self.session.flush()
        for wallet_id, amount in (
            (transfer.from_wallet_id, -transfer.amount_cents),
            (transfer.to_wallet_id, transfer.amount_cents),
        ):
            self.session.add(Entry(wallet_id=wallet_id, transfer_id=transfer.id, amount_cents=amount))
        if key is not None:
            key.transfer_id = transfer.id
            self.session.add(key)
        await self.session.commit()
        return transfer

    async def entries(self, wallet_id: UUID, window: Window) -> Page[Entry]:
        return await self._page_in(Entry, select(Entry).where(Entry.wallet_id == wallet_id), window)

    async def transfer_of(self, transfer_id: UUID, owner_id: UUID) -> Transfer | None:
        """A transfer that touched one of the owner's wallets."""
        mine = select(Wallet.id).where(Wallet.owner_id == owner_id)
        touched = or_(Transfer.from_wallet_id.in_(mine), Transfer.to_wallet_id.in_(mine))
        found: Transfer | None = await self.session.scalar(select(Transfer).where(Transfer.id == transfer_id, touched))
        return found

    async def remembered(self, user_id: UUID, key: str) -> IdempotencyKey | None:
        found: IdempotencyKey | None = await self.session.scalar(
            select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
        )
        return found

    async def _debit(self, wallet_id: UUID, amount_cents: int) -> bool:
        paid = await self.session.execute(
            update(Wallet)
            .where(Wallet.id == wallet_id, Wallet.balance_cents >= amount_cents)
            .values(balance_cents=Wallet.balance_cents - amount_cents, updated_at=now())
        )
        # An UPDATE always gives a cursor, which the session's signature does not know.
        return cast("CursorResult[Any]", paid).rowcount == 1

    async def _credit(self, wallet_id: UUID, amount_cents: int) -> None:
        await self.session.execute(
            update(Wallet)
            .where(Wallet.id == wallet_id)
            .values(balance_cents=Wallet.balance_cents + amount_cents, updated_at=now())
        )
