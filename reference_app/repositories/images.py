"""Pictures of products."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from reference_app.models import Image
from reference_app.repositories.base import Repository


class ImageRepository(Repository[Image]):
    """One picture a product."""

    model = Image

    async def of_product(self, product_id: UUID) -> Image | None:
        return await self._one(select(Image).where(Image.product_id == product_id))
