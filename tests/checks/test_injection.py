"""Injection: servers that paste values into statements, and servers that only look like it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest

from auditor.evidence import NotApplicable
from auditor.model import Exchange, Json, Mutation, Outcome, Request, Response, Severity, Verdict
from checks import injection
from checks._injection_probes import Quoted, Quotes, conditions, quoted_values
from tests.checks.building import CANARY, FakeWorld, crud, drive, exchange, named_as_promised, operation, reply

SEARCH = operation("GET", "/things", query={"q": {"type": "string"}})
ITEM = operation("GET", "/things/{id}")
ROWS = [{"id": 7, "name": f"{CANARY}-lamp", "price": 12}, {"id": 8, "name": f"{CANARY}-chair", "price": 30}]
OTHERS = [{"id": 1, "name": "table", "price": 99}]
SQLITE = {"code": "query_failed", "message": "(sqlite3.OperationalError) unrecognized token: \"'lamp''\""}
POSTGRES = {"detail": 'syntax error at or near "\'"'}


def test_names_and_docstrings_keep_the_convention() -> None:
    assert named_as_promised(injection) == ["injection.sql-blind", "injection.sql-error"]


# --- quotes -------------------------------------------------------------------------------------------------


def seen(answer: Response, kind: str) -> Exchange:
    mutation = Mutation(location="query", pointer="/q", kind=kind, value="lamp'")
    return exchange(answer, request=Request(method="GET", path="/things", operation=SEARCH, mutation=mutation))


OK, REFUSED = reply(200, []), reply(400, {"message": "no quotes, please"})


def quotes(
    quote: Response, *, plain: Response = OK, doubled: Response = OK, other: Response = OK, numeric: bool = False
) -> Quotes:
    place = Quoted(
        place="query/q",
        numeric=numeric,
        plain=seen(plain, "plain"),
        quote=seen(quote, "quote"),
        doubled=seen(doubled, "doubled-quote"),
        others=(seen(other, "double-quote"),),
    )
    return Quotes(control=place.plain, places=(place,), again=place.plain)


@pytest.mark.parametrize(
    ("asked", "severity"),
    [
        pytest.param(quotes(OK), None, id="decoy: O'Brien stored and found"),
        pytest.param(quotes(REFUSED), None, id="decoy: 400 for a quote"),
        pytest.param(quotes(reply(400, SQLITE)), Severity.CRITICAL, id="sqlite passed on"),
        pytest.param(quotes(reply(500, POSTGRES)), Severity.CRITICAL, id="postgresql"),
        pytest.param(quotes(reply(200, POSTGRES)), Severity.CRITICAL, id="whatever the status"),
        pytest.param(quotes(OK, other=reply(500, POSTGRES)), Severity.CRITICAL, id="another metacharacter"),
        pytest.param(quotes(reply(500, POSTGRES), plain=reply(500, POSTGRES)), None, id="broken anyway"),
        pytest.param(quotes(reply(500, POSTGRES), doubled=reply(500, POSTGRES)), None, id="doubled quotes fail alike"),
        pytest.param(
            quotes(reply(500, POSTGRES), doubled=reply(500, POSTGRES), numeric=True),
            Severity.CRITICAL,
            id="number context",
        ),
        pytest.param(
            quotes(reply(500, {"d": 'invalid input syntax for type integer: "7\'"'}), doubled=reply(500), numeric=True),
            None,
            id="a bound parameter of the wrong type",
        ),
        pytest.param(quotes(reply(500, {})), Severity.MEDIUM, id="a crash on one quote only"),
        pytest.param(quotes(reply(500, {}), doubled=reply(500, {})), None, id="a crash on any quote"),
        pytest.param(quotes(reply(400, {"message": "lamp' is no name"})), None, id="echo"),
    ],
)
def test_sql_error(asked: Quotes, severity: Severity | None) -> None:
    verdicts = injection.sql_error(asked)
    assert [one.severity for one in verdicts] == [severity]
    assert verdicts[0].outcome is (Outcome.PASS if severity is None else Outcome.FAIL)


def test_six_endings_are_tried_at_the_likeliest_places() -> None:
    wide = operation("GET", "/things", query={name: {"type": "string"} for name in ("a", "b", "c", "d", "q")})
    driven = drive(quoted_values.steps(wide, FakeWorld(operations=(wide,))), lambda _: OK)
    kinds = [one.mutation.kind for one in driven.sent if one.mutation]
    assert kinds[:6] == ["plain", "quote", "doubled-quote", "double-quote", "bracket", "backslash"]
    assert driven.sent[1].mutation is not None
    assert driven.sent[1].mutation.pointer == "/q"
    assert len(driven.evidence.places) == 4
    assert len(driven.sent) == 2 + 4 * 6 <= quoted_values.at_most.requests


def test_writes_are_asked_in_free_texts_only_and_deletes_never() -> None:
    body: dict[str, Json] = {"title": {"type": "string"}, "state": {"type": "string", "enum": ["a"]}}
    things = crud(body=body)
    assert things.modify is not None
    assert things.remove is not None
    world = FakeWorld(resources=(things,))
    driven = drive(quoted_values.steps(things.modify, world), lambda one: reply(200, {"id": 9}))
    assert {one.mutation.pointer for one in driven.sent if one.mutation} == {"/title"}
    with pytest.raises(NotApplicable):
        drive(quoted_values.steps(things.remove, world), [])


# --- conditions ---------------------------------------------------------------------------------------------

Server = Callable[[Request], Response]


def term(request: Request) -> str | None:
    return dict(request.query).get("q")


def searching(find: Callable[[str], list[dict[str, Json]]]) -> Server:
    def answer(request: Request) -> Response:
        wanted = term(request)
        return reply(200, [*ROWS, *OTHERS] if wanted is None else find(wanted))

    return answer


def pasted_like(wanted: str) -> list[dict[str, Json]]:
    """`… LIKE '%{term}%'`, as a database reads it; a syntax error finds nothing."""
    injected = re.fullmatch(r"(.*)%' AND '(\d+)'='(\d+)' AND '%'='", wanted)
    if injected:
        name, left, right = injected.groups()
        return [row for row in ROWS if name in str(row["name"])] if left == right else []
    return [] if "'" in wanted else [row for row in ROWS if wanted in str(row["name"])]


def pasted_exact(wanted: str) -> list[dict[str, Json]]:
    injected = re.fullmatch(r"(.*)' AND '(\d+)'='(\d+)", wanted)
    name, left, right = injected.groups() if injected else (wanted, "", "")
    return [row for row in ROWS if row["name"] == name] if left == right else []


def bound(wanted: str) -> list[dict[str, Json]]:
    return [row for row in ROWS if wanted in str(row["name"])]


def any_word(wanted: str) -> list[dict[str, Json]]:
    return [row for row in ROWS if any(word.strip("'%\")") in str(row["name"]) for word in wanted.split())]


def every_word(wanted: str) -> list[dict[str, Json]]:
    return [row for row in ROWS if all(word in str(row["name"]) for word in re.findall(r"[\w-]+", wanted))]


def world() -> FakeWorld:
    golden = exchange(reply(200, [*ROWS, *OTHERS]), request=Request(method="GET", path="/things", operation=SEARCH))
    return FakeWorld(operations=(SEARCH,), goldens={SEARCH.label: golden})


def judged(server: Server) -> tuple[Verdict, ...]:
    driven = drive(conditions.steps(SEARCH, world()), server)
    assert len(driven.sent) <= conditions.at_most.requests
    return injection.sql_blind(driven.evidence)


@pytest.mark.parametrize(
    ("server", "context"),
    [
        pytest.param(searching(pasted_like), "like", id="pasted into a LIKE"),
        pytest.param(searching(pasted_exact), "quote", id="pasted between quotes"),
    ],
)
def test_a_pasted_value_follows_conditions(server: Server, context: str) -> None:
    (verdict,) = judged(server)
    assert (verdict.outcome, verdict.signature) == (Outcome.FAIL, "query/q follows conditions")
    assert f"(context: {context})" in verdict.message


def echoing(request: Request) -> Response:
    wanted = term(request)
    return reply(200, {"q": wanted, "items": ROWS if wanted is None else bound(wanted)})


def crashing(request: Request) -> Response:
    wanted = term(request) or ""
    return reply(500 if "'" in wanted else 200, bound(wanted))


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(searching(bound), id="bound parameter"),
        pytest.param(searching(any_word), id="decoy: full-text search matching any word"),
        pytest.param(searching(every_word), id="full-text search wanting every word"),
        pytest.param(searching(lambda _: ROWS), id="ignored parameter"),
        pytest.param(echoing, id="decoy: search echoing the query"),
        pytest.param(crashing, id="a crash is no condition"),
        pytest.param(
            lambda one: reply(422, {}) if term(one) and "'" in str(term(one)) else reply(200, ROWS), id="refused"
        ),
    ],
)
def test_servers_that_keep_values_apart(server: Server) -> None:
    assert [one.outcome for one in judged(server)] == [Outcome.PASS]


def test_an_answer_that_changes_by_itself_is_unsure() -> None:
    count = iter(range(10_000))
    (verdict,) = judged(lambda _: reply(200, [{"id": next(count), "name": f"{CANARY}-{next(count)}"}]))
    assert verdict.outcome is Outcome.UNSURE
    assert "changes by itself" in verdict.message


def test_a_search_that_never_finds_anything_is_unsure() -> None:
    (verdict,) = judged(searching(lambda _: []))
    assert verdict.outcome is Outcome.UNSURE
    assert "query/q" in verdict.message


def words_only(request: Request) -> Response:
    return reply(200 if re.fullmatch(r"[\w-]+", term(request) or "1") else 422, [])


def bare_conditions_pass(request: Request) -> Response:
    return reply(422 if "'" in (term(request) or "") else 200, [])


@pytest.mark.parametrize(
    ("server", "outcome"),
    [
        pytest.param(words_only, Outcome.PASS, id="every condition is refused as invalid input"),
        pytest.param(bare_conditions_pass, Outcome.UNSURE, id="a condition without quotes is taken"),
    ],
)
def test_a_place_that_finds_nothing_is_judged_by_what_it_refuses(server: Server, outcome: Outcome) -> None:
    assert [one.outcome for one in judged(server)] == [outcome]


def test_a_number_in_a_path_follows_conditions() -> None:
    def answer(request: Request) -> Response:
        value = unquote(request.path.rpartition("/")[2])
        injected = re.fullmatch(r"7(?: AND (\d+)=(\d+))?", value)
        found = injected is not None and injected.group(1) == injected.group(2)
        return reply(200, ROWS[0]) if found else reply(404, {"code": "not_found"})

    driven = drive(conditions.steps(ITEM, FakeWorld(operations=(ITEM,))), answer)
    (verdict,) = injection.sql_blind(driven.evidence)
    assert verdict.signature == "path/id follows conditions"
    assert "number" in verdict.message


def test_only_reads_are_asked_with_conditions() -> None:
    write = operation("POST", "/things", body={"title": {"type": "string"}})
    with pytest.raises(NotApplicable):
        drive(conditions.steps(write, FakeWorld(operations=(write,))), [])
    assert not conditions.mutates
