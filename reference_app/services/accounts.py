"""Accounts: registering, signing in and out, staying signed in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reference_app.core.errors import ApiError, unauthenticated
from reference_app.core.security import (
    Claims,
    LoginGuard,
    Passwords,
    Tokens,
    new_refresh_token,
    token_digest,
)
from reference_app.core.settings import Settings
from reference_app.models import User
from reference_app.models.base import now
from reference_app.models.user import Role
from reference_app.repositories import LoginRepository, UserRepository
from reference_app.schemas.users import LoginIn, RegistrationIn, TokensOut
from reference_app.services.totp import TotpService


@dataclass(frozen=True, slots=True)
class AccountService:
    """The life of an account and of its logins."""

    users: UserRepository
    logins: LoginRepository
    passwords: Passwords
    tokens: Tokens
    guard: LoginGuard
    second_factor: TotpService
    settings: Settings

    async def register(self, wanted: RegistrationIn) -> User:
        """The database decides whether the address is free: a check before it would be a race."""
        hashed = await self.passwords.hash(wanted.password)
        user = User(email=wanted.email, hashed_password=hashed, full_name=wanted.full_name, role=await self._role())
        return await self.users.add(user)

    async def _role(self) -> Role:
        """A fresh installation may give its first account the keys; nobody else ever gets them here."""
        open_house = self.settings.first_account_is_admin and not await self.users.any_admin()
        return Role.ADMIN if open_house else Role.USER

    async def login(self, offered: LoginIn, client: str) -> TokensOut:
        user = await self._proven(offered, client)
        family = await self.logins.begin(user.id)
        return await self._tokens(user, family.id)

    async def begin_session(self, offered: LoginIn, client: str) -> tuple[str, Claims]:
        """A cookie's value, and what it says."""
        user = await self._proven(offered, client)
        family = await self.logins.begin(user.id)
        await self.logins.let_go()
        return self.tokens.issue(user.id, user.role, family.id, kind="session"), Claims(user.id, family.id)

    async def _proven(self, offered: LoginIn, client: str) -> User:
        """Whoever knows the password, and has the second factor where there is one.

        A wrong password or address is one and the same 401; only who knows the password learns that a code is asked.
        """
        await self.guard.admit(offered.email, client)
        user = await self.users.by_email(offered.email)
        await self.users.let_go()
        hashed = None if user is None else user.hashed_password
        fits = await self.passwords.fits(offered.password, hashed)
        if user is None or not fits:
            await self.guard.failed(offered.email, client)
            raise unauthenticated("the e-mail address or the password is wrong")
        await self.second_factor.ask(user, offered.code, client)
        return user

    async def refresh(self, refresh_token: str) -> TokensOut:
        """A token that comes twice was stolen by somebody: the whole login ends."""
        digest, at = token_digest(refresh_token), now()
        held = await self.logins.holder(digest)
        if held is None:
            raise refused_refresh()
        token, family, user = held
        if family.ended_at is not None or token.expires_at <= at:
            raise refused_refresh()
        if not await self.logins.spend(digest, at):
            await self.logins.end(family.id)
            raise refused_refresh()
        return await self._tokens(user, family.id)

    async def logout(self, family_id: UUID) -> None:
        await self.logins.end(family_id)

    async def _tokens(self, user: User, family_id: UUID) -> TokensOut:
        refresh_token = new_refresh_token()
        await self.logins.grant(family_id, token_digest(refresh_token), self.settings.refresh_token_seconds)
        return TokensOut(
            access_token=self.tokens.issue(user.id, user.role, family_id),
            refresh_token=refresh_token,
            expires_in=self.settings.access_token_seconds,
        )


def refused_refresh() -> ApiError:
    return unauthenticated("the refresh token is not valid")
