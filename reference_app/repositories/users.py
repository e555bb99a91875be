"""Accounts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from reference_app.models import LoginFamily, User
from reference_app.models.user import Role
from reference_app.repositories.base import Repository


class UserRepository(Repository[User]):
    """Who there is."""

    model = User

    async def by_email(self, email: str) -> User | None:
        return await self._one(select(User).where(User.email == email))

    async def any_admin(self) -> bool:
        return await self.session.scalar(select(User.seq).where(User.role == Role.ADMIN).limit(1)) is not None

    async def with_login(self, user_id: UUID, family_id: UUID) -> User | None:
        """The user, while that login has not been ended."""
        return await self._one(
            select(User)
            .join(LoginFamily, LoginFamily.user_id == User.id)
            .where(User.id == user_id)
            .where(LoginFamily.id == family_id, LoginFamily.ended_at.is_(None))
        )
