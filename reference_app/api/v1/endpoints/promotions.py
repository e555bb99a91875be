"""Promotions: each seller's own."""

from uuid import UUID

from fastapi import APIRouter, Response

from reference_app.api.deps import CurrentUser, Location, Paging, Trade
from reference_app.api.documentation import refusals
from reference_app.models import Promotion
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.trade import PromotionIn, PromotionOut

router = APIRouter(prefix="/promotions", tags=["promotions"])


@router.get("", response_model=PageOut[PromotionOut], responses=refusals(401, 422), summary="List one's promotions")
async def list_promotions(user: CurrentUser, trade: Trade, window: Paging) -> Page[Promotion]:
    """Newest first."""
    return await trade.promotions.page_of(window, user.id)


@router.post("", status_code=201, response_model=PromotionOut, responses=refusals(401, 403), summary="Plan a promotion")
async def create_promotion(
    wanted: PromotionIn, user: CurrentUser, trade: Trade, response: Response, location: Location
) -> Promotion:
    """For one's own product."""
    promotion = await trade.plan(wanted, user)
    response.headers["Location"] = location("read_promotion", promotion_id=promotion.id)
    return promotion


@router.get(
    "/{promotion_id}", response_model=PromotionOut, responses=refusals(401, 404, 422), summary="Read a promotion"
)
async def read_promotion(promotion_id: UUID, user: CurrentUser, trade: Trade) -> Promotion:
    """Only one's own exist."""
    return await trade.promotion(promotion_id, user)


@router.delete("/{promotion_id}", status_code=204, responses=refusals(401, 404, 422), summary="Call a promotion off")
async def delete_promotion(promotion_id: UUID, user: CurrentUser, trade: Trade) -> None:
    """Only one's own exist."""
    await trade.call_off(promotion_id, user)
