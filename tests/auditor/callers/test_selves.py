"""Under which names the target knows our callers: from registrations, logins, "who am I", and tokens."""

from __future__ import annotations

import base64
import json

import pytest

from auditor.callers.identities import Account
from auditor.callers.selves import own_nodes
from auditor.model import Credential, Exchange, Identity, Json, Mutation, Request, Response
from tests.auditor.building import ALICE, document, gives, post, takes, world

MAIL = "alice@example.com"
PATHS: Json = {
    "/register": {"post": takes("email", "password", public=True)},
    "/login": {"post": takes("email", "password", public=True)},
    "/users/me": {"get": gives()},
    "/users/{id}": {"get": gives()},
    "/other": {"post": takes("email")},
}


def answered(path: str, body: Json, *, method: str = "POST", mutation: Mutation | None = None) -> Json:
    """What is known of alice after one answer."""
    made = world(document(PATHS))
    made.identities.accounts["alice"] = Account(identity=ALICE, how="registered", names=(MAIL,))
    operation = next(one for one in made.document.operations if one.label == f"{method} {path}")
    request: Request = post(path, {}, operation=operation, identity=ALICE, mutation=mutation)
    response = Response(status=200, headers=(("content-type", "application/json"),), body=json.dumps(body).encode())
    made.selves.observe(Exchange(id="x1", request=request, response=response))
    return dict(made.selves.of(ALICE))


@pytest.mark.parametrize(
    ("path", "method", "body", "expected"),
    [
        ("/register", "POST", {"id": 7, "email": MAIL}, "7"),
        ("/register", "POST", {"data": {"user": {"_id": "a7", "email": MAIL}}}, "a7"),
        ("/register", "POST", {"user_id": 7}, "7"),
        ("/register", "POST", {"message": "welcome", "userId": "u7"}, "u7"),
        ("/login", "POST", {"token": "t", "id": 99, "user": {"id": 7, "email": MAIL}}, "7"),
        ("/login", "POST", {"token": "t", "user_id": 7}, "7"),
        ("/login", "POST", {"id": 99, "token": "t"}, None),
        ("/users/me", "GET", {"id": 7, "email": MAIL, "team": {"id": 3}}, "7"),
        ("/users/me", "GET", {"data": {"id": "7", "attributes": {"email": MAIL}}}, "7"),
        ("/users/me", "GET", {"uuid": "u-7"}, None),
        ("/other", "POST", {"id": 7, "email": MAIL}, None),
    ],
)
def test_what_the_target_says_of_a_caller(path: str, method: str, body: Json, expected: str | None) -> None:
    known = answered(path, body, method=method)
    assert known.get("id") == expected
    assert known["email"] == MAIL


def test_a_probe_teaches_nothing() -> None:
    broken = Mutation(location="body", pointer="/email", kind="too-long")
    assert "id" not in answered("/register", {"id": 7}, mutation=broken)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"sub": "7"}, "7"),
        ({"sub": MAIL, "user_id": 7}, "7"),
        ({"sub": MAIL}, None),
        ({"scope": "all"}, None),
    ],
)
def test_a_token_may_tell(claims: Json, expected: str | None) -> None:
    made = world(document(PATHS))
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    made.credentials["alice"] = Credential(headers=(("authorization", f"Bearer eyJhbGciOiJIUzI1NiJ9.{middle}.c2ln"),))
    assert made.selves.of(ALICE).get("id") == expected


@pytest.mark.parametrize("token", ["opaque", "a.b", "a.!!.c", "a.bnVsbA.c"])
def test_a_token_that_is_none_tells_nothing(token: str) -> None:
    made = world(document(PATHS))
    made.credentials["alice"] = Credential(headers=(("authorization", f"Bearer {token}"),))
    assert dict(made.selves.of(Identity("alice"))) == {}


def test_of_several_objects_the_one_with_the_callers_name_is_it() -> None:
    body = {"team": {"id": 3}, "profile": {"id": 7, "email": MAIL}}
    assert own_nodes(body, (MAIL,), whole=True)[0] == body["profile"]
