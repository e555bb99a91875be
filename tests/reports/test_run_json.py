from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.model import Audit
from reports.run_json import parse, render
from tests.reports import building

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


def audits() -> st.SearchStrategy[Audit]:
    """Any audit of schema version 1, every field filled by its type."""
    whole = {name: _several(hint) for name, hint in Audit.__annotations__.items() if hint.startswith("tuple[")}
    return st.builds(
        Audit,
        schema_version=st.just(1),
        suppressions=st.lists(JSON, max_size=2).map(tuple),
        comparison=JSON,
        run=_run(),
        **{name: one for name, one in whole.items() if name != "suppressions"},
    )


def _several(hint: str) -> st.SearchStrategy[tuple[Any, ...]]:
    import auditor.model as model

    name = hint.removeprefix("tuple[").partition(",")[0]
    inner = st.text() if name == "str" else st.from_type(getattr(model, name)) if name != "Json" else JSON
    return st.lists(inner, max_size=2).map(tuple)


def _run() -> st.SearchStrategy[Any]:
    from auditor.model import Run

    return st.builds(Run, config=st.dictionaries(st.text(), JSON, max_size=2))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(audits())
def test_what_is_written_is_read_back_the_same(audit: Audit) -> None:
    assert parse(render(audit)) == audit


def test_a_realistic_audit_is_read_back_the_same() -> None:
    assert parse(render(building.small())) == building.small()


def test_the_same_audit_gives_the_same_text() -> None:
    assert render(building.small()) == render(building.small())


def test_half_a_surrogate_pair_is_replaced_because_strict_parsers_refuse_it() -> None:
    audit = replace(building.small(), notes=("half a pair: \ud83d",))
    assert "\\ud83d" not in render(audit).encode().decode()
    assert parse(render(audit)).notes == ("half a pair: \ufffd",)


def test_what_is_not_finite_becomes_null() -> None:
    audit = replace(building.small(), client=replace(building.small().client, jitter_ms=float("nan")))
    assert parse(render(audit)).client.jitter_ms is None


def test_keys_of_a_later_version_are_ignored() -> None:
    data = json.loads(render(building.small()))
    data["weather"] = "fair"
    data["run"]["mood"] = 3
    assert parse(json.dumps(data)) == building.small()


def test_keys_with_a_default_may_be_absent() -> None:
    data = json.loads(render(building.small()))
    del data["load"], data["notes"]
    assert parse(json.dumps(data)) == replace(building.small(), load=None, notes=())


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["schema_version"], 2, "run.json: schema_version is 2, this version reads 1 only"),
        (["verdict"], "maybe", "run.json.verdict: 'maybe' is not one of pass, fail, inconclusive"),
        (["exit_code"], True, "run.json.exit_code: expected a whole number, found true or false"),
        (["exit_code"], "1", "run.json.exit_code: expected a whole number, found a string"),
        (["run"], [], "run.json.run: expected an object, found a list"),
        (["findings", 0, "severity"], None, "run.json.findings[0].severity: expected a string, found null"),
        (["findings", 0, "evidence", 0, "role"], "x", "role: 'x' is not one of control, probe, setup"),
        (["traffic", "by_status", "200"], 1.5, "run.json.traffic.by_status.200: expected a whole number"),
        (["hints"], "one", "run.json.hints: expected a list, found a string"),
        (["run", "config"], 7, "run.json.run.config: expected an object"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(path: list[Any], value: object, message: str) -> None:
    data = json.loads(render(building.small()))
    here = data
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(json.dumps(data))


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not JSON"), ("[]", "expected an object at the top"), ('{"schema_version": 1}', "tool is missing")],
)
def test_what_is_no_audit_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)
