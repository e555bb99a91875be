"""Whole ways in: grants, keys, names and passwords, prefixes, and credentials that end while they are used."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from auditor.callers.accounts import Account, Login
from auditor.callers.oauth import Grant
from auditor.document.openapi import Description
from auditor.evidence import Stage
from auditor.model import ANONYMOUS, Credential, Identity, Json, Role
from tests.auditor.building import ALICE, BOB, answer, bearer, document, gives, takes
from tests.auditor.callers.arriving import Run
from tests.auditor.callers.test_expiry import signed

BEARER: Json = {"type": "http", "scheme": "bearer"}
BASIC: Json = {"type": "http", "scheme": "basic"}
KEY: Json = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
ROOT = Identity("root", role="admin")
CLIENT, SECRET = "auditor-client", "s3cret-of-the-client"
ENTRY = {
    "/register": {"post": takes("email", "password", public=True)},
    "/login": {"post": takes("email", "password", public=True)},
    "/me": {"get": gives()},
}


def only(*schemes: str, operation: Json) -> Json:
    """The operation, asking for one of these schemes."""
    return {**operation, "security": [{name: []} for name in schemes]}


def body_of(request: httpx.Request) -> dict[str, Any]:
    if "form" in request.headers.get("content-type", ""):
        return dict(parse_qsl(request.content.decode()))
    found = json.loads(request.content or b"{}")
    assert isinstance(found, dict)
    return found


def basic_of(request: httpx.Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return base64.b64decode(value).decode() if scheme == "Basic" else ""


@dataclass
class Backend:
    """Users by name, tokens and keys by their owner; `kind` is how a token has to be sent."""

    kind: str = "Bearer"
    users: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    wrong: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        label = f"{request.method} {request.url.path}"
        self.asked[label] += 1
        found: Callable[[httpx.Request], httpx.Response] | None = self.routes.get(label)
        return found(request) if found is not None else answer(404, {})

    @property
    def routes(self) -> dict[str, Callable[[httpx.Request], httpx.Response]]:
        return {
            "POST /register": self.register,
            "POST /login": self.login,
            "GET /me": self.me,
            "POST /api-keys": self.issue,
            "GET /feed": self.feed,
        }

    def register(self, request: httpx.Request) -> httpx.Response:
        body = body_of(request)
        self.users[body["email"]] = body["password"]
        return answer(201, {"id": len(self.users)})

    def login(self, request: httpx.Request) -> httpx.Response:
        body = body_of(request)
        if self.users.get(body.get("email", "")) != body.get("password"):
            self.wrong += 1
            return answer(401, {"error": "wrong"})
        return answer(200, {"token": self.token_for(body["email"])})

    def token_for(self, user: str) -> str:
        token = f"token{len(self.tokens)}-of-somebody-0123456789"
        self.tokens[token] = user
        return token

    def user(self, request: httpx.Request) -> str:
        given = request.headers.get("authorization", "")
        prefix, _, token = given.rpartition(" ")
        return self.tokens.get(token, "") if prefix == self.kind else ""

    def me(self, request: httpx.Request) -> httpx.Response:
        user = self.user(request)
        return answer(200, {"user": user}) if user else answer(401, {})

    def issue(self, request: httpx.Request) -> httpx.Response:
        user = self.user(request)
        if not user:
            return answer(401, {})
        key = f"key{len(self.keys)}-9aN2kQ8sLwXy"
        self.keys[key] = user
        return answer(201, {"id": len(self.keys), "name": "mine", "key": key})

    def feed(self, request: httpx.Request) -> httpx.Response:
        if "authorization" in request.headers:
            return answer(400, {"error": "one credential at a time"})
        user = self.keys.get(request.headers.get("x-api-key", ""))
        return answer(200, {"of": user}) if user else answer(401, {})


# --- prefixes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Bearer", "Token", "JWT", ""])
def test_the_prefix_that_works_is_found_once_and_for_all(kind: str) -> None:
    target = Backend(kind=kind)
    made = Run(target, document(ENTRY, schemes={}))
    made.establish("alice", "bob")
    assert made.as_(ALICE, "GET /me") == made.as_(BOB, "GET /me") == [200]
    tried = ["Bearer", "Token", "JWT", ""].index(kind) + 1 if kind != "Bearer" else 1
    assert target.asked["GET /me"] <= tried + 2
    assert target.wrong == 0


def test_a_prefix_that_the_document_describes_is_used_at_once() -> None:
    scheme = {**KEY, "name": "Authorization", "description": 'Token-based authentication with required prefix "Knox"'}
    target = Backend(kind="Knox")
    made = Run(target, document(ENTRY, schemes={"auth": scheme}))
    made.establish("alice")
    assert made.as_(ALICE, "GET /me") == [200]
    assert target.asked["GET /me"] == 2


def test_a_prefix_that_configured_callers_use_is_used_for_the_others() -> None:
    target = Backend(kind="Token", tokens={"token-of-root-0123456789": "root"})
    made = Run(target, document({path: ENTRY[path] for path in ("/register", "/login")}))
    token = Credential(headers=(("Authorization", "Token token-of-root-0123456789"),))
    made.world.identities.add(Account(identity=ROOT, how="configured"), token)
    made.establish("alice")
    assert made.as_(ALICE, "GET /me") == [200]


def test_what_a_document_does_not_know_is_proven_all_the_same() -> None:
    target = Backend(kind="Token")
    basic_only = {**ENTRY, "/me": {"get": only("basic", operation=gives())}}
    made = Run(target, document(basic_only, schemes={"basic": BASIC}))
    made.establish("alice")
    assert made.as_(ALICE, "GET /me") == [200]


def test_what_is_recognised_nowhere_is_sent_as_likeliest() -> None:
    made = Run(Backend(kind="Odd"), document(ENTRY))
    made.establish("alice")
    assert made.world.credentials["alice"].headers[0][1].startswith("Bearer ")


# --- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("register", "login", "by"),
    [
        (takes("email", "password"), takes("email", "password"), "email"),
        (takes("email", "username", "password"), takes("login", "password"), "email"),
        (takes("email", "username", "password"), takes("login", "password"), "username"),
        (takes("email", "username", "password"), takes("username", "password"), "email"),
        (takes("email", "password"), takes("emailOrUsername", "password"), "email"),
        (takes("username", "password", "password2"), takes("identifier", "password"), "username"),
        (takes("email", "passwordConfirm", "password"), takes("user", "password"), "email"),
        (takes("nick", "password", "re_password"), takes("nick", "password"), "nick"),
        (takes("email", "email_confirmation", "password"), takes("email", "password"), "email"),
        (takes("email", "password", "tenant"), takes("email", "password", "tenant"), "email"),
    ],
)
def test_a_login_gets_the_name_under_which_the_account_is_known(register: Json, login: Json, by: str) -> None:
    accounts: list[dict[str, str]] = []

    class Named(Backend):
        def register(self, request: httpx.Request) -> httpx.Response:
            body = body_of(request)
            secrets = {value for name, value in body.items() if "pass" in name}
            mails = {value for name, value in body.items() if "mail" in name}
            if len(secrets) != 1 or len(mails) > 1:
                return answer(400, {"error": "they differ"})
            accounts.append(body)
            return answer(202, {})

        def login(self, request: httpx.Request) -> httpx.Response:
            body = body_of(request)
            known = next((one for one in accounts if one["password"] == body["password"]), {})
            same = known.get("tenant") == body.get("tenant")
            if known.get(by) not in body.values() or not same:
                self.wrong += 1
                return answer(401, {})
            return answer(200, {"token": self.token_for(by)})

    public: Json = {"security": []}
    paths = {
        "/register": {"post": {**register, **public}},
        "/login": {"post": {**login, **public}},
        "/me": {"get": gives()},
    }
    target = Named()
    made = Run(target, document(paths))
    made.establish("alice", "bob")
    assert made.problem == ""
    assert made.as_(ALICE, "GET /me") == made.as_(BOB, "GET /me") == [200]
    assert target.wrong <= 1


def test_a_registration_that_was_only_accepted_is_given_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Backend):
        def register(self, request: httpx.Request) -> httpx.Response:
            super().register(request)
            return answer(202, {"status": "queued"})

        def login(self, request: httpx.Request) -> httpx.Response:
            return answer(404, {}) if self.asked["POST /login"] < 3 else super().login(request)

    monkeypatch.setattr("auditor.callers.registering.SECONDS_TO_SETTLE", 0.0)
    made = Run(Slow(), document(ENTRY))
    made.establish("alice")
    assert made.problem == ""
    assert made.as_(ALICE, "GET /me") == [200]


NESTED: dict[str, Callable[[Json], Json]] = {
    "user": lambda inner: takes(user=inner),
    "session": lambda inner: takes(session=inner),
    "JSON:API": lambda inner: takes(data={"type": "object", "properties": {"attributes": inner}}),
}


@pytest.mark.parametrize("wrapped", NESTED.values(), ids=NESTED)
def test_nested_bodies_are_filled_in_where_they_want_it(wrapped: Callable[[Json], Json]) -> None:
    text = {"type": "string"}
    inner = {"type": "object", "properties": {"email": text, "password": text}, "required": ["email", "password"]}

    def innermost(body: Any) -> dict[str, str]:
        while "email" not in body:
            (body,) = body.values()
        return dict(body)

    class Wrapped(Backend):
        def register(self, request: httpx.Request) -> httpx.Response:
            body = innermost(body_of(request))
            self.users[body["email"]] = body["password"]
            return answer(200, {})

        def login(self, request: httpx.Request) -> httpx.Response:
            body = innermost(body_of(request))
            good = self.users.get(body["email"]) == body["password"]
            return answer(200, {"user": {"token": self.token_for("x")}}) if good else answer(401, {})

    public: Json = {"security": []}
    paths = {
        **ENTRY,
        "/register": {"post": {**wrapped(inner), **public}},
        "/login": {"post": {**wrapped(inner), **public}},
    }
    made = Run(Wrapped(), document(paths))
    made.establish("alice")
    assert made.as_(ALICE, "GET /me") == [200]


def test_a_password_keeps_within_the_bounds_that_its_field_sets() -> None:
    class Short(Backend):
        def register(self, request: httpx.Request) -> httpx.Response:
            return super().register(request) if len(body_of(request)["password"]) == 12 else answer(400, {})

    secret = {"type": "string", "minLength": 8, "maxLength": 12}
    paths = {**ENTRY, "/register": {"post": takes("email", public=True, password=secret)}}
    made = Run(Short(), document(paths))
    made.establish("alice")
    assert made.as_(ALICE, "GET /me") == [200]


# --- OAuth 2.0 ----------------------------------------------------------------------------------------------


@dataclass
class Issuer(Backend):
    """A token endpoint; tokens end after `seconds` by its word."""

    seconds: int = 3600
    client_in_body: bool = False
    refreshes: bool = True
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)

    @property
    def routes(self) -> dict[str, Callable[[httpx.Request], httpx.Response]]:
        return {**super().routes, "POST /oauth/token": self.token, "POST /v1/token": self.token}

    def token(self, request: httpx.Request) -> httpx.Response:
        form = body_of(request)
        self.forms.append(form)
        client = f"{form.get('client_id')}:{form.get('client_secret')}" if self.client_in_body else basic_of(request)
        grant = form.get("grant_type")
        if grant == "client_credentials" and client == f"{CLIENT}:{SECRET}":
            return self.granted(CLIENT)
        if grant == "password" and self.users.get(form["username"]) == form["password"]:
            return self.granted(form["username"])
        if grant == "refresh_token" and self.refreshes and form["refresh_token"] in self.refresh_tokens:
            return self.granted(self.refresh_tokens.pop(form["refresh_token"]))
        self.wrong += 1
        return answer(401 if grant == "client_credentials" else 400, {"error": "invalid_client"})

    def granted(self, user: str) -> httpx.Response:
        refresh = f"refresh{len(self.tokens)}-0123456789"
        self.refresh_tokens[refresh] = user
        told = {"access_token": self.token_for(user), "token_type": "Bearer", "refresh_token": refresh}
        return answer(200, {**told, "expires_in": self.seconds})


def oauth2(flow: str, url: str = "/oauth/token") -> Json:
    return {"type": "oauth2", "flows": {flow: {"tokenUrl": url, "scopes": {"read": ""}}}}


def with_grant(target: Issuer, **grant: Any) -> Run:
    made = Run(target, document({"/me": {"get": gives()}}, schemes={"oauth": oauth2("clientCredentials")}))
    account = Account(identity=ALICE, how="token asked for", grant=Grant(url="/oauth/token", **grant))
    made.world.identities.add(account)
    made.establish()
    return made


@pytest.mark.parametrize("in_body", [False, True])
def test_client_credentials_are_given_by_basic_or_in_the_body(in_body: bool) -> None:
    target = Issuer(client_in_body=in_body)
    made = with_grant(target, client_id=CLIENT, client_secret=SECRET, scope="read")
    assert made.as_(ALICE, "GET /me") == [200]
    assert target.forms[-1]["scope"] == "read"
    assert target.wrong == int(in_body)


def test_a_users_password_is_exchanged_for_a_token() -> None:
    target = Issuer(users={"kat": "pass word & more"})
    made = with_grant(target, username="kat", password="pass word & more")
    assert made.as_(ALICE, "GET /me") == [200]


def test_no_secret_of_a_grant_is_recorded() -> None:
    target = Issuer()
    made = with_grant(target, client_id=CLIENT, client_secret=SECRET)
    target.tokens.clear()
    assert made.as_(ALICE, "GET /me") == [200]
    pair = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    assert made.secrets_shown(SECRET, pair, *target.tokens, *target.refresh_tokens) == []


def test_registered_users_get_tokens_where_the_document_names_a_place_for_it_and_no_operation() -> None:
    target = Issuer()
    paths = {"/register": ENTRY["/register"], "/me": ENTRY["/me"]}
    made = Run(target, document(paths, schemes={"oauth": oauth2("password", "token")}), grant_url="/v1/token")
    made.establish("alice", "bob")
    assert made.problem == ""
    assert made.as_(ALICE, "GET /me") == made.as_(BOB, "GET /me") == [200]
    assert target.asked["POST /v1/token"] == 2


def test_a_grant_that_is_refused_is_a_reason() -> None:
    target = Issuer()
    made = with_grant(target, client_id=CLIENT, client_secret="wrong-one")
    assert made.problem == "login of alice was answered 401 without a credential"
    assert target.wrong == 2


def test_a_token_from_elsewhere_is_neither_judged_nor_recorded() -> None:
    target = Issuer()
    made = Run(target, document({"/me": {"get": gives()}}))
    made.session.elsewhere = frozenset({"https://idp.test"})
    grant = Grant(url="https://idp.test/oauth/token", client_id=CLIENT, client_secret=SECRET)
    made.world.identities.add(Account(identity=ALICE, how="", grant=grant))
    heard: list[str] = []

    def listening(request: httpx.Request) -> httpx.Response:
        heard.append(str(request.url))
        return target(request)

    made.session._transport = httpx.MockTransport(listening)
    made.establish()
    assert made.as_(ALICE, "GET /me") == [200]
    assert heard == ["https://idp.test/oauth/token", "http://api.test/me", "http://api.test/me"]
    assert [one.request.path for one in made.seen] == ["/me", "/me"]


def test_an_address_elsewhere_that_nobody_configured_is_no_address() -> None:
    target = Issuer()
    made = Run(target, document({"/me": {"get": gives()}}))
    grant = Grant(url="https://idp.test/oauth/token", client_id=CLIENT, client_secret=SECRET)
    made.world.identities.add(Account(identity=ALICE, how="", grant=grant))
    hosts: set[str] = set()

    def listening(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return target(request)

    made.session._transport = httpx.MockTransport(listening)
    made.establish()
    assert not hosts - {"api.test"}


# --- credentials that end -----------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.callers.identities.RENEWED_AT_MOST_EVERY_SECONDS", 0.0)


class Clock:
    """The monotonic clock as identities and wallets read it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_795_000_000.0 + self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("auditor.callers.identities.time", made)
    monkeypatch.setattr("auditor.callers.wallet.time", made)
    return made


def test_a_token_is_renewed_before_it_ends_by_its_refresh_token(clock: Clock) -> None:
    target = Issuer(users={"kat": "pw"}, seconds=60)
    made = with_grant(target, username="kat", password="pw")
    assert made.as_(ALICE, "GET /me") == [200]
    clock.now += 47
    assert made.as_(ALICE, "GET /me") == [200]
    assert len(target.forms) == 1
    clock.now += 2
    assert made.as_(ALICE, "GET /me", "GET /me") == [200, 200]
    assert [one["grant_type"] for one in target.forms] == ["password", "refresh_token"]
    clock.now += 49
    assert made.as_(ALICE, "GET /me") == [200]
    assert [one["grant_type"] for one in target.forms] == ["password", "refresh_token", "refresh_token"]
    assert target.wrong == 0


def test_a_refresh_token_that_is_refused_is_followed_by_a_login(clock: Clock) -> None:
    target = Issuer(users={"kat": "pw"}, seconds=60, refreshes=False)
    made = with_grant(target, username="kat", password="pw")
    clock.now += 49
    assert made.as_(ALICE, "GET /me") == [200]
    assert [one["grant_type"] for one in target.forms] == ["password", "refresh_token", "password"]


def test_what_cannot_be_renewed_is_used_to_the_end(clock: Clock) -> None:
    target = Issuer(users={"kat": "pw"}, seconds=60, refreshes=False)
    made = with_grant(target, username="kat", password="pw")
    target.users.clear()
    clock.now += 49
    assert made.as_(ALICE, *["GET /me"] * 5) == [200] * 5
    assert target.asked["POST /oauth/token"] == 3


@dataclass
class Refreshing(Backend):
    """Signed tokens that end, and an operation that renews them."""

    form: str = "refresh_token"
    used: list[str] = field(default_factory=list)

    @property
    def routes(self) -> dict[str, Callable[[httpx.Request], httpx.Response]]:
        return {**super().routes, "POST /auth/refresh": self.refresh}

    def token_for(self, user: str) -> str:
        begun = 1_795_000_000 + len(self.tokens)
        token = signed({"sub": user, "iat": begun, "exp": begun + 60})
        self.tokens[token] = user
        return token

    def login(self, request: httpx.Request) -> httpx.Response:
        answered = super().login(request)
        told = json.loads(answered.content)
        return answer(200, {**told, "refreshToken": "refresh-0-0123456789"}) if "token" in told else answered

    def refresh(self, request: httpx.Request) -> httpx.Response:
        given = body_of(request).get(self.form) or request.headers.get("authorization", "").partition(" ")[2]
        self.used.append(given)
        if given != f"refresh-{len(self.used) - 1}-0123456789":
            return answer(401, {})
        return answer(200, {"token": self.token_for("x"), "refreshToken": f"refresh-{len(self.used)}-0123456789"})


@pytest.mark.parametrize("names", [("refresh_token",), ()])
def test_a_signed_token_is_renewed_at_the_refresh_operation(names: tuple[str, ...], clock: Clock) -> None:
    refresh = {**(takes(*names) if names else gives()), "security": []}
    target = Refreshing()
    made = Run(target, document({**ENTRY, "/auth/refresh": {"post": refresh}}))
    made.establish("alice")
    assert made.as_(ALICE, "GET /me") == [200]
    for _ in range(2):
        clock.now += 49
        assert made.as_(ALICE, "GET /me") == [200]
    assert target.used == ["refresh-0-0123456789", "refresh-1-0123456789"]
    assert target.asked["POST /login"] == 1


def test_throw_away_users_are_not_renewed(clock: Clock) -> None:
    target = Refreshing()
    made = Run(target, document({**ENTRY, "/auth/refresh": {"post": takes("refresh_token", public=True)}}))

    lost = throwaway(made)
    assert isinstance(lost, Identity)
    clock.now += 49
    assert made.as_(lost, "GET /me") == [200]
    assert target.used == []


# --- keys and several schemes -------------------------------------------------------------------------------

MIXED = {
    **{path: {method: only("bearer", operation=one)} for path, item in ENTRY.items() for method, one in item.items()},
    "/register": ENTRY["/register"],
    "/login": ENTRY["/login"],
    "/api-keys": {"post": only("bearer", operation=takes("name"))},
    "/feed": {"get": only("key", operation=gives())},
}


def test_an_operation_that_wants_a_key_gets_one_that_was_issued() -> None:
    target = Backend()
    made = Run(target, document(MIXED, schemes={"bearer": BEARER, "key": KEY}))
    made.establish("alice", "bob")
    assert made.as_(ALICE, "GET /me", "GET /feed", "GET /me") == [200] * 3
    assert made.as_(BOB, "GET /feed") == [200]
    assert made.as_(ANONYMOUS, "GET /feed") == [401]
    assert target.asked["POST /api-keys"] == 2
    assert len(set(target.keys.values())) == 2
    assert made.secrets_shown(*target.keys) == []


def test_a_key_made_later_does_not_replace_the_first() -> None:
    target = Backend()
    made = Run(target, document(MIXED, schemes={"bearer": BEARER, "key": KEY}))
    made.establish("alice")
    before = made.world.credentials["alice"]
    assert made.as_(ALICE, "POST /api-keys") == [201]
    assert made.world.credentials["alice"] == before


def test_no_key_is_asked_for_where_none_is_needed() -> None:
    target = Backend()
    open_feed = {**MIXED, "/feed": {"get": only("key", "bearer", operation=gives())}}
    Run(target, document(open_feed, schemes={"bearer": BEARER, "key": KEY})).establish("alice")
    assert target.asked["POST /api-keys"] == 0


def test_a_configured_caller_gets_a_key_too() -> None:
    target = Backend(tokens={"known-token-0123456789": "kat"})
    made = Run(target, document(MIXED, schemes={"bearer": BEARER, "key": KEY}))
    made.world.identities.add(Account(identity=ALICE, how="configured"), bearer("known-token-0123456789"))
    made.establish("alice", "bob")
    assert made.as_(ALICE, "GET /feed") == [200]


def test_the_credential_that_a_check_forges_is_the_one_that_the_operation_gets() -> None:
    made = Run(Backend(), document(MIXED, schemes={"bearer": BEARER, "key": KEY}))
    made.establish("alice")
    operations = {one.label: one for one in made.description.document.operations}
    by_key = made.world.credential(ALICE, operations["GET /feed"])
    by_token = made.world.credential(ALICE, operations["GET /me"])
    assert [name for name, _ in by_key.headers] == ["X-API-Key"]
    assert by_key.token == ""
    assert [name for name, _ in by_token.headers] == ["authorization"]


def test_keys_may_be_handed_to_anybody_who_asks() -> None:
    class Open(Backend):
        def issue(self, request: httpx.Request) -> httpx.Response:
            key = f"key{len(self.keys)}-9aN2kQ8sLwXy"
            self.keys[key] = body_of(request)["name"]
            return answer(201, {"api_key": key})

    paths = {"/api-keys": {"post": takes("name", public=True)}, "/feed": {"get": gives()}}
    made = Run(Open(), document(paths, schemes={"key": KEY}))
    made.establish("alice", "bob")
    assert made.problem == ""
    assert made.as_(ALICE, "GET /feed") == made.as_(BOB, "GET /feed") == [200]


# --- names and passwords as they are ------------------------------------------------------------------------


@dataclass
class Store(Backend):
    """As Kinto has it: an account is made by PUT to its name, and every request brings name and password."""

    @property
    def routes(self) -> dict[str, Callable[[httpx.Request], httpx.Response]]:
        return {"GET /buckets": self.buckets, "POST /accounts": lambda _: answer(400, {"message": "data.id: Required"})}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        collection, _, name = request.url.path.strip("/").partition("/")
        if collection != "accounts" or not name:
            return super().__call__(request)
        self.asked[f"{request.method} /accounts/*"] += 1
        if request.method == "PUT":
            self.users[name] = body_of(request)["data"]["password"]
            return answer(201, {"data": {"id": name}})
        return answer(200, {}) if self.known(request) == name else answer(401, {})

    def known(self, request: httpx.Request) -> str:
        name, _, password = basic_of(request).partition(":")
        return name if password and self.users.get(name) == password else ""

    def buckets(self, request: httpx.Request) -> httpx.Response:
        return answer(200, {}) if self.known(request) else answer(401, {})


def store(*, schemes: Json, post: bool) -> Description:
    data = {"type": "object", "properties": {"password": {"type": "string"}}, "required": ["password"]}
    account = {"get": gives(), "put": takes(data=data, public=True), "delete": gives()}
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths: Json = {"/buckets": {"get": gives()}, "/accounts/{id}": {**account, "parameters": [identifier]}}
    paths |= {"/accounts": {"post": takes(data=data, public=True)}} if post else {}
    return document(paths, schemes=schemes)


@pytest.mark.parametrize("schemes", [{"basic": BASIC}, {}], ids=["declared", "not declared"])
@pytest.mark.parametrize("post", [False, True])
def test_an_account_put_to_its_name_signs_in_by_name_and_password(schemes: Json, post: bool) -> None:
    target = Store()
    made = Run(target, store(schemes=schemes, post=post))
    made.establish("alice", "bob")
    assert made.problem == ""
    assert len(target.users) == 2
    assert made.as_(ALICE, "GET /buckets") == made.as_(BOB, "GET /buckets") == [200]
    assert made.secrets_shown(*target.users.values()) == []
    pairs = [base64.b64encode(f"{name}:{secret}".encode()).decode() for name, secret in target.users.items()]
    assert made.secrets_shown(*pairs) == []


def test_a_name_and_password_that_do_not_work_any_more_are_refused_as_a_login_is() -> None:
    target = Store()
    made = Run(target, store(schemes={}, post=False))
    made.establish("alice")
    account = made.world.identities.accounts["alice"]
    made.world.credentials.clear()
    assert made.follow(made.world.identities.sign_in(account)).value == ALICE
    made.world.credentials.clear()
    target.users.clear()
    came = made.follow(made.world.identities.sign_in(account))
    assert came.unavailable is not None
    assert came.unavailable.reason == "login of alice was answered 401 without a credential"
    assert made.world.credentials == {}


def test_names_and_passwords_are_not_sent_again_after_every_refusal() -> None:
    target = Store()
    made = Run(target, store(schemes={"basic": BASIC}, post=False))
    made.establish("alice")
    target.users.clear()
    asked = sum(target.asked.values())
    assert made.as_(ALICE, *["GET /buckets"] * 3) == [401] * 3
    assert sum(target.asked.values()) == asked + 3


def test_a_proof_is_asked_of_what_wants_what_was_handed_out() -> None:
    paths = {
        **{path: item for path, item in MIXED.items() if path != "/api-keys"},
        "/me": {"get": only("key", operation=gives())},
        "/mine": {"get": only("bearer", operation=gives())},
    }
    target = Backend()
    made = Run(target, document(paths, schemes={"bearer": BEARER, "key": KEY}))
    made.establish("alice")
    assert (target.asked["GET /mine"], target.asked["GET /me"]) == (1, 0)


def test_a_login_by_basic_hands_out_a_token() -> None:
    class ByBasic(Backend):
        def login(self, request: httpx.Request) -> httpx.Response:
            name, _, password = basic_of(request).partition(":")
            good = password and self.users.get(name) == password
            return answer(200, {"token": self.token_for(name)}) if good else answer(401, {})

    paths = {
        **ENTRY,
        "/login": {"post": only("basic", operation=gives())},
        "/me": {"get": only("bearer", operation=gives())},
    }
    made = Run(ByBasic(), document(paths, schemes={"basic": BASIC, "bearer": BEARER}))
    made.establish("alice")
    assert made.problem == ""
    assert made.as_(ALICE, "GET /me") == [200]


def test_users_are_made_by_an_administrator_where_nobody_registers() -> None:
    class Enrolling(Backend):
        @property
        def routes(self) -> dict[str, Callable[[httpx.Request], httpx.Response]]:
            return {**super().routes, "POST /users": self.enrol}

        def enrol(self, request: httpx.Request) -> httpx.Response:
            return self.register(request) if self.user(request) == "root" else answer(403, {})

    target = Enrolling(tokens={"token-of-root-0123456789": "root"})
    paths = {"/users": {"post": takes("email", "password")}, "/login": ENTRY["/login"], "/me": ENTRY["/me"]}
    made = Run(target, document(paths))
    made.world.identities.add(Account(identity=ROOT, how="configured"), bearer("token-of-root-0123456789"))
    made.establish("alice", "bob")
    assert made.problem == ""
    assert made.as_(ALICE, "GET /me") == made.as_(BOB, "GET /me") == [200]
    assert target.tokens.keys() >= {made.world.credentials["alice"].token}


class Closed(Backend):
    """Takes registrations from those it knows only, whatever its document says."""

    makers: tuple[str, ...] = ("root",)

    def register(self, request: httpx.Request) -> httpx.Response:
        maker = self.user(request)
        if not maker:
            return answer(401, {})
        made = super().register(request) if maker in self.makers else answer(403, {})
        made.headers["set-cookie"] = "session=of-the-maker-0123456789; HttpOnly"
        return made


def throwaway(made: Run) -> object:
    def steps() -> Any:
        return (yield from made.world.disposable())

    return made.follow(steps()).value


def test_a_registration_that_refuses_strangers_is_asked_for_by_an_administrator() -> None:
    target = Closed(tokens={"token-of-root-0123456789": "root"})
    made = Run(target, document(ENTRY))
    made.world.identities.add(Account(identity=ROOT, how="configured"), bearer("token-of-root-0123456789"))
    made.establish("alice", "bob")
    assert made.problem == ""
    assert made.as_(ALICE, "GET /me") == made.as_(BOB, "GET /me") == [200]
    assert target.asked["POST /register"] == 3  # once as a stranger
    for name in ("alice", "bob"):
        assert made.world.credentials[name].cookies == ()


def test_an_ordinary_user_makes_throw_away_users_and_no_others() -> None:
    target = Closed(tokens={"token-of-alice-0123456789": "alice"})
    target.makers = ("alice",)
    made = Run(target, document(ENTRY))
    made.world.identities.add(Account(identity=ALICE, how="configured"), bearer("token-of-alice-0123456789"))
    made.establish("alice", "bob")
    assert [one.name for one in made.world.identities.users()] == ["alice"]
    assert made.problem == "registration was answered 401"
    lost = throwaway(made)
    assert isinstance(lost, Identity)
    assert made.as_(lost, "GET /me") == [200]


@pytest.mark.parametrize("public", [True, False])
def test_a_new_users_password_is_the_same_wherever_it_is_asked_for(public: bool) -> None:
    paths = {"/users": {"post": takes("username", "password1", "password2", public=public)}, "/me": ENTRY["/me"]}
    made = Run(Backend(), document(paths))
    operation = next(one for one in made.description.document.operations if one.path == "/users")
    bodies = [
        made.world.request(Stage(operation=operation, actor=ALICE), purpose="make one", role=Role.SETUP).json()
        for _ in range(2)
    ]
    assert all(one["password1"] == one["password2"] for one in bodies)
    assert bodies[0]["password1"] != bodies[1]["password1"]
    assert bodies[0]["password1"] not in made.redactor.text(f"now {bodies[0]['password1']}")


def test_another_password_is_the_same_wherever_it_is_asked_for() -> None:
    change = takes("current_password", "new_password1", "new_password2", "confirmPassword")
    made = Run(Backend(), document({**ENTRY, "/auth/password/change": {"post": change}}))
    lost = throwaway(made)
    assert isinstance(lost, Identity)
    operation = next(one for one in made.description.document.operations if one.path == "/auth/password/change")
    request = made.world.request(Stage(operation=operation, actor=lost), purpose="change it", role=Role.SETUP)
    body = request.json()
    assert body["current_password"] == made.world.identities.accounts[lost.name].password
    others = {body[name] for name in ("new_password1", "new_password2", "confirmPassword")}
    assert len(others) == 1
    assert body["current_password"] not in others
    assert others.pop() not in made.redactor.text(f"now {body['new_password1']}")


# --- what goes beside ---------------------------------------------------------------------------------------


def test_headers_of_a_configured_login_go_with_the_login_and_with_everything_after_it() -> None:
    class Tenants(Backend):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            return super().__call__(request) if request.headers.get("apikey") == "anon-key-012345" else answer(401, {})

    target = Tenants(users={"kat@example.com": "pw"})
    made = Run(target, document(ENTRY))
    login = next(one for one in made.description.document.operations if one.path == "/login")
    body = {"email": "kat@example.com", "password": "pw"}
    account = Account(
        identity=ALICE, how="", login=Login(operation=login, body=body), headers=(("apikey", "anon-key-012345"),)
    )
    made.world.identities.add(account)
    made.establish()
    assert made.problem == ""
    assert made.as_(ALICE, "GET /me") == [200]
    assert made.secrets_shown("anon-key-012345") == []


def test_nobody_carries_a_credential_of_a_user() -> None:
    made = Run(Backend(), document(MIXED, schemes={"bearer": BEARER, "key": KEY}))
    made.establish("alice")
    assert made.world.identities.at_the_door() == Credential()
