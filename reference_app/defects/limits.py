"""Defects of rate limits."""

from __future__ import annotations

from reference_app.parts import Parts
from reference_app.switches import defect


@defect("limits.enforced", story="The limiter was to come with the gateway, which never came.")
def enforced(parts: Parts) -> None:
    parts.layers.pop("rate_limit", None)


class NoGuard:
    """Lets everybody try as often as they like."""

    async def admit(self, email: str, client: str) -> None:
        return None

    async def failed(self, email: str, client: str) -> None:
        return None


@defect("limits.auth-strict", story="The general limit was thought to be enough for the login.")
def auth_strict(parts: Parts) -> None:
    parts.login_guard = NoGuard()
