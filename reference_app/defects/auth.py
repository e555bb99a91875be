"""Defects of authentication."""

import json
from typing import Any

import jwt
from fastapi import Request
from jwt.utils import base64url_decode

from reference_app.api.deps import Built, Credentials, Orders, Paging, Session, SessionCookie, claims_of, signed_in
from reference_app.core.security import ALGORITHM, Tokens
from reference_app.core.settings import Settings
from reference_app.models import Order
from reference_app.parts import Parts
from reference_app.repositories.base import Page
from reference_app.switches import defect

SIGNATURE_LENGTH = 43  # of HS256: 32 bytes in base64url


async def list_orders_of_anybody(
    request: Request,
    credentials: Credentials,
    cookie: SessionCookie,
    built: Built,
    opened: Session,
    orders: Orders,
    window: Paging,
) -> Page[Order]:
    if "authorization" not in request.headers and cookie is None:
        return await orders.orders.page_of_all(window)
    caller = await signed_in(request, claims_of(request, credentials, cookie, built), built, opened)
    return await orders.mine(window, caller.user)


@defect(
    "auth.anonymous-access",
    story="A list was switched to the optional user, and filters only when there is one.",
)
def anonymous_access(parts: Parts) -> None:
    parts.drift("list_orders", call=list_orders_of_anybody)


class FallbackTokens(Tokens):
    """Reads tokens as before, and gives refused ones a second chance."""

    def __init__(self, settings: Settings, inner: Tokens) -> None:
        super().__init__(settings)
        self._inner = inner


class MalformedTokens(FallbackTokens):
    """A token whose signature cannot even be decoded is read for its payload."""

    # The values of a JWT payload are whatever its issuer wrote.
    def decode(self, token: str) -> dict[str, Any]:
        try:
            return self._inner.decode(token)
        except jwt.DecodeError:
            signature = token.rpartition(".")[2]
            if len(signature) in (0, SIGNATURE_LENGTH):
                raise
            return unverified_payload(token)


def unverified_payload(token: str) -> dict[str, Any]:
    """Raises ValueError where even the payload is not readable."""
    _, payload, _ = token.split(".")
    claims: dict[str, Any] = json.loads(base64url_decode(payload))
    return claims


@defect(
    "auth.invalid-token",
    story="Some clients cut long headers, so the payload of a malformed token is read unverified.",
)
def invalid_token(parts: Parts) -> None:
    parts.tokens = MalformedTokens(parts.settings, parts.tokens)


class UnsignedTokens(FallbackTokens):
    """Expiry, issuer and audience are checked; who signed is not."""

    def decode(self, token: str) -> dict[str, Any]:
        try:
            return self._inner.decode(token)
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
            return jwt.decode(
                token,
                algorithms=[ALGORITHM],
                issuer=self._settings.jwt_issuer,
                audience=self._settings.jwt_audience,
                options={
                    "verify_signature": False,
                    "verify_exp": True,
                    "verify_iss": True,
                    "verify_aud": True,
                },
            )


@defect(
    "auth.jwt-forgery",
    story="`verify_signature: False` was set to debug a key rotation and shipped.",
)
def jwt_forgery(parts: Parts) -> None:
    parts.tokens = UnsignedTokens(parts.settings, parts.tokens)
