"""Runs the bundled reference API: in the foreground for people, in a child process for demo and calibration."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.calibrating.switches import Switches
from auditor.errors import AuditorError, UsageError
from auditor.settings.order import IdentityOrder, LoginOrder

if TYPE_CHECKING:
    from fastapi import FastAPI

START_SECONDS = 30.0
CALIBRATING = "AUDITOR_CALIBRATING"
"""Set for child processes, to the settings that differ from calibration's own, as JSON."""
ADMIN = "root"
WIDE_LIMIT = {"rate_limit_requests": 600, "rate_limit_window_seconds": 3}
"""A limit that is real and honest, and wide enough not to be what an audit waits for."""


def require_reference() -> None:
    """Raises `UsageError` when the reference API's packages are not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("fastapi", "uvicorn", "sqlalchemy", "argon2", "jwt")):
        raise UsageError("the bundled API is not installed", "pip install 'backend-auditor[reference]'")


def switches() -> Switches:
    require_reference()
    from reference_app import AREAS, decoys, defects

    wrong, odd = defects.load(), decoys.load()
    return Switches(
        trips={name: one.trips for name, one in wrong.items()},
        decoys={name: one.check for name, one in odd.items()},
        stories={name: one.story for name, one in wrong.items()} | {name: one.story for name, one in odd.items()},
        composed=True,
        excludes={name: frozenset(one.excludes) for name, one in odd.items()},
        areas=tuple(tuple(f"*/{collection}*" for collection in area) for area in AREAS),
    )


def administrator() -> IdentityOrder:
    """The administrator that the reference API seeds for calibration."""
    from reference_app import calibration_settings

    settings = calibration_settings()
    secret = settings.admin_password.get_secret_value() if settings.admin_password else ""
    login = LoginOrder(
        operation="POST /api/v1/auth/login",
        body={"email": settings.admin_email or "", "password": secret},
        token_pointer="/access_token",
    )
    return IdentityOrder(name=ADMIN, role="admin", login=login)


def build(defects: Sequence[str], decoys: Sequence[str], *, overrides: Mapping[str, object] | None = None) -> FastAPI:
    """Build the application, as calibration wants it or, without `overrides`, as the environment says.

    Raises `UsageError` for a switch that does not exist.
    """
    require_reference()
    import reference_app
    from reference_app.switches import UnknownSwitch

    settings = reference_app.calibration_settings(**overrides) if overrides is not None else None
    try:
        return reference_app.create_app(settings, defects=defects, decoys=decoys)
    except UnknownSwitch as unknown:
        raise UsageError(str(unknown), "auditor serve --list names them all") from unknown


def serve(*, host: str, port: int, defects: Sequence[str], decoys: Sequence[str], listing: bool) -> int:
    """Serve until interrupted; prints where."""
    if listing:
        print_switches(switches())
        return 0
    calibrating = os.environ.get(CALIBRATING)
    app = build(defects, decoys, overrides=json.loads(calibrating) if calibrating else None)
    import uvicorn

    bound = bind(host, port)
    shown = f"http://{host}:{bound.getsockname()[1]}"
    print(f"listening on {shown} · document at {shown}/openapi.json", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False, proxy_headers=False)).run(
        sockets=[bound]
    )
    return 0


def bind(host: str, port: int) -> socket.socket:
    """Take the port now, so that what is printed is true. Raises `UsageError` when somebody has it."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as taken:
        bound.close()
        raise UsageError(
            f"cannot listen on {host}:{port}: {taken.strerror}", "choose another --port; 0 takes a free one"
        ) from taken
    return bound


def print_switches(known: Switches) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Switch", no_wrap=True)
    table.add_column("What it does")
    for name in (*known.trips, *known.decoys):
        table.add_row(name, known.stories[name])
    Console(highlight=False).print(table)


@contextmanager
def running(
    defects: Sequence[str], decoys: Sequence[str] = (), *, overrides: Mapping[str, object] | None = None
) -> Iterator[str]:
    """Run the reference API in a child process on a free loopback port; yields its address, ends it by its id.

    Raises `AuditorError` when it does not come up within half a minute.
    """
    command = [sys.executable, "-m", "auditor.cli", "serve", "--port", "0"]
    command += [word for name in defects for word in ("--defect", name)]
    command += [word for name in decoys for word in ("--decoy", name)]
    environment = {**os.environ, CALIBRATING: json.dumps(overrides or {})}
    with child(command, environment=environment, hint="auditor serve shows why") as address:
        yield address


@contextmanager
def child(
    command: Sequence[str], *, environment: Mapping[str, str], hint: str, cwd: Path | None = None
) -> Iterator[str]:
    """Run a server that says on its first line where it listens; yields its address, ends it by its id.

    Raises `AuditorError` with `hint` when it does not come up within half a minute.
    """
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(environment)
    )
    try:
        yield announced(process, hint=hint)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def announced(process: subprocess.Popen[str], *, hint: str = "auditor serve shows why") -> str:
    """Wait for the line that says where it listens, then for it to answer."""
    line = process.stdout.readline() if process.stdout is not None else ""
    words = line.split()
    if len(words) < 3:
        raise AuditorError("the bundled API did not start", hint)
    address = words[2]
    host, _, port = address.removeprefix("http://").rpartition(":")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return address
        time.sleep(0.05)
    raise AuditorError("the bundled API did not answer in time", hint)
