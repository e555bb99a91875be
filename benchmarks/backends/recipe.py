"""A launch recipe: what to install, how to start it empty on loopback, whom to sign in, where its document is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

REQUIREMENTS = Path(__file__).parent / "requirements"


@dataclass(frozen=True, slots=True)
class Pip:
    """Packages of PyPI, each with its version, in `requirements/NAME.txt`."""

    file: str

    def install(self, folder: Path, log: Any) -> None:
        run([sys.executable, "-m", "venv", str(folder)], log)
        wanted = REQUIREMENTS / self.file
        run([str(folder / "bin" / "pip"), "install", "--quiet", "--no-deps", "--requirement", str(wanted)], log)

    def stamp(self) -> str:
        return (REQUIREMENTS / self.file).read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Npm:
    """Packages of npm as `name@version`; what they depend on is taken as it was on `before`."""

    packages: tuple[str, ...]
    before: str

    def install(self, folder: Path, log: Any) -> None:
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}')
        command = ["npm", "install", "--no-fund", "--no-audit", "--before", self.before, *self.packages]
        run(command, log, cwd=folder)

    def stamp(self) -> str:
        return json.dumps([self.packages, self.before])


@dataclass(frozen=True, slots=True)
class Site:
    """Where one start of a backend lives."""

    environment: Path
    """The installed packages: a virtual environment, or a folder with node_modules."""
    data: Path
    """An empty folder for what the backend stores; also its working folder and its HOME."""
    port: int
    """Where the backend listens, on 127.0.0.1."""
    address: str
    """How callers reach it: http://127.0.0.1:PORT of whatever stands in front of it."""

    def bin(self, name: str) -> str:
        return str(self.environment / "bin" / name)

    def module(self, path: str) -> str:
        return str(self.environment / "node_modules" / path)

    def packages(self) -> Path:
        """The site-packages of a virtual environment."""
        return next((self.environment / "lib").glob("python3.*")) / "site-packages"


@dataclass(frozen=True, slots=True)
class Process:
    """How to start the backend."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    """Left out: the data folder."""
    listening: int | None = None
    """A listening socket handed over as file descriptor 3, the way systemd does, for servers that know no host."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The same callers for both tools: for the one as its configuration, for the other as headers."""

    identities: Mapping[str, Any]
    """`identities` of auditor.yaml, secrets as ${VARIABLE}."""
    secrets: Mapping[str, str]
    headers: Mapping[str, str]
    """What the first of them sends with each request."""

    @classmethod
    def bearer(cls, tokens: Mapping[str, str]) -> Credentials:
        return cls(
            identities={name: {"bearer": variable(name)} for name in tokens},
            secrets={name.upper(): token for name, token in tokens.items()},
            headers={"Authorization": f"Bearer {next(iter(tokens.values()))}"},
        )

    @classmethod
    def basic(cls, passwords: Mapping[str, str]) -> Credentials:
        name, password = next(iter(passwords.items()))
        return cls(
            identities={one: {"basic": {"username": one, "password": variable(one)}} for one in passwords},
            secrets={one.upper(): password for one, password in passwords.items()},
            headers={"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()},
        )


def variable(name: str) -> str:
    """How auditor.yaml refers to the secret of `name`."""
    return f"${{{name.upper()}}}"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An operation that cannot succeed here, with the answer that shows it, recorded from this version."""

    operation: str
    status: int
    answer: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    name: str
    version: str
    framework: str
    language: str
    stores: str
    asks_for: str
    """What a caller has to show."""
    packages: Pip | Npm
    document: str
    """Path of the OpenAPI document."""
    mounted_at: str = ""
    """Where the document's paths begin."""
    start: Callable[[Site], Process]
    prepare: Callable[[Site], None] = lambda _: None
    """Runs before the start: makes the database, users by command line."""
    users: Callable[[Site], Credentials]
    """Runs after the start: makes users, signs in."""
    ready: str = "/"
    """A path that answers, with any status, once it is up."""
    exclusions: tuple[Exclusion, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def json(self) -> Any:
        return json.loads(self.body)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def call(
    method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None, timeout: float = 30
) -> Answer:
    """One request of the recipe's own; redirects are not followed, any status is an answer."""
    data = None if body is None else json.dumps(body).encode()
    sent = {**({"Content-Type": "application/json"} if data else {}), **(headers or {})}
    request = urllib.request.Request(url, data=data, headers=sent, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay())
    try:
        with opener.open(request, timeout=timeout) as answer:
            return Answer(answer.status, tuple(answer.headers.items()), answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, tuple(refused.headers.items()), refused.read())


def must(answer: Answer) -> Answer:
    """Raises RuntimeError unless it succeeded."""
    if not 200 <= answer.status < 300:
        raise RuntimeError(f"the recipe was answered {answer.status}: {answer.body[:300]!r}")
    return answer


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def run(command: list[str], log: Any, **options: Any) -> None:
    """Raises CalledProcessError; what it prints is in the log."""
    subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=True, **options)


def surroundings(site: Site, process_environment: Mapping[str, str]) -> dict[str, str]:
    """The machine's environment less what steers Python, with HOME in the data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "HOME": str(site.data), "PYTHONUNBUFFERED": "1", **process_environment}


@contextmanager
def started(backend: Backend, site: Site, log: Path, patience: float = 120) -> Iterator[Credentials]:
    """A fresh backend with its users, ended with everything that it started.

    Raises RuntimeError when it does not answer within `patience` seconds.
    """
    with log.open("w") as output:
        backend.prepare(site)
        process = backend.start(site)
        environment = surroundings(site, process.environment)
        with handed_over(process.listening) as (prelude, passed):
            running = subprocess.Popen(
                [*prelude, *process.command],
                env=environment,
                cwd=process.cwd or site.data,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=passed,
            )
        try:
            wait_for(backend, site, running, patience)
            yield backend.users(site)
        finally:
            end(running)


AS_DESCRIPTOR_3 = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_FDS"] = "1"
os.execvp(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def handed_over(port: int | None) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Yields what to put before the command, and the descriptors to pass, so that it finds a socket at `port` as 3."""
    if port is None:
        yield [], ()
        return
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
        number = listening.fileno()
        yield [sys.executable, "-c", AS_DESCRIPTOR_3, str(number)], (number,)


def wait_for(backend: Backend, site: Site, running: subprocess.Popen[bytes], patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if running.poll() is not None:
            raise RuntimeError(f"{backend.name} ended with code {running.returncode} before it answered")
        try:
            call("GET", f"http://127.0.0.1:{site.port}{backend.ready}", timeout=5)
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise RuntimeError(f"{backend.name} did not answer within {patience:.0f} s")


def end(running: subprocess.Popen[bytes]) -> None:
    """End the process and everything that it started, in whatever session."""
    try:
        started_by_it = psutil.Process(running.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        started_by_it = []
    running.terminate()
    try:
        running.wait(20)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait(10)
    for one in started_by_it:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(started_by_it, timeout=10)
