"""Stock: what each seller has on which shelf."""

from uuid import UUID

from fastapi import APIRouter, Response

from reference_app.api.deps import CurrentUser, IfMatch, Location, Logistics, Paging
from reference_app.api.documentation import refusals
from reference_app.core.conditions import tag_of
from reference_app.models import StockItem
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.logistics import StockChange, StockIn, StockOut

router = APIRouter(prefix="/stock", tags=["logistics"])


@router.get("", response_model=PageOut[StockOut], responses=refusals(401, 422), summary="List one's stock")
async def list_stock(user: CurrentUser, logistics: Logistics, window: Paging) -> Page[StockItem]:
    """Newest first."""
    return await logistics.stock.page_of(window, user.id)


@router.post(
    "",
    status_code=201,
    response_model=StockOut,
    responses=refusals(401, 403, 409),
    summary="Put a product on a shelf",
)
async def create_stock(
    wanted: StockIn, user: CurrentUser, logistics: Logistics, response: Response, location: Location
) -> StockItem:
    """One's own product on one's own shelf, once."""
    item = await logistics.put(wanted, user)
    response.headers["Location"] = location("read_stock", stock_id=item.id)
    return item


@router.get("/{stock_id}", response_model=StockOut, responses=refusals(401, 404, 422), summary="Read a stock item")
async def read_stock(stock_id: UUID, user: CurrentUser, logistics: Logistics, response: Response) -> StockItem:
    """Only one's own exist; the `ETag` is what a change asks for."""
    item = await logistics.item(stock_id, user)
    response.headers["ETag"] = tag_of(item.revision)
    return item


@router.patch(
    "/{stock_id}", response_model=StockOut, responses=refusals(401, 404, 412, 428), summary="Count a stock item"
)
async def change_stock(
    stock_id: UUID,
    counted: StockChange,
    user: CurrentUser,
    logistics: Logistics,
    expected: IfMatch,
    response: Response,
) -> StockItem:
    """Only one's own exist; `If-Match` keeps two who count at once apart."""
    item = await logistics.count(stock_id, counted, user, expected)
    response.headers["ETag"] = tag_of(item.revision)
    return item


@router.delete("/{stock_id}", status_code=204, responses=refusals(401, 404, 422), summary="Take a product away")
async def delete_stock(stock_id: UUID, user: CurrentUser, logistics: Logistics) -> None:
    """Only one's own exist."""
    await logistics.take_away(stock_id, user)
