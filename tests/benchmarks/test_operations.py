"""A request line belongs to the operation that its document means."""

from __future__ import annotations

import pytest

from benchmarks.operations import Operations

DOCUMENT = {
    "paths": {
        "/notes": {"get": {"responses": {"200": {}}}, "post": {"responses": {"201": {}}}, "parameters": []},
        "/notes/{id}": {"get": {"responses": {"200": {}, 302: {}}}, "delete": {"responses": {"204": {}}}},
        "/notes/latest": {"get": {"responses": {"200": {}}}},
        "/notes/{id}/files/{name}@{version}": {"get": {"responses": {"200": {}, "default": {}}}},
        "/": {"get": {"responses": {"200": {}}}},
    }
}


@pytest.mark.parametrize(
    ("method", "target", "label"),
    [
        ("GET", "/api/notes", "GET /notes"),
        ("POST", "/api/notes?draft=1", "POST /notes"),
        ("GET", "/api/notes/", "GET /notes"),
        ("GET", "/api/notes/7", "GET /notes/{id}"),
        ("GET", "/api/notes/latest", "GET /notes/latest"),
        ("DELETE", "/api/notes/latest", "DELETE /notes/{id}"),
        ("GET", "http://127.0.0.1:8000/api/notes/a%2Fb?x=/", "GET /notes/{id}"),
        ("GET", "/api/notes/7/files/a@2", "GET /notes/{id}/files/{name}@{version}"),
        ("GET", "/api", "GET /"),
        ("PUT", "/api/notes", None),
        ("GET", "/notes", None),
        ("GET", "/api/notes/7/files", None),
    ],
)
def test_match(method: str, target: str, label: str | None) -> None:
    found = Operations(DOCUMENT, "/api").match(method, target)
    assert (found.label if found else None) == label


def test_a_document_has_as_many_operations_as_methods() -> None:
    assert len(Operations(DOCUMENT)) == 7


def test_documented_redirects_are_known() -> None:
    found = Operations(DOCUMENT).match("GET", "/notes/7")
    assert found is not None
    assert found.redirects == {302}
