"""The second factor: enrolling, asking for it, switching it off."""

from __future__ import annotations

from dataclasses import dataclass

from reference_app.core.errors import conflict, forbidden, invalid, second_factor_refused, second_factor_required
from reference_app.core.security import LoginGuard, Passwords
from reference_app.core.totp import Totp
from reference_app.models import TotpFactor, User
from reference_app.repositories import TotpRepository
from reference_app.schemas.totp import TotpProofIn, TotpStatus


@dataclass(frozen=True, slots=True)
class TotpService:
    """An authenticator per account. Wrong codes are failed logins, wherever they are offered."""

    factors: TotpRepository
    totp: Totp
    passwords: Passwords
    guard: LoginGuard

    async def status(self, user: User) -> TotpStatus:
        factor = await self.factors.of_user(user.id)
        if factor is None:
            return TotpStatus.OFF
        return TotpStatus.PENDING if factor.confirmed_at is None else TotpStatus.ON

    async def begin(self, user: User) -> str:
        """The `otpauth://` URI of a fresh secret; an enrolment that was never confirmed is forgotten."""
        secret = self.totp.new_secret()
        if not await self.factors.begin(user.id, self.totp.seal(secret)):
            raise conflict("the second factor is on already")
        return self.totp.uri(secret, user.email)

    async def confirm(self, user: User, code: str, client: str) -> None:
        """The code proves that the authenticator has the secret; it is spent by that."""
        factor = await self.factors.of_user(user.id)
        if factor is None or factor.confirmed_at is not None:
            raise conflict("no second factor waits for a code")
        await self.guard.admit(user.email, client)
        step = self.totp.step_of(factor.sealed_secret, code)
        if step is None:
            await self.guard.failed(user.email, client)
            raise invalid("body.code", "wrong_code", "the code is wrong or too old")
        if not await self.factors.confirm(factor, step):
            raise conflict("no second factor waits for this code")

    async def ask(self, user: User, code: str | None, client: str) -> None:
        """Let in whoever has no second factor, or a code of it that nobody used; else a 401."""
        factor = await self.factors.of_user(user.id)
        if factor is None or factor.confirmed_at is None:
            return
        if code is None:
            raise second_factor_required()
        if not await self._spent(factor, code):
            await self.guard.failed(user.email, client)
            raise second_factor_refused()

    async def disable(self, user: User, offered: TotpProofIn, client: str) -> None:
        """Password and code, for a stolen token must not be enough; what was never on needs neither."""
        factor = await self.factors.of_user(user.id)
        if factor is None:
            return
        if factor.confirmed_at is not None:
            await self._prove(user, factor, offered, client)
        if not await self.factors.take_away(factor):
            raise conflict("the second factor was changed meanwhile")

    async def _prove(self, user: User, factor: TotpFactor, offered: TotpProofIn, client: str) -> None:
        """The code is looked at last: a wrong password spends none."""
        await self.guard.admit(user.email, client)
        await self.factors.let_go()
        known = await self.passwords.fits(offered.password or "", user.hashed_password)
        if not known or offered.code is None or not await self._spent(factor, offered.code):
            await self.guard.failed(user.email, client)
            raise forbidden("the password or the code is wrong")

    async def _spent(self, factor: TotpFactor, code: str) -> bool:
        step = self.totp.step_of(factor.sealed_secret, code)
        return step is not None and await self.factors.spend(factor, step)
