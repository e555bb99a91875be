"""A name is a first guess: what sounds as if it wiped data goes last, and is not sent where nothing may be written."""

from __future__ import annotations

import pytest

from auditor.knowledge.harms import Harm, Harms, Reach, sounds_wiping
from auditor.model import Operation, Request
from tests.checks.building import operation

WIPING = ["/reset", "/api/reset-database", "/createdb", "/admin/flush_cache", "/db/truncate", "/v1/clear-all", "/seed"]
PLAIN = [
    "/things",
    "/seeds",
    "/carts/{id}/clear",
    "/auth/reset-password",
    "/password/reset",
    "/email/reset",
    "/purges/{id}",
    "/settings",
    "/clearance",
]


@pytest.mark.parametrize("path", WIPING)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_these_sound_as_if_they_wiped_everything(method: str, path: str) -> None:
    assert sounds_wiping(operation(method, path))


@pytest.mark.parametrize("path", PLAIN)
def test_these_do_not(path: str) -> None:
    assert not sounds_wiping(operation("POST", path))


def test_what_the_document_calls_an_operation_counts_as_well() -> None:
    assert sounds_wiping(Operation(method="GET", path="/api/v1/init", operation_id="resetDatabase"))
    assert not sounds_wiping(Operation(method="GET", path="/api/v1/init", operation_id="readInit"))


def harm(label: str, reach: Reach) -> Harm:
    return Harm(operation=label, reach=reach, effect="did it", proof="nothing else was asked")


def test_a_harm_to_everybody_is_not_made_smaller() -> None:
    harms, tour = Harms(), operation("GET", "/tour")
    assert harms.note(harm(tour.label, Reach.CALLER))
    assert (harms.its_caller(tour), harms.everybody(tour), harms.last(tour)) == (True, False, False)
    assert harms.note(harm(tour.label, Reach.EVERYBODY))
    assert not harms.note(harm(tour.label, Reach.CALLER))
    assert (harms.its_caller(tour), harms.everybody(tour), harms.last(tour)) == (True, True, True)
    assert harms.wiped


def test_words_alone_make_a_caller_disposable() -> None:
    harms = Harms()
    assert harms.its_caller(operation("POST", "/logout"))
    assert harms.once(operation("DELETE", "/me"))
    assert not harms.once(operation("GET", "/me"))


@pytest.mark.parametrize(
    ("asked", "nothing"),
    [
        (operation("GET", "/things"), True),
        (operation("GET", "/reset"), False),
        (operation("GET", "/tour"), False),
        (operation("POST", "/things"), False),
    ],
)
def test_a_get_that_is_known_better_writes(asked: Operation, nothing: bool) -> None:
    harms = Harms()
    harms.note(harm("GET /tour", Reach.CALLER))
    request = Request(method=asked.method, path=asked.path, operation=asked)
    assert harms.writes_nothing(request) is nothing
    assert harms.writes_nothing(Request(method="GET", path="/elsewhere"))
