"""An interrupted run cleans up after itself and says that it is not whole; so does one whose target dies."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.commands import SECONDS, started
from tests.end_to_end.reference import served, stored

PROMPTLY = 30.0
"""Seconds for removing what was made and writing the reports, on a busy machine."""


def wait_until(phase: str, process: subprocess.Popen[str], folder: Path) -> None:
    """Poll the recording until the first exchange of a phase is in it."""
    recording, wanted = folder / "exchanges.ndjson", f'"phase":"{phase}"'.encode()
    deadline = time.monotonic() + SECONDS
    while not (recording.is_file() and wanted in recording.read_bytes()):
        assert process.poll() is None, "the run ended before it was interrupted"
        assert time.monotonic() < deadline, f"{phase} was never begun"
        time.sleep(0.02)


# run.json is JSON of a shape that other tests hold.
def run_of(folder: Path) -> Any:
    return json.loads((folder / "run.json").read_text("utf-8"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_an_interrupted_run_leaves_nothing_behind_and_reports_what_it_saw(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    with served() as (address, _), started("run", address, "-o", str(folder), cwd=tmp_path) as process:
        wait_until("probing", process, folder)
        assert stored(address)["users"], "something is there to be removed"
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=PROMPTLY)
        assert process.returncode == code
        assert stored(address) == {"users": [], "products": []}
    run = run_of(folder)
    assert (run["run"]["complete"], run["run"]["stop_reason"]) == (False, "interrupted")
    assert (run["verdict"], run["exit_code"]) == ("inconclusive", code)
    assert run["leftovers"] == []
    assert "interrupted" in (folder / "report.html").read_text("utf-8")
    assert f"INCONCLUSIVE  interrupted · exit {code}" in stdout
    assert "Traceback" not in stderr


def test_an_interrupt_while_cleaning_up_changes_nothing_but_the_exit_code(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    words = ("run", "--only", "headers", "--rate", "40/s", "-o", str(folder))
    with served() as (address, _), started(*words, address, cwd=tmp_path) as process:
        wait_until("cleanup", process, folder)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=PROMPTLY)
        assert (process.returncode, stored(address)) == (130, {"users": [], "products": []})
    run = run_of(folder)
    assert (run["run"]["complete"], run["exit_code"], run["leftovers"]) == (True, 130, [])
    assert "exit 130" in stdout
    assert "Traceback" not in stderr


def test_an_interrupt_before_the_target_answers_ends_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PROMPTLY)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with started("run", address, cwd=tmp_path) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                stdout, stderr = process.communicate(timeout=PROMPTLY)
    assert (process.returncode, stdout) == (130, "")
    assert stderr.splitlines() == ["interrupted before there was anything to report"]
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_dies_while_it_is_probed_makes_the_run_inconclusive(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with served() as (address, server), started("run", address, "-o", str(folder), cwd=tmp_path) as process:
        wait_until("probing", process, folder)
        server.terminate()
        server.wait(PROMPTLY)
        stdout, stderr = process.communicate(timeout=PROMPTLY)
    run = run_of(folder)
    assert (process.returncode, run["exit_code"], run["verdict"]) == (4, 4, "inconclusive")
    assert not run["run"]["complete"]
    assert f"{address} stopped answering" in run["run"]["stop_reason"]
    assert run["leftovers"], "what could not be removed any more is named"
    assert [one for one in run["results"] if one["outcome"] in {"fail", "error"}] == []
    assert "stopped answering" in stdout
    assert "Traceback" not in stderr
    assert (folder / "report.html").is_file()
