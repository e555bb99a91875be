from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given

from auditor.model import Response, Role, Seen
from reports.exchange import evidence, laid_out, marked, request_lines, response_lines
from tests.reports import building
from tests.reports.test_run_json import JSON


@given(JSON)
def test_layout_changes_no_value(value: object) -> None:
    assert json.loads(laid_out(json.dumps(value))) == value


@pytest.mark.parametrize(
    ("text", "laid"),
    [
        ('{"a":[],"b":{}}', '{\n  "a": [],\n  "b": {}\n}'),
        ('{"a": 1, "a": 2.50}', '{\n  "a": 1,\n  "a": 2.50\n}'),
        ('["[ ]", "\\"{"]', '[\n  "[ ]",\n  "\\"{"\n]'),
        ("{not json", "{not json"),
        ("plain", "plain"),
        ("1.50", "1.50"),
    ],
)
def test_layout_keeps_every_token(text: str, laid: str) -> None:
    assert laid_out(text) == laid


def test_a_long_body_is_cut_and_says_so() -> None:
    lines = request_lines(building.exchange("e", "POST", "/", 200, sent=b"x" * 18 * 1024))
    assert lines[-1] == "… 2 KB of 18 KB"


def test_a_body_the_recorder_cut_says_so() -> None:
    one = building.exchange("e", "GET", "/", 200, answer=b"x" * 9000)
    one = replace(one, response=replace(one.response, truncated=True))
    assert response_lines(one)[-1] == "… 2 KB of more than 8 KB"


def test_no_answer_is_told_with_its_reason() -> None:
    one = building.exchange("e", "GET", "/", 200)
    assert response_lines(replace(one, response=Response(status=0, problem="timed out"))) == ["timed out"]


def test_a_thousand_headers_are_counted() -> None:
    one = building.exchange("e", "GET", "/", 200, headers=[(f"x-{n}", "1") for n in range(1000)])
    assert "… 962 more headers" in request_lines(one)


def test_nothing_is_marked_where_everything_differs() -> None:
    assert not any(run.differs for run in marked([str(n) for n in range(40)], frozenset({"x"})))


def test_at_most_three_exchanges_are_shown_and_never_without_the_probe() -> None:
    finding = building.small_findings()[0]
    setups = tuple(Seen(role=Role.SETUP, exchange="e1") for _ in range(5))
    crowded = replace(finding, evidence=(*setups, *finding.evidence))
    assert [one.role for one in evidence(crowded, building.small_exchanges())] == ["setup", "control", "probe"]


def test_the_same_read_is_shown_once_and_the_same_write_as_often_as_it_was_sent() -> None:
    reads = {f"r{n}": building.exchange(f"r{n}", "GET", "/a", 200) for n in range(3)}
    writes = {f"w{n}": building.exchange(f"w{n}", "POST", "/a", 201, sent={"n": 1}) for n in range(2)}
    seen = tuple(Seen(role=Role.PROBE, exchange=name) for name in (*reads, *writes))
    shown = evidence(replace(building.small_findings()[0], evidence=seen), {**reads, **writes})
    assert [one.id for one in shown] == ["r0", "w0", "w1"]
