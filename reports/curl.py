"""An exchange as a curl command that anyone can run, with credentials left to environment variables."""

from __future__ import annotations

import base64
import re
from shlex import quote
from typing import Final
from urllib.parse import unquote, urlsplit

from auditor.model import Exchange, Request

_PLACEHOLDER: Final = re.compile(r"«([^«»#]+)(?:#(\d+))?([^«»]*)»")
_ENCODED_PLACEHOLDER: Final = re.compile(r"%C2%AB.*?%C2%BB", re.IGNORECASE)
_CURL_SENDS: Final = frozenset({"content-length", "connection", "transfer-encoding", "accept-encoding"})


def curl(exchange: Exchange, base_url: str) -> str:
    """Return the request as a shell command over several lines.

    Credentials were redacted to placeholders at capture; `«alice.token#1»` becomes `"$AUDITOR_ALICE_TOKEN"`.
    A body that is not text is piped in, decoded from base64.
    """
    request = exchange.request
    parts = [f"curl --globoff --path-as-is {_method(request)}{quoted(address(request, base_url))}"]
    parts += [f"--header {_header(name, value)}" for name, value in request.headers if _sent(name)]
    text = _text(request.body)
    if request.body:
        parts.append("--data-binary @-" if text is None else f"--data-raw {quoted(text)}")
    command = " \\\n  ".join(parts)
    return command if text is not None else f"{_pipe(request.body)} |\n{command}"


def quoted(text: str) -> str:
    """Quote for a POSIX shell, each placeholder as a variable that the shell fills in."""
    pieces, start = [], 0
    for match in _PLACEHOLDER.finditer(text):
        pieces += [_literal(text[start : match.start()]), f'"${variable(match)}"']
        start = match.end()
    rest = _literal(text[start:])
    return "".join([*pieces, rest]) or "''"


def variable(match: re.Match[str]) -> str:
    """Name the variable that holds a secret: the first of its kind needs no number."""
    name, number, form = match.groups()
    words = [name, number if number and number != "1" else "", form]
    plain = "_".join(re.sub(r"[^A-Za-z0-9]+", "_", word).strip("_") for word in words if word)
    return f"AUDITOR_{plain.upper().strip('_')}"


def _literal(text: str) -> str:
    return quote(text) if text else ""


def _method(request: Request) -> str:
    if request.method == "HEAD":
        return "--head "
    return "" if request.method == "GET" and not request.body else f"--request {quote(request.method)} "


def address(request: Request, base_url: str) -> str:
    """Return the whole URL, placeholders readable."""
    url = _ENCODED_PLACEHOLDER.sub(lambda found: unquote(found[0]), request.url)
    base = urlsplit(base_url)._replace(path="").geturl() if request.absolute else base_url
    return base.rstrip("/") + url


def _header(name: str, value: str) -> str:
    return quoted(f"{name}: {value}" if value else f"{name};")


def _sent(name: str) -> bool:
    return name.lower() not in _CURL_SENDS


def _text(body: bytes) -> str | None:
    """Return the body as text, None where a shell argument cannot carry it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _pipe(body: bytes) -> str:
    return f"printf %s {quote(base64.b64encode(body).decode())} | base64 -d"
