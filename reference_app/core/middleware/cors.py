"""Cross-origin access for an allow-list of origins; everybody else sees an ordinary answer."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = "GET, HEAD, POST, PATCH, DELETE"
REQUEST_HEADERS = "Authorization, Content-Type, X-Request-ID"
EXPOSED = "Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"


class Cors:
    """Bearer tokens need no cookies, so credentials are not allowed unless asked for."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str], credentials: bool = False) -> None:
        self._app = app
        self._origins = origins
        self._credentials = credentials

    def granted(self, origin: str | None) -> dict[str, str]:
        """The headers that this origin gets; none for a stranger."""
        if origin is None or origin not in self._origins:
            return {}
        allowed = {"Access-Control-Allow-Origin": origin}
        if self._credentials:
            allowed["Access-Control-Allow-Credentials"] = "true"
        return allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        granted = self.granted(headers.get("origin"))
        if granted and is_preflight(scope, headers):
            await preflight(granted)(scope, receive, send)
            return

        async def send_with_grant(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")
                answer.update(granted)
                if granted:
                    answer["Access-Control-Expose-Headers"] = EXPOSED
            await send(message)

        await self._app(scope, receive, send_with_grant)


def is_preflight(scope: Scope, headers: Headers) -> bool:
    return scope["method"] == "OPTIONS" and "access-control-request-method" in headers


def preflight(granted: dict[str, str]) -> Response:
    return Response(
        status_code=204,
        headers={
            **granted,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
            "Access-Control-Max-Age": "600",
            "Vary": "Origin",
        },
    )
