"""Tokens against forged requests, as frameworks hand them out, and the header in which each wants its own back."""

from __future__ import annotations

import pytest

from auditor.callers import cookies, csrf
from auditor.callers.cookies import Cookie
from auditor.model import Csrf, Location, Operation, Parameter, Response, SecurityScheme
from tests.checks.building import reply

TOKEN = "vXyWJ9dX4K3b1qRz0nT8mLp2sFh6cGdA"
OTHER = "Qm5kV1c7eYw2uHtR9zPj4xLs8fNa3gBc"
HTML = {"content-type": "text/html; charset=utf-8"}


def page(text: str, **headers: str) -> Response:
    return reply(200, text=text, headers={**HTML, **headers})


def setting(*headers: str, status: int = 200, json: object = None) -> Response:
    return reply(status, json, headers=[("set-cookie", one) for one in headers])


def learned(
    answer: Response, *, fetched: bool = True, members: bool = False, declared: str = "", held: Csrf | None = None
) -> Csrf | None:
    fresh = cookies.set_by(answer)
    jar = cookies.kept({}, fresh)
    return csrf.learned(
        answer, fresh=fresh, jar=jar, declared=declared, held=held, fetched=fetched, members=members or fetched
    )


SOURCES: dict[str, tuple[Response, Csrf]] = {
    "Django, its cookie": (
        setting(f"csrftoken={TOKEN}; expires=Fri, 19 Nov 2027 10:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax"),
        Csrf(header="X-CSRFToken", value=TOKEN, cookie="csrftoken"),
    ),
    "Django, its form": (
        page(f'<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{TOKEN}"></form>'),
        Csrf(header="X-CSRFToken", value=TOKEN),
    ),
    "Django, an operation that tells it": (
        reply(200, {"csrfToken": TOKEN}, headers=[("set-cookie", f"csrftoken={OTHER}; Path=/")]),
        Csrf(header="X-CSRFToken", value=TOKEN, cookie="csrftoken"),
    ),
    "Spring, its cookie": (
        setting("XSRF-TOKEN=0b4d0a1e-9f5c-4d0a-8a1e-2f7c1c7e9d10; Path=/"),
        Csrf(header="X-XSRF-TOKEN", value="0b4d0a1e-9f5c-4d0a-8a1e-2f7c1c7e9d10", cookie="XSRF-TOKEN"),
    ),
    "Spring, an operation that tells it": (
        reply(200, {"headerName": "X-CSRF-TOKEN", "parameterName": "_csrf", "token": TOKEN}),
        Csrf(header="X-CSRF-TOKEN", value=TOKEN),
    ),
    "Spring, its page": (
        page(f'<meta name="_csrf" content="{TOKEN}"/><meta name="_csrf_header" content="X-CSRF-TOKEN"/>'),
        Csrf(header="X-CSRF-TOKEN", value=TOKEN),
    ),
    "Laravel, its cookie, encoded for a URL": (
        setting("XSRF-TOKEN=eyJpdiI6InRva2VuIn0%3D; path=/; samesite=lax", "laravel_session=eyJpd; path=/; httponly"),
        Csrf(header="X-XSRF-TOKEN", value="eyJpdiI6InRva2VuIn0=", cookie="XSRF-TOKEN"),
    ),
    "Laravel, its page": (
        page(f'<head><meta name="csrf-token" content="{TOKEN}"></head>'),
        Csrf(header="X-CSRF-Token", value=TOKEN),
    ),
    "Laravel, its form": (
        page(f"<input type='hidden' name='_token' value='{TOKEN}'>"),
        Csrf(header="X-CSRF-Token", value=TOKEN),
    ),
    "Rails, its page, quoted as HTML quotes": (
        page(
            '<meta name="csrf-param" content="authenticity_token"><meta name="csrf-token" content="a1B2&#43;c3/d4==">'
        ),
        Csrf(header="X-CSRF-Token", value="a1B2+c3/d4=="),
    ),
    "csurf, which keeps its secret in a cookie": (
        setting("_csrf=9PXDPSJEhIRHVv6RCVr0Xl4y; Path=/", json={"csrfToken": TOKEN}),
        Csrf(header="X-CSRF-Token", value=TOKEN, cookie="_csrf"),
    ),
    "gorilla, a header of the answer": (
        reply(200, {}, headers=[("x-csrf-token", TOKEN), ("set-cookie", "_gorilla_csrf=MTc2; HttpOnly")]),
        Csrf(header="x-csrf-token", value=TOKEN, cookie="_gorilla_csrf"),
    ),
    "Flask-JWT-Extended, two cookies": (
        setting(f"csrf_access_token={TOKEN}; Path=/", f"csrf_refresh_token={OTHER}; Path=/token/refresh"),
        Csrf(header="X-CSRF-Token", value=TOKEN, cookie="csrf_access_token"),
    ),
    "ASP.NET Core, its form": (
        page(f'<input name="__RequestVerificationToken" type="hidden" value="{TOKEN}" />'),
        Csrf(header="RequestVerificationToken", value=TOKEN),
    ),
    "Superset, under a name that says nothing": (
        reply(200, {"result": TOKEN}),
        Csrf(header="X-CSRF-Token", value=TOKEN),
    ),
    "Drupal, all the text there is": (
        reply(200, text=f"{TOKEN}\n", headers={"content-type": "text/plain"}),
        Csrf(header="X-CSRF-Token", value=TOKEN),
    ),
    "Echo, a cookie that is the token though its name does not say so": (
        setting(f"_csrf={TOKEN}; Path=/"),
        Csrf(header="X-CSRF-Token", value=TOKEN, cookie="_csrf"),
    ),
}


@pytest.mark.parametrize(("answer", "expected"), SOURCES.values(), ids=SOURCES)
def test_a_token_is_found_where_a_framework_tells_it(answer: Response, expected: Csrf) -> None:
    assert learned(answer) == expected


@pytest.mark.parametrize(
    "answer",
    [
        setting("csrftoken=; Max-Age=0; Path=/"),
        setting(f"__Host-csrf={TOKEN}; HttpOnly; Secure; Path=/"),
        setting(f"csrf_refresh_token={TOKEN}; Path=/token/refresh"),
        setting("theme=darkdarkdark"),
        reply(200, {}, headers={"x-csrf-token": "Required"}),
        reply(200, {"message": "a sentence about csrf tokens"}),
        page('<input name="csrf_token" value="">'),
        page('<input name="csrf_token"'),
        reply(200, {"csrf_token": f"{TOKEN}\r\nx-evil: 1"}),
        reply(200, {"csrf_token": "x" * 5_000}),
        reply(200, text="not here", headers={"content-type": "text/plain"}),
    ],
)
def test_what_is_no_token_is_not_taken_for_one(answer: Response) -> None:
    assert learned(answer) is None


def test_the_header_that_the_document_declares_comes_first() -> None:
    found = learned(setting(f"csrftoken={TOKEN}; Path=/"), declared="X-My-CSRF")
    assert found == Csrf(header="X-My-CSRF", value=TOKEN, cookie="csrftoken")


def test_only_an_answer_that_was_asked_for_it_is_read_whatever_it_says() -> None:
    assert learned(reply(200, {"result": TOKEN}), fetched=False, members=True) is None
    assert learned(reply(200, {"user": {"csrf_token": TOKEN}}), fetched=False, members=True) is not None
    assert learned(reply(200, {"user": {"csrf_token": TOKEN}}), fetched=False) is None


def test_a_token_is_replaced_when_it_is_rotated_and_kept_when_nothing_is_said() -> None:
    held = Csrf(header="X-CSRFToken", value=TOKEN, cookie="csrftoken")
    assert learned(reply(200, {}), held=held, fetched=False) is held
    rotated = learned(setting(f"csrftoken={OTHER}; Path=/"), held=held, fetched=False)
    assert rotated == Csrf(header="X-CSRFToken", value=OTHER, cookie="csrftoken")


def test_a_secret_beside_the_token_is_not_taken_for_a_new_one() -> None:
    held = Csrf(header="X-CSRF-Token", value=TOKEN)
    assert learned(setting(f"_csrf={OTHER}; Path=/"), held=held, fetched=False) is held


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (reply(419, {"message": "CSRF token mismatch."}), True),
        (reply(419), True),
        (reply(403, text="<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>"), True),
        (reply(403, {"detail": "CSRF Failed: CSRF token missing."}), True),
        (reply(403, {"message": "invalid csrf token", "code": "EBADCSRFTOKEN"}), True),
        (reply(401, {"msg": 'Missing CSRF token in headers "X-CSRF-TOKEN"'}), True),
        (reply(400, text="The CSRF session token is missing."), True),
        (reply(422, text="Can't verify: ActionController::InvalidAuthenticityToken, request forgery"), True),
        (reply(403, {"message": "Cross-site POST form submissions are forbidden"}), False),
        (reply(403, {"detail": "You do not have permission."}), False),
        (reply(401, {"detail": "Unauthenticated."}), False),
        (reply(200, {"csrf": "fine"}), False),
        (reply(500, text="csrf"), False),
    ],
)
def test_a_refusal_for_want_of_a_token_says_so(answer: Response, refused: bool) -> None:
    assert csrf.refused_for_it(answer) is refused


def operation(label: str, *headers: str) -> Operation:
    method, _, path = label.partition(" ")
    parameters = tuple(Parameter(name=name, location=Location.HEADER) for name in headers)
    return Operation(method=method, path=path, parameters=parameters)


def test_the_document_declares_the_header_as_a_scheme_or_as_a_parameter() -> None:
    scheme = SecurityScheme(name="csrf", kind="api_key", location=Location.HEADER, parameter="X-CSRF-TOKEN")
    write = operation("POST /things", "X-Request-Id", "X-XSRF-TOKEN")
    assert csrf.declared_header([write], [scheme]) == "X-CSRF-TOKEN"
    assert csrf.declared_header([write], []) == "X-XSRF-TOKEN"
    assert csrf.declared_header([operation("POST /things", "X-Request-Id")], []) == ""


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("GET /things", "GET /auth/csrf"), "/auth/csrf"),
        (("GET /api/v1/security/csrf_token/",), "/api/v1/security/csrf_token/"),
        (("GET /sanctum/csrf-cookie",), "/sanctum/csrf-cookie"),
        (("GET /antiforgery/token",), "/antiforgery/token"),
        (("GET /csrf-reports/{id}", "POST /csrf"), ""),
        (("GET /things",), ""),
    ],
)
def test_the_operation_that_hands_tokens_out_is_recognised(labels: tuple[str, ...], expected: str) -> None:
    found = csrf.endpoint([operation(one) for one in labels])
    assert (found.path if found is not None else "") == expected


# --- cookies ------------------------------------------------------------------------------------------------


def test_cookies_are_read_with_their_attributes() -> None:
    date = ("date", "Fri, 20 Nov 2026 10:00:00 GMT")
    answer = reply(
        200,
        headers=[
            date,
            ("set-cookie", "sid=a=b; Path=/app; HttpOnly; Max-Age=60; Expires=Fri, 20 Nov 2026 11:00:00 GMT"),
            ("set-cookie", "old=x; expires=Fri, 20-Nov-2026 10:02:00 GMT"),
            ("set-cookie", 'plain="quoted"'),
            ("set-cookie", "nonsense; Path=/"),
            ("set-cookie", "odd=1; Max-Age=soon; Expires=never"),
        ],
    )
    sid, old, plain, odd = cookies.set_by(answer)
    assert (sid.name, sid.value, sid.path, sid.http_only, sid.seconds) == ("sid", "a=b", "/app", True, 60)
    assert old.seconds == 120
    assert (plain.value, plain.path, plain.http_only, plain.seconds) == ('"quoted"', "/", False, float("inf"))
    assert odd.seconds == float("inf")


@pytest.mark.parametrize("attributes", ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_cookie_that_has_ended_is_forgotten(attributes: str) -> None:
    jar = {"sid": Cookie(name="sid", value="a"), "theme": Cookie(name="theme", value="dark")}
    fresh = cookies.set_by(reply(headers=[("set-cookie", f"sid=b; {attributes}")]))
    assert list(cookies.kept(jar, fresh)) == ["theme"]


def test_a_cookie_of_the_same_name_is_replaced() -> None:
    jar = cookies.kept({"sid": Cookie(name="sid", value="a")}, [Cookie(name="sid", value="b")])
    assert jar["sid"].value == "b"
    assert "b" not in repr(jar["sid"]).replace("sid", "")
