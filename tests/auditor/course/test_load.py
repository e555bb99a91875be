"""What the parent does with a plan, and what the child is given; nothing here starts a process but one import."""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.course.load import (
    LoadPlan,
    LoadRequest,
    default_stages,
    embedded,
    environment,
    last_words,
    load_request,
    recovers,
    scrubbed,
    write_privately,
)
from auditor.model import Credential, LoadStage, Operation, Request

SECRET = "s3cr3t-t0ken-42"


def get(name: str = "GET /items", **more: Any) -> LoadRequest:
    return LoadRequest(**{"name": name, "method": "GET", "url": "/items", **more})


def plan(*requests: LoadRequest, stages: tuple[tuple[int, float], ...] = ((1, 2.0), (5, 2.0)), **more: Any) -> LoadPlan:
    made = tuple(LoadStage(users=users, seconds=seconds) for users, seconds in stages)
    return LoadPlan(**{"host": "http://127.0.0.1:1", "requests": requests or (get(),), "stages": made, **more})


def embedded_plan(text: str) -> Any:
    """Read the plan back as the child does: the value of the assignment to PLAN."""
    found = next(
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "PLAN"
    )
    assert isinstance(found.value, ast.Call)
    return json.loads(ast.literal_eval(found.value.args[0]))


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
    assert made.headers == (("Accept", "*/*"), ("Authorization", f"Bearer {SECRET}"), ("cookie", "sid=1; x=2"))
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


# --- recovery and import ------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [[True], [False, True], [False, False, True]])
def test_recovery_is_asked_for_until_it_is_there(answers: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.course.load.RECOVERY_PAUSE_SECONDS", 0.0)
    rest = iter(answers)

    async def ask() -> bool:
        return next(rest)

    assert asyncio.run(recovers(ask)) is True
    assert not list(rest)


def test_a_target_that_never_recovers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.course.load.RECOVERY_SECONDS", 0.02)

    async def no() -> bool:
        return False

    assert asyncio.run(recovers(no)) is False


def test_importing_load_never_imports_locust() -> None:
    looked = "import sys, auditor.course.load; print(*({'locust', 'gevent'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == ""
