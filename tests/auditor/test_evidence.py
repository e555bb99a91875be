"""Recipes as data, and the questions that families share, driven by lists."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from auditor.evidence import (
    ABSENT,
    ONCE,
    STATE,
    Bound,
    Change,
    Contrast,
    NotApplicable,
    Pace,
    Scope,
    Stage,
    Steps,
    Unavailable,
    World,
    anonymous,
    contrasted,
    control,
    fresh_values,
    left_behind,
    recipe,
    renewed,
    repeat,
    shows_effect,
    values_of,
)
from auditor.model import Exchange, Json, Location, Operation, Request, Response, Role
from tests.checks.building import ALICE, FakeWorld, crud, exchange, operation, reply

THINGS = crud()
READ, MODIFY, REMOVE, CREATE = (
    one for one in (THINGS.read, THINGS.modify, THINGS.remove, THINGS.create) if one is not None
)
WORLD = FakeWorld(resources=(THINGS,))


def driven(steps: Steps[object], answers: Sequence[Response]) -> tuple[object, list[Request]]:
    """Answer each request in turn; return the value and what was asked."""
    asked: list[Request] = []
    left = list(answers)
    try:
        step = next(steps)
        while isinstance(step, Request):
            asked.append(step)
            step = steps.send(exchange(left.pop(0), request=step))
    except StopIteration as stop:
        assert not left, f"{len(left)} answers were not asked for"
        return stop.value, asked
    raise AssertionError(f"a step that is no request: {step}")


def purposes(asked: Sequence[Request]) -> list[str]:
    return [f"{one.method} {one.purpose}" for one in asked]


# --- recipes as data ----------------------------------------------------------------------------------------


def test_a_recipe_is_named_by_its_module_and_function() -> None:
    assert (anonymous.name, anonymous.scope, anonymous.pace) == ("evidence.anonymous", Scope.OPERATION, Pace.SHARED)
    assert anonymous.docs.startswith("Ask with credentials, without, and with again")
    assert anonymous.evidence_type is Contrast


def test_failures_are_confirmed_once_unless_said_otherwise() -> None:
    def steps(_world: World) -> Steps[int]:
        yield from ()
        return 1

    made = recipe(at_most=Bound(requests=1))(steps)
    assert made.confirm == repeat(1)
    assert (STATE.again, ONCE.again) == (0, 0)
    assert made.docs == "test_evidence.steps"


@pytest.mark.parametrize(("value", "sent"), [("x" * 100, "x" * 80), (7, "7"), (ABSENT, ""), (None, "None")])
def test_a_change_says_what_was_sent(value: Json, sent: str) -> None:
    mutation = Change(location=Location.BODY, pointer="/items/0/sku", value=value, kind="odd").mutation
    assert (mutation.value, mutation.place, mutation.kind) == (sent, "body/items/*/sku", "odd")


# --- controls -----------------------------------------------------------------------------------------------


def staged(one: Operation, *, once: bool = False) -> Stage:
    return Stage(operation=one, actor=ALICE, bindings={"id": "7"}, once=once)


@pytest.mark.parametrize(("one", "again", "shared"), [(READ, False, True), (READ, True, False), (MODIFY, False, False)])
def test_only_the_first_control_of_a_read_is_shared(one: Operation, again: bool, shared: bool) -> None:
    _, (asked,) = driven(control(staged(one), WORLD, again=again), [reply(200, {})])
    assert (asked.shared, asked.role) == (shared, Role.CONTROL)


@pytest.mark.parametrize("status", [302, 401, 404, 500])
def test_a_control_that_fails_makes_everything_unavailable(status: int) -> None:
    with pytest.raises(Unavailable, match=f"the control was answered {status}"):
        driven(control(staged(READ), WORLD), [reply(status)])


def test_a_stage_that_is_used_up_is_made_anew() -> None:
    kept = staged(MODIFY)
    assert driven(renewed(kept, WORLD), []) == (kept, [])
    fresh, asked = driven(renewed(staged(REMOVE, once=True), WORLD), [reply(201, {"id": "8"})])
    assert isinstance(fresh, Stage)
    assert fresh.bindings["id"] == "8"
    assert purposes(asked) == ["POST an object"]


# --- contrasts ----------------------------------------------------------------------------------------------


def changed(stage: Stage) -> Request:
    return WORLD.request(stage, purpose="changed")


def test_a_read_is_asked_three_times() -> None:
    came, asked = driven(contrasted(READ, WORLD, changed), [reply(200, {}), reply(401, {}), reply(200, {})])
    assert isinstance(came, Contrast)
    assert purposes(asked) == ["GET the control", "GET changed", "GET the control again"]
    assert (came.changed.response.status, came.effect) == (401, None)


def test_a_write_that_was_answered_is_read_back() -> None:
    created = reply(201, {"id": "8"})
    stored = reply(200, {"title": "stored"})
    came, asked = driven(
        contrasted(MODIFY, WORLD, changed), [created, reply(200, {}), reply(200, {}), stored, reply(200, {})]
    )
    assert isinstance(came, Contrast)
    assert purposes(asked)[-2:] == ["GET what the write left behind", "PATCH the control again"]
    assert came.effect is not None
    assert came.effect.response == stored


def test_a_refused_write_left_nothing_behind() -> None:
    answers = [reply(201, {"id": "8"}), reply(200, {}), reply(403, {}), reply(200, {})]
    came, _ = driven(contrasted(MODIFY, WORLD, changed), answers)
    assert isinstance(came, Contrast)
    assert came.effect is None


def test_each_removal_has_an_object_of_its_own() -> None:
    answers = [
        *(reply(201, {"id": "8"}), reply(204)),
        *(reply(201, {"id": "9"}), reply(204), reply(404, {})),
        *(reply(201, {"id": "10"}), reply(204)),
    ]
    came, asked = driven(contrasted(REMOVE, WORLD, changed), answers)
    assert isinstance(came, Contrast)
    assert [one.path for one in asked if one.method == "DELETE"] == ["/things/8", "/things/9", "/things/10"]
    assert came.took_effect()


def test_a_control_that_fails_afterwards_leaves_no_contrast() -> None:
    with pytest.raises(Unavailable, match="the control again was answered 401"):
        driven(contrasted(READ, WORLD, changed), [reply(200, {}), reply(401), reply(401)])


def test_where_the_control_used_up_what_it_was_about_each_question_has_an_object_of_its_own() -> None:
    answers = [
        *(reply(201, {"id": "8"}), reply(200, {}), reply(409, {}), reply(409, {})),
        *(reply(201, {"id": "9"}), reply(200, {})),
        *(reply(201, {"id": "10"}), reply(401, {}), reply(200, {})),
    ]
    came, asked = driven(contrasted(MODIFY, WORLD, changed), answers)
    assert isinstance(came, Contrast)
    assert came.changed.response.status == 401
    paths = [one.path for one in asked if one.method == "PATCH"]
    assert paths == ["/things/8", "/things/8", "/things/8", "/things/9", "/things/10", "/things/10"]


def test_what_is_refused_afterwards_on_an_object_of_its_own_too_leaves_no_contrast() -> None:
    answers = [
        *(reply(201, {"id": "8"}), reply(200, {}), reply(401, {}), reply(403, {})),
        *(reply(201, {"id": "9"}), reply(200, {})),
        *(reply(201, {"id": "10"}), reply(401, {}), reply(403, {})),
    ]
    with pytest.raises(Unavailable, match="the control again was answered 403"):
        driven(contrasted(MODIFY, WORLD, changed), answers)


def test_an_open_operation_has_nothing_to_refuse() -> None:
    with pytest.raises(NotApplicable):
        driven(anonymous.steps(operation("GET", "/open", security=()), WORLD), [])


def test_the_anonymous_question_carries_no_credentials() -> None:
    _, asked = driven(anonymous.steps(READ, WORLD), [reply(200, {}), reply(401), reply(200, {})])
    assert [one.identity.anonymous for one in asked] == [False, True, False]


def test_what_a_create_left_behind_is_read_where_it_was_made() -> None:
    made = exchange(reply(201, {"id": "8"}), operation=CREATE, method="POST", path="/things")
    _, (asked,) = driven(left_behind(staged(CREATE), made, WORLD), [reply(200, {})])
    assert (asked.method, asked.path, asked.role) == ("GET", "/things/8", Role.SETUP)


def test_where_nothing_can_be_read_back_nothing_is() -> None:
    alone = operation("POST", "/alone", body={})
    assert driven(left_behind(staged(alone), exchange(operation=alone), WORLD), []) == (None, [])
    nameless = exchange(reply(201, {}), operation=CREATE)
    assert driven(left_behind(staged(CREATE), nameless, WORLD), []) == (None, [])


# --- effects ------------------------------------------------------------------------------------------------


def written(body: Json, method: str = "PATCH") -> Request:
    return exchange(method=method, json=body).request


@pytest.mark.parametrize(
    ("sent", "stored", "shown"),
    [
        ({"title": "aud-fresh-0001"}, reply(200, {"title": "aud-fresh-0001"}), True),
        ({"title": "aud-fresh-0001"}, reply(200, {"nested": [{"title": "aud-fresh-0001"}]}), True),
        ({"title": "aud-fresh-0001"}, reply(200, {"title": "something else"}), False),
        ({"title": "short"}, reply(200, {"title": "short"}), False),
        ({"title": "aud-fresh-0001"}, reply(403, {"title": "aud-fresh-0001"}), False),
        ({"title": "aud-fresh-0001"}, reply(200, text="aud-fresh-0001"), False),
    ],
)
def test_a_write_took_effect_where_a_fresh_value_is_stored(sent: Json, stored: Response, shown: bool) -> None:
    assert shows_effect(written(sent), exchange(stored)) is shown


def test_what_the_control_knew_already_proves_nothing() -> None:
    before = exchange(reply(200, {"kind": "enumerated"}), json={"kind": "enumerated"})
    read = exchange(reply(200, {"kind": "enumerated"}))
    assert shows_effect(written({"kind": "enumerated"}), read)
    assert not shows_effect(written({"kind": "enumerated"}), read, control=before)


@pytest.mark.parametrize(("status", "gone"), [(404, True), (410, True), (200, False), (403, False), (500, False)])
def test_a_removal_took_effect_where_the_object_is_gone(status: int, gone: bool) -> None:
    assert shows_effect(written({}, "DELETE"), exchange(reply(status, {}))) is gone


def test_telling_values_of_a_question_and_its_answer() -> None:
    seen: Exchange = exchange(reply(200, {"a": "answered"}), json={"q": "questioned"})
    assert values_of(seen) == {"answered", "questioned"}
    assert values_of(exchange(reply(200, text="no json"))) == frozenset()
    assert fresh_values({"a": "12345678", "b": "1234567"}) == {"12345678"}


def test_an_answer_is_the_same_but_for_what_moves_by_itself() -> None:
    first, again = (exchange(reply(200, {"name": "Katherine", "at": at})) for at in ("10:00", "10:01"))
    other = exchange(reply(200, {"name": "Katherine", "at": "10:02"}))
    nobody = exchange(reply(200, {"name": "Nobody", "at": "10:00"}))
    assert Contrast(control=first, changed=other, again=again).same_answer()
    assert Contrast(control=first, changed=other, again=again).volatile == {"/at"}
    assert not Contrast(control=first, changed=nobody, again=again).same_answer()
    assert not Contrast(control=first, changed=other, again=again).took_effect()
