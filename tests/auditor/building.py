"""Builders for tests of the runner: a scripted target, a session to it, a world on a small document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from auditor import openapi
from auditor.examples import Sampler
from auditor.model import Credential, Exchange, Identity, Json, Request
from auditor.redaction import Redactor
from auditor.session import Bounds, Session
from auditor.world import SeededWorld

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


def world(description: openapi.Description, *, redactor: Redactor | None = None) -> SeededWorld:
    return SeededWorld(
        description,
        Sampler(description, seed="0", run_id=RUN),
        run_id=RUN,
        seed="0",
        host="api.test",
        know=(redactor or Redactor()).know,
    )
