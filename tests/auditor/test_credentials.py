"""What a login hands out, on the answers of real frameworks, and how it travels from then on."""

from __future__ import annotations

import pytest

from auditor import cookies
from auditor.credentials import tokens, ways
from auditor.model import Credential, Json, Location, Response, SecurityScheme
from tests.checks.building import reply

BEARER = SecurityScheme(name="bearerAuth", kind="bearer")
BASIC = SecurityScheme(name="basicAuth", kind="basic")
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def api_key(parameter: str, location: Location = Location.HEADER, *, name: str = "key") -> SecurityScheme:
    return SecurityScheme(name=name, kind="api_key", location=location, parameter=parameter)


def credential(answer: Response, schemes: tuple[SecurityScheme, ...], *, token: str = "") -> Credential | None:
    """The likeliest way that an answer opens."""
    found = ways(answer, schemes, token=token, fresh=cookies.set_by(answer))
    return found[0].credential if found else None


ANSWERS: dict[str, tuple[Json, tuple[str, str]]] = {
    "oauth": ({"access_token": "accessed1", "refresh_token": "refreshed1"}, ("accessed1", "refreshed1")),
    "camel": ({"accessToken": "accessed1", "refreshToken": "refreshed1"}, ("accessed1", "refreshed1")),
    "simplejwt": ({"access": "accessed1", "refresh": "refreshed1"}, ("accessed1", "refreshed1")),
    "django": ({"key": "keykeykey"}, ("keykeykey", "")),
    "nested": ({"data": {"user": {"id": 1}, "auth": {"token": "tokentoken"}}}, ("tokentoken", "")),
    "in a list": ([{"jwt": "jwtjwtjwt"}], ("jwtjwtjwt", "")),
    "two deep": ({"tokens": {"access": {"token": "tokentoken", "expires": "2030"}}}, ("tokentoken", "")),
    "the access token before the id token": ({"id_token": "identity1", "access_token": "accessed1"}, ("accessed1", "")),
    "the first of its name": ({"token": "tokentoken", "old": {"token": "outdated1"}}, ("tokentoken", "")),
    "a bare JWT": (JWT, (JWT, "")),
    "a word": ("welcome", ("", "")),
    "too short": ({"token": "1234567"}, ("", "")),
    "no text": ({"token": {"a": 1}, "key": 12345678, "access": None}, ("", "")),
    "nothing": ({}, ("", "")),
    "null": (None, ("", "")),
}


@pytest.mark.parametrize(("body", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_tokens_are_found_wherever_the_answer_keeps_them(body: Json, expected: tuple[str, str]) -> None:
    assert tokens(reply(200, body)) == expected


def test_a_jwt_may_be_all_the_text_there_is() -> None:
    assert tokens(reply(text=f"{JWT}\n")) == (JWT, "")
    assert tokens(reply(text="<html>eyJ</html>")) == ("", "")


def header(value: str, *, name: str = "authorization") -> Credential:
    return Credential(headers=((name, value),))


TOKEN = {"access_token": "accessed1"}
HANDED: dict[str, tuple[Response, tuple[SecurityScheme, ...], Credential | None]] = {
    "bearer": (reply(200, TOKEN), (BEARER,), header("Bearer accessed1")),
    "without schemes": (reply(200, TOKEN), (), header("Bearer accessed1")),
    "spelled low": (reply(200, {**TOKEN, "token_type": "bearer"}), (), header("Bearer accessed1")),
    "another type": (reply(200, {**TOKEN, "token_type": "JWT"}), (BEARER,), header("JWT accessed1")),
    "a nested type": (reply(200, {"data": {**TOKEN, "tokenType": "jwt"}}), (BEARER,), header("JWT accessed1")),
    "a type that is no scheme": (reply(200, {**TOKEN, "token_type": "access\r\nx: y"}), (), header("Bearer accessed1")),
    "a type that is no text": (reply(200, {**TOKEN, "token_type": 7}), (), header("Bearer accessed1")),
    "django rest": (
        reply(200, {"key": "keykeykey"}),
        (api_key("Authorization", name="tokenAuth"), BASIC),
        header("Token keykeykey"),
    ),
    "a key that is called a token, beside bearer": (
        reply(200, {"key": "keykeykey"}),
        (api_key("Authorization", name="tokenAuth"), BEARER),
        header("Bearer keykeykey"),
    ),
    "bearer as Swagger 2.0 says it": (
        reply(200, TOKEN),
        (api_key("Authorization", name="Bearer"),),
        header("Bearer accessed1"),
    ),
    "a header of its own": (reply(200, TOKEN), (api_key("X-Auth-Token"),), header("accessed1", name="X-Auth-Token")),
    "a query parameter": (
        reply(200, TOKEN),
        (api_key("token", Location.QUERY),),
        Credential(query=(("token", "accessed1"),)),
    ),
    "a cookie by that name": (
        reply(200, TOKEN),
        (api_key("sid", Location.COOKIE),),
        Credential(cookies=(("sid", "accessed1"),)),
    ),
    "a session cookie, all cookies with it": (
        reply(204, headers=[("Set-Cookie", "sessionid=abc; Path=/; HttpOnly"), ("Set-Cookie", "csrftoken=def")]),
        (),
        Credential(cookies=(("sessionid", "abc"), ("csrftoken", "def"))),
    ),
    "a cookie with signs in it": (
        reply(headers=[("Set-Cookie", "connect.sid=s%3Aab=c.d=; Path=/")]),
        (),
        Credential(cookies=(("connect.sid", "s%3Aab=c.d="),)),
    ),
    "a cookie that is taken away": (reply(headers=[("Set-Cookie", "session=; Max-Age=0")]), (), None),
    "a cookie that is no session": (reply(headers=[("Set-Cookie", "theme=dark")]), (), None),
    "a header of the answer": (reply(headers={"Authorization": f"Bearer {JWT}"}), (BEARER,), header(f"Bearer {JWT}")),
    "another header": (reply(headers={"Authorization": "required"}), (BEARER,), None),
    "nothing": (reply(200, {"id": 7}), (BEARER,), None),
}


@pytest.mark.parametrize(("answer", "schemes", "expected"), HANDED.values(), ids=HANDED)
def test_a_credential_travels_as_the_document_says(
    answer: Response, schemes: tuple[SecurityScheme, ...], expected: Credential | None
) -> None:
    assert credential(answer, schemes) == expected


def test_a_token_that_was_pointed_at_wins() -> None:
    assert credential(reply(200, TOKEN), (BEARER,), token="elsewhere") == header("Bearer elsewhere")
