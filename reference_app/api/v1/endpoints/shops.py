"""Shops: everybody visits, the owner changes."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from reference_app.api.deps import CurrentUser, Location, Paging, Trade
from reference_app.api.documentation import refusals
from reference_app.models import Shop
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.fields import Slug
from reference_app.schemas.trade import ShopChange, ShopIn, ShopOut

router = APIRouter(prefix="/shops", tags=["shops"])
ShopSlug = Annotated[Slug, Path(description="The shop's slug.")]


@router.get("", response_model=PageOut[ShopOut], responses=refusals(422), summary="List shops")
async def list_shops(trade: Trade, window: Paging) -> Page[Shop]:
    """Newest first; open to everybody."""
    return await trade.shops.page_of_all(window)


@router.post("", status_code=201, response_model=ShopOut, responses=refusals(401, 409), summary="Open a shop")
async def create_shop(wanted: ShopIn, user: CurrentUser, trade: Trade, response: Response, location: Location) -> Shop:
    """Any signed-in user may; no two shops share a slug."""
    shop = await trade.open(wanted, user)
    response.headers["Location"] = location("read_shop", slug=shop.slug)
    return shop


@router.get("/{slug}", response_model=ShopOut, responses=refusals(404, 422), summary="Read a shop")
async def read_shop(slug: ShopSlug, trade: Trade) -> Shop:
    """Open to everybody."""
    return await trade.visit(slug)


@router.patch("/{slug}", response_model=ShopOut, responses=refusals(401, 403, 404), summary="Rename a shop")
async def change_shop(slug: ShopSlug, changes: ShopChange, user: CurrentUser, trade: Trade) -> Shop:
    """Only its owner may; fields that are left out stay as they are."""
    return await trade.rename(slug, changes, user)


@router.delete("/{slug}", status_code=204, responses=refusals(401, 403, 404, 422), summary="Close a shop")
async def delete_shop(slug: ShopSlug, user: CurrentUser, trade: Trade) -> None:
    """Only its owner may."""
    await trade.close(slug, user)
