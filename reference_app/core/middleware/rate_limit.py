"""The general limit per client, advertised as draft-ietf-httpapi-ratelimit-headers words it."""

from __future__ import annotations

import math

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference_app.core.errors import ApiError, respond, too_many
from reference_app.core.limits import Usage, WindowCounter


class RateLimit:
    """Counts a signed-in user by id and everybody else by address; no header can change that."""

    def __init__(self, app: ASGIApp, *, requests: int, window_seconds: float) -> None:
        self._app = app
        self._counter = WindowCounter(requests, window_seconds)
        self._policy = f'"default";q={requests};w={math.ceil(window_seconds)}'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        usage = self._counter.hit(client_key(scope))

        async def send_with_usage(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._advertise(MutableHeaders(scope=message), usage)
            await send(message)

        if usage.exceeded:
            error = too_many("slow down", retry_after_seconds=usage.reset_seconds)
            await respond(scope, error)(scope, receive, send_with_usage)
            return
        await self._app(scope, receive, send_with_usage)

    def _advertise(self, headers: MutableHeaders, usage: Usage) -> None:
        headers["RateLimit-Policy"] = self._policy
        headers["RateLimit"] = f'"default";r={usage.remaining};t={usage.reset_seconds}'


def client_key(scope: Scope) -> str:
    """The user of a valid token, else the address; `X-Forwarded-For` is anybody's to write."""
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        try:
            return f"user:{scope['app'].state.parts.tokens.read(token).user_id}"
        except ApiError:
            pass
    return f"address:{client_address(scope)}"


def client_address(scope: Scope) -> str:
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else "unknown"
