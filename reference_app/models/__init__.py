"""The tables."""

from reference_app.models.access import ApiKey
from reference_app.models.base import Base
from reference_app.models.logistics import Shelf, StockItem, Warehouse
from reference_app.models.machinery import Export, Image, Webhook
from reference_app.models.marketplace import Order, OrderItem, Product, Review
from reference_app.models.money import Entry, IdempotencyKey, Transfer, Wallet
from reference_app.models.trade import Promotion, Shop
from reference_app.models.user import LoginFamily, RefreshToken, TotpFactor, User

__all__ = [
    "ApiKey",
    "Base",
    "Entry",
    "Export",
    "IdempotencyKey",
    "Image",
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
    "TotpFactor",
    "Transfer",
    "User",
    "Wallet",
    "Warehouse",
    "Webhook",
]
