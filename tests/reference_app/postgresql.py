"""A PostgreSQL server for tests, where Debian's package is installed."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.db.database import Database

START_SECONDS = 60.0
NUMBERS = count(1)
TEMPLATE = "template_market"


def installed() -> Path | None:
    """The folder of the server's programs; None where there are none."""
    found = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    on_path = shutil.which("initdb")
    return found[-1] if found else (Path(on_path).parent if on_path else None)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `fresh` makes a database without rows and returns its URL."""

    programs: Path
    port: int

    def fresh(self) -> str:
        """Copied from a migrated one, which is quicker than migrating each."""
        name = f"market{next(NUMBERS)}"
        self._create("--template", TEMPLATE, name)
        return self._url(name)

    def prepare(self) -> None:
        self._create(TEMPLATE)
        database = Database(self._url(TEMPLATE), no_rows)
        asyncio.run(prepared(database))

    def _create(self, *arguments: str) -> None:
        address = ("--host=127.0.0.1", f"--port={self.port}", "--username=tester")
        subprocess.run([self.programs / "createdb", *address, *arguments], check=True, timeout=START_SECONDS)

    def _url(self, name: str) -> str:
        return f"postgresql+asyncpg://tester@127.0.0.1:{self.port}/{name}"


async def no_rows(_: AsyncSession) -> None: ...


async def prepared(database: Database) -> None:
    await database.prepare()
    await database.dispose()


@contextmanager
def running(programs: Path, folder: Path) -> Iterator[Server]:
    """Start a server on a free loopback port, its data in `folder`; stop it at the end.

    PostgreSQL refuses to run as root, so root lends it the account of Debian's package.
    """
    account = "postgres" if os.geteuid() == 0 else None
    data = folder / "data"
    data.mkdir()
    if account is not None:
        shutil.chown(data, account)
        for parent in (folder, *folder.parents[:3]):
            parent.chmod(parent.stat().st_mode | 0o011)
    initdb = ("initdb", "--pgdata", str(data), "--auth=trust", "--username=tester", "--no-sync", "--encoding=UTF8")
    assert started(programs, initdb, account).wait(timeout=START_SECONDS) == 0, "initdb failed"
    port = free_port()
    options = ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "fsync=off")
    server = started(
        programs, ("postgres", "-D", str(data), *(part for one in options for part in ("-c", one))), account
    )
    try:
        wait_for(port, server)
        one = Server(programs, port)
        one.prepare()
        yield one
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


def started(programs: Path, command: tuple[str, ...], account: str | None) -> subprocess.Popen[bytes]:
    program, *arguments = command
    quiet = subprocess.DEVNULL
    return subprocess.Popen([programs / program, *arguments], user=account, stdout=quiet, stderr=quiet, cwd="/")


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("PostgreSQL did not start")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
