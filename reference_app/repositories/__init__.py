"""Queries, one class per table; nothing outside writes SQL."""

from __future__ import annotations

from dataclasses import dataclass

from reference_app.repositories.logins import LoginRepository
from reference_app.repositories.orders import OrderRepository
from reference_app.repositories.products import ProductRepository
from reference_app.repositories.reviews import ReviewRepository
from reference_app.repositories.users import UserRepository

__all__ = [
    "LoginRepository",
    "OrderRepository",
    "ProductRepository",
    "Repositories",
    "ReviewRepository",
    "UserRepository",
]


@dataclass(slots=True)
class Repositories:
    """Which class serves which table."""

    users: type[UserRepository] = UserRepository
    logins: type[LoginRepository] = LoginRepository
    products: type[ProductRepository] = ProductRepository
    orders: type[OrderRepository] = OrderRepository
    reviews: type[ReviewRepository] = ReviewRepository
