"""Which web pages browsers let read the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.check import check
from auditor.evidence import Bound, NotApplicable, Scope, Stage, Steps, Unavailable, World, ask, recipe
from auditor.model import Exchange, Location, Request, Role, Severity, Verdict, failed, passed

OPERATIONS = 3


class Foreign(StrEnum):
    """How an origin relates to the audited host, the most general claim first."""

    RANDOM = "any origin"
    NULL = "null"
    SUFFIX = "an origin that begins with the host's name"
    PREFIX = "an origin that ends with the host's name"
    SUBDOMAIN = "a subdomain"
    PLAIN = "the host over plain http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One operation asked from one origin: plainly, and as a preflight."""

    foreign: Foreign
    origin: str
    plain: Exchange
    preflight: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    made: tuple[Visit, ...]
    cookies: bool
    """Callers are recognised by cookies, which browsers send along by themselves."""


@recipe(scope=Scope.API, at_most=Bound(requests=45), mutates=False)
def visited(world: World) -> Steps[Visits]:
    """Ask up to three reads, and their preflights, from six origins that are not ours."""
    stages = yield from readable(world)
    if not stages:
        raise NotApplicable("no read can be asked")
    salt = world.canary
    made = []
    for stage in stages:
        for foreign, origin in origins(world.host, salt).items():
            request = world.request(stage, purpose=f"from {foreign}").with_header("Origin", origin)
            plain = yield from ask(request)
            preflight = yield from ask(preflight_of(request, origin))
            made.append(Visit(foreign=foreign, origin=origin, plain=plain, preflight=preflight))
    return Visits(made=tuple(made), cookies=uses_cookies(world))


def readable(world: World) -> Steps[list[Stage]]:
    """Stage the first reads that can be, protected ones before public ones."""
    reads = [one for one in world.document.operations if one.method == "GET"]
    stages: list[Stage] = []
    for operation in sorted(reads, key=lambda one: (not one.protected, len(one.path_parameters))):
        if len(stages) == OPERATIONS:
            break
        try:
            stages.append((yield from world.stage(operation)))
        except Unavailable:
            continue
    return stages


def origins(host: str, salt: str) -> dict[Foreign, str]:
    return {
        Foreign.RANDOM: f"https://{salt}.example",
        Foreign.NULL: "null",
        Foreign.SUFFIX: f"https://{host.partition(':')[0]}.evil.example",
        Foreign.PREFIX: f"https://evil{host}",
        Foreign.SUBDOMAIN: f"https://{salt}.{host}",
        Foreign.PLAIN: f"http://{host}",
    }


def preflight_of(request: Request, origin: str) -> Request:
    """Build what a browser asks before it sends credentials in a header (Fetch §4.8)."""
    asked = (
        ("Origin", origin),
        ("Access-Control-Request-Method", request.method),
        ("Access-Control-Request-Headers", "authorization"),
    )
    return Request(
        method="OPTIONS",
        path=request.path,
        query=request.query,
        headers=asked,
        role=Role.PROBE,
        purpose=f"preflight: {request.purpose}",
    )


def uses_cookies(world: World) -> bool:
    if any(one.location is Location.COOKIE for one in world.document.schemes.values()):
        return True
    try:
        return bool(world.credential(world.owner).cookies)
    except Unavailable:
        return False


@check(
    "cors.credentialed-reflection",
    standards=("HDR-2",),
    severity=Severity.HIGH,
    on=visited,
    refs=("CWE-942", "CWE-346", "ASVS 3.4.2"),
)
def credentialed_reflection(asked: Visits) -> Verdict:
    """No foreign origin gets credentialed access.

    Why: with cookies in use, any page that a signed-in user happens to visit can read and change his data in his
    name; the browser was the only thing to stop it, and was told not to.

    Fix: list the origins that may, and compare whole strings. Express: `cors({origin: ['https://app.example.com'],
    credentials: true})`; FastAPI: `CORSMiddleware(allow_origins=[...])` instead of `allow_origin_regex=".*"`; Django:
    `CORS_ALLOWED_ORIGINS`; Spring: `setAllowedOrigins`, not `setAllowedOriginPatterns("*")`.

    Known limits: a subdomain of the host, and the host over plain http, are noted and not judged.
    """
    for foreign in (Foreign.RANDOM, Foreign.NULL, Foreign.SUFFIX, Foreign.PREFIX):
        granted = [one for one in asked.made if one.foreign is foreign and credentialed(one)]
        if granted:
            return trusted(foreign, granted, asked)
    starred = [one for one in asked.made if answers_star(one)]
    if starred:
        said = f"{where(starred)} answered `*` together with credentials, which browsers refuse"
        return failed(said, severity=Severity.LOW, signature="star+credentials")
    return passed(note=remark(asked))


def trusted(foreign: Foreign, granted: Sequence[Visit], asked: Visits) -> Verdict:
    said = f"{where(granted)} granted credentialed access to {foreign} ({granted[0].origin})"
    tricked = foreign in {Foreign.SUFFIX, Foreign.PREFIX}
    severity = Severity.HIGH if asked.cookies or tricked else Severity.MEDIUM
    return failed(said, severity=severity, signature=f"{foreign.name.lower()}+credentials")


def credentialed(one: Visit) -> bool:
    return any(allows(answer, one.origin) and with_credentials(answer) for answer in (one.plain, one.preflight))


def answers_star(one: Visit) -> bool:
    return any(allows(answer, "*") and with_credentials(answer) for answer in (one.plain, one.preflight))


def remark(asked: Visits) -> str:
    """Say what is worth knowing beside a pass."""
    near = [one for one in asked.made if one.foreign in {Foreign.SUBDOMAIN, Foreign.PLAIN} and credentialed(one)]
    if near:
        return f"{near[0].foreign} gets credentialed access"
    reflected = [one for one in asked.made if one.foreign is Foreign.RANDOM and allows(one.plain, one.origin)]
    return "any origin is reflected, without credentials" if reflected else ""


def allows(answer: Exchange, origin: str) -> bool:
    said = answer.response.header("access-control-allow-origin")
    return said is not None and said.strip().lower() == origin.lower()


def with_credentials(answer: Exchange) -> bool:
    """Only the exact word counts (Fetch §3.2.3)."""
    return (answer.response.header("access-control-allow-credentials") or "").strip() == "true"


def where(visits: Sequence[Visit]) -> str:
    labels = sorted({one.plain.subject for one in visits})
    return labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"
