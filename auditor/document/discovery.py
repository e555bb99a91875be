"""From an address to the document that describes it: a URL, a file, `-`, or just where the API is.

Knows no HTTP client: what fetches is handed in. The audited host is the one that was named; a document that
names another is not followed, but reported.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from auditor.document.openapi import servers
from auditor.document.parsing import MAX_BYTES, parsed_once
from auditor.document.schemas import mapping
from auditor.errors import DocumentError, TargetUnreachable
from auditor.model import Json, Problem

USUAL_PLACES = (
    "/openapi.json",
    "/openapi.yaml",
    "/openapi.yml",
    "/api/openapi.json",
    "/api/v1/openapi.json",
    "/v3/api-docs",
    "/v2/api-docs",
    "/swagger.json",
    "/swagger.yaml",
    "/swagger/v1/swagger.json",
    "/swagger/doc.json",
    "/api/swagger.json",
    "/api-docs",
    "/api-json",
    "/docs-json",
    "/docs.json",
    "/docs/openapi.json",
    "/api/docs.json",
    "/api/schema/",
    "/schema/",
    "/q/openapi",
    "/openapi",
    "/spec.json",
    "/apispec_1.json",
    "/__api__",
    "/api/spec.yaml",
    "/api/v1/_openapi",
    "/server/specs/oas",
)
"""Of FastAPI, springdoc, springfox, Flask, .NET, Go, Express, NestJS, API Platform, drf-spectacular, Quarkus, flasgger,
Pyramid and some products that bring their own, likeliest first."""
DOCS_PAGES = ("/", "/docs", "/swagger", "/swagger-ui/index.html", "/api/docs", "/redoc")
MAX_LINKS = 8
"""Addresses followed from one docs page."""
MAX_TRIED = 90
MAX_PAGE = 2_000_000
LINKS = (
    re.compile(r"""spec-?url\s*=\s*["']?([^"'<>\s]+)""", re.IGNORECASE),
    re.compile(r"""\b(?:specUrl|configUrl|url)\\?["']?\s*:\s*\\?["']((?:[^"'<>\s\\]|\\/)+)"""),
    re.compile(r"""src\s*=\s*["']([^"'<>\s]*swagger-(?:initializer|ui-init)\.js)["']"""),
    re.compile(r"""href\s*=\s*["']([^"'<>\s]*(?:openapi|swagger|api-docs|schema|spec)[^"'<>\s]*)["']"""),
)
"""Redoc, Swagger UI and its configuration, its script, plain links."""
MARK = re.compile(rb"""["']?(?:openapi|swagger)["']?\s*:""")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a URL answered, after redirects on the same host."""

    status: int
    media_type: str
    body: bytes
    url: str


class Fetch(Protocol):
    """Fetches one URL. Raises `TargetUnreachable` when nothing answers."""

    async def __call__(self, url: str) -> Fetched: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The document's bytes (None: the address has none), where they came from, and where the API is."""

    document_bytes: bytes | None
    source: str
    base_url: str
    folder: Path | None = None
    """Where references to other files may lead; None for what was fetched."""
    tried: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


async def find(target: str, *, fetch: Fetch, document: str | None = None, base_url: str | None = None) -> Found:
    """Find the document and the base address of an API.

    `target` is the address of the API or of its document, a file, or `-` for standard input. With `document` it
    is the API's address and `document` says where the description lies; `base_url` overrides what that says.
    Raises `DocumentError` for a document that was named and cannot be used, `TargetUnreachable` when nothing
    answers.
    """
    if document is not None:
        return await _named(document, fetch=fetch, place=Place(api=address(target), override=base_url))
    if target == "-" or not (is_url(target) or looks_like_host(target)):
        return await _named(target, fetch=fetch, place=Place(override=base_url))
    return await _at(address(target), fetch=fetch, override=base_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of where the API is: its address as named, and what overrides everything."""

    api: str = ""
    override: str | None = None


async def _named(document: str, *, fetch: Fetch, place: Place) -> Found:
    """Read a document that was named: it must be one."""
    if is_url(document):
        answer = await fetch(document)
        return _found(checked(answer), source=answer.url, url=answer.url, place=place)
    if document == "-":
        return _found(sys.stdin.buffer.read(MAX_BYTES + 1), source="standard input", place=place)
    raw, folder = _file(Path(document))
    return _found(raw, source=document, place=place, folder=folder)


def _file(path: Path) -> tuple[bytes, Path]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentError(f"{path} is larger than {MAX_BYTES:,} bytes", "Split the document.")
        return path.read_bytes(), path.resolve().parent
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise DocumentError(f"{path} cannot be read: {why}", "Check the path of the document.") from problem


def _found(
    raw: bytes,
    *,
    source: str,
    place: Place,
    url: str = "",
    folder: Path | None = None,
    tried: tuple[str, ...] = (),
) -> Found:
    tree = parsed_once(raw, source=source).tree
    base, problems = based(mapping(tree), url=url, place=place)
    if not base:
        raise DocumentError(
            f"{source} does not say where the API is: it names no server with a host",
            "Give the base address of the API as well (--base-url).",
        )
    return Found(document_bytes=raw, source=source, base_url=base, folder=folder, tried=tried, problems=tuple(problems))


def checked(answer: Fetched) -> bytes:
    """Return the body of a document that was named. Raises `DocumentError` for a refusal."""
    if answer.status in {401, 403}:
        hint = "Give the header that the document's address asks for, or a copy of the document as a file."
        raise DocumentError(f"{answer.url} answered {answer.status}: the document is not public", hint)
    if answer.status != 200:
        raise DocumentError(f"{answer.url} answered {answer.status}", "Check the address of the document.")
    return answer.body


# --- looking around -----------------------------------------------------------------------------------------


async def _at(url: str, *, fetch: Fetch, override: str | None) -> Found:
    """Look at the address itself, then in the usual places below it, then at what its docs pages link to."""
    first = await fetch(url)
    if is_description(first):
        return _found(first.body, source=first.url, url=first.url, place=Place(override=override))
    if urlsplit(url).path.endswith((".json", ".yaml", ".yml")):
        return _found(checked(first), source=first.url, url=first.url, place=Place(override=override))
    search = Search(fetch, first)
    answer = await search.run()
    if answer is not None:
        place = Place(api=search.base, override=override)
        return _found(answer.body, source=answer.url, url=answer.url, place=place, tried=tuple(search.tried))
    base = (override or search.base).rstrip("/")
    return Found(document_bytes=None, source="", base_url=base, tried=tuple(search.tried))


class Search:
    """Tries the places below an address, each once, never another host's."""

    def __init__(self, fetch: Fetch, first: Fetched) -> None:
        self._fetch = fetch
        self._first = first
        page = is_page(first) and any(urlsplit(first.url).path.rstrip("/").endswith(one) for one in DOCS_PAGES[1:])
        self.base = root_of(first.url) if page else first.url.partition("?")[0].rstrip("/")
        self.tried: list[str] = [first.url]

    async def run(self) -> Fetched | None:
        """Return the first description found."""
        if is_page(self._first):
            found = await self._linked(self._first, depth=2)
            if found is not None:
                return found
        for base in dict.fromkeys((self.base, root_of(self.base))):
            for place in USUAL_PLACES:
                answer = await self._try(base + place)
                if answer is not None and is_description(answer):
                    return answer
        for page in DOCS_PAGES:
            answer = await self._try(self.base + page)
            found = await self._linked(answer, depth=2) if answer is not None else None
            if found is not None:
                return found
        return None

    async def _try(self, url: str) -> Fetched | None:
        if url in self.tried or len(self.tried) >= MAX_TRIED:
            return None
        self.tried.append(url)
        try:
            answer = await self._fetch(url)
        except TargetUnreachable:  # the address itself answered; one place that does not is no reason to stop
            return None
        return answer if answer.status == 200 else None

    async def _linked(self, page: Fetched, depth: int) -> Fetched | None:
        """Follow what a docs page, its script or its configuration names as the document."""
        embedded = embedded_document(page)
        if embedded is not None:
            return embedded
        for url in links(page)[:MAX_LINKS]:
            answer = await self._try(url)
            if answer is None:
                continue
            if is_description(answer):
                return answer
            found = await self._linked(answer, depth - 1) if depth > 1 else None
            if found is not None:
                return found
        return None


def links(page: Fetched) -> list[str]:
    """Return the addresses on the same host that a page names as a description, or as what names one."""
    text = page.body[:MAX_PAGE].decode("utf-8", "replace")
    named = [match for pattern in LINKS for match in pattern.findall(text)]
    full = joined(page.url, [one.replace("\\/", "/") for one in named])
    host = urlsplit(page.url).netloc
    return [one for one in dict.fromkeys(full) if urlsplit(one).netloc == host and one != page.url]


def embedded_document(page: Fetched) -> Fetched | None:
    """Take the document out of a script that carries it whole (swagger-ui-express)."""
    text = page.body.decode("utf-8", "replace")
    match = re.search(r'"swaggerDoc"\s*:\s*(?=\{)', text)
    if match is None:
        return None
    try:
        tree, end = json.JSONDecoder().raw_decode(text, match.end())
    except (ValueError, RecursionError):
        return None
    found = Fetched(200, "application/json", text[match.end() : end].encode(), page.url)
    return found if isinstance(tree, dict) and is_description(found) else None


def is_description(answer: Fetched) -> bool:
    """Say whether an answer reads as an OpenAPI document, before it is parsed."""
    return answer.status == 200 and not is_page(answer) and bool(MARK.search(answer.body)) and not is_script(answer)


def is_page(answer: Fetched) -> bool:
    return answer.body.lstrip()[:1] == b"<"


def is_script(answer: Fetched) -> bool:
    return "javascript" in answer.media_type


# --- addresses ----------------------------------------------------------------------------------------------


def based(root: Mapping[str, Json], *, url: str, place: Place) -> tuple[str, list[Problem]]:
    """Return the base address and what is odd about it; "" when nothing says where the API is.

    `url` is where the document was fetched. A server on a host that was not named lends its path only.
    """
    if place.override:
        return address(place.override).rstrip("/"), []
    named = place.api or url
    declared = [one for one in servers(root) if "{" not in one]
    if not named:
        absolute = (one for one in declared if is_url(one))
        return next(absolute, "").rstrip("/"), []
    own_path = urlsplit(place.api).path.rstrip("/")
    if not declared:
        return (root_of(named) + own_path), []
    full = joined(url or named + "/", declared)
    near = next((one for one in full if same_host(one, named)), None)
    if near is not None:
        return root_of(named) + urlsplit(near).path.rstrip("/"), []
    message = f"the document names {declared[0]} as its server; audited is {root_of(named)}, the host that was named"
    path = own_path or urlsplit(next(iter(full), "")).path.rstrip("/")
    return root_of(named) + path, [Problem(pointer="/servers", message=message)]


def joined(base: str, references: Iterable[str]) -> list[str]:
    """Resolve references against an address, malformed ones left out."""
    found: list[str] = []
    for one in references:
        with suppress(ValueError):
            found.append(urljoin(base, one))
    return found


def same_host(one: str, other: str) -> bool:
    """Compare host and port; the names of this machine are one, and a scheme's own port may be left out."""
    return host_and_port(one) == host_and_port(other)


def host_and_port(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", 0
    host = parts.hostname or ""
    return ("localhost" if host in LOOPBACK else host), port


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})


def root_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def looks_like_host(text: str) -> bool:
    """Say whether text without a scheme is an address (`localhost:8000`) rather than a file."""
    return not Path(text).exists() and bool(re.fullmatch(r"[\w.-]+:\d{1,5}(/.*)?|localhost(/.*)?", text))


def address(text: str) -> str:
    """Return an address with its scheme; one without is plain http, as local ones are."""
    return text if is_url(text) else f"http://{text}"
