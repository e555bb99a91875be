"""Values that the user gives: where they may stand, and that they are sent; and the lines that say so."""

from __future__ import annotations

import pytest

from auditor.errors import UsageError
from auditor.knowledge.unlocking import unlocks
from auditor.model import Body, Exchange, Identity, Location, Operation, Parameter, Request, Response
from auditor.world.given import given
from tests.auditor.backends import NOT_FOUND, Backend, seeded
from tests.auditor.building import Asked, Served

ID = Parameter(name="id", location=Location.PATH, required=True)
PAGE = Parameter(name="page", location=Location.QUERY)
READ = Operation(method="GET", path="/reports/{id}", parameters=(ID, PAGE))
LIST = Operation(method="GET", path="/reports")
CHANGE = Operation(method="PATCH", path="/reports/{id}", parameters=(ID,), body=Body(content={"application/json": {}}))
EVERY = (READ, LIST, CHANGE)


def test_values_are_placed_and_later_rules_win() -> None:
    rules = (("GET /reports*", {"query/page": 1}), ("GET /reports/{id}", {"path/id": "7", "query/page": 2}))
    assert given(rules, EVERY) == {
        READ.label: ((Location.QUERY, "/page", 2), (Location.PATH, "/id", "7")),
        LIST.label: ((Location.QUERY, "/page", 1),),
    }
    assert given((("PATCH *", {"body/items/0/sku": "A"}),), EVERY) == {
        CHANGE.label: ((Location.BODY, "/items/0/sku", "A"),)
    }


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (("GET /nothing", {"path/id": 1}), "no operation matches"),
        (("PATCH /reports/{id}", {"path/id": 1}), "objects that the audit made"),
        (("GET /reports", {"page": 1}), "no place"),
        (("GET /reports", {"path/": 1}), "no place"),
    ],
)
def test_what_cannot_be_given_is_refused(rule: tuple[str, dict[str, int]], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        given((rule,), EVERY)


def test_what_the_user_gives_is_sent() -> None:
    backend = Backend()

    @backend.on("GET /reports/{id}/pages/{page}")
    def read(_asked: Asked, key: str, page: str) -> Served:
        return (200, {}) if (key, page) == ("4711", "cover") else NOT_FOUND

    values = {"path/id": 4711, "path/page": "cover"}
    assert list(seeded(backend).missing) == ["GET /reports/{id}/pages/{page}"]
    assert seeded(backend, values=(("GET /reports/*", values),)).missing == {}


def refused(operation: Operation, status: int, who: Identity) -> Exchange:
    request = Request(method=operation.method, path=operation.path, operation=operation, identity=who)
    return Exchange(id="x1", request=request, response=Response(status=status))


@pytest.mark.parametrize(
    ("operation", "status", "who", "line"),
    [
        (READ, 401, Identity("bob"), "identities: {bob: {bearer: '${TOKEN}'}}"),
        (READ, 403, Identity("bob"), "identities: {root: {role: admin, bearer: '${ROOT_TOKEN}'}}"),
        (READ, 404, Identity("bob"),
         'operations: [{match: "GET /reports/{id}", values: {path/id: …, query/page: …}}]'),
        (CHANGE, 422, Identity("bob"), 'operations: [{match: "PATCH /reports/{id}", values: {body/…: …}}]'),
        (READ, 403, Identity("root", role="admin"),
         'operations: [{match: "GET /reports/{id}", values: {path/id: …, query/page: …}}]'),
        (READ, 500, Identity("bob"), ""),
        (LIST, 404, Identity("bob"), ""),
    ],
)  # fmt: skip
def test_the_line_that_would_unlock_an_operation(operation: Operation, status: int, who: Identity, line: str) -> None:
    assert unlocks(refused(operation, status, who)) == line
