"""Second factors."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, Delete, Update, delete, select, update

from reference_app.models import TotpFactor
from reference_app.models.base import now
from reference_app.repositories.base import Repository


class TotpRepository(Repository[TotpFactor]):
    """Whose authenticator is pending or on; every change names the state that it was decided in."""

    model = TotpFactor

    async def of_user(self, user_id: UUID) -> TotpFactor | None:
        return await self._one(select(TotpFactor).where(TotpFactor.user_id == user_id))

    async def begin(self, user_id: UUID, sealed: str) -> bool:
        """A pending one gets the new secret; False where one is on, and stays as it is."""
        held = await self.of_user(user_id)
        if held is None:
            await self.add(TotpFactor(user_id=user_id, sealed_secret=sealed))
            return True
        return await self._update(held, TotpFactor.confirmed_at.is_(None), sealed_secret=sealed)

    async def confirm(self, factor: TotpFactor, step: int) -> bool:
        """Switch on the secret that was looked at, and spend the code of this step."""
        return await self._update(factor, TotpFactor.confirmed_at.is_(None), confirmed_at=now(), last_step=step)

    async def spend(self, factor: TotpFactor, step: int) -> bool:
        """True for exactly one caller, however many present the code at once; older codes go with it."""
        return await self._update(factor, TotpFactor.last_step < step, last_step=step)

    async def take_away(self, factor: TotpFactor) -> bool:
        """False where it was confirmed, replaced or removed since it was looked at."""
        pending = TotpFactor.confirmed_at.is_(None)
        gone = delete(TotpFactor).where(*same(factor), pending if factor.confirmed_at is None else ~pending)
        return await self._did(gone)

    async def _update(self, factor: TotpFactor, condition: ColumnElement[bool], **values: object) -> bool:
        return await self._did(update(TotpFactor).where(*same(factor), condition).values(**values))

    async def _did(self, statement: Update | Delete) -> bool:
        done = await self.session.execute(statement)
        await self.session.commit()
        # Such a statement always gives a cursor, which the session's signature does not know.
        return cast("CursorResult[Any]", done).rowcount == 1


def same(factor: TotpFactor) -> tuple[ColumnElement[bool], ...]:
    """The row as it was looked at: a new enrolment has another secret."""
    return TotpFactor.id == factor.id, TotpFactor.sealed_secret == factor.sealed_secret
