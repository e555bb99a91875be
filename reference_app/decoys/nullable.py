"""Rewrites a document of OpenAPI 3.1 as one of 3.0, where null is said with `nullable`."""

from __future__ import annotations

from typing import Any

from reference_app.parts import Document

NULL = {"type": "null"}


def as_openapi_3_0(document: Document) -> Document:
    info = {key: value for key, value in document["info"].items() if key != "summary"}
    rewritten: Document = rewrite({**document, "info": info})
    return {**rewritten, "openapi": "3.0.3"}


# A document is JSON of any shape.
def rewrite(node: Any) -> Any:
    if isinstance(node, list):
        return [rewrite(each) for each in node]
    if not isinstance(node, dict):
        return node
    rewritten = {key: rewrite(value) for key, value in node.items()}
    return without_null(without_const(with_one_example(rewritten)))


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """`anyOf: [X, null]` becomes X with `nullable`; a reference may have no siblings in 3.0."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or NULL not in choices:
        return schema
    rest = [each for each in choices if each != NULL]
    around = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(rest) == 1 and "$ref" not in rest[0]:
        return {**rest[0], **around, "nullable": True}
    return {**around, "anyOf": rest, "nullable": True}


def without_const(schema: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema.get("const"), str):
        return schema
    rest = {key: value for key, value in schema.items() if key != "const"}
    return {**rest, "enum": [schema["const"]]}


def with_one_example(schema: dict[str, Any]) -> dict[str, Any]:
    """Schemas of 3.0 have `example`, not `examples`."""
    examples = schema.get("examples")
    if not isinstance(examples, list) or not examples:
        return schema
    rest = {key: value for key, value in schema.items() if key != "examples"}
    return {**rest, "example": examples[0]}
