"""Requests as they are built: what points to other objects, laid into bodies that the document leaves half open."""

from __future__ import annotations

import asyncio

from auditor.model import Json
from tests.auditor.building import Asked, Served, app, stage, takes

LINKAGE: Json = {
    "type": "object",
    "properties": {"type": {"type": "string", "enum": ["doctors"]}, "id": {"type": "string"}},
    "required": ["type", "id"],
}


def wrapped(**members: Json) -> Json:
    return {"type": "object", "properties": members}


def test_an_optional_object_around_an_id_is_whole_or_not_there() -> None:
    linked = wrapped(doctors=wrapped(data={"type": "array", "items": LINKAGE}))
    posts = takes("name", relationships=linked)
    posts["requestBody"]["content"]["application/json"]["schema"]["required"] = ["name"]
    item = {"get": {"responses": {"200": {"description": "one"}}}}
    paths = {
        "/doctors": {"post": takes("name")},
        "/doctors/{id}": item,
        "/orders": {"post": posts},
        "/orders/{id}": item,
    }
    bodies: list[Json] = []

    def made(asked: Asked) -> Served:
        return 201, {"id": "doctor-0001", **asked.body}

    def refused(asked: Asked) -> Served:
        bodies.append(asked.body)
        return 422, {"detail": "no"}

    async def course() -> None:
        serving = app({"POST /doctors": made, "POST /orders": refused})
        async with stage((), paths=paths, serving=serving, schemes={}):
            pass

    asyncio.run(course())
    full = [one for one in bodies if "relationships" in one]
    assert full
    assert [one for one in bodies if "relationships" not in one]
    assert all(
        one["relationships"] == {"doctors": {"data": [{"type": "doctors", "id": "doctor-0001"}]}} for one in full
    )
