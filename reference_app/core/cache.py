"""Cache-aside: look here first, ask the database else, forget on change."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
LARGEST = 1_000


class Cache(Generic[Value]):
    """Values that live for some seconds, the oldest dropped first.

    Another worker does not hear of `forget`: the lifetime is how long it may show an old value.
    """

    def __init__(self, lifetime_seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime_seconds = lifetime_seconds
        self._clock = clock
        self._held: dict[object, tuple[float, Value]] = {}

    async def get(self, key: object, load: Callable[[], Awaitable[Value]]) -> Value:
        """The value under `key`, loaded where it is missing or too old; a load that fails leaves nothing."""
        found = self._held.get(key)
        if found is not None and self._clock() < found[0]:
            return found[1]
        value = await load()
        self._held[key] = (self._clock() + self._lifetime_seconds, value)
        while len(self._held) > LARGEST:
            self._held.pop(next(iter(self._held)))
        return value

    def forget(self, key: object) -> None:
        self._held.pop(key, None)
