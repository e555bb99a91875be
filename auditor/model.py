"""The words every other module speaks: operations, exchanges, verdicts, findings, audits.

Nothing here opens a socket or a file and nothing here imports the rest of the project, so a check, a report
or a test can build any of these by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
"""A decoded JSON value. `Any`, because a recursive alias makes every reader cast what it already tested."""

Schema: TypeAlias = Mapping[str, Json]
"""A JSON Schema object, references resolved one level and `allOf` merged where it comes from `Field`."""


class Severity(IntEnum):
    """How much a failure matters; the value is its weight in a score."""

    INFO = 0
    LOW = 1
    MEDIUM = 3
    HIGH = 6
    CRITICAL = 10

    @property
    def label(self) -> str:
        return self.name.lower()


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"
    UNSURE = "unsure"
    ERROR = "error"


class Location(StrEnum):
    """Where in a request a value travels."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    BODY = "body"


class Role(StrEnum):
    """What an exchange is to the recipe that asked for it."""

    CONTROL = "control"
    PROBE = "probe"
    SETUP = "setup"


# --- the document -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parameter:
    """A parameter as declared, its schema with references still in place."""

    name: str
    location: Location
    required: bool = False
    schema: Schema = field(default_factory=dict)
    style: str = ""
    explode: bool | None = None
    examples: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """A request body as declared: media type to schema, in the document's order."""

    required: bool = False
    content: Mapping[str, Schema] = field(default_factory=dict)
    examples: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)

    @property
    def json_media_type(self) -> str | None:
        return next((media for media in self.content if is_json(media)), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """A documented response: media type to schema (references still in place)."""

    description: str = ""
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Link:
    """What an answer offers to another operation (OpenAPI 3.2 §4.20)."""

    operation: str
    """The other operation's operationId, or its label where the document refers to its place."""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    """Parameter of the other operation ("id", "path.id") to a runtime expression, or to a constant."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """One method on one path template, as the document declares it. Compared by identity."""

    method: str
    path: str
    operation_id: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By status as written: "200", "4XX", "default"."""
    security: tuple[tuple[str, ...], ...] = ()
    """Alternatives, each a set of schemes needed together; an empty one makes credentials optional."""
    line: int | None = None
    pointer: str = ""

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def protected(self) -> bool:
        """The document demands credentials (`security: [{}, …]` makes them optional)."""
        return bool(self.security) and () not in self.security

    @property
    def safe(self) -> bool:
        """Retrieves and changes nothing (RFC 9110 §9.2.1)."""
        return self.method in {"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"}

    @property
    def path_parameters(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.parameters if p.location is Location.PATH)

    def answer(self, status: int) -> Answer | None:
        """Find the documented response to `status`: exact, then its class, then `default`."""
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in self.answers:
                return self.answers[key]
        return None

    def redirects(self, status: int) -> bool:
        """Say whether the document names this redirect as an answer; 304 is none."""
        named = str(status) in self.answers or bool(self.answers.keys() & {"3XX", "3xx"})
        return 300 <= status < 400 and status != 304 and named


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityScheme:
    """How the document says credentials travel."""

    name: str
    kind: Literal["bearer", "basic", "api_key", "oauth2", "openid", "mutual_tls", "other"]
    location: Location | None = None
    parameter: str = ""
    token_url: str = ""
    flows: tuple[str, ...] = ()
    prefix: str = ""
    """The word before the token that the document asks for literally ("Token", "JWT"); "" where it asks for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in the document itself, at a JSON pointer."""

    pointer: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document:
    """An API description, read as far as an audit needs it."""

    title: str = ""
    version: str = ""
    dialect: str = ""
    """"OpenAPI 3.1.0", "Swagger 2.0"."""
    source: str = ""
    sha256: str = ""
    servers: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    schemes: Mapping[str, SecurityScheme] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One place where a request carries a value: a parameter, or a member of the body."""

    location: Location
    pointer: str
    """JSON pointer inside the body ("/items/0/sku"), or "/name" for a parameter."""
    name: str
    required: bool
    nullable: bool
    schema: Schema
    """References resolved and `allOf` merged at this level."""

    @property
    def place(self) -> str:
        """The field without array positions, for signatures: "body/items/*/sku"."""
        parts = ["*" if part.isdigit() else part for part in self.pointer.split("/")]
        return self.location + "/".join(parts)

    @property
    def type(self) -> str:
        """The first declared type that is not null; "" when the schema names none."""
        declared = self.schema.get("type", "")
        if isinstance(declared, list):
            return next((str(one) for one in declared if one != "null"), "null")
        return str(declared)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resource:
    """The operations on one kind of thing. Compared by identity; `name` is the collection's path."""

    name: str
    create: Operation | None = None
    read: Operation | None = None
    list: Operation | None = None
    replace: Operation | None = None
    modify: Operation | None = None
    remove: Operation | None = None
    parameter: str = ""
    """The path parameter that names one item."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """Path parameters of the collection itself, each with the name of the resource that fills it."""
    identified_by: str = ""
    """The runtime expression for the item's id in a create, where the document links them; else ""."""

    @property
    def item_operations(self) -> tuple[Operation, ...]:
        every = (self.read, self.replace, self.modify, self.remove)
        return tuple(one for one in every if one is not None)

    @property
    def only_listed(self) -> bool:
        """Nothing makes or addresses one: it can but be pointed to."""
        return self.create is None and not self.item_operations


# --- callers and exchanges ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller by name. Credentials live in the session, never here, so never in a log."""

    name: str
    role: str = "user"
    disposable: bool = False

    @property
    def anonymous(self) -> bool:
        return self.role == "anonymous"


ANONYMOUS = Identity("anonymous", role="anonymous")


@dataclass(frozen=True, slots=True, kw_only=True)
class Csrf:
    """A token against forged requests, which goes beside cookies with whatever may change something."""

    header: str
    value: str = field(repr=False)
    cookie: str = ""
    """The cookie that carries it too (double submit); "" where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What an identity sends to be recognised. Values stay out of `repr`."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    csrf: Csrf | None = None
    parts: tuple[tuple[str, Credential], ...] = field(default=(), repr=False)
    """By security scheme what satisfies it, where operations ask for different ones; the rest of the fields is what
    goes to an operation that names none of these."""

    @property
    def token(self) -> str:
        """The bearer token, without its scheme; "" when the credential is not one."""
        for name, value in self.headers:
            scheme, _, rest = value.partition(" ")
            if name.lower() == "authorization" and rest and scheme.lower() != "basic":
                return rest
        return ""

    def with_token(self, token: str, *, scheme: str | None = None) -> Credential:
        """Replace the token and keep everything around it (another `scheme` on request)."""
        headers = tuple(
            (name, f"{scheme or value.partition(' ')[0]} {token}") if name.lower() == "authorization" else (name, value)
            for name, value in self.headers
        )
        return replace(self, headers=headers)

    def with_value(self, value: str) -> Credential:
        """Replace every carried value (keys, tokens, cookies) by one; schemes stay."""

        def swapped(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
            return tuple((name, f"{old.partition(' ')[0]} {value}" if " " in old else value) for name, old in pairs)

        return Credential(
            headers=swapped(self.headers),
            query=swapped(self.query),
            cookies=tuple(
                (name, old if self.csrf is not None and name == self.csrf.cookie else value)
                for name, old in self.cookies
            ),
            csrf=self.csrf,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """The one thing in which a probe differs from its control, in normalised words."""

    location: str
    pointer: str
    kind: str
    value: str = ""
    """What was sent there, shortened; empty when nothing was."""

    @property
    def place(self) -> str:
        parts = ["*" if part.isdigit() else part for part in self.pointer.split("/")]
        return self.location + "/".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be sent. `path` is concrete, percent-encoded and relative to the base URL."""

    method: str
    path: str
    operation: Operation | None = None
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    identity: Identity = ANONYMOUS
    credential: Credential | None = field(default=None, repr=False)
    """Sent instead of the identity's own credential (forged, truncated…)."""
    role: Role = Role.PROBE
    purpose: str = ""
    mutation: Mutation | None = None
    shared: bool = False
    """May be answered by an identical control that is still fresh."""
    absolute: bool = False
    """`path` starts at the host's root, not at the base URL (health endpoints, `Location`)."""
    recipe: str = ""
    """Filled by the engine."""

    @property
    def url(self) -> str:
        """Path and query as sent; for messages and recordings."""
        from urllib.parse import quote

        def written(text: str, safe: str) -> str:
            return quote(text, safe=safe, errors="replace")

        pairs = "&".join(f"{written(name, '[]$')}={written(value, '')}" for name, value in self.query)
        return f"{self.path}?{pairs}" if pairs else self.path

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_header(self, name: str, value: str) -> Request:
        kept = tuple((k, v) for k, v in self.headers if k.lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def json(self) -> Json:
        return parse_json(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back, redacted. `status` 0 means no answer; `problem` then says why."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Lower-case names in the order received; repeated headers repeat."""
    body: bytes = b""
    truncated: bool = False
    problem: str = ""

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """Return the header's values joined by comma (RFC 9110 §5.3), None when absent."""
        values = self.header_values(name)
        return ", ".join(values) if values else None

    def header_values(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key == name.lower())

    @property
    def media_type(self) -> str:
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        return is_json(self.media_type)

    @property
    def is_html(self) -> bool:
        return self.media_type in {"text/html", "application/xhtml+xml"}

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Json:
        """Return the decoded body, or `NOT_JSON` when it is none."""
        return parse_json(self.body)


class NotJson:
    """The type of `NOT_JSON`, which is falsy and equal only to itself."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOT_JSON"


NOT_JSON = NotJson()


@lru_cache(maxsize=512)
def parse_json(body: bytes) -> Json:
    """Decode once however many rules look. Callers must not change what they get."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return NOT_JSON


def is_json(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip().lower()
    return name in {"application/json", "text/json"} or name.endswith("+json")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretHit:
    """A secret of ours that came back. Computed at capture, where the raw bytes still are."""

    name: str
    """Placeholder of the secret: "alice.password"."""
    kind: str
    """"password", "token", "api_key", "cookie"."""
    form: str
    """"plain", "url", "base64", "hex", "md5", "sha1", "sha256"."""
    where: str
    """"body" or "header:<name>"."""
    sent_here: bool
    """The request of this very exchange carried it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Where a response body departs from its documented schema."""

    pointer: str
    keyword: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What had to be learned from the raw bytes, or is dear to compute twice."""

    hits: tuple[SecretHit, ...] = ()
    violations: tuple[Violation, ...] = ()
    documented: bool = True
    """The status is documented for the operation (true where there is no operation)."""
    soft_error: bool = False
    """A 2xx in the shape this target gives its errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and what came back. Recorded once, read by many checks."""

    id: str
    request: Request
    response: Response
    facts: Facts = Facts()
    sent_at: float = 0.0
    """Seconds since the run started."""
    first_byte_ms: float = 0.0
    elapsed_ms: float = 0.0
    phase: str = ""
    """"identities", "seeding", "probing", "confirming", "cleanup"."""
    secure: bool = False
    """Travelled over https."""
    local: bool = False
    """The target is this machine (loopback)."""

    @property
    def operation(self) -> Operation | None:
        return self.request.operation

    @property
    def subject(self) -> str:
        """The operation's label; for paths outside the document, the method and path."""
        if self.operation is not None:
            return self.operation.label
        return f"{self.request.method} {self.request.path}"

    @property
    def denied(self) -> bool:
        """The answer grants nothing: 401, 403, 404, 405, a redirect to login, 2xx in the error shape."""
        status = self.response.status
        if status in {401, 403, 404, 405} or self.facts.soft_error:
            return True
        target = (self.response.header("location") or "").lower()
        return 300 <= status < 400 and any(word in target for word in ("login", "signin", "sign-in", "auth", "sso"))

    @property
    def succeeded(self) -> bool:
        return self.response.succeeded and not self.facts.soft_error

    @property
    def redirected(self) -> bool:
        """The operation answered with a redirect that its document names, and not to a login."""
        return self.operation is not None and self.operation.redirects(self.response.status) and not self.denied

    @property
    def reached(self) -> bool:
        """The operation did what it is there for: 2xx, or a documented redirect."""
        return self.succeeded or self.redirected

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.url} -> {self.response.status}"


# --- verdicts and findings ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A rule's word on one subject, or on one part of it."""

    outcome: Outcome
    message: str = ""
    severity: Severity | None = None
    """Grades one failure; None means the check's usual severity."""
    signature: str = ""
    """Normalised facts that identify the failure: never host, id, time or number."""
    unlock: str = ""
    """The line of configuration, or the act, that would make `unsure` a verdict."""
    note: str = ""
    """An info line beside a pass; never gates."""
    about: str = ""
    """The subject, when a rule judges parts (an operation's label)."""
    exchanges: tuple[str, ...] = ()
    """Ids of the exchanges that prove it, where the evidence is the whole run; empty leaves it to the engine."""


def passed(*, note: str = "", about: str = "") -> Verdict:
    return Verdict(outcome=Outcome.PASS, note=note, about=about)


def failed(
    message: str,
    *,
    severity: Severity | None = None,
    signature: str = "",
    about: str = "",
    exchanges: tuple[str, ...] = (),
) -> Verdict:
    return Verdict(
        outcome=Outcome.FAIL,
        message=message,
        severity=severity,
        signature=signature,
        about=about,
        exchanges=exchanges,
    )


def skipped(reason: str, *, about: str = "") -> Verdict:
    return Verdict(outcome=Outcome.SKIP, message=reason, about=about)


def unsure(reason: str, *, unlock: str = "", about: str = "") -> Verdict:
    return Verdict(outcome=Outcome.UNSURE, message=reason, unlock=unlock, about=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An exchange as evidence: what it was, and its id in the recording."""

    role: Role
    exchange: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict, placed: which check, on what, from which exchanges."""

    check: str
    subject: str
    operation: str | None
    verdict: Verdict
    seen: tuple[Seen, ...] = ()
    confirmed: bool = False
    count: int = 1
    """How many exchanges said the same (passive rules)."""


# --- the audit: run.json, field for field -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    name: str = "auditor"
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    id: str
    seed: str
    profile: str
    started_at: str
    ended_at: str
    seconds: float
    complete: bool
    stop_reason: str = ""
    command: str = ""
    config: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    source: str = ""
    sha256: str = ""
    version: str = ""
    operations: int = 0
    schemes: tuple[str, ...] = ()
    """How credentials travel by the document: "bearerAuth: bearer"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    base_url: str
    title: str = ""
    document: DocumentFacts = DocumentFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFacts:
    name: str
    role: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFacts:
    rtt_floor_ms: float | None = None
    jitter_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationReach:
    operation: str
    succeeded: bool
    statuses: Mapping[str, int] = field(default_factory=dict)
    identities: tuple[str, ...] = ()
    blocked_by: str = ""
    unlock: str = ""
    learned: tuple[str, ...] = ()
    """What it turned out to need of the objects it works on: "after POST /orders/{id}/confirm"."""
    harm: str = ""
    """What calling it did to the audit's world: "removed what the audit had made"; "" for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFacts:
    """A kind of thing that the target keeps, as the run came to know it."""

    name: str
    """The collection's path."""
    created_by: str = ""
    """The operation that makes one; "" where nothing is known to."""
    how: tuple[str, ...] = ()
    """What trying has taught about making and addressing one."""
    operations: tuple[str, ...] = ()
    """What addresses one item."""
    needs: tuple[str, ...] = ()
    """The resources of which one must be there first."""
    made_as: tuple[str, ...] = ()
    """Callers who had one to work with."""
    existing: bool = False
    """One that was there before was found in a list, to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    operations: int = 0
    succeeded: int = 0
    by_operation: tuple[OperationReach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    judged: int = 0
    applicable: int = 0

    @property
    def share(self) -> float:
        return self.judged / self.applicable if self.applicable else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    requests: int = 0
    seconds: float = 0.0
    by_status: Mapping[str, int] = field(default_factory=dict)
    by_phase: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFacts:
    """A check as reports show it; all text comes from its docstring."""

    id: str
    family: str
    title: str
    severity: str
    standards: tuple[str, ...]
    mode: str
    why: str = ""
    fix: str = ""
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    check: str
    subject: str
    operation: str | None
    outcome: str
    reason: str = ""
    unlock: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    fingerprint: str
    cause: str
    check: str
    subject: str
    operation: str | None
    severity: str
    message: str
    confirmed: bool
    status: Literal["new", "known", "suppressed"] = "new"
    evidence: tuple[Seen, ...] = ()
    curl: str = ""
    fix: str = ""
    document_line: int | None = None
    count: int = 1
    signature: str = ""
    """The normalised facts that tell this failure from others of the check at the same place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyScore:
    family: str
    score: int | None
    coverage: Coverage
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardRow:
    id: str
    outcome: str
    """"met", "broken", "unjudged", "skip"."""
    checks: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    title: str = ""
    """The standard in one line, for readers who do not know its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistRow:
    title: str
    outcome: str
    standards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStage:
    """Closed-model stage: so many users for so many seconds."""

    users: int
    seconds: float
    requests: int = 0
    failures: int = 0
    refused: int = 0
    """429 answers: neither success nor failure, left out of percentiles."""
    rps: float = 0.0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    answers: Mapping[str, int] = field(default_factory=dict)
    """How often each status was answered; where none was, the kind of failure ("Timeout")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPoint:
    """One second of load over all operations."""

    second: int
    users: int
    requests: int
    failures: int
    refused: int = 0
    """429 answers, as in a stage."""
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOperation:
    operation: str
    requests: int
    failures: int
    p50_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    rps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    stages: tuple[LoadStage, ...] = ()
    series: tuple[LoadPoint, ...] = ()
    operations: tuple[LoadOperation, ...] = ()
    knee: float | None = None
    recovered: bool | None = None
    """A request after the last stage was answered normally within 10 s."""
    client_limited: bool = False
    """The load generator itself was the bottleneck: numbers are not the target's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Sequential latency of one operation, client side, milliseconds."""

    operation: str
    n: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    floor_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    name: str
    outcome: Literal["pass", "fail", "not_measured"]
    actual: str = ""
    expected: str = ""
    binding: bool = True
    """This outcome decides the verdict: false for gates that only warn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Everything run.json says; reports are functions of this and the recorded exchanges."""

    schema_version: int = 1
    scoring_version: int = 1
    fingerprint_version: int = 1
    tool: Tool
    run: Run
    verdict: Literal["pass", "fail", "inconclusive"]
    exit_code: int
    target: Target
    identities: tuple[IdentityFacts, ...] = ()
    client: ClientFacts = ClientFacts()
    reach: Reach = Reach()
    resources: tuple[ResourceFacts, ...] = ()
    coverage: Coverage = Coverage()
    hints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    traffic: Traffic = Traffic()
    checks: tuple[CheckFacts, ...] = ()
    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()
    families: tuple[FamilyScore, ...] = ()
    score: int | None = None
    standards: tuple[StandardRow, ...] = ()
    checklist: tuple[ChecklistRow, ...] = ()
    latency: tuple[Latency, ...] = ()
    load: Load | None = None
    leftovers: tuple[str, ...] = ()
    suppressions: tuple[Json, ...] = ()
    comparison: Json = None
    gates: tuple[GateResult, ...] = ()
