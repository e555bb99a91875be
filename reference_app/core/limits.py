"""Counts events per key in fixed windows that start with the first event."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

LARGEST_TABLE = 10_000


@dataclass(frozen=True, slots=True)
class Usage:
    """What is left of a window."""

    remaining: int
    reset_seconds: int
    exceeded: bool


class WindowCounter:
    """At most `limit` events per `window_seconds` and key; memory is bounded."""

    def __init__(
        self,
        limit: int,
        window_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self.window_seconds = window_seconds
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def hit(self, key: str) -> Usage:
        now = self._clock()
        ends, count = self._window(key, now)
        self._forget_ended(now)
        self._windows[key] = (ends, count + 1)
        return self._usage(ends - now, count + 1)

    def peek(self, key: str) -> Usage:
        now = self._clock()
        ends, count = self._window(key, now)
        return self._usage(ends - now, count)

    def _window(self, key: str, now: float) -> tuple[float, int]:
        ends, count = self._windows.get(key, (0.0, 0))
        return (ends, count) if now < ends else (now + self.window_seconds, 0)

    def _usage(self, seconds_left: float, count: int) -> Usage:
        return Usage(max(0, self.limit - count), math.ceil(seconds_left), count > self.limit)

    def _forget_ended(self, now: float) -> None:
        if len(self._windows) < LARGEST_TABLE:
            return
        alive = {key: window for key, window in self._windows.items() if now < window[0]}
        # Dropping the oldest half lets an attacker with many addresses free himself, not starve us.
        keep = list(alive.items())[-LARGEST_TABLE // 2 :]
        self._windows = dict(keep)
