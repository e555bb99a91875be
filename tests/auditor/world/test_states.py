"""Which sequences are tried before an operation, in which order; and that a search ends."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.evidence import Steps, Unavailable
from auditor.model import Request
from auditor.world.states import at_most, deed_word
from auditor.world.world import SeededWorld
from tests.auditor.building import document, get, gives, takes, world

STATUS = {"type": "string", "enum": ["closed", "open", "shipped"]}
PATHS: dict[str, Any] = {
    "/orders": {"post": takes("note"), "get": gives()},
    "/orders/{id}": {"get": gives(), "patch": takes("note"), "delete": gives()},
    "/orders/{id}/lines": {"post": takes("article"), "get": gives()},
    "/orders/{id}/ship": {"post": gives()},
    "/orders/{id}/approve": {"post": gives()},
    "/orders/{id}/submit": {"post": gives()},
    "/orders/{id}/cancel": {"post": gives()},
    "/orders/{id}/reopen": {"post": gives()},
    "/orders/{id}/destroy": {"post": gives()},
    "/orders/{id}/note": {"put": takes("text"), "get": gives(), "delete": gives()},
    "/orders/{id}/status": {"put": takes(status=STATUS)},
    "/orders/{id}/restore": {"post": gives()},
    "/cart/items": {"post": takes("article")},
    "/cart/checkout": {"post": gives()},
    "/logout": {"post": gives()},
}


def tried(label: str) -> list[list[str]]:
    """The sequences for an operation, each deed by its last word or the state it sets."""
    made: SeededWorld = world(document(PATHS))
    operation = next(one for one in made.document.operations if one.label == label)
    return [
        [
            str(deed.given[0][2]) if deed.given else f"{deed.operation.method} {deed_word(deed.operation)}"
            for deed in deeds
        ]
        for deeds in made.states.sequences(operation)
    ]


def test_what_comes_before_is_tried_first_and_what_ends_last() -> None:
    first, everything, as_written = tried("POST /orders/{id}/ship")
    assert first == ["open", "POST lines", "PUT note", "POST submit", "POST approve"]
    assert everything.index("POST approve") < everything.index("shipped") < everything.index("POST cancel")
    assert "POST destroy" not in everything
    assert "POST cancel" not in as_written
    assert "PATCH orders" not in everything


def test_what_is_taken_back_comes_first_alone() -> None:
    assert tried("POST /orders/{id}/reopen")[0] == ["POST cancel"]
    assert tried("POST /orders/{id}/restore")[:2] == [["DELETE orders"], ["POST destroy"]]


def test_what_reads_or_removes_at_a_path_wants_what_puts_something_there() -> None:
    assert tried("GET /orders/{id}/note")[0] == ["PUT note"]
    assert tried("DELETE /orders/{id}/note")[0] == ["PUT note"]


def test_without_an_item_the_corner_of_the_api_is_looked_at() -> None:
    assert tried("POST /cart/checkout") == [["POST items"]]
    assert tried("POST /orders") == []
    assert tried("POST /logout") == []


# --- bounds -------------------------------------------------------------------------------------------------


def asking(times: int) -> Steps[str]:
    for number in range(times):
        yield get(f"/{number}")
    return "done"


def driven(steps: Steps[Any], *, failing: bool = False) -> tuple[int, Any]:
    """Answer every step, or refuse it; return how many there were and what came of it."""
    count = 0
    try:
        step = next(steps)
        while True:
            count += 1
            assert isinstance(step, Request)
            step = steps.throw(Unavailable("gone")) if failing else steps.send(None)
    except StopIteration as stop:
        return count, stop.value


@pytest.mark.parametrize(("times", "most", "asked", "value"), [(2, 5, 2, "done"), (5, 5, 5, "done"), (9, 5, 5, None)])
def test_a_search_sends_no_more_than_it_may(times: int, most: int, asked: int, value: str | None) -> None:
    assert driven(at_most(asking(times), most)) == (asked, value)


def test_what_is_thrown_reaches_the_search() -> None:
    def catching() -> Steps[str]:
        try:
            yield get("/")
        except Unavailable:
            return "caught"
        return "not thrown"

    assert driven(at_most(catching(), 5), failing=True) == (1, "caught")
