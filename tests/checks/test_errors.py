"""Errors: the shapes of frameworks, and what they let slip."""

from __future__ import annotations

import pytest

from auditor.evidence import Fact
from auditor.model import ANONYMOUS, Exchange, Facts, Json, Mutation, Outcome, Request, Response, Severity, Verdict
from checks import errors
from checks._errors_probes import natural_errors
from checks._errors_shapes import Refusal, refusal
from tests.checks.building import FakeWorld, crud, drive, exchange, named_as_promised, operation, reply

READ = operation("GET", "/things/{id}")
HOUSE = {"error": {"code": "not_found", "message": "there is no such thing", "id": "r1"}}
PYTHON = 'Traceback (most recent call last):\n  File "/srv/app/main.py", line 12, in read\nKeyError'
NODE = "TypeError: x\n    at Object.get (/usr/src/app/routes/items.js:12:7)\n    at node:internal/process:95:5"
JAVA = "java.lang.NullPointerException\n\tat com.example.Items.read(Items.java:42)"
DOTNET = "System.NullReferenceException: …\n   at Api.Items.Read(Int32 id) in C:\\src\\Items.cs:line 42"
GO = "panic: boom\n\ngoroutine 18 [running]:\nmain.read(...)"
RUBY = "app/controllers/items_controller.rb:12:in `show'"
PHP = "Uncaught TypeError in /var/www/html/index.php:17\nStack trace:\n#0 /var/www/html/a.php(3): read()"


def failure(answer: Response, *, request: Request | None = None) -> Verdict:
    return errors.no_internals(exchange(answer, request=request, operation=READ))[0]


def test_names_and_docstrings_keep_the_convention() -> None:
    assert named_as_promised(errors) == ["errors.no-internals", "errors.shape"]


@pytest.mark.parametrize(
    ("text", "severity", "signature"),
    [
        pytest.param(PYTHON, Severity.HIGH, "python trace", id="python"),
        pytest.param(NODE, Severity.HIGH, "node trace", id="node"),
        pytest.param(JAVA, Severity.HIGH, "java trace", id="java"),
        pytest.param(DOTNET, Severity.HIGH, ".net trace", id=".net"),
        pytest.param(GO, Severity.HIGH, "go trace", id="go"),
        pytest.param(RUBY, Severity.HIGH, "ruby trace", id="ruby"),
        pytest.param(PHP, Severity.HIGH, "php trace", id="php"),
        pytest.param('syntax error at or near "x" at character 31', Severity.HIGH, "postgresql", id="postgresql"),
        pytest.param("You have an error in your SQL syntax; check …", Severity.HIGH, "mysql", id="mysql"),
        pytest.param('(sqlite3.OperationalError) near "x": syntax error', Severity.HIGH, "sqlite", id="sqlite"),
        pytest.param("ORA-01756: quoted string not properly terminated", Severity.HIGH, "oracle", id="oracle"),
        pytest.param(
            "Unclosed quotation mark after the character string 'x'.", Severity.HIGH, "sql server", id="mssql"
        ),
        pytest.param("E11000 duplicate key error collection: app.users", Severity.HIGH, "mongodb", id="mongodb"),
        pytest.param('duplicate key value violates unique constraint "u"', Severity.HIGH, "postgresql", id="unique"),
        pytest.param("SQLSTATE[42S02]: Base table not found", Severity.HIGH, "sql state", id="laravel"),
        pytest.param("[SQL: SELECT id FROM things]", Severity.HIGH, "statement", id="sqlalchemy"),
        pytest.param("cannot open /var/lib/app/data/items", Severity.MEDIUM, "path", id="path"),
        pytest.param("connect ECONNREFUSED 10.0.3.17:5432", Severity.MEDIUM, "private address", id="address"),
        pytest.param("asyncpg.exceptions.TooManyConnections", Severity.MEDIUM, "driver exception", id="driver"),
        pytest.param("org.springframework.dao.DataAccessException", Severity.MEDIUM, "driver exception", id="spring"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_the_inside_shows(text: str, severity: Severity, signature: str, as_json: bool) -> None:
    answer = reply(500, {"detail": text}) if as_json else reply(500, text=text, headers={"content-type": "text/plain"})
    verdict = failure(answer)
    assert (verdict.outcome, verdict.severity, verdict.signature) == (Outcome.FAIL, severity, signature)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"code": "TimeoutError", "message": "try again"}, id="decoy: a code named like a class"),
        pytest.param({"error": "ValidationError"}, id="bare word"),
        pytest.param({"type": "https://api.test/errors/not-found", "instance": "/api/v1/things/7"}, id="problem"),
        pytest.param({"message": "version 10.1.2 is needed"}, id="a version is no address"),
        pytest.param({"message": "please select one from the list where possible"}, id="prose with SQL words"),
        pytest.param({"token": "L2hvbWUvYXBwL21haW4ucHk="}, id="base64"),
        pytest.param({"detail": [{"loc": ["body", "name"], "msg": "Field required", "type": "missing"}]}, id="fastapi"),
    ],
)
def test_ordinary_errors_tell_nothing(body: Json) -> None:
    assert failure(reply(422, body)).outcome is Outcome.PASS


def test_our_own_payload_echoed_is_no_leak() -> None:
    asked = Request(method="GET", path="/things", operation=READ, query=(("q", "/etc/passwd/aud"),))
    assert failure(reply(400, {"message": "no thing is called /etc/passwd/aud"}), request=asked).outcome is Outcome.PASS


def test_only_errors_are_read_and_soft_errors_are() -> None:
    ok = exchange(reply(200, {"log": PYTHON}), operation=READ)
    soft = exchange(reply(200, {"log": PYTHON}), operation=READ, facts=Facts(soft_error=True))
    assert errors.no_internals(ok)[0].outcome is Outcome.SKIP
    assert errors.no_internals(soft)[0].outcome is Outcome.FAIL


def test_made_up_paths_are_judged_as_the_api() -> None:
    assert errors.no_internals(exchange(reply(500, {"d": PYTHON}), path="/aud-1"))[0].about == "API"


def test_a_hostile_body_does_not_slow_the_patterns() -> None:
    for text in ("at " * 20_000, "/a" * 25_000, "SELECT " * 8_000, '"' * 50_000, "a.b" * 16_000):
        assert failure(reply(500, text=text)).outcome is not Outcome.ERROR


# --- shape --------------------------------------------------------------------------------------------------


def facts(*answers: Response, mutation: Mutation | None = None) -> list[Fact[Refusal]]:
    kept = []
    for number, answer in enumerate(answers):
        asked = Request(method="GET", path="/things/7", operation=READ, mutation=mutation)
        seen = exchange(answer, request=asked, id=f"x{number}")
        value = refusal(seen)
        if value is not None:
            kept.append(Fact(exchange=seen.id, subject=seen.subject, value=value))
    return kept


def told(*answers: Response, mutation: Mutation | None = None) -> dict[str, Severity | None]:
    verdicts = errors.shape(facts(*answers, mutation=mutation))
    return {one.signature: one.severity for one in verdicts if one.outcome is Outcome.FAIL}


PLAIN = {"content-type": "text/plain"}
PROBLEM = {"content-type": "application/problem+json"}
SPRING = {"timestamp": "2026-11-21T12:00:00Z", "status": 404, "error": "Not Found", "path": "/things/7"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(reply(404, HOUSE), {}, id="enclosed"),
        pytest.param(reply(404, {"code": "x", "message": "y"}), {}, id="flat"),
        pytest.param(reply(404, {"error_code": 17, "msg": "y"}), {}, id="aliases"),
        pytest.param(reply(404, {"error": "not_found", "message": "y"}), {}, id="word and message"),
        pytest.param(reply(401, {"error": "invalid_token", "error_description": "expired"}), {}, id="oauth"),
        pytest.param(reply(422, {"errors": [{"code": "x", "detail": "y"}]}), {}, id="json:api"),
        pytest.param(
            reply(400, {"code": 50035, "message": "Invalid", "errors": {"name": {"_errors": []}}}), {}, id="discord"
        ),
        pytest.param(reply(401, {"code": 0, "message": "401: Unauthorized"}), {}, id="a code that is zero"),
        pytest.param(
            reply(422, {"message": "Invalid", "errors": {"name": ["is blank"]}}),
            {"no code": Severity.LOW},
            id="laravel",
        ),
        pytest.param(reply(404, {"title": "Not Found", "status": 404}, headers=PROBLEM), {}, id="decoy: problem+json"),
        pytest.param(reply(404, {"statusCode": 404, "message": "y", "error": "Not Found"}), {}, id="nestjs"),
        pytest.param(
            reply(400, {"statusCode": 400, "message": ["a must be b"], "error": "Bad Request"}), {}, id="nestjs pipe"
        ),
        pytest.param(reply(422, {"detail": [{"loc": ["q"], "msg": "m", "type": "missing"}]}), {}, id="fastapi 422"),
        pytest.param(reply(404, {"detail": "Not Found"}), {"no code": Severity.LOW}, id="fastapi 404"),
        pytest.param(
            reply(400, {"name": ["This field is required."]}), {"no code": Severity.LOW}, id="django rest 400"
        ),
        pytest.param(reply(422, {"errors": {"name": ["is blank"]}}), {"no code": Severity.LOW}, id="rails 422"),
        pytest.param(reply(404, SPRING), {"no code": Severity.LOW}, id="spring boot"),
        pytest.param(reply(404, {"error": "no such thing"}), {"no code": Severity.LOW}, id="gin"),
        pytest.param(reply(404, {"message": "Not Found"}), {"no code": Severity.LOW}, id="echo"),
        pytest.param(
            reply(404, text="Cannot GET /x", headers={"content-type": "text/html"}),
            {"unstructured": Severity.MEDIUM},
            id="express",
        ),
        pytest.param(
            reply(404, text="404 page not found", headers=PLAIN), {"unstructured": Severity.MEDIUM}, id="net/http"
        ),
        pytest.param(reply(403), {"unstructured": Severity.MEDIUM}, id="spring security, empty"),
        pytest.param(reply(404, None), {"unstructured": Severity.MEDIUM}, id="null"),
        pytest.param(reply(404, {}), {"no message": Severity.MEDIUM}, id="an object with nothing in it"),
        pytest.param(reply(404, {"code": "x"}), {"no message": Severity.MEDIUM}, id="no message"),
        pytest.param(reply(404, {"code": 0, "msg": 0}), {}, id="numbers alone"),
        pytest.param(reply(404, {"ok": False}), {"no message": Severity.MEDIUM}, id="a shape of its own"),
        pytest.param(
            reply(404, {"title": "x", "status": 400}, headers=PROBLEM),
            {"problem status": Severity.LOW},
            id="lying status",
        ),
    ],
)
def test_one_error_answer(answer: Response, expected: dict[str, Severity]) -> None:
    assert told(answer) == expected


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(404, text="Cannot GET /x", headers=PLAIN), "errors (404) are no JSON object but text/plain"),
        (reply(403), "errors (403) are no JSON object but empty"),
        (reply(400, "no such coupon"), "errors (400) are no JSON object but other JSON"),
        (reply(404, {}), "errors (404) have no message ({})"),
    ],
)
def test_what_is_no_error_object_is_named(answer: Response, said: str) -> None:
    (verdict, *_) = errors.shape(facts(answer))
    assert verdict.message.startswith(said)


def test_two_shapes_are_told_with_their_statuses() -> None:
    verdicts = errors.shape(facts(reply(404, {"code": "x", "message": "y"}), reply(422, HOUSE), reply(401, HOUSE)))
    (verdict,) = verdicts
    assert verdict.signature == "several shapes"
    assert "401, 422" in verdict.message
    assert verdict.exchanges == ("x0", "x1") or set(verdict.exchanges) == {"x0", "x1"}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(502, text="<html>", headers={"server": "nginx", "content-type": "text/html"}), id="nginx"),
        pytest.param(reply(503, text="upstream", headers={"via": "1.1 varnish"}), id="via"),
        pytest.param(reply(431, text="too large"), id="http server"),
        pytest.param(reply(400, text="Invalid HTTP request received.", headers=PLAIN), id="uvicorn"),
    ],
)
def test_what_stands_in_front_is_not_the_api(answer: Response) -> None:
    assert told(answer) == {}
    assert told(answer, reply(404, HOUSE)) == {}


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(exchange(reply(404), method="HEAD"), id="decoy: HEAD error without body"),
        pytest.param(exchange(reply(200, {})), id="no error"),
        pytest.param(exchange(reply(503, {"status": "starting"}), path="/readyz"), id="readiness"),
        pytest.param(
            exchange(
                reply(400, text="Disallowed CORS origin"),
                method="OPTIONS",
                headers=[("Access-Control-Request-Method", "PUT")],
            ),
            id="preflight",
        ),
    ],
)
def test_what_no_client_reads_as_an_error_is_not_kept(seen: Exchange) -> None:
    assert refusal(seen) is None


def test_a_run_without_errors_is_skipped() -> None:
    assert errors.shape([])[0].outcome is Outcome.SKIP


OMITTED = Mutation(location="body", pointer="/items/0/sku", kind="omitted")


def test_validation_errors_must_name_the_field() -> None:
    vague = reply(422, {"code": "invalid", "message": "something is wrong"})
    clear = reply(422, {"code": "invalid", "message": "wrong", "details": [{"field": "items.0.sku"}]})
    assert told(*[vague] * 4, mutation=OMITTED) == {"field unnamed": Severity.LOW}
    assert told(*[vague] * 2, *[clear] * 3, mutation=OMITTED) == {}
    assert told(*[vague] * 3, mutation=OMITTED) == {}
    other = Mutation(location="body", pointer="/items/0/sku", kind="nul")
    assert told(*[vague] * 4, mutation=other) == {}


def test_natural_errors_are_reads_of_one_error_each() -> None:
    things = crud()
    login = operation("POST", "/login", security=())
    world = FakeWorld(resources=(things,), operations=(login,))
    driven = drive(natural_errors.steps(world), lambda _: reply(404, HOUSE))
    sent = [(one.method, one.path.partition("aud-")[0]) for one in driven.sent]
    assert sent == [("GET", "/"), ("GET", "/login"), ("GET", "/things"), ("GET", "/things/")]
    assert driven.sent[2].identity == ANONYMOUS
    assert len(driven.evidence.answers) == 4


def test_natural_errors_do_without_items_that_never_worked() -> None:
    world = FakeWorld(resources=(crud(),), unreached=frozenset({"GET /things/{id}"}))
    driven = drive(natural_errors.steps(world), lambda _: reply(404, HOUSE))
    assert len(driven.sent) == 2
