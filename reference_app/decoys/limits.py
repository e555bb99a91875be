"""Decoys of rate limits."""

from __future__ import annotations

import asyncio
from collections import Counter

from starlette.middleware import Middleware

from reference_app.api.documentation import refusals
from reference_app.core.errors import ApiError
from reference_app.core.limits import WindowCounter
from reference_app.core.middleware.rate_limit import RateLimit
from reference_app.core.settings import Settings
from reference_app.parts import Parts
from reference_app.switches import decoy

SLOWEST_SECONDS = 1.5


@decoy("limits.enforced", 1, story="A thousand an hour, declared with honest headers.")
def thousand_an_hour(parts: Parts) -> None:
    parts.layers["rate_limit"] = Middleware(RateLimit, requests=1000, window_seconds=3600)


class ProgressiveDelay:
    """Each failure makes the next answer slower; nobody is ever turned away."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()

    async def admit(self, email: str, client: str) -> None:
        return None

    async def failed(self, email: str, client: str) -> None:
        self._failures[email] += 1
        await asyncio.sleep(min(SLOWEST_SECONDS, 0.025 * 2 ** self._failures[email]))


@decoy("limits.auth-strict", 1, story="A progressive delay, and never a 429.")
def progressive_delay(parts: Parts) -> None:
    parts.login_guard = ProgressiveDelay()


class Lock:
    """Locks the account, with 423, after a few failures."""

    def __init__(self, settings: Settings) -> None:
        self._failures = WindowCounter(settings.login_failures, settings.login_failures_window_seconds)

    async def admit(self, email: str, client: str) -> None:
        usage = self._failures.peek(email)
        if usage.remaining <= 0:
            retry = {"Retry-After": str(usage.reset_seconds)}
            raise ApiError(423, "locked", "the account is locked for a while", headers=retry)

    async def failed(self, email: str, client: str) -> None:
        self._failures.hit(email)


@decoy("limits.auth-strict", 2, story="The account is locked with 423.")
def account_lock(parts: Parts) -> None:
    parts.login_guard = Lock(parts.settings)
    parts.change("login", responses=parts.documented["login"].responses | refusals(423))
