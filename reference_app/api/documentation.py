"""What the document says about refusals, so that each route names only its own."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from reference_app.schemas.common import ErrorBody

# FastAPI's own type for the `responses` of a route.
Responses = dict[int | str, dict[str, Any]]

EVERYWHERE = (406, 429, 500)
WITH_A_BODY = (400, 413, 415, 422)
NOT_MODIFIED: Responses = {304: {"description": "Unchanged since the `ETag` in `If-None-Match`."}}
HEADERS: Mapping[int, tuple[str, str]] = {
    401: ("WWW-Authenticate", "The scheme that would help."),
    429: ("Retry-After", "Seconds to wait."),
}


def refusals(*statuses: int) -> Responses:
    return {status: refusal(status) for status in statuses}


def refusal(status: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "model": ErrorBody,
        "description": HTTPStatus(status).phrase,
    }
    if status in HEADERS:
        name, meaning = HEADERS[status]
        described["headers"] = {name: {"description": meaning, "schema": {"type": "string"}}}
    return described
