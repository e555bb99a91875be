"""Callers come to be: configured, or registered and signed in by the audit; their secrets are shown to nobody."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from urllib.parse import parse_qs

import httpx
import pytest

from auditor.callers.identities import (
    MOST_FUTILE,
    MOST_OVERLOADED,
    Account,
    Login,
    best_name,
    new_password,
)
from auditor.document.openapi import Description
from auditor.evidence import Overloaded, Steps, Unavailable
from auditor.model import Credential, Identity, Json
from auditor.sending.session import Session
from tests.auditor.building import (
    ALICE,
    Answering,
    answer,
    bearer,
    document,
    get,
    gives,
    run,
    takes,
    within,
)
from tests.auditor.callers.arriving import Run
from tests.checks.building import exchange

PATHS = {
    "/register": {"post": takes("email", "password", public=True)},
    "/login": {"post": takes("email", "password", public=True)},
    "/me": {"get": gives()},
}


@dataclass
class Accounts:
    """A target that registers users and hands out one token after the other."""

    login_with: str = "email"
    registration: int = 201
    token_at_once: bool = False
    users: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    silent: frozenset[str] = frozenset()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked[path] += 1
        if path in self.silent:
            raise httpx.ReadError("reset")
        if path == "/me":
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            return answer(200, {"token": token}) if token in self.tokens else answer(401, {})
        body = json.loads(request.content)
        if path == "/register":
            return self.register(body)
        if self.users.get(body.get(self.login_with, "")) != body.get("password"):
            return answer(401, {"error": "wrong"})
        return answer(200, self.token_for(body[self.login_with]))

    def register(self, body: Json) -> httpx.Response:
        if self.registration >= 400:
            return answer(self.registration, {"error": "closed"}, retry_after="0")
        self.users[body[self.login_with]] = body["password"]
        return answer(self.registration, self.token_for(body["email"]) if self.token_at_once else {"id": "u1"})

    def token_for(self, name: str) -> Json:
        token = f"token-{len(self.tokens)}-{'x' * 20}"
        self.tokens[token] = name
        return {"data": {"access_token": token, "refresh_token": f"refresh-{token}"}}


def started(target: Answering, description: Description | None = None) -> Run:
    return Run(target, description or document(PATHS))


# --- registration -------------------------------------------------------------------------------------------


def test_users_are_registered_and_signed_in() -> None:
    target = Accounts()
    made = started(target)
    assert made.establish("alice", "bob").value == "established"
    assert made.world.identities.users() == (ALICE, Identity("bob"))
    assert {made.world.credentials[name].token for name in ("alice", "bob")} == set(target.tokens)
    assert made.world.identities.problem == ""
    assert [one.how for one in made.world.identities.facts()] == ["registered by the audit"] * 2


def test_a_registration_that_hands_out_a_token_needs_no_login() -> None:
    target = Accounts(token_at_once=True)
    assert started(target).registered().value == ALICE
    assert target.asked == {"/register": 1, "/me": 1}


def test_what_is_invented_can_be_delivered_to_nobody() -> None:
    target = Accounts()
    started(target).establish("alice", "bob")
    assert len(target.users) == 2
    assert all(name.endswith("@example.com") for name in target.users)
    assert all(len(password) == 24 for password in target.users.values())
    assert len(set(target.users.values())) == 2


def test_a_login_by_user_name_gets_the_user_name() -> None:
    paths = {
        "/register": {"post": takes("username", "email", "password", public=True)},
        "/login": {"post": takes("username", "password", public=True)},
    }
    target = Accounts(login_with="username")
    assert started(target, document(paths)).registered().value == ALICE
    assert not any("@" in name for name in target.users)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500])
def test_closed_registration_is_a_reason_and_no_error(status: int) -> None:
    made = started(Accounts(registration=status))
    assert made.establish("alice", "bob").value == "established"
    assert made.world.identities.users() == ()
    assert made.world.identities.facts() == ()
    assert made.world.identities.problem == f"registration was answered {status}"


def test_where_nothing_registers_the_reason_says_so() -> None:
    made = started(Accounts(), document({"/things": {"get": gives()}}))
    came = made.registered()
    assert came.unavailable is not None
    assert "no registration that we recognise" in came.unavailable.reason
    assert came.unavailable.unlock


@pytest.mark.parametrize("silent", ["/register", "/login"])
def test_a_user_that_never_came_to_be_is_listed_nowhere(silent: str) -> None:
    made = started(Accounts(silent=frozenset({silent})))
    came = made.registered()
    assert came.unavailable is not None
    assert (made.world.identities.users(), made.world.identities.facts()) == ((), ())


def test_a_login_that_hands_out_nothing_is_a_reason() -> None:
    def useless(request: httpx.Request) -> httpx.Response:
        return answer(200, {"message": "welcome"})

    came = started(useless).registered()
    assert came.unavailable is not None
    assert came.unavailable.reason == "login of alice was answered 200 without a credential"


def test_disposable_users_are_nobodys_stand_in() -> None:
    made = started(Accounts())

    def steps() -> Steps[object]:
        first = yield from made.world.identities.disposable()
        second = yield from made.world.identities.disposable()
        return (first, second)

    first, second = (Identity(f"throwaway{number}", disposable=True) for number in (1, 2))
    assert made.follow(steps()).value == (first, second)
    assert made.world.identities.users() == ()
    assert made.world.identities.facts() == ()
    assert made.world.identities.named("throwaway1") == first


def refused_once(made: Run, why: Unavailable) -> str:
    """Begin to register a throw-away user, hear why the target does not answer, and tell what came of it."""
    steps = made.world.identities.disposable()
    try:
        next(steps)
        steps.throw(why)
    except Unavailable as reason:
        return reason.reason
    raise AssertionError("nobody was refused")


def test_a_target_that_is_overloaded_for_a_while_has_not_closed_its_registration() -> None:
    made = started(Accounts())
    for _ in range(MOST_FUTILE + 1):
        assert refused_once(made, Overloaded("unavailable (503)")) == "unavailable (503)"
    assert made.follow(made.world.identities.disposable()).value is not None


@pytest.mark.parametrize(("kind", "most"), [(Unavailable, MOST_FUTILE), (Overloaded, MOST_OVERLOADED)])
def test_what_comes_to_nothing_is_not_tried_for_ever(kind: type[Unavailable], most: int) -> None:
    target = Accounts()
    made = started(target)
    for _ in range(most):
        refused_once(made, kind("so it was"))
    closed = made.follow(made.world.identities.disposable()).unavailable
    assert closed is not None
    assert closed.reason == "no user could be made: so it was"
    assert target.asked["/register"] == 0


# --- configured callers -------------------------------------------------------------------------------------


def test_configured_callers_stand_where_users_would_be_registered() -> None:
    target = Accounts()
    made = started(target)
    identities = made.world.identities
    identities.add(Account(identity=ALICE, how="configured"), bearer("token-of-alice"))
    identities.add(Account(identity=Identity("root", role="admin"), how="configured"), bearer("token-of-root"))
    made.establish("alice", "bob")
    assert [one.name for one in identities.users()] == ["alice", "bob"]
    assert identities.admin() == Identity("root", role="admin")
    assert target.asked["/register"] == 1


def configured_login(made: Run, *, pointer: str = "", password: str = "correct horse") -> Account:
    operation = next(one for one in made.description.document.operations if one.path == "/login")
    body = {"email": "kat@example.com", "password": password}
    return Account(identity=ALICE, how="logged in", login=Login(operation=operation, body=body, token_pointer=pointer))


def test_a_configured_login_is_used_and_its_token_found_where_it_points() -> None:
    def two_tokens(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return answer(200, {})
        assert json.loads(request.content) == {"email": "kat@example.com", "password": "correct horse"}
        return answer(200, {"token": "not-this-one", "deep": [{"er": "but-this-one"}]})

    made = started(two_tokens)
    made.world.identities.add(configured_login(made, pointer="/deep/0/er"))
    made.establish("alice")
    assert made.world.credentials["alice"].token == "but-this-one"


def test_a_configured_login_that_fails_is_a_reason() -> None:
    made = started(Accounts(registration=403))
    made.world.identities.add(configured_login(made))
    made.establish("alice")
    assert made.world.identities.problem == "login of alice was answered 401 without a credential"
    assert made.world.identities.named("alice") is None


# --- secrets ------------------------------------------------------------------------------------------------


def test_no_secret_shows_in_what_is_printed() -> None:
    target = Accounts()
    made = started(target)
    came = made.establish("alice")
    account = made.world.identities.accounts["alice"]
    (password,) = target.users.values()
    (token,) = target.tokens
    shown = f"{account!r} {made.world.credentials!r} {came!r} {configured_login(made)!r}"
    assert account.password == password
    assert account.refresh_token == f"refresh-{token}"
    for secret in (password, token, account.refresh_token, "correct horse"):
        assert secret not in shown


def test_passwords_and_tokens_are_known_secrets_before_they_are_seen() -> None:
    target = Accounts()
    made = started(target)
    made.establish("alice")
    for secret in (*target.users.values(), *target.tokens):
        assert secret not in made.redactor.text(f"it was {secret}!")


def test_a_probes_login_teaches_us_no_credential() -> None:
    target = Accounts()
    made = started(target)

    def probe() -> Steps[object]:
        yield from made.world.identities.establish(("alice",))
        before = made.world.credentials["alice"]
        account = made.world.identities.accounts["alice"]
        yield made.world.login_request(username=account.names[0], password=account.password)
        return made.world.credentials == {"alice": before}

    assert made.follow(probe()).value is True
    assert len(target.tokens) == 2


# --- renewal ------------------------------------------------------------------------------------------------


def ask_as_alice(made: Run, times: int) -> list[int]:
    async def course(opened: Session) -> list[int]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(opened.send(get("/me", identity=ALICE))) for _ in range(times)]
        return [task.result().response.status for task in tasks]

    return run(within(made.session, course))


def signed_in(target: Accounts) -> Run:
    made = started(target)
    target.users["kat@example.com"] = "correct horse"
    made.world.identities.add(configured_login(made), bearer("expired-token"))
    return made


@pytest.mark.parametrize("times", [1, 8])
def test_a_dead_token_is_renewed_by_one_login_for_all_who_meet_it(times: int) -> None:
    target = Accounts()
    assert ask_as_alice(signed_in(target), times) == [200] * times
    assert target.asked["/login"] == 1


def test_a_login_that_fails_renews_nothing_and_is_not_tried_again_at_once() -> None:
    target = Accounts()
    made = signed_in(target)
    target.users.clear()
    assert ask_as_alice(made, 3) == [401] * 3
    assert target.asked == {"/me": 3, "/login": 1}


def test_a_token_without_a_login_cannot_be_renewed() -> None:
    target = Accounts()
    made = started(target)
    made.world.identities.add(Account(identity=ALICE, how="configured"), bearer("expired-token"))
    assert ask_as_alice(made, 1) == [401]
    assert target.asked == {"/me": 1}


def test_a_disposable_user_is_let_go() -> None:
    target = Accounts()
    made = started(target)
    lost = Identity("throwaway1", disposable=True)
    made.world.identities.add(Account(identity=lost, how="", password="p" * 12), Credential())

    async def course(opened: Session) -> int:
        return (await opened.send(get("/me", identity=lost))).response.status

    assert run(within(made.session, course)) == 401
    assert target.asked == {"/me": 1}


# --- small ones ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field_name", "expected"),
    [("email", "kat@example.com"), ("userName", "kat"), ("login", "kat"), ("e_mail", "kat@example.com")],
)
def test_the_name_that_a_field_wants_is_chosen(field_name: str, expected: str) -> None:
    assert best_name(field_name, ("kat@example.com", "kat")) == expected


def test_with_one_name_there_is_no_choice() -> None:
    assert best_name("username", ("kat@example.com",)) == "kat@example.com"


def test_passwords_have_every_class_and_differ_even_for_one_seed() -> None:
    one, other = new_password(Random(1)), new_password(Random(1))
    assert one != other
    assert one[0].isupper()
    assert one[-3].islower()
    assert one[-2].isdigit()
    assert one[-1] == "!"


def test_without_a_login_a_registered_user_stays_outside() -> None:
    came = started(Accounts(), document({"/register": PATHS["/register"]})).registered()
    assert came.unavailable is not None
    assert "no login that we recognise" in came.unavailable.reason


def test_users_may_be_registered_by_a_form() -> None:
    form = json.loads(json.dumps(PATHS["/register"]).replace("application/json", "application/x-www-form-urlencoded"))
    made = started(Forms(), document({**PATHS, "/register": form}))
    assert made.registered().value == ALICE
    (name,) = made.world.identities.accounts["alice"].names
    assert name.endswith("@example.com")


class Forms(Accounts):
    """Registers by form, signs in by JSON."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/register":
            return super().__call__(request)
        return self.register({name: values[0] for name, values in parse_qs(request.content.decode()).items()})


def test_a_user_that_a_probe_registered_is_kept_with_its_name_and_password() -> None:
    made = started(Accounts())
    register = made.world.sign_in.register
    body = {"email": "probe@example.com", "password": "pass-of-the-probe"}
    account = made.world.identities.found_in(exchange(operation=register, method="POST", path="/register", json=body))
    assert (account.identity, account.names) == (Identity("probe1", disposable=True), ("probe@example.com",))
    assert account.password == "pass-of-the-probe"
