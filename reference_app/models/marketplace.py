"""Products, orders and reviews."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reference_app.models.base import Row


class Category(StrEnum):
    """Where a product is shown."""

    BOOKS = "books"
    CLOTHING = "clothing"
    ELECTRONICS = "electronics"
    HOME = "home"
    TOYS = "toys"


class OrderStatus(StrEnum):
    """How far an order has come; operations of their own move it, never a request body."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Product(Row):
    """Something on offer."""

    __tablename__ = "products"

    seller_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str | None] = mapped_column(String(2000))
    price_cents: Mapped[int]
    category: Mapped[str] = mapped_column(String(32), index=True)
    sku: Mapped[str] = mapped_column(String(32))


class Order(Row):
    """What somebody bought; the prices are those of that moment."""

    __tablename__ = "orders"

    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(16), default=OrderStatus.PLACED)
    total_cents: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(String(500))
    shipping_address: Mapped[str | None] = mapped_column(String(300))
    items: Mapped[list["OrderItem"]] = relationship(
        lazy="selectin",
        order_by="OrderItem.seq",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class OrderItem(Row):
    """One line of an order; it outlives the product."""

    __tablename__ = "order_items"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"), index=True)
    quantity: Mapped[int]
    unit_price_cents: Mapped[int]


class Review(Row):
    """What somebody thinks of a product."""

    __tablename__ = "reviews"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    rating: Mapped[int]
    text: Mapped[str] = mapped_column(String(2000))
