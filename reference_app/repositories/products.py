"""Products."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select

from reference_app.models import Product
from reference_app.repositories.base import Page, Repository, Window


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products a list shows."""

    search: str | None = None
    category: str | None = None


class ProductRepository(Repository[Product]):
    """What is on offer."""

    model = Product

    async def by_ids(self, ids: Collection[UUID]) -> dict[UUID, Product]:
        rows = await self.session.scalars(select(Product).where(Product.id.in_(ids)))
        return {product.id: product for product in rows}

    async def page(self, window: Window, wanted: ProductFilter) -> Page[Product]:
        query = select(Product)
        if wanted.category is not None:
            query = query.where(Product.category == wanted.category)
        if wanted.search is not None:
            query = query.where(await self.matches(wanted.search))
        return await self._page(query, window)

    async def matches(self, term: str) -> ColumnElement[bool]:
        """A bound parameter, with the wildcards of LIKE taken literally."""
        return Product.name.icontains(term, autoescape=True)
