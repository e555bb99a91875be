"""Fetches documents over HTTP: before there is a session, because only the document says where the API is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urljoin, urlsplit

import httpx

from auditor.discovery import Fetch, Fetched
from auditor.errors import TargetUnreachable
from auditor.order import Order
from auditor.session import is_loopback

DOCUMENT_CAP = 50 * 1024 * 1024
REDIRECTS = 5
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
        headers=[("accept", ACCEPT), ("x-auditor", order.run_id), *order.headers],
    ) as client:

        async def fetch(url: str) -> Fetched:
            try:
                async with asyncio.timeout(2 * order.bounds.deadline_seconds):
                    return await _followed(client, url)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as silence:
                raise TargetUnreachable(
                    f"nothing answers at {url} ({_why(silence)})", "is it running, and is the address right?"
                ) from silence

        yield fetch


async def _followed(client: httpx.AsyncClient, url: str) -> Fetched:
    fetched, location = await _once(client, url)
    for _ in range(REDIRECTS):
        target = urljoin(fetched.url, location) if location else ""
        if not target or urlsplit(target).netloc != urlsplit(url).netloc:
            break
        fetched, location = await _once(client, target)
    return fetched


async def _once(client: httpx.AsyncClient, url: str) -> tuple[Fetched, str]:
    async with client.stream("GET", url) as answer:
        parts, size = [], 0
        async for chunk in answer.aiter_bytes():
            parts.append(chunk)
            size += len(chunk)
            if size > DOCUMENT_CAP:
                break
        media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        location = answer.headers.get("location", "") if answer.is_redirect else ""
        return Fetched(status=answer.status_code, media_type=media, body=b"".join(parts), url=url), location


def _why(silence: Exception) -> str:
    if isinstance(silence, TimeoutError | httpx.TimeoutException):
        return "no answer in time"
    return "connection refused" if isinstance(silence, httpx.ConnectError) else type(silence).__name__
