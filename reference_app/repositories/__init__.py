"""Queries, one class per table; nothing outside writes SQL."""

from __future__ import annotations

from dataclasses import dataclass

from reference_app.repositories.factors import TotpRepository
from reference_app.repositories.images import ImageRepository
from reference_app.repositories.logins import LoginRepository
from reference_app.repositories.money import WalletRepository
from reference_app.repositories.orders import OrderRepository
from reference_app.repositories.owned import (
    ApiKeyRepository,
    ExportRepository,
    PromotionRepository,
    ShelfRepository,
    ShopRepository,
    StockRepository,
    WebhookRepository,
)
from reference_app.repositories.products import ProductRepository
from reference_app.repositories.reviews import ReviewRepository
from reference_app.repositories.users import UserRepository
from reference_app.repositories.warehouses import WarehouseRepository

__all__ = [
    "ApiKeyRepository",
    "ExportRepository",
    "ImageRepository",
    "LoginRepository",
    "OrderRepository",
    "ProductRepository",
    "PromotionRepository",
    "Repositories",
    "ReviewRepository",
    "ShelfRepository",
    "ShopRepository",
    "StockRepository",
    "TotpRepository",
    "UserRepository",
    "WalletRepository",
    "WarehouseRepository",
    "WebhookRepository",
]


@dataclass(slots=True)
class Repositories:
    """Which class serves which table."""

    users: type[UserRepository] = UserRepository
    logins: type[LoginRepository] = LoginRepository
    factors: type[TotpRepository] = TotpRepository
    keys: type[ApiKeyRepository] = ApiKeyRepository
    products: type[ProductRepository] = ProductRepository
    orders: type[OrderRepository] = OrderRepository
    reviews: type[ReviewRepository] = ReviewRepository
    warehouses: type[WarehouseRepository] = WarehouseRepository
    shelves: type[ShelfRepository] = ShelfRepository
    stock: type[StockRepository] = StockRepository
    shops: type[ShopRepository] = ShopRepository
    promotions: type[PromotionRepository] = PromotionRepository
    wallets: type[WalletRepository] = WalletRepository
    exports: type[ExportRepository] = ExportRepository
    webhooks: type[WebhookRepository] = WebhookRepository
    images: type[ImageRepository] = ImageRepository
