"""Defects of speed."""

from __future__ import annotations

import asyncio
import time

from reference_app.parts import Parts
from reference_app.switches import defect

SLOW_READ_SECONDS = 0.8
TURN_SECONDS = 0.1


async def wait_for_a_slow_neighbour() -> None:
    await asyncio.sleep(SLOW_READ_SECONDS)


@defect("perf.latency", story="Each read of the account asks a slow service for its avatar first.")
def latency(parts: Parts) -> None:
    parts.require("read_me", wait_for_a_slow_neighbour)


class Turnstile:
    """Lets one caller through at a time, as a pool of one connection and a slow query would."""

    def __init__(self, turn_seconds: float) -> None:
        self._turn_seconds = turn_seconds
        self._free_at = 0.0

    async def __call__(self) -> None:
        now = time.monotonic()
        self._free_at = max(now, self._free_at) + self._turn_seconds
        await asyncio.sleep(self._free_at - now)


@defect("perf.load", story="A pool of one: quick for each caller alone, a queue for twenty.")
def load(parts: Parts) -> None:
    turnstile = Turnstile(TURN_SECONDS)
    reads = [name for name, one in parts.endpoints.items() if one.method == "GET" and one.path.startswith("/api/")]
    for read in reads:
        parts.require(read, turnstile.__call__)
