"""Queries, one class per table; nothing outside writes SQL."""

from __future__ import annotations

from dataclasses import dataclass

from reference_app.repositories.logins import LoginRepository
from reference_app.repositories.orders import OrderRepository
from reference_app.repositories.owned import (
    ApiKeyRepository,
    PromotionRepository,
    ShelfRepository,
    ShopRepository,
    StockRepository,
)
from reference_app.repositories.products import ProductRepository
from reference_app.repositories.reviews import ReviewRepository
from reference_app.repositories.users import UserRepository
from reference_app.repositories.warehouses import WarehouseRepository

__all__ = [
    "ApiKeyRepository",
    "LoginRepository",
    "OrderRepository",
    "ProductRepository",
    "PromotionRepository",
    "Repositories",
    "ReviewRepository",
    "ShelfRepository",
    "ShopRepository",
    "StockRepository",
    "UserRepository",
    "WarehouseRepository",
]


@dataclass(slots=True)
class Repositories:
    """Which class serves which table."""

    users: type[UserRepository] = UserRepository
    logins: type[LoginRepository] = LoginRepository
    keys: type[ApiKeyRepository] = ApiKeyRepository
    products: type[ProductRepository] = ProductRepository
    orders: type[OrderRepository] = OrderRepository
    reviews: type[ReviewRepository] = ReviewRepository
    warehouses: type[WarehouseRepository] = WarehouseRepository
    shelves: type[ShelfRepository] = ShelfRepository
    stock: type[StockRepository] = StockRepository
    shops: type[ShopRepository] = ShopRepository
    promotions: type[PromotionRepository] = PromotionRepository
