"""One structured log line and one measurement per request."""

from __future__ import annotations

import json
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference_app.core.errors import request_id_of
from reference_app.core.metrics import Metrics
from reference_app.core.middleware.rate_limit import client_address

log = logging.getLogger("reference_app.access")


class Observe:
    """Labels carry the route's template: raw paths would make a series per object."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, begun, status = scope["method"], time.perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            self._note(scope, method, status, time.perf_counter() - begun)

    def _note(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        metrics: Metrics = scope["app"].state.parts.metrics
        metrics.observe(method, route, status, seconds)
        if log.isEnabledFor(logging.INFO):
            log.info("%s", json.dumps(log_fields(scope, method, route, status, seconds)))


def log_fields(scope: Scope, method: str, route: str, status: int, seconds: float) -> dict[str, object]:
    """No path, no query, no header: they may carry secrets."""
    return {
        "request_id": request_id_of(scope),
        "method": method,
        "route": route,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "ip": client_address(scope),
        "user": scope.get("state", {}).get("user_id"),
    }
