"""Long work: asked for, done beside the requests, looked up."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reference_app.core.errors import not_found
from reference_app.models import Export, User
from reference_app.models.machinery import ExportStatus
from reference_app.repositories import ExportRepository


@dataclass(frozen=True, slots=True)
class ExportService:
    """Exports of one's own orders."""

    exports: ExportRepository

    async def ask(self, owner: User) -> Export:
        return await self.exports.add(Export(owner_id=owner.id, status=ExportStatus.RUNNING))

    async def read(self, export_id: UUID, owner: User) -> Export:
        export = await self.exports.of_owner(export_id, owner.id)
        if export is None:
            raise not_found("export")
        return export

    async def remove(self, export_id: UUID, owner: User) -> None:
        await self.exports.remove(await self.read(export_id, owner))

    async def work(self, export_id: UUID) -> None:
        """Runs after the answer, in a session of its own; an export that is gone meanwhile is none."""
        export = await self.exports.find(export_id)
        if export is not None:
            counted = await self.exports.count_orders(export.owner_id)
            await self.exports.change(export, {"status": ExportStatus.DONE, "orders": counted})
