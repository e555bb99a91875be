"""Decoys of speed."""

from __future__ import annotations

import asyncio
from itertools import count

from starlette.middleware import Middleware

from reference_app.core.middleware.rate_limit import RateLimit
from reference_app.parts import Parts
from reference_app.switches import decoy

OUTLIER_SECONDS = 0.7
OUTLIER_AT = 12


@decoy("perf.latency", 1, story="One read out of many is slow.")
def one_outlier(parts: Parts) -> None:
    calls = count(1)

    async def pause_once() -> None:
        if next(calls) == OUTLIER_AT:
            await asyncio.sleep(OUTLIER_SECONDS)

    parts.require("read_me", pause_once)


@decoy("perf.load", 1, story="Load is answered with 429 before it hurts.")
def throttled(parts: Parts) -> None:
    requests = max(1, parts.settings.rate_limit_requests * 3 // 5)
    window_seconds = parts.settings.rate_limit_window_seconds
    parts.layers["rate_limit"] = Middleware(RateLimit, requests=requests, window_seconds=window_seconds)
