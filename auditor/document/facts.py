"""Facts that need the raw answer: departures from the documented schema, errors dressed as success."""

from __future__ import annotations

from auditor.document.openapi import Description
from auditor.model import NOT_JSON, Exchange, Facts, Json, Response

ERROR_KEYS = frozenset({"error", "errors", "exception", "fault"})
FAILURE_WORDS = frozenset({"error", "fail", "failed", "failure"})


class FactFinder:
    """Computes `Facts` at capture and learns the shape in which this target reports errors."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._shapes: set[frozenset[str]] = set()

    def __call__(self, raw: Exchange) -> Facts:
        shape = error_shape(raw.response)
        if raw.response.status >= 400 and shape:
            self._shapes.add(shape)
        soft = raw.response.succeeded and bool(shape) and shape in self._shapes
        operation = raw.operation
        if operation is None or raw.response.status == 0:
            return Facts(soft_error=soft)
        answer = raw.response
        violations = (
            self._description.response_violations(operation, answer.status, answer.media_type, answer.body)
            if not answer.truncated
            else ()
        )
        return Facts(
            violations=violations,
            documented=self._description.documented(operation, raw.response.status),
            soft_error=soft,
        )


def error_shape(response: Response) -> frozenset[str]:
    """Return the top-level keys of a body that says it is an error; empty for all others."""
    body = response.json() if response.is_json else NOT_JSON
    if not isinstance(body, dict):
        return frozenset()
    return frozenset(map(str, body)) if says_error(body) else frozenset()


def says_error(body: dict[str, Json]) -> bool:
    if any(body.get(key) for key in ERROR_KEYS):
        return True
    return body.get("success") is False or str(body.get("status", "")).lower() in FAILURE_WORDS
