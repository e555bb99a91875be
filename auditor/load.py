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
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib import metadata, resources
from itertools import accumulate
from pathlib import Path
from urllib.parse import unquote, urlsplit

from auditor.errors import AuditorError
from auditor.model import Credential, Json, Load, LoadOperation, LoadPoint, LoadStage, Request

STOP_AT_FAILED = 0.05
"""A stage in which more than this share failed is the last one (refusals are no failures)."""
SAMPLES_FOR_P99 = 1000
LAG_MS = 10.0
"""The generator may be this late (p99), or a tenth of the budget, before its numbers are its own."""
RECOVERY_SECONDS = 10.0
RECOVERY_PAUSE_SECONDS = 0.5
STARTUP_SECONDS = 30.0
GRACE_SECONDS = 5.0
"""From SIGTERM to SIGKILL."""
LINE_BYTES = 1 << 26
MARKER = '"__PLAN__"'
COMMAND = ("-m", "locust", "-f", "locustfile.py", "--headless", "--only-summary")
WORDS = re.compile(r"""[^\s"'&=:,;{}\[\]]+""")
OPTIONS = ("--loglevel", "WARNING", "--exit-code-on-error", "0")


class LoadFailed(AuditorError):
    """The load child did not do its work, through no fault of the target."""


# --- the plan -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """A golden request with its share in the mix. All but the label may hold credentials: kept out of `repr`.

    `url` is path and query as sent, relative to the plan's host. Without `expect`, 2xx and 3xx are successes.
    """

    name: str
    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    weight: float = 1.0
    expect: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.url.startswith("/"):
            raise ValueError(f"{self.name}: a load request goes to the plan's host, its url must begin with '/'")
        if self.weight <= 0:
            raise ValueError(f"{self.name}: weight {self.weight} is not positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What to send, how many at once and how long.

    Of a stage only `users` and `seconds` (1 or more) are read. With `rate_per_user` (requests/s) every user keeps a
    schedule and latency counts from the due time; without, a user asks again `think_seconds` after its answer, which
    under-counts stalls. `budget_ms` is the latency that matters, if any does.
    """

    host: str = field(repr=False)
    requests: tuple[LoadRequest, ...]
    stages: tuple[LoadStage, ...]
    verify_tls: bool = True
    timeout_seconds: float = 10.0
    rate_per_user: float | None = None
    think_seconds: float = 0.0
    budget_ms: float | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.host).scheme not in {"http", "https"}:
            raise ValueError("the host of a load plan begins with http:// or https://")
        if not self.requests or not self.stages:
            raise ValueError("a load plan needs at least one request and one stage")
        if any(stage.users < 1 or stage.seconds < 1 for stage in self.stages):
            raise ValueError("a stage has at least 1 user and lasts at least 1 s")

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)


def default_stages(profile: str) -> tuple[LoadStage, ...]:
    """Return the stages of a profile: "quick", "standard", "deep", or "short" for demos and calibration."""
    users, seconds = {
        "short": ((1, 5, 20), 2.0),
        "quick": ((1, 5, 10), 2.0),
        "standard": ((1, 5, 10, 20), 10.0),
        "deep": ((1, 5, 10, 20), 10.0),
    }[profile]
    return tuple(LoadStage(users=count, seconds=seconds) for count in users)


def load_request(
    request: Request, credential: Credential | None = None, *, weight: float = 1.0, expect: tuple[int, ...] = ()
) -> LoadRequest:
    """Make a request repeatable outside the session: the credential is written into it."""
    sent = request.credential or credential or Credential()
    cookies = "; ".join(f"{name}={value}" for name, value in sent.cookies)
    replaced = {name.lower() for name, _ in sent.headers}
    kept = tuple(pair for pair in request.headers if pair[0].lower() not in replaced)
    return LoadRequest(
        name=request.operation.label if request.operation else f"{request.method} {request.path}",
        method=request.method,
        url=replace(request, query=(*request.query, *sent.query)).url,
        headers=(*kept, *sent.headers, *((("Cookie", cookies),) if cookies else ())),
        body=request.body,
        weight=weight,
        expect=expect,
    )


def locust_version() -> str | None:
    """Return the installed version, None when there is none; without importing it."""
    try:
        return metadata.version("locust")
    except metadata.PackageNotFoundError:
        return None


# --- running it ---------------------------------------------------------------------------------------------


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
        try:
            await listen(process, tally, on_second)
        finally:
            limit.cancel()
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
            *OPTIONS,
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
    """SIGTERM, upon which the child tells its last counts, then SIGKILL."""
    if process.returncode is not None:
        return
    try:
        with suppress(ProcessLookupError, TimeoutError):
            process.terminate()
            async with asyncio.timeout(GRACE_SECONDS):
                await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
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
    source = resources.files("auditor").joinpath("locustfile.py").read_text("utf-8")
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


# --- what it tells ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Counts:
    """Requests of one place and time; latencies in buckets of microseconds, refusals left out of them."""

    requests: int = 0
    failures: int = 0
    refused: int = 0
    latencies: Counter[int] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, counts: Json) -> Counts:
        latencies = Counter({int(microseconds): n for microseconds, n in counts["latency"].items()})
        return cls(**counts["n"], latencies=latencies, answers=Counter(counts["answers"]))

    def add(self, other: Counts) -> None:
        self.requests += other.requests
        self.failures += other.failures
        self.refused += other.refused
        self.latencies.update(other.latencies)
        self.answers.update(other.answers)

    def ms(self, percent: int) -> float | None:
        return percentile(self.latencies, percent)

    @property
    def p99_ms(self) -> float | None:
        return self.ms(99) if self.latencies.total() >= SAMPLES_FOR_P99 else None


def percentile(microseconds: Mapping[int, int], percent: int) -> float | None:
    """Return the nearest-rank percentile in milliseconds of values by how often they occurred; None of none."""
    rank = -(-sum(microseconds.values()) * percent // 100)
    for value in sorted(microseconds):
        rank -= microseconds[value]
        if rank <= 0:
            return value / 1000
    return None


class Tally:
    """What a child has told so far."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.seconds: dict[int, dict[tuple[int, str], Counts]] = {}
        self.lag: Counter[int] = Counter()
        self.ended: float | None = None
        self.cpu_warning = False

    @property
    def complete(self) -> bool:
        return self.ended is not None

    def take(self, line: bytes) -> int | None:
        """Read one line; return the second that it completes, counted from 0."""
        told = json.loads(line)
        for second, stage, operation, counts in told["rows"]:
            cell = self.seconds.setdefault(second, {}).setdefault((stage, operation), Counts())
            cell.add(Counts.read(counts))
        self.lag.update({int(microseconds): n for microseconds, n in told["lag"].items()})
        self.ended = told.get("ended", self.ended)
        self.cpu_warning |= told.get("cpu_warning", False)
        second = told.get("second")
        return None if second is None else int(second)

    def load(self) -> Load:
        return Load(
            stages=self.stages(),
            series=tuple(self.point(second) for second in range(max(self.seconds, default=-1) + 1)),
            operations=self.operations(),
            client_limited=self.client_limited,
        )

    @property
    def client_limited(self) -> bool:
        allowed = max(LAG_MS, 0.1 * (self.plan.budget_ms or 0.0))
        return self.cpu_warning or (percentile(self.lag, 99) or 0.0) > allowed

    @property
    def lasted(self) -> float:
        """Seconds of load; of a killed child, up to the last second told."""
        told = max(self.seconds, default=-1) + 1.0
        return min(told if self.ended is None else self.ended, self.plan.seconds)

    def point(self, second: int) -> LoadPoint:
        counts = total(self.seconds.get(second, {}).values())
        return LoadPoint(
            second=second,
            users=self.users_at(second),
            requests=counts.requests,
            failures=counts.failures,
            p50_ms=counts.ms(50),
            p95_ms=counts.ms(95),
        )

    def users_at(self, second: int) -> int:
        """Return the plan's users at the start of a second; 0 once only requests in flight are waited for."""
        ends = accumulate(stage.seconds for stage in self.plan.stages)
        return next((stage.users for stage, end in zip(self.plan.stages, ends, strict=True) if second < end), 0)

    def stages(self) -> tuple[LoadStage, ...]:
        ends = accumulate(stage.seconds for stage in self.plan.stages)
        every = enumerate(zip(self.plan.stages, ends, strict=True))
        return tuple(
            self.stage(index, stage.users, min(stage.seconds, self.lasted - end + stage.seconds))
            for index, (stage, end) in every
            if self.lasted > end - stage.seconds
        )

    def stage(self, index: int, users: int, seconds: float) -> LoadStage:
        cells = (cell for second in self.seconds.values() for (stage, _), cell in second.items() if stage == index)
        counts = total(cells)
        return LoadStage(
            users=users,
            seconds=round(seconds, 3),
            requests=counts.requests,
            failures=counts.failures,
            refused=counts.refused,
            rps=round(counts.requests / seconds, 2),
            p50_ms=counts.ms(50),
            p95_ms=counts.ms(95),
            p99_ms=counts.p99_ms,
            answers=dict(counts.answers),
        )

    def operations(self) -> tuple[LoadOperation, ...]:
        names = dict.fromkeys(request.name for request in self.plan.requests)
        return tuple(self.operation(name) for name in names)

    def operation(self, name: str) -> LoadOperation:
        cells = (cell for second in self.seconds.values() for (_, label), cell in second.items() if label == name)
        counts = total(cells)
        return LoadOperation(
            operation=name,
            requests=counts.requests,
            failures=counts.failures,
            p50_ms=counts.ms(50),
            p90_ms=counts.ms(90),
            p95_ms=counts.ms(95),
            p99_ms=counts.p99_ms,
            max_ms=counts.ms(100),
            rps=round(counts.requests / self.lasted, 2) if self.lasted else 0.0,
        )


def total(every: Iterable[Counts]) -> Counts:
    summed = Counts()
    for counts in every:
        summed.add(counts)
    return summed
