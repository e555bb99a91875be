"""The tables."""

from reference_app.models.access import ApiKey
from reference_app.models.base import Base
from reference_app.models.logistics import Shelf, StockItem, Warehouse
from reference_app.models.marketplace import Order, OrderItem, Product, Review
from reference_app.models.trade import Promotion, Shop
from reference_app.models.user import LoginFamily, RefreshToken, User

__all__ = [
    "ApiKey",
    "Base",
    "LoginFamily",
    "Order",
    "OrderItem",
    "Product",
    "Promotion",
    "RefreshToken",
    "Review",
    "Shelf",
    "Shop",
    "StockItem",
    "User",
    "Warehouse",
]
