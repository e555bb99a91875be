"""What the audit made is removed newest first, and what could not be is said."""

from __future__ import annotations

import asyncio

import pytest

from auditor.evidence import Steps
from auditor.ledger import Debt, Ledger
from auditor.model import Exchange, Request, Response
from tests.auditor.building import run


def never() -> Steps[bool]:
    """A removal whose steps nobody here follows."""
    yield from ()
    return True


def debt(what: str, key: str = "") -> Debt:
    return Debt(what=what, steps=never, key=key)


def deleted(path: str, status: int = 204, method: str = "DELETE") -> Exchange:
    return Exchange(id="x", request=Request(method=method, path=path), response=Response(status=status))


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
    run(ledger.settle(Removals(True, False, False)))
    assert ledger.leftovers == ["second", "first"]
    assert not ledger.debts


def test_what_nothing_removes_is_a_leftover_without_asking() -> None:
    ledger = Ledger()
    ledger.owe(Debt(what="an invoice", steps=None))
    asked = Removals()
    run(ledger.settle(asked))
    assert (ledger.leftovers, asked.asked) == (["an invoice"], 0)


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

    run(ledger.settle(drive))
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
            await ledger.settle(forever)

    with pytest.raises(TimeoutError):
        run(settled())
    ledger.give_up()
    assert sorted(ledger.leftovers) == ["first", "second"]
    assert not ledger.debts
