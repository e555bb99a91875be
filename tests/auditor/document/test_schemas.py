"""Bodies flattened to fields: how deep, and which of too many."""

from __future__ import annotations

from auditor.document.schemas import MAX_FIELDS
from auditor.model import Json
from tests.auditor.building import document

TEXT: Json = {"type": "string"}


def of(schema: Json, **components: Json) -> list[str]:
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/things": {"post": {"requestBody": body, "responses": {"2XX": {"description": "done"}}}}}
    description = document(paths, schemes={}, components=components)
    return [one.pointer for one in description.fields(description.document.operations[0])]


def nested(*names: str) -> Json:
    """An object in an object, each with a member of the next name; "0" is a list."""
    schema = TEXT
    for name in reversed(names):
        schema = {"type": "array", "items": schema} if name == "0" else {"type": "object", "properties": {name: schema}}
    return schema


def test_the_linkage_of_a_json_api_relationship_is_a_field() -> None:
    assert "/data/relationships/author/data/id" in of(nested("data", "relationships", "author", "data", "id"))
    assert "/data/relationships/tags/data/0/id" in of(nested("data", "relationships", "tags", "data", "0", "id"))


def test_a_schema_that_contains_itself_ends() -> None:
    node: Json = {"type": "object", "properties": {"name": TEXT, "next": {"$ref": "#/components/schemas/Node"}}}
    found = of({"$ref": "#/components/schemas/Node"}, schemas={"Node": node})
    assert found[:4] == ["/name", "/next", "/next/name", "/next/next"]
    assert len(found) < 20


def test_what_lies_deep_never_crowds_out_what_lies_above() -> None:
    wide = {f"m{number}": TEXT for number in range(MAX_FIELDS)}
    deep = nested("a", "b", "c", "d")
    deep["properties"]["a"]["properties"]["b"]["properties"]["c"]["properties"]["d"] = {
        "type": "object",
        "properties": wide,
    }
    found = of({"type": "object", "properties": {**deep["properties"], "last": TEXT}})
    assert len(found) == MAX_FIELDS
    assert "/last" in found
    assert found[-1].startswith("/a/b/c/d/m")
