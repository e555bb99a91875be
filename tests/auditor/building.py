"""Builders for tests of the runner: a scripted target, a session to it, a world on a small document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

import httpx

from auditor.check import Check
from auditor.course import runner
from auditor.document import openapi
from auditor.model import Credential, Exchange, Identity, Json, Request
from auditor.progress import SilentProgress
from auditor.secrecy.redaction import Redactor
from auditor.sending.session import Bounds, Session
from auditor.settings.order import Order
from auditor.values.examples import Sampler
from auditor.world.world import SeededWorld

T = TypeVar("T")

RUN = "aud0123456789ab"
BASE = "http://api.test"
ALICE = Identity("alice")
BOB = Identity("bob")

Answering = Callable[[httpx.Request], httpx.Response]


def run(waiting: Coroutine[Any, Any, T]) -> T:
    """Run to the end, within ten seconds."""

    async def bounded() -> T:
        async with asyncio.timeout(10):
            return await waiting

    return asyncio.run(bounded())


def answer(status: int = 200, body: Json = None, **headers: str) -> httpx.Response:
    """An answer; underscores in header names are dashes, no body unless one is given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is None:
        return httpx.Response(status, headers=named)
    return httpx.Response(status, headers={"content-type": "application/json", **named}, content=json.dumps(body))


@dataclass
class Target:
    """Answers in turn, the last answer for ever; keeps what it was asked."""

    answers: Sequence[httpx.Response | Exception | Answering] = field(default_factory=lambda: [answer(200, {})])
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        turn = min(len(self.asked), len(self.answers) - 1)
        self.asked.append(request)
        chosen = self.answers[turn]
        if isinstance(chosen, Exception):
            raise chosen
        if isinstance(chosen, httpx.Response):
            return httpx.Response(chosen.status_code, headers=chosen.headers, content=chosen.content)
        return chosen(request)

    @property
    def paths(self) -> list[str]:
        return [f"{one.method} {one.url.raw_path.decode()}" for one in self.asked]


def session(
    target: Answering,
    *,
    bounds: Bounds | None = None,
    base: str = BASE,
    headers: Sequence[tuple[str, str]] = (),
    credentials: dict[str, Credential] | None = None,
) -> Session:
    """A session to a target in memory."""
    transport = httpx.MockTransport(target)
    built = Session(base, run_id=RUN, redactor=Redactor(), bounds=bounds, transport=transport, headers=headers)
    built.credentials = credentials or {}
    return built


def bearer(token: str) -> Credential:
    return Credential(headers=(("authorization", f"Bearer {token}"),))


def get(path: str = "/things", **more: Any) -> Request:
    return Request(method="GET", path=path, **more)


def post(path: str = "/things", body: Json = None, **more: Any) -> Request:
    typed = (("content-type", "application/json"),)
    return Request(method="POST", path=path, headers=typed, body=json.dumps(body or {}).encode(), **more)


def sent(opened: Session, requests: Iterable[Request], *, patient: bool = True) -> list[Exchange]:
    """Open the session, send one after the other, close it."""

    async def course() -> list[Exchange]:
        async with opened:
            return [await opened.send(one, patient=patient) for one in requests]

    return run(course())


async def within(opened: Session, course: Callable[[Session], Awaitable[T]]) -> T:
    async with opened:
        return await course(opened)


# --- documents and worlds -----------------------------------------------------------------------------------


def document(paths: Json, *, schemes: Json = None, **more: Json) -> openapi.Description:
    """Read an OpenAPI document with these paths; everything is protected by a bearer token unless it says otherwise."""
    wanted = {"bearer": {"type": "http", "scheme": "bearer"}} if schemes is None else schemes
    raw = {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "security": [{name: []} for name in wanted],
        "paths": paths,
        "components": {"securitySchemes": wanted},
        **more,
    }
    return openapi.read(json.dumps(raw).encode(), source="small.json")


def takes(*names: str, public: bool = False, **schemas: Json) -> Json:
    """An operation with a JSON body of required texts and the given schemas."""
    properties = {**{name: {"type": "string"} for name in names}, **schemas}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    found: Json = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"2XX": {"description": "done"}},
    }
    return {**found, "security": []} if public else found


def gives(*, public: bool = False) -> Json:
    found: Json = {"responses": {"2XX": {"description": "done"}}}
    return {**found, "security": []} if public else found


def world(description: openapi.Description, *, redactor: Redactor | None = None, grant_url: str = "") -> SeededWorld:
    return SeededWorld(
        description,
        Sampler(description, seed="0", run_id=RUN),
        run_id=RUN,
        seed="0",
        host="api.test",
        know=(redactor or Redactor()).know,
        grant_url=grant_url,
    )


# --- a small target, and a whole run over it ----------------------------------------------------------------

Served = tuple[int, Json]
Routes = Mapping[str, Callable[["Asked"], "Served | httpx.Response"]]


@dataclass(frozen=True)
class Asked:
    """A request as the small target sees it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    query: str = ""

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


def app(routes: Routes, log: list[str] | None = None) -> Any:
    """An ASGI application: "GET /things/*" to a function from the question to status and body. Else 404."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        raw = b""
        while (message := await receive())["type"] == "http.request":
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = json.loads(raw) if raw else None
        asked = Asked(scope["method"], scope["path"], headers, body, scope["query_string"].decode("latin-1"))
        if log is not None:
            log.append(f"{asked.method} {asked.path}")
        found = (handle for label, handle in routes.items() if fnmatchcase(f"{asked.method} {asked.path}", label))
        came = next(found, lambda _asked: (404, {"error": "not found"}))(asked)
        reply = came if isinstance(came, httpx.Response) else answer(*came)
        await send({"type": "http.response.start", "status": reply.status_code, "headers": reply.headers.raw})
        await send({"type": "http.response.body", "body": reply.content})

    return serve


def things() -> Routes:
    """One collection of things that can be made, read, listed and removed by everybody."""
    store: dict[str, Json] = {}

    def make(asked: Asked) -> Served:
        key = f"thing-{len(store) + 1:04}"
        store[key] = {"id": key, **asked.body}
        return 201, store[key]

    def read(asked: Asked) -> Served:
        found = store.get(asked.path.rpartition("/")[2])
        return (200, found) if found else (404, {"error": "not found"})

    def remove(asked: Asked) -> Served:
        return (204, None) if store.pop(asked.path.rpartition("/")[2], None) else (404, {"error": "not found"})

    return {
        "GET /things": lambda _asked: (200, list(store.values())),
        "POST /things": make,
        "GET /things/*": read,
        "DELETE /things/*": remove,
    }


THINGS: Json = {
    "/things": {"get": gives(public=True), "post": takes("title", public=True)},
    "/things/{id}": {"get": gives(public=True), "delete": gives(public=True)},
}


@asynccontextmanager
async def stage(
    checks: Sequence[Check[Any]],
    *,
    paths: Json = None,
    serving: Any = None,
    schemes: Json = None,
    seeded: bool = True,
    **order: Any,
) -> AsyncIterator[runner.Stage]:
    """Open a run over a small target in memory, as `auditor run` would; seeded, unless told otherwise.

    It is recorded where an `output` is given.
    """
    description = document(THINGS if paths is None else paths, schemes=schemes)
    wanted = Order(
        target=BASE,
        run_id=RUN,
        seed="0",
        transport=httpx.ASGITransport(app=serving or app(things()), raise_app_exceptions=False),
        **{"writes": True, "output": Path("/nonexistent"), **order},
    )
    every = description.document.operations
    opening = runner.opened(wanted, description, BASE, every, tuple(checks), SilentProgress(), record="output" in order)
    async with opening as opened:
        if seeded:
            await runner.seed(opened)
        opened.session.phase = "probing"
        yield opened
