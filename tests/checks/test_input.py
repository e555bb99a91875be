"""Input: what is sent, one wrong thing at a time, and what counts as accepted."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from auditor.evidence import NotApplicable, Unavailable, Violating
from auditor.model import Exchange, Facts, Json, Location, Mutation, Outcome, Request, Resource, Response, Severity
from checks import input as rules
from checks._input_probes import (
    Attempts,
    Tried,
    broken_bodies,
    broken_constraints,
    hostile_values,
    missing_values,
)
from checks._reading import row_of, rows, shown_at
from tests.checks.building import CANARY, FakeWorld, crud, drive, exchange, named_as_promised, operation, reply

NAME = f"{CANARY}-0001"
CREATE = operation("POST", "/things", body={"title": {"type": "string"}}, required=["title"])
READ = operation("GET", "/things/{id}")
LIST = operation("GET", "/things", query={"limit": {"type": "integer", "maximum": 100}})


def test_names_and_docstrings_keep_the_convention() -> None:
    assert named_as_promised(rules) == ["input.constraints", "input.malformed-body", "input.no-5xx", "input.required"]


# --- no 5xx -------------------------------------------------------------------------------------------------

NOT_A_NUMBER = Mutation(location="query", pointer="/page", kind="not-a-number", value="aud")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.PASS),
        (422, Outcome.PASS),
        (500, Outcome.FAIL),
        (502, Outcome.FAIL),
        (501, Outcome.SKIP),
        (503, Outcome.SKIP),
        (504, Outcome.SKIP),
        (0, Outcome.SKIP),
    ],
)
def test_no_5xx(status: int, outcome: Outcome) -> None:
    asked = Request(method="GET", path="/things", operation=LIST, mutation=NOT_A_NUMBER)
    (verdict,) = rules.no_5xx(exchange(reply(status, {}), request=asked))
    assert (verdict.outcome, verdict.about) == (outcome, "GET /things")


def test_a_crash_is_one_finding_per_place() -> None:
    other = Mutation(location="query", pointer="/page", kind="negative", value="-1")
    asked = [Request(method="GET", path="/things", operation=LIST, mutation=one) for one in (NOT_A_NUMBER, other)]
    verdicts = [rules.no_5xx(exchange(reply(500), request=one))[0] for one in asked]
    assert {one.signature for one in verdicts} == {"query/page status=5xx"}
    assert verdicts[0].message == "answered 500 to not-a-number ('aud') at query/page"


def test_an_ordinary_request_that_crashes_counts_and_made_up_paths_are_the_api() -> None:
    (verdict,) = rules.no_5xx(exchange(reply(500), path="/aud-17"))
    assert (verdict.about, verdict.signature) == ("API", "request status=5xx")


# --- hostile values -----------------------------------------------------------------------------------------


def test_every_place_gets_a_hostile_value_between_two_controls() -> None:
    listing = operation("GET", "/things", query={"page": {"type": "integer"}, "q": {"type": "string"}})
    driven = drive(hostile_values.steps(listing, FakeWorld(operations=(listing,))), lambda _: reply(200, []))
    kinds = [one.mutation and (one.mutation.pointer, one.mutation.kind) for one in driven.sent]
    assert kinds[0] is None
    assert kinds[-1] is None
    assert kinds[1:3] == [("/page", "not-a-number"), ("/q", "nul")]
    assert len(driven.sent) <= hostile_values.at_most.requests


def test_many_places_stay_within_the_bound_and_all_are_visited() -> None:
    many = operation("GET", "/things", query={f"f{number}": {"type": "string"} for number in range(16)})
    driven = drive(hostile_values.steps(many, FakeWorld(operations=(many,))), lambda _: reply(200, []))
    assert len(driven.sent) <= hostile_values.at_most.requests
    assert {one.mutation.pointer for one in driven.sent if one.mutation} == {f"/f{number}" for number in range(16)}


def test_no_hostile_path_can_name_a_collection_or_a_strangers_object() -> None:
    things = crud()
    assert things.modify is not None
    driven = drive(hostile_values.steps(things.modify, FakeWorld(resources=(things,))), created_or(reply(200, {})))
    changed = [one for one in driven.sent if one.mutation and one.mutation.location == "path"]
    assert changed
    assert all(len(one.path.removeprefix("/things/")) > 2 for one in changed)


def test_nothing_hostile_is_ever_deleted() -> None:
    things = crud()
    assert things.remove is not None
    with pytest.raises(NotApplicable):
        drive(hostile_values.steps(things.remove, FakeWorld(resources=(things,))), created_or(reply(204)))


def test_bodies_take_what_no_encoder_writes() -> None:
    world = FakeWorld(operations=(CREATE,))
    driven = drive(
        hostile_values.steps(CREATE, world), lambda _: reply(422, {}) if _.mutation else reply(201, {"id": 1})
    )
    bodies = {one.mutation.kind: one.body for one in driven.sent if one.mutation}
    assert b'"\\ud800"' in bodies["lone-surrogate"]
    assert bodies["deep-nesting"].count(b"[") == 500
    assert json.loads(bodies["wrong-type"]) == {"title": {"aud": 1}}
    assert "audplaceholder" not in str(bodies)


def test_an_operation_without_values_is_not_asked() -> None:
    plain = operation("GET", "/things")
    with pytest.raises(NotApplicable):
        drive(hostile_values.steps(plain, FakeWorld(operations=(plain,))), [])


def created_or(other: Response) -> Callable[[Request], Response]:
    return lambda request: reply(201, {"id": 9}) if request.method == "POST" else other


# --- required -----------------------------------------------------------------------------------------------


def tried(
    answer: Response,
    *,
    kind: str = "omitted",
    sent: Json = None,
    shown: Response | None = None,
    item: str = "7",
    facts: Facts | None = None,
) -> Tried:
    body = json.dumps({"note": NAME} if sent is None else sent).encode()
    asked = Request(method="POST", path="/things", operation=CREATE, body=body)
    return Tried(
        location=Location.BODY,
        pointer="/title",
        name="title",
        kind=kind,
        probe=exchange(answer, request=asked, facts=facts),
        effect=None if shown is None else exchange(shown, operation=READ),
        item=item,
    )


def attempts(*some: Tried) -> Attempts:
    good = exchange(reply(201, {"id": 1, "title": "control"}), operation=CREATE)
    return Attempts(control=good, tried=some, again=good)


MADE = reply(201, {"id": 7})


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        pytest.param(tried(reply(422, {"detail": []})), Outcome.PASS, id="fastapi refuses"),
        pytest.param(tried(reply(400, {"title": ["required"]})), Outcome.PASS, id="django rest refuses"),
        pytest.param(tried(reply(409, {})), Outcome.PASS, id="conflict"),
        pytest.param(tried(reply(200, {"error": "x"}), facts=Facts(soft_error=True)), Outcome.PASS, id="soft error"),
        pytest.param(tried(reply(500, {})), Outcome.UNSURE, id="a crash is judged elsewhere"),
        pytest.param(tried(reply(302)), Outcome.UNSURE, id="redirect"),
        pytest.param(tried(MADE), Outcome.UNSURE, id="nothing reads it"),
        pytest.param(tried(MADE, shown=reply(404)), Outcome.UNSURE, id="2xx, but nothing was stored"),
        pytest.param(tried(MADE, shown=reply(200, {"id": 7, "title": None})), Outcome.FAIL, id="stored without it"),
        pytest.param(tried(MADE, shown=reply(200, {"id": 7, "title": "-"})), Outcome.FAIL, id="silently filled"),
        pytest.param(tried(MADE, shown=reply(200, {"note": NAME}), item=""), Outcome.FAIL, id="shown by a fresh value"),
        pytest.param(tried(MADE, shown=reply(200, [{"id": 7}])), Outcome.FAIL, id="shown in a list"),
        pytest.param(
            tried(MADE, kind="null", sent={"title": None}, shown=reply(200, {"data": {"title": None}}), item=""),
            Outcome.FAIL,
            id="null stored",
        ),
    ],
)
def test_required(one: Tried, outcome: Outcome) -> None:
    (verdict,) = rules.required(attempts(one))
    assert verdict.outcome is outcome
    if outcome is Outcome.FAIL:
        assert verdict.signature == f"body/title {one.kind}"


def test_one_clear_pass_outweighs_doubt_and_a_failure_outweighs_both() -> None:
    refused, doubt = tried(reply(422, {})), tried(MADE)
    (verdict,) = rules.required(attempts(refused, doubt))
    assert (verdict.outcome, bool(verdict.note)) == (Outcome.PASS, True)
    broken = tried(MADE, shown=reply(200, {"id": 7}))
    assert [one.outcome for one in rules.required(attempts(refused, doubt, broken))] == [Outcome.FAIL]


def test_a_read_that_does_without_a_required_parameter_is_noted() -> None:
    asked = Request(method="GET", path="/things", operation=LIST)
    one = Tried(
        location=Location.QUERY, pointer="/q", name="q", kind="omitted", probe=exchange(reply(200, []), request=asked)
    )
    (verdict,) = rules.required(attempts(one))
    assert (verdict.outcome, "query/q" in verdict.note) == (Outcome.PASS, True)


FIELDS: dict[str, dict[str, Json]] = {
    "title": {"type": "string"},
    "size": {"type": "integer", "default": 3},
    "made": {"type": "string", "readOnly": True},
    "note": {"type": "string"},
}


def things(required: tuple[str, ...]) -> Resource:
    plain = crud(body=FIELDS)
    create = operation("POST", "/things", body=FIELDS, required=required)
    return Resource(name="/things", create=create, read=plain.read, parameter="id")


def test_each_required_member_is_dropped_then_nulled_and_what_was_accepted_is_read() -> None:
    resource = things(("title", "size", "made"))
    assert resource.create is not None
    driven = drive(
        missing_values.steps(resource.create, FakeWorld(resources=(resource,))), created_or(reply(200, {"id": 9}))
    )
    sent = [(one.method, one.mutation and f"{one.mutation.pointer} {one.mutation.kind}") for one in driven.sent]
    assert sent == [
        ("POST", None),
        *[("POST", "/title omitted"), ("GET", None)],
        *[("POST", "/title null"), ("GET", None)],
        *[("POST", "/size null"), ("GET", None)],
        ("POST", None),
    ]
    assert "title" not in driven.sent[1].json()
    assert driven.sent[3].json()["title"] is None


def test_nothing_required_is_nothing_to_ask() -> None:
    resource = things(())
    assert resource.create is not None
    with pytest.raises(NotApplicable):
        drive(missing_values.steps(resource.create, FakeWorld(resources=(resource,))), [])


def test_a_broken_control_afterwards_means_nothing_was_learned() -> None:
    resource = things(("title",))
    assert resource.create is not None
    answers = [reply(201, {"id": 1}), reply(422, {}), reply(422, {}), reply(403, {})]
    with pytest.raises(Unavailable, match="403"):
        drive(missing_values.steps(resource.create, FakeWorld(resources=(resource,))), answers)


def test_many_required_members_stay_within_the_bound() -> None:
    body: dict[str, Json] = {f"f{number}": {"type": "string"} for number in range(30)}
    create = operation("POST", "/things", body=body, required=list(body))
    resource = Resource(name="/things", create=create, read=READ, parameter="id")
    driven = drive(missing_values.steps(create, FakeWorld(resources=(resource,))), created_or(reply(200, {"id": 9})))
    assert len(driven.sent) <= missing_values.at_most.requests


# --- constraints --------------------------------------------------------------------------------------------


def violated(
    answer: Response,
    *,
    sent: Json = -1,
    shown: Response | None = None,
    kind: str = "below-minimum",
    twin: Exchange | None = None,
) -> Tried:
    one = tried(answer, kind=kind, sent={"title": sent}, shown=shown)
    return Tried(
        location=one.location,
        pointer=one.pointer,
        name=one.name,
        kind=kind,
        probe=one.probe,
        effect=one.effect,
        item="7",
        twin=twin,
    )


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        pytest.param(violated(reply(422, {})), Outcome.PASS, id="refused"),
        pytest.param(violated(reply(500, {})), Outcome.UNSURE, id="crash"),
        pytest.param(violated(MADE), Outcome.UNSURE, id="nothing reads it"),
        pytest.param(violated(MADE, shown=reply(200, {"id": 7})), Outcome.UNSURE, id="not shown"),
        pytest.param(violated(MADE, shown=reply(200, {"title": -1})), Outcome.FAIL, id="stored"),
        pytest.param(violated(MADE, shown=reply(200, {"title": "-1.00"})), Outcome.FAIL, id="stored as decimal text"),
        pytest.param(violated(MADE, shown=reply(200, {"data": {"title": -1}})), Outcome.FAIL, id="wrapped"),
        pytest.param(violated(MADE, shown=reply(200, [{"id": 7, "title": -1}])), Outcome.FAIL, id="listed"),
        pytest.param(violated(MADE, shown=reply(200, [{"id": 8, "title": -1}])), Outcome.UNSURE, id="another row"),
        pytest.param(violated(MADE, shown=reply(200, {"title": 0})), Outcome.PASS, id="clamped"),
        pytest.param(
            violated(MADE, sent="aaaa", shown=reply(200, {"title": "aaa"}), kind="too-long"),
            Outcome.PASS,
            id="decoy: trimmed",
        ),
        pytest.param(
            violated(MADE, sent=[1, 2, 3], shown=reply(200, {"title": [3, 1, 2]}), kind="too-many-items"),
            Outcome.FAIL,
            id="too many items",
        ),
    ],
)
def test_constraints(one: Tried, outcome: Outcome) -> None:
    (verdict,) = rules.constraints(attempts(one))
    assert verdict.outcome is outcome
    if outcome is Outcome.FAIL:
        assert (verdict.severity, verdict.signature) == (Severity.MEDIUM, f"body/title {one.kind}")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param([{"id": number} for number in range(100)], Outcome.PASS, id="decoy: clamped"),
        pytest.param([{"id": number} for number in range(101)], Outcome.FAIL, id="more rows than the maximum"),
        pytest.param({"items": [{"id": number} for number in range(101)]}, Outcome.FAIL, id="in an envelope"),
        pytest.param({"items": [], "limit": 1000}, Outcome.FAIL, id="echoed as the limit in force"),
        pytest.param({"items": [], "limit": 100}, Outcome.PASS, id="echo of the clamped limit"),
    ],
)
def test_a_page_size_above_the_maximum(answer: Json, outcome: Outcome) -> None:
    asked = Request(method="GET", path="/things", operation=LIST, query=(("limit", "1000"),))
    one = Tried(
        location=Location.QUERY,
        pointer="/limit",
        name="limit",
        kind="above-maximum",
        probe=exchange(reply(200, answer), request=asked),
        most=100.0,
    )
    assert [verdict.outcome for verdict in rules.constraints(attempts(one))] == [outcome]


@pytest.mark.parametrize(
    ("answer", "failing"),
    [
        pytest.param(reply(422, {"detail": [{"loc": ["body", "title"]}]}), True, id="refused by name"),
        pytest.param(reply(422, {"detail": "nope"}), False, id="refused for something else"),
        pytest.param(reply(409, {"title": "taken"}), False, id="conflict"),
        pytest.param(reply(201, {"title": "ok"}), False, id="accepted"),
    ],
)
def test_a_value_in_bounds_that_is_refused_is_low(answer: Response, failing: bool) -> None:
    twin = exchange(answer, method="POST", path="/things")
    verdicts = rules.constraints(attempts(violated(reply(422, {}), twin=twin)))
    assert [one.severity for one in verdicts if one.outcome is Outcome.FAIL] == ([Severity.LOW] if failing else [])


def test_each_constraint_is_broken_alone_and_its_twin_sent_where_it_was_refused() -> None:
    resource = things(("title",))
    assert resource.create is not None
    breaking = {
        "/title": (Violating(kind="too-long", value="a" * 9, twin="a" * 8),),
        "/size": (Violating(kind="below-minimum", value=-1, twin=0),),
    }

    def answer(request: Request) -> Response:
        if request.method == "GET":
            return reply(200, {"id": 9, "size": -1})
        refused = isinstance(request.json(), dict) and request.json().get("title") == "a" * 9
        return reply(422, {}) if refused else reply(201, {"id": 9})

    driven = drive(
        broken_constraints.steps(resource.create, FakeWorld(resources=(resource,), breaking=breaking)), answer
    )
    kinds = [one.mutation.kind if one.mutation else one.method for one in driven.sent]
    assert kinds == ["POST", "too-long", "too-long-twin", "below-minimum", "GET", "POST"]
    assert rules.constraints(driven.evidence)[0].signature == "body/size below-minimum"


def test_a_well_formed_reference_has_no_twin_for_it_may_name_nothing() -> None:
    body: dict[str, Json] = {"product_id": {"type": "string", "format": "uuid"}, "size": {"type": "array"}}
    create = operation("POST", "/things", body=body)
    breaking = {
        "/product_id": (Violating(kind="format-uuid", value="x", twin="d91d00bd-dbd0-4e3a-82d5-77919e0592dd"),),
        "/size": (Violating(kind="too-few-items", value=[], twin=[{}]),),
    }
    world = FakeWorld(operations=(create,), breaking=breaking)
    driven = drive(broken_constraints.steps(create, world), lambda one: reply(422 if one.mutation else 201, {"id": 1}))
    assert [one.mutation.kind for one in driven.sent if one.mutation] == ["format-uuid", "too-few-items"]


@pytest.mark.parametrize("name", ["cursor", "nextPageToken", "starting_after", "invitationCode", "taskId"])
def test_what_only_the_server_hands_out_cannot_be_made_up_within_bounds(name: str) -> None:
    listing = operation("GET", "/things", query={name: {"type": "string", "maxLength": 8}})
    breaking = {f"/{name}": (Violating(kind="too-long", value="a" * 9, twin="a" * 8),)}
    world = FakeWorld(operations=(listing,), breaking=breaking)
    driven = drive(broken_constraints.steps(listing, world), lambda one: reply(400 if one.mutation else 200, {"n": 1}))
    assert [one.mutation.kind for one in driven.sent if one.mutation] == ["too-long"]


def test_without_constraints_nothing_is_broken() -> None:
    resource = things(("title",))
    assert resource.create is not None
    with pytest.raises(NotApplicable):
        drive(broken_constraints.steps(resource.create, FakeWorld(resources=(resource,))), [])


# --- malformed bodies ---------------------------------------------------------------------------------------


def malformed(kind: str, answer: Response, *, shown: Response | None = None) -> Tried:
    return tried(answer, kind=kind, shown=shown)


@pytest.mark.parametrize(
    ("one", "severity", "signature"),
    [
        pytest.param(malformed("truncated", reply(400, {})), None, "", id="express"),
        pytest.param(malformed("truncated", reply(422, {})), None, "", id="decoy: 422"),
        pytest.param(malformed("bom", MADE), None, "", id="decoy: BOM tolerated"),
        pytest.param(malformed("lone-surrogate", MADE), None, "", id="escape accepted"),
        pytest.param(malformed("list-root", MADE), None, "", id="php reads [] as {}"),
        pytest.param(malformed("truncated", reply(503, {})), None, "", id="unavailable"),
        pytest.param(malformed("truncated", reply(500, {})), Severity.HIGH, "status=5xx", id="uncaught"),
        pytest.param(malformed("null-root", reply(500, {})), Severity.HIGH, "status=5xx", id="null root"),
        pytest.param(malformed("extra-brace", MADE), Severity.MEDIUM, "accepted", id="go decoder stops early"),
        pytest.param(malformed("invalid-utf-8", MADE), Severity.LOW, "invalid UTF-8 accepted", id="replaced silently"),
        pytest.param(malformed("nan", MADE), None, "", id="NaN, nothing stored"),
        pytest.param(
            malformed("nan", MADE, shown=reply(200, {"title": None})), Severity.LOW, "no number stored", id="NaN stored"
        ),
    ],
)
def test_malformed_body(one: Tried, severity: Severity | None, signature: str) -> None:
    (verdict,) = rules.malformed_body(attempts(one))
    assert (verdict.severity, verdict.signature) == (severity, signature)
    assert verdict.outcome is (Outcome.PASS if severity is None else Outcome.FAIL)


def test_all_crashes_are_one_finding() -> None:
    some = [malformed(kind, reply(500, {})) for kind in ("truncated", "empty", "null-root")]
    (verdict,) = rules.malformed_body(attempts(*some))
    assert "truncated (500), empty (500), null-root (500)" in verdict.message


def test_bodies_are_broken_in_every_way_and_the_rest_of_them_is_good() -> None:
    resource = things(("title", "size"))
    assert resource.create is not None
    world = FakeWorld(resources=(resource,))
    driven = drive(
        broken_bodies.steps(resource.create, world), lambda one: reply(400 if one.mutation else 201, {"id": 1})
    )
    bodies = {one.mutation.kind: one.body for one in driven.sent if one.mutation}
    assert set(bodies) == {
        "truncated", "extra-brace", "empty", "null-root", "text-root", "list-root", "bom",
        "invalid-utf-8", "lone-surrogate", "nan", "infinity",
    }  # fmt: skip
    assert bodies["empty"] == b""
    assert bodies["bom"].startswith(b"\xef\xbb\xbf{")
    assert b"\xff" in bodies["invalid-utf-8"]
    assert b"NaN" in bodies["nan"]
    assert b"Infinity" in bodies["infinity"]
    for kind in ("truncated", "extra-brace"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(bodies[kind])
    assert len(driven.sent) <= broken_bodies.at_most.requests


def test_an_optional_body_may_be_empty() -> None:
    patch = operation("PATCH", "/things/{id}", body=FIELDS)
    driven = drive(
        broken_bodies.steps(patch, FakeWorld(operations=(patch,))), lambda one: reply(400 if one.mutation else 200, {})
    )
    assert "empty" not in {one.mutation.kind for one in driven.sent if one.mutation}


def test_an_operation_without_a_json_body_is_not_asked() -> None:
    with pytest.raises(NotApplicable):
        drive(broken_bodies.steps(LIST, FakeWorld(operations=(LIST,))), [])


# --- reading ------------------------------------------------------------------------------------------------


def test_values_are_found_however_answers_wrap_them() -> None:
    assert shown_at({"a": 1}, "/a") == 1
    assert shown_at({"data": {"a": 1}}, "/a") == 1
    assert shown_at({"items": [{"id": 3, "a": 0}, {"id": 7, "a": 1}]}, "/a", "7") == 1
    assert not shown_at([{"id": 3, "a": 0}], "/a", "7")
    assert not shown_at("text", "/a")
    assert row_of([{"id": ""}], "") != {"id": ""}
    assert rows({"items": [1, 2], "total": 9}) == 2
    assert rows("text") == 0
