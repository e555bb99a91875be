"""Pictures of products: raw bytes, checked by their first ones."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from reference_app.api.deps import CurrentUser, Images
from reference_app.api.documentation import refusals
from reference_app.services.images import SIGNATURES

router = APIRouter(prefix="/products/{product_id}/image", tags=["products"])
BINARY: dict[str, Any] = {media: {"schema": {"type": "string", "format": "binary"}} for media in SIGNATURES}


@router.put(
    "",
    status_code=204,
    responses=refusals(401, 403, 404, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": BINARY}},
    summary="Put a picture to a product",
)
async def put_image(product_id: UUID, request: Request, user: CurrentUser, images: Images) -> None:
    """Only the seller may; another picture replaces it."""
    await images.put(product_id, request.headers.get("content-type", ""), await request.body(), user)


@router.get(
    "",
    response_class=Response,
    responses={200: {"description": "The picture.", "content": BINARY}, **refusals(404, 422)},
    summary="Look at the picture of a product",
)
async def read_image(product_id: UUID, images: Images) -> Response:
    """Open to everybody."""
    image = await images.look(product_id)
    return Response(image.content, media_type=image.media_type)
