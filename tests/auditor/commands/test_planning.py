"""The plan says what would be asked at most, and sends nothing."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.check import Check, check
from auditor.commands.planning import Plan, plan
from auditor.evidence import EVERY_EXCHANGE, LOAD, Bound, Pace, Recipe, Scope, Steps, recipe
from auditor.model import Credential, Severity, passed
from auditor.settings.order import IdentityOrder, LoadOrder
from tests.auditor.building import app, gives, run, stage, takes


def a_recipe(
    name: str, requests: int, *, scope: Scope = Scope.OPERATION, after: tuple[Recipe[Any], ...] = (), wire: bool = False
) -> Recipe[Any]:
    def steps(*_: object) -> Steps[int]:
        yield from ()
        return 1

    steps.__name__ = name
    return recipe(scope=scope, pace=Pace.SHARED, at_most=Bound(requests=requests), after=after, wire=wire)(steps)


def a_check(id: str, on: Any, **more: Any) -> Check[Any]:
    return check(id, severity=Severity.LOW, standards=(), on=on, **more)(lambda _evidence: passed())


SHARED = a_recipe("shared", 3)
PARENT = a_recipe("parent", 5, scope=Scope.API)
CHILD = a_recipe("child", 2, scope=Scope.API, after=(PARENT,))


def planned(*checks: Check[Any], log: list[str] | None = None, **options: Any) -> Plan:
    async def course() -> Plan:
        async with stage(checks, seeded=False, serving=app({}, log), **options) as opened:
            return plan(opened)

    return run(course())


def test_nothing_is_sent() -> None:
    log: list[str] = []
    planned(a_check("a.one", SHARED), log=log)
    assert log == []


def test_a_family_asks_at_most_what_its_recipes_declare_on_every_subject() -> None:
    found = planned(a_check("a.one", SHARED), a_check("a.two", EVERY_EXCHANGE), a_check("b.one", PARENT))
    assert [(one.family, one.checks, one.recipes, one.subjects, one.requests) for one in found.families] == [
        ("a", 2, 1, 4, 12),
        ("b", 1, 1, 1, 5),
    ]
    assert found.operations == ("GET /things", "POST /things", "GET /things/{id}", "DELETE /things/{id}")
    assert found.requests == found.seeding + 17


def test_what_two_families_ask_is_asked_once() -> None:
    found = planned(a_check("a.one", SHARED), a_check("b.one", SHARED))
    assert [one.requests for one in found.families] == [12, 12]
    assert found.probing == 12


def test_parents_and_traffic_asked_for_belong_to_the_bound() -> None:
    (family,) = planned(a_check("a.one", CHILD)).families
    assert (family.recipes, family.requests) == (2, 7)
    (passive,) = planned(a_check("a.one", EVERY_EXCHANGE, also=(PARENT,))).families
    assert passive.requests == 5


ALICE, BOB = (IdentityOrder(name=name, credential=Credential()) for name in ("alice", "bob"))
OPEN = {"/register": {"post": takes("email", "password", public=True)}, "/things": {"get": gives()}}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "0 of 2 users"),
        ({"identities": (ALICE,)}, "1 of 2 users"),
        ({"identities": (ALICE, IdentityOrder(name="root", role="admin"))}, "1 of 2 users"),
        ({"identities": (ALICE, BOB)}, ""),
        ({"paths": OPEN}, ""),
        ({"paths": OPEN, "register": False}, "0 of 2 users"),
    ],
)
def test_missing_callers_are_known_beforehand(options: dict[str, Any], said: str) -> None:
    reasons = [one for one in planned(a_check("a.one", SHARED), **options).cannot if "users" in one]
    assert [said in one for one in reasons] == ([True] if said else [])


@pytest.mark.parametrize(
    ("on", "options", "word"),
    [
        (SHARED, {"writes": False}, "everything that writes"),
        (LOAD, {}, "behaviour under load"),
        (a_recipe("wired", 1, wire=True), {}, "needs a socket"),
    ],
)
def test_what_stays_unjudged_is_known_beforehand(on: Any, options: dict[str, Any], word: str) -> None:
    assert any(word in one for one in planned(a_check("a.one", on), **options).cannot)


def test_what_is_allowed_is_not_complained_of() -> None:
    found = planned(a_check("a.one", LOAD), load=LoadOrder(), identities=(ALICE, BOB))
    assert found.cannot == ()
