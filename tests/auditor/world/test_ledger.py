"""What the audit made is removed newest first, and what could not be is said."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from auditor.evidence import Steps
from auditor.model import Credential, Exchange, Identity, Request, Response
from auditor.world.ledger import Debt, Intent, Ledger
from tests.auditor.building import ALICE, BOB, run

CREATE = Intent(operation="POST /things", owner=ALICE, path="/things", marks=("mark",))


def never(_debt: Debt) -> Steps[bool]:
    """A removal whose steps nobody here follows."""
    yield from ()
    return True


def debt(what: str, key: str = "", **more: Any) -> Debt:
    return Debt(what=what, operation="DELETE /things/{id}", key=key, **more)


def deleted(path: str, status: int = 204, method: str = "DELETE", **more: Any) -> Exchange:
    request = Request(method=method, path=path, **more)
    return Exchange(id="x", request=request, response=Response(status=status))


class Removals:
    """Answers removals in turn, and notes how many were asked for."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, steps: Steps[bool]) -> bool:
        steps.close()
        self.asked += 1
        return self.answers.pop(0)


def test_the_newest_is_removed_first_and_a_refusal_is_a_leftover() -> None:
    ledger = Ledger()
    for name in ("first", "second", "third"):
        ledger.owe(debt(name))
    run(ledger.settle(Removals(True, False, False), never))
    assert ledger.leftovers == ["second", "first"]
    assert not ledger.debts


def test_what_nothing_removes_is_a_leftover_without_asking() -> None:
    ledger = Ledger()
    ledger.owe(Debt(what="an invoice"))
    asked = Removals()
    run(ledger.settle(asked, never))
    assert (ledger.leftovers, ledger.unpaid, asked.asked) == (["an invoice"], 0, 0)


def test_one_thing_is_owed_once_and_things_without_a_key_each() -> None:
    ledger = Ledger()
    for one in (debt("a", "/things/1"), debt("again", "/things/1"), debt("b"), debt("c")):
        ledger.owe(one)
    assert [one.what for one in ledger.debts] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("seen", "left"),
    [
        (deleted("/things/1"), ["other", "user"]),
        (deleted("/things/1", 200), ["other", "user"]),
        (deleted("/things/1", 202), ["other", "user"]),
        (deleted("/things/1", 404), ["thing", "other", "user"]),
        (deleted("/things/1", 403), ["thing", "other", "user"]),
        (deleted("/things/1", method="GET"), ["thing", "other", "user"]),
        (deleted("/things/12"), ["thing", "other", "user"]),
        (deleted(""), ["thing", "other", "user"]),
    ],
)
def test_a_removal_that_was_seen_is_owed_no_more(seen: Exchange, left: list[str]) -> None:
    ledger = Ledger()
    for one in (debt("thing", "/things/1"), debt("other", "/things/2"), debt("user")):
        ledger.owe(one)
    ledger.observe(seen)
    assert [one.what for one in ledger.debts] == left


def test_a_removal_that_is_observed_while_it_is_settled_takes_no_other_debt_with_it() -> None:
    ledger = Ledger()
    ledger.owe(debt("older", "/things/1"))
    ledger.owe(debt("newer", "/things/2"))
    removed: list[str] = []

    async def drive(steps: Steps[bool]) -> bool:
        steps.close()
        path = f"/things/{2 - len(removed)}"
        removed.append(path)
        ledger.observe(deleted(path))
        return True

    run(ledger.settle(drive, never))
    assert removed == ["/things/2", "/things/1"]
    assert not ledger.leftovers


def test_what_was_being_removed_when_the_time_was_up_is_a_leftover_too() -> None:
    ledger = Ledger()
    ledger.owe(debt("first"))
    ledger.owe(debt("second"))

    async def forever(steps: Steps[bool]) -> bool:
        steps.close()
        await asyncio.Event().wait()
        return True

    async def settled() -> None:
        async with asyncio.timeout(0.01):
            await ledger.settle(forever, never)

    with pytest.raises(TimeoutError):
        run(settled())
    ledger.give_up()
    assert sorted(ledger.leftovers) == ["first", "second"]
    assert not ledger.debts


# --- users --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "left"),
    [
        (deleted("/me", identity=ALICE), ["bob"]),
        (deleted("/me", method="POST", identity=ALICE), ["bob"]),
        (deleted("/me", 401, identity=ALICE), ["alice", "bob"]),
        (deleted("/me", identity=ALICE, credential=Credential()), ["alice", "bob"]),
        (deleted("/me"), ["alice", "bob"]),
    ],
)
def test_a_user_that_was_seen_to_leave_is_owed_no_more(seen: Exchange, left: list[str]) -> None:
    ledger = Ledger()
    for one in (debt("alice", user="alice"), debt("bob", user="bob")):
        ledger.owe(one)
    ledger.observe(seen, leaves=True)
    assert [one.what for one in ledger.debts] == left


def test_what_was_made_under_another_name_is_removed_by_who_bears_it_now() -> None:
    ledger, before = Ledger(), Identity("alice-before")
    ledger.owe(Debt(what="her account", operation="DELETE /me", owner=ALICE, user="alice"))
    ledger.owe(Debt(what="her thing", operation="DELETE /things/{id}", owner=ALICE))
    ledger.owe(Debt(what="his thing", operation="DELETE /things/{id}", owner=BOB))
    ledger.move(ALICE, before)
    assert [(one.owner, one.user) for one in ledger.debts] == [(before, "alice-before"), (before, ""), (BOB, "")]


# --- creates whose answer is out ----------------------------------------------------------------------------


def answer_to(request: Request, status: int, problem: str = "") -> Exchange:
    return Exchange(id="x", request=request, response=Response(status=status, problem=problem))


@pytest.mark.parametrize(
    ("status", "problem", "lost"),
    [(201, "", 0), (422, "", 0), (500, "", 0), (0, "timeout", 1), (0, "connection refused", 0), (0, "ReadError", 1)],
)
def test_a_create_is_lost_when_it_was_sent_and_never_answered(status: int, problem: str, lost: int) -> None:
    ledger, request = Ledger(), Request(method="POST", path="/things")
    ledger.intend(CREATE, request)
    ledger.answered(answer_to(request, status, problem))
    ledger.lose()
    assert len(ledger.lost) == lost


def test_two_creates_that_look_the_same_are_told_apart() -> None:
    ledger = Ledger()
    one, other = (Request(method="POST", path="/things") for _ in range(2))
    for request in (one, other):
        ledger.intend(CREATE, request)
    ledger.answered(answer_to(one, 201))
    ledger.lose()
    (lost,) = ledger.lost
    assert lost.number == 2


def test_what_may_have_been_made_is_a_leftover_until_it_was_looked_for() -> None:
    ledger, requests = Ledger(), [Request(method="POST", path="/things") for _ in range(2)]
    for request in requests:
        ledger.intend(CREATE, request)
    ledger.lose()
    ledger.found(ledger.lost[0])
    ledger.give_up()
    assert (ledger.leftovers, ledger.unpaid) == ([CREATE.what], 1)
