"""What was made is removed by whoever may, also when its maker was renamed or the create was never answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx

from auditor.document.openapi import Description
from auditor.evidence import Steps
from auditor.knowledge.harms import Harm, Reach
from auditor.model import Identity, Json, Mutation, Request
from auditor.secrecy.redaction import Redactor
from auditor.sending.driving import follow
from auditor.sending.session import Session
from auditor.world import settling
from auditor.world.ledger import Debt
from auditor.world.removals import ENOUGH_GONE
from auditor.world.world import SeededWorld
from tests.auditor.building import ALICE, RUN, answer, document, get, gives, post, run, takes, within, world

PATHS: Json = {
    "/register": {"post": takes("email", "password", public=True)},
    "/login": {"post": takes("email", "password", public=True)},
    "/me": {"get": gives(), "patch": takes("email"), "delete": gives()},
    "/me/password": {"put": takes("new_password")},
    "/things": {"get": gives(), "post": takes("title")},
    "/things/{id}": {"get": gives(), "delete": gives()},
}
UNREMOVABLE: Json = {**PATHS, "/things/{id}": {"get": gives()}}


@dataclass
class Shop:
    """A target with users and their things; a token is as good as the name it was given for."""

    users: dict[str, str] = field(default_factory=dict)
    things: dict[str, Json] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    """Asked like this it does what it is asked, and never answers: "POST /things"."""
    deaf: set[str] = field(default_factory=set)
    """Asked like this it does nothing and never answers."""
    failed_logins: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        label = f"{request.method} {request.url.path}"
        if label in self.deaf:
            raise httpx.ReadError("reset")
        came = self.answered(request, label)
        if label in self.silent:
            raise httpx.ReadError("reset")
        return came

    def answered(self, request: httpx.Request, label: str) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        if label == "POST /register":
            self.users[body["email"]] = body["password"]
            return answer(201, {"id": f"user-{len(self.users)}"})
        if label == "POST /login":
            right = self.users.get(body["email"]) == body["password"]
            self.failed_logins += not right
            return answer(200, {"access_token": f"token-of-{body['email']}"}) if right else answer(401, {"error": "no"})
        caller = request.headers.get("authorization", "").removeprefix("Bearer token-of-")
        if caller not in self.users:
            return answer(403, {"error": "who are you?"})
        return self.as_user(caller, label, body)

    def as_user(self, caller: str, label: str, body: Json) -> httpx.Response:
        method, _, path = label.partition(" ")
        if label == "PATCH /me":
            self.users[body["email"]] = self.users.pop(caller)
        elif label == "PUT /me/password":
            self.users[caller] = body["new_password"]
        elif label == "DELETE /me":
            del self.users[caller]
        elif label == "POST /things":
            self.things[f"thing-{len(self.things) + 1:04}"] = body
            return answer(201, {"id": f"thing-{len(self.things):04}", **body})
        elif label == "GET /things":
            return answer(200, {"items": [{"id": key, **one} for key, one in self.things.items()]})
        elif method == "GET" and path.startswith("/things/"):
            return answer(200, {}) if path.rpartition("/")[2] in self.things else answer(404, {})
        elif method == "DELETE":
            return answer(204) if self.things.pop(path.rpartition("/")[2], None) else answer(404, {})
        return answer(200, {"email": caller})


@dataclass
class Audit:
    """A world and its session to the shop, wired as a run wires them."""

    shop: Shop = field(default_factory=Shop)
    description: Description = field(default_factory=lambda: document(PATHS))
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        redactor = Redactor()
        self.world: SeededWorld = world(self.description, redactor=redactor)
        transport = httpx.MockTransport(self.shop)
        self.session = Session("http://api.test", run_id=RUN, redactor=redactor, transport=transport)
        self.session.credentials = self.world.credentials
        self.session.heralds.append(self.world.removals.announce)
        self.session.learners.append(self.world.observe)

    def lived(self, course: Callable[[SeededWorld], Steps[object]]) -> Audit:
        """Register Alice, go through the course, settle."""

        async def whole(opened: Session) -> None:
            await follow(self.world.identities.register("alice"), opened)
            came = await follow(course(self.world), opened)
            assert came.bug is None
            await settling.settle(opened, self.world, notes=self.notes)

        run(within(self.session, whole))
        return self

    @property
    def leftovers(self) -> list[str]:
        return self.world.ledger.leftovers

    def send(self, method: str, path: str, body: Json = None, identity: Identity = ALICE) -> Request:
        found = next(one for one in self.description.document.operations if one.label == f"{method} {path}")
        if body is None:
            return Request(method=method, path=path, operation=found, identity=identity)
        asked = post(path, body, identity=identity)
        return Request(
            method=method, path=path, operation=found, identity=identity, headers=asked.headers, body=asked.body
        )


def nothing(_world: SeededWorld) -> Steps[None]:
    yield from ()


def makes_a_thing(made: SeededWorld) -> Steps[object]:
    (things,) = (kind for kind in made.resources if kind.name == "/things")
    return (yield from made.make(things, ALICE))


# --- users --------------------------------------------------------------------------------------------------


def test_a_user_and_its_things_are_removed() -> None:
    audit = Audit().lived(makes_a_thing)
    assert (audit.shop.users, audit.shop.things, audit.leftovers) == ({}, {}, [])


def test_a_renamed_user_is_removed_under_its_new_name() -> None:
    audit = Audit()

    def renames(_world: SeededWorld) -> Steps[None]:
        yield audit.send("PATCH", "/me", {"email": "renamed@example.com"})

    audit.lived(renames)
    assert (audit.shop.users, audit.leftovers) == ({}, [])


def test_a_user_whose_password_was_changed_is_removed_with_the_new_one() -> None:
    audit = Audit()

    def changes(made: SeededWorld) -> Steps[None]:
        yield audit.send("PUT", "/me/password", {"new_password": "Another7horse!"})
        made.credentials["alice"] = made.credentials["alice"].with_token("no-longer-good")

    audit.lived(changes)
    assert (audit.shop.users, audit.leftovers) == ({}, [])


def test_a_user_that_was_seen_to_leave_is_not_signed_in_again() -> None:
    audit = Audit()

    def leaves(_world: SeededWorld) -> Steps[None]:
        yield audit.send("DELETE", "/me")

    audit.lived(leaves)
    assert (audit.shop.users, audit.shop.failed_logins, audit.leftovers) == ({}, 0, [])


def test_a_user_of_whom_no_password_is_known_is_a_leftover_rather_than_gone() -> None:
    audit = Audit()
    audit.world.ledger.owe(Debt(what="user x", operation="DELETE /me", owner=Identity("x"), user="x"))
    audit.lived(nothing)
    assert audit.leftovers == ["user x"]


# --- creates that were never answered -----------------------------------------------------------------------


def test_what_an_unanswered_create_made_is_found_by_its_mark() -> None:
    audit = Audit(Shop(silent={"POST /things"})).lived(makes_a_thing)
    assert (audit.shop.things, audit.shop.users, audit.leftovers) == ({}, {}, [])


def test_where_the_list_is_empty_afterwards_nothing_was_made() -> None:
    audit = Audit(Shop(deaf={"POST /things"})).lived(makes_a_thing)
    assert (audit.leftovers, audit.notes) == ([], [])


def test_what_may_have_been_made_among_other_things_is_said() -> None:
    shop = Shop(deaf={"POST /things"}, things={"thing-9999": {"title": "somebody's"}})
    audit = Audit(shop).lived(makes_a_thing)
    assert [one for one in audit.leftovers if "POST /things by alice was never answered" in one] == audit.leftovers
    assert audit.leftovers
    assert shop.things == {"thing-9999": {"title": "somebody's"}}, "what is not ours stays"
    assert not audit.world.ledger.unpaid, "another attempt could tell no more"


def test_what_nothing_lists_is_believed_to_have_gone_with_its_owner() -> None:
    unlisted: Json = {**PATHS, "/things": {"post": takes("title")}}
    audit = Audit(Shop(deaf={"POST /things"}), description=document(unlisted)).lived(makes_a_thing)
    assert audit.leftovers == []
    assert any("what POST /things may have made for alice" in one for one in audit.notes)


def test_an_unanswered_registration_is_tried_by_signing_in() -> None:
    audit = Audit(Shop(silent={"POST /register"})).lived(nothing)
    assert (audit.shop.users, audit.leftovers) == ({}, [])


def test_an_unanswered_registration_that_made_nobody_leaves_nobody() -> None:
    audit = Audit(Shop(deaf={"POST /register"})).lived(nothing)
    assert (audit.shop.users, audit.leftovers) == ({}, [])


def test_a_create_that_should_be_refused_is_a_note_where_nobody_can_tell() -> None:
    audit = Audit(Shop(deaf={"POST /things"}, things={"thing-9999": {"title": "somebody's"}}))

    def probes(made: SeededWorld) -> Steps[None]:
        probe = audit.send("POST", "/things", {"other": 1})
        yield replace(probe, mutation=Mutation(location="body", pointer="/title", kind="required"))

    audit.lived(probes)
    assert audit.leftovers == []
    assert any("required at body/title" in one for one in audit.notes)


def test_what_nothing_removes_is_a_leftover_and_no_other_attempt_is_advised() -> None:
    audit = Audit(description=document(UNREMOVABLE)).lived(makes_a_thing)
    assert audit.leftovers == ["/things thing-0001 of alice"]
    assert not audit.world.ledger.unpaid
    assert settling.is_settled(audit.world.ledger)


def test_what_went_with_what_it_belonged_to_is_seen_to_be_gone() -> None:
    audit = Audit(description=document(UNREMOVABLE))

    def course(made: SeededWorld) -> Steps[None]:
        yield from makes_a_thing(made)
        audit.shop.things.clear()

    assert audit.lived(course).leftovers == []


def test_reads_are_not_announced() -> None:
    audit = Audit()
    audit.world.removals.announce(get("/things"))
    assert audit.world.ledger.lost == []


# --- owners that are gone -----------------------------------------------------------------------------------


def test_what_belonged_to_a_user_that_is_gone_went_with_it_and_that_is_said() -> None:
    audit = Audit()

    def wiped(made: SeededWorld) -> Steps[None]:
        yield from makes_a_thing(made)
        audit.shop.users.clear()

    audit.lived(wiped)
    assert audit.leftovers == []
    assert any("/things thing-0001 of alice" in one for one in audit.notes)


def test_failed_logins_are_spared_where_everybody_was_wiped() -> None:
    audit = Audit()

    def wiped(made: SeededWorld) -> Steps[None]:
        for _ in range(8):
            yield from made.disposable()
        harm = Harm(operation="GET /tour", reach=Reach.EVERYBODY, effect="removed what was there", proof="seen")
        made.harms.note(harm)
        audit.shop.users.clear()

    audit.lived(wiped)
    assert (audit.shop.failed_logins, audit.leftovers) == (ENOUGH_GONE, [])


def test_a_user_that_left_by_an_operation_known_for_it_is_not_signed_in_again() -> None:
    audit = Audit()

    def leaves(made: SeededWorld) -> Steps[None]:
        left = Harm(operation="PATCH /me", reach=Reach.CALLER, effect="removed its caller", proof="seen", removes=True)
        made.harms.note(left)
        yield audit.send("PATCH", "/me", {"email": "gone@example.com"})
        audit.shop.users.clear()

    audit.lived(leaves)
    assert (audit.shop.failed_logins, audit.leftovers) == (0, [])
