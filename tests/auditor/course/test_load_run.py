"""Real runs of the child against a small server on loopback. Nothing here asserts how long anything took."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from auditor.course import load as load_module
from auditor.course.load import LoadFailed, LoadPlan, LoadRequest, run
from auditor.model import Load, LoadPoint, LoadStage

SECRET = "s3cr3t-t0ken-42"
Handler = Callable[[bytes, asyncio.StreamWriter], None]


@contextmanager
def served(handle: Handler) -> Iterator[str]:
    """Serve in a thread of its own: `handle` gets each request's head and writes what it likes."""
    loop = asyncio.new_event_loop()
    opened: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.add(writer)
        try:
            while True:
                handle(await reader.readuntil(b"\r\n\r\n"), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(closed(server, opened), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def closed(server: asyncio.Server, opened: set[asyncio.StreamWriter]) -> None:
    server.close()
    for writer in opened:
        writer.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def reply(status: int) -> bytes:
    return b"HTTP/1.1 %d Said\r\ncontent-length: 2\r\n\r\nok" % status


def always(status: int) -> Handler:
    return lambda head, writer: writer.write(reply(status))


def by_path(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Answer with the status that the path names: "/429"."""
    writer.write(reply(int(head.split()[1][1:4])))


def hostile(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Say nothing, a byte now and then, or what is no gzip, as the path names."""
    kind = head.split()[1]
    if kind == b"/trickle":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        trickle(writer)
    elif kind == b"/garbage":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 4\r\n\r\nnope")


def trickle(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():
        writer.write(b".")
        asyncio.get_running_loop().call_later(0.1, trickle, writer)


def asking(host: str, *paths: str, stages: tuple[tuple[int, float], ...] = ((1, 1.0),), **more: Any) -> LoadPlan:
    requests = tuple(
        LoadRequest(name=f"GET {path}", method="GET", url=path, headers=(("Authorization", f"Bearer {SECRET}"),))
        for path in paths or ("/200",)
    )
    made = tuple(LoadStage(users=users, seconds=seconds) for users, seconds in stages)
    return LoadPlan(host=host, requests=requests, stages=made, **more)


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the module a folder to be found empty afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def children_in(folder: Path) -> list[int]:
    """Return the processes whose working directory is, or was, inside the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd").startswith(str(folder)):
                found.append(int(process.name))
        except OSError:
            continue
    return found


async def yes() -> bool:
    return True


def test_stages_refusals_and_seconds_are_counted(own_temporary_folder: Path) -> None:
    seconds: list[LoadPoint] = []
    with served(by_path) as host:
        plan = asking(host, "/200", "/429", stages=((1, 1.0), (4, 1.0)))
        load = asyncio.run(run(plan, recovery=yes, on_second=seconds.append))
    assert [(stage.users, stage.seconds) for stage in load.stages] == [(1, 1.0), (4, 1.0)]
    for stage in load.stages:
        assert set(stage.answers) == {"200", "429"}
        assert (stage.failures, stage.refused) == (0, stage.answers["429"])
        assert stage.requests == sum(stage.answers.values())
    assert {operation.operation: operation.p50_ms is None for operation in load.operations} == {
        "GET /200": False,
        "GET /429": True,
    }
    assert load.recovered is True
    assert [point.users for point in seconds[:2]] == [1, 4]
    assert SECRET not in repr(load)
    assert not list(own_temporary_folder.iterdir())


def test_errors_end_the_run_within_their_stage() -> None:
    with served(always(500)) as host:
        load = asyncio.run(run(asking(host, stages=((2, 5.0), (5, 5.0)))))
    (stage,) = load.stages
    assert stage.seconds < 5
    assert stage.failures == stage.requests == stage.answers["500"]
    assert load.recovered is None


def test_an_expected_status_is_no_failure_and_a_schedule_keeps_its_rate() -> None:
    with served(always(409)) as host:
        write = LoadRequest(name="POST /x", method="POST", url="/x", body=b"", expect=(201, 409))
        stages = (LoadStage(users=4, seconds=1.0),)
        load = asyncio.run(run(LoadPlan(host=host, requests=(write,), stages=stages, rate_per_user=10.0)))
    assert load.stages[0].failures == 0
    assert 0 < load.stages[0].requests <= 44


def test_whatever_a_hostile_target_does_is_counted_as_failure() -> None:
    paths = ("/silent", "/trickle", "/garbage")
    with served(hostile) as host:
        load = asyncio.run(run(asking(host, *paths, stages=((9, 1.0),), timeout_seconds=0.4)))
    assert {operation.operation for operation in load.operations if operation.requests} == {f"GET {p}" for p in paths}
    assert all(operation.failures == operation.requests for operation in load.operations)
    assert not any(answer.isdigit() for answer in load.stages[0].answers)


def test_stopping_keeps_what_was_counted_and_the_plan_was_gone_long_before(own_temporary_folder: Path) -> None:
    found: set[str] = set()

    async def stopped_after_the_first_second() -> Load:
        stop = asyncio.Event()

        def look(_: LoadPoint) -> None:
            found.update(path.name for path in own_temporary_folder.rglob("*") if path.is_file())
            stop.set()

        return await run(asking(host, stages=((1, 60.0),)), on_second=look, stop=stop)

    with served(always(200)) as host:
        load = asyncio.run(stopped_after_the_first_second())
    assert load.stages[0].requests > 0
    assert load.stages[0].seconds < 60
    assert found == {"log"}


def test_cancelling_leaves_no_process_and_no_plan(own_temporary_folder: Path) -> None:
    async def cancelled_after_the_first_second() -> list[int]:
        begun = asyncio.Event()
        running = asyncio.create_task(run(asking(host, stages=((1, 60.0),)), on_second=lambda _: begun.set()))
        await asyncio.wait_for(begun.wait(), 30)
        there = children_in(own_temporary_folder)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return there

    with served(always(200)) as host:
        there = asyncio.run(cancelled_after_the_first_second())
    assert len(there) == 1
    assert not children_in(own_temporary_folder)
    assert not list(own_temporary_folder.iterdir())


def test_a_child_that_cannot_work_says_why_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = f"raise RuntimeError('no luck with {SECRET}')\n"
    monkeypatch.setattr(load_module, "embedded", lambda plan: broken)
    with pytest.raises(LoadFailed, match=r"no luck with \*\*\*") as raised:
        asyncio.run(run(asking("http://127.0.0.1:1")))
    assert SECRET not in str(raised.value)


SLEEPS = "import time\ntime.sleep(600)\n"
ITS_OUTPUT_OUTLIVES_IT = """
import os, subprocess, time
outlive = "while kill -0 $0; do sleep 0.05; done 2>&-; sleep 0.1"
subprocess.Popen(["sh", "-c", outlive, str(os.getpid())], cwd="/")
time.sleep(600)
"""
"""Its end is noticed before the end of what it says, as happens to any child on a busy machine."""


@pytest.mark.parametrize("script", [SLEEPS, ITS_OUTPUT_OUTLIVES_IT], ids=["sleeps", "its output outlives it"])
def test_a_child_that_never_ends_is_ended(
    script: str, monkeypatch: pytest.MonkeyPatch, own_temporary_folder: Path
) -> None:
    monkeypatch.setattr(load_module, "embedded", lambda plan: script)
    monkeypatch.setattr(load_module, "COMMAND", ("locustfile.py",))
    monkeypatch.setattr(load_module, "STARTUP_SECONDS", -1.5)
    load = asyncio.run(run(asking("http://127.0.0.1:1", timeout_seconds=1.0)))
    assert load.stages == ()
    assert not children_in(own_temporary_folder)


HELD_OPEN = """
import subprocess, sys, time
holder = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd="/", start_new_session=True)
open(%r, "w").write(str(holder.pid))
time.sleep(600)
"""
"""Nobody hears the end of what this child says before its own child ends, which is in another session."""


def test_a_pipe_that_somebody_else_holds_open_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, own_temporary_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    holder = tmp_path_factory.mktemp("holder") / "pid"
    monkeypatch.setattr(load_module, "embedded", lambda plan: HELD_OPEN % str(holder))
    monkeypatch.setattr(load_module, "COMMAND", ("locustfile.py",))
    monkeypatch.setattr(load_module, "STARTUP_SECONDS", 2.0)
    monkeypatch.setattr(load_module, "GRACE_SECONDS", 0.1)
    try:
        load = asyncio.run(run(asking("http://127.0.0.1:1", timeout_seconds=1.0)))
        os.kill(int(holder.read_text()), 0)  # it lives, and was not waited for
    finally:
        os.kill(int(holder.read_text()), signal.SIGKILL)
    assert load.stages == ()
    assert not children_in(own_temporary_folder)


PARENT = """
import asyncio, sys
from auditor.course.load import LoadPlan, LoadRequest, run
from auditor.model import LoadStage
get = LoadRequest(name="GET /200", method="GET", url="/200")
plan = LoadPlan(host=sys.argv[1], requests=(get,), stages=(LoadStage(users=2, seconds=60.0),))
asyncio.run(run(plan, on_second=lambda _: print("begun", flush=True)))
"""


def test_the_child_ends_with_an_auditor_that_is_killed(own_temporary_folder: Path) -> None:
    deadline = time.monotonic() + 60
    with served(always(200)) as host:
        command = [sys.executable, "-c", PARENT, host]
        environ = {**os.environ, "TMPDIR": str(own_temporary_folder)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as parent:
            try:
                assert parent.stdout is not None
                assert parent.stdout.readline() == b"begun\n"
                assert children_in(own_temporary_folder)
            finally:
                parent.kill()
        while children_in(own_temporary_folder):
            assert time.monotonic() < deadline, "the load goes on"
            time.sleep(0.02)


def test_a_child_deaf_to_sigterm_is_killed_and_what_it_told_is_kept(
    monkeypatch: pytest.MonkeyPatch, own_temporary_folder: Path
) -> None:
    deaf = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        """print('{"rows": [], "lag": {}, "second": 0}\\n{"rows": [', end="", flush=True)\n"""
        "time.sleep(600)\n"
    )
    monkeypatch.setattr(load_module, "embedded", lambda plan: deaf)
    monkeypatch.setattr(load_module, "GRACE_SECONDS", 0.1)

    async def stopped() -> list[LoadPoint]:
        stop, told = asyncio.Event(), list[LoadPoint]()

        def take(point: LoadPoint) -> None:
            told.append(point)
            stop.set()

        await run(asking("http://127.0.0.1:1"), on_second=take, stop=stop)
        return told

    assert [point.second for point in asyncio.run(stopped())] == [0]
    assert not children_in(own_temporary_folder)
