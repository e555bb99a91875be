"""The tables."""

from reference_app.models.base import Base
from reference_app.models.marketplace import Order, OrderItem, Product, Review
from reference_app.models.user import LoginFamily, RefreshToken, User

__all__ = ["Base", "LoginFamily", "Order", "OrderItem", "Product", "RefreshToken", "Review", "User"]
