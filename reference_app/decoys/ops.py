"""Decoys of operations."""

from __future__ import annotations

from itertools import count

from reference_app.core.errors import ApiError
from reference_app.parts import Parts
from reference_app.switches import decoy

STARTING_CALLS = 2


@decoy("ops.health", 1, story="Readiness answers 503 while the application is starting.")
def starting(parts: Parts) -> None:
    calls = count(1)

    async def not_yet() -> None:
        if next(calls) <= STARTING_CALLS:
            raise ApiError(503, "starting", "not ready yet", headers={"Retry-After": "1"})

    parts.require("ready", not_yet)
