"""Keys for programs, and what programs may read with them."""

from uuid import UUID

from fastapi import APIRouter

from reference_app.api.deps import Access, CurrentUser, KeyHolder, Orders, Paging
from reference_app.api.documentation import refusals
from reference_app.models import ApiKey, Order
from reference_app.repositories.base import Page
from reference_app.schemas.access import ApiKeyIn, ApiKeyOut, IssuedKeyOut
from reference_app.schemas.common import PageOut
from reference_app.schemas.marketplace import OrderOut

router = APIRouter(tags=["keys"])


@router.get("/api-keys", response_model=PageOut[ApiKeyOut], responses=refusals(401, 422), summary="List one's keys")
async def list_api_keys(user: CurrentUser, access: Access, window: Paging) -> Page[ApiKey]:
    """Newest first; never the keys themselves."""
    return await access.keys.page_of(window, user.id)


@router.post("/api-keys", status_code=201, responses=refusals(401), summary="Issue a key")
async def create_api_key(wanted: ApiKeyIn, user: CurrentUser, access: Access) -> IssuedKeyOut:
    """The key is in this answer and nowhere else."""
    row, key = await access.issue(wanted, user)
    return IssuedKeyOut(**ApiKeyOut.model_validate(row).model_dump(), key=key)


@router.delete("/api-keys/{key_id}", status_code=204, responses=refusals(401, 404, 422), summary="Revoke a key")
async def delete_api_key(key_id: UUID, user: CurrentUser, access: Access) -> None:
    """Only one's own exist."""
    await access.revoke(key_id, user)


@router.get("/feed", response_model=PageOut[OrderOut], responses=refusals(401, 422), summary="Read orders as a program")
async def read_feed(user: KeyHolder, orders: Orders, window: Paging) -> Page[Order]:
    """The orders of the user who issued the key, newest first."""
    return await orders.mine(window, user)
