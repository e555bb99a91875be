"""Entity tags for what caches may keep: an unchanged answer is not sent twice (RFC 9110 §13.1.2)."""

from __future__ import annotations

import hashlib
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TAG = re.compile(r'(?:W/)?"[^"]*"')


class Conditional:
    """Tags successful reads that say `public`, by a digest of the body; answers 304 to whoever has it.

    Weak, because compression further out changes the bytes and not the meaning.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._app(scope, receive, hold)
        start, body = held[0], b"".join(message.get("body", b"") for message in held[1:])
        headers = MutableHeaders(scope=start)
        if start["status"] == 200 and "public" in headers.get("cache-control", ""):
            tag = headers.setdefault("ETag", f'W/"{hashlib.sha256(body).hexdigest()[:32]}"')
            if has_it(Headers(scope=scope).get("if-none-match"), tag):
                start["status"], body = 304, b""
                del headers["content-length"]
                del headers["content-type"]
        await send(start)
        await send({"type": "http.response.body", "body": body})


def has_it(sent: str | None, tag: str) -> bool:
    """The weak comparison of RFC 9110 §8.8.3.2."""
    if sent is None:
        return False
    return sent.strip() == "*" or opaque(tag) in [opaque(each) for each in TAG.findall(sent)]


def opaque(tag: str) -> str:
    return tag.removeprefix("W/")
