"""Pure ASGI layers; `standard_layers` is their order, outermost first."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from reference_app.core.middleware.body_limit import BodyLimit
from reference_app.core.middleware.conditional import Conditional
from reference_app.core.middleware.context import RequestContext
from reference_app.core.middleware.cors import Cors
from reference_app.core.middleware.negotiation import AcceptJson, HeadAsGet
from reference_app.core.middleware.observe import Observe
from reference_app.core.middleware.rate_limit import RateLimit
from reference_app.core.middleware.recover import Recover
from reference_app.core.settings import Settings


def standard_layers(settings: Settings, headers: dict[str, str]) -> dict[str, Middleware]:
    """The request id and the headers come first, so that every refusal further in carries them."""
    return {
        "context": Middleware(RequestContext, headers=headers),
        "observe": Middleware(Observe),
        "cors": Middleware(Cors, origins=settings.cors_origins),
        "compression": Middleware(GZipMiddleware, minimum_size=1024),
        "conditional": Middleware(Conditional),
        "recover": Middleware(Recover),
        "head": Middleware(HeadAsGet),
        "accept": Middleware(AcceptJson),
        "body_limit": Middleware(BodyLimit, max_bytes=settings.max_body_bytes),
        "rate_limit": Middleware(
            RateLimit,
            requests=settings.rate_limit_requests,
            window_seconds=settings.rate_limit_window_seconds,
        ),
    }
