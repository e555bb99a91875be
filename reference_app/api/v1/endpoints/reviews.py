"""Reviews: public to read, the author's to change."""

from uuid import UUID

from fastapi import APIRouter, Response

from reference_app.api.deps import CurrentUser, Location, Paging, Reviews
from reference_app.api.documentation import refusals
from reference_app.models import Review
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.marketplace import ReviewChange, ReviewIn, ReviewOut

router = APIRouter(tags=["reviews"])


@router.get(
    "/products/{product_id}/reviews",
    response_model=PageOut[ReviewOut],
    responses=refusals(404, 422),
    summary="List the reviews of a product",
)
async def list_reviews(product_id: UUID, reviews: Reviews, window: Paging) -> Page[Review]:
    """Newest first; open to everybody."""
    return await reviews.of_product(product_id, window)


@router.post(
    "/products/{product_id}/reviews",
    status_code=201,
    response_model=ReviewOut,
    responses=refusals(401, 404),
    summary="Review a product",
)
async def create_review(
    product_id: UUID,
    wanted: ReviewIn,
    user: CurrentUser,
    reviews: Reviews,
    response: Response,
    location: Location,
) -> Review:
    """Any signed-in user may."""
    review = await reviews.write(product_id, wanted, user)
    response.headers["Location"] = location("read_review", review_id=review.id)
    return review


@router.get(
    "/reviews/{review_id}",
    response_model=ReviewOut,
    responses=refusals(404, 422),
    summary="Read a review",
)
async def read_review(review_id: UUID, reviews: Reviews) -> Review:
    """Open to everybody."""
    return await reviews.read(review_id)


@router.patch(
    "/reviews/{review_id}",
    response_model=ReviewOut,
    responses=refusals(401, 403, 404),
    summary="Change a review",
)
async def change_review(review_id: UUID, changes: ReviewChange, user: CurrentUser, reviews: Reviews) -> Review:
    """Only its author may; fields that are left out stay as they are."""
    return await reviews.change(review_id, changes, user)


@router.delete(
    "/reviews/{review_id}",
    status_code=204,
    responses=refusals(401, 403, 404, 422),
    summary="Remove a review",
)
async def delete_review(review_id: UUID, user: CurrentUser, reviews: Reviews) -> None:
    """Only its author may."""
    await reviews.remove(review_id, user)
