"""Accounts and the logins they hold."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import Row


class Role(StrEnum):
    """What an account may do; registration always gives `user`."""

    USER = "user"
    ADMIN = "admin"


class User(Row):
    """Somebody with a password."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(254), unique=True)
    hashed_password: Mapped[str] = mapped_column(String(255))
    full_name: Mapped[str | None] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(16), default=Role.USER)


class LoginFamily(Row):
    """One login: all refresh tokens that descend from it live and die together."""

    __tablename__ = "login_families"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    ended_at: Mapped[datetime | None]


class RefreshToken(Row):
    """A refresh token, known by its digest only; using it twice ends the family."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[str] = mapped_column(String(64), unique=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("login_families.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class TotpFactor(Row):
    """An authenticator: pending until a code confirms it; `last_step` is the youngest step whose code was taken."""

    __tablename__ = "totp_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    sealed_secret: Mapped[str] = mapped_column(String(255))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
