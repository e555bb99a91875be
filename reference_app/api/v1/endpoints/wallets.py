"""Wallets, their ledger, and transfers between them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from reference_app.api.deps import CurrentUser, Location, Money, Paging
from reference_app.api.documentation import refusals
from reference_app.models import Entry, Transfer, Wallet
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.money import DepositIn, EntryOut, TransferIn, TransferOut, WalletIn, WalletOut

router = APIRouter(tags=["money"])
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=64,
        pattern="^[A-Za-z0-9_-]*$",
        description="Repeat a request with its key, and nothing happens twice.",
    ),
]


@router.get("/wallets", response_model=PageOut[WalletOut], responses=refusals(401, 422), summary="List one's wallets")
async def list_wallets(user: CurrentUser, money: Money, window: Paging) -> Page[Wallet]:
    """Newest first."""
    return await money.wallets.page_of(window, user.id)


@router.post("/wallets", status_code=201, response_model=WalletOut, responses=refusals(401), summary="Open a wallet")
async def create_wallet(
    wanted: WalletIn, user: CurrentUser, money: Money, response: Response, location: Location
) -> Wallet:
    """Any signed-in user may."""
    wallet = await money.open(wanted, user)
    response.headers["Location"] = location("read_wallet", wallet_id=wallet.id)
    return wallet


@router.get(
    "/wallets/{wallet_id}", response_model=WalletOut, responses=refusals(401, 404, 422), summary="Read a wallet"
)
async def read_wallet(wallet_id: UUID, user: CurrentUser, money: Money) -> Wallet:
    """Only one's own exist."""
    return await money.read(wallet_id, user)


@router.delete("/wallets/{wallet_id}", status_code=204, responses=refusals(401, 404, 422), summary="Close a wallet")
async def delete_wallet(wallet_id: UUID, user: CurrentUser, money: Money) -> None:
    """Only one's own exist; what was in it is paid out, its ledger goes with it."""
    await money.close(wallet_id, user)


@router.get(
    "/wallets/{wallet_id}/entries",
    response_model=PageOut[EntryOut],
    responses=refusals(401, 404, 422),
    summary="Read the ledger of a wallet",
)
async def list_entries(wallet_id: UUID, user: CurrentUser, money: Money, window: Paging) -> Page[Entry]:
    """Newest first; the amounts add up to the balance."""
    return await money.ledger(wallet_id, user, window)


@router.post(
    "/wallets/{wallet_id}/deposits",
    status_code=201,
    response_model=EntryOut,
    responses=refusals(401, 404),
    summary="Pay money in",
)
async def create_deposit(wallet_id: UUID, paid: DepositIn, user: CurrentUser, money: Money) -> Entry:
    """Gives the ledger's new row."""
    return await money.pay_in(wallet_id, paid, user)


@router.post(
    "/transfers",
    status_code=201,
    response_model=TransferOut,
    responses=refusals(401, 409),
    summary="Move money",
)
async def create_transfer(
    wanted: TransferIn,
    user: CurrentUser,
    money: Money,
    response: Response,
    location: Location,
    key: IdempotencyKey = None,
) -> Transfer:
    """Out of one's own wallet into any other: debit, credit and ledger in one transaction."""
    transfer = await money.transfer(wanted, user, key)
    response.headers["Location"] = location("read_transfer", transfer_id=transfer.id)
    return transfer


@router.get(
    "/transfers/{transfer_id}",
    response_model=TransferOut,
    responses=refusals(401, 404, 422),
    summary="Read a transfer",
)
async def read_transfer(transfer_id: UUID, user: CurrentUser, money: Money) -> Transfer:
    """Only those that touched one's own wallets exist."""
    return await money.transferred(transfer_id, user)
