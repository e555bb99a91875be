"""Keys for programs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reference_app.core.errors import not_found, unauthenticated
from reference_app.core.security import new_api_key, token_digest
from reference_app.models import ApiKey, User
from reference_app.models.base import now
from reference_app.repositories import ApiKeyRepository, UserRepository
from reference_app.schemas.access import ApiKeyIn


@dataclass(frozen=True, slots=True)
class AccessService:
    """Issuing, using and revoking keys."""

    keys: ApiKeyRepository
    users: UserRepository

    async def issue(self, wanted: ApiKeyIn, user: User) -> tuple[ApiKey, str]:
        """The row, and the key: only its digest is kept."""
        key = new_api_key()
        row = await self.keys.add(ApiKey(user_id=user.id, name=wanted.name, digest=token_digest(key)))
        return row, key

    async def holder(self, key: str) -> User:
        """The user for whom the key acts, or a 401."""
        row = await self.keys.by_digest(token_digest(key))
        user = None if row is None else await self.users.find(row.user_id)
        if row is None or user is None:
            raise unauthenticated("the key is not valid")
        await self.keys.change(row, {"last_used_at": now()})
        return user

    async def revoke(self, key_id: UUID, user: User) -> None:
        row = await self.keys.of_owner(key_id, user.id)
        if row is None:
            raise not_found("key")
        await self.keys.remove(row)
