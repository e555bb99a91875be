"""Load: what the target does under modest concurrency, measured by Locust in a child process.

Importing Locust patches sockets, threads and time, so the auditor never does: `locustfile.py` goes to a private
folder with the plan inside, `python -m locust` runs it there, and what it counted comes back over a pipe every
second. A child that has to be killed has therefore told nearly everything.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from importlib import resources
from pathlib import Path
from urllib.parse import unquote, urlsplit

from auditor.course.load_plan import LoadPlan, LoadRequest, default_stages, load_request
from auditor.course.load_tally import Tally
from auditor.errors import AuditorError
from auditor.model import Json, Load, LoadPoint

__all__ = ["LoadFailed", "LoadPlan", "LoadRequest", "default_stages", "load_request", "run"]

STOP_AT_FAILED = 0.05
"""A stage in which more than this share failed is the last one (refusals are no failures)."""
RECOVERY_SECONDS = 10.0
RECOVERY_PAUSE_SECONDS = 0.5
STARTUP_SECONDS = 30.0
GRACE_SECONDS = 5.0
"""From SIGTERM to SIGKILL, and from there to not waiting any more."""
LINE_BYTES = 1 << 26
MARKER = '"__PLAN__"'
COMMAND = (
    *("-m", "locust", "-f", "locustfile.py", "--headless"),
    *("--only-summary", "--loglevel", "WARNING", "--exit-code-on-error", "0"),
)
WORDS = re.compile(r"""[^\s"'&=:,;{}\[\]]+""")
"""What a log may show alone of a header, a query or a body."""


class LoadFailed(AuditorError):
    """The load child did not do its work, through no fault of the target."""


async def run(
    plan: LoadPlan,
    *,
    recovery: Callable[[], Awaitable[bool]] | None = None,
    on_second: Callable[[LoadPoint], None] | None = None,
    stop: asyncio.Event | None = None,
) -> Load:
    """Put the load on the target and return what was measured.

    `recovery` sends one ordinary request and says whether it was answered normally; it is asked for up to 10 s.
    Setting `stop` ends the run early with what there is; so does a stage with more than 5 % errors. Stages that were
    never reached are absent. Cancelling ends the child first (SIGTERM, SIGKILL 5 s later).
    Raises `LoadFailed` when the child cannot work; its message holds no credentials.
    """
    tally = Tally(plan)
    with tempfile.TemporaryDirectory(prefix="auditor-load-") as folder:
        await measure(plan, Path(folder), tally, on_second, stop or asyncio.Event())
    recovered = await recovers(recovery) if recovery is not None else None
    return replace(tally.load(), recovered=recovered)


async def measure(
    plan: LoadPlan, folder: Path, tally: Tally, on_second: Callable[[LoadPoint], None] | None, stop: asyncio.Event
) -> None:
    cut_short = asyncio.Event()
    async with child(plan, folder) as process:
        limit = asyncio.create_task(end_early(process, plan, stop, cut_short))
        heard = asyncio.create_task(listen(process, tally, on_second))
        try:
            await asyncio.wait({limit, heard}, return_when=asyncio.FIRST_COMPLETED)
            with suppress(TimeoutError):  # of a pipe that somebody else holds open nobody hears the end
                async with asyncio.timeout(GRACE_SECONDS):
                    await heard
        finally:
            limit.cancel()
            heard.cancel()
    if not (tally.complete or stop.is_set() or cut_short.is_set()):
        raise LoadFailed(f"the load generator ended with code {process.returncode}: {last_words(folder, plan)}")


async def listen(
    process: asyncio.subprocess.Process, tally: Tally, on_second: Callable[[LoadPoint], None] | None
) -> None:
    """Take in what the child tells until it has ended; half a line is all that a killed one may leave last."""
    assert process.stdout is not None
    async for line in process.stdout:
        if not line.endswith(b"\n"):
            break
        second = tally.take(line)
        if second is not None and on_second is not None:
            on_second(tally.point(second))
    await process.wait()


@asynccontextmanager
async def child(plan: LoadPlan, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the child for as long as the block; afterwards there is none."""
    write_privately(folder / "locustfile.py", embedded(plan))
    log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *COMMAND,
            cwd=folder,
            env=environment(folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=LINE_BYTES,
            start_new_session=True,  # Ctrl-C in the terminal is the auditor's to pass on
        )
    finally:
        os.close(log)
    try:
        yield process
    finally:
        await end(process)
        process._transport.close()  # type: ignore[attr-defined]  # a pipe that is held open elsewhere ends here
        await asyncio.sleep(0)


async def end_early(
    process: asyncio.subprocess.Process, plan: LoadPlan, stop: asyncio.Event, cut_short: asyncio.Event
) -> None:
    """End the child when `stop` is set, or when it takes longer than it can need; `cut_short` says so beforehand.

    Once the child is ended, nobody knows which hears of it first: this task or the one that listens.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(plan.seconds + plan.timeout_seconds + STARTUP_SECONDS):
            await stop.wait()
    cut_short.set()
    await end(process)


async def end(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, upon which the child tells its last counts, then SIGKILL for it and all that it started.

    Its end is waited for, but not for ever: one that the system cannot end, or whose pipe somebody else holds open,
    must not hold up the removal of what the audit made.
    """
    if process.returncode is not None:
        return
    try:
        with suppress(ProcessLookupError):
            process.terminate()
        await ended(process)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await ended(process)


async def ended(process: asyncio.subprocess.Process) -> None:
    """Wait for the end of the child, a grace at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE_SECONDS):
            await process.wait()


async def recovers(recovery: Callable[[], Awaitable[bool]]) -> bool:
    """Ask until it is answered normally, for at most 10 s."""
    with suppress(TimeoutError):
        async with asyncio.timeout(RECOVERY_SECONDS):
            answered = await recovery()
            while not answered:
                await asyncio.sleep(RECOVERY_PAUSE_SECONDS)
                answered = await recovery()
            return True
    return False


# --- what the child is given --------------------------------------------------------------------------------


def embedded(plan: LoadPlan) -> str:
    """Return the Locust file with the plan inside."""
    source = resources.files("auditor.course").joinpath("locustfile.py").read_text("utf-8")
    return source.replace(MARKER, repr(json.dumps(plan_json(plan))), 1)


def plan_json(plan: LoadPlan) -> Json:
    return {
        "host": plan.host.rstrip("/"),
        "verify_tls": plan.verify_tls,
        "timeout": plan.timeout_seconds,
        "rate_per_user": plan.rate_per_user,
        "think": plan.think_seconds,
        "stages": [[stage.users, stage.seconds] for stage in plan.stages],
        "stop_at_failed": STOP_AT_FAILED,
        "requests": [request_json(request) for request in plan.requests],
    }


def request_json(request: LoadRequest) -> Json:
    return {
        "name": request.name,
        "method": request.method,
        "url": request.url,
        "headers": request.headers,
        "body": base64.b64encode(request.body).decode(),
        "weight": request.weight,
        "expect": request.expect,
    }


def write_privately(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def environment(folder: Path) -> dict[str, str]:
    """Return the child's environment: no stray Locust configuration, no compiled copy of the plan."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "PYTHONWARNINGS"))}
    own = {"HOME": str(folder), "AUDITOR_PARENT": str(os.getpid()), "PYTHONDONTWRITEBYTECODE": "1"}
    return kept | own


def last_words(folder: Path, plan: LoadPlan, *, most: int = 600) -> str:
    """Return the end of the child's log without anything the plan keeps secret."""
    text = (folder / "log").read_bytes()[-(1 << 16) :].decode("utf-8", "replace")
    return scrubbed(text, plan)[-most:].strip() or "it said nothing"


def scrubbed(text: str, plan: LoadPlan) -> str:
    """Replace header values, query values, bodies and the host's user part, in every form the log may hold."""
    forms = {form for secret in secrets_of(plan) for form in forms_of(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


def secrets_of(plan: LoadPlan) -> Iterable[str]:
    """Whole values and their parts: a log may show either."""
    yield urlsplit(plan.host).netloc.rpartition("@")[0]
    for request in plan.requests:
        yield base64.b64encode(request.body).decode()
        query = urlsplit(request.url).query
        for text in (
            query,
            unquote(query),
            request.body.decode("utf-8", "replace"),
            *(value for _, value in request.headers),
        ):
            yield text
            yield from (text.partition(" ")[2], *text.split(), *WORDS.findall(text))


def forms_of(secret: str) -> Iterable[str]:
    """As it is, as JSON and as JSON in a Python literal; what has under 4 characters would blot out everything."""
    if len(secret) >= 4:
        in_json = json.dumps(secret)[1:-1]
        yield from (secret, in_json, repr(in_json)[1:-1], repr(secret)[1:-1])
