"""Decoys of authentication."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from reference_app.api.deps import Built, Catalogue, Credentials, Session, SessionCookie, SignedIn, claims_of, signed_in
from reference_app.api.documentation import refusals
from reference_app.core.errors import not_found
from reference_app.models import User
from reference_app.parts import Parts
from reference_app.schemas.marketplace import ProductOut
from reference_app.switches import decoy


async def perhaps_signed_in(
    request: Request, credentials: Credentials, cookie: SessionCookie, built: Built, opened: Session
) -> User | None:
    """Nobody without credentials; wrong credentials are refused all the same."""
    if "authorization" not in request.headers and cookie is None:
        return None
    return (await signed_in(request, claims_of(request, credentials, cookie, built), built, opened)).user


class ProductForSomebody(ProductOut):
    """A product, and whether it is the caller's own."""

    mine: bool


async def read_product_of_somebody(
    product_id: UUID,
    catalogue: Catalogue,
    user: Annotated[User | None, Depends(perhaps_signed_in)],
) -> ProductForSomebody:
    """Open to everybody; a signed-in caller learns more."""
    product = await catalogue.look(product_id)
    shown = ProductOut.model_validate(product).model_dump()
    mine = user is not None and user.id == product.seller_id
    return ProductForSomebody.model_validate(shown | {"mine": mine})


@decoy(
    "auth.anonymous-access",
    1,
    story="Optional authentication with a public view.",
    excludes={"input.constraints": "It shows products of the known categories only."},
)
def public_view(parts: Parts) -> None:
    parts.change(
        "read_product",
        call=read_product_of_somebody,
        response_model=ProductForSomebody,
        responses=parts.documented["read_product"].responses | refusals(401),
        dependencies=(),
        openapi_extra={"security": [{}]},
    )


async def signed_in_or_lost(
    request: Request, credentials: Credentials, cookie: SessionCookie, built: Built, opened: Session
) -> SignedIn:
    if credentials is None and cookie is None:
        raise not_found("order")
    return await signed_in(request, claims_of(request, credentials, cookie, built), built, opened)


@decoy("auth.anonymous-access", 2, story="A 404 hides the resource from strangers.")
def hidden(parts: Parts) -> None:
    parts.require("read_order", signed_in_or_lost)
