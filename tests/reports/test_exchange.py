from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Response, Role, Seen
from reports.exchange import Shown, evidence, laid_out, marked, request_lines, response_lines
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


def _leak(message: str, *, check: str = "data.sensitive-fields") -> Shown:
    """Show a probe whose answer carries a hash, beside its control."""
    headers = (("content-type", "application/json"), ("date", "today"), ("x-powered-by", "Express"), ("etag", "1"))
    control = building.exchange("c", "GET", "/me", 200, role=Role.CONTROL, answer={"name": "a"})
    probe = building.exchange("p", "GET", "/me", 200, answer={"name": "a", "hash": "$argon2", "id": 1})
    every = {one.id: replace(one, response=replace(one.response, headers=headers)) for one in (control, probe)}
    seen = (Seen(role=Role.CONTROL, exchange="c"), Seen(role=Role.PROBE, exchange="p"))
    finding = replace(building.small_findings()[0], check=check, message=message, evidence=seen)
    return evidence(finding, every)[1]


def _marks(shown: Shown) -> list[str]:
    return [one.text.strip() for one in shown.response if one.differs]


def test_headers_that_say_nothing_are_folded() -> None:
    shown = _leak("in the answer /hash holds an unmasked value")
    assert shown.folded == ("date: today", "x-powered-by: Express", "etag: 1")
    assert "content-type: application/json" in "".join(one.text for one in shown.response)


def test_a_header_that_the_finding_names_is_shown_and_marked() -> None:
    shown = _leak("answers say x-powered-by: Express")
    assert "x-powered-by: Express" not in shown.folded
    assert _marks(shown) == ["x-powered-by: Express"]


@pytest.mark.parametrize("message", ["the answer has no X-Content-Type-Options", "200 without x-frame-options"])
def test_all_headers_are_shown_where_one_is_missing(message: str) -> None:
    assert not _leak(message).folded
    assert not _leak("anything", check="headers.hsts").folded


def test_the_member_that_the_finding_points_at_is_marked() -> None:
    assert _marks(_leak("in the answer /hash holds an unmasked value")) == ['"hash": "$argon2",']


def test_an_excerpt_is_marked_within_its_line() -> None:
    assert _marks(_leak("tells of the inside: $argon2")) == ["$argon2"]


def test_an_answer_is_marked_where_it_differs_but_not_for_its_id() -> None:
    assert _marks(_leak("one more member")) == ['"hash": "$argon2",']


def test_an_id_in_a_request_may_be_the_very_point() -> None:
    assert [one.differs for one in marked(['  "id": 2'], frozenset({'  "id": 1'}))] == [True]


def test_the_same_body_as_the_controls_is_said_so() -> None:
    exchanges = building.small_exchanges()
    exchanges["e3"] = replace(exchanges["e3"], response=exchanges["e2"].response)
    shown = evidence(building.small_findings()[0], exchanges)
    assert [one.same.partition(",")[0] for one in shown] == ["", "", "the control's body"]


def test_what_differs_is_shown_before_what_repeats() -> None:
    exchanges = {
        name: building.exchange(name, "POST", "/a", 200, purpose=purpose, sent={"n": name})
        for name, purpose in (("c1", ""), ("c2", ""), ("t1", "true"), ("t2", "true"), ("f1", "false"))
    }
    seen = tuple(Seen(role=Role.CONTROL if name[0] == "c" else Role.PROBE, exchange=name) for name in exchanges)
    shown = evidence(replace(building.small_findings()[0], evidence=seen), exchanges)
    assert [one.id for one in shown] == ["c1", "t1", "f1"]


@given(st.lists(st.text(max_size=20)), st.frozensets(st.text(max_size=20)))
def test_marking_loses_nothing(lines: list[str], known: frozenset[str]) -> None:
    assert "".join(one.text for one in marked(lines, known)) == "\n".join(lines)
