"""Logins and their refresh tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update

from reference_app.models import LoginFamily, RefreshToken, User
from reference_app.models.base import now
from reference_app.repositories.base import Repository


class LoginRepository(Repository[LoginFamily]):
    """Which logins are alive, and which refresh token may continue them."""

    model = LoginFamily

    async def begin(self, user_id: UUID) -> LoginFamily:
        family = LoginFamily(user_id=user_id)
        self.session.add(family)
        await self.session.flush()
        return family

    async def grant(self, family_id: UUID, digest: str, lifetime_seconds: int) -> None:
        expires_at = now() + timedelta(seconds=lifetime_seconds)
        self.session.add(RefreshToken(digest=digest, family_id=family_id, expires_at=expires_at))
        await self.session.commit()

    async def holder(self, digest: str) -> tuple[RefreshToken, LoginFamily, User] | None:
        rows = await self.session.execute(
            select(RefreshToken, LoginFamily, User)
            .join(LoginFamily, LoginFamily.id == RefreshToken.family_id)
            .join(User, User.id == LoginFamily.user_id)
            .where(RefreshToken.digest == digest)
        )
        found = rows.first()
        return None if found is None else (found[0], found[1], found[2])

    async def spend(self, digest: str, at: datetime) -> bool:
        """True for exactly one caller, however many present the token at once."""
        spent = await self.session.execute(
            update(RefreshToken).where(RefreshToken.digest == digest, RefreshToken.used_at.is_(None)).values(used_at=at)
        )
        # An UPDATE always gives a cursor, which the session's signature does not know.
        return cast("CursorResult[Any]", spent).rowcount == 1

    async def end(self, family_id: UUID) -> None:
        await self.session.execute(update(LoginFamily).where(LoginFamily.id == family_id).values(ended_at=now()))
        await self.session.commit()
