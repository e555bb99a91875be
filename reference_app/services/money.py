"""Wallets: money moves whole, or not at all, and once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from reference_app.core.errors import ApiError, conflict, invalid, not_found
from reference_app.models import Entry, IdempotencyKey, Transfer, User, Wallet
from reference_app.repositories import WalletRepository
from reference_app.repositories.base import Page, Window
from reference_app.schemas.money import DepositIn, TransferIn, WalletIn


@dataclass(frozen=True, slots=True)
class MoneyService:
    """Opening, filling and emptying wallets."""

    wallets: WalletRepository

    async def open(self, wanted: WalletIn, owner: User) -> Wallet:
        return await self.wallets.add(Wallet(owner_id=owner.id, name=wanted.name, balance_cents=0))

    async def read(self, wallet_id: UUID, owner: User) -> Wallet:
        wallet = await self.wallets.of_owner(wallet_id, owner.id)
        if wallet is None:
            raise not_found("wallet")
        return wallet

    async def close(self, wallet_id: UUID, owner: User) -> None:
        await self.wallets.remove(await self.read(wallet_id, owner))

    async def pay_in(self, wallet_id: UUID, paid: DepositIn, owner: User) -> Entry:
        return await self.wallets.pay_in(await self.read(wallet_id, owner), paid.amount_cents)

    async def ledger(self, wallet_id: UUID, owner: User, window: Window) -> Page[Entry]:
        wallet = await self.read(wallet_id, owner)
        return await self.wallets.entries(wallet.id, window)

    async def transfer(self, wanted: TransferIn, owner: User, key: str | None) -> Transfer:
        """With a key, the same request again is answered the same and moves nothing."""
        digest = hashlib.sha256(wanted.model_dump_json().encode()).hexdigest()
        known = None if key is None else await self.wallets.remembered(owner.id, key)
        if known is not None:
            return await self._repeated(known, digest, owner)
        await self._refuse_odd(wanted, owner)
        kept = None if key is None else IdempotencyKey(user_id=owner.id, key=key, digest=digest)
        made = await self.wallets.transfer(Transfer(**wanted.model_dump()), kept)
        if made is None:
            raise conflict("there is not enough money in the wallet")
        return made

    async def transferred(self, transfer_id: UUID, owner: User) -> Transfer:
        transfer = await self.wallets.transfer_of(transfer_id, owner.id)
        if transfer is None:
            raise not_found("transfer")
        return transfer

    async def _repeated(self, known: IdempotencyKey, digest: str, owner: User) -> Transfer:
        if known.digest != digest:
            raise ApiError(422, "idempotency_key_reused", "this key belongs to another request")
        return await self.transferred(known.transfer_id, owner)

    async def _refuse_odd(self, wanted: TransferIn, owner: User) -> None:
        if wanted.from_wallet_id == wanted.to_wallet_id:
            raise invalid("body.to_wallet_id", "same_wallet", "must differ from from_wallet_id")
        if await self.wallets.of_owner(wanted.from_wallet_id, owner.id) is None:
            raise invalid("body.from_wallet_id", "unknown_reference", "there is no such wallet")
        if await self.wallets.find(wanted.to_wallet_id) is None:
            raise invalid("body.to_wallet_id", "unknown_reference", "there is no such wallet")
