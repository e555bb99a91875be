"""OpenAPI links: which create makes what an operation asks for, and where in its exchange the value lies."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.compare import at
from auditor.document.templates import path_values
from auditor.model import NOT_JSON, Exchange, Json


def evaluate(expression: Json, exchange: Exchange) -> str | None:
    """Return the value of a runtime expression (OpenAPI 3.2 §4.20.4) as text; None where it leads to nothing.

    `$response.body#/id`, `$response.header.Location`, `$request.path.id`, `$request.query.x`, `$request.body#/name`.
    What is no expression is a constant.
    """
    if not isinstance(expression, str) or not expression.startswith("$"):
        return None if isinstance(expression, dict | list) or expression is None else str(expression)
    source, _, rest = expression.partition(".")
    kind, pointer = (rest.partition("#")[0], rest.partition("#")[2]) if "#" in rest else (rest, "")
    if kind == "body":
        return text(at(exchange.response.json() if source == "$response" else exchange.request.json(), pointer))
    place, _, name = kind.partition(".")
    if place == "header":
        return exchange.response.header(name.lower()) if source == "$response" else exchange.request.header(name)
    if place == "query":
        return next((value for key, value in exchange.request.query if key == name), None)
    if place == "path" and exchange.operation is not None:
        return path_values(exchange.operation.path, exchange.request.path).get(name)
    return None


def text(value: Json) -> str | None:
    if value is NOT_JSON or isinstance(value, Mapping | list | bool) or value is None:
        return None
    return str(value)
