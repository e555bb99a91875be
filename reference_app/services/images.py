"""Pictures of products: checked by what they are, not by what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from reference_app.core.errors import ApiError, not_found
from reference_app.models import Image, User
from reference_app.repositories import ImageRepository
from reference_app.services.catalogue import CatalogueService

SIGNATURES: Mapping[str, bytes] = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


@dataclass(frozen=True, slots=True)
class ImageService:
    """Putting a picture to a product, and looking at it."""

    images: ImageRepository
    catalogue: CatalogueService
    max_bytes: int

    async def put(self, product_id: UUID, media_type: str, content: bytes, user: User) -> None:
        product = await self.catalogue.own(product_id, user)
        media = media_type.partition(";")[0].strip().lower()
        if media not in SIGNATURES:
            raise ApiError(415, "unsupported_media_type", f"send {' or '.join(SIGNATURES)}")
        if len(content) > self.max_bytes:
            raise ApiError(413, "body_too_large", f"the image exceeds {self.max_bytes} bytes")
        if not content.startswith(SIGNATURES[media]):
            raise ApiError(422, "invalid_input", f"the body is not {media}")
        known = await self.images.of_product(product.id)
        if known is None:
            await self.images.add(Image(product_id=product.id, media_type=media, content=content))
        else:
            await self.images.change(known, {"media_type": media, "content": content})

    async def look(self, product_id: UUID) -> Image:
        await self.catalogue.look(product_id)
        image = await self.images.of_product(product_id)
        if image is None:
            raise not_found("image")
        return image
