"""What comes before what, and what takes what back."""

from __future__ import annotations

from itertools import pairwise

import pytest

from auditor.kinds.lifecycle import UNKNOWN, rank, undone_by


@pytest.mark.parametrize(
    "words",
    [
        ("draft", "addItems", "submit", "confirm", "approve", "pay", "publish", "start", "ship", "deliver", "complete"),
        ("pending", "approved", "paid", "processing", "shipped", "delivered", "returned", "closed"),
        ("open", "claim", "resolve", "close", "delete"),
        ("verify", "activate", "suspend", "deactivate", "archive", "destroy"),
    ],
)
def test_deeds_and_states_stand_in_the_order_of_a_life(words: tuple[str, ...]) -> None:
    ranks = [rank(word) for word in words]
    assert all(one < other for one, other in pairwise(ranks)), ranks


def test_a_word_that_nobody_knows_is_tried_in_the_middle() -> None:
    assert rank("frobnicate") == UNKNOWN
    assert rank("start") < UNKNOWN < rank("ship")


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("unpublish", "publish"), ("un-archive", "archive"), ("unlock", "lock"), ("restore", "delete"),
        ("reopen", "close"), ("resume", "pause"), ("refund", "pay"), ("return", "borrow"),
        ("leave", "join"), ("enable", "disable"),
    ],
)  # fmt: skip
def test_what_takes_something_back_wants_it_first(word: str, first: str) -> None:
    assert first in undone_by(word)


def test_most_deeds_take_nothing_back() -> None:
    assert undone_by("ship") == frozenset()
    assert undone_by("confirm") == frozenset()
