"""Turns what nobody foresaw into a 500 that tells the log everything and the caller an id."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference_app.core.errors import ApiError, request_id_of, respond

log = logging.getLogger("reference_app")


class Recover:
    """Inside the headers layer, unlike the framework's own, which answers bare."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            log.exception("unhandled error", extra={"request_id": request_id_of(scope)})
            if started:
                raise
            error = ApiError(500, "internal_error", "something went wrong on our side")
            await respond(scope, error)(scope, receive, send)
