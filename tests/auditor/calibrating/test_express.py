"""The instrument in Express: what it needs of the machine, what it says without, and one cell of it for real."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import checks as bundled
from auditor.calibrating import calibration, express, instruments
from auditor.calibrating.cells import Cell, concerned
from auditor.calibrating.instruments import Instrument
from auditor.errors import UsageError
from tests.end_to_end.commands import auditor

NOSNIFF = "headers.nosniff"


@pytest.fixture(scope="module")
def ready() -> Iterator[Instrument]:
    try:
        with instruments.opened(instruments.Name.EXPRESS) as found:
            yield found
    except UsageError as missing:
        pytest.skip(missing.message)


def tool(folder: Path, name: str, script: str) -> None:
    """A command that does what a shell script says."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is installed, and whose PATH is the folder that is returned."""
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tools


# --- what is missing ----------------------------------------------------------------------------------------


def test_without_node_there_is_one_line_and_the_exit_code_of_usage(tmp_path: Path) -> None:
    ended = auditor("calibrate", "--target", "express", cwd=tmp_path, PATH=str(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines()[0] == "error: the Express API needs Node, and there is no node on the PATH"


def test_an_old_node_is_refused(machine: Path) -> None:
    tool(machine, "node", "echo v18.19.1")
    with pytest.raises(UsageError, match=r"needs Node 20 or newer; this is v18\.19\.1"), express.room():
        pass


def test_without_npm_a_folder_with_the_packages_is_asked_for(machine: Path) -> None:
    tool(machine, "node", "echo v20.20.2")
    with pytest.raises(UsageError, match="no npm on the PATH") as raised, express.room():
        pass
    assert "--express-modules" in raised.value.hint


def test_an_installation_that_fails_leaves_nothing_behind(machine: Path) -> None:
    tool(machine, "node", "echo v20.20.2")
    tool(machine, "npm", "/bin/mkdir node_modules; exit 7")
    with pytest.raises(UsageError, match=r"npm install failed \(exit 7\)"), express.room():
        pass
    assert list(express.cache_folder().iterdir()) == []


def test_a_folder_without_the_packages_is_refused(tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "express").mkdir(parents=True)
    with pytest.raises(UsageError, match="does not hold the packages"):
        express.given(tmp_path)


# --- what is there ------------------------------------------------------------------------------------------


def test_packages_are_installed_once_by_name_and_version(machine: Path, tmp_path: Path) -> None:
    tool(machine, "node", "echo v20.20.2")
    tool(machine, "npm", f'echo "$@" >> {tmp_path}/asked; /bin/mkdir node_modules')
    places = list[Path]()
    for _ in range(2):
        with express.room() as place:
            places.append(place)
            assert (place / "server.js").is_file()
            assert (place / "node_modules").resolve().is_relative_to(express.cache_folder())
    (asked,) = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked.startswith("install --no-package-lock --no-audit --no-fund --ignore-scripts")
    assert not any(one.exists() for one in places)


def test_packages_may_lie_where_the_user_says(tmp_path: Path) -> None:
    for name in express.wanted():
        (tmp_path / "node_modules" / name).mkdir(parents=True)
    assert express.given(tmp_path) == express.given(tmp_path / "node_modules") == tmp_path / "node_modules"


@pytest.mark.skipif(sys.platform == "win32", reason="XDG is for other systems")
def test_what_can_be_made_anew_lies_in_the_cache() -> None:
    assert express.cache_folder({"XDG_CACHE_HOME": "/var/cache/me"}) == Path("/var/cache/me/auditor")
    assert express.cache_folder({"XDG_CACHE_HOME": "relative"}) == Path.home() / ".cache" / "auditor"


# --- for real -----------------------------------------------------------------------------------------------


def test_a_cell_in_express_is_served_audited_and_ended(ready: Instrument) -> None:
    checks = tuple(bundled.load())
    held = concerned(checks, {NOSNIFF})
    result = calibration.one_cell(Cell(kind="defect", name=NOSNIFF, checks=held, expected=frozenset({NOSNIFF})), ready)
    assert (result.missing, result.unexpected, result.errors) == ((), (), ())


def test_the_instrument_names_checks_that_exist(ready: Instrument) -> None:
    calibration.complete(tuple(bundled.load()), ready)


def test_the_child_ends_with_its_cell(ready: Instrument) -> None:
    cell = Cell(kind="clean", name="clean", checks=())
    with ready.serve(cell) as served:
        port = int(served.address.rpartition(":")[2])
        assert listens(port)
    assert not listens(port)


def listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
