"""OpenAPI links: as they are read, and what their expressions say of an exchange."""

from __future__ import annotations

import pytest

from auditor.document import openapi
from auditor.document.operations import label_of
from auditor.kinds.links import evaluate
from auditor.kinds.resources import infer
from auditor.model import Exchange, Json, Operation, Parameter, Request, Response
from auditor.model import Location as Place
from tests.auditor.building import document

CREATE = Operation(
    method="POST",
    path="/shops/{shop}/jobs",
    parameters=(Parameter(name="shop", location=Place.PATH, required=True),),
)
EXCHANGE = Exchange(
    id="x1",
    request=Request(
        method="POST",
        path="/shops/s1/jobs",
        operation=CREATE,
        query=(("tag", "a"),),
        headers=(("X-Key", "k1"),),
        body=b'{"name": "n1"}',
    ),
    response=Response(
        status=201,
        headers=(("location", "/jobs/7"), ("content-type", "application/json")),
        body=b'{"id": 7, "items": [{"id": "i1"}], "on": true, "none": null}',
    ),
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$response.body#/id", "7"),
        ("$response.body#/items/0/id", "i1"),
        ("$response.header.Location", "/jobs/7"),
        ("$request.path.shop", "s1"),
        ("$request.query.tag", "a"),
        ("$request.header.X-Key", "k1"),
        ("$request.body#/name", "n1"),
        ("constant", "constant"),
        (5, "5"),
        ("$response.body#/nothing", None),
        ("$response.body#/items", None),
        ("$response.body#/on", None),
        ("$response.body#/none", None),
        ("$response.header.Nothing", None),
        ("$url", None),
        ({"a": 1}, None),
        (None, None),
    ],
)
def test_an_expression_is_a_text_or_nothing(expression: Json, expected: str | None) -> None:
    assert evaluate(expression, EXCHANGE) == expected


def test_a_reference_to_an_operation_is_its_label() -> None:
    assert label_of("#/paths/~1cats~1{id}/get") == "GET /cats/{id}"
    assert label_of("other.json#/paths/~1a%20b/post") == "POST /a b"
    assert label_of("#/components/links/x") == ""


@pytest.mark.parametrize(
    "link",
    [
        {"operationId": "readJob", "parameters": {"job_id": "$response.body#/ticket"}},
        {"operationRef": "#/paths/~1jobs~1{job_id}/get", "parameters": {"path.job_id": "$response.body#/ticket"}},
        {"$ref": "#/components/links/job"},
    ],
)
def test_a_link_says_what_creates_an_item(link: Json) -> None:
    shared = {"job": {"operationId": "readJob", "parameters": {"job_id": "$response.body#/ticket"}}}
    paths = {
        "/render": {"post": {"responses": {"202": {"description": "queued", "links": {"job": link}}}}},
        "/jobs/{job_id}": {"get": {"operationId": "readJob", "responses": {"200": {"description": "done"}}}},
    }
    read: openapi.Description = document(paths, schemes={}, components={"links": shared})
    (jobs,) = (one for one in infer(read.document) if one.name == "/jobs")
    assert jobs.create is not None
    assert (jobs.create.label, jobs.identified_by) == ("POST /render", "$response.body#/ticket")


def test_links_that_lead_nowhere_cost_nothing() -> None:
    links = {"a": {"$ref": "#/nothing"}, "b": {"operationId": "nobody"}, "c": 5, "d": {"parameters": {}}}
    read = document({"/x": {"post": {"responses": {"201": {"description": "made", "links": links}}}}}, schemes={})
    (operation,) = read.document.operations
    assert [one.operation for one in operation.answers["201"].links] == ["nobody"]
    assert infer(read.document) == ()
