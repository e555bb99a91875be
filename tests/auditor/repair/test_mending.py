"""A refused request is mended from what the refusal says, also by rules that the document never mentions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.complaints.rules import Complaint, Rule
from auditor.kinds.relations import Relations
from auditor.knowledge.memory import Memory
from auditor.knowledge.needs import CONTENT_TYPE, Needs, Place, Way, need
from auditor.model import Exchange, Json, Location, Operation, Request, Response
from auditor.repair.fulfilling import Maker, fulfilled
from auditor.repair.mending import Mender, notes
from auditor.repair.places import Places
from auditor.values.serialising import Values, serialise
from auditor.world.attempts import MOST_MENDED
from tests.auditor.building import Asked, Served, app, document, gives, run, stage, takes
from tests.auditor.values.test_examples import sampler_of

BODY = Location.BODY
Rules = Callable[[Mapping[str, Any]], str | None]
"""A refusal's text, or None where the body is accepted."""

DATE: Json = {"type": "string", "format": "date"}
MOMENT: Json = {"type": "string", "format": "date-time"}
TODAY = datetime.now(UTC).date()


@dataclass
class Backend:
    """A collection of things with rules of its own; keeps what it was sent."""

    rules: Rules
    status: int = 400
    answer: Callable[[str], Json] = field(default=lambda said: {"message": said})
    bodies: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def make(self, asked: Asked) -> Served:
        body = asked.body if isinstance(asked.body, dict) else {}
        self.bodies.append(body)
        said = self.rules(body)
        if said is not None:
            return self.status, self.answer(said)
        key = f"thing-{len(self.kept) + 1:04}"
        self.kept[key] = {**body, "id": key}
        return 201, self.kept[key]

    def read(self, asked: Asked) -> Served:
        found = self.kept.get(asked.path.rpartition("/")[2])
        return (200, found) if found else (404, {"error": "not found"})

    @property
    def routes(self) -> dict[str, Callable[[Asked], Served | httpx.Response]]:
        return {
            "POST /things": self.make,
            "GET /things/*": self.read,
            "GET /things": lambda _asked: (200, list(self.kept.values())),
        }


@dataclass
class Outcome:
    memory: Memory
    notes: tuple[str, ...]

    def reached(self, label: str = "POST /things") -> bool:
        return label in self.memory.golden

    @property
    def needs(self) -> Needs:
        return self.memory.needs.get("POST /things", {})


def seeded(routes: Any, paths: Json) -> Outcome:
    """Bring a backend to life, as an audit does."""

    async def course() -> Outcome:
        async with stage((), paths=paths, serving=app(routes)) as opened:
            return Outcome(opened.world.memory, notes(opened.world.memory))

    return run(course())


def things(*names: str, optional: Json = None, **schemas: Json) -> Json:
    """A document of one collection, its create with these required members."""
    made = takes(*names, public=True, **schemas)
    made["requestBody"]["content"]["application/json"]["schema"]["properties"].update(optional or {})
    return {"/things": {"get": gives(public=True), "post": made}, "/things/{id}": {"get": gives(public=True)}}


def tried(backend: Backend, paths: Json) -> Outcome:
    return seeded(backend.routes, paths)


# --- rules the document never mentions ----------------------------------------------------------------------


def test_a_date_is_moved_into_the_future() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body["booked_on"] > TODAY.isoformat() else "booked_on must be a future date"

    backend = Backend(rules)
    paths = things("title", booked_on={**DATE, "example": "2020-01-01"})
    outcome = tried(backend, paths)
    assert outcome.reached()
    assert backend.bodies[0]["booked_on"] == "2020-01-01"
    assert outcome.needs[BODY, "/booked_on"].way is Way.LATER
    assert outcome.notes == ("POST /things needs what the document does not say: body/booked_on (future)",)


def test_the_later_of_two_times_is_moved_behind_the_other() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body["finish"] > body["begin"] else "finish must be after begin"

    backend = Backend(rules, status=422)
    same = {**MOMENT, "example": "2026-01-01T12:00:00Z"}
    outcome = tried(backend, things("title", begin=same, finish=same))
    assert outcome.reached()
    assert outcome.needs[BODY, "/finish"].way is Way.AFTER


def test_a_bound_that_is_another_field_holds_for_numbers_too() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body["most"] > body["least"] else "least must be less than most"

    number = {"type": "integer", "example": 5}
    assert tried(Backend(rules), things("title", least=number, most=number)).reached()


def test_what_is_taken_is_made_anew_every_time() -> None:
    taken = {"spring-sale"}

    def rules(body: Mapping[str, Any]) -> str | None:
        if body["promo"] in taken:
            return "promo has already been taken"
        taken.add(body["promo"])
        return None

    backend = Backend(rules, status=409)
    outcome = tried(backend, things(promo={"type": "string", "example": "spring-sale"}))
    assert outcome.reached()
    accepted = [one["promo"] for one in backend.kept.values()]
    assert len(accepted) == len(set(accepted))
    assert outcome.notes == ()


def test_a_slot_that_is_booked_gives_way_to_another_day() -> None:
    booked = {"2030-05-05"}

    def rules(body: Mapping[str, Any]) -> str | None:
        if body["day"] in booked:
            return "This slot is already booked"
        booked.add(body["day"])
        return None

    outcome = tried(Backend(rules, status=409), things(day={**DATE, "example": "2030-05-05"}))
    assert outcome.reached()


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ("kind must be one of: alpha, beta", {"alpha", "beta"}),
        ("Invalid kind. Allowed values: alpha, beta", {"alpha", "beta"}),
        ("kind must be either 'alpha' or 'beta'", {"alpha", "beta"}),
    ],
)
def test_an_undocumented_choice_is_made_from_the_refusal(said: str, allowed: set[str]) -> None:
    backend = Backend(lambda body: None if body["kind"] in allowed else said)
    assert tried(backend, things("kind")).reached()


def test_an_undocumented_length_is_kept_to() -> None:
    backend = Backend(lambda body: None if len(body["pin"]) == 40 else "pin must be exactly 40 characters")
    assert tried(backend, things("pin")).reached()
    assert len(backend.bodies) <= 4


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("code must match /^[A-Z]{3}-[0-9]{4}$/ regular expression", lambda v: v[:3].isupper() and v[3] == "-"),
        ("code must be a valid UUID", lambda v: len(v) == 36),
        ("code must be in DD/MM/YYYY format", lambda v: v[2:3] == "/" and len(v) == 10),
        ("code must be at least 60 characters long", lambda v: len(v) >= 60),
        ("code may not be greater than 6 characters", lambda v: len(v) <= 6),
        ("code must have exactly 10 digits", lambda v: v.isdigit() and len(v) == 10),
        ("code is not a valid hex color", lambda v: v[:1] == "#" and len(v) == 7),
        ("code must be a number", lambda v: isinstance(v, int | float)),
        ("code must be true", lambda v: v is True),
        ("code must be an array", lambda v: isinstance(v, list)),
        ("code must contain at least one uppercase letter and one special character",
         lambda v: any(c.isupper() for c in v) and "!" in v),
    ],
)  # fmt: skip
def test_a_value_is_made_by_what_the_refusal_asks(said: str, holds: Callable[[Any], bool]) -> None:
    def fits(value: Any) -> bool:
        try:
            return holds(value)
        except (TypeError, AttributeError):
            return False

    backend = Backend(lambda body: None if fits(body["code"]) else said)
    assert tried(backend, things("code")).reached()


@pytest.mark.parametrize("extra", ["region_code", "owner_ref", "quantity", "is_public", "tags"])
def test_a_required_field_that_no_document_knows_is_added(extra: str) -> None:
    backend = Backend(
        lambda body: None if extra in body else f"{extra} is required",
        answer=lambda said: {
            "detail": [{"loc": ["body", extra], "msg": "field required", "type": "value_error.missing"}]
        },
        status=422,
    )
    outcome = tried(backend, things("title"))
    assert outcome.reached()
    assert outcome.notes == (f"POST /things needs what the document does not say: body/{extra} (required)",)


def test_a_required_field_inside_an_object_is_added_there() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return None if "zip" in body["address"] else "missing"

    backend = Backend(rules, answer=lambda _said: {"address": {"zip": ["This field is required."]}})
    address: Json = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
    assert tried(backend, things("title", address=address)).reached()


def test_several_complaints_of_one_refusal_are_met_at_once() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body.get("color") == "red" and body.get("size", 0) >= 40 else "x"

    backend = Backend(
        rules,
        answer=lambda _said: {
            "errors": {"color": ["must be one of: red"], "size": ["must be greater than or equal to 40"]}
        },
    )
    assert tried(backend, things("color", size={"type": "integer"})).reached()
    assert len(backend.bodies) <= 4


def test_names_are_matched_whatever_their_style() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body["maxGuests"] >= 500 else "Max guests must be at least 500"

    assert tried(Backend(rules), things("title", maxGuests={"type": "integer"})).reached()


def test_an_optional_member_that_is_refused_without_a_reason_is_left_out() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return "x" if "remark" in body else None

    backend = Backend(rules, answer=lambda _said: {"errors": [{"field": "remark", "message": "No."}]})
    outcome = tried(
        backend, things("title", "body", optional={"remark": {"type": "string"}, "more": {"type": "string"}})
    )
    assert outcome.reached()
    assert {"title", "body", "more"} <= set(backend.bodies[-1])


def test_a_member_that_is_not_allowed_is_left_out() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return "Unrecognized key(s) in object: 'remark'" if "remark" in body else None

    paths = things("title", optional={"remark": {"type": "string"}, "more": {"type": "string"}})
    backend = Backend(rules)
    assert tried(backend, paths).reached()
    assert "more" in backend.bodies[-1]


def test_an_unknown_reference_becomes_an_object_of_ours() -> None:
    doctors: dict[str, Json] = {}

    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body.get("practitioner") in doctors else "Doctor not found"

    def hire(asked: Asked) -> Served:
        doctors[f"doc-{len(doctors) + 100}"] = asked.body
        return 201, {"id": list(doctors)[-1], **asked.body}

    backend = Backend(rules, status=404, answer=lambda said: {"errors": [{"field": "practitioner", "message": said}]})
    paths = things("title", "practitioner")
    paths |= {
        "/doctors": {"get": gives(public=True), "post": takes("name", public=True)},
        "/doctors/{doctorId}": {"get": gives(public=True)},
    }
    routes: Any = {**backend.routes, "POST /doctors": hire, "GET /doctors/*": lambda _asked: (200, {})}
    outcome = seeded(routes, paths)
    assert outcome.reached()
    assert outcome.needs[BODY, "/practitioner"].way is Way.POINTING


def test_a_reference_that_no_document_knows_is_filled_in_too() -> None:
    rooms: list[str] = []

    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body.get("room_id") in rooms else "room_id is required"

    def build(asked: Asked) -> Served:
        rooms.append(f"room{len(rooms) + 1}")
        return 201, {"id": rooms[-1], **asked.body}

    backend = Backend(rules)
    paths = things("title") | {
        "/rooms": {"get": gives(public=True), "post": takes("name", public=True)},
        "/rooms/{room_id}": {"get": gives(public=True)},
    }
    routes: Any = {**backend.routes, "POST /rooms": build, "GET /rooms/*": lambda _asked: (200, {})}
    assert seeded(routes, paths).reached()


def test_an_object_around_a_reference_that_nobody_knows_is_left_out_as_a_whole() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return "doctor not found" if "doctorId" in body.get("links", {}) else None

    link: Json = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    linked = {"type": "object", "properties": {"data": link}, "required": ["data"]}
    paths = things("title", links={"type": "object", "properties": {"doctorId": linked}}) | {
        "/doctors": {"get": gives(public=True), "post": takes("name", public=True)},
        "/doctors/{doctorId}": {"get": gives(public=True)},
    }
    backend = Backend(rules, answer=lambda said: {"errors": [{"detail": said, "pointer": "/links/doctorId"}]})
    routes: Any = {
        **backend.routes,
        "POST /doctors": lambda asked: (201, {"id": "doc1", **asked.body}),
        "GET /doctors/*": lambda _asked: (200, {}),
    }
    outcome = seeded(routes, paths)
    assert outcome.reached()
    assert [one.get("links", {}) for one in backend.bodies] == [{"doctorId": {"data": {"id": "doc1"}}}, {}]


def test_a_pair_that_is_there_already_becomes_a_pair_of_new_objects() -> None:
    pairs, doctors = set[tuple[str, str]](), list[str]()

    def rules(body: Mapping[str, Any]) -> str | None:
        pair = (body["doctorId"], body["day"])
        if pair in pairs:
            return "the doctor has that already"
        pairs.add(pair)
        return None

    def hire(asked: Asked) -> Served:
        doctors.append(f"doc{len(doctors) + 1}")
        return 201, {"id": doctors[-1], **asked.body}

    backend = Backend(rules, status=409)
    paths = things("doctorId", day={"type": "string", "enum": ["monday"]}) | {
        "/doctors": {"get": gives(public=True), "post": takes("name", public=True)},
        "/doctors/{doctorId}": {"get": gives(public=True)},
    }
    paths["/things/{id}"]["delete"] = gives(public=True)
    routes: Any = {
        **backend.routes,
        "POST /doctors": hire,
        "GET /doctors/*": lambda _asked: (200, {}),
        "DELETE /things/*": lambda _asked: (204, None),
    }
    outcome = seeded(routes, paths)
    assert outcome.reached("DELETE /things/{id}")
    assert outcome.needs[BODY, "/doctorId"].way is Way.NEW


def test_two_fields_of_one_kind_point_to_two_objects_where_they_must_differ() -> None:
    purses: list[str] = []

    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body["to_purse_id"] != body["from_purse_id"] else "must differ from from_purse_id"

    def sew(asked: Asked) -> Served:
        purses.append(f"purse{len(purses) + 1}")
        return 201, {"id": purses[-1], **asked.body}

    backend = Backend(rules, answer=lambda said: {"details": [{"field": "body.to_purse_id", "message": said}]})
    paths = things("from_purse_id", "to_purse_id") | {
        "/purses": {"get": gives(public=True), "post": takes("name", public=True)},
        "/purses/{purse_id}": {"get": gives(public=True)},
    }
    routes: Any = {**backend.routes, "POST /purses": sew, "GET /purses/*": lambda _asked: (200, {})}
    outcome = seeded(routes, paths)
    assert outcome.reached()
    assert {backend.bodies[-1]["to_purse_id"], backend.bodies[-1]["from_purse_id"]} <= set(purses)


def test_a_value_that_nobody_tells_is_taken_from_what_is_there() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        if "sort_of_thing" not in body:
            return "This field is required"
        return None if body["sort_of_thing"] == "Polymorph" else "Invalid sort_of_thing"

    backend = Backend(rules, answer=lambda said: {"sort_of_thing": said})
    backend.kept["thing-0000"] = {"id": "thing-0000", "sort_of_thing": "Polymorph"}
    assert tried(backend, things("title")).reached()


@pytest.mark.parametrize("what", ["AppRise target", "thing of ours"])
def test_an_item_that_is_refused_by_its_value_is_left_out(what: str) -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        wrong = [one for one in body["links"] if one.startswith("mailto:")]
        return f"'{wrong[0]}' is not a valid {what}." if wrong else None

    links = {"type": "array", "items": {"type": "string"}, "example": ["mailto:a@example.com", "https://example.com"]}
    backend = Backend(rules, answer=lambda said: {"error": said})
    assert tried(backend, things(links=links)).reached()
    assert backend.bodies[-1]["links"] == ["https://example.com"]


def test_the_next_choice_is_made_where_one_is_refused_the_powerful_last() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return f"Cannot create users with {body['role']} role" if body["role"] != "member" else None

    role = {"type": "string", "enum": ["system", "admin", "member"]}
    backend = Backend(rules)
    assert tried(backend, things("name", role=role)).reached()
    assert [one["role"] for one in backend.bodies[:2]] == ["system", "member"]


def test_a_choice_inside_an_object_is_made_anew_where_the_object_is_refused() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return None if body["version"]["template_type"] == "CHAT" else "Template type does not match template"

    version: Json = {
        "type": "object",
        "required": ["template", "template_type"],
        "properties": {
            "template": {"type": "object", "properties": {"type": {"type": "string", "enum": ["chat"]}}},
            "template_type": {"type": "string", "enum": ["STR", "CHAT"]},
        },
    }
    backend = Backend(rules, status=422, answer=lambda said: {"detail": [{"loc": ["body", "version"], "msg": said}]})
    assert tried(backend, things("name", version=version)).reached()


def test_a_reference_that_may_be_null_is_null_where_none_is_to_be_had() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return "Invalid policy" if body["policy"] is not None else None

    policy = {"type": ["string", "null"]}
    assert tried(Backend(rules), things("name", policy=policy)).reached()


def test_one_of_two_is_enough_where_one_of_two_is_asked() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return None if ("result" in body) != ("failure" in body) else "Either 'result' or 'failure' must be provided"

    optional = {"result": {"type": "object"}, "failure": {"type": "object"}}
    assert tried(Backend(rules), things("name", optional=optional)).reached()


def test_the_other_of_two_is_sent_where_the_first_points_to_nothing() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        if body.get("call_ids"):
            return "None of the supplied call_ids exist in this room"
        return None if body.get("identifier") else "At least one of call_ids or identifier must be supplied"

    optional = {"call_ids": {"type": "array", "items": {"type": "string"}}, "identifier": {"type": "string"}}
    assert tried(Backend(rules), things("name", optional=optional)).reached()


def test_a_removal_is_bounded_where_the_target_offers_that() -> None:
    said = "Delete is unbounded. Set delete_all=true, or supply both start_time and end_time to bound it."

    def remove(asked: Asked) -> Served:
        bounded = "start_time=" in asked.query and "end_time=" in asked.query and "delete_all" not in asked.query
        return (204, None) if bounded else (422, {"message": said})

    backend = Backend(lambda _body: None)
    paths = things("name")
    schema = {"type": "string", "format": "date-time"}
    remove_one = gives(public=True)
    remove_one["parameters"] = [{"name": name, "in": "query", "schema": schema} for name in ("start_time", "end_time")]
    paths["/things/{id}"]["delete"] = remove_one
    assert seeded({**backend.routes, "DELETE /things/*": remove}, paths).reached("DELETE /things/{id}")


def test_another_branch_is_tried_where_the_first_is_refused() -> None:
    custom = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "custom"}}}
    builtin = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "builtin"}}}
    backend = Backend(
        lambda body: None if body["provider"]["kind"] == "builtin" else "Nothing of that sort here.", status=404
    )
    assert tried(backend, things("name", provider={"oneOf": [custom, builtin]})).reached()


def test_an_optional_body_is_left_out_where_no_body_is_accepted() -> None:
    def start(asked: Asked) -> Served:
        return (501, {"message": "The kernel is not available"}) if asked.body else (201, {})

    made = takes("name", public=True)
    made["requestBody"]["required"] = False
    assert seeded({"POST /kernels": start}, {"/kernels": {"post": made}}).reached("POST /kernels")


def test_nothing_is_sent_again_that_only_looks_like_another_way() -> None:
    backend = Backend(lambda _body: "the moon is full")
    tried(backend, {"/things": things("name")["/things"]})
    assert len(backend.bodies) <= 4  # one for each time that one is wanted: there is no optional member, no branch


@pytest.mark.parametrize("said", ["Set delete_all=true to acknowledge", "Missing required parameter: force"])
def test_a_removal_is_never_widened_because_the_target_says_so(said: str) -> None:
    asked_with: list[str] = []

    def remove(asked: Asked) -> Served:
        asked_with.append(asked.query)
        return 422, {"message": said}

    backend = Backend(lambda _body: None)
    paths = things("name")
    paths["/things/{id}"]["delete"] = gives(public=True)
    seeded({**backend.routes, "DELETE /things/*": remove}, paths)
    assert asked_with
    assert not any("delete_all" in one or "force" in one for one in asked_with)


def test_two_kinds_that_ask_for_each_other_end_the_search() -> None:
    refuse = {name: (lambda asked, name=name: (400, {"message": f"{name} is required"})) for name in ("b_id", "a_id")}
    routes = {"POST /as": refuse["b_id"], "POST /bs": refuse["a_id"]}
    paths = {
        "/as": {"get": gives(public=True), "post": takes("title", public=True)},
        "/as/{id}": {"get": gives(public=True)},
        "/bs": {"get": gives(public=True), "post": takes("title", public=True)},
        "/bs/{id}": {"get": gives(public=True)},
    }
    assert not seeded(routes, paths).reached("POST /as")


def test_a_query_parameter_and_a_header_are_added() -> None:
    def search(asked: Asked) -> Served:
        if "x-tenant" not in asked.headers:
            return 400, {"message": "Missing required header: X-Tenant"}
        return 200, []

    assert seeded({"GET /search": search}, {"/search": {"get": gives(public=True)}}).reached("GET /search")


def test_a_body_is_written_in_the_media_type_that_is_taken() -> None:
    def take(asked: Asked) -> Served | httpx.Response:
        if asked.headers.get("content-type", "").startswith("application/merge-patch+json"):
            return 200, {}
        return httpx.Response(415, headers={"accept-patch": "application/merge-patch+json"})

    paths = {"/me": {"post": takes("title", public=True)}}
    outcome = seeded({"POST /me": take}, paths)
    assert outcome.reached("POST /me")
    assert outcome.memory.needs["POST /me"][CONTENT_TYPE].argument == "application/merge-patch+json"


def test_a_precondition_is_met_by_any_version() -> None:
    def change(asked: Asked) -> Served:
        return (200, {}) if asked.headers.get("if-match") == "*" else (428, {"title": "Precondition Required"})

    assert seeded({"POST /things": change}, {"/things": {"post": takes("title", public=True)}}).reached()


def test_a_registration_repeats_the_password_where_the_refusal_asks_for_it() -> None:
    users: dict[str, str] = {}

    def register(asked: Asked) -> Served:
        if asked.body.get("password_confirmation") != asked.body["password"]:
            return 422, {"errors": {"password": ["The password field confirmation does not match."]}}
        users[asked.body["email"]] = asked.body["password"]
        return 201, {"id": len(users)}

    def login(asked: Asked) -> Served:
        right = users.get(asked.body["email"]) == asked.body["password"]
        return (200, {"access_token": "token-" + asked.body["email"]}) if right else (401, {})

    routes = {"POST /register": register, "POST /login": login, "GET /me": lambda asked: (200, {"email": asked.token})}
    paths = {
        "/register": {"post": takes("email", "password", public=True)},
        "/login": {"post": takes("email", "password", public=True)},
        "/me": {"get": gives()},
    }
    outcome = seeded(routes, paths)
    assert outcome.reached("GET /me")
    assert outcome.memory.needs["POST /register"][BODY, "/password_confirmation"].way is Way.COPY


def test_a_password_is_cut_to_what_is_taken() -> None:
    users: dict[str, str] = {}

    def register(asked: Asked) -> Served:
        if len(asked.body["password"]) > 16:
            return 400, {"message": "password must be at most 16 characters"}
        users[asked.body["email"]] = asked.body["password"]
        return 201, {"id": len(users)}

    def login(asked: Asked) -> Served:
        right = users.get(asked.body["email"]) == asked.body["password"]
        return (200, {"access_token": "token-" + asked.body["email"]}) if right else (401, {})

    routes = {"POST /register": register, "POST /login": login, "GET /me": lambda asked: (200, {"email": asked.token})}
    paths = {
        "/register": {"post": takes("email", "password", public=True)},
        "/login": {"post": takes("email", "password", public=True)},
        "/me": {"get": gives()},
    }
    assert seeded(routes, paths).reached("GET /me")


# --- bounds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "title must be a future date",
        "title is required",
        "title has already been taken",
        "title is invalid",
        "title must be one of: a, b",
        "other is required",
        "Something went wrong",
        "title must match other",
        "Doctor not found",
    ],
)
def test_who_is_never_pleased_is_asked_a_few_times_only(said: str) -> None:
    backend = Backend(lambda _body: said)
    outcome = tried(backend, things("title"))
    assert not outcome.reached()
    assert len(backend.bodies) <= 5 * (MOST_MENDED + 2)


def test_a_remedy_that_did_not_help_is_dropped() -> None:
    backend = Backend(lambda _body: "title must be one of: a, b")
    outcome = tried(backend, things("title"))
    assert (BODY, "/title") not in outcome.needs


def test_what_made_a_complaint_go_away_is_kept_though_another_stays() -> None:
    def rules(body: Mapping[str, Any]) -> str | None:
        return "kind must be one of: a, b" if body["kind"] not in {"a", "b"} else "the moon is full"

    outcome = tried(Backend(rules), things("kind"))
    assert not outcome.reached()
    assert outcome.needs[BODY, "/kind"].schema == {"enum": ("a", "b")}


# --- the mender alone ---------------------------------------------------------------------------------------


def operation_of(paths: Json, method: str = "POST") -> tuple[Any, Operation]:
    description = document(paths)
    return description, next(one for one in description.document.operations if one.method == method)


def refused(operation: Operation, body: Json, answer: Json, status: int = 400) -> Exchange:
    raw = json.dumps(body).encode()
    sent = Request(method=operation.method, path=operation.path, operation=operation, body=raw)
    typed = (("content-type", "application/json"),)
    return Exchange(
        id="1", request=sent, response=Response(status=status, headers=typed, body=json.dumps(answer).encode())
    )


def mender_of(paths: Json) -> tuple[Mender, Operation]:
    description, operation = operation_of(paths)
    relations = Relations((), description.fields)
    return Mender(Memory(), fields=description.fields, relations=relations), operation


def test_the_same_refusal_teaches_until_nothing_is_left_to_try() -> None:
    mender, operation = mender_of(things("title"))
    answer = {"message": "title must be one of: a, b"}
    taught = [mender.learn(refused(operation, {"title": "x"}, answer)) for _ in range(10)]
    assert taught[0]
    assert not taught[-1]
    assert taught == sorted(taught, reverse=True)


def test_what_somebody_else_learned_meanwhile_is_tried_first() -> None:
    mender, operation = mender_of(things("title"))
    before = mender.known(operation)
    exchange = refused(operation, {"title": "x"}, {"message": "title must be one of: a, b"})
    assert mender.learn(exchange, before)
    learned = mender.known(operation)
    assert mender.learn(exchange, before)
    assert mender.known(operation) is learned


@pytest.mark.parametrize("status", [200, 401, 403, 405, 429, 503])
def test_a_status_that_says_nothing_of_the_request_teaches_nothing(status: int) -> None:
    mender, operation = mender_of(things("title"))
    assert not mender.learn(refused(operation, {"title": "x"}, {"message": "title must be one of: a"}, status))


def test_an_operation_that_has_worked_is_not_bent_by_what_is_said_of_one_request() -> None:
    mender, operation = mender_of(things("title", optional={"remark": {"type": "string"}}))
    first = refused(operation, {"title": "x"}, {"message": "title must be one of: a"})
    assert mender.learn(first)
    good = mender.known(operation)
    mender.worked(operation, good)
    assert not mender.learn(refused(operation, {"title": "a", "remark": "x"}, {"message": "remark is invalid"}))
    assert mender.known(operation) == good


SAID = [
    "is required",
    "must not be empty",
    "is not allowed",
    "must be a string",
    "must be an array",
    "must be an object",
    "must be a boolean",
    "must be a number",
    "must be a valid email",
    "must be a date",
    "must be in DD/MM/YYYY format",
    "must match /^a$/",
    "must be one of: a, b",
    "must be one of 1, 2",
    "must be true",
    "must be at least 3 characters",
    "must be at most 2 characters",
    "is too short",
    "is too long",
    "must be between 3 and 5",
    "must be at least 5",
    "must be less than 2",
    "must be a multiple of 7",
    "must contain at least 2 items",
    "is not strong enough",
    "must be in the future",
    "must be in the past",
    "must be on a weekday",
    "must be between 09:00 and 17:00",
    "has already been taken",
    "does not exist",
    "must match password",
    "must be different from title",
    "must be after day",
    "must be before day",
    "is invalid",
    "Content-Type must be text/csv",
    "passwords do not match",
    "must be greater than or equal to 2030-01-01",
    "must be a valid UUID",
    "must be a valid slug",
    "No.",
    "",
]


MANY: Json = {
    "/things": {
        "post": {
            **takes(
                "title",
                public=True,
                policy={"type": ["string", "null"]},
                day=DATE,
                size={"type": "integer", "maximum": 9},
                tags={"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
                inner={"type": "object", "properties": {"deep": {"type": "array", "items": {"type": "object"}}}},
                either={"oneOf": [{"type": "string"}, {"type": "object"}]},
                password={"type": "string"},
            ),
            "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
        }
    }
}
PLACE_NAMES = st.sampled_from(
    [
        "title",
        "policy",
        "day",
        "size",
        "tags",
        "tags.0",
        "inner.deep.0.x",
        "either",
        "password",
        "page",
        "unknown",
        "",
        "a b",
    ]
)
SENTENCES = st.sampled_from(SAID)


@settings(max_examples=150, deadline=None)
@given(
    complaints=st.lists(st.tuples(PLACE_NAMES, SENTENCES), min_size=1, max_size=4),
    rounds=st.integers(1, 4),
    status=st.sampled_from([400, 404, 409, 415, 422, 428, 500]),
)
def test_whatever_is_said_of_whatever_field_something_can_be_built(
    complaints: list[tuple[str, str]], rounds: int, status: int
) -> None:
    description, operation = operation_of(MANY)
    memory = Memory()
    mender = Mender(memory, fields=description.fields, relations=Relations((), description.fields))
    sampler = sampler_of(description)
    fields = {(one.location, one.pointer): one for one in description.fields(operation)}
    maker = Maker(sampler=sampler, count=1, fields=fields, identified=lambda _place, _one: "17")
    answer = {"errors": [{"field": name, "message": said} for name, said in complaints]}
    for _ in range(rounds):
        values = fulfilled(sampler.fresh(operation, 1), mender.known(operation), maker)
        path, query, headers, body = serialise(operation, values)
        sent = Request(method="POST", path=path, operation=operation, query=query, headers=headers, body=body)
        response = Response(
            status=status, headers=(("content-type", "application/json"),), body=json.dumps(answer).encode()
        )
        mender.learn(Exchange(id="1", request=sent, response=response))


# --- places -------------------------------------------------------------------------------------------------

NESTED: Json = {
    "/orders/{id}": {
        "post": {
            **takes(
                "customerName",
                public=True,
                address={"type": "object", "properties": {"zipCode": {"type": "string"}}},
                items={"type": "array", "items": {"type": "object", "properties": {"unit_price": {"type": "number"}}}},
            ),
            "parameters": [{"name": "dryRun", "in": "query", "schema": {"type": "boolean"}}],
        }
    }
}


@pytest.mark.parametrize(
    ("at", "location", "expected"),
    [
        (("customerName",), None, "/customerName"),
        (("customer_name",), None, "/customerName"),
        (("CreateOrder", "CustomerName"), None, "/customerName"),
        (("address", "zip_code"), None, "/address/zipCode"),
        (("ZipCode",), None, "/address/zipCode"),
        (("items", "1", "unitPrice"), None, "/items/1/unit_price"),
        (("items", "unit_price"), BODY, "/items/0/unit_price"),
        (("dry_run",), Location.QUERY, "/dryRun"),
        (("nothing",), None, None),
    ],
)
def test_a_name_in_any_style_finds_its_place(
    at: tuple[str, ...], location: Location | None, expected: str | None
) -> None:
    description, operation = operation_of(NESTED)
    body = {"customerName": "x", "address": {"zipCode": "1"}, "items": [{"unit_price": 1}, {"unit_price": 2}]}
    sent = Request(method="POST", path="/orders/1", operation=operation, body=json.dumps(body).encode())
    found = Places(operation, description.fields(operation), sent).meant(
        Complaint(rule=Rule.REQUIRED, at=at, location=location)
    )
    assert (found[1] if found else None) == expected


@pytest.mark.parametrize(
    ("at", "said", "expected"),
    [
        (("extra",), "", (BODY, "/extra")),
        (("due_date",), "", (BODY, "/dueDate")),
        (("X-Tenant",), "", (Location.HEADER, "/X-Tenant")),
        (("page",), "Missing query parameter page", (Location.QUERY, "/page")),
        (("data", "id"), "", (BODY, "/data/id")),
        (("not a name",), "", None),
        (("x" * 200,), "", None),
    ],
)
def test_a_field_that_no_document_knows_has_a_place(at: tuple[str, ...], said: str, expected: Place | None) -> None:
    description, operation = operation_of(NESTED)
    sent = Request(method="POST", path="/orders/1", operation=operation, body=b'{"customerName": "x", "a": 1}')
    places = Places(operation, description.fields(operation), sent)
    assert places.added(Complaint(rule=Rule.REQUIRED, at=at, said=said)) == expected


# --- making -------------------------------------------------------------------------------------------------


def made(needs: Needs, body: Json, *, count: int = 1, kept: tuple[Place, ...] = (), paths: Json = None) -> Any:
    description, operation = operation_of(paths or things("title"))
    maker = Maker(
        sampler=sampler_of(description),
        count=count,
        fields={(one.location, one.pointer): one for one in description.fields(operation)},
        identified=lambda _place, one: "17" if one.argument == "/doctors" else None,
    )
    values = Values(body=body, media_type="application/json")
    return fulfilled(values, needs, maker, kept=kept).body


def test_a_copy_follows_what_it_copies() -> None:
    needs = {(BODY, "/again"): need(Way.COPY, "/secret")}
    assert made(needs, {"secret": "one"}) == {"secret": "one", "again": "one"}


def test_a_time_is_written_as_the_one_before_was() -> None:
    needs = {(BODY, "/at"): need(Way.LATER, 30)}
    forms: list[Any] = ["2020-01-01", "2020-01-01T10:00:00Z", "2020-01-01T10:00:00", 1_600_000_000, 1_600_000_000_000]
    for before in forms:
        after = made(needs, {"at": before})["at"]
        assert type(after) is type(before)
        assert len(str(after)) == len(str(before))
        assert after > before


def test_times_fall_on_working_days_within_the_hours_that_are_asked() -> None:
    needs = {(BODY, "/at"): need(Way.LATER, 3, hours=(9, 17), spread=True)}
    for count in range(20):
        found = datetime.fromisoformat(made(needs, {"at": "2020-01-01T00:00:00Z"}, count=count)["at"])
        assert found.weekday() < 5
        assert 9 <= found.hour < 17


def test_spread_times_differ_from_one_to_the_next() -> None:
    needs = {(BODY, "/at"): need(Way.LATER, 30, spread=True)}
    assert len({made(needs, {"at": "2020-01-01T00:00:00Z"}, count=count)["at"] for count in range(20)}) == 20


def test_what_must_be_new_is_new_though_all_of_that_name_are_alike() -> None:
    needs = {(BODY, "/color"): need(Way.FRESH)}
    paths = things(color={"type": "string", "pattern": "^#[0-9a-f]{6}$"})
    found = {made(needs, {"color": "#336699"}, count=count, paths=paths)["color"] for count in range(20)}
    assert len(found) == 20
    assert all(re.fullmatch("#[0-9a-f]{6}", one) for one in found)


def test_an_id_is_written_as_its_field_wants_it() -> None:
    pointing = {(BODY, "/doctor"): need(Way.POINTING, "/doctors")}
    assert made(pointing, {}, paths=things("doctor"))["doctor"] == "17"
    assert made(pointing, {}, paths=things(doctor={"type": "integer"}))["doctor"] == 17
    assert made(pointing, {}, paths=things(doctor={"type": "array"}))["doctor"] == [17]
    assert made({(BODY, "/doctor"): need(Way.POINTING, "/nowhere")}, {}) == {}


def test_a_password_that_others_know_is_bent_and_not_replaced() -> None:
    place = (BODY, "/password")
    secret = "Abcdefghijklmnopqrst9x7!"
    cut = made({place: need(Way.FITTING, maxLength=12)}, {"password": secret}, kept=(place,))
    assert cut == {"password": "Abcdefgh9x7!"}
    assert len(made({place: need(Way.FITTING, minLength=30)}, {"password": secret}, kept=(place,))["password"]) == 30
    assert made({place: need(Way.FRESH)}, {"password": secret}, kept=(place,)) == {"password": secret}


def test_everything_is_made_alike_for_the_same_count() -> None:
    needs = {(BODY, f"/{way}"): need(way, 1) for way in (Way.FITTING, Way.ANOTHER, Way.FRESH, Way.LATER, Way.EARLIER)}
    assert made(needs, {"title": "x"}) == made(needs, {"title": "x"})


def test_a_time_from_now_on_is_from_today_on() -> None:
    later = made({(BODY, "/on"): need(Way.LATER, 10, format="date")}, {})["on"]
    assert later >= (sampler_of(document(things("title"))).making("", 0).today + timedelta(days=10)).isoformat()
