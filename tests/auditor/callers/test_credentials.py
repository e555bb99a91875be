"""What a login hands out, on the answers of real frameworks, and how it travels from then on."""

from __future__ import annotations

import pytest

from auditor.callers import cookies
from auditor.callers.credentials import basic, issued, keyed, part, parted, tokens, ways
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


# --- by framework: what its login answers, what its document declares, what is sent from then on ---------------

OPAQUE = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"
LOOPBACK = "yoVFQVYq8A6Dy8AxjIxvLXRXTHbsyvLmCM8kG2NSXmsY0rBhCM4pYyfC3yJrXk0z"
PROTECTED = "CfDJ8Cfs2kDlvP5HmVKrFHqFWQEX-7lFvYsjw3eGzJjRtBqUhSCMvJgWnw"
STRAPI_USER = {"id": 1, "documentId": "hfnzn4ovlwnd5ohv7pdw29nh", "username": "kat", "email": "kat@example.com"}
TOKEN_AUTH = api_key("Authorization", name="tokenAuth")
SESSION_COOKIE = "s%3AVbYqTTDkNXBpiXuWSUtANFyJ1xrsBuKU.RqDmmWDQSs4lGS6kDbY1ueSzVSOQgVpbCvmVqDJ0TQQ"
FRAMEWORKS: dict[str, tuple[Response, tuple[SecurityScheme, ...], Credential]] = {
    "Django REST TokenAuthentication": (reply(200, {"token": OPAQUE}), (TOKEN_AUTH,), header(f"Token {OPAQUE}")),
    "dj-rest-auth": (reply(200, {"key": OPAQUE}), (TOKEN_AUTH,), header(f"Token {OPAQUE}")),
    "dj-rest-auth with JWT": (
        reply(200, {"access": JWT, "refresh": f"{JWT}r", "user": {"pk": 1, "username": "kat", "email": "k@e.com"}}),
        (BEARER,),
        header(f"Bearer {JWT}"),
    ),
    "djoser": (reply(200, {"auth_token": OPAQUE}), (TOKEN_AUTH,), header(f"Token {OPAQUE}")),
    "Simple JWT, the refresh token first": (
        reply(200, {"refresh": f"{JWT}r", "access": JWT}),
        (BEARER,),
        header(f"Bearer {JWT}"),
    ),
    "a prefix of its own, as drf-spectacular describes it": (
        reply(200, {"token": OPAQUE}),
        (
            SecurityScheme(
                name="key", kind="api_key", location=Location.HEADER, parameter="Authorization", prefix="Knox"
            ),
        ),
        header(f"Knox {OPAQUE}"),
    ),
    "FastAPI Users, bearer": (
        reply(200, {"access_token": JWT, "token_type": "bearer"}),
        (SecurityScheme(name="OAuth2PasswordBearer", kind="oauth2", flows=("password",)),),
        header(f"Bearer {JWT}"),
    ),
    "FastAPI Users, cookie": (
        reply(204, headers=[("set-cookie", f"fastapiusersauth={JWT}; HttpOnly; Max-Age=3600; Path=/; SameSite=lax")]),
        (api_key("fastapiusersauth", Location.COOKIE),),
        Credential(cookies=(("fastapiusersauth", JWT),)),
    ),
    "Spring Security form login": (
        reply(302, headers=[("location", "/"), ("set-cookie", "JSESSIONID=A1B2C3D4E5F6A7B8C9D0; Path=/; HttpOnly")]),
        (),
        Credential(cookies=(("JSESSIONID", "A1B2C3D4E5F6A7B8C9D0"),)),
    ),
    "JHipster": (reply(200, {"id_token": JWT}), (BEARER,), header(f"Bearer {JWT}")),
    "devise-jwt": (reply(200, {"id": 1}, headers={"authorization": f"Bearer {JWT}"}), (), header(f"Bearer {JWT}")),
    "devise_token_auth": (
        reply(200, {"data": {"id": 1}}, headers={"access-token": "wwwww", "client": "xxxxx", "uid": "kat@example.com"}),
        (),
        Credential(headers=(("access-token", "wwwww"), ("client", "xxxxx"), ("uid", "kat@example.com"))),
    ),
    "Laravel Sanctum, tokens": (
        reply(200, {"token": "1|laravel_sanctumB3zC5cC9vU2sV8kG1cJ3"}),
        (BEARER,),
        header("Bearer 1|laravel_sanctumB3zC5cC9vU2sV8kG1cJ3"),
    ),
    "Keycloak": (
        reply(
            200,
            {
                "access_token": JWT,
                "expires_in": 300,
                "refresh_expires_in": 1800,
                "refresh_token": f"{JWT}r",
                "token_type": "Bearer",
                "not-before-policy": 0,
                "session_state": "5c9bfee5-0bd8-4c3c-8eb4-b1f9d4c7a1ee",
                "scope": "profile email",
            },
        ),
        (SecurityScheme(name="keycloak", kind="openid"),),
        header(f"Bearer {JWT}"),
    ),
    "LoopBack 3": (
        reply(200, {"id": LOOPBACK, "ttl": 1209600, "created": "2026-11-20T10:12:13.123Z", "userId": 7}),
        (),
        header(f"Bearer {LOOPBACK}"),
    ),
    "LoopBack 4": (reply(200, {"token": JWT}), (BEARER,), header(f"Bearer {JWT}")),
    "Directus": (
        reply(200, {"data": {"expires": 900000, "refresh_token": "gmPd8EuiLRkhQ3wnN7DIB3", "access_token": JWT}}),
        (BEARER,),
        header(f"Bearer {JWT}"),
    ),
    "GoTrue": (
        reply(
            200,
            {
                "access_token": JWT,
                "token_type": "bearer",
                "expires_in": 3600,
                "expires_at": 1795000000,
                "refresh_token": "4nYUCw0wZR_DNOTSDbSGMQ",
                "user": {"id": "8ccaa7af-909f-44e7-84cb-67cdccb56be6", "aud": "authenticated", "role": "authenticated"},
            },
        ),
        (BEARER, api_key("apikey")),
        header(f"Bearer {JWT}"),
    ),
    "ASP.NET Core Identity": (
        reply(
            200, {"tokenType": "Bearer", "accessToken": PROTECTED, "expiresIn": 3600, "refreshToken": f"{PROTECTED}r"}
        ),
        (),
        header(f"Bearer {PROTECTED}"),
    ),
    "authboss, whose cookie has the application's name": (
        reply(
            200,
            {"location": "/", "status": "success"},
            headers=[
                ("set-cookie", f"ab_blog={SESSION_COOKIE}; Path=/; HttpOnly"),
                ("set-cookie", "csrf_token=abcdefghi"),
            ],
        ),
        (),
        Credential(cookies=(("ab_blog", SESSION_COOKIE), ("csrf_token", "abcdefghi"))),
    ),
    "Express with passport": (
        reply(200, {"user": {"id": 1}}, headers=[("set-cookie", f"connect.sid={SESSION_COOKIE}; Path=/; HttpOnly")]),
        (),
        Credential(cookies=(("connect.sid", SESSION_COOKIE),)),
    ),
    "NestJS": (reply(201, {"accessToken": JWT}), (BEARER,), header(f"Bearer {JWT}")),
    "Strapi": (reply(200, {"jwt": JWT, "user": STRAPI_USER}), (BEARER,), header(f"Bearer {JWT}")),
    "PocketBase": (
        reply(200, {"token": JWT, "record": {"id": "4q1xlclmfloku33", "collectionId": "_pb_users_auth_"}}),
        (),
        header(f"Bearer {JWT}"),
    ),
    "RealWorld": (
        reply(200, {"user": {"email": "kat@example.com", "token": JWT, "username": "kat", "bio": None}}),
        (SecurityScheme(name="Token", kind="api_key", location=Location.HEADER, parameter="Authorization"),),
        header(f"Token {JWT}"),
    ),
    "Parse Server": (
        reply(200, {"objectId": "g7y9tkhB7O", "sessionToken": "r:pnktnjyb996sj4p156gjtp4im"}),
        (api_key("X-Parse-Session-Token"),),
        header("r:pnktnjyb996sj4p156gjtp4im", name="X-Parse-Session-Token"),
    ),
    "OpenStack Identity": (
        reply(201, {"token": {"methods": ["password"]}}, headers={"x-subject-token": "gAAAAABnXcVcmZ3yHf1pQ7sVtXw"}),
        (),
        header("gAAAAABnXcVcmZ3yHf1pQ7sVtXw", name="x-auth-token"),
    ),
    "node-express-boilerplate, its refresh token first": (
        reply(
            200,
            {
                "user": {"id": "5ebac534954b54139806c112"},
                "tokens": {"refresh": {"token": f"{JWT}r"}, "access": {"token": JWT}},
            },
        ),
        (BEARER,),
        header(f"Bearer {JWT}"),
    ),
    "a token under a name nobody else has": (
        reply(200, {"ok": True, "userSessionHandle": OPAQUE, "createdAt": "2026-11-20T10:12:13.123Z"}),
        (BEARER,),
        header(f"Bearer {OPAQUE}"),
    ),
    "a refresh token kept in a cookie for its own path": (
        reply(
            200,
            {"accessToken": JWT},
            headers=[("set-cookie", "refreshToken=abc123abc123; Path=/auth/refresh; HttpOnly")],
        ),
        (BEARER,),
        header(f"Bearer {JWT}"),
    ),
}


@pytest.mark.parametrize(("answer", "schemes", "expected"), FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_the_login_of_every_framework_hands_out_what_it_means(
    answer: Response, schemes: tuple[SecurityScheme, ...], expected: Credential
) -> None:
    assert credential(answer, schemes) == expected


def test_what_renews_a_session_stays_out_of_it() -> None:
    answer = reply(200, headers=[("set-cookie", "sid=abc; HttpOnly"), ("set-cookie", "refresh_token=def; HttpOnly")])
    assert credential(answer, ()) == Credential(cookies=(("sid", "abc"),))


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, {"id": 7, "session": {"created_at": "2026-11-20T10:12:13.123Z"}}),
        reply(200, {"auth": {"url": "https://example.com/callback/a1b2c3d4e5f6"}}),
        reply(200, {"csrf_token": OPAQUE}),
        reply(200, {"access_state": OPAQUE}),
        reply(200, {"public_key": OPAQUE}),
        reply(200, {"session": OPAQUE, "access": {"handle": OPAQUE[::-1]}}),
        reply(200, headers=[("set-cookie", "csrftoken=abcdefghijkl; Path=/"), ("set-cookie", "lang=en")]),
        reply(200, headers=[("set-cookie", "XSRF-TOKEN=abcdefghijkl; Path=/; HttpOnly")]),
        reply(200, headers=[("set-cookie", "refresh_token=abcdefghijkl; HttpOnly")]),
    ],
)
def test_what_only_looks_like_a_credential_is_none(answer: Response) -> None:
    assert credential(answer, (BEARER,)) is None


def test_the_ways_left_open_follow_the_likeliest() -> None:
    kinds = [one.kind for one in ways(reply(200, {"token": OPAQUE}), ())]
    assert kinds == ["Bearer", "Token", "JWT", "plain"]
    kinds = [one.kind for one in ways(reply(200, {"token": OPAQUE}), (BEARER, api_key("X-Access-Token", name="x")))]
    assert kinds == ["Bearer", "scheme x", "Token", "JWT", "plain"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"id": 1, "key": "kat_4f9aN2kQ8sLw", "prefix": "kat_"}, "kat_4f9aN2kQ8sLw"),
        ({"data": {"name": "mine", "api_key": OPAQUE}}, OPAQUE),
        ({"key": "sk_***", "plainTextKey": OPAQUE}, OPAQUE),
        ({"id": "k1", "token": "1|B3zC5cC9vU2sV8kG1cJ3", "name": "mine"}, "1|B3zC5cC9vU2sV8kG1cJ3"),
        ({"id": 1, "clientAuthValue": OPAQUE}, OPAQUE),
        ({"id": 1, "name": "mine"}, ""),
        ({"key": "sk_…4f9a"}, ""),
        (OPAQUE, OPAQUE),
        ("made", ""),
    ],
)
def test_a_key_is_found_where_its_maker_tells_it(body: Json, expected: str) -> None:
    assert issued(reply(201, body)) == expected


# --- several schemes ----------------------------------------------------------------------------------------

KEY = api_key("X-API-Key", name="apiKey")
SESSION = api_key("sid", Location.COOKIE, name="session")


def test_a_credential_is_parted_by_what_satisfies_each_scheme() -> None:
    base = Credential(headers=(("authorization", "Bearer t"), ("x-tenant", "acme")))
    whole = parted(base, {"apiKey": keyed(KEY, "k")}, (BEARER, KEY, BASIC))
    assert dict(whole.parts) == {
        "bearerAuth": Credential(headers=(("authorization", "Bearer t"),)),
        "apiKey": Credential(headers=(("X-API-Key", "k"),)),
    }
    assert (whole.headers, parted(base, {}, (BEARER, KEY))) == (base.headers, base)


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (BEARER, Credential(headers=(("Authorization", "Bearer t"),))),
        (BASIC, None),
        (KEY, None),
        (SESSION, Credential(cookies=(("sid", "s"), ("theme", "dark")))),
        (api_key("key", Location.QUERY), Credential(query=(("key", "q"),))),
        (SecurityScheme(name="mtls", kind="mutual_tls"), None),
    ],
)
def test_a_scheme_takes_its_own_part(scheme: SecurityScheme, expected: Credential | None) -> None:
    whole = Credential(
        headers=(("Authorization", "Bearer t"),), query=(("key", "q"),), cookies=(("sid", "s"), ("theme", "dark"))
    )
    assert part(whole, scheme) == expected


def test_name_and_password_are_what_basic_asks_for() -> None:
    given = basic("Aladdin", "open sesame")
    assert given.headers == (("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),)
    assert part(given, BASIC) == given
    assert part(given, BEARER) is None
