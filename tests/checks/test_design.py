"""Design: paths and names of real descriptions, what creates answer, and answers that break the document's word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence import NotApplicable, Unavailable
from auditor.model import (
    Answer,
    Document,
    Facts,
    Location,
    Mutation,
    Operation,
    Outcome,
    Parameter,
    Request,
    Response,
    Role,
    Severity,
    Verdict,
    Violation,
)
from checks import design
from checks._design_probes import Created, created, names_item
from tests.checks.building import Driven, FakeWorld, crud, drive, exchange, named_as_promised, operation, reply


def test_names_and_docstrings_keep_the_convention() -> None:
    assert named_as_promised(design) == [
        "design.create-201",
        "design.plural-nouns",
        "design.response-conformance",
        "design.versioned-paths",
    ]


def document(*labels: str, servers: tuple[str, ...] = ()) -> Document:
    return Document(servers=servers, operations=tuple(operation(*label.split(" ", 1)) for label in labels))


# --- versions -----------------------------------------------------------------------------------------------

HEADER = Parameter(name="X-API-Version", location=Location.HEADER)
VENDOR = {"200": Answer(content={"application/vnd.acme.v2+json": {}})}


@pytest.mark.parametrize(
    ("described", "outcome"),
    [
        pytest.param(document("GET /api/v1/users"), Outcome.PASS, id="in the path"),
        pytest.param(document("GET /users", servers=("https://api.test/v2",)), Outcome.PASS, id="decoy: in the server"),
        pytest.param(document("GET /users", servers=("/api/v1",)), Outcome.PASS, id="relative server"),
        pytest.param(document("GET /v1beta1/users"), Outcome.PASS, id="google style"),
        pytest.param(document("GET /users", servers=("https://api.test/2.0",)), Outcome.PASS, id="a bare number"),
        pytest.param(document("GET /api/1.1/users"), Outcome.PASS, id="a bare number in the path"),
        pytest.param(document("GET /users/7"), Outcome.FAIL, id="a number is no version"),
        pytest.param(document("GET /2024-06-01/users"), Outcome.PASS, id="dated"),
        pytest.param(
            document("GET /api/v1/users", "GET /health", "GET /metrics", "GET /"), Outcome.PASS, id="decoy: machinery"
        ),
        pytest.param(
            document("GET /apis/", "GET /apis/shop/", "GET /apis/shop/v1/users"),
            Outcome.PASS,
            id="decoy: lists versions",
        ),
        pytest.param(document("POST /shop", "GET /shop/v1/users"), Outcome.FAIL, id="a write above the versions"),
        pytest.param(document("GET /users", servers=("https://api.test",)), Outcome.FAIL, id="none"),
        pytest.param(document("GET /api/v1/users", "GET /reviews"), Outcome.FAIL, id="one router without"),
        pytest.param(document("GET /vehicles/{id}"), Outcome.FAIL, id="a word with v is no version"),
        pytest.param(document("GET /health"), Outcome.SKIP, id="machinery only"),
    ],
)
def test_versioned_paths(described: Document, outcome: Outcome) -> None:
    assert design.versioned_paths(described)[0].outcome is outcome


@pytest.mark.parametrize(
    "described",
    [
        pytest.param(document("GET /users", servers=("https://v2.api.test",)), id="host"),
        pytest.param(Document(operations=(Operation(method="GET", path="/users", parameters=(HEADER,)),)), id="header"),
        pytest.param(Document(operations=(Operation(method="GET", path="/users", answers=VENDOR),)), id="media type"),
    ],
)
def test_a_version_elsewhere_is_noted(described: Document) -> None:
    (verdict,) = design.versioned_paths(described)
    assert (verdict.outcome, bool(verdict.note)) == (Outcome.PASS, True)


def test_unversioned_operations_are_listed_once() -> None:
    (verdict,) = design.versioned_paths(document("GET /api/v1/users", *(f"GET /a{n}" for n in range(14))))
    assert "14 of 15" in verdict.message
    assert "4 more" in verdict.message


# --- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "GET /api/v1/users/{id}",
        "POST /orders/{id}/cancel",
        "POST /auth/login",
        "GET /me",
        "GET /news/{id}",
        "GET /media/{id}",
        "GET /categories/{id}/products/{product_id}",
        "GET /order-items/{id}",
        "GET /statuses/{id}",
        "GET /people/{id}",
        "GET /users/by-email/{email}",
        "GET /search/{term}",
        "GET /addresses/{id}",
        "GET /v2/{name}",
        "GET /größen/{id}",
        "GET /users.json",
        "GET /updates/{id}",
        "GET /skus/{id}",
        "GET /gpus/{id}",
    ],
)
def test_good_names(path: str) -> None:
    assert design.plural_nouns(document(path))[0].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("GET /user/{id}", "user is singular"),
        ("GET /pet/{petId}", "pet is singular"),
        ("GET /address/{id}", "address is singular"),
        ("GET /campus/{id}", "campus is singular"),
        ("GET /order-item/{id}", "order-item is singular"),
        ("POST /createOrder", "createOrder is a verb"),
        ("GET /getUsers", "getUsers is a verb"),
        ("GET /listUsers", "listUsers is a verb"),
        ("POST /users/create", "create is a verb"),
        ("POST /users/{id}/delete-account", "delete-account is a verb"),
    ],
)
def test_bad_names(path: str, name: str) -> None:
    (verdict,) = design.plural_nouns(document(path))
    assert (verdict.outcome, verdict.message) == (Outcome.FAIL, f"1 name: {name}")


def test_what_can_be_listed_and_posted_to_is_a_collection() -> None:
    assert design.plural_nouns(document("GET /order", "POST /order"))[0].outcome is Outcome.FAIL
    assert design.plural_nouns(document("GET /order"))[0].outcome is Outcome.PASS


def test_below_an_item_there_may_be_just_one() -> None:
    invoice = document("GET /orders/{id}/invoice", "POST /orders/{id}/invoice")
    assert design.plural_nouns(invoice)[0].outcome is Outcome.PASS
    avatar = document("GET /users/me/avatar", "POST /users/me/avatar")
    assert design.plural_nouns(avatar)[0].outcome is Outcome.PASS
    rows = document("GET /orders/{id}/row", "POST /orders/{id}/row", "GET /orders/{id}/row/{row_id}")
    assert design.plural_nouns(rows)[0].outcome is Outcome.FAIL


def test_no_operation_has_no_name() -> None:
    assert design.plural_nouns(Document())[0].outcome is Outcome.SKIP


# --- create -------------------------------------------------------------------------------------------------

THINGS = crud()


def play(answer: Callable[[Request], Response]) -> Verdict:
    (verdict,) = design.create_201(followed(answer).evidence)
    return verdict


def followed(answer: Callable[[Request], Response]) -> Driven[Created]:
    return drive(created.steps(THINGS, FakeWorld(resources=(THINGS,))), answer)


def server(
    status: int, *, location: str | None = "/things/9", body: object = None, read: int = 200
) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if request.method == "POST":
            headers = {} if location is None else {"location": location}
            return reply(status, {"id": 9} if body is None else body, headers=headers)
        return reply(read, {"id": 9, "title": "x"})

    return answer


@pytest.mark.parametrize(
    ("answer", "outcome", "signature"),
    [
        pytest.param(server(201), Outcome.PASS, "", id="exemplary"),
        pytest.param(server(201, location="http://api.test/things/9"), Outcome.PASS, "", id="absolute Location"),
        pytest.param(server(201, location=None), Outcome.PASS, "", id="id in the body"),
        pytest.param(server(201, location="https://cdn.test/9"), Outcome.UNSURE, "", id="elsewhere"),
        pytest.param(server(201, location=None, body={"ok": True}), Outcome.FAIL, "unnamed", id="nothing names it"),
        pytest.param(server(201, read=404), Outcome.FAIL, "does not resolve", id="Location 404"),
        pytest.param(server(201, location=None, read=404), Outcome.FAIL, "does not resolve", id="item 404"),
        pytest.param(server(201, read=403), Outcome.UNSURE, "", id="Location 403"),
        pytest.param(server(202, location=None), Outcome.UNSURE, "", id="202 without a place to ask"),
        pytest.param(server(202), Outcome.PASS, "", id="decoy: 202 with a job that ends"),
        pytest.param(server(200, body={"hits": []}, location=None), Outcome.SKIP, "", id="decoy: search"),
        pytest.param(server(200), Outcome.SKIP, "", id="decoy: upsert"),
    ],
)
def test_create(answer: Callable[[Request], Response], outcome: Outcome, signature: str) -> None:
    verdict = play(answer)
    assert (verdict.outcome, verdict.signature) == (outcome, signature)


def test_a_create_that_answers_200_each_time_with_another_object() -> None:
    numbers = iter(range(100))

    def answer(request: Request) -> Response:
        return reply(200, {"id": next(numbers)}) if request.method == "POST" else reply(200, {"id": 0})

    verdict = play(answer)
    assert (verdict.outcome, verdict.signature, verdict.about) == (Outcome.FAIL, "not 201", "POST /things")


def test_a_location_is_followed_from_the_hosts_root_as_the_same_caller() -> None:
    sent = followed(server(201, location="/api/v1/things/9?full=1")).sent
    assert (sent[1].path, sent[1].absolute, sent[1].query) == ("/api/v1/things/9", True, (("full", "1"),))
    assert sent[1].identity == sent[0].identity
    assert sent[1].operation is THINGS.read


def test_a_relative_location_is_resolved_against_the_request() -> None:
    sent = followed(server(201, location="things/9")).sent
    assert (sent[1].path, sent[1].absolute) == ("/things/9", False)


def test_a_job_is_polled_for_half_a_minute_at_most() -> None:
    driven = followed(
        lambda one: reply(202, {}, headers={"location": "/jobs/1"}) if one.method == "POST" else reply(404, {})
    )
    assert len(driven.sent) <= created.at_most.requests
    assert design.create_201(driven.evidence)[0].outcome is Outcome.UNSURE


def test_what_cannot_be_created_and_read_is_not_asked() -> None:
    listing = crud()
    with pytest.raises(NotApplicable):
        drive(created.steps(type(listing)(name="/x", list=listing.list), FakeWorld()), [])
    with pytest.raises(Unavailable):
        followed(lambda _: reply(403, {}))


def test_a_path_names_the_item_whatever_stands_before() -> None:
    assert THINGS.read is not None
    assert names_item("/api/v1/things/9", THINGS.read)
    assert not names_item("/api/v1/jobs/9", THINGS.read)
    assert not names_item("/9", THINGS.read)


# --- conformance --------------------------------------------------------------------------------------------

READ = operation("GET", "/things/{id}")
NAMELESS = Violation(pointer="/items/0/name", keyword="required", message='"name" is a required property')
UNDOCUMENTED = Facts(documented=False)


def conformance(status: int, facts: Facts, *, role: Role = Role.CONTROL, broken: bool = False) -> tuple[Verdict, ...]:
    mutation = Mutation(location="query", pointer="/q", kind="nul") if broken else None
    asked = Request(method="GET", path="/things/7", operation=READ, role=role, mutation=mutation)
    return design.response_conformance(exchange(reply(status, {}), request=asked, facts=facts))


def test_violations_are_grouped_by_pointer_and_keyword() -> None:
    again = Violation(pointer="/items/5/name", keyword="required", message="the same in another row")
    verdicts = conformance(200, Facts(violations=(NAMELESS, again)))
    assert [(one.signature, one.severity) for one in verdicts] == [("/items/*/name required", None)]
    assert '"name" is a required property' in verdicts[0].message


def test_a_body_that_is_wrong_everywhere_is_told_in_ten_lines() -> None:
    many = tuple(Violation(pointer=f"/f{n}", keyword="type", message="x") for n in range(40))
    assert len(conformance(200, Facts(violations=many))) == 10


@pytest.mark.parametrize(
    ("status", "role", "broken", "outcome"),
    [
        pytest.param(204, Role.CONTROL, False, Outcome.FAIL, id="undocumented success"),
        pytest.param(204, Role.PROBE, True, Outcome.FAIL, id="undocumented success of a probe"),
        pytest.param(409, Role.SETUP, False, Outcome.FAIL, id="undocumented conflict"),
        pytest.param(400, Role.PROBE, True, Outcome.PASS, id="fastapi: 400 for broken JSON"),
        pytest.param(422, Role.PROBE, True, Outcome.PASS, id="refused probe"),
        *[
            pytest.param(status, Role.CONTROL, False, Outcome.PASS, id=f"our doing: {status}")
            for status in (401, 403, 404, 405, 406, 413, 415, 429, 500, 503)
        ],
    ],
)
def test_undocumented_statuses(status: int, role: Role, broken: bool, outcome: Outcome) -> None:
    (verdict,) = conformance(status, UNDOCUMENTED, role=role, broken=broken)
    assert verdict.outcome is outcome
    if outcome is Outcome.FAIL:
        assert (verdict.severity, verdict.signature) == (Severity.LOW, "status undocumented")


def test_paths_outside_the_document_promise_nothing() -> None:
    assert design.response_conformance(exchange(reply(200, {})))[0].outcome is Outcome.SKIP
