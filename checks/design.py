"""The shape of the API: versions, names, what a create answers, and whether answers keep the document's word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from auditor import compare
from auditor.check import Judged, check
from auditor.evidence import DOCUMENT, EVERY_EXCHANGE, shows_effect
from auditor.model import (
    Document,
    Exchange,
    Location,
    Operation,
    Role,
    Severity,
    Verdict,
    failed,
    passed,
    skipped,
    unsure,
)
from checks._design_names import bad_names
from checks._design_probes import Created, created
from checks._reading import row_of

API = "API"
VERSION_SEGMENT = re.compile(
    r"v\d{1,4}(\.\d{1,4}){0,2}([a-z]{1,8}\d{0,3})?|\d{4}-\d{2}(-\d{2})?|\d{1,2}(\.\d{1,2}){1,2}", re.IGNORECASE
)
VERSIONED_HOST = re.compile(r"://(?:[\w-]+[.-])?v\d{1,3}[.-]", re.IGNORECASE)
VERSIONED_MEDIA = re.compile(r"application/vnd\.[\w.+-]*v\d|;\s*v(?:ersion)?=", re.IGNORECASE)
VERSION_PARAMETERS = re.compile(r"(?:[\w-]*api[-_]?|accept[-_]?|[\w]+-)?version", re.IGNORECASE)
MACHINERY = frozenset(
    {
        "health", "healthz", "livez", "readyz", "live", "ready", "liveness", "readiness", "ping", "status", "metrics",
        "prometheus", "actuator", "docs", "redoc", "swagger", "swagger-ui", "openapi.json", "openapi.yaml", "api-docs",
        "schema", ".well-known", "favicon.ico", "robots.txt", "version",
    }
)  # fmt: skip
MOST_LISTED = 10
MOST_VIOLATIONS = 10
OUR_DOING = frozenset({304, 401, 403, 404, 405, 406, 412, 413, 414, 415, 429, 431})
"""Statuses that a probe's credentials, headers, sizes and pace cause, or an object that another probe removed."""


@check(
    "design.versioned-paths",
    severity=Severity.LOW,
    standards=("API-1",),
    on=DOCUMENT,
    refs=("API9:2023",),
)
def versioned_paths(document: Document) -> Verdict:
    """Every business operation lives under a version.

    Why: without a version the first change that breaks a client breaks all of them at once.

    Fix: mount every router under one prefix. Express: `app.use('/api/v1', router)`; FastAPI:
    `APIRouter(prefix="/api/v1")`; Django: `path("api/v1/", include(...))`; Spring:
    `server.servlet.context-path=/api/v1` or `@RequestMapping`.

    Known limits: a prefix that a gateway adds is seen only in the document's server address.
    """
    business = [one for one in document.operations if not (_is_machinery(one.path) or _lists_versions(one, document))]
    if not business:
        return skipped("the document has no business operation")
    if any(_has_version(urlsplit(server).path) for server in document.servers):
        return passed()
    bare = [one for one in business if not _has_version(one.path)]
    if not bare:
        return passed()
    if elsewhere := _version_elsewhere(document, bare):
        return passed(note=f"the version is in the {elsewhere}, not in the path")
    message = f"{len(bare)} of {len(business)} operations have no version: {_some([one.label for one in bare])}"
    return failed(message, signature="unversioned")


def _has_version(path: str) -> bool:
    return any(VERSION_SEGMENT.fullmatch(segment) for segment in path.split("/"))


def _is_machinery(path: str) -> bool:
    segments = [segment.lower() for segment in path.split("/") if segment]
    return not segments or any(segment in MACHINERY for segment in segments)


def _lists_versions(operation: Operation, document: Document) -> bool:
    """A read above the versions themselves: what it shows is which there are."""
    above = operation.path.rstrip("/") + "/"
    if operation.method != "GET" or "{" in above or _has_version(above):
        return False
    return any(one.path.startswith(above) and _has_version(one.path) for one in document.operations)


def _version_elsewhere(document: Document, bare: Sequence[Operation]) -> str:
    if any(VERSIONED_HOST.search(server) for server in document.servers):
        return "host name"
    if all(_version_parameter(one) for one in bare):
        return "headers or parameters"
    if all(_version_media(one) for one in bare):
        return "media type"
    return ""


def _version_parameter(operation: Operation) -> bool:
    places = {Location.HEADER, Location.QUERY}
    return any(one.location in places and VERSION_PARAMETERS.fullmatch(one.name) for one in operation.parameters)


def _version_media(operation: Operation) -> bool:
    media = [name for answer in operation.answers.values() for name in answer.content]
    media += list(operation.body.content) if operation.body else []
    return any(VERSIONED_MEDIA.search(name) for name in media)


def _some(labels: Sequence[str]) -> str:
    rest = f" and {len(labels) - MOST_LISTED} more" if len(labels) > MOST_LISTED else ""
    return ", ".join(labels[:MOST_LISTED]) + rest


@check(
    "design.plural-nouns",
    severity=Severity.LOW,
    standards=("API-2",),
    on=DOCUMENT,
    refs=("Zalando 134", "Zalando 141"),
)
def plural_nouns(document: Document) -> Verdict:
    """Collections are plural nouns and paths hold no verbs.

    Why: names that follow one rule can be guessed; a verb in the path repeats the method, or contradicts it.

    Fix: name the collection and let the method say what happens: `POST /orders`, not `/createOrder`. Express:
    `express.Router()` mounted at `/orders`; FastAPI: `APIRouter(prefix="/orders")`; Django REST: a `ModelViewSet` in a
    router; Spring: `@RequestMapping("/orders")`. Keep the old path as a redirect for a while.

    Known limits: names are read as English.
    """
    if not document.operations:
        return skipped("the document has no operation")
    names = bad_names(document.operations)
    if not names:
        return passed()
    plural = "s" if len(names) > 1 else ""
    return failed(f"{len(names)} name{plural}: {_some(names)}", signature="names")


@check(
    "design.create-201",
    severity=Severity.MEDIUM,
    standards=("API-4",),
    on=created,
    refs=("RFC 9110 15.3.2", "RFC 9110 10.2.2"),
)
def create_201(made: Created) -> Verdict:
    """A create answers 201, names the new resource, and it can be read.

    Why: a client that is not told what was made, or where, must guess or list; one that gets 200 cannot tell a create
    from an update.

    Fix: answer 201 with the object and a `Location` that resolves. Express: `res.status(201).location(url).json(item)`;
    FastAPI: `status_code=201` and `response.headers["Location"]`; Django REST: `CreateModelMixin`; Spring:
    `ResponseEntity.created(uri).body(item)`.
    """
    status = made.create.response.status
    about = made.create.subject
    if status == 202:
        return _accepted_later(made, about)
    if status != 201:
        return _other_than_201(made, about)
    if not made.item and made.location is None:
        message = "answered 201 with neither a Location nor an id in the body"
        return failed(message, signature="unnamed", about=about)
    return _resolves(made, about)


def _accepted_later(made: Created, about: str) -> Verdict:
    if made.followed is not None and made.followed.succeeded:
        return passed(note="answered 202, and its Location led to an answer", about=about)
    return unsure("answered 202, and within 30 s nothing showed what became of it", about=about)


def _other_than_201(made: Created, about: str) -> Verdict:
    """200 and its like: wrong only if something was added, and the same request would not just update it."""
    status = made.create.response.status
    if not _shows(made, made.read):
        return skipped(f"answered {status}, and nothing shows that it creates anything", about=about)
    if made.repeated is not None and made.repeated_item == made.item:
        return skipped(
            f"answered {status}: the same request names the same object again, so it is an upsert", about=about
        )
    message = f"answered {status} though it created {made.item or 'an object'}, which a GET then showed"
    return failed(message, signature="not 201", about=about)


def _resolves(made: Created, about: str) -> Verdict:
    target = made.followed if made.location is not None else made.read
    name = f"the Location {made.location}" if made.location is not None else f"the item {made.item}"
    if target is None:
        return unsure(f"{name} leads elsewhere and was not followed", about=about)
    if target.response.status in {404, 410}:
        message = f"answered 201, and {name} was answered {target.response.status}"
        return failed(message, signature="does not resolve", about=about)
    if not target.succeeded:
        return unsure(f"{name} was answered {target.response.status}", about=about)
    if not _shows(made, target):
        return unsure(f"{name} does not show what was sent", about=about)
    return passed(note="" if made.location is not None else "no Location; the id is in the body", about=about)


def _shows(made: Created, read: Exchange | None) -> bool:
    """The read holds a value that this create sent, or the id it answered with."""
    if read is None or not read.succeeded:
        return False
    named = row_of(read.response.json(), made.item) if made.item else None
    return isinstance(named, dict) or shows_effect(made.create.request, read)


@check(
    "design.response-conformance",
    severity=Severity.MEDIUM,
    standards=("API-8", "API-10"),
    on=EVERY_EXCHANGE,
    refs=("API9:2023", "OAS"),
)
def response_conformance(seen: Exchange) -> Judged:
    """Status, headers and body match the document.

    Why: clients are generated from the document; an answer that breaks its word breaks them at run time.

    Fix: let the document and the answer come from one model. Express: `express-openapi-validator` with
    `validateResponses`; FastAPI: `response_model`, and never a bare `JSONResponse`; Django REST: `drf-spectacular` with
    `@extend_schema`; Spring: `springdoc` on the returned types. Document every status that a client may meet.

    Known limits: `format` is an annotation; statuses that probes cause (401, 404, 405, 413, 429, 5xx…) may be
    undocumented.
    """
    if seen.operation is None:
        return skipped("the path is not in the document", about=API)
    broken = list(_departures(seen))
    if not seen.facts.documented and not _our_doing(seen):
        message = f"answered {seen.response.status}, which the document does not mention"
        broken.append(failed(message, severity=Severity.LOW, signature="status undocumented"))
    return broken or passed()


def _departures(seen: Exchange) -> Iterator[Verdict]:
    """One verdict for each pointer and keyword, positions in lists left out."""
    grouped = {(compare.general(one.pointer), one.keyword): one for one in reversed(seen.facts.violations)}
    for (pointer, keyword), one in sorted(grouped.items())[:MOST_VIOLATIONS]:
        place = pointer or "the root"
        message = f"{seen.response.status} answer, {place}: {one.message[:160]}"
        yield failed(message, signature=f"{pointer} {keyword}")


def _our_doing(seen: Exchange) -> bool:
    status = seen.response.status
    if status in OUR_DOING or status >= 500 or not status:
        return True
    broken = seen.request.role is Role.PROBE and seen.request.mutation is not None
    return broken and 400 <= status < 500
