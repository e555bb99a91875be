"""Fetches documents over HTTP: before there is a session, because only the document says where the API is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

import httpx

from auditor.document.discovery import Fetch, Fetched, is_page
from auditor.errors import TargetUnreachable
from auditor.model import Request
from auditor.sending import bodies
from auditor.sending.attaching import attached
from auditor.sending.session import HEADERS, body_of, is_loopback, unfollowed
from auditor.settings.order import Order

DOCUMENT_CAP = 50 * 1024 * 1024
REDIRECTS = 5
REDIRECTING = frozenset({301, 302, 303, 307, 308})
Headers: TypeAlias = Sequence[tuple[str, str]]
ACCEPT = "application/json, application/vnd.oai.openapi+json, application/yaml, */*;q=0.5"


@asynccontextmanager
async def document_fetcher(order: Order) -> AsyncIterator[Fetch]:
    """Yield a function that fetches one URL, following redirects on the same host only.

    Raises `TargetUnreachable` from the fetch when nothing answers.
    """
    local = is_loopback(urlsplit(order.target).hostname or "")
    async with httpx.AsyncClient(
        transport=order.transport,
        verify=order.verify_tls,
        timeout=order.bounds.deadline_seconds,
        trust_env=not local,
        event_hooks={"response": [unfollowed]},
        headers=[("accept", ACCEPT), ("accept-encoding", bodies.ACCEPTED), ("x-auditor", order.run_id)],
    ) as client:

        async def fetch(url: str) -> Fetched:
            try:
                async with asyncio.timeout(2 * order.bounds.deadline_seconds):
                    answer = await _followed(client, url, headers=_meant_for(url, order))
                    known = _credential(url, order)
                    if known and _wants_sign_in(answer, asked=url):
                        answer = await _followed(client, url, headers=(*_meant_for(url, order), *known))
                    return answer
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError, OSError) as silence:
                raise TargetUnreachable(
                    f"nothing answers at {url} ({_why(silence)})", "is it running, and is the address right?"
                ) from silence

        yield fetch


def _meant_for(url: str, order: Order) -> Headers:
    """Return the user's own headers for the target alone: they may hold credentials, which no other host is shown."""
    return order.headers if _is_target(url, order) else ()


def _credential(url: str, order: Order) -> Headers:
    """Return what the first configured caller sends: some APIs show their document to their users only."""
    blank = Request(method="GET", path="/")
    configured = (attached(blank, one.credential, root="").headers for one in order.identities)
    return next((headers for headers in configured if headers), ()) if _is_target(url, order) else ()


def _is_target(url: str, order: Order) -> bool:
    known = (order.target, order.base_url or "")
    return urlsplit(url).netloc in {urlsplit(one if "://" in one else f"//{one}").netloc for one in known}


def _wants_sign_in(answer: Fetched, *, asked: str) -> bool:
    """Say whether an answer is a refusal of strangers: 401, 403, or a page that we were sent on to."""
    return answer.status in {401, 403} or (answer.url != asked and is_page(answer))


async def _followed(client: httpx.AsyncClient, url: str, *, headers: Headers) -> Fetched:
    fetched, location = await _once(client, url, headers=headers)
    for _ in range(REDIRECTS):
        target = _beside(fetched.url, location)
        if not target:
            break
        fetched, location = await _once(client, target, headers=headers)
    return fetched


def _beside(url: str, location: str) -> str:
    """Return where a redirect leads if that is the same host, and not from https to the open; "" otherwise."""
    try:
        here, target = urlsplit(url), urlsplit(urljoin(url, location))
    except ValueError:
        return ""
    allowed = ("https",) if here.scheme == "https" else ("http", "https")
    return target.geturl() if location and target.netloc == here.netloc and target.scheme in allowed else ""


async def _once(client: httpx.AsyncClient, url: str, *, headers: Headers) -> tuple[Fetched, str]:
    async with client.stream("GET", url, headers=list(headers)) as answer:
        body, _ = await body_of(answer, cap=DOCUMENT_CAP)
        media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        named = (value for name, value in answer.extensions[HEADERS] if name.lower() == b"location")
        location = next(named, b"").decode("latin-1") if answer.status_code in REDIRECTING else ""
        return Fetched(status=answer.status_code, media_type=media, body=body, url=url), location


def _why(silence: Exception) -> str:
    if isinstance(silence, TimeoutError | httpx.TimeoutException):
        return "no answer in time"
    return "connection refused" if isinstance(silence, httpx.ConnectError) else type(silence).__name__
