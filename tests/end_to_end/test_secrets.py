"""No password and no token leaves the process: not in a file of the run, not in a report, not on a stream."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, quote_plus

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auditor.calibrating import serving
from tests.end_to_end.commands import SECONDS, auditor
from tests.end_to_end.reference import ROOMY, admin_credentials

DEFECTS = ("auth.invalid-token", "data.password-canary", "data.sensitive-fields", "errors.no-internals")
"""They quote, leak and echo, so that there is something to hide everywhere."""
BOB = {"email": "bob@example.com", "password": 'Str0ng & "quiet" <bob> wörd/7'}
TELLING = 24
"""So many characters of a token's signature are more than nothing."""
CONFIG = """\
version: 1
target: {{base_url: "{address}"}}
identities:
  bob:
    login:
      operation: POST /api/v1/auth/login
      body: {{email: {email}, password: "${{BOB_PASSWORD}}"}}
      token: /access_token
  root: {{role: admin, bearer: "${{ROOT_TOKEN}}"}}
checks: {{skip: [perf, limits, input.constraints, injection]}}
"""


@dataclass(slots=True)
class Listening:
    """Hands everything on, and remembers the tokens in the answers and the passwords in the questions."""

    app: ASGIApp
    tokens: set[str] = field(default_factory=set)
    passwords: set[str] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, answered = bytearray(), bytearray()

        async def hear() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def tell(message: Message) -> None:
            answered.extend(message.get("body", b""))
            await send(message)

        if scope["type"] == "http":
            # Packed answers would have to be unpacked to be understood.
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await self.app(scope, hear, tell)
        if scope["type"] == "http" and "/auth/" in scope["path"]:
            self.tokens.update(texts(answered, "access_token", "refresh_token"))
            self.passwords.update(texts(asked, "password"))


def texts(body: bytes | bytearray, *keys: str) -> Iterator[str]:
    try:
        found = json.loads(body)
    except ValueError:
        return
    for key in keys if isinstance(found, dict) else ():
        if isinstance(found.get(key), str):
            yield found[key]


@contextmanager
def listening(defects: Sequence[str]) -> Iterator[tuple[str, Listening]]:
    """Serve the bundled API from a thread, between us and the socket one who listens."""
    heard = Listening(serving.build(defects, (), overrides=ROOMY))
    server = uvicorn.Server(uvicorn.Config(heard, log_level="critical", ws="none", timeout_graceful_shutdown=5))
    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}", heard
        finally:
            server.should_exit = True
            thread.join(SECONDS)


def forms(secret: str) -> set[str]:
    """How a secret may be written: as it is, in JSON, in a URL, in HTML, encoded."""
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_urls = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    coded = base64.b64encode(secret.encode()).decode()
    return {secret, *in_json, *in_urls, *map(escape, (secret, *in_json)), coded, coded.rstrip("=")}


def is_chosen(password: str) -> bool:
    """Say whether somebody could sign in with it in earnest: probes try `aaaa…`, emoji and the document's example."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return len(password) > 16 and all(any(kind(one) for one in password) for kind in kinds)


def parts(token: str) -> set[str]:
    """A token, and what of it is as good as the whole or nearly so: the start of its signature."""
    return {*forms(token), token.rpartition(".")[2][:TELLING]}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], Listening]:
    """Audit with configured callers; return everything that was written or printed, by its place."""
    place = tmp_path_factory.mktemp("secrets")
    with listening(DEFECTS) as (address, heard), httpx.Client(base_url=f"{address}/api/v1", trust_env=False) as client:
        client.post("/auth/register", json=BOB).raise_for_status()
        token = client.post("/auth/login", json=admin_credentials()).raise_for_status().json()["access_token"]
        (place / "auditor.yaml").write_text(CONFIG.format(address=address, email=BOB["email"]), "utf-8")
        secrets = {"BOB_PASSWORD": BOB["password"], "ROOT_TOKEN": token}
        ended = auditor("run", "-o", "out", "-f", "html", "-f", "json=copy.json", cwd=place, **secrets)
    assert ended.returncode == 1, ended.stderr
    written = {one.name: one.read_text("utf-8") for one in (*place.glob("out/*"), place / "copy.json")}
    return {"stdout": ended.stdout, "stderr": ended.stderr} | written, heard


def test_no_password_is_written_or_printed(told: tuple[dict[str, str], Listening]) -> None:
    places, heard = told
    chosen = {one for one in heard.passwords if is_chosen(one)}
    assert BOB["password"] in chosen
    assert len(chosen) > 3, "users of the audit registered too"
    assert [(name, one) for name, text in places.items() for one in chosen if contains(text, forms(one))] == []


def test_no_token_is_written_or_printed(told: tuple[dict[str, str], Listening]) -> None:
    places, heard = told
    assert len(heard.tokens) > 8
    assert [(name, one) for name, text in places.items() for one in heard.tokens if contains(text, parts(one))] == []


def test_what_was_hidden_was_there_to_be_hidden(told: tuple[dict[str, str], Listening]) -> None:
    places, _ = told
    assert {"run.json", "exchanges.ndjson", "evidence.ndjson", "report.html", "copy.json"} <= places.keys()
    hidden = set(re.findall(r"«([a-z]+\d*\.[a-z]+)", places["exchanges.ndjson"]))
    assert {"alice.token", "bob.password", "bob.token", "root.token", "throwaway1.token"} <= hidden
    failed = {one["check"] for one in json.loads(places["run.json"])["findings"]}
    assert set(DEFECTS) <= failed


def contains(text: str, wanted: set[str]) -> bool:
    return any(one in text for one in wanted)
