"""Recipes install what is pinned, start on loopback, and leave nothing running."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.backends import BACKENDS
from benchmarks.backends.recipe import (
    REQUIREMENTS,
    Backend,
    Credentials,
    Npm,
    Pip,
    Process,
    Site,
    call,
    free_port,
    started,
)

SERVER = """
import http.server, os, pathlib, socket, subprocess, sys
handed = os.environ.get("LISTEN_FDS")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
pathlib.Path("child").write_text(str(child.pid))
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler, not handed)
if handed:
    server.socket = socket.socket(fileno=3)
    server.server_activate()
server.serve_forever()
"""


def backend(handed: bool, server: str = SERVER) -> Backend:
    def start(site: Site) -> Process:
        port = 0 if handed else site.port
        return Process(command=(sys.executable, "-c", server, str(port)), listening=site.port if handed else None)

    return Backend(
        name="of the test",
        version="0",
        framework="",
        language="",
        stores="",
        asks_for="",
        packages=Npm((), ""),
        document="/",
        start=start,
        users=lambda _: Credentials({}, {}, {}),
    )


@pytest.mark.parametrize("handed", [False, True])
def test_nothing_that_a_backend_started_outlives_it(tmp_path: Path, handed: bool) -> None:
    port = free_port()
    site = Site(tmp_path, tmp_path, port, f"http://127.0.0.1:{port}")
    with started(backend(handed), site, tmp_path / "log", patience=30):
        assert call("GET", site.address).status == 200
        child = int((tmp_path / "child").read_text())
        assert psutil.pid_exists(child)
    assert not psutil.pid_exists(child)
    with pytest.raises(OSError, match=r"refused"):
        call("GET", site.address)


def test_a_backend_that_ends_at_once_is_told(tmp_path: Path) -> None:
    port = free_port()
    site = Site(tmp_path, tmp_path, port, f"http://127.0.0.1:{port}")
    broken = backend(False, "raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="code 3 before"), started(broken, site, tmp_path / "log"):
        pass


def test_every_package_is_pinned() -> None:
    for one in BACKENDS:
        if isinstance(one.packages, Pip):
            lines = (REQUIREMENTS / one.packages.file).read_text("utf-8").split()
            assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines), one.name
        else:
            assert all(re.fullmatch(r"@?[^@]+@[0-9.]+", package) for package in one.packages.packages), one.name


def test_the_same_callers_for_both_tools() -> None:
    made = Credentials.basic({"alice": "one", "bob": "two"})
    assert made.identities["bob"] == {"basic": {"username": "bob", "password": "${BOB}"}}
    assert made.secrets == {"ALICE": "one", "BOB": "two"}
    assert made.headers == {"Authorization": "Basic YWxpY2U6b25l"}
