"""Shops and promotions: the seller's own."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reference_app.core.errors import forbidden, invalid, not_found
from reference_app.models import Promotion, Shop, User
from reference_app.repositories import ProductRepository, PromotionRepository, ShopRepository
from reference_app.schemas.trade import PromotionIn, ShopChange, ShopIn


@dataclass(frozen=True, slots=True)
class TradeService:
    """How sellers present what they sell."""

    shops: ShopRepository
    promotions: PromotionRepository
    products: ProductRepository

    async def open(self, wanted: ShopIn, owner: User) -> Shop:
        """The database decides whether the slug is free: a check before it would be a race."""
        return await self.shops.add(Shop(owner_id=owner.id, slug=wanted.slug, name=wanted.name))

    async def visit(self, slug: str) -> Shop:
        shop = await self.shops.by_slug(slug)
        if shop is None:
            raise not_found("shop")
        return shop

    async def rename(self, slug: str, changes: ShopChange, owner: User) -> Shop:
        return await self.shops.change(await self._own(slug, owner), changes.model_dump(exclude_unset=True))

    async def close(self, slug: str, owner: User) -> None:
        await self.shops.remove(await self._own(slug, owner))

    async def _own(self, slug: str, owner: User) -> Shop:
        shop = await self.visit(slug)
        if shop.owner_id != owner.id:
            raise forbidden("only the owner may do this")
        return shop

    async def plan(self, wanted: PromotionIn, owner: User) -> Promotion:
        product = await self.products.find(wanted.product_id)
        if product is None:
            raise invalid("body.product_id", "unknown_reference", "there is no such product")
        if product.seller_id != owner.id:
            raise forbidden("only the seller may do this")
        return await self.promotions.add(Promotion(owner_id=owner.id, **wanted.model_dump()))

    async def promotion(self, promotion_id: UUID, owner: User) -> Promotion:
        promotion = await self.promotions.of_owner(promotion_id, owner.id)
        if promotion is None:
            raise not_found("promotion")
        return promotion

    async def call_off(self, promotion_id: UUID, owner: User) -> None:
        await self.promotions.remove(await self.promotion(promotion_id, owner))
