"""Whole ways in by cookie: backends that let nobody write without a token against forged requests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from itertools import count
from urllib.parse import parse_qs, quote

import httpx
import pytest

from auditor.callers.accounts import Account, Login
from auditor.callers.identities import MOST_FAILURES
from auditor.document.openapi import Description
from auditor.model import ANONYMOUS, Credential, Json
from tests.auditor.building import ALICE, answer, document, gives, takes
from tests.auditor.callers.arriving import Run

COOKIE: Json = {"type": "apiKey", "in": "cookie", "name": "sid"}
PASSWORD = "correct horse battery"


def described(**more: Json) -> Description:
    paths = {
        "/register": {"post": takes("email", "password", public=True)},
        "/login": {"post": takes("email", "password", public=True)},
        "/me": {"get": gives()},
        "/notes": {"post": takes("name")},
        **more,
    }
    return document(paths, schemes={"session": COOKIE})


@dataclass
class Site:
    """Sessions in a cookie; registering, logging in and writing need a token against forged requests."""

    users: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    """Session id to the user's name, "" for a session of nobody."""
    asked: Counter[str] = field(default_factory=Counter)
    secrets: dict[str, str] = field(default_factory=dict)
    """Session id to the token that goes with it."""
    numbers: count[int] = field(default_factory=lambda: count(1))
    wrong: int = 0
    guarded: frozenset[str] = frozenset({"/register", "/login", "/notes"})
    name: str = "sid"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked[f"{request.method} {request.url.path}"] += 1
        sent = cookies_of(request)
        path = request.url.path
        if request.method == "POST" and path in self.guarded and not self.genuine(request, sent):
            return self.forbidden(request, sent)
        if request.method == "POST" and path in {"/register", "/login"}:
            return self.enter(path, form_or_json(request), sent)
        user = self.sessions.get(sent.get(self.name, ""), "")
        if path in {"/me", "/notes"}:
            return self.decorated(answer(200 if user else 401, {"user": user}), sent)
        return self.told(request, sent)

    def enter(self, path: str, body: Mapping[str, str], sent: Mapping[str, str]) -> httpx.Response:
        if path == "/register":
            self.users[body["email"]] = body["password"]
            return answer(201, {"id": "u1"})
        if self.users.get(body.get("email", "")) != body.get("password"):
            self.wrong += 1
            return answer(401, {"error": "wrong"})
        return self.welcome(body["email"], sent)

    def welcome(self, user: str, sent: Mapping[str, str]) -> httpx.Response:
        return with_cookies(answer(200, {"ok": True}), f"{self.name}={self.new_session(user)}; Path=/; HttpOnly")

    def new_session(self, user: str = "") -> str:
        session = f"s{next(self.numbers)}abcdefghijklmnop"
        self.sessions[session] = user
        return session

    def genuine(self, request: httpx.Request, sent: Mapping[str, str]) -> bool:
        raise NotImplementedError

    def forbidden(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        return answer(403, {"message": "invalid csrf token"})

    def told(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        return answer(404, {})

    def decorated(self, answered: httpx.Response, sent: Mapping[str, str]) -> httpx.Response:
        return answered


def cookies_of(request: httpx.Request) -> dict[str, str]:
    assert len(request.headers.get_list("cookie")) <= 1
    return {name: one.value for name, one in SimpleCookie(request.headers.get("cookie", "")).items()}


def form_or_json(request: httpx.Request) -> dict[str, str]:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    body = json.loads(request.content)
    assert isinstance(body, dict)
    return body


def with_cookies(answered: httpx.Response, *cookies: str) -> httpx.Response:
    pairs = [*answered.headers.multi_items(), *(("set-cookie", one) for one in cookies)]
    return httpx.Response(answered.status_code, headers=pairs, content=answered.content)


class DoubleSubmit(Site):
    """As Django does it: the cookie's value again in a header; another one after the login; the login page sets it."""

    def genuine(self, request: httpx.Request, sent: Mapping[str, str]) -> bool:
        token = sent.get("csrftoken", "")
        asked_from = request.headers.get("referer", "").startswith("http://api.test/")
        return bool(token) and asked_from and request.headers.get("x-csrftoken") == token

    def forbidden(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        return answer(403, {"detail": "CSRF Failed: CSRF cookie not set."})

    def new_token(self) -> str:
        return f"csrftoken=t{next(self.numbers)}abcdefghijklmnopqrstuvw; Path=/; SameSite=Lax"

    def welcome(self, user: str, sent: Mapping[str, str]) -> httpx.Response:
        return with_cookies(super().welcome(user, sent), self.new_token())

    def told(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        if request.url.path != "/login":
            return answer(404, {})
        return with_cookies(httpx.Response(200, html="<form></form>"), self.new_token())


class Synchronizer(Site):
    """As csurf does it: a token of the session, told by an operation; the session begins before the login."""

    def genuine(self, request: httpx.Request, sent: Mapping[str, str]) -> bool:
        known = self.secrets.get(sent.get("sid", ""))
        return known is not None and request.headers.get("x-csrf-token") == known

    def welcome(self, user: str, sent: Mapping[str, str]) -> httpx.Response:
        self.sessions[sent["sid"]] = user
        return answer(200, {"user": user})

    def told(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        if request.url.path != "/csrf-token":
            return answer(404, {})
        session = sent.get("sid", "")
        begun = session not in self.sessions
        session = self.new_session() if begun else session
        self.secrets[session] = f"k{next(self.numbers)}-Zb8cDeFgHiJkLmNoPq"
        told = answer(200, {"csrfToken": self.secrets[session]})
        return with_cookies(told, f"sid={session}; Path=/; HttpOnly") if begun else told


@dataclass
class ForMembers(Synchronizer):
    """The operation tells the token to those only who are signed in; coming in needs none."""

    guarded: frozenset[str] = frozenset({"/notes"})

    def welcome(self, user: str, sent: Mapping[str, str]) -> httpx.Response:
        return Site.welcome(self, user, sent)

    def told(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        if request.url.path == "/csrf-token" and sent.get("sid", "") not in self.sessions:
            return answer(401, {"message": "sign in first"})
        return super().told(request, sent)


class Page(Synchronizer):
    """As Rails does it: the token stands in a tag of every page, and nothing in the document tells of it."""

    def told(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        if request.url.path != "/":
            return answer(404, {})
        session = sent.get("sid", "")
        session = session if session in self.sessions else self.new_session()
        self.secrets[session] = f"k{next(self.numbers)}/Zb8cDeFgHiJ+LmNoPq=="
        tag = self.secrets[session].replace("+", "&#43;")
        page = httpx.Response(200, html=f'<html><head><meta name="csrf-token" content="{tag}"></head></html>')
        return with_cookies(page, f"sid={session}; Path=/; HttpOnly")


class Spa(Site):
    """As Laravel Sanctum does it: a cookie fetched from an undocumented place, encoded, another with every answer."""

    def genuine(self, request: httpx.Request, sent: Mapping[str, str]) -> bool:
        header = str(request.headers.get("x-xsrf-token", ""))
        return header.endswith("==") and quote(header, safe="") == sent.get("XSRF-TOKEN")

    def forbidden(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        return answer(419, {"message": "CSRF token mismatch."})

    def told(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        found = request.url.path == "/sanctum/csrf-cookie"
        return self.decorated(httpx.Response(204), sent) if found else answer(404, {})

    def decorated(self, answered: httpx.Response, sent: Mapping[str, str]) -> httpx.Response:
        value = quote(f"eyJpdiI6{next(self.numbers)}abcdefghijk==", safe="")
        return with_cookies(answered, f"XSRF-TOKEN={value}; Path=/")

    def welcome(self, user: str, sent: Mapping[str, str]) -> httpx.Response:
        return self.decorated(super().welcome(user, sent), sent)


class Silent(Site):
    """As Spring Security does it: a 403 without a word, with which the cookie comes; the login leads on."""

    def genuine(self, request: httpx.Request, sent: Mapping[str, str]) -> bool:
        token = sent.get("XSRF-TOKEN")
        return token is not None and request.headers.get("x-xsrf-token") == token

    def forbidden(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        token = f"XSRF-TOKEN=0b4d0a1e-{next(self.numbers)}-4d0a-8a1e; Path=/"
        return with_cookies(answer(403, {"status": 403, "error": "Forbidden"}), token)

    def welcome(self, user: str, sent: Mapping[str, str]) -> httpx.Response:
        led = httpx.Response(302, headers={"location": "/home"})
        return with_cookies(led, f"sid={self.new_session(user)}; Path=/; HttpOnly", "XSRF-TOKEN=; Max-Age=0; Path=/")


class InHeader(Site):
    """As gorilla/csrf does it where the application sends the token in a header of its answers."""

    def genuine(self, request: httpx.Request, sent: Mapping[str, str]) -> bool:
        return str(request.headers.get("x-csrf-token", "")) == f"masked-{sent.get('_secret', '?')}"

    def decorated(self, answered: httpx.Response, sent: Mapping[str, str]) -> httpx.Response:
        secret = sent.get("_secret") or f"m{next(self.numbers)}abcdefghij"
        answered.headers["x-csrf-token"] = f"masked-{secret}"
        return with_cookies(answered, f"_secret={secret}; Path=/; HttpOnly")

    def told(self, request: httpx.Request, sent: Mapping[str, str]) -> httpx.Response:
        return self.decorated(httpx.Response(200, html="<html></html>"), sent)


SITES = {
    "double submit": (DoubleSubmit, {}),
    "synchronizer, a dedicated operation": (Synchronizer, {"/csrf-token": {"get": gives(public=True)}}),
    "synchronizer, for those who are signed in": (ForMembers, {"/csrf-token": {"get": gives()}}),
    "synchronizer, a page": (Page, {}),
    "a usual place, a cookie of every answer": (Spa, {}),
    "a refusal without a word": (Silent, {}),
    "a header of answers": (InHeader, {}),
}


@pytest.mark.parametrize(("site", "more"), SITES.values(), ids=SITES)
def test_users_come_in_and_write(site: type[Site], more: Json) -> None:
    target = site()
    made = Run(target, described(**more))
    made.establish("alice", "bob")
    assert made.problem == ""
    assert [one.name for one in made.world.identities.users()] == ["alice", "bob"]
    assert made.as_(ALICE, "GET /me", "POST /notes", "GET /me", "POST /notes") == [200] * 4
    assert target.wrong == 0


@pytest.mark.parametrize(("site", "more"), SITES.values(), ids=SITES)
def test_nobody_has_anything_of_a_user(site: type[Site], more: Json) -> None:
    target = site()
    made = Run(target, described(**more))
    made.establish("alice")
    heard: list[httpx.Request] = []

    def listening(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return target(request)

    made.session._transport = httpx.MockTransport(listening)
    assert made.as_(ANONYMOUS, "GET /me", "POST /notes") == [401, 419 if site is Spa else 403]
    for request in heard:
        assert "cookie" not in request.headers
        assert not [name for name in request.headers if "csrf" in name or "xsrf" in name]


@pytest.mark.parametrize(("site", "more"), SITES.values(), ids=SITES)
def test_no_cookie_and_no_token_is_recorded(site: type[Site], more: Json) -> None:
    made = Run(site(), described(**more))
    made.establish("alice")
    made.as_(ALICE, "GET /me", "POST /notes")
    credential = made.world.credentials["alice"]
    assert credential.csrf is not None
    values = [value for _, value in credential.cookies if len(value) > 8]
    assert values
    assert made.secrets_shown(credential.csrf.value, *values, made.world.identities.accounts["alice"].password) == []
    assert not [hit for one in made.seen for hit in one.facts.hits if "csrf" in hit.kind]


def test_a_login_that_a_probe_sends_gets_past_the_guard_with_nobodys_token() -> None:
    target = DoubleSubmit()
    made = Run(target, described())
    made.establish("alice")
    probe = made.world.login_request(username="nobody@example.com", password="wrong")
    assert probe.credential is not None
    assert probe.credential.cookies[0] not in made.world.credentials["alice"].cookies
    assert made.sent(probe) == [401]


def test_a_session_of_any_name_is_kept() -> None:
    target = DoubleSubmit(name="ab_blog")
    made = Run(target, described())
    made.establish("alice")
    assert made.as_(ALICE, "GET /me", "POST /notes") == [200, 200]


def test_a_form_gets_the_token_in_its_own_field() -> None:
    class Form(DoubleSubmit):
        def genuine(self, request: httpx.Request, sent: Mapping[str, str]) -> bool:
            if request.url.path == "/notes":
                return super().genuine(request, sent)
            return bool(sent.get("csrftoken")) and form_or_json(request).get("csrfmiddlewaretoken") == sent["csrftoken"]

    entry = takes("email", "password", "csrfmiddlewaretoken", public=True)
    form = json.loads(json.dumps(entry).replace("application/json", "application/x-www-form-urlencoded"))
    made = Run(Form(), described(**{"/login": {"post": form}, "/register": {"post": form}}))
    made.establish("alice")
    assert made.problem == ""
    assert made.as_(ALICE, "POST /notes") == [200]


# --- staying ------------------------------------------------------------------------------------------------


def configured(made: Run) -> Account:
    login = next(one for one in made.description.document.operations if one.path == "/login")
    body = {"email": "kat@example.com", "password": PASSWORD}
    return Account(identity=ALICE, how="logged in", login=Login(operation=login, body=body))


def signed_in(target: Site, **more: Json) -> Run:
    target.users["kat@example.com"] = PASSWORD
    made = Run(target, described(**more))
    made.world.identities.add(configured(made))
    made.establish("alice")
    assert made.problem == ""
    return made


def test_a_token_that_was_rotated_behind_our_back_is_asked_for_again() -> None:
    target = Synchronizer()
    made = signed_in(target, **{"/csrf-token": {"get": gives(public=True)}})
    assert made.as_(ALICE, "POST /notes") == [200]
    target.secrets = dict.fromkeys(target.secrets, "another-token-0123456789")
    fetched = target.asked["GET /csrf-token"]
    assert made.as_(ALICE, "POST /notes", "POST /notes") == [200, 200]
    assert target.asked["GET /csrf-token"] == fetched + 1
    assert target.asked["POST /login"] == 1


def test_a_session_that_ended_is_begun_anew_with_a_token_of_its_own() -> None:
    target = DoubleSubmit()
    made = signed_in(target)
    target.sessions.clear()
    assert made.as_(ALICE, "POST /notes") == [200]
    assert target.asked["POST /login"] == 3  # without a token, with one, and again with the one known to be needed


def test_a_token_that_every_answer_replaces_is_followed() -> None:
    class Fresh(Spa):
        latest = ""

        def genuine(self, request: httpx.Request, sent: Mapping[str, str]) -> bool:
            return super().genuine(request, sent) and sent["XSRF-TOKEN"] == self.latest

        def decorated(self, answered: httpx.Response, sent: Mapping[str, str]) -> httpx.Response:
            found = super().decorated(answered, sent)
            self.latest = found.headers.get_list("set-cookie")[-1].partition("=")[2].partition(";")[0]
            return found

    target = Fresh()
    made = signed_in(target)
    assert made.as_(ALICE, "POST /notes") == [200]  # nobody's token, got in the meantime, was the latest
    before = sum(target.asked.values())
    assert made.as_(ALICE, "POST /notes", "GET /me", "POST /notes", "POST /notes") == [200] * 4
    assert sum(target.asked.values()) == before + 4


def test_a_login_brings_nothing_of_the_session_before_it() -> None:
    brought: list[set[str]] = []

    class Watching(DoubleSubmit):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/login":
                brought.append(set(cookies_of(request)))
            return super().__call__(request)

    target = Watching()
    made = signed_in(target)
    target.sessions.clear()
    assert made.as_(ALICE, "GET /me") == [200]
    assert not any("sid" in one for one in brought)


def test_a_configured_cookie_brings_its_token_along() -> None:
    target = DoubleSubmit(sessions={"known-session-0123456789": "kat"})
    made = Run(target, described())
    cookies = (("sid", "known-session-0123456789"), ("csrftoken", "known-token-0123456789"))
    made.world.identities.add(Account(identity=ALICE, how="configured"), Credential(cookies=cookies))
    assert made.as_(ALICE, "POST /notes") == [200]


def test_a_configured_cookie_without_a_token_gets_one_when_it_is_refused() -> None:
    target = Page(sessions={"known-session-0123456789": "kat"})
    made = Run(target, described())
    made.world.identities.add(
        Account(identity=ALICE, how="configured"), Credential(cookies=(("sid", "known-session-0123456789"),))
    )
    assert made.as_(ALICE, "POST /notes", "POST /notes") == [200, 200]
    assert target.asked["GET /"] == 1


def test_a_write_that_is_forbidden_for_another_reason_is_not_sent_for_ever() -> None:
    class Closed(DoubleSubmit):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            answered = super().__call__(request)
            return answer(403, {"detail": "not yours"}) if request.url.path == "/notes" else answered

    target = Closed()
    made = signed_in(target)
    before = sum(target.asked.values())
    assert made.as_(ALICE, *["POST /notes"] * 5) == [403] * 5
    assert sum(target.asked.values()) == before + 5


def test_wrong_logins_are_few() -> None:
    target = DoubleSubmit()
    made = Run(target, described())
    made.world.identities.add(configured(made))
    made.establish("alice")
    assert "was answered 401" in made.problem
    assert target.wrong == 1


def test_an_account_whose_login_is_refused_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.callers.identities.RENEWED_AT_MOST_EVERY_SECONDS", 0.0)
    target = DoubleSubmit()
    made = signed_in(target)
    target.users.clear()
    target.sessions.clear()
    made.as_(ALICE, *["GET /me"] * (3 * MOST_FAILURES))
    assert target.wrong == MOST_FAILURES
