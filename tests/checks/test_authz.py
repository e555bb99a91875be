"""Authorisation, against a small shop whose guards can be taken away one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from auditor.evidence import NotApplicable, Recipe, Unavailable
from auditor.model import Json, Outcome, Request, Resource, Response, Severity, Verdict
from checks import _authz_probes as probes
from checks import authz
from tests.checks.building import (
    ALICE,
    BOB,
    CANARY,
    ROOT,
    Answers,
    Driven,
    FakeWorld,
    crud,
    drive,
    exchange,
    operation,
    reply,
)

THINGS = crud(body={"title": {"type": "string"}, "price": {"type": "integer"}})


@dataclass
class Shop:
    """Keeps things by owner. Every flag takes one guard away, or makes sound behaviour look suspicious."""

    anyone_reads: bool = False
    anonymous_reads: bool = False
    reduced_view: bool = False
    lists_all: bool = False
    lists_nothing: bool = False
    anyone_writes: frozenset[str] = frozenset()
    pretends: bool = False
    """Answers 2xx to foreign writes and does nothing."""
    refusal: Response = field(default_factory=lambda: reply(404, {"detail": "Not found."}))
    keeps: frozenset[str] = frozenset()
    """Undeclared fields that are stored."""
    echoes: bool = False
    strict: bool = False
    """Refuses undeclared fields."""
    defaults: Mapping[str, Json] = field(default_factory=dict)
    things: dict[str, dict[str, Json]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Response:
        asked = request.identity
        name = request.path.rpartition("/things")[2].strip("/")
        if asked.anonymous and not self.anonymous_reads:
            return reply(401, {"detail": "Unauthorized"})
        if not name:
            return self.create(request) if request.method == "POST" else self.list(request)
        thing = self.things.get(name)
        if thing is None:
            return self.refusal
        if thing["owner_id"] != asked.name:
            return self.foreign(request, thing)
        return self.answer(request, thing)

    def foreign(self, request: Request, thing: dict[str, Json]) -> Response:
        if request.method == "GET" and (self.anyone_reads or request.identity.anonymous):
            return reply(200, {"title": thing["title"]} if self.reduced_view else thing)
        if request.method in self.anyone_writes:
            return self.answer(request, thing)
        return reply(204) if self.pretends and request.method != "GET" else self.refusal

    def answer(self, request: Request, thing: dict[str, Json]) -> Response:
        if request.method == "GET":
            return reply(200, thing)
        if request.method == "DELETE":
            del self.things[str(thing["id"])]
            return reply(204)
        return self.store(request, thing, status=200)

    def create(self, request: Request) -> Response:
        number = str(len(self.things) + 101)
        thing = {"id": number, "owner_id": request.identity.name, "created_at": "2026-11-21T10:00:00Z", **self.defaults}
        answer = self.store(request, thing, status=201)
        if answer.status == 201:
            self.things[number] = thing
        return answer

    def store(self, request: Request, thing: dict[str, Json], *, status: int) -> Response:
        sent = request.json()
        if self.strict and set(sent) - {"title", "price"}:
            return reply(422, {"detail": [{"type": "extra_forbidden"}]})
        thing |= {name: value for name, value in sent.items() if name in {"title", "price"} | self.keeps}
        return reply(status, {**thing, **sent} if self.echoes else thing)

    def list(self, request: Request) -> Response:
        rows = [one for one in self.things.values() if self.lists_all or one["owner_id"] == request.identity.name]
        return reply(200, {"items": [] if self.lists_nothing else rows})


def run(recipe: Recipe[Json], shop: Shop, resource: Resource = THINGS, **world: Json) -> Driven[Json]:
    driven = drive(recipe.steps(resource, FakeWorld(resources=(resource,), **world)), shop)
    assert len(driven.sent) <= recipe.at_most.requests
    return driven


def read_verdict(shop: Shop, resource: Resource = THINGS) -> Verdict:
    return authz.bola_read(run(probes.peeked, shop, resource).evidence)[0]


# --- authz.bola-read ----------------------------------------------------------------------------------------

DENIALS = {
    "express": reply(403, {"error": "Forbidden"}),
    "nestjs": reply(403, {"message": "Forbidden resource", "error": "Forbidden", "statusCode": 403}),
    "django rest": reply(404, {"detail": "Not found."}),
    "spring": reply(403, {"timestamp": "2026-11-21T10:00:00Z", "status": 403, "error": "Forbidden", "path": "/"}),
    "rails": reply(404, {"status": 404, "error": "Not Found"}),
    "go": reply(404, text="404 page not found\n", headers={"content-type": "text/plain"}),
}


@pytest.mark.parametrize("refusal", DENIALS.values(), ids=DENIALS.keys())
def test_a_foreign_object_is_refused(refusal: Response) -> None:
    assert read_verdict(Shop(refusal=refusal)).outcome is Outcome.PASS


def test_a_refusal_is_enough_and_nobody_else_is_asked() -> None:
    sent = run(probes.peeked, Shop()).sent
    assert [(one.method, one.path, one.identity) for one in sent] == [
        ("POST", "/things", ALICE),
        ("GET", "/things/101", ALICE),
        ("GET", "/things/101", BOB),
        ("GET", "/things/101", ALICE),
    ]


def test_a_private_object_that_another_user_reads_is_critical() -> None:
    verdict = read_verdict(Shop(anyone_reads=True))
    assert (verdict.outcome, verdict.signature) == (Outcome.FAIL, "status=2xx")
    assert authz.bola_read.severity is Severity.CRITICAL


def test_without_a_list_the_canary_tells() -> None:
    assert read_verdict(Shop(anyone_reads=True), replace(THINGS, list=None)).outcome is Outcome.FAIL


SHARED = {
    "public to all": (Shop(anyone_reads=True, anonymous_reads=True), "without credentials"),
    "in everybody's list": (Shop(anyone_reads=True, lists_all=True), "own list"),
    "a public profile": (Shop(anyone_reads=True, reduced_view=True), "not the one its owner gets"),
    "in nobody's list": (Shop(anyone_reads=True, lists_nothing=True), "not even the owner's list"),
}


@pytest.mark.parametrize(("shop", "reason"), SHARED.values(), ids=SHARED.keys())
def test_what_may_be_shared_on_purpose_is_unsure(shop: Shop, reason: str) -> None:
    verdict = read_verdict(shop)
    assert verdict.outcome is Outcome.UNSURE
    assert reason in verdict.message


def test_a_server_error_for_the_stranger_is_unsure() -> None:
    assert read_verdict(Shop(refusal=reply(500))).outcome is Outcome.UNSURE


@pytest.mark.parametrize("asked", [probes.peeked, probes.injected])
def test_what_only_administrators_make_belongs_to_no_user(asked: Recipe[Json]) -> None:
    assert THINGS.create is not None
    by_root = Request(method="POST", path="/things", operation=THINGS.create, identity=ROOT)
    goldens = {THINGS.create.label: exchange(reply(201, {"id": 1}), request=by_root)}
    with pytest.raises(NotApplicable):
        drive(asked.steps(THINGS, FakeWorld(resources=(THINGS,), goldens=goldens)), Shop())


def test_public_and_missing_reads_do_not_apply() -> None:
    for resource in (crud(security=()), replace(THINGS, read=None)):
        with pytest.raises(NotApplicable):
            run(probes.peeked, Shop(), resource)


def test_a_second_user_is_needed() -> None:
    with pytest.raises(Unavailable):
        run(probes.peeked, Shop(), users=(ALICE,))


def test_nested_objects_are_looked_for_in_the_list_of_their_outermost_parent() -> None:
    notes = replace(crud("/things/{thing_id}/notes"), parents={"thing_id": "/things"})
    world = FakeWorld(resources=(THINGS, notes))
    lister, listed = probes.outermost(notes, {"thing_id": "101", "id": "5"}, world)
    assert (lister, listed) == (THINGS.list, "101")
    assert probes.outermost(notes, {}, FakeWorld(resources=(notes,))) == (None, "")


def test_a_short_id_is_known_by_its_key_and_a_long_one_by_itself() -> None:
    thing = {"id": 7, "uid": "5b1c2d3e4f"}
    control = exchange(reply(200, thing))

    def seen(row: Json, listed: str) -> bool:
        peek = probes.Peek(control=control, foreign=control, again=control, listed=listed)
        return authz.shows(exchange(reply(200, [row])), peek)

    assert seen({"id": 7}, "7")
    assert not seen({"quantity": 7}, "7")
    assert seen({"reference": "5b1c2d3e4f"}, "5b1c2d3e4f")
    assert not seen({"id": ""}, "")


# --- authz.bola-write ---------------------------------------------------------------------------------------


def write_verdicts(shop: Shop, **world: Json) -> dict[str, Verdict]:
    found = authz.bola_write(run(probes.trespassed, shop, **world).evidence)
    return {one.about.partition(" ")[0]: one for one in found}


@pytest.mark.parametrize("refusal", DENIALS.values(), ids=DENIALS.keys())
def test_foreign_writes_are_refused(refusal: Response) -> None:
    found = write_verdicts(Shop(refusal=refusal))
    assert {one.outcome for one in found.values()} == {Outcome.PASS}
    assert list(found) == ["PATCH", "PUT", "DELETE"]


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "DELETE"])
def test_one_unguarded_verb_is_found(verb: str) -> None:
    found = write_verdicts(Shop(anyone_writes=frozenset({verb})))
    assert [name for name, one in found.items() if one.outcome is Outcome.FAIL] == [verb]


def test_a_2xx_that_changes_nothing_passes_with_a_note() -> None:
    found = write_verdicts(Shop(pretends=True))
    assert {one.outcome for one in found.values()} == {Outcome.PASS}
    assert all("changed nothing" in one.note for one in found.values())


def test_deletions_come_last_and_on_objects_of_their_own() -> None:
    sent = run(probes.trespassed, Shop()).sent
    foreign = [(one.method, one.path) for one in sent if one.identity == BOB]
    assert [method for method, _ in foreign] == ["PATCH", "PUT", "DELETE"]
    assert len({path for _, path in foreign}) == 3


def test_a_verb_that_cannot_be_staged_leaves_the_others() -> None:
    found = write_verdicts(Shop(), unreached=frozenset({"PUT /things/{id}"}))
    assert found["PUT"].outcome is Outcome.UNSURE
    assert found["DELETE"].outcome is Outcome.PASS


def test_public_writes_do_not_apply() -> None:
    with pytest.raises(NotApplicable):
        run(probes.trespassed, Shop(), crud(security=()))


# --- authz.mass-assignment ----------------------------------------------------------------------------------


def assignments(shop: Shop, resource: Resource = THINGS, **world: Json) -> dict[str, Verdict]:
    found = authz.mass_assignment(run(probes.injected, shop, resource, **world).evidence)
    return {one.about.partition(" ")[0]: one for one in found}


SHOWN: Mapping[str, Json] = {"is_admin": False, "balance": 0, "role": "user", "status": "draft", "views": 3}


def test_fields_of_the_server_are_ignored() -> None:
    found = assignments(Shop(defaults=SHOWN))
    assert {one.outcome for one in found.values()} == {Outcome.PASS}
    assert list(found) == ["POST", "PATCH"]


def test_a_model_built_from_the_whole_body_is_found() -> None:
    found = assignments(Shop(defaults=SHOWN, keeps=frozenset({"is_admin", "balance", "status"})))
    assert [one.outcome for one in found.values()] == [Outcome.FAIL, Outcome.FAIL]
    assert found["POST"].signature == "fields=balance,is_admin"
    assert "balance=1000" in found["POST"].message


def test_an_object_given_to_another_user_is_found() -> None:
    found = assignments(Shop(keeps=frozenset({"owner_id"})))
    assert found["POST"].signature == "fields=owner_id"
    assert found["PATCH"].signature == "fields=owner_id"


def test_an_echo_is_a_note() -> None:
    found = assignments(Shop(defaults=SHOWN, echoes=True))
    assert found["POST"].outcome is Outcome.PASS
    assert "is_admin" in found["POST"].note


def test_refused_fields_are_tried_one_by_one_and_pass() -> None:
    driven = run(probes.injected, Shop(defaults=SHOWN, strict=True))
    assert {one.outcome for one in authz.mass_assignment(driven.evidence)} == {Outcome.PASS}
    assert [len(one.offered) for one in driven.evidence.tried if "POST" in one.operation] == [5, 1, 1, 1, 1]


def test_settable_fields_are_no_candidates() -> None:
    offered = run(probes.injected, Shop(defaults=SHOWN)).evidence.tried[0].offered
    assert {one.name for one in offered} == {"is_admin", "balance", "role", "views", "created_at"}


def test_what_golden_requests_carry_is_settable_though_undeclared() -> None:
    world = FakeWorld(resources=(THINGS,), bodies={"POST /things": {"title": "a thing", "colour": "red"}})
    assert probes.settable(THINGS, world) == {"title", "price", "colour"}


def test_nothing_to_inject_does_not_apply() -> None:
    with pytest.raises(NotApplicable):
        drive(
            probes.injected.steps(THINGS, FakeWorld(resources=(THINGS,))),
            lambda r: reply(201 if r.method == "POST" else 200, {"id": "1", "title": CANARY}),
        )


@pytest.mark.parametrize(
    ("name", "shown", "sent"),
    [
        ("is_admin", False, True),
        ("email_verified", None, True),
        ("role", "user", "admin"),
        ("role", None, "admin"),
        ("balance", 12.5, 1012.5),
        ("balance", None, 1000),
        ("balance", "0.00", "1000.00"),
        ("created_at", "2026-11-21T10:00:00Z", "2001-02-03T04:05:06Z"),
        ("born", "2026-11-21", "2001-02-03"),
        ("slug", "a-thing", None),
        ("tags", ["a"], None),
    ],
)
def test_another_value_of_the_same_kind(name: str, shown: Json, sent: Json) -> None:
    assert probes.other_value(name, shown) == sent


ME = Resource(
    name="/users/me",
    read=operation("GET", "/users/me"),
    modify=operation("PATCH", "/users/me", body={"nickname": {"type": "string"}}),
)
ADMIN = operation("GET", "/admin/reports")


def me_app(*, keeps: bool, opens: bool) -> Answers:
    roles: dict[str, str] = {}

    def answer(request: Request) -> Response:
        name = request.identity.name
        if request.path == "/admin/reports":
            return reply(200, []) if opens and roles.get(name) == "admin" else reply(403)
        if request.method == "PATCH" and keeps:
            roles[name] = request.json().get("role", "user")
        return reply(200, {"id": name, "nickname": "x", "role": roles.get(name, "user")})

    return answer


@pytest.mark.parametrize(
    ("keeps", "opens", "outcome", "severity"),
    [
        (False, False, Outcome.PASS, None),
        (True, False, Outcome.FAIL, None),
        (True, True, Outcome.FAIL, Severity.CRITICAL),
    ],
)
def test_a_role_of_ones_own_choice(keeps: bool, opens: bool, outcome: Outcome, severity: Severity | None) -> None:
    world = FakeWorld(resources=(ME,), operations=(ADMIN,), altering=frozenset({"PATCH /users/me"}))
    driven = drive(probes.injected.steps(ME, world), me_app(keeps=keeps, opens=opens))
    (verdict,) = authz.mass_assignment(driven.evidence)
    assert (verdict.outcome, verdict.severity) == (outcome, severity)
    assert all(one.identity.disposable for one in driven.sent)


def test_names_in_any_spelling() -> None:
    assert [probes.snake(one) for one in ("isAdmin", "is-admin", "is_admin")] == ["is_admin"] * 3
    assert probes.members(exchange(reply(200, {"data": {"role": "user"}, "meta": {}}))) == {"role": "user"}
    assert probes.members(exchange(reply(200, {"user": {"role": "user"}}))) == {"role": "user"}
    assert probes.members(exchange(reply(200, []))) == {}
