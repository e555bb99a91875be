"""Runs the command line as its users do, in a process and a folder of its own; sites that count what they get."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 90.0
"""No command of these tests takes longer, not even beside others."""
OURS = ("AUDITOR_", "NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS", "TERM", "PYTHON")


def environment(**variables: str) -> dict[str, str]:
    """The environment without what would change the output, and with `variables`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return plain | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", "COLUMNS": "120"} | variables


def auditor(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "auditor.cli", *words],
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def started(*words: str, cwd: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command; whatever happens, it does not outlive the test."""
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor.cli", *words],
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@dataclass(frozen=True, slots=True)
class Site:
    """What listens, and the requests that it got: `GET /openapi.json`."""

    address: str
    requests: list[str] = field(default_factory=list)


@contextmanager
def site(pages: Mapping[str, tuple[str, bytes]]) -> Iterator[Site]:
    """Serve pages, as path → (media type, body), on a free loopback port; everything else is a 404."""
    requests: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def answer(self) -> None:
            requests.append(f"{self.command} {self.path}")
            media, body = pages.get(self.path, ("application/json", b"{}"))
            self.send_response(200 if self.path in pages else 404)
            self.send_header("content-type", media)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
