"""Products: public to read, the seller's to change."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from reference_app.api.deps import Catalogue, CurrentUser, Location, Paging, publicly_cached
from reference_app.api.documentation import NOT_MODIFIED, refusals
from reference_app.api.projection import DOCUMENTED_FIELDS, Fields, Members, projected, projected_page
from reference_app.models import Product
from reference_app.models.marketplace import Category
from reference_app.repositories.base import Page
from reference_app.repositories.products import ProductFilter
from reference_app.schemas.common import PageOut
from reference_app.schemas.fields import SearchText
from reference_app.schemas.marketplace import ProductChange, ProductIn, ProductOut
from reference_app.schemas.projection import ProjectedProductOut

router = APIRouter(prefix="/products", tags=["products"])

Search = Annotated[SearchText | None, Query(description="Text that the name must contain.")]
OfCategory = Annotated[Category | None, Query(description="Only this category.")]


@router.get(
    "",
    response_model=PageOut[ProjectedProductOut],
    response_model_exclude_unset=True,
    openapi_extra=DOCUMENTED_FIELDS,
    responses=NOT_MODIFIED | refusals(422),
    dependencies=[Depends(publicly_cached)],
    summary="List products",
)
async def list_products(
    catalogue: Catalogue, window: Paging, search: Search = None, category: OfCategory = None, fields: Fields = None
) -> Page[Product] | Members:
    """Newest first; open to everybody."""
    return projected_page(await catalogue.browse(window, ProductFilter(search, category)), fields)


@router.post(
    "",
    status_code=201,
    response_model=ProductOut,
    responses=refusals(401),
    summary="Offer a product",
)
async def create_product(
    wanted: ProductIn,
    user: CurrentUser,
    catalogue: Catalogue,
    response: Response,
    location: Location,
) -> Product:
    """Any signed-in user may sell."""
    product = await catalogue.offer(wanted, user)
    response.headers["Location"] = location("read_product", product_id=product.id)
    return product


@router.get(
    "/{product_id}",
    response_model=ProjectedProductOut,
    response_model_exclude_unset=True,
    openapi_extra=DOCUMENTED_FIELDS,
    responses=NOT_MODIFIED | refusals(404, 422),
    dependencies=[Depends(publicly_cached)],
    summary="Read a product",
)
async def read_product(product_id: UUID, catalogue: Catalogue, fields: Fields = None) -> Product | Members:
    """Open to everybody."""
    return projected(await catalogue.show(product_id), fields)


@router.patch(
    "/{product_id}",
    response_model=ProductOut,
    responses=refusals(401, 403, 404),
    summary="Change a product",
)
async def change_product(product_id: UUID, changes: ProductChange, user: CurrentUser, catalogue: Catalogue) -> Product:
    """Only its seller may; fields that are left out stay as they are."""
    return await catalogue.change(product_id, changes, user)


@router.delete(
    "/{product_id}",
    status_code=204,
    responses=refusals(401, 403, 404, 422),
    summary="Withdraw a product",
)
async def delete_product(product_id: UUID, user: CurrentUser, catalogue: Catalogue) -> None:
    """Only its seller may; its reviews go with it, orders keep their prices."""
    await catalogue.withdraw(product_id, user)
