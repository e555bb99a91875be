"""The outermost layer: a request id in, the same id and the security headers out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HSTS = "Strict-Transport-Security"
SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def security_headers() -> dict[str, str]:
    """What an API that serves JSON only sends with every answer."""
    return {
        HSTS: "max-age=63072000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


class RequestContext:
    """Nothing answers outside this layer, so nothing answers without an id and the headers."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = chosen_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in self._headers.items():
                    if applies(name, scope):
                        headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def applies(name: str, scope: Scope) -> bool:
    # RFC 6797 §7.2: the header has no meaning over plain HTTP.
    return name != HSTS or scope["scheme"] == "https"


def chosen_id(sent: str | None) -> str:
    """The caller's id where it is harmless in a log, else a fresh one."""
    if sent is not None and SAFE_REQUEST_ID.fullmatch(sent):
        return sent
    return uuid4().hex
