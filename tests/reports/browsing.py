"""A headless Chromium driven over its debugging pipe: nothing to install beside the browser, no port to open."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_PATIENCE: Final = 60.0
_FLAGS: Final = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


class Browser:
    """One tab. Events since the last `open` are kept, for a test to ask what happened."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._buffer = b""
        self._number = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command and return its answer. Raises `AssertionError` when the browser refuses or is silent."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + _PATIENCE
        while True:
            answer = self._receive(until)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return dict(answer["result"])
            self.events.append(answer)

    def _receive(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser is silent"
            chunk = os.read(self._reading, 1 << 20)
            assert chunk, "the browser is gone"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))

    def wait_for(self, method: str) -> None:
        until = time.monotonic() + _PATIENCE
        while not any(one.get("method") == method for one in self.events):
            self.events.append(self._receive(until))

    def open(
        self, address: str, *, width: int = 1280, height: int = 900, scripts: bool = True, scheme: str = "light"
    ) -> None:
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=media)
        self.send("Emulation.setScriptExecutionDisabled", value=not scripts)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)
        for place in ("about:blank", address):
            self.events.clear()
            self.send("Page.navigate", url=place)
            self.wait_for("Page.loadEventFired")

    def ask(self, expression: str) -> Any:
        """Evaluate an expression of ours in the page."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        text = {"Enter": "\r"}.get(key, key)
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    @property
    def asked_for(self) -> list[str]:
        """The addresses that were requested since the page was opened, but for data: ones."""
        sent = [one["params"]["request"]["url"] for one in self.events if _is(one, "Network.requestWillBeSent")]
        return [one for one in sent if not one.startswith("data:")]

    @property
    def complaints(self) -> list[str]:
        """What stands in the console: errors, warnings, refusals by the policy."""
        wanted = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        return [json.dumps(one["params"]) for one in self.events if _is(one, *wanted)]


def _is(event: dict[str, Any], *methods: str) -> bool:
    return event.get("method") in methods


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start Chromium with its profile in `folder`; end it with the block."""
    theirs, writing = _high_pipe()
    reading, answers = _high_pipe()

    def places() -> None:
        os.dup2(theirs, 3)
        os.dup2(answers, 4)

    command = [str(CHROMIUM), *_FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, pass_fds=(3, 4), preexec_fn=places)
    os.close(theirs)
    os.close(answers)
    try:
        yield Browser(reading, writing)
    finally:
        process.kill()
        process.wait(timeout=_PATIENCE)
        os.close(reading)
        os.close(writing)


def _high_pipe() -> tuple[int, int]:
    """Open a pipe on descriptors that neither 3 nor 4 overwrites."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in low)
    for one in low:
        os.close(one)
    return high[0], high[1]
