"""The questions of the operations family: is there health, who may ask, and what does it say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor import compare
from auditor.evidence import Bound, Pace, Scope, Steps, World, ask, recipe, repeat
from auditor.model import ANONYMOUS, Exchange, Request, Response, Role

ROOT_PATHS = (
    "/health",
    "/healthz",
    "/livez",
    "/readyz",
    "/ready",
    "/health/live",
    "/health/ready",
    "/api/health",
    "/actuator/health",
    "/status",
)
BASE_PATHS = ("/health", "/healthz", "/livez", "/readyz", "/ready", "/status")
WORDS = frozenset(
    {"health", "healthz", "healthcheck", "health-check", "livez", "readyz", "live", "ready", "liveness", "readiness"}
)
REPEATS = 4
MOST_ENDPOINTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A health endpoint that answered, several times."""

    path: str
    answers: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    nowhere: tuple[Exchange, ...]
    """What paths that do not exist answer: whatever looks like it is no discovery."""
    found: tuple[Endpoint, ...]
    closed: tuple[Exchange, ...]
    """Candidates that ask for credentials where an unknown path does not."""


@recipe(
    scope=Scope.API,
    pace=Pace.QUIET,
    at_most=Bound(requests=60),
    confirm=repeat(1),
    expects_refusal=True,
    mutates=False,
)
def health_probes(world: World) -> Steps[Health]:
    """Fingerprint what unknown paths answer, then ask for health without credentials, five times where it answers."""
    nowhere: list[Exchange] = []
    for absolute in (True, False):
        path = f"/aud-{world.rng.randrange(16**8):08x}"
        nowhere.append((yield from ask(_asked(path, absolute=absolute))))
    first: list[Exchange] = []
    for request in _candidates(world):
        first.append((yield from ask(request)))
    found: list[Endpoint] = []
    for one in _distinct([one for one in first if is_health(one, nowhere)])[:MOST_ENDPOINTS]:
        found.append((yield from _repeated(one)))
    closed = tuple(one for one in first if _is_closed(one, nowhere))
    return Health(nowhere=tuple(nowhere), found=tuple(found), closed=closed)


def _asked(path: str, *, absolute: bool = True) -> Request:
    purpose = "the health of the service"
    return Request(method="GET", path=path, identity=ANONYMOUS, role=Role.PROBE, purpose=purpose, absolute=absolute)


def _candidates(world: World) -> Iterator[Request]:
    """What the document names first, then the usual places at the host's root and below the base address."""
    documented = [one for one in world.document.operations if one.method == "GET" and is_health_path(one.path)]
    for one in documented[:6]:
        yield Request(method="GET", path=one.path, operation=one, identity=ANONYMOUS, purpose="documented health")
    named = {one.path for one in documented}
    yield from (_asked(path) for path in ROOT_PATHS if path not in named)
    yield from (_asked(path, absolute=False) for path in BASE_PATHS if path not in named)


def is_health_path(path: str) -> bool:
    """Its last words speak of health; no parameters."""
    parts = [part.lower() for part in path.split("/") if part]
    return "{" not in path and bool(WORDS & set(parts[-2:]))


def is_health(seen: Exchange, nowhere: list[Exchange]) -> bool:
    """A 2xx, or a 503 that says why, unlike what unknown paths answer, and no page."""
    response = seen.response
    if not (response.succeeded or (response.status == 503 and response.is_json)) or response.is_html:
        return False
    return not any(_alike(one.response, response) for one in nowhere)


def _alike(nowhere: Response, response: Response) -> bool:
    return nowhere.status == response.status and compare.similarity(nowhere, response) >= compare.SIMILAR_TEXT


def _is_closed(seen: Exchange, nowhere: list[Exchange]) -> bool:
    return seen.response.status in {401, 403} and not any(one.response.status in {401, 403} for one in nowhere)


def _distinct(some: list[Exchange]) -> list[Exchange]:
    """Each path once: below a base address without a path both places are one."""
    return list({one.request.path: one for one in reversed(some)}.values())[::-1]


def _repeated(first: Exchange) -> Steps[Endpoint]:
    answers = [first]
    plain = _asked(first.request.path, absolute=first.request.absolute)
    for _ in range(REPEATS):
        answers.append((yield from ask(plain)))
    return Endpoint(path=first.request.path, answers=tuple(answers))
