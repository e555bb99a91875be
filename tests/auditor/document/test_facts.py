"""What has to be learned from raw answers: violations, undocumented statuses, errors dressed as success."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.document.facts import FactFinder, error_shape
from auditor.model import Facts, Json, Response
from tests.auditor.building import document, get
from tests.checks.building import exchange, reply

SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
THING = {"description": "a thing", "content": {"application/json": {"schema": SCHEMA}}}
DESCRIPTION = document({"/things": {"get": {"responses": {"200": THING, "404": {"description": "none"}}}}})
(READ,) = DESCRIPTION.document.operations


def facts(*answers: Response, documented: bool = True) -> Facts:
    """The facts of the last answer, after the others."""
    finder = FactFinder(DESCRIPTION)
    operation = READ if documented else None
    return [finder(exchange(one, request=get(operation=operation))) for one in answers][-1]


def test_a_body_that_departs_from_its_schema_is_a_violation() -> None:
    (found,) = facts(reply(200, {"id": "seven"})).violations
    assert (found.pointer, found.keyword) == ("/id", "type")


def test_a_body_that_keeps_its_schema_is_none() -> None:
    assert facts(reply(200, {"id": 7})) == Facts()


def test_half_a_body_is_not_held_against_a_schema() -> None:
    assert facts(replace(reply(200, {"id": "seven"}), truncated=True)).violations == ()


@pytest.mark.parametrize(("status", "expected"), [(200, True), (404, True), (500, False), (201, False)])
def test_a_status_is_documented_or_not(status: int, expected: bool) -> None:
    assert facts(reply(status, {"id": 7})).documented is expected


def test_silence_and_unknown_paths_are_held_against_nothing() -> None:
    assert facts(reply(0, problem="timeout")) == Facts()
    assert facts(reply(500, {"id": "x"}), documented=False) == Facts()


ERROR = {"error": "no such thing", "code": 7}


def test_a_success_in_the_shape_of_the_targets_errors_is_a_soft_error() -> None:
    assert not facts(reply(200, ERROR)).soft_error
    assert facts(reply(404, ERROR), reply(200, {"error": "another", "code": 8})).soft_error
    assert facts(reply(500, ERROR), reply(200, ERROR), documented=False).soft_error


@pytest.mark.parametrize(
    "later",
    [
        reply(200, {"error": "no code"}),
        reply(200, {"error": None, "code": 7}),
        reply(200, {"error": "", "code": 7}),
        reply(200, {"id": 7}),
        reply(200, text="error"),
        reply(404, ERROR),
        reply(302, ERROR),
    ],
)
def test_what_only_resembles_an_error_is_none(later: Response) -> None:
    assert not facts(reply(404, ERROR), later).soft_error


@pytest.mark.parametrize(
    ("body", "is_error"),
    [
        ({"error": "x"}, True),
        ({"errors": ["x"]}, True),
        ({"exception": "x"}, True),
        ({"success": False}, True),
        ({"status": "Error"}, True),
        ({"status": "fail", "data": None}, True),
        ({"success": True, "status": "ok"}, False),
        ({"status": "failed over", "id": 1}, False),
        ({"success": 0}, False),
        ({"errors": []}, False),
        ([{"error": "x"}], False),
        ("error", False),
        (None, False),
    ],
)
def test_an_error_is_told_by_what_it_says(body: Json, is_error: bool) -> None:
    assert bool(error_shape(reply(400, body))) is is_error


def test_only_json_has_a_shape() -> None:
    assert error_shape(reply(400, text='{"error": "x"}', headers={"content-type": "text/html"})) == frozenset()
