"""Builders for tests of checks: answers, exchanges, operations, a small world, and a driver for recipes."""

from __future__ import annotations

import json as encoding
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from types import ModuleType
from typing import Generic, TypeAlias, TypeVar
from urllib.parse import quote

from auditor.check import Check
from auditor.compare import at
from auditor.evidence import Absent, Change, Made, Poll, Stage, Step, Steps, Together, Unavailable, Violating, Wait
from auditor.model import (
    ANONYMOUS,
    NOT_JSON,
    Body,
    Credential,
    Document,
    Exchange,
    Facts,
    Field,
    Identity,
    Json,
    Location,
    Operation,
    Parameter,
    Request,
    Resource,
    Response,
    Role,
    Schema,
)

T = TypeVar("T")

CANARY = "aud0123456789ab"
ALICE = Identity("alice")
BOB = Identity("bob")
ROOT = Identity("root", role="admin")

NOTHING = object()
"""No body at all, which `json=None` (the body `null`) is not."""


# --- answers and exchanges ----------------------------------------------------------------------------------


def reply(
    status: int = 200,
    json: Json = NOTHING,
    *,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    text: str = "",
    problem: str = "",
) -> Response:
    """An answer. `json` is encoded and typed `application/json`; `headers` come first and may override the type."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    named = [(name.lower(), value) for name, value in pairs]
    body = text.encode() if json is NOTHING else encoding.dumps(json, ensure_ascii=False).encode()
    if json is not NOTHING and not any(name == "content-type" for name, _ in named):
        named.append(("content-type", "application/json"))
    return Response(status=status, headers=tuple(named), body=body, problem=problem)


def exchange(
    response: Response | None = None,
    *,
    method: str = "GET",
    path: str = "/things/7",
    operation: Operation | None = None,
    json: Json = NOTHING,
    query: Sequence[tuple[str, str]] = (),
    headers: Sequence[tuple[str, str]] = (),
    identity: Identity = ALICE,
    request: Request | None = None,
    facts: Facts | None = None,
    elapsed_ms: float = 5.0,
    id: str = "x",
    phase: str = "probing",
    secure: bool = False,
    local: bool = True,
) -> Exchange:
    """A request and its answer; pass `request` to set everything about the question at once."""
    asked = request or Request(
        method=method,
        path=path,
        operation=operation,
        query=tuple(query),
        headers=tuple(headers),
        body=b"" if json is NOTHING else encoding.dumps(json).encode(),
        identity=identity,
    )
    return Exchange(
        id=id,
        request=asked,
        response=reply() if response is None else response,
        facts=facts or Facts(),
        elapsed_ms=elapsed_ms,
        first_byte_ms=elapsed_ms,
        phase=phase,
        secure=secure,
        local=local,
    )


# --- documents ----------------------------------------------------------------------------------------------


def operation(
    method: str,
    path: str,
    *,
    security: tuple[tuple[str, ...], ...] = (("bearer",),),
    body: Mapping[str, Schema] | None = None,
    required: Sequence[str] = (),
    query: Mapping[str, Schema] | None = None,
    tags: Sequence[str] = (),
) -> Operation:
    """An operation, protected unless `security=()`. `body` and `query` map names to schemas."""
    parameters = [
        Parameter(name=part[1:-1], location=Location.PATH, required=True, schema={"type": "string"})
        for part in path.split("/")
        if part.startswith("{")
    ]
    parameters += [Parameter(name=n, location=Location.QUERY, schema=s) for n, s in (query or {}).items()]
    schema = {"type": "object", "properties": dict(body or {}), "required": list(required)}
    return Operation(
        method=method,
        path=path,
        parameters=tuple(parameters),
        body=None if body is None else Body(required=True, content={"application/json": schema}),
        security=security,
        tags=tuple(tags),
    )


def crud(
    name: str = "/things",
    *,
    body: Mapping[str, Schema] | None = None,
    security: tuple[tuple[str, ...], ...] = (("bearer",),),
    parents: Mapping[str, str] | None = None,
) -> Resource:
    """A resource with all six operations: POST and GET on `name`, GET, PUT, PATCH and DELETE on `name/{id}`."""
    fields = {"title": {"type": "string"}} if body is None else body
    item = f"{name}/{{id}}"
    return Resource(
        name=name,
        create=operation("POST", name, body=fields, security=security),
        list=operation("GET", name, security=security),
        read=operation("GET", item, security=security),
        replace=operation("PUT", item, body=fields, security=security),
        modify=operation("PATCH", item, body=fields, security=security),
        remove=operation("DELETE", item, security=security),
        parameter="id",
        parents=parents or {},
    )


def operations_of(resource: Resource) -> tuple[Operation, ...]:
    return tuple(one for one in (resource.create, resource.list, *resource.item_operations) if one is not None)


# --- a world ------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class FakeWorld:
    """A seeded target as recipes see it. Everything it asks goes through the driver like a recipe's own steps."""

    operations: tuple[Operation, ...] = ()
    """Operations beyond those of `resources`."""
    resources: tuple[Resource, ...] = ()
    users: tuple[Identity, ...] = (ALICE, BOB)
    admins: tuple[Identity, ...] = ()
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    """By identity; `Bearer NAME-token-0123456789` where none is given."""
    bindings: Mapping[str, str] = field(default_factory=lambda: {"id": "7"})
    """Path parameters of the golden objects."""
    bodies: Mapping[str, Json] = field(default_factory=dict)
    """Golden bodies by label; sampled from the schema where none is given."""
    goldens: Mapping[str, Exchange] = field(default_factory=dict)
    """By label; a plain 200 where none is given."""
    unreached: frozenset[str] = frozenset()
    """Labels of operations that never answered 2xx."""
    altering: frozenset[str] = frozenset()
    """Labels of operations that alter their caller: staged with a disposable identity."""
    wiping: frozenset[str] = frozenset()
    """Labels of operations that are known to wipe data; the first resource's read is the witness."""
    registration: bool = True
    login: Operation | None = None
    breaking: Mapping[str, tuple[Violating, ...]] = field(default_factory=dict)
    """Violating values by the field's pointer."""
    options: Mapping[str, float] = field(default_factory=dict)
    """Configured numbers, as "check.name"."""
    servers: tuple[str, ...] = ("http://api.test",)
    canary: str = CANARY
    host: str = "api.test"
    seed: int = 1
    now: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)
    drawn: int = 0

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    @property
    def document(self) -> Document:
        every = [one for resource in self.resources for one in operations_of(resource)]
        login = () if self.login is None else (self.login,)
        return Document(servers=self.servers, operations=(*self.operations, *every, *login))

    @property
    def owner(self) -> Identity:
        if not self.users:
            raise Unavailable("no user is configured", "identities: …")
        return self.users[0]

    @property
    def stranger(self) -> Identity:
        if len(self.users) < 2:
            raise Unavailable("no second user is configured", "identities: …")
        return self.users[1]

    @property
    def admin(self) -> Identity:
        if not self.admins:
            raise Unavailable("no admin is configured", "identities: …")
        return self.admins[0]

    def credential(self, identity: Identity, operation: Operation | None = None) -> Credential:
        if identity.anonymous:
            raise Unavailable("anonymous callers have no credential")
        usual = Credential(headers=(("Authorization", f"Bearer {identity.name}-token-0123456789"),))
        return self.credentials.get(identity.name, usual)

    def fields(self, operation: Operation) -> tuple[Field, ...]:
        parameters = [_field(p.location, f"/{p.name}", p.name, p.required, p.schema) for p in operation.parameters]
        schema = _body_schema(operation)
        members = schema.get("properties", {}).items()
        wanted = schema.get("required", ())
        return (*parameters, *(_field(Location.BODY, f"/{n}", n, n in wanted, one) for n, one in members))

    def golden(self, operation: Operation) -> Exchange:
        if operation.label in self.unreached:
            raise Unavailable(f"{operation.label} never answered 2xx")
        usual = exchange(operation=operation, request=self.request(self._stage(operation), purpose="golden"))
        return self.goldens.get(operation.label, usual)

    def value(self, request: Request, field: Field) -> Json | Absent:
        if field.location is not Location.BODY:
            return next((value for name, value in request.query if name == field.name), Absent())
        found = at(request.json(), field.pointer)
        return Absent() if found is NOT_JSON else found

    def sample(self, field: Field) -> Json:
        self.drawn += 1
        kinds: dict[str, Json] = {"integer": self.drawn, "number": self.drawn + 0.5, "boolean": True}
        kinds |= {"array": [], "object": {}}
        return kinds.get(field.type, f"{self.canary}-{self.drawn:04}")

    def violations(self, field: Field) -> tuple[Violating, ...]:
        return self.breaking.get(field.pointer, ())

    def resource_of(self, operation: Operation) -> Resource | None:
        return next((one for one in self.resources if operation in operations_of(one)), None)

    def stage(self, operation: Operation) -> Steps[Stage]:
        if operation.label in self.unreached:
            raise Unavailable(f"{operation.label} never answered 2xx")
        if operation.label in self.altering:
            return self._stage(operation, actor=(yield from self.disposable()), once=True)
        resource = self.resource_of(operation)
        if resource is None or operation.safe or operation is resource.create or resource.create is None:
            return self._stage(operation)
        made = yield from self.make(resource, self.owner)
        once = operation.method == "DELETE"
        return Stage(operation=operation, actor=self.owner, bindings=made.bindings, once=once)

    def _stage(self, operation: Operation, *, actor: Identity | None = None, once: bool = False) -> Stage:
        usual = self.users[0] if self.users else ANONYMOUS
        return Stage(operation=operation, actor=actor or usual, bindings=self.bindings, once=once)

    def make(self, resource: Resource, identity: Identity) -> Steps[Made]:
        if resource.create is None:
            raise Unavailable(f"nothing creates {resource.name}")
        stage = Stage(operation=resource.create, actor=identity, bindings=self.bindings)
        created: Exchange = yield self.request(stage, purpose="an object", role=Role.SETUP)
        made = self.made_by(created) if created.succeeded else None
        if made is None:
            raise Unavailable(f"{resource.create.label} was answered {created.response.status}")
        return made

    def witness(self, stage: Stage) -> Steps[Request | None]:
        if stage.operation.label not in self.wiping or self.resources[0].read is None:
            return None
        read = Stage(operation=self.resources[0].read, actor=ANONYMOUS, bindings=self.bindings)
        request = self.request(read, purpose="the witness", role=Role.SETUP)
        yield request
        return request

    def made_by(self, exchange: Exchange) -> Made | None:
        body = exchange.response.json()
        resource = self.resource_of(exchange.operation) if exchange.operation else None
        if resource is None or not isinstance(body, dict) or "id" not in body:
            return None
        bindings = {**self.bindings, resource.parameter: str(body["id"])}
        return Made(resource=resource, owner=exchange.request.identity, bindings=bindings, exchange=exchange)

    def request(
        self,
        stage: Stage,
        *,
        purpose: str,
        role: Role = Role.PROBE,
        identity: Identity | None = None,
        credential: Credential | None = None,
        changes: Sequence[Change] = (),
        shared: bool = False,
    ) -> Request:
        path = stage.operation.path
        for name, value in stage.bindings.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        plain = Request(
            method=stage.operation.method,
            path=path,
            operation=stage.operation,
            body=self._body(stage.operation),
            identity=identity or stage.actor,
            credential=credential,
            role=role,
            purpose=purpose,
            mutation=changes[0].mutation if changes else None,
            shared=shared,
        )
        for change in changes:
            plain = _changed(plain, change)
        return plain

    def _body(self, operation: Operation) -> bytes:
        if operation.body is None:
            return b""
        if operation.label in self.bodies:
            return encoding.dumps(self.bodies[operation.label]).encode()
        members = [one for one in self.fields(operation) if one.location is Location.BODY]
        return encoding.dumps({one.name: self.sample(one) for one in members}).encode()

    def disposable(self) -> Steps[Identity]:
        if not self.registration:
            raise Unavailable("registration is closed", "identities: …")
        self.drawn += 1
        yield from ()
        return Identity(f"throwaway{self.drawn}", disposable=True)

    def login_request(
        self, *, identity: Identity | None = None, username: str | None = None, password: str | None = None
    ) -> Request:
        if self.login is None:
            raise Unavailable("the description has no login")
        name = username or (identity.name if identity else "throwaway")
        body = {"username": name, "password": password or f"right password of {name}"}
        return Request(method="POST", path=self.login.path, operation=self.login, body=encoding.dumps(body).encode())

    def option(self, check: str, name: str, default: float) -> float:
        return self.options.get(f"{check}.{name}", default)

    def declared_limit(self, exchange: Exchange) -> int | None:
        names = ("ratelimit-limit", "x-ratelimit-limit")
        found = next((value for name in names if (value := exchange.response.header(name))), "")
        return int(found) if found.isdigit() else None


def _body_schema(operation: Operation) -> Schema:
    return {} if operation.body is None else next(iter(operation.body.content.values()), {})


def _field(location: Location, pointer: str, name: str, required: bool, schema: Schema) -> Field:
    return Field(location=location, pointer=pointer, name=name, required=required, nullable=False, schema=schema)


def _changed(request: Request, change: Change) -> Request:
    name = change.pointer.removeprefix("/")
    if change.location is Location.HEADER:
        return request.with_header(name, str(change.value))
    if change.location is Location.QUERY:
        kept = tuple(pair for pair in request.query if pair[0] != name)
        return replace(request, query=kept if isinstance(change.value, Absent) else (*kept, (name, str(change.value))))
    if change.location is Location.PATH:
        was, template = request.path.split("/"), (request.operation.path if request.operation else "").split("/")
        pairs = zip(was, template, strict=True)
        parts = [quote(str(change.value), safe="") if wanted == f"{{{name}}}" else part for part, wanted in pairs]
        return replace(request, path="/".join(parts))
    body = request.json()
    changed = {key: value for key, value in (body if isinstance(body, dict) else {}).items() if key != name}
    if not isinstance(change.value, Absent):
        changed[name] = change.value
    return replace(request, body=encoding.dumps(changed).encode())


# --- what every family keeps --------------------------------------------------------------------------------


def named_as_promised(module: ModuleType) -> list[str]:
    """Return the ids of a module's checks after asserting that names agree and that each says why and how to fix."""
    family = module.__name__.rpartition(".")[2]
    found = {name: one for name, one in vars(module).items() if isinstance(one, Check)}
    for name, one in found.items():
        assert one.id == f"{family}.{name.strip('_').replace('_', '-')}"
        assert not one.title.endswith(".")
        assert one.section("Why"), one.id
        assert one.section("Fix"), one.id
        assert all(recipe.evidence_type for recipe in one.recipes), "evidence is read back by its type"
    return sorted(one.id for one in found.values())


# --- the driver ---------------------------------------------------------------------------------------------

Given: TypeAlias = Response | Exchange
"""An answer; as an `Exchange` (its request is replaced) where time or facts matter."""

Answers: TypeAlias = Iterable[Given] | Callable[[Request], Given]


@dataclass(frozen=True, slots=True)
class Driven(Generic[T]):
    """What a recipe returned, the steps it yielded on the way, and the requests in them as they were sent."""

    evidence: T
    steps: tuple[Step, ...]
    sent: tuple[Request, ...]
    exchanges: tuple[Exchange, ...]


def drive(steps: Steps[T], answers: Answers) -> Driven[T]:
    """Answer a recipe's steps from a list, or from a function that plays the server. Its exceptions pass through."""
    driver = _Driver(answers)
    taken: list[Step] = []
    outcome: object = None
    while True:
        try:
            step = steps.send(outcome)
        except StopIteration as done:
            return Driven(
                evidence=done.value, steps=tuple(taken), sent=tuple(driver.sent), exchanges=tuple(driver.exchanges)
            )
        taken.append(step)
        outcome = driver.take(step)


class _Driver:
    def __init__(self, answers: Answers) -> None:
        self.answers: Callable[[Request], Given] = answers if callable(answers) else _from_list(iter(answers))
        self.sent: list[Request] = []
        self.exchanges: list[Exchange] = []
        self.clock = 0.0

    def take(self, step: Step) -> Exchange | tuple[Exchange, ...] | None:
        if isinstance(step, Request):
            return self.ask(step)
        if isinstance(step, Together):
            return tuple(self.ask(one) for one in step.requests)
        if isinstance(step, Poll):
            return self.poll(step)
        assert isinstance(step, Wait)
        self.clock += step.seconds
        return None

    def ask(self, request: Request) -> Exchange:
        assert not any("«" in value for _, value in request.headers), "a recorded request is not to be sent again"
        given = self.answers(request)
        self.sent.append(request)
        plain = given if isinstance(given, Exchange) else exchange(given)
        number = f"x{len(self.exchanges) + 1}"
        answered = replace(plain, id=number, request=_recorded(request), sent_at=self.clock)
        self.clock += answered.elapsed_ms / 1000
        self.exchanges.append(answered)
        return answered

    def poll(self, step: Poll) -> Exchange:
        started = self.clock
        while True:
            answered = self.ask(step.request)
            if step.until(answered) or self.clock - started >= step.deadline_seconds:
                return answered
            self.clock += step.interval_seconds


def _recorded(request: Request) -> Request:
    """Return the request as a recording shows it: with the credential that was sent, as a placeholder."""
    if request.identity.anonymous and request.credential is None:
        return request
    return replace(request.with_header("Authorization", f"Bearer «{request.identity.name}.token#1»"), credential=None)


def _from_list(answers: Iterator[Given]) -> Callable[[Request], Given]:
    def answer(request: Request) -> Given:
        given = next(answers, None)
        assert given is not None, f"no answer is left for {request.method} {request.url} ({request.purpose})"
        return given

    return answer
