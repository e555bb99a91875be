"""From an address to the document that describes it: a URL, a file, `-`, or just where the API is.

Knows no HTTP client: what fetches is handed in. The audited host is the one that was named; a document that
names another is not followed, but reported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin, urlsplit, urlunsplit

from auditor.errors import DocumentError, TargetUnreachable
from auditor.model import Problem
from auditor.openapi import servers
from auditor.parsing import MAX_BYTES, parse
from auditor.schemas import mapping

USUAL_PLACES = (
    "/openapi.json",
    "/openapi.yaml",
    "/api/openapi.json",
    "/v3/api-docs",
    "/swagger.json",
    "/swagger/v1/swagger.json",
    "/api-docs",
    "/docs-json",
    "/api/schema/",
    "/spec.json",
    "/apispec_1.json",
)
"""FastAPI, hand-written, prefixed FastAPI, springdoc, Flask and Go, .NET, Express, NestJS, drf-spectacular, flasgger."""
DOCS_PAGES = ("/", "/docs", "/swagger", "/swagger-ui/index.html", "/api/docs", "/redoc")
MAX_LINKS = 5
"""Addresses followed from one docs page."""
LINKS = (
    re.compile(r"""spec-?url\s*=\s*["']([^"'<>\s]+)["']""", re.IGNORECASE),
    re.compile(r"""["']?(?:specUrl|configUrl|url)["']?\s*:\s*["']([^"'<>\s]+)["']"""),
    re.compile(r"""["']?url["']?\s*:\s*\\"([^"\\<>\s]+)\\\""""),
    re.compile(r"""<redoc[^>]*\sspec-url=["']?([^"'<>\s]+)"""),
    re.compile(r"""href\s*=\s*["']([^"'<>\s]*(?:openapi|swagger|api-docs|schema)[^"'<>\s]*\.?(?:json|ya?ml)[^"'<>\s]*)["']"""),
)
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
        named = base_url or address(target)
        return await _named(document, fetch=fetch, base_url=named)
    if not is_url(target) and (target == "-" or is_file(target)):
        return await _named(target, fetch=fetch, base_url=base_url)
    return await _at(address(target), fetch=fetch, base_url=base_url)


async def _named(document: str, *, fetch: Fetch, base_url: str | None) -> Found:
    """Read a document that was named: it must be one."""
    if is_url(document):
        answer = await fetch(document)
        return _fetched(checked(answer), answer.url, base_url=base_url)
    raw, folder = (_stdin(), None) if document == "-" else _file(Path(document))
    source = "standard input" if document == "-" else document
    parse_or_raise(raw, source)
    based, problems = based_on_file(raw, base_url, source)
    return Found(document_bytes=raw, source=source, base_url=based, folder=folder, problems=problems)


def _stdin() -> bytes:
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _file(path: Path) -> tuple[bytes, Path]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentError(f"{path} is larger than {MAX_BYTES:,} bytes", "Split the document.")
        return path.read_bytes(), path.resolve().parent
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise DocumentError(f"{path} cannot be read: {why}", "Check the path of the document.") from problem


# --- addresses ----------------------------------------------------------------------------------------------


async def _at(url: str, *, fetch: Fetch, base_url: str | None) -> Found:
    """Look at the address itself, then in the usual places below it, then at what its docs pages link to."""
    first = await fetch(url)
    if is_description(first):
        return _fetched(first.body, first.url, base_url=base_url)
    if names_document(url):
        checked(first)
    tried = [url]
    async for answer in _candidates(url, first, fetch, tried):
        if is_description(answer):
            return _fetched(answer.body, answer.url, base_url=base_url or root_of(url), tried=tuple(tried), named=url)
    return Found(document_bytes=None, source="", base_url=(base_url or url).rstrip("/"), tried=tuple(tried))


async def _candidates(url: str, first: Fetched, fetch: Fetch, tried: list[str]) -> AsyncIterator[Fetched]:
    raise NotImplementedError
