"""Reviews: public to read, the author's to change."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reference_app.core.errors import forbidden, not_found
from reference_app.models import Review, User
from reference_app.repositories import ProductRepository, ReviewRepository
from reference_app.repositories.base import Page, Window
from reference_app.schemas.marketplace import ReviewChange, ReviewIn


@dataclass(frozen=True, slots=True)
class ReviewService:
    """What people say about products."""

    reviews: ReviewRepository
    products: ProductRepository

    async def write(self, product_id: UUID, wanted: ReviewIn, author: User) -> Review:
        await self._product_exists(product_id)
        review = Review(product_id=product_id, author_id=author.id, **wanted.model_dump())
        return await self.reviews.add(review)

    async def of_product(self, product_id: UUID, window: Window) -> Page[Review]:
        await self._product_exists(product_id)
        return await self.reviews.page(window, product_id)

    async def read(self, review_id: UUID) -> Review:
        review = await self.reviews.find(review_id)
        if review is None:
            raise not_found("review")
        return review

    async def change(self, review_id: UUID, changes: ReviewChange, user: User) -> Review:
        review = await self._own(review_id, user)
        return await self.reviews.change(review, changes.model_dump(exclude_unset=True))

    async def remove(self, review_id: UUID, user: User) -> None:
        await self.reviews.remove(await self._own(review_id, user))

    async def _product_exists(self, product_id: UUID) -> None:
        if await self.products.find(product_id) is None:
            raise not_found("product")

    async def _own(self, review_id: UUID, user: User) -> Review:
        review = await self.read(review_id)
        if review.author_id != user.id:
            raise forbidden("only the author may do this")
        return review
