"""The engine gathers each piece of evidence once, judges it, and confirms what failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest

from auditor.check import Check, Judged, check
from auditor.course.engine import API, Subject, Task, batches, exchanges_in, matches, one_step, pace_of, seen_in
from auditor.course.runner import Stage
from auditor.evidence import (
    DOCUMENT,
    EVERY_EXCHANGE,
    LOAD,
    Bound,
    Evidence,
    NotApplicable,
    Pace,
    Recipe,
    Scope,
    Steps,
    Unavailable,
    Wait,
    World,
    ask,
    control,
    recipe,
    repeat,
    whole_run,
)
from auditor.model import (
    Document,
    Exchange,
    Json,
    Judgement,
    Load,
    Operation,
    Outcome,
    Request,
    Resource,
    Role,
    Severity,
    failed,
    passed,
    skipped,
)
from tests.auditor.building import ALICE, Asked, app, get, run, stage, things
from tests.checks.building import crud, exchange, operation

FEW = Bound(requests=10)


def a_check(on: Evidence[Any], judge: Callable[[Any], Judged] | None = None, *, id: str = "tests.check") -> Check[Any]:
    judging = judge or (lambda _evidence: passed())
    return check(id, severity=Severity.HIGH, standards=(), on=on)(judging)


def a_recipe(
    steps: Callable[..., Steps[Any]] | None = None,
    *,
    name: str = "recipe",
    scope: Scope = Scope.API,
    pace: Pace = Pace.SHARED,
    after: tuple[Recipe[Any], ...] = (),
    again: int = 0,
    **more: bool,
) -> Recipe[Any]:
    def nothing(*_: object) -> Steps[str]:
        yield from ()
        return name

    wanted = steps or nothing
    wanted.__name__ = name
    made = recipe(scope=scope, pace=pace, at_most=FEW, confirm=repeat(again), after=after, **more)
    return made(wanted)


def asks(path: str = "/things", **more: Any) -> Callable[..., Steps[Exchange]]:
    def steps(*_: object) -> Steps[Exchange]:
        return (yield from ask(get(path, **more)))

    return steps


async def judged(opened: Stage, *, confirm: bool = True) -> list[Judgement]:
    await opened.engine.gather()
    return await opened.engine.judge(confirm=confirm)


def audited(*checks: Check[Any], confirm: bool = True, **options: Any) -> list[Judgement]:
    async def course() -> list[Judgement]:
        async with stage(checks, **options) as opened:
            return await judged(opened, confirm=confirm)

    return run(course())


def outcomes(judgements: Sequence[Judgement]) -> list[tuple[str, str]]:
    return [(one.subject, str(one.verdict.outcome)) for one in judgements]


# --- subjects -----------------------------------------------------------------------------------------------


def test_an_operation_recipe_is_asked_of_every_operation() -> None:
    def named(operation: Operation, _world: World) -> Steps[str]:
        yield from ()
        return operation.label

    found = audited(a_check(a_recipe(named, scope=Scope.OPERATION), lambda label: passed(note=label)))
    assert [(one.subject, one.operation, one.verdict.note) for one in found] == [
        (label, label, label) for label in ("GET /things", "POST /things", "GET /things/{id}", "DELETE /things/{id}")
    ]


def test_a_resource_recipe_is_asked_of_every_resource() -> None:
    def named(resource: Resource, _world: World) -> Steps[str]:
        yield from ()
        return resource.name

    (found,) = audited(a_check(a_recipe(named, scope=Scope.RESOURCE), lambda name: passed(note=name)))
    assert (found.subject, found.operation, found.verdict.note) == ("/things", "GET /things/{id}", "/things")


def test_an_api_recipe_is_asked_once() -> None:
    assert outcomes(audited(a_check(a_recipe()))) == [(API, "pass")]


def test_a_recipe_that_many_checks_want_is_followed_once() -> None:
    log: list[str] = []
    shared = a_recipe(asks("/shared"))
    found = audited(
        a_check(shared, id="tests.one"), a_check(shared, id="tests.two"), serving=app({}, log), seeded=False
    )
    assert log == ["GET /shared"]
    assert [one.check for one in found] == ["tests.one", "tests.two"]


def test_what_is_skipped_on_an_operation_is_neither_asked_nor_judged() -> None:
    log: list[str] = []

    def steps(operation: Operation, world: World) -> Steps[Exchange]:
        return (yield from ask(get(f"/probe{operation.path}")))

    found = audited(
        a_check(a_recipe(steps, scope=Scope.OPERATION)),
        paths={"/a": {"get": {"responses": {}}}, "/b": {"get": {"responses": {}}}},
        serving=app({}, log),
        seeded=False,
        skip_on=(("GET /a", ("tests.check",)),),
    )
    assert log == ["GET /probe/b"]
    assert [one.subject for one in found] == ["GET /b"]


# --- endings ------------------------------------------------------------------------------------------------


def not_applicable(_world: World) -> Steps[str]:
    yield from ()
    raise NotApplicable("nothing to protect")


def unavailable(_world: World) -> Steps[str]:
    yield from ()
    raise Unavailable("no second user", "identities.bob")


def a_bug(_world: World) -> Steps[str]:
    yield get()
    raise KeyError("id")


def no_generator(_world: World) -> Any:
    return "forgot to yield"


def too_many_arguments(_world: World, _more: object) -> Steps[str]:
    yield from ()
    return "never"


@pytest.mark.parametrize(
    ("steps", "outcome", "message", "unlock"),
    [
        (not_applicable, Outcome.SKIP, "nothing to protect", ""),
        (unavailable, Outcome.UNSURE, "no second user", "identities.bob"),
        (a_bug, Outcome.ERROR, "KeyError: 'id'", ""),
        (too_many_arguments, Outcome.ERROR, "TypeError", ""),
        (no_generator, Outcome.ERROR, "AssertionError", ""),
    ],
)
def test_what_keeps_a_recipe_from_an_answer_is_its_own_ending(
    steps: Callable[..., Any], outcome: Outcome, message: str, unlock: str
) -> None:
    found, other = audited(a_check(a_recipe(steps)), a_check(a_recipe(name="other"), id="tests.other"))
    assert (found.verdict.outcome, found.verdict.unlock) == (outcome, unlock)
    assert found.verdict.message.startswith(message)
    assert other.verdict.outcome is Outcome.PASS


def test_a_rule_that_raises_is_an_error() -> None:
    def broken(_evidence: object) -> Judged:
        raise ValueError("odd")

    (found,) = audited(a_check(a_recipe(), broken))
    assert (found.verdict.outcome, found.verdict.message) == (Outcome.ERROR, "ValueError in tests.check: odd")


def test_a_rule_may_say_several_things_about_parts() -> None:
    def parts(_evidence: object) -> Judged:
        return (passed(), failed("no", about="GET /things"), failed("neither", about="field/title"))

    found = audited(a_check(a_recipe(), parts))
    assert [(one.subject, one.operation) for one in found] == [
        (API, None),
        ("GET /things", "GET /things"),
        ("field/title", None),
    ]


def test_what_needs_a_socket_is_unsure_in_process() -> None:
    (found,) = audited(a_check(a_recipe(wire=True)))
    assert (found.verdict.outcome, "socket" in found.verdict.message) == (Outcome.UNSURE, True)


def test_what_was_never_asked_is_unsure() -> None:
    async def course() -> list[Judgement]:
        async with stage([a_check(a_recipe())]) as opened:
            return await opened.engine.judge(confirm=False)

    (found,) = run(course())
    assert found.verdict.message == "the run ended before this was asked"


def test_an_audit_may_be_held_to_some_subjects() -> None:
    by_scope = [a_recipe(name=scope.name.lower(), scope=scope) for scope in Scope]

    async def asked(subjects: frozenset[str] | None) -> set[tuple[str, str]]:
        held = [a_check(one, id=f"{scope.name.lower()}.held") for scope, one in zip(Scope, by_scope, strict=True)]
        async with stage(held, seeded=False, subjects=subjects) as opened:
            return {(one.family, one.subject.name) for one in opened.engine.tasks()}

    some = run(asked(frozenset({"DELETE /things/{id}"})))
    assert some == {("operation", "DELETE /things/{id}"), ("resource", "/things"), ("api", API)}
    assert run(asked(frozenset({"GET /elsewhere"}))) == {("api", API)}
    assert len(run(asked(None))) == 6


def test_beyond_its_bound_a_recipe_is_unsure() -> None:
    def greedy(_world: World) -> Steps[str]:
        while True:
            yield get()

    (found,) = audited(a_check(a_recipe(greedy)))
    assert found.verdict.message == "budget: the recipe's 10 requests are spent"


# --- order --------------------------------------------------------------------------------------------------

LOGIN = operation("POST", "/login", security=())
READ = operation("GET", "/things")


def task(one: Recipe[Any], target: Operation | Resource | None = None) -> Task:
    name = target.label if isinstance(target, Operation) else target.name if target else API
    label = target.label if isinstance(target, Operation) else None
    return Task(recipe=one, subject=Subject(name=name, operation=label, target=target), family="tests")


def test_batches_go_by_pace_then_depth_and_sign_in_comes_last() -> None:
    quiet = a_recipe(name="quiet", pace=Pace.QUIET)
    shared = a_recipe(name="shared", scope=Scope.OPERATION)
    child = a_recipe(name="child", after=(shared,), scope=Scope.OPERATION)
    tasks = [task(quiet), task(shared, LOGIN), task(child, READ), task(shared, READ), task(a_recipe(name="other"))]
    planned = [[(one.recipe.name.rpartition(".")[2], one.subject.name) for one in batch] for batch in batches(tasks)]
    assert planned == [
        [("shared", "GET /things"), ("other", API)],
        [("child", "GET /things")],
        [("quiet", API)],
        [("shared", "POST /login")],
    ]


def test_a_child_is_no_earlier_than_its_parents() -> None:
    last = a_recipe(name="last", pace=Pace.LAST)
    quiet = a_recipe(name="quiet", pace=Pace.QUIET)
    assert pace_of(a_recipe(after=(quiet, last))) is Pace.LAST
    assert pace_of(a_recipe(pace=Pace.LAST, after=(quiet,))) is Pace.LAST
    assert pace_of(a_recipe()) is Pace.SHARED


def test_a_recipe_is_handed_its_parents_evidence_even_of_one_that_runs_last() -> None:
    parent = a_recipe(name="parent", pace=Pace.LAST)

    def steps(_world: World, handed: str) -> Steps[str]:
        yield from ()
        return f"child of {handed}"

    (found,) = audited(a_check(a_recipe(steps, name="child", after=(parent,)), lambda told: passed(note=told)))
    assert found.verdict.note == "child of parent"


def test_without_its_parent_a_child_is_unsure() -> None:
    parent = a_recipe(not_applicable, name="parent")
    (found,) = audited(a_check(a_recipe(name="child", after=(parent,))))
    assert (found.verdict.outcome, "parent came to nothing" in found.verdict.message) == (Outcome.UNSURE, True)


def test_load_comes_before_what_exhausts_the_target() -> None:
    order: list[str] = []

    def noting(name: str) -> Callable[..., Steps[str]]:
        def steps(_world: World) -> Steps[str]:
            order.append(name)
            yield from ()
            return name

        return steps

    async def loaded() -> None:
        order.append("load")

    async def course() -> None:
        last = a_check(a_recipe(noting("last"), name="last", pace=Pace.LAST), id="tests.last")
        first = a_check(a_recipe(noting("quiet"), name="quiet", pace=Pace.QUIET), id="tests.quiet")
        async with stage([last, first]) as opened:
            await opened.engine.gather(before_last=loaded)

    run(course())
    assert order == ["quiet", "load", "last"]


def test_only_shared_recipes_stand_beside_each_other() -> None:
    def flying(pace: Pace) -> int:
        most = now = 0

        def steps(operation: Operation, _world: World) -> Steps[str]:
            nonlocal most, now
            now += 1
            most = max(most, now)
            yield Wait(0)
            now -= 1
            return operation.label

        audited(a_check(a_recipe(steps, scope=Scope.OPERATION, pace=pace)))
        return most

    assert flying(Pace.SHARED) == 4
    assert [flying(one) for one in (Pace.COLLECTION, Pace.QUIET, Pace.LAST)] == [1, 1, 1]


# --- interference -------------------------------------------------------------------------------------------

PAGE = httpx.Response(200, headers={"content-type": "text/html"}, content="<h1>Just a moment</h1>")


@pytest.mark.parametrize(
    ("status", "reason"), [(429, "throttled the request (429)"), (503, "unavailable (503)"), (504, "unavailable (504)")]
)
def test_a_target_that_is_busy_says_nothing(status: int, reason: str) -> None:
    busy = app({"GET /things": lambda _asked: httpx.Response(status, headers={"retry-after": "0"})})
    (found,) = audited(a_check(a_recipe(asks())), serving=busy, seeded=False)
    assert (found.verdict.outcome, reason in found.verdict.message) == (Outcome.UNSURE, True)


def test_a_recipe_about_limits_is_shown_the_refusal() -> None:
    log: list[str] = []
    busy = app({"GET /things": lambda _asked: httpx.Response(429, headers={"retry-after": "0"})}, log)
    rule = a_check(a_recipe(asks(), pace=Pace.LAST, expects_refusal=True), noted_status)
    (found,) = audited(rule, serving=busy, seeded=False)
    assert (found.verdict.note, len(log)) == ("429", 1)


def test_a_recipe_that_does_not_go_last_waits_out_the_limit_that_others_used_up() -> None:
    answers = iter((429, 200))
    busy = app({"GET /things": lambda _asked: httpx.Response(next(answers), headers={"retry-after": "0"})})
    (found,) = audited(a_check(a_recipe(asks(), expects_refusal=True), noted_status), serving=busy, seeded=False)
    assert found.verdict.note == "200"


def noted_status(seen: Exchange) -> Judged:
    return passed(note=str(seen.response.status))


def page_for_a_probe() -> Any:
    def read(asked: Asked) -> Any:
        return PAGE if "probe" in asked.headers else (200, {"id": "thing-0001"})

    return app({"GET /things": read})


def controlled(operation: Operation, world: World) -> Steps[Exchange]:
    prepared = yield from world.stage(operation)
    yield from control(prepared, world)
    probe = world.request(prepared, purpose="probe").with_header("probe", "1")
    return (yield from ask(probe))


def test_a_page_where_json_was_the_rule_says_nothing() -> None:
    paths: Json = {"/things": {"get": {"responses": {}, "security": []}}}
    (found,) = audited(a_check(a_recipe(controlled, scope=Scope.OPERATION)), paths=paths, serving=page_for_a_probe())
    assert found.verdict.message.startswith("an HTML page (200) came where the control was none")


def test_a_page_where_pages_are_the_rule_is_an_answer() -> None:
    paths: Json = {"/things": {"get": {"responses": {}, "security": []}}}
    pages = app({"GET /things": lambda _asked: PAGE})
    rule = a_check(a_recipe(controlled, scope=Scope.OPERATION))
    assert outcomes(audited(rule, paths=paths, serving=pages)) == [("GET /things", "pass")]


# --- confirmation -------------------------------------------------------------------------------------------


def says(*failing: bool) -> tuple[Callable[..., Steps[bool]], list[int]]:
    """Steps whose evidence is true where the answer is to be a failure, in turn; and how often they ran."""
    ran: list[int] = []

    def steps(_world: World) -> Steps[bool]:
        yield from ()
        ran.append(len(ran))
        return failing[min(len(ran) - 1, len(failing) - 1)]

    return steps, ran


def verdict(fails: bool) -> Judged:
    return failed("it is open", signature="open") if fails else passed()


@pytest.mark.parametrize(
    ("failing", "again", "outcome", "times"),
    [
        ((True, True), 1, Outcome.FAIL, 2),
        ((True, False), 1, Outcome.UNSURE, 2),
        ((True, True, True), 2, Outcome.FAIL, 3),
        ((True, True, False), 2, Outcome.UNSURE, 3),
        ((True,), 0, Outcome.FAIL, 1),
        ((False,), 1, Outcome.PASS, 1),
    ],
)
def test_a_failure_stands_only_if_it_comes_again(
    failing: tuple[bool, ...], again: int, outcome: Outcome, times: int
) -> None:
    steps, ran = says(*failing)
    (found,) = audited(a_check(a_recipe(steps, again=again), verdict))
    assert (found.verdict.outcome, len(ran)) == (outcome, times)
    assert found.confirmed is (outcome is Outcome.FAIL)


def test_a_failure_that_comes_again_otherwise_is_another() -> None:
    turns = iter(("one", "two"))
    (found,) = audited(a_check(a_recipe(again=1), lambda _evidence: failed("no", signature=next(turns))))
    assert found.verdict.message == "seen once and not again: no"


@pytest.mark.parametrize(("lost", "outcome", "times"), [(1, Outcome.FAIL, 3), (2, Outcome.UNSURE, 3)])
def test_what_could_not_be_asked_again_is_tried_once_more(lost: int, outcome: Outcome, times: int) -> None:
    ran: list[int] = []

    def steps(_world: World) -> Steps[bool]:
        yield from ()
        ran.append(len(ran))
        if 2 <= len(ran) < 2 + lost:
            raise Unavailable("the target was unavailable (503)")
        return True

    (found,) = audited(a_check(a_recipe(steps, again=1), verdict))
    assert (found.verdict.outcome, len(ran)) == (outcome, times)


def test_a_failure_is_asked_about_again_with_a_control_of_its_own() -> None:
    log: list[str] = []
    check = a_check(a_recipe(asks("/shared", shared=True), again=2), lambda _evidence: failed("no", signature="no"))
    audited(check, serving=app({}, log), seeded=False)
    assert log == ["GET /shared"] * 3


def test_without_confirming_nothing_is_asked_and_failures_are_unsure() -> None:
    steps, ran = says(True)
    once, _ = says(True)
    checks = (
        a_check(a_recipe(steps, again=1), verdict),
        a_check(a_recipe(once, name="once"), verdict, id="tests.once"),
    )
    found, standing = audited(*checks, confirm=False)
    assert len(ran) == 1
    assert found.verdict.message == "seen once, and the run ended before it was asked again: it is open"
    assert standing.verdict.outcome is Outcome.FAIL


def broken(one: Exchange) -> Judged:
    return failed(f"answered {one.response.status}", signature="5xx") if one.response.status >= 500 else passed()


def flaky(times: int) -> Any:
    """GET /flaky fails so many times, then never again."""
    left = times

    def read(_asked: Asked) -> tuple[int, Any]:
        nonlocal left
        left -= 1
        return (500, {}) if left >= 0 else (200, {})

    return app({"GET /flaky": read})


@pytest.mark.parametrize(("times", "outcome"), [(1, Outcome.UNSURE), (2, Outcome.FAIL), (0, Outcome.PASS)])
def test_a_passive_failure_is_asked_for_again_by_the_recipe_that_showed_it(times: int, outcome: Outcome) -> None:
    checks = (a_check(a_recipe(asks("/flaky"))), a_check(EVERY_EXCHANGE, broken, id="tests.passive"))
    found = audited(*checks, serving=flaky(times), seeded=False)
    (passive,) = [one for one in found if one.check == "tests.passive"]
    assert (passive.subject, passive.verdict.outcome) == ("GET /flaky", outcome)


@pytest.mark.parametrize(("lost", "outcome"), [(1, Outcome.FAIL), (2, Outcome.UNSURE)])
def test_a_passive_failure_that_could_not_be_asked_for_is_asked_for_once_more(lost: int, outcome: Outcome) -> None:
    ran: list[int] = []
    ask = asks("/flaky")

    def steps(world: World) -> Steps[Any]:
        ran.append(len(ran))
        if 2 <= len(ran) < 2 + lost:
            raise Unavailable("the target was unavailable (503)")
        return (yield from ask(world))

    checks = (a_check(a_recipe(steps)), a_check(EVERY_EXCHANGE, broken, id="tests.passive"))
    found = audited(*checks, serving=flaky(9), seeded=False)
    (passive,) = [one for one in found if one.check == "tests.passive"]
    assert (passive.verdict.outcome, len(ran)) == (outcome, 3)


def test_a_passive_failure_of_no_recipe_is_asked_for_by_itself() -> None:
    async def course() -> list[Judgement]:
        async with stage([a_check(EVERY_EXCHANGE, broken)], serving=flaky(2), seeded=False) as opened:
            await opened.session.send(get("/flaky"))
            return await judged(opened)

    (found,) = run(course())
    assert found.confirmed


def test_what_is_sent_again_carries_no_placeholder() -> None:
    recorded = get(
        headers=(("authorization", "Bearer «alice.token#1»"), ("accept", "text/csv")),
        query=(("api_key", "«alice.token#2»"), ("page", "2")),
        shared=True,
        identity=ALICE,
    )
    again = next(one_step(exchange(request=recorded)))
    assert isinstance(again, Request)
    assert (again.headers, again.query, again.shared) == ((("accept", "text/csv"),), (("page", "2"),), False)


def test_a_failure_of_a_resource_is_confirmed_on_that_resource() -> None:
    cats, dogs = crud("/cats"), crud("/dogs")
    asking = a_recipe(scope=Scope.RESOURCE)
    assert cats.read is not None
    seen = exchange(operation=cats.read)
    assert matches(task(asking, cats), seen)
    assert not matches(task(asking, dogs), seen)
    assert matches(task(a_recipe(scope=Scope.OPERATION), cats.read), seen)
    assert not matches(task(a_recipe(scope=Scope.OPERATION), cats.list), seen)
    assert matches(task(a_recipe()), seen)
    assert not matches(task(asking, cats), exchange())


# --- other evidence -----------------------------------------------------------------------------------------


def test_the_document_is_evidence() -> None:
    def titled(document: Document) -> Judged:
        return passed(note=document.title)

    (found,) = audited(a_check(DOCUMENT, titled))
    assert (found.subject, found.verdict.note) == (API, "Small")


def test_without_load_what_it_would_show_is_unsure() -> None:
    (found,) = audited(a_check(LOAD))
    assert (found.verdict.outcome, "--load" in found.verdict.unlock) == (Outcome.UNSURE, True)


def test_measured_load_is_judged() -> None:
    async def course() -> list[Judgement]:
        async with stage([a_check(LOAD, lambda load: passed(note=str(load.knee)))]) as opened:
            opened.engine.load = Load(knee=7.5)
            return await judged(opened)

    (found,) = run(course())
    assert found.verdict.note == "7.5"


def status_of(one: Exchange) -> int | None:
    return one.response.status if one.request.path == "/missing" else None


def test_the_whole_run_is_judged_last_and_shows_its_examples() -> None:
    def rule(facts: Sequence[Any]) -> Judged:
        return failed(f"{len(facts)} times", about=facts[0].subject)

    checks = (a_check(a_recipe(asks("/missing"))), a_check(whole_run(status_of), rule, id="tests.whole"))
    found = [one for one in audited(*checks) if one.check == "tests.whole"]
    assert outcomes(found) == [("GET /missing", "fail")]
    assert len(found[0].seen) == 1


def test_of_a_run_that_showed_nothing_nothing_is_said() -> None:
    rule = a_check(whole_run(status_of), lambda _facts: failed("never"))
    assert outcomes(audited(rule)) == [(API, "skip")]


@dataclass(frozen=True)
class Pair:
    one: Exchange
    others: tuple[Exchange, ...]
    words: str = ""


def test_the_exchanges_of_evidence_are_its_proof_each_once() -> None:
    control_, probe = (
        exchange(id="x1", request=get(role=Role.CONTROL)),
        exchange(id="x2", request=get(role=Role.PROBE)),
    )
    evidence = Pair(one=control_, others=(probe, control_))
    assert [(one.role, one.exchange) for one in seen_in(evidence)] == [(Role.CONTROL, "x1"), (Role.PROBE, "x2")]
    assert len(list(exchanges_in([evidence, "word", 7, None]))) == 3


def test_plain_evidence_is_proved_by_what_was_sent() -> None:
    def counted(_world: World) -> Steps[int]:
        for number in range(5):
            yield get(f"/{number}")
        return 5

    (found,) = audited(a_check(a_recipe(counted)))
    assert len(found.seen) == 3


def test_randomness_depends_on_the_subject_alone() -> None:
    def drawn(operation: Operation, world: World) -> Steps[float]:
        yield from ()
        return world.rng.random()

    rule = a_check(a_recipe(drawn, scope=Scope.OPERATION), lambda number: passed(note=str(number)))
    one, other = ([each.verdict.note for each in audited(rule)] for _ in range(2))
    assert one == other
    assert len(set(one)) == 4


def test_an_audit_of_things_as_a_third_party_would_write_it() -> None:
    """A check of others is the same thing as ours: nothing here is known to the engine by name."""

    def read_back(resource: Resource, world: World) -> Steps[Exchange]:
        made = yield from world.make(resource, cast("Any", world).caller())
        if resource.read is None:
            raise NotApplicable("nothing reads it")
        return (yield from ask(get(f"/things/{made.id}", operation=resource.read)))

    def rule(seen: Exchange) -> Judged:
        return passed() if seen.succeeded else failed("gone")

    assert outcomes(audited(a_check(a_recipe(read_back, scope=Scope.RESOURCE), rule))) == [("/things", "pass")]
    forgetful = app({**things(), "GET /things/*": lambda _asked: (404, {})})
    failing = audited(a_check(a_recipe(read_back, scope=Scope.RESOURCE, again=1), rule), serving=forgetful)
    assert outcomes(failing) == [("/things", "fail")]


def test_a_rule_may_skip() -> None:
    assert outcomes(audited(a_check(a_recipe(), lambda _evidence: skipped("no")))) == [(API, "skip")]
