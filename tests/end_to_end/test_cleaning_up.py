"""A run that is killed leaves a ledger, and `auditor cleanup` leaves nothing of it behind."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.commands import SECONDS, auditor, started
from tests.end_to_end.reference import served, stored
from tests.end_to_end.test_interrupting import PROMPTLY, wait_until

NOTHING: dict[str, list[str]] = {"users": [], "products": []}


def ledger_of(folder: Path) -> Path:
    return folder / "ledger.ndjson"


def wait_for_lines(count: int, process: subprocess.Popen[str], ledger: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not (ledger.is_file() and ledger.read_bytes().count(b"\n") >= count):
        assert process.poll() is None, "the command ended before it was killed"
        assert time.monotonic() < deadline, "the ledger never grew so long"
        time.sleep(0.005)


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PROMPTLY)


def cleaned(folder: Path, cwd: Path) -> None:
    """Clean up, and once more."""
    came = auditor("cleanup", str(folder), cwd=cwd)
    assert came.returncode == 0, came.stdout + came.stderr
    assert "left behind" not in came.stdout
    assert "removed or gone" in came.stdout or "nothing to clean up" in came.stdout
    assert not list(folder.glob("ledger*"))
    again = auditor("cleanup", str(folder), cwd=cwd)
    assert (again.returncode, again.stdout) == (0, f"{folder}: nothing to clean up\n")


@contextmanager
def own_state(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Run with a state folder of its own, which is empty in the end."""
    state = tmp_path / "state"
    yield {"XDG_STATE_HOME": str(state)}
    assert not list((state / "auditor").iterdir())


@pytest.mark.parametrize("lines", [2, 40, 700])
def test_whenever_a_run_is_killed_nothing_is_left(lines: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    with own_state(tmp_path) as state, served() as (address, _):
        monkeypatch.setenv("XDG_STATE_HOME", state["XDG_STATE_HOME"])
        with started("run", address, "-o", str(folder), cwd=tmp_path) as process:
            wait_for_lines(lines, process, ledger_of(folder))
            killed(process)
        assert stat.S_IMODE(ledger_of(folder).stat().st_mode) == 0o600
        assert not {"password", "Bearer", "token"} & set(ledger_of(folder).read_text("utf-8").replace('"', " ").split())
        cleaned(folder, tmp_path)
        assert stored(address) == NOTHING


def test_a_run_that_is_killed_while_it_cleans_up_is_cleaned_up(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    words = ("run", "--only", "headers", "--rate", "40/s", "-o", str(folder))
    with served() as (address, _), started(*words, address, cwd=tmp_path) as process:
        wait_until("cleanup", process, folder)
        killed(process)
        assert stored(address) != NOTHING
        cleaned(folder, tmp_path)
        assert stored(address) == NOTHING


def test_a_cleanup_that_is_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with served() as (address, _):
        with started("run", address, "-o", str(folder), cwd=tmp_path) as process:
            wait_for_lines(300, process, ledger_of(folder))
            killed(process)
        written = ledger_of(folder).read_bytes().count(b"\n")
        with started("cleanup", str(folder), cwd=tmp_path) as process:
            wait_for_lines(written + 3, process, ledger_of(folder))
            killed(process)
        cleaned(folder, tmp_path)
        assert stored(address) == NOTHING


def test_the_next_run_keeps_the_ledger_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with served() as (address, _):
        with started("run", address, "-o", str(folder), cwd=tmp_path) as process:
            wait_for_lines(60, process, ledger_of(folder))
            killed(process)
        second = auditor("run", address, "-o", str(folder), "--only", "headers", cwd=tmp_path)
        assert f"auditor cleanup {folder}" in second.stderr
        (kept,) = folder.glob("ledger*")
        assert kept.name != "ledger.ndjson"
        assert stored(address) != NOTHING
        cleaned(folder, tmp_path)
        assert stored(address) == NOTHING


def test_a_run_that_is_still_going_on_is_not_cleaned_up(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with served() as (address, _), started("run", address, "-o", str(folder), cwd=tmp_path) as process:
        wait_for_lines(20, process, ledger_of(folder))
        came = auditor("cleanup", str(folder), cwd=tmp_path)
        second = auditor("run", address, "-o", str(folder), cwd=tmp_path)
        assert (came.returncode, second.returncode) == (2, 2)
        assert "still going on" in came.stderr
        assert "still going on" in second.stderr
        assert (folder / "exchanges.ndjson").is_file()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PROMPTLY)
        assert (process.returncode, stored(address)) == (130, NOTHING)
    assert not list(folder.glob("ledger*"))


def test_what_cannot_be_reached_stays_in_the_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with served() as (address, server), started("run", address, "-o", str(folder), cwd=tmp_path) as process:
        wait_for_lines(30, process, ledger_of(folder))
        server.terminate()
        server.wait(PROMPTLY)
        process.communicate(timeout=PROMPTLY)
    notes = json.loads((folder / "run.json").read_text("utf-8"))["notes"]
    assert any(f"auditor cleanup {folder}" in one for one in notes)
    came = auditor("cleanup", str(folder), cwd=tmp_path)
    assert came.returncode == 3
    assert f"delete {ledger_of(folder)}" in came.stderr
    assert ledger_of(folder).is_file()


def a_user(address: str, name: str) -> tuple[str, str]:
    """Register somebody who is not the audit's; return the e-mail address and a token."""
    account = {"email": f"{name}@example.org", "password": "Correct7horse"}
    with httpx.Client(base_url=f"{address}/api/v1", trust_env=False) as client:
        client.post("/auth/register", json=account)
        return account["email"], client.post("/auth/login", json=account).json()["access_token"]


def test_what_configured_callers_made_is_removed_when_they_are_given_again(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with served() as (address, _):
        users = [a_user(address, name) for name in ("ann", "ben")]
        words = [word for email, token in users for word in ("--identity", f"{email.partition('@')[0]}={token}")]
        with started("run", address, *words, "-o", str(folder), cwd=tmp_path) as process:
            wait_for_lines(60, process, ledger_of(folder))
            killed(process)
        assert not [token for _, token in users if token in ledger_of(folder).read_text("utf-8")]
        without = auditor("cleanup", str(folder), cwd=tmp_path)
        assert without.returncode == 4
        assert "left behind" in without.stdout
        came = auditor("cleanup", str(folder), *words, cwd=tmp_path)
        assert (came.returncode, list(folder.glob("ledger*"))) == (0, []), came.stdout
        assert sorted(stored(address)["users"]) == sorted(email for email, _ in users), "whose they are not stay"
        assert stored(address)["products"] == []


def children_of(parent: int) -> list[int]:
    """Return the load generators that this audit started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"AUDITOR_PARENT={parent}\0".encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_a_run_that_is_killed_under_load_takes_its_load_along(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    words = ("run", "--only", "perf.load", "--load", "60s", "--users", "2", "-o", str(folder))
    with served() as (address, _), started(*words, address, cwd=tmp_path, TMPDIR=str(tmp_path)) as process:
        deadline = time.monotonic() + SECONDS
        while not children_of(process.pid):
            assert process.poll() is None, "the run ended before it was killed"
            assert time.monotonic() < deadline, "the load was never begun"
            time.sleep(0.02)
        killed(process)
        while children_of(process.pid):
            assert time.monotonic() < deadline, "the load goes on"
            time.sleep(0.02)
        cleaned(folder, tmp_path)
        assert stored(address) == NOTHING


def test_a_second_interrupt_names_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    words = ("run", "--only", "headers", "--rate", "20/s", "-o", str(folder))
    with served() as (address, _), started(*words, address, cwd=tmp_path) as process:
        wait_until("cleanup", process, folder)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        _, stderr = process.communicate(timeout=PROMPTLY)
        assert process.returncode == 130
        assert f"auditor cleanup {folder}" in stderr
        cleaned(folder, tmp_path)
        assert stored(address) == NOTHING
