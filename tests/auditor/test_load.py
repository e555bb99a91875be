"""What the parent does with a plan and with what the child told; nothing here starts a process but one import."""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import math
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib import metadata, resources
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.load import (
    LoadPlan,
    LoadRequest,
    Tally,
    default_stages,
    embedded,
    environment,
    last_words,
    load_request,
    locust_version,
    percentile,
    recovers,
    scrubbed,
    write_privately,
)
from auditor.model import Credential, Load, LoadStage, Operation, Request

SOURCE = resources.files("auditor").joinpath("locustfile.py").read_text("utf-8")
SECRET = "s3cr3t-t0ken-42"


def child_function(name: str) -> Callable[[float], int]:
    """Take one pure function out of the Locust file, which a test must not import."""
    found = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.FunctionDef) and node.name == name)
    scope: dict[str, Any] = {"math": math}
    exec(compile(ast.Module(body=[found], type_ignores=[]), "locustfile.py", "exec"), scope)
    return cast("Callable[[float], int]", scope[name])


bucket = child_function("bucket")


def get(name: str = "GET /items", **more: Any) -> LoadRequest:
    return LoadRequest(**{"name": name, "method": "GET", "url": "/items", **more})


def plan(*requests: LoadRequest, stages: tuple[tuple[int, float], ...] = ((1, 2.0), (5, 2.0)), **more: Any) -> LoadPlan:
    made = tuple(LoadStage(users=users, seconds=seconds) for users, seconds in stages)
    return LoadPlan(**{"host": "http://127.0.0.1:1", "requests": requests or (get(),), "stages": made, **more})


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


def embedded_plan(text: str) -> Any:
    """Read the plan back as the child does: the value of the assignment to PLAN."""
    found = next(
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "PLAN"
    )
    assert isinstance(found.value, ast.Call)
    return json.loads(ast.literal_eval(found.value.args[0]))


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


# --- the plan -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "users", "seconds"),
    [
        ("short", [1, 5, 20], 2.0),
        ("quick", [1, 5, 10], 2.0),
        ("standard", [1, 5, 10, 20], 10.0),
        ("deep", [1, 5, 10, 20], 10.0),
    ],
)
def test_each_profile_has_its_stages(profile: str, users: list[int], seconds: float) -> None:
    stages = default_stages(profile)
    assert [stage.users for stage in stages] == users
    assert {stage.seconds for stage in stages} == {seconds}


@pytest.mark.parametrize("url", ["items", "@evil.example/", "http://evil.example/", ":81/"])
def test_a_load_request_cannot_leave_the_host(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with '/'"):
        get(url=url)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "ftp://127.0.0.1"},
        {"requests": ()},
        {"stages": ()},
        {"stages": ((0, 2.0),)},
        {"stages": ((1, 0.5),)},
    ],
)
def test_a_plan_that_cannot_run_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"load plan|stage"):
        plan(**wrong)


def test_a_weight_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="not positive"):
        get(weight=0)


def test_credentials_of_every_kind_are_written_into_the_request() -> None:
    operation = Operation(method="GET", path="/items/{id}")
    request = Request(
        method="GET",
        path="/items/7",
        operation=operation,
        query=(("q", "a b"),),
        headers=(("authorization", "old"), ("Accept", "*/*")),
    )
    credential = Credential(
        headers=(("Authorization", f"Bearer {SECRET}"),), query=(("key", "k/1"),), cookies=(("sid", "1"), ("x", "2"))
    )
    made = load_request(request, credential, weight=3, expect=(200, 404))
    assert (made.name, made.url) == ("GET /items/{id}", "/items/7?q=a%20b&key=k%2F1")
    assert made.headers == (("Accept", "*/*"), ("Authorization", f"Bearer {SECRET}"), ("Cookie", "sid=1; x=2"))
    assert (made.weight, made.expect) == (3, (200, 404))
    assert SECRET not in repr(made)


def test_a_request_without_credential_stays_as_it_is() -> None:
    made = load_request(Request(method="POST", path="/items", headers=(("A", "b"),), body=b"{}"))
    assert made == LoadRequest(name="POST /items", method="POST", url="/items", headers=(("A", "b"),), body=b"{}")


@given(st.text(), st.binary(), st.text())
def test_the_child_reads_the_very_plan_that_was_embedded(header: str, body: bytes, path: str) -> None:
    text = embedded(plan(get(url="/" + path, headers=(("X", header),), body=body), rate_per_user=2.5))
    read = embedded_plan(text)["requests"][0]
    assert (read["url"], read["headers"], base64.b64decode(read["body"])) == ("/" + path, [["X", header]], body)


def test_the_plan_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_privately(tmp_path / "plan", "x")
    assert stat.S_IMODE((tmp_path / "plan").stat().st_mode) == 0o600


def test_the_child_gets_no_stray_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCUST_USERS", "5000")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    given_to_child = environment(tmp_path)
    assert not [name for name in given_to_child if name.startswith(("LOCUST_", "PYTHONWARNINGS"))]
    assert given_to_child["HOME"] == str(tmp_path)


# --- secrets ------------------------------------------------------------------------------------------------

TOKENS = st.text("ab\"'\\é ", max_size=9).map(lambda middle: f"§{middle}¶¶¶")


@given(TOKENS, TOKENS)
def test_nothing_of_a_credential_survives_in_an_error_text(token: str, body: str) -> None:
    secret = plan(get(headers=(("Authorization", f"Bearer {token}"),), body=body.encode()))
    text = f"{embedded(secret)}\nwith {token!r}, {token} and {body}: {json.dumps(token)}"
    clean = scrubbed(text, secret)
    for form in (token, body, json.dumps(token)[1:-1], base64.b64encode(body.encode()).decode()):
        assert form not in clean


@pytest.mark.parametrize(
    "secret",
    [
        {"headers": (("Authorization", f"Bearer {SECRET}"),)},
        {"headers": (("X-Api-Key", SECRET),)},
        {"headers": (("Cookie", f"a=1; session={SECRET}"),)},
        {"url": f"/items?limit=1&key={SECRET}"},
        {"url": "/items?key=" + SECRET.replace("-", "%2D")},
        {"body": SECRET.encode()},
        {"body": json.dumps({"password": SECRET}).encode()},
        {"body": f"user=bob&password={SECRET}".encode()},
    ],
)
def test_wherever_a_secret_travels_it_is_scrubbed(secret: dict[str, Any]) -> None:
    assert scrubbed(f"a traceback with {SECRET}!", plan(get(**secret))) == "a traceback with ***!"


def test_the_users_part_of_the_host_is_scrubbed() -> None:
    assert scrubbed("no bob:hunter2 here", plan(host="http://bob:hunter2@127.0.0.1:1")) == "no *** here"


def test_the_log_is_scrubbed_before_it_is_cut(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x" * 1000 + SECRET + "y" * 590)
    said = last_words(tmp_path, plan(get(headers=(("A", SECRET),))))
    assert said == "x" * 7 + "***" + "y" * 590


def test_a_silent_child_is_said_to_be_silent(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("")
    assert last_words(tmp_path, plan()) == "it said nothing"


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


# --- recovery and import ------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [[True], [False, True], [False, False, True]])
def test_recovery_is_asked_for_until_it_is_there(answers: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.load.RECOVERY_PAUSE_SECONDS", 0.0)
    rest = iter(answers)

    async def ask() -> bool:
        return next(rest)

    assert asyncio.run(recovers(ask)) is True
    assert not list(rest)


def test_a_target_that_never_recovers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.load.RECOVERY_SECONDS", 0.02)

    async def no() -> bool:
        return False

    assert asyncio.run(recovers(no)) is False


def test_the_version_is_known_without_importing_locust() -> None:
    assert locust_version() == metadata.version("locust")


def test_a_missing_locust_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert locust_version() is None


def test_importing_load_never_imports_locust() -> None:
    looked = "import sys, auditor.load; print(*({'locust', 'gevent'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == ""
