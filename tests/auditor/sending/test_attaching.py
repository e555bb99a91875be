"""What of a credential goes on which request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.model import Credential, Csrf, Mutation, Operation, Request
from auditor.sending.attaching import attached, fitting

ROOT = "https://api.test"
BEARER = Credential(headers=(("authorization", "Bearer t"),))
KEY = Credential(headers=(("x-api-key", "k"),))
IN_QUERY = Credential(query=(("key", "q"),))
BASIC = Credential(headers=(("authorization", "Basic a2F0"),))
WHOLE = Credential(
    headers=(("authorization", "Bearer t"), ("x-tenant", "acme")),
    parts=(("bearer", BEARER), ("key", KEY), ("query", IN_QUERY), ("basic", BASIC)),
)
TENANT = ("x-tenant", "acme")


@pytest.mark.parametrize(
    ("security", "headers", "query"),
    [
        ((("bearer",),), (*BEARER.headers, TENANT), ()),
        ((("key",),), (*KEY.headers, TENANT), ()),
        ((("basic",),), (*BASIC.headers, TENANT), ()),
        ((("query",),), (TENANT,), IN_QUERY.query),
        ((("key", "query"),), (*KEY.headers, TENANT), IN_QUERY.query),
        ((("unknown",), ("key",), ("bearer",)), (*KEY.headers, TENANT), ()),
        ((("bearer", "unknown"), ("basic",)), (*BASIC.headers, TENANT), ()),
        ((("unknown",),), WHOLE.headers, ()),
        (((), ("key",)), (*KEY.headers, TENANT), ()),
        ((), WHOLE.headers, ()),
    ],
)
def test_an_operation_gets_the_first_alternative_that_can_be_satisfied(
    security: tuple[tuple[str, ...], ...], headers: tuple[tuple[str, str], ...], query: tuple[tuple[str, str], ...]
) -> None:
    sent = fitting(WHOLE, Operation(method="GET", path="/things", security=security))
    assert (sent.headers, sent.query, sent.parts) == (headers, query, ())


def test_without_an_operation_the_whole_is_sent() -> None:
    assert fitting(WHOLE, None) == replace(WHOLE, parts=())


def test_a_session_and_its_token_go_together() -> None:
    session = Credential(cookies=(("sid", "s"),), csrf=Csrf(header="X-CSRF-Token", value="c"))
    whole = replace(session, parts=(("cookie", session), ("key", KEY)))
    by_cookie = fitting(whole, Operation(method="POST", path="/things", security=(("cookie",),)))
    by_key = fitting(whole, Operation(method="POST", path="/things", security=(("key",),)))
    assert (by_cookie.cookies, by_cookie.csrf) == (session.cookies, session.csrf)
    assert (by_key.headers, by_key.cookies, by_key.csrf) == (KEY.headers, (), None)


# --- on the request -----------------------------------------------------------------------------------------

SESSION = Credential(
    cookies=(("sid", "s"), ("csrftoken", "c")), csrf=Csrf(header="X-CSRFToken", value="c", cookie="csrftoken")
)
COOKIES = ("cookie", "sid=s; csrftoken=c")
REFERER = ("referer", f"{ROOT}/")


def sent(request: Request, credential: Credential | None = SESSION) -> tuple[tuple[str, str], ...]:
    return attached(request, credential, root=ROOT).headers


def test_the_token_goes_with_what_may_change_something() -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert sent(Request(method=method, path="/things")) == (COOKIES, REFERER, ("X-CSRFToken", "c"))
    for method in ("GET", "HEAD", "OPTIONS"):
        assert sent(Request(method=method, path="/things")) == (COOKIES, REFERER)


def test_a_made_up_token_gives_way_unless_a_probe_is_about_it() -> None:
    request = Request(method="POST", path="/things", headers=(("x-csrftoken", "made-up"),))
    probe = replace(request, mutation=Mutation(location="header", pointer="/X-CSRFToken", kind="garbage"))
    assert sent(request) == (COOKIES, REFERER, ("X-CSRFToken", "c"))
    assert sent(probe) == (("x-csrftoken", "made-up"), COOKIES, REFERER)


def test_made_up_cookies_give_way_unless_a_probe_is_about_them() -> None:
    request = Request(method="GET", path="/things", headers=(("Cookie", "sid=made-up; theme=dark"),))
    probe = replace(request, mutation=Mutation(location="cookie", pointer="/sid", kind="garbage"))
    plain = replace(SESSION, csrf=None)
    assert sent(request, plain) == (("cookie", "theme=dark; sid=s; csrftoken=c"),)
    assert sent(probe, plain) == (("cookie", "sid=made-up; theme=dark; csrftoken=c"),)


def test_nobody_sends_nothing() -> None:
    request = Request(method="POST", path="/things", headers=(("cookie", "theme=dark"),))
    assert attached(request, None, root=ROOT) is request


def test_a_request_says_where_it_comes_from_only_beside_a_token() -> None:
    assert sent(Request(method="POST", path="/"), Credential(cookies=(("sid", "s"),))) == (("cookie", "sid=s"),)
    own = Request(method="POST", path="/", headers=(("Referer", "https://evil.test/"),))
    assert ("referer", f"{ROOT}/") not in sent(own)
    assert ("referer", "/") not in attached(Request(method="GET", path="/"), SESSION, root="").headers


def test_a_made_up_session_leaves_the_token_as_it_is() -> None:
    made_up = SESSION.with_value("aud.aud.aud")
    assert made_up.cookies == (("sid", "aud.aud.aud"), ("csrftoken", "c"))
    assert made_up.csrf == SESSION.csrf


def test_no_value_shows_when_a_credential_is_printed() -> None:
    assert "'c'" not in repr(SESSION)
    assert "Bearer t" not in repr(WHOLE)
