"""Products: everybody looks, the seller changes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reference_app.core.cache import Cache
from reference_app.core.errors import forbidden, not_found
from reference_app.models import Product, User
from reference_app.repositories import ProductRepository
from reference_app.repositories.base import Page, Window
from reference_app.repositories.products import ProductFilter
from reference_app.schemas.marketplace import ProductChange, ProductIn


@dataclass(frozen=True, slots=True)
class CatalogueService:
    """The products on offer."""

    products: ProductRepository
    shown: Cache[Product]

    async def offer(self, wanted: ProductIn, seller: User) -> Product:
        return await self.products.add(Product(seller_id=seller.id, **wanted.model_dump()))

    async def browse(self, window: Window, wanted: ProductFilter) -> Page[Product]:
        return await self.products.page(window, wanted)

    async def show(self, product_id: UUID) -> Product:
        """For reading only: it may be some seconds old, and belongs to no session."""
        return await self.shown.get(product_id, lambda: self.look(product_id))

    async def look(self, product_id: UUID) -> Product:
        product = await self.products.find(product_id)
        if product is None:
            raise not_found("product")
        return product

    async def change(self, product_id: UUID, changes: ProductChange, user: User) -> Product:
        product = await self.own(product_id, user)
        changed = await self.products.change(product, changes.model_dump(exclude_unset=True))
        self.shown.forget(product_id)
        return changed

    async def withdraw(self, product_id: UUID, user: User) -> None:
        await self.products.remove(await self.own(product_id, user))
        self.shown.forget(product_id)

    async def own(self, product_id: UUID, user: User) -> Product:
        """Products are public, so a stranger learns nothing from a 403."""
        product = await self.look(product_id)
        if product.seller_id != user.id:
            raise forbidden("only the seller may do this")
        return product
