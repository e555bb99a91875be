"""What is made of what a child told: every request counted once, in its second, its stage and its operation."""

from __future__ import annotations

import ast
import json
import math
from collections import Counter
from collections.abc import Callable
from importlib import resources
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.course.load_plan import LoadPlan, LoadRequest
from auditor.course.load_tally import Tally, percentile
from auditor.model import Load, LoadStage

SOURCE = resources.files("auditor.course").joinpath("locustfile.py").read_text("utf-8")


def child_function(name: str) -> Callable[[float], int]:
    """Take one pure function out of the Locust file, which a test must not import."""
    found = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.FunctionDef) and node.name == name)
    scope: dict[str, Any] = {"math": math}
    exec(compile(ast.Module(body=[found], type_ignores=[]), "locustfile.py", "exec"), scope)
    return cast("Callable[[float], int]", scope[name])


bucket = child_function("bucket")


def plan(*, stages: tuple[tuple[int, float], ...] = ((1, 2.0), (5, 2.0)), budget_ms: float | None = None) -> LoadPlan:
    made = tuple(LoadStage(users=users, seconds=seconds) for users, seconds in stages)
    read = LoadRequest(name="GET /items", method="GET", url="/items")
    return LoadPlan(host="http://127.0.0.1:1", requests=(read,), stages=made, budget_ms=budget_ms)


def row(second: int, stage: int, *, n: int = 1, failures: int = 0, refused: int = 0, us: int = 2000) -> list[Any]:
    answered = n - refused
    return [
        second,
        stage,
        "GET /items",
        {
            "n": {"requests": n, "failures": failures, "refused": refused},
            "latency": {str(us): answered} if answered else {},
            "answers": {"200": answered - failures, "500": failures, "429": refused},
        },
    ]


def line(*rows: list[Any], lag: dict[str, int] | None = None, **more: Any) -> bytes:
    return json.dumps({"rows": rows, "lag": lag or {}, **more}).encode()


def told(the_plan: LoadPlan, *lines: bytes) -> Load:
    tally = Tally(the_plan)
    for one in lines:
        tally.take(one)
    return tally.load()


# --- the histogram ------------------------------------------------------------------------------------------


@given(st.floats(min_value=100, max_value=1e9))
@example(999.9999999999999)
@example(1000.0)
@example(1004.9999999)
def test_a_bucket_is_at_most_half_a_percent_off(microseconds: float) -> None:
    assert abs(bucket(microseconds) - microseconds) <= 0.005 * microseconds * (1 + 1e-9)


@given(st.floats(min_value=0, max_value=100))
def test_a_bucket_of_little_is_at_most_half_a_microsecond_off(microseconds: float) -> None:
    assert abs(bucket(microseconds) - microseconds) <= 0.5 + 1e-9


@given(st.lists(st.floats(min_value=0, max_value=1e9), max_size=2))
def test_buckets_keep_the_order_of_values(values: list[float]) -> None:
    assert [bucket(value) for value in sorted(values)] == sorted(bucket(value) for value in values)


@given(st.lists(st.integers(0, 10**8), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    found = percentile(Counter(values), percent)
    assert found is not None
    within = sum(value / 1000 <= found for value in values)
    below = sum(value / 1000 < found for value in values)
    assert below * 100 < percent * len(values) <= within * 100


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ({}, 50, None),
        ({1500: 1}, 99, 1.5),
        ({1000: 1, 2000: 1}, 50, 1.0),
        ({1000: 95, 9000: 5}, 95, 1.0),
        ({1000: 94, 9000: 6}, 95, 9.0),
        ({1000: 99, 9000: 1}, 100, 9.0),
    ],
)
def test_percentiles_by_nearest_rank(values: dict[int, int], percent: int, expected: float | None) -> None:
    assert percentile(values, percent) == expected


# --- the tally ----------------------------------------------------------------------------------------------


def test_requests_count_for_the_stage_they_were_sent_in() -> None:
    load = told(
        plan(),
        line(row(0, 0, n=2), row(1, 0, n=3), second=0),
        line(row(2, 0), row(2, 1, n=10, us=8000), second=2),
        line(ended=4.0),
    )
    assert [(stage.users, stage.requests, stage.rps) for stage in load.stages] == [(1, 6, 3.0), (5, 10, 5.0)]
    assert [stage.p50_ms for stage in load.stages] == [2.0, 8.0]
    assert [(point.users, point.requests) for point in load.series] == [(1, 2), (1, 3), (5, 11)]


def test_refusals_are_neither_failures_nor_latencies() -> None:
    (stage,) = told(plan(stages=((1, 1),)), line(row(0, 0, n=10, refused=10), ended=1.0)).stages
    assert (stage.requests, stage.failures, stage.refused, stage.p50_ms) == (10, 0, 10, None)
    assert stage.answers["429"] == 10


def test_a_second_tells_its_refusals_and_its_slowest_answer() -> None:
    slow = row(1, 0, n=1, us=900_000)
    first, second = told(plan(), line(row(0, 0, n=9, refused=4), row(1, 0, n=30), slow, ended=2.0)).series
    assert (first.requests, first.refused, first.max_ms) == (9, 4, 2.0)
    assert (second.refused, second.p50_ms, second.p95_ms, second.max_ms) == (0, 2.0, 2.0, 900.0)


def test_a_stalled_second_is_a_point_with_nothing_in_it() -> None:
    series = told(plan(), line(row(0, 0), row(2, 1), ended=4.0)).series
    assert [(point.second, point.requests, point.p50_ms) for point in series] == [
        (0, 1, 2.0),
        (1, 0, None),
        (2, 1, 2.0),
    ]


def test_seconds_after_the_plan_have_no_users() -> None:
    assert told(plan(), line(row(6, 1), ended=4.0)).series[-1].users == 0


def test_a_stage_cut_short_says_how_long_it_was_and_later_ones_are_absent() -> None:
    (stage,) = told(plan(), line(row(0, 0, n=30, failures=30), ended=0.5, why="errors")).stages
    assert (stage.seconds, stage.failures, stage.rps) == (0.5, 30, 60.0)


def test_a_killed_child_counts_up_to_the_last_second_it_told() -> None:
    load = told(plan(), line(row(0, 0), second=0), line(row(2, 1), second=2))
    assert [stage.seconds for stage in load.stages] == [2.0, 1.0]


def test_a_child_that_told_nothing_leaves_an_empty_load() -> None:
    load = told(plan())
    assert (load.stages, load.series) == ((), ())
    assert [(operation.requests, operation.rps) for operation in load.operations] == [(0, 0.0)]


@pytest.mark.parametrize(("n", "has_p99"), [(999, False), (1000, True)])
def test_p99_needs_a_thousand_samples(n: int, has_p99: bool) -> None:
    load = told(plan(stages=((1, 1),)), line(row(0, 0, n=n), ended=1.0))
    assert (load.stages[0].p99_ms is not None) is has_p99
    assert (load.operations[0].p99_ms is not None) is has_p99


@pytest.mark.parametrize(
    ("lag", "cpu_warning", "budget_ms", "limited"),
    [
        ({}, False, None, False),
        ({"9000": 100}, False, None, False),
        ({"11000": 100}, False, None, True),
        ({"1000": 99, "50000": 1}, False, None, False),
        ({"1000": 98, "50000": 2}, False, None, True),
        ({"11000": 100}, False, 200.0, False),
        ({"21000": 100}, False, 200.0, True),
        ({}, True, None, True),
    ],
)
def test_the_generator_owns_up_to_being_slow(
    lag: dict[str, int], cpu_warning: bool, budget_ms: float | None, limited: bool
) -> None:
    load = told(plan(budget_ms=budget_ms), line(lag=lag, ended=4.0, cpu_warning=cpu_warning))
    assert load.client_limited is limited


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 50), st.integers(0, 50)), max_size=20))
def test_stages_series_and_operations_agree_on_the_sums(parts: list[tuple[int, int, int]]) -> None:
    rows = [row(second, second // 2, n=n + bad, failures=bad) for second, n, bad in parts]
    load = told(plan(), line(*rows, ended=4.0))
    for views in (load.stages, load.series, load.operations):
        assert sum(view.requests for view in views) == sum(n + bad for _, n, bad in parts)
        assert sum(view.failures for view in views) == sum(bad for *_, bad in parts)
