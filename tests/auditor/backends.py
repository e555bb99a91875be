"""Small backends in memory for tests of reach: routes as templates, tables of rows, and a log of what was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from auditor.course import assembling
from auditor.course.runner import Stage
from auditor.model import Json, OperationReach
from auditor.settings.order import IdentityOrder
from tests.auditor.building import Asked, Served, answer, bearer, run, stage

Handler = Callable[..., "Served | httpx.Response"]
NOT_FOUND: Served = (404, {"error": "not found"})


@dataclass
class Backend:
    """An ASGI application of handlers `(asked, *path values)`, and its own OpenAPI paths."""

    schemes: Json = field(default_factory=dict)
    paths: dict[str, Json] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    _routes: list[tuple[str, re.Pattern[str], Handler]] = field(default_factory=list)
    _last: int = 100

    def on(self, label: str, **operation: Json) -> Callable[[Handler], Handler]:
        """Serve and document an operation: `body` names its required members, the rest goes into the document."""
        method, _, path = label.partition(" ")

        def register(handler: Handler) -> Handler:
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path)))
            self._routes.append((method, pattern, handler))
            self.paths.setdefault(path, {})[method.lower()] = described(path, **operation)
            return handler

        return register

    def number(self) -> int:
        """Return the next id; the first are taken by what was there before."""
        self._last += 1
        return self._last

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raw = b""
        while (message := await receive())["type"] == "http.request":
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asked = Asked(scope["method"], scope["path"], headers, json.loads(raw) if raw else None)
        self.log.append(f"{asked.method} {asked.path}")
        came = self.answered(asked)
        reply = came if isinstance(came, httpx.Response) else answer(*came)
        await send({"type": "http.response.start", "status": reply.status_code, "headers": reply.headers.raw})
        await send({"type": "http.response.body", "body": reply.content})

    def answered(self, asked: Asked) -> Served | httpx.Response:
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(asked.path)
            if match and method == asked.method:
                return handler(asked, *match.groups())
        return NOT_FOUND

    def asked(self, label: str) -> int:
        return self.log.count(label)


def described(path: str, *, body: Any = (), statuses: Mapping[str, Json] | None = None, **more: Json) -> Json:
    """An operation of the document: members of the body are required texts, or schemas where a mapping is given."""
    properties = {name: {"type": "string"} for name in body} if not isinstance(body, dict) else body
    found: Json = {"responses": statuses or {"2XX": {"description": "done"}}, **more}
    if properties:
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


@dataclass(frozen=True)
class Reached:
    """What seeding came to."""

    by_operation: Mapping[str, OperationReach]
    leftovers: tuple[str, ...]
    stage: Stage

    @property
    def missing(self) -> dict[str, str]:
        return {label: one.blocked_by for label, one in self.by_operation.items() if not one.succeeded}


def nobody_wrote_to_golden_objects(log: Sequence[str], opened: Stage) -> None:
    """What reads share is never changed: it is no throwaway."""
    for (_, name), made in opened.world.memory.objects.items():
        kind = opened.world.relations.named(name)
        for operation in kind.item_operations if kind is not None else ():
            if operation.safe or (kind is not None and operation is kind.create):
                continue
            path = operation.path
            for parameter, value in made.bindings.items():
                path = path.replace(f"{{{parameter}}}", value)
            assert f"{operation.method} {path}" not in log


def seeded(backend: Backend, *users: str, admin: bool = False, **order: Any) -> Reached:
    """Seed a backend, as an audit does, and remove what was made. Users are known by the token `<name>-token`."""
    known = [IdentityOrder(name=name, credential=bearer(f"{name}-token")) for name in users]
    known += [IdentityOrder(name="root", role="admin", credential=bearer("root-token"))] if admin else []

    async def course() -> Reached:
        from auditor.course import runner

        opening = stage(
            (), paths=backend.paths, serving=backend, schemes=backend.schemes, identities=tuple(known), **order
        )
        async with opening as opened:
            found = assembling.reach(opened)
            nobody_wrote_to_golden_objects(backend.log, opened)
            await runner.settle(opened)
            leftovers = tuple(opened.world.ledger.leftovers)
            return Reached({one.operation: one for one in found.by_operation}, leftovers, opened)

    return run(course())
