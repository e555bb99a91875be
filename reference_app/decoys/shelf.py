"""A small resource of titled notes, for decoys that need one more than the marketplace has."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from reference_app.api.deps import CurrentUser, Location, Paging
from reference_app.api.documentation import refusals
from reference_app.core.errors import forbidden, not_found
from reference_app.models.base import now
from reference_app.repositories.base import encode_cursor
from reference_app.schemas.common import PageOut, RowOut
from reference_app.schemas.fields import ProductName


class NoteIn(BaseModel):
    """A note to put up."""

    title: ProductName


class NoteOut(RowOut):
    """A note."""

    owner_id: UUID
    title: str


@dataclass(slots=True)
class Shelf:
    """Notes in the order they came; a number is never used twice."""

    notes: dict[int, NoteOut] = field(default_factory=dict)
    last: int = 0

    def put(self, title: str, owner_id: UUID) -> NoteOut:
        self.last += 1
        at = now()
        note = NoteOut(id=uuid4(), created_at=at, updated_at=at, owner_id=owner_id, title=title)
        self.notes[self.last] = note
        return note

    def numbered(self, note_id: UUID) -> tuple[int, NoteOut]:
        for number, note in self.notes.items():
            if note.id == note_id:
                return number, note
        raise not_found("note")

    def page(self, limit: int, before: int | None) -> PageOut[NoteOut]:
        newest_first = [number for number in reversed(self.notes) if before is None or number < before]
        shown = newest_first[:limit]
        more = len(newest_first) > limit
        return PageOut[NoteOut](
            items=[self.notes[number] for number in shown],
            next_cursor=encode_cursor(shown[-1]) if more else None,
        )


def shelf_router(plural: str, *, readers: Callable[..., Any] | None) -> APIRouter:
    """Create, list, read, remove; `readers` says who may read, None that everybody may."""
    router, shelf = APIRouter(prefix=f"/{plural}", tags=[plural]), Shelf()
    guard = [] if readers is None else [Depends(readers)]
    unknown = (404, 422) if readers is None else (401, 404, 422)
    listed = (422,) if readers is None else (401, 422)
    one = plural.removesuffix("s")

    @router.post(
        "",
        status_code=201,
        name=f"create_{one}",
        responses=refusals(401),
        summary=f"Create one of the {plural}",
    )
    async def create(wanted: NoteIn, user: CurrentUser, response: Response, location: Location) -> NoteOut:
        """Any signed-in user may."""
        note = shelf.put(wanted.title, user.id)
        response.headers["Location"] = location(f"read_{one}", note_id=note.id)
        return note

    @router.get(
        "",
        name=f"list_{plural}",
        dependencies=guard,
        responses=refusals(*listed),
        summary=f"List {plural}",
    )
    async def list_all(window: Paging) -> PageOut[NoteOut]:
        """Everybody's, newest first."""
        return shelf.page(window.limit, window.before)

    @router.get(
        "/{note_id}",
        name=f"read_{one}",
        dependencies=guard,
        responses=refusals(*unknown),
        summary=f"Read one of the {plural}",
    )
    async def read(note_id: UUID) -> NoteOut:
        """Whoever may list may read."""
        return shelf.numbered(note_id)[1]

    @router.delete(
        "/{note_id}",
        status_code=204,
        name=f"delete_{one}",
        responses=refusals(401, 403, 404, 422),
        summary=f"Remove one of the {plural}",
    )
    async def delete(note_id: UUID, user: CurrentUser) -> None:
        """Only its owner may."""
        number, note = shelf.numbered(note_id)
        if note.owner_id != user.id:
            raise forbidden("only the owner may do this")
        del shelf.notes[number]

    return router
