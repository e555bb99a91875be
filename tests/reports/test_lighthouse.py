"""Lighthouse's accessibility audit of the HTML report, everything unfolded. Skipped where it or Chromium is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from auditor.model import Json
from reports.html import render
from tests import outside
from tests.reports import building

SCHEMES: Final = {"dark": 0, "light": 1}
"""Blink's PreferredColorScheme."""
CHROMIUM: Final = outside.found("chromium") or outside.found("chromium-browser") or outside.found("google-chrome")
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    '--host-resolver-rules="MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"',
)
_PATIENCE: Final = 240.0


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Lighthouse also asks for icons that are not there; nobody wants to read it."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the folder on loopback, for Lighthouse opens no files; yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def ended(command: Sequence[str], environment: dict[str, str]) -> None:
    """Run to the end. Chromium is in a group of its own: interrupting Lighthouse is what ends it."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            said, _ = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=30)
            raise
    assert process.returncode == 0, said.decode()


def accessibility(html: str, scheme: str, folder: Path) -> tuple[float, Json]:
    """Return the score, 0 to 1, and what took from it: audits with the elements they name."""
    lighthouse = outside.require("lighthouse")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    (folder / "report.html").write_text(html.replace("<details", "<details open"), "utf-8")
    flags = " ".join([*FLAGS, f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"])
    own = {
        "CHROME_PATH": CHROMIUM,
        "CI": "1",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "TMPDIR": str(folder),
    }
    with served(folder) as address:
        ended(
            [
                *(lighthouse, f"{address}/report.html", "--quiet", "--no-enable-error-reporting"),
                *("--only-categories=accessibility", "--throttling-method=provided", "--disable-full-page-screenshot"),
                *("--output=json", f"--output-path={folder / 'verdict.json'}", f"--chrome-flags={flags}"),
            ],
            {**os.environ, **own},
        )
    verdict = json.loads((folder / "verdict.json").read_text("utf-8"))
    assert "runtimeError" not in verdict
    wrong = {id: one["details"] for id, one in verdict["audits"].items() if one["score"] not in (1, None)}
    return verdict["categories"]["accessibility"]["score"], wrong


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_report_is_accessible(scheme: str, tmp_path: Path) -> None:
    html = render(building.small(), building.small_exchanges())
    assert accessibility(html, scheme, tmp_path) == (1, {})


def test_the_report_of_the_demo_is_accessible(tmp_path: Path) -> None:
    html = (outside.ROOT / "examples" / "report.html").read_text("utf-8")
    assert accessibility(html, "light", tmp_path) == (1, {})
