"""Whole audits of backends that know their callers otherwise than by a bearer token, given nothing but an address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

import checks
from auditor.check import Check
from auditor.course import runner
from auditor.model import Audit, Json
from auditor.progress import SilentProgress
from auditor.settings.order import Order
from tests.auditor.building import RUN, answer, gives, run, takes
from tests.auditor.callers.test_sessions_in_cookies import (
    COOKIE,
    DoubleSubmit,
    Page,
    Site,
    Spa,
    Synchronizer,
    cookies_of,
    form_or_json,
)
from tests.auditor.callers.test_ways_in import BASIC, BEARER, KEY, MIXED, Backend, Store, only

HELD: tuple[Check[object], ...] = tuple(one for one in checks.load() if one.family in {"auth", "authz"})
IDENTIFIER: Json = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def described(paths: Json, schemes: Json) -> Json:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "security": [{name: []} for name in schemes],
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


def audited(target: object, document: Json, folder: Path) -> Audit:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/openapi.json":
            return answer(200, document)
        assert callable(target)
        answered = target(request)
        assert isinstance(answered, httpx.Response)
        return answered

    order = Order(
        target="http://api.test",
        writes=True,
        output=folder,
        run_id=RUN,
        seed="0",
        transport=httpx.MockTransport(serve),
    )
    return run(runner.audit(order, checks=HELD, progress=SilentProgress()))


def recorded(folder: Path) -> str:
    return "".join(one.read_text("utf-8") for one in folder.iterdir() if one.suffix in {".json", ".ndjson"})


NOTES: Json = {
    "/register": {"post": takes("email", "password", public=True)},
    "/login": {"post": takes("email", "password", public=True)},
    "/me": {"get": gives(), "delete": gives()},
    "/notes": {"get": gives(), "post": takes("title")},
    "/notes/{id}": {"parameters": [IDENTIFIER], "get": gives(), "put": takes("title"), "delete": gives()},
}


@dataclass
class Notes:
    """A site with notes, each its owner's; `open_to` "everybody", or to "others" who are signed in."""

    site: Site
    open_to: str = ""
    notes: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, sent = request.url.path, cookies_of(request)
        if not path.startswith(("/notes", "/me")):
            return self.site(request)
        if request.method != "GET" and not self.site.genuine(request, sent):
            return self.site.forbidden(request, sent)
        user = self.site.sessions.get(sent.get("sid", ""), "")
        if not user and self.open_to != "everybody":
            return answer(401, {"error": "who are you?"})
        if path == "/me":
            return self.leave(user) if request.method == "DELETE" else self.site(request)
        return self.note(request, user)

    def leave(self, user: str) -> httpx.Response:
        self.site.users.pop(user, None)
        self.site.sessions = {key: one for key, one in self.site.sessions.items() if one != user}
        return answer(204)

    def note(self, request: httpx.Request, user: str) -> httpx.Response:
        key = request.url.path.partition("/notes")[2].strip("/")
        if not key and request.method == "GET":
            return answer(200, [shown(k, one) for k, one in self.notes.items() if one[0] == user])
        if not key:
            key = f"note{len(self.notes) + 1:04}"
            self.notes[key] = (user, form_or_json(request)["title"])
            return answer(201, shown(key, self.notes[key]))
        owner, _ = self.notes.get(key, (GONE, ""))
        if owner == GONE or (owner != user and not self.open_to):
            return answer(404, {"error": "no such note"})
        if request.method == "DELETE":
            self.notes[key] = (GONE, "")
            return answer(204)
        if request.method == "PUT":
            self.notes[key] = (owner, form_or_json(request)["title"])
        return answer(200, shown(key, self.notes[key]))


GONE = "nobody"


def shown(key: str, note: tuple[str, str]) -> Mapping[str, str]:
    return {"id": key, "owner": note[0], "title": note[1]}


SESSION = {"session": COOKIE}


@pytest.mark.parametrize("site", [DoubleSubmit, Synchronizer, Page, Spa])
def test_a_sound_site_of_sessions_is_reached_judged_and_left_clean(site: type[Site], tmp_path: Path) -> None:
    more = {"/csrf-token": {"get": gives(public=True)}} if site is Synchronizer else {}
    target = Notes(site())
    audit = audited(target, described({**NOTES, **more}, SESSION), tmp_path)
    unreached = [one.operation for one in audit.reach.by_operation if not one.succeeded]
    assert unreached == []
    assert [one.message for one in audit.findings] == []
    assert (audit.leftovers, target.site.users) == ((), {})
    outcomes = {one.check: one.outcome for one in audit.results if one.operation == "PUT /notes/{id}"}
    assert outcomes["auth.anonymous-access"] == outcomes["auth.invalid-token"] == "pass"
    text = recorded(tmp_path)
    for secret in (*target.site.sessions, *target.site.secrets.values()):
        assert secret not in text
        assert json.dumps(secret)[1:-1] not in text


def test_notes_that_other_users_are_shown_are_found_behind_the_guard(tmp_path: Path) -> None:
    audit = audited(Notes(DoubleSubmit(), open_to="others"), described(NOTES, SESSION), tmp_path)
    assert "authz.bola-read" in {one.check for one in audit.findings}


def test_an_unguarded_read_is_found_beside_guarded_writes(tmp_path: Path) -> None:
    audit = audited(Notes(DoubleSubmit(), open_to="everybody"), described(NOTES, SESSION), tmp_path)
    assert ("auth.anonymous-access", "GET /notes/{id}") in {(one.check, one.operation) for one in audit.findings}


def test_keys_and_tokens_go_where_each_is_wanted(tmp_path: Path) -> None:
    target = Backend()
    audit = audited(target, described(MIXED, {"bearer": BEARER, "key": KEY}), tmp_path)
    assert [one.operation for one in audit.reach.by_operation if not one.succeeded] == []
    assert [one.message for one in audit.findings] == []
    text = recorded(tmp_path)
    for secret in (*target.keys, *target.tokens, *target.users.values()):
        assert secret not in text


def test_an_unchecked_key_is_found(tmp_path: Path) -> None:
    class Trusting(Backend):
        def feed(self, request: httpx.Request) -> httpx.Response:
            given = request.headers.get("x-api-key", "")
            return answer(200, {"of": "alice", "since": 1}) if given else answer(401, {})

    audit = audited(Trusting(), described(MIXED, {"bearer": BEARER, "key": KEY}), tmp_path)
    assert ("auth.invalid-token", "GET /feed") in {(one.check, one.operation) for one in audit.findings}


def test_accounts_put_to_their_names_are_removed_again(tmp_path: Path) -> None:
    class Kept(Store):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            name = request.url.path.removeprefix("/accounts/")
            if request.method == "DELETE" and request.url.path != name:
                gone = self.known(request) == name and bool(self.users.pop(name, ""))
                return answer(204) if gone else answer(401, {})
            return super().__call__(request)

    target = Kept()
    data = {"type": "object", "properties": {"password": {"type": "string"}}, "required": ["password"]}
    account = {"parameters": [IDENTIFIER], "get": gives(), "put": takes(data=data, public=True), "delete": gives()}
    paths = {"/buckets": {"get": only("basic", operation=gives())}, "/accounts/{id}": account}
    audit = audited(target, described(paths, {"basic": BASIC}), tmp_path)
    assert {one.name for one in audit.identities} == {"alice", "bob"}
    assert [one.message for one in audit.findings] == []
    assert (audit.leftovers, target.users) == ((), {})
