"""Holds an answer against the document that the application serves."""

from __future__ import annotations

import re
from typing import Any

import httpx
import jsonschema_rs

# An OpenAPI document is JSON of any shape.
Document = dict[str, Any]


def complaints(document: Document, response: httpx.Response) -> list[str]:
    """What the document does not allow in this answer."""
    method, path = response.request.method.lower(), response.request.url.path
    for server in document.get("servers", []):
        path = path.removeprefix(server["url"])
    operation = operation_at(document, method, path)
    said = operation["responses"].get(str(response.status_code))
    if said is None:
        return [f"{method} {path} answered {response.status_code}, which is not documented"]
    media = response.headers.get("content-type", "").partition(";")[0]
    content = said.get("content", {})
    if not content:
        return [f"{method} {path} has an undocumented body"] if response.content else []
    if media not in content:
        return [f"{method} {path} answered {media}"]
    if "json" not in media:
        return []
    return violations(document, content[media]["schema"], response)


def operation_at(document: Document, method: str, path: str) -> dict[str, Any]:
    for template in sorted(document["paths"], key=lambda each: each.count("{")):
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method in document["paths"][template]:
            found: dict[str, Any] = document["paths"][template][method]
            return found
    raise AssertionError(f"{method} {path} is not documented")


def violations(document: Document, schema: dict[str, Any], response: httpx.Response) -> list[str]:
    components = without_nullable(document.get("components", {}))
    whole = {**without_nullable(schema), "components": components}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [str(error) for error in validator.iter_errors(response.json())]


def without_nullable(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema says null."""
    if isinstance(node, list):
        return [without_nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    inner = {key: without_nullable(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if node.get("nullable") is True else inner
