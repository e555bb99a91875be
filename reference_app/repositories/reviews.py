"""Reviews."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from reference_app.models import Review
from reference_app.repositories.base import Page, Repository, Window


class ReviewRepository(Repository[Review]):
    """What was said about products."""

    model = Review

    async def page(self, window: Window, product_id: UUID) -> Page[Review]:
        return await self._page(select(Review).where(Review.product_id == product_id), window)
