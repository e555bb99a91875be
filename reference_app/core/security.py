"""Passwords, access tokens, refresh tokens, and the guard in front of the login."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reference_app.core.errors import too_many, unauthenticated
from reference_app.core.limits import WindowCounter
from reference_app.core.settings import Settings

ALGORITHM = "HS256"
REQUIRED_CLAIMS = ["sub", "sid", "role", "type", "jti", "iat", "exp", "iss", "aud"]


class Passwords:
    """Argon2id, in a thread: it takes long on purpose, and lets go of the interpreter meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
        )
        self._decoy_hash = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password: str, hashed: str | None) -> bool:
        """An unknown account takes as long as a wrong password."""
        return await asyncio.to_thread(self._fits, password, hashed)

    def _fits(self, password: str, hashed: str | None) -> bool:
        try:
            self._hasher.verify(hashed or self._decoy_hash, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None


@dataclass(frozen=True, slots=True)
class Claims:
    """Who holds a token, and the login it came from."""

    user_id: UUID
    family_id: UUID


class Tokens:
    """Short-lived signed tokens: for the header (`access`) and for the cookie (`session`)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = settings.jwt_secret.get_secret_value()

    def issue(self, user_id: UUID, role: str, family_id: UUID, *, kind: str = "access") -> str:
        now = int(time.time())
        claims = {
            "sub": str(user_id),
            "sid": str(family_id),
            "role": role,
            "type": kind,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + self._settings.access_token_seconds,
            "iss": self._settings.jwt_issuer,
            "aud": self._settings.jwt_audience,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str, *, kind: str = "access") -> Claims:
        """The claims of a token that we signed and that still lives; else a 401."""
        try:
            claims = self.decode(token)
            if claims["type"] != kind:
                raise unauthenticated("this token is for something else")
            return Claims(UUID(claims["sub"]), UUID(claims["sid"]))
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, AttributeError):
            raise unauthenticated("the access token is not valid") from None

    # The values of a JWT payload are whatever its issuer wrote.
    def decode(self, token: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            self._key,
            algorithms=[ALGORITHM],
            issuer=self._settings.jwt_issuer,
            audience=self._settings.jwt_audience,
            options={"require": REQUIRED_CLAIMS},
        )

    def csrf_token(self, claims: Claims) -> str:
        """What a page of ours knows and a page of somebody else does not: bound to the login, so nothing is stored."""
        return hmac.new(self._key.encode(), f"csrf:{claims.family_id}".encode(), hashlib.sha256).hexdigest()

    def fits_csrf(self, claims: Claims, sent: str) -> bool:
        return hmac.compare_digest(self.csrf_token(claims).encode(), sent.encode())


def new_api_key() -> str:
    """256 random bits behind a prefix that secret scanners can look for."""
    return f"mk_{secrets.token_urlsafe(32)}"


def new_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """A random 256-bit token needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


class LoginGuard(Protocol):
    """Stands before the password check, and hears about failures."""

    async def admit(self, email: str, client: str) -> None: ...

    async def failed(self, email: str, client: str) -> None: ...


class FailureLimit:
    """A few failures per account and per client; successes are not counted."""

    def __init__(self, settings: Settings) -> None:
        self._failures = WindowCounter(settings.login_failures, settings.login_failures_window_seconds)

    async def admit(self, email: str, client: str) -> None:
        for key in (f"account:{email}", f"client:{client}"):
            usage = self._failures.peek(key)
            if usage.remaining <= 0:
                raise too_many("too many failed logins", retry_after_seconds=usage.reset_seconds)

    async def failed(self, email: str, client: str) -> None:
        self._failures.hit(f"account:{email}")
        self._failures.hit(f"client:{client}")
