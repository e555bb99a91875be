"""HAR 1.2: the exchanges that findings show, for browsers and proxies to open.

Written by hand: harfile has no place for fields of one's own, and `_auditor` is the point of it.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote

from auditor.model import Audit, Exchange, Finding, Json, Request, Response, Role
from reports.as_json import dumped
from reports.curl import address
from reports.view import worst_first
from reports.words import cut, size, utc

MOST_BODY_BYTES: Final = 64 * 1024
_MOST_VALUE: Final = 8 * 1024
_URI: Final = "%/:?@!$&'()*+,;=~"
_STRAY: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_EPOCH: Final = "1970-01-01T00:00:00.000Z"
Shown = Sequence[tuple[Role, Finding]]


def render(audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    """Return the archive in the order things were sent, each with the findings that it shows."""
    shown: defaultdict[str, list[tuple[Role, Finding]]] = defaultdict(list)
    for finding in worst_first(audit.findings):
        for seen in finding.evidence:
            shown[seen.exchange].append((seen.role, finding))
    every = sorted((exchanges[id] for id in shown if id in exchanges), key=lambda one: (one.sent_at, one.id))
    creator = {"name": audit.tool.name, "version": audit.tool.version}
    entries = [_entry(one, audit, shown[one.id]) for one in every]
    return dumped({"log": {"version": "1.2", "creator": creator, "entries": entries}})


def _entry(one: Exchange, audit: Audit, shown: Shown) -> Json:
    wait = min(one.first_byte_ms, one.elapsed_ms)
    return {
        "startedDateTime": utc(audit.run.started_at, seconds=one.sent_at) or _EPOCH,
        "time": one.elapsed_ms,
        "request": _request(one.request, audit.target.base_url),
        "response": _response(one.response),
        "cache": {},
        "timings": {"send": 0, "wait": wait, "receive": one.elapsed_ms - wait},
        "comment": cut(one.request.purpose, _MOST_VALUE),
        "_auditor": _ours(one, shown),
    }


def _ours(one: Exchange, shown: Shown) -> Json:
    return {
        "exchange": one.id,
        "identity": one.request.identity.name,
        "findings": [
            {"check": finding.check, "fingerprint": finding.fingerprint, "role": role.value} for role, finding in shown
        ],
    }


def _request(request: Request, base_url: str) -> Json:
    sent = {
        "method": request.method,
        "url": _uri(cut(address(request, base_url), _MOST_VALUE)),
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(request.header("cookie") or ""),
        "headers": _records(request.headers),
        "queryString": _records(request.query),
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    return {**sent, "postData": _posted(request)} if request.body else sent


def _uri(url: str) -> str:
    """Encode what RFC 3986 does not know, behind the host, whose brackets may hold an IPv6 address."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return scheme + separator + host + slash + _STRAY.sub("%25", quote(path, safe=_URI, errors="replace"))


def _posted(request: Request) -> Json:
    """HAR has no encoding for what was sent, so bytes that are no text are replaced, and the comment says so."""
    text, comment = request.body[:MOST_BODY_BYTES].decode("utf-8", "replace"), _cut_comment(request.body)
    if not _is_text(request.body):
        comment = f"{comment} not UTF-8".strip()
    return {"mimeType": request.header("content-type") or "", "text": text, "comment": comment}


def _response(response: Response) -> Json:
    problem = {"_error": cut(response.problem, _MOST_VALUE)} if response.problem else {}
    return {
        "status": response.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [cookie for value in response.header_values("set-cookie") for cookie in _cookies(value)],
        "headers": _records(response.headers),
        "content": _content(response),
        "redirectURL": cut(response.header("location") or "", _MOST_VALUE),
        "headersSize": -1,
        "bodySize": len(response.body),
        **problem,
    }


def _content(response: Response) -> Json:
    body = response.body[:MOST_BODY_BYTES]
    comment = _cut_comment(response.body, truncated=response.truncated)
    content = {"size": len(response.body), "mimeType": response.header("content-type") or "", "comment": comment}
    if _is_text(response.body):
        return {**content, "text": body.decode("utf-8", "replace")}
    return {**content, "text": base64.b64encode(body).decode(), "encoding": "base64"}


def _cut_comment(body: bytes, *, truncated: bool = False) -> str:
    if len(body) > MOST_BODY_BYTES:
        return f"{size(MOST_BODY_BYTES)} of {size(len(body))}"
    return f"cut off by the recorder after {size(len(body))}" if truncated else ""


def _is_text(body: bytes) -> bool:
    try:
        return bool(body.decode()) or not body
    except UnicodeDecodeError:
        return False


def _records(pairs: Sequence[tuple[str, str]]) -> list[Json]:
    return [{"name": cut(name, _MOST_VALUE), "value": cut(value, _MOST_VALUE)} for name, value in pairs]


def _cookies(header: str) -> list[Json]:
    """Read a Cookie or Set-Cookie header as far as the standard library does; headers hold it whole."""
    try:
        jar = SimpleCookie(header[:_MOST_VALUE])
    except CookieError:
        return []
    return [{"name": name, "value": morsel.value} for name, morsel in jar.items()]
