"""Decoys of injection."""

from sqlalchemy import ColumnElement, or_

from reference_app.api.deps import Catalogue, Paging
from reference_app.api.v1.endpoints.products import OfCategory, Search
from reference_app.core.errors import ApiError
from reference_app.models import Product
from reference_app.parts import Parts
from reference_app.repositories import ProductRepository
from reference_app.repositories.products import ProductFilter
from reference_app.schemas.common import PageOut
from reference_app.schemas.marketplace import ProductOut
from reference_app.switches import decoy, with_methods


@decoy("injection.sql-error", 1, story="O'Brien is stored and found, as ever.")
def obrien(parts: Parts) -> None:
    del parts


@decoy("injection.sql-error", 2, story="A quote in a search is refused with 400.")
def quote_refused(parts: Parts) -> None:
    products = parts.repositories.products

    async def matches_unquoted(self: ProductRepository, term: str) -> ColumnElement[bool]:
        if "'" in term or '"' in term:
            raise ApiError(400, "invalid_search", "quotes cannot be searched for")
        return await products.matches(self, term)

    parts.repositories.products = with_methods(products, matches=matches_unquoted)


class EchoedPage(PageOut[ProductOut]):
    """A page of products, and what was searched for."""

    query: str | None


async def list_products_echoing(
    catalogue: Catalogue, window: Paging, search: Search = None, category: OfCategory = None
) -> EchoedPage:
    """Newest first; open to everybody."""
    page = await catalogue.browse(window, ProductFilter(search, category))
    items = [ProductOut.model_validate(product) for product in page.items]
    return EchoedPage(items=items, next_cursor=page.next_cursor, query=search)


@decoy(
    "injection.sql-blind",
    1,
    story="The search echoes the query.",
    excludes={"input.constraints": "Its page shows products of the known categories only."},
)
def echoed_query(parts: Parts) -> None:
    parts.change("list_products", call=list_products_echoing, response_model=EchoedPage, openapi_extra=None)


async def matches_any_word(_: ProductRepository, term: str) -> ColumnElement[bool]:
    words = term.split() or [term]
    return or_(*(Product.name.icontains(word, autoescape=True) for word in words))


@decoy("injection.sql-blind", 2, story="A search that matches any of the words.")
def any_word(parts: Parts) -> None:
    parts.repositories.products = with_methods(parts.repositories.products, matches=matches_any_word)
