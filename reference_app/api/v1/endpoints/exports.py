"""Exports: long work is accepted, done later, and looked up."""

from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Response

from reference_app.api.deps import Built, CurrentUser, Exports, Location, Paging, exports_in
from reference_app.api.documentation import refusals
from reference_app.models import Export
from reference_app.parts import Parts
from reference_app.repositories.base import Page
from reference_app.schemas.common import PageOut
from reference_app.schemas.machinery import ExportOut

router = APIRouter(prefix="/exports", tags=["exports"])


@router.get("", response_model=PageOut[ExportOut], responses=refusals(401, 422), summary="List one's exports")
async def list_exports(user: CurrentUser, exports: Exports, window: Paging) -> Page[Export]:
    """Newest first."""
    return await exports.exports.page_of(window, user.id)


@router.post("", status_code=202, response_model=ExportOut, responses=refusals(401), summary="Ask for an export")
async def create_export(
    user: CurrentUser,
    exports: Exports,
    built: Built,
    later: BackgroundTasks,
    response: Response,
    location: Location,
) -> Export:
    """Accepted, not done: `Location` says where to look."""
    export = await exports.ask(user)
    later.add_task(work_off, built, export.id)
    response.headers["Location"] = location("read_export", export_id=export.id)
    return export


async def work_off(parts: Parts, export_id: UUID) -> None:
    async with parts.database.session() as session:
        await exports_in(parts, session).work(export_id)


@router.get("/{export_id}", response_model=ExportOut, responses=refusals(401, 404, 422), summary="Look at an export")
async def read_export(export_id: UUID, user: CurrentUser, exports: Exports) -> Export:
    """Only one's own exist."""
    return await exports.read(export_id, user)


@router.delete("/{export_id}", status_code=204, responses=refusals(401, 404, 422), summary="Remove an export")
async def delete_export(export_id: UUID, user: CurrentUser, exports: Exports) -> None:
    """Only one's own exist."""
    await exports.remove(export_id, user)
