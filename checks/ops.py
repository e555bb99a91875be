"""What those who run the service need of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from auditor import compare
from auditor.check import Judged, check
from auditor.model import NOT_JSON, Exchange, Json, Severity, Verdict, failed, passed, unsure
from checks._ops_probes import Endpoint, Health, health_probes
from checks._patterns import TRACES, first_leak, visible_text
from checks._perf_probes import percentile

SLOW_MS = 1_000.0
DSN = re.compile(
    r"\b[a-z][a-z0-9+]{1,30}://[^\s:@/]{0,60}:[^\s@/]{1,80}@[^\s]{1,80}|\b(?:sqlite|jdbc:\w{1,20}):/{2,4}[^\s]{1,80}"
)
MASKED_DSN = re.compile(r"«shape:dsn»")
"""What the recording puts in the place of an address with credentials (DESIGN section 5: redacted at capture)."""
DATABASE_URL = re.compile(
    r"\b(?:postgres|mysql|mariadb|mongodb|redis|amqp|oracle|mssql)\w{0,10}(?:\+\w{1,20})?://[^\s]{1,80}"
)
PRIVATE = re.compile(r"(?<![\d.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\d.])")
HOST_KEYS = frozenset({"host", "hostname", "server", "node", "pod", "container", "ip", "address"})
VERSION_KEY = re.compile(r"(?:^|[_-])version$|Version$", re.IGNORECASE)
VERSION = re.compile(r"\d+\.\d+")
READINESS = frozenset({"ready", "readyz", "readiness"})
DEPENDENCIES = frozenset({"checks", "components", "dependencies", "details", "services", "database", "db"})
CACHED = re.compile(r"\b(?:s-maxage|max-age)\s*=\s*\"?[1-9]|\bpublic\b", re.IGNORECASE)


@check(
    "ops.health",
    severity=Severity.MEDIUM,
    standards=("OPS-1",),
    on=health_probes,
    refs=("draft-inadarei-api-health-check",),
)
def health(seen: Health) -> Judged:
    """Health endpoints exist, are cheap and discreet.

    Why: without them an orchestrator sends traffic to a process that cannot serve it; with too much in them they tell a
    stranger where the database is.

    Fix: `/livez` that asks nobody, `/readyz` that asks what the service depends on, both without login, uncached, and
    with a status and nothing else. Express: `@godaddy/terminus`; FastAPI: two small routes outside the versioned
    router; Django: `django-health-check`; Spring: `management.endpoint.health.show-details=never` and its probes.

    Known limits: health on an internal port is not seen; the usual paths and those in the document are tried.
    """
    if not seen.found:
        return _nothing_found(seen)
    verdicts = [*_one_kind(seen.found), *(verdict for one in seen.found for verdict in _indiscreet(one))]
    return verdicts or passed(note=", ".join(one.path for one in seen.found))


def _nothing_found(seen: Health) -> Verdict:
    if seen.closed:
        paths = ", ".join(one.request.path for one in seen.closed)
        message = f"health asks for credentials: {paths} answered {seen.closed[0].response.status}"
        return failed(message, severity=Severity.LOW, signature="needs login")
    if any(one.response.status in {0, 401, 403, 429, 503} for one in seen.nowhere):
        status = seen.nowhere[0].response.status
        return unsure(f"unknown paths are answered {status}, so what is there cannot be told from what is not")
    return failed("none of the usual health paths answers, and the document names none", signature="none")


def _one_kind(found: Sequence[Endpoint]) -> Iterator[Verdict]:
    """Liveness and readiness are two questions, unless one answer covers the dependencies too."""
    ready = [one for one in found if READINESS & set(_parts(one)) or _names_dependencies(one)]
    alive = [one for one in found if not READINESS & set(_parts(one))]
    if ready and alive:
        return
    missing = "liveness" if ready else "readiness"
    paths = ", ".join(one.path for one in found)
    message = f"only one kind of health is there ({paths}): nothing speaks of {missing}"
    yield failed(message, severity=Severity.LOW, signature="one kind")


def _parts(one: Endpoint) -> list[str]:
    return [part.lower() for part in one.path.split("/")]


def _names_dependencies(one: Endpoint) -> bool:
    body = one.answers[0].response.json()
    return isinstance(body, dict) and bool(DEPENDENCIES & {str(key).lower() for key in body})


def _indiscreet(one: Endpoint) -> Iterator[Verdict]:
    first = one.answers[0]
    caching = first.response.header("cache-control") or ""
    if first.response.succeeded and CACHED.search(caching) and "no-store" not in caching.lower():
        yield _low(one, f"may be cached ({caching[:80]})", "cacheable")
    slow_ms = percentile([answer.elapsed_ms for answer in one.answers], 0.95)
    if slow_ms > SLOW_MS:
        yield _low(one, f"took {slow_ms:.0f} ms", "slow")
    if leak := _leak(first):
        yield _low(one, f"tells {leak[1]}", f"leaks {leak[0]}")


def _low(one: Endpoint, what: str, signature: str) -> Verdict:
    return failed(f"{one.path} {what}", severity=Severity.LOW, signature=f"{one.path} {signature}")


def _leak(seen: Exchange) -> tuple[str, str] | None:
    """Say what the answer gives away, and in which words."""
    text = visible_text(seen.response)
    for name, pattern in (("dsn", MASKED_DSN), ("dsn", DSN), ("dsn", DATABASE_URL), ("host", PRIVATE)):
        if match := pattern.search(text):
            return name, f"a {name} ({match.group(0).partition('://')[0][:40]}…)"
    if trace := first_leak(seen, TRACES):
        return "stack", f"a stack ({trace.excerpt[:60]})"
    return _told_by_key(seen.response.json())


def _told_by_key(body: Json) -> tuple[str, str] | None:
    for pointer, leaf in compare.walk(body) if body is not NOT_JSON else ():
        key = pointer.rpartition("/")[2]
        if key.lower() in HOST_KEYS and isinstance(leaf, str) and leaf:
            return "host", f"a host ({key}: {leaf[:40]})"
        if VERSION_KEY.search(key) and isinstance(leaf, str) and VERSION.search(leaf):
            return "version", f"a version ({key}: {leaf[:40]})"
    return None
