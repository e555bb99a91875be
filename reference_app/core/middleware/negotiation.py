"""What the caller may ask for: JSON, and the head of anything that can be read."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference_app.core.errors import ApiError, respond

SERVED = frozenset({"*/*", "application/*", "application/json", "application/problem+json"})
TEXT_PATHS = frozenset({"/metrics"})


class HeadAsGet:
    """RFC 9110 §9.3.2: HEAD is GET without the body, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        # In place: layers further out read the matched route from this very scope.
        scope["method"] = "GET"

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, send_without_body)


class AcceptJson:
    """Refuses, with 406, a caller who would not take JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not takes_json(scope):
            error = ApiError(406, "not_acceptable", "this API answers application/json")
            await respond(scope, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def takes_json(scope: Scope) -> bool:
    accept = Headers(scope=scope).get("accept", "").strip()
    if not accept or scope["path"] in TEXT_PATHS:
        return True
    return any(is_served(each) for each in accept.split(","))


def is_served(media_range: str) -> bool:
    media, *parameters = (part.strip().lower() for part in media_range.split(";"))
    return media in SERVED and "q=0" not in parameters
