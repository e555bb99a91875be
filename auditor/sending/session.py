"""The only door to the target: sends, limits, redacts, records.

HTTP by httpx: a few clients of few connections on one SSL context (httpx scans its pool for every request, so one
large pool is quadratic), no cookie jar, no redirects, a deadline over the whole exchange and a cap on its body.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from auditor.errors import TargetUnhealthy
from auditor.evidence import Unavailable
from auditor.model import Credential, Exchange, Facts, Identity, Request, Response, Role
from auditor.secrecy.redaction import Redactor
from auditor.sending import bodies
from auditor.sending.attaching import SAFE_METHODS, attached, fitting
from auditor.sending.quotas import quota, retry_after

BODY_CAP = 8 * 1024 * 1024
CONTROL_FRESH_SECONDS = 5.0
PATIENCE_SECONDS = 30.0
"""The longest wait for the target's own rate limit; a longer one makes the request unavailable."""
SILENCES_TO_GIVE_UP = 12
SILENT_DEADLINES = 3
"""Without any answer for so many deadlines, a target that still takes connections is given up too."""
ATTEMPTS = 3
RENEWABLE = frozenset({400, 401, 403, 419, 422})
"""Answers that may mean a credential, or the token beside it, is not good any more."""
CLIENTS = 4
CONNECTIONS_PER_CLIENT = 8
HEADERS = "auditor.headers"
"""Where an answer keeps its headers as they came, among its httpx extensions."""


class FactsOf(Protocol):
    """Computes facts that need the raw answer."""

    def __call__(self, raw: Exchange) -> Facts: ...


class NoAnswer(Unavailable):
    """The target did not answer within the deadline, or broke the connection."""


class BudgetSpent(Unavailable):
    """The run may send no more, or for no longer."""


class WritesForbidden(Unavailable):
    """The audit is read-only here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the session may do. Rates in requests per second, times in seconds."""

    concurrency: int = 8
    rate: float | None = None
    max_requests: int = 20_000
    max_seconds: float = 3_600.0
    deadline_seconds: float = 20.0
    writes: bool = True


@dataclass(slots=True)
class Throttle:
    """When the next request of one client may leave, as the target's own headers say."""

    not_before: float = 0.0


@dataclass(slots=True)
class Statistics:
    requests: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    by_phase: Counter[str] = field(default_factory=Counter)
    by_operation: dict[str, Counter[str]] = field(default_factory=dict)
    identities: dict[str, set[str]] = field(default_factory=dict)

    def count(self, exchange: Exchange) -> None:
        status = str(exchange.response.status) if exchange.response.status else exchange.response.problem
        self.requests += 1
        self.by_status[status] += 1
        self.by_phase[exchange.phase] += 1
        if exchange.operation is None:
            return
        self.by_operation.setdefault(exchange.operation.label, Counter())[status] += 1
        if exchange.response.succeeded or exchange.redirected:
            self.identities.setdefault(exchange.operation.label, set()).add(exchange.request.identity.name)


class Session:
    """Sends requests one way for everybody. Use as an async context manager."""

    def __init__(
        self,
        base_url: str,
        *,
        run_id: str,
        redactor: Redactor,
        bounds: Bounds | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: bool = True,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        parts = urlsplit(base_url.rstrip("/"))
        self.host = parts.netloc.rpartition("@")[2]
        self.root = f"{parts.scheme}://{self.host}"
        self.base_url = self.root + parts.path
        """Without a user and password before the host: they belong in no request target and in no report."""
        self.bounds = bounds or Bounds()
        self.redactor = redactor
        self.phase = ""
        self.spent = ""
        """Which budget of the run is used up; empty while none is."""
        self.statistics = Statistics()
        self.credentials: dict[str, Credential] = {}
        self.heralds: list[Callable[[Request], None]] = []
        """Are told of every request before it leaves; what they raise keeps it from leaving."""
        self.learners: list[Callable[[Exchange], None]] = []
        """See every exchange raw, before it is redacted: those who must know ids and tokens."""
        self.observers: list[Callable[[Exchange], None]] = []
        """See every exchange as it is recorded."""
        self.facts_of: FactsOf = lambda _raw: Facts()
        self.renew: Callable[[Exchange, Credential], Awaitable[bool]] | None = None
        """Replaces a credential with which a request was refused; true when there is another one."""
        self.freshen: Callable[[Identity], Awaitable[None]] | None = None
        """Replaces an identity's credential that is about to end."""
        self.always_allowed: Callable[[Request], bool] = lambda _request: False
        self.writes_nothing: Callable[[Request], bool] = lambda request: request.method in SAFE_METHODS
        """Says whether a request may be sent where nothing may be written."""
        self.elsewhere: frozenset[str] = frozenset()
        """Origins beside the target's at which tokens are asked for, as configured: neither judged nor recorded."""
        self.over_wire = transport is None
        self._transport = transport
        self._verify = verify
        self._headers = (("x-auditor", run_id), ("user-agent", f"auditor ({run_id})"), *headers)
        self._clients: list[httpx.AsyncClient] = []
        self._stack = AsyncExitStack()
        self._slots = asyncio.Semaphore(self.bounds.concurrency)
        self._all_slots = asyncio.Lock()
        self._on_their_way: set[asyncio.Task[tuple[Exchange, Exchange]]] = set()
        self._throttles: dict[str, Throttle] = {}
        self._controls: dict[tuple[object, ...], tuple[float, asyncio.Task[Exchange]]] = {}
        self._next_turn = 0.0
        self._turns = itertools.count()
        self._silences = 0
        self._heard_at = time.monotonic()
        self._started = time.monotonic()
        self._secure = parts.scheme == "https"
        self.local = is_loopback(parts.hostname or "")

    # --- lifetime

    async def __aenter__(self) -> Session:
        context = httpx.create_ssl_context(verify=self._verify) if self._transport is None and self._secure else False
        for _ in range(CLIENTS if self._transport is None else 1):
            client = httpx.AsyncClient(
                transport=self._transport,
                verify=context,
                timeout=self.bounds.deadline_seconds,
                follow_redirects=False,
                event_hooks={"response": [unfollowed]},
                headers={"accept-encoding": bodies.ACCEPTED},
                trust_env=not self.local,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                limits=httpx.Limits(
                    max_connections=CONNECTIONS_PER_CLIENT, max_keepalive_connections=CONNECTIONS_PER_CLIENT
                ),
            )
            self._clients.append(await self._stack.enter_async_context(client))
        self._started = time.monotonic()
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [task for _when, task in self._controls.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._stack.aclose()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    # --- sending

    async def send(self, request: Request, *, patient: bool = True) -> Exchange:
        """Send and return the redacted exchange; an identical fresh control is not sent twice.

        `patient` requests wait out the target's rate limit. Raises `NoAnswer`, `BudgetSpent`, `WritesForbidden`
        (all `Unavailable`) and `TargetUnhealthy`.
        """
        if not request.shared:
            return (await self.send_raw(request, patient=patient))[1]
        key = (
            *(request.method, request.path, request.absolute, request.query, request.headers, request.body),
            *(request.identity.name, request.credential),
        )
        sent_at, task = self._controls.get(key, (0.0, None))
        if task is None or time.monotonic() - sent_at > CONTROL_FRESH_SECONDS or _failed(task):
            task = asyncio.create_task(self._send_shared(request))
            self._controls[key] = (time.monotonic(), task)
        return await asyncio.shield(task)

    async def _send_shared(self, request: Request) -> Exchange:
        return (await self.send_raw(request))[1]

    def forget_controls(self) -> None:
        """Share no control any more that was sent before: the world is another one."""
        self._controls = {key: kept for key, kept in self._controls.items() if not kept[1].done()}

    async def together(self, requests: Sequence[Request]) -> tuple[Exchange, ...]:
        """Send all at once: their slots (or all there are) are taken before the first leaves.

        Silence is an answer here, not an error: in a race it may be the point.
        """
        for one in requests:
            self._permit(one)
        taken = min(len(requests), self.bounds.concurrency)
        async with self._all_slots:
            for _ in range(taken):
                await self._slots.acquire()
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._heard_out(one)) for one in requests]
        finally:
            for _ in range(taken):
                self._slots.release()
        return tuple(task.result()[1] for task in tasks)

    async def send_raw(self, request: Request, *, patient: bool = True) -> tuple[Exchange, Exchange]:
        """Send one request; return the exchange as it was and as everybody else may see it."""
        self._permit(request)
        attempt, renewed = 1, False
        while True:
            await self._wait_for_turn(request, patient=patient)
            if request.credential is None and self.freshen is not None:
                await self.freshen(request.identity)
            async with self._slots:
                used = self.credentials.get(request.identity.name)
                raw, seen = await self._heard_out(request)
            self._learn_limit(raw)
            again = patient and asks_to_wait(raw.response)
            if not renewed:
                renewed = await self._renewed(raw, used)
                again = again or renewed
            if attempt == ATTEMPTS or not again:
                break
            attempt += 1
        if raw.response.status == 0:
            raise NoAnswer(f"no answer: {raw.response.problem}")
        return raw, seen

    async def _heard_out(self, request: Request) -> tuple[Exchange, Exchange]:
        """Exchange and capture to the end, even if whoever asked is cancelled: an unheard create is never removed."""

        async def answered() -> tuple[Exchange, Exchange]:
            for tell in self.heralds:
                tell(request)
            prepared = self._with_credential(request)
            return self._captured(await self._exchange(request, prepared), prepared)

        task = asyncio.create_task(answered())
        self._on_their_way.add(task)
        task.add_done_callback(self._arrived)
        return await asyncio.shield(task)

    def _arrived(self, task: asyncio.Task[tuple[Exchange, Exchange]]) -> None:
        self._on_their_way.discard(task)
        if not task.cancelled():
            task.exception()  # its asker may be gone, and nobody else would look

    async def drained(self) -> None:
        """Wait until nothing is on its way any more, a deadline at most."""
        if self._on_their_way:
            await asyncio.wait(set(self._on_their_way), timeout=self.bounds.deadline_seconds)

    def _permit(self, request: Request) -> None:
        if not self.bounds.writes and not self.writes_nothing(request) and not self._allowed(request):
            raise WritesForbidden("the audit is read-only here", "safety.writes: true (or --allow-writes)")
        if self.phase == "cleanup":
            return
        if self.requests_left <= 0:
            raise self.exhausted()
        if self.seconds > self.bounds.max_seconds:
            self.spent = f"budget: {self.bounds.max_seconds:.0f} s are over"
            raise BudgetSpent(self.spent, "safety.max_time (--max-time)")

    @property
    def requests_left(self) -> int:
        """What may still be sent; confirming what failed has a quarter on top, or a spent budget would hide it."""
        more = self.bounds.max_requests // 4 if self.phase == "confirming" else 0
        return self.bounds.max_requests + more - self.statistics.requests

    def exhausted(self) -> BudgetSpent:
        self.spent = f"budget: {self.bounds.max_requests} requests are spent"
        return BudgetSpent(self.spent, "safety.max_requests (--max-requests)")

    def _allowed(self, request: Request) -> bool:
        """Signing in as configured is no write; trying wrong passwords would be."""
        return request.role is Role.SETUP and self.always_allowed(request)

    async def _wait_for_turn(self, request: Request, *, patient: bool) -> None:
        """Keep the configured rate, and under the limit that the target declared to this caller."""
        now = time.monotonic()
        if self.bounds.rate:
            self._next_turn = max(self._next_turn, now) + 1 / self.bounds.rate
            await asyncio.sleep(self._next_turn - 1 / self.bounds.rate - now)
        if not patient:
            return
        wait = self._throttle(request.identity).not_before - time.monotonic()
        if wait > PATIENCE_SECONDS:
            raise Unavailable(
                f"the target's own rate limit asks to wait {wait:.0f} s",
                "raise the limit for the audit's address, or audit an instance with a shorter window",
            )
        if wait > 0:
            await asyncio.sleep(wait)

    def _throttle(self, identity: Identity) -> Throttle:
        return self._throttles.setdefault(identity.name, Throttle())

    def _learn_limit(self, raw: Exchange) -> None:
        """After the last allowed request, or a refusal, wait for the window to roll."""
        declared, asked = quota(raw.response), retry_after(raw.response)
        throttle = self._throttle(raw.request.identity)
        if asks_to_wait(raw.response):
            wait = asked if asked is not None else (declared.reset_seconds if declared else None)
            throttle.not_before = time.monotonic() + (1.0 if wait is None else wait) + 0.05
        elif declared and declared.remaining is not None and declared.remaining <= len(self._on_their_way):
            reset = declared.reset_seconds
            if reset is not None and reset <= PATIENCE_SECONDS:
                throttle.not_before = time.monotonic() + reset + 0.05

    async def _renewed(self, raw: Exchange, used: Credential | None) -> bool:
        if raw.response.status not in RENEWABLE or raw.request.credential is not None:
            return False
        return used is not None and self.renew is not None and await self.renew(raw, used)

    # --- one exchange

    async def _exchange(self, request: Request, prepared: Request) -> Exchange:
        phase, sent_at = self.phase, self.seconds
        begun = time.perf_counter()
        first_byte = begun
        client = self._clients[next(self._turns) % len(self._clients)]
        try:
            async with asyncio.timeout(self.bounds.deadline_seconds), self._stream(client, prepared) as answer:
                first_byte = time.perf_counter()
                body, truncated = await body_of(answer, cap=BODY_CAP)
            response = Response(
                status=answer.status_code,
                headers=tuple(
                    (k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in answer.extensions[HEADERS]
                ),
                body=body,
                truncated=truncated,
            )
            self._silences, self._heard_at = 0, time.monotonic()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as silence:
            response = Response(status=0, problem=_problem(silence))
            self._heard_nothing(silence)
        ended = time.perf_counter()
        return Exchange(
            id="",
            request=request,
            response=response,
            sent_at=round(sent_at, 4),
            first_byte_ms=round((first_byte - begun) * 1e3, 3),
            elapsed_ms=round((ended - begun) * 1e3, 3),
            phase=phase,
            secure=self._secure,
            local=self.local,
        )

    @asynccontextmanager
    async def _stream(self, client: httpx.AsyncClient, prepared: Request) -> AsyncIterator[httpx.Response]:
        """Send the target as it is written: httpx would tidy `/a/./b`, so it goes by extension."""
        origin = self._elsewhere(prepared)
        base = "" if origin else self.root if prepared.absolute else self.base_url
        # Without its slash a path would become part of the host's name.
        apart = "" if origin or prepared.url[:1] in {"/", "?", ""} else "/"
        url = base + apart + prepared.url
        target = url.removeprefix(origin or self.root) or "/"
        built = client.build_request(
            prepared.method,
            url,
            content=prepared.body or None,
            headers=[(k.encode("ascii", "replace"), v.encode()) for k, v in (*self._headers, *prepared.headers)],
            extensions={"target": target.encode("ascii", "replace")},
        )
        if prepared.identity.anonymous and self.over_wire:
            built.headers["connection"] = "close"
        answer = await client.send(built, stream=True)
        try:
            yield answer
        finally:
            await answer.aclose()

    def _with_credential(self, request: Request) -> Request:
        """Put on what the request brings itself, else what its identity sends to such an operation."""
        credential = request.credential
        if credential is None and not request.identity.anonymous:
            held = self.credentials.get(request.identity.name)
            credential = fitting(held, request.operation) if held is not None else None
        return attached(request, credential, root=self.root)

    def _elsewhere(self, request: Request) -> str:
        """Return the origin of a token endpoint that is not the target's, "" for everything else."""
        parts = urlsplit(request.path) if request.absolute and self.elsewhere else None
        origin = f"{parts.scheme}://{parts.netloc}" if parts is not None else ""
        return origin if origin in self.elsewhere else ""

    def _captured(self, raw: Exchange, prepared: Request) -> tuple[Exchange, Exchange]:
        self.statistics.count(raw)
        raw = replace(raw, id=f"x{self.statistics.requests}")
        raw = replace(raw, facts=self.facts_of(raw))
        for learn in self.learners:
            learn(raw)
        shown = self.redactor.exchange(replace(raw, request=prepared))
        for observe in self.observers if not self._elsewhere(prepared) else ():
            observe(shown)
        return raw, shown

    def _heard_nothing(self, silence: Exception) -> None:
        """Silence again and again is no verdict about the API: end the run rather than report nonsense."""
        self._silences += isinstance(silence, httpx.ConnectError | httpx.ConnectTimeout)
        silent_seconds = time.monotonic() - self._heard_at
        refused = self._silences >= SILENCES_TO_GIVE_UP
        if refused or silent_seconds > SILENT_DEADLINES * self.bounds.deadline_seconds:
            why = f"{self._silences} connections in a row failed" if refused else f"silent for {silent_seconds:.0f} s"
            raise TargetUnhealthy(
                f"{self.base_url} stopped answering: {why}",
                "look at the target's own log; the report shows what was asked last",
            )


async def unfollowed(answer: httpx.Response) -> None:
    """Keep the headers and hide `Location`: httpx refuses an answer that redirects to what it cannot follow."""
    answer.extensions[HEADERS] = answer.headers.raw
    answer.headers.pop("location", None)


async def body_of(answer: httpx.Response, *, cap: int) -> tuple[bytes, bool]:
    """Read at most `cap` decoded bytes, and say whether there was more. Raises what httpx raises on reading."""
    if answer.is_stream_consumed:  # built in this process: httpx has decoded it already
        return await bodies.read(answer.aiter_bytes(), (), cap=cap)
    encodings = answer.headers.get_list("content-encoding", split_commas=True)
    try:
        return await bodies.read(answer.aiter_raw(), encodings, cap=cap)
    except bodies.BrokenEncoding as broken:
        raise httpx.DecodingError(str(broken)) from broken


def asks_to_wait(response: Response) -> bool:
    """The target could not serve the request now, and did not: 429, or 503 with `Retry-After` (RFC 9110 §15.6.4)."""
    return response.status == 429 or (response.status == 503 and response.header("retry-after") is not None)


def is_loopback(host: str) -> bool:
    """The host names this machine; 0.0.0.0, which servers print as their address, reaches it too."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _problem(silence: Exception) -> str:
    if isinstance(silence, TimeoutError | httpx.TimeoutException):
        return "timeout"
    if isinstance(silence, httpx.ConnectError):
        return "connection refused"
    return type(silence).__name__


def _failed(task: asyncio.Task[Exchange]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
