"""A first auditor.yaml: fits the document, is valid as written, and replaces nothing."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

import checks
from auditor import cli
from auditor.calibrating import serving
from auditor.commands import initialising
from auditor.commands.initialising import First, document_place, look, render, require_free, variables
from auditor.commands.suggesting import way_in
from auditor.document import openapi
from auditor.document.openapi import Description
from auditor.errors import UsageError
from auditor.model import Json
from auditor.settings import config
from auditor.settings.config import LoadedConfig
from auditor.settings.order import Order
from tests.auditor.building import Target, answer, run

TODAY = datetime.now(UTC).date()
CRAPI = Path("tests/specs/crapi.json").resolve()
HERE = "http://127.0.0.1:8000"
THERE = "https://api.example.com"
ORDER = Order(target=HERE, output=Path("/nonexistent"), run_id="aud0123456789ab", seed="0")


def described(text: bytes) -> Description:
    return openapi.read(text, source=f"{HERE}/openapi.json")


def document(paths: Json = None, **schemes: Json) -> Description:
    root = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": paths or {"/things": GET}}
    return described(json.dumps({**root, "components": {"securitySchemes": schemes}}).encode())


GET: Json = {"get": {"responses": {"200": {"description": "all"}}}}
REFERENCE = described(json.dumps(serving.build([], []).openapi()).encode())
CRAPI_DOCUMENT = described(CRAPI.read_bytes())
BEARER: Json = {"type": "http", "scheme": "bearer"}
KEY: Json = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
BASIC: Json = {"type": "http", "scheme": "basic"}


def oauth2(flow: str, url: str) -> Json:
    return {"type": "oauth2", "flows": {flow: {"tokenUrl": url, "scopes": {}}}}


def asking(*schemes: str) -> Json:
    return {"responses": {"200": {"description": "done"}}, "security": [{name: []} for name in schemes]}


def posting(*names: str) -> Json:
    members = {name: {"type": "string"} for name in names}
    schema = {"type": "object", "properties": members, "required": list(members)}
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    return {"requestBody": {"content": content}, "responses": {"200": {"description": "in"}}, "security": []}


HARDEST = document(
    {
        "/users": {"post": posting("email", "password", "password_confirmation")},
        "/login": {"post": posting("grant_type", "email", "password", "csrfmiddlewaretoken", "tenant")},
        "/csrf-token": {"get": asking()},
        "/things": {"get": asking("session"), "post": asking("session")},
        "/feed": {"get": asking("key")},
        "/machines": {"get": asking("certificate")},
        "/partners": {"get": asking("sso")},
        "/reports": {"get": asking("oauth")},
    },
    session={"type": "apiKey", "in": "cookie", "name": "sid"},
    csrf={"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    key=KEY,
    certificate={"type": "mutualTLS"},
    sso={"type": "openIdConnect", "openIdConnectUrl": "https://idp.example.net/.well-known/openid-configuration"},
    oauth=oauth2("clientCredentials", "https://idp.example.net/token"),
)
EVERY: Mapping[str, Description] = {
    "crapi": CRAPI_DOCUMENT,
    "reference": REFERENCE,
    "no security": document(),
    "bearer": document(bearer=BEARER),
    "key": document(key=KEY),
    "basic": document(basic=BASIC),
    "client": document(oauth=oauth2("clientCredentials", "/oauth/token")),
    "password": document(oauth=oauth2("password", "/oauth/token")),
    "elsewhere": document(oauth=oauth2("clientCredentials", "https://idp.example.net/token")),
    "everything": HARDEST,
}


def validated(text: str, folder: Path) -> LoadedConfig:
    """Read the file as `auditor config validate` does, its variables set."""
    path = folder / "auditor.yaml"
    path.write_text(text, "utf-8")
    environ = dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "value")
    loaded = config.load(path, cwd=folder, environ=environ)
    config.require_known(loaded, checks=[one.id for one in checks.load()])
    config.suppressions(loaded, today=TODAY)
    return loaded


def uncommented(text: str) -> str:
    """Take the examples at their word: what reads like YAML loses its mark."""
    return re.sub(r"^# (?=identities:|gates:|suppressions:|  )", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("base", [HERE, THERE])
@pytest.mark.parametrize("name", EVERY)
def test_the_file_is_valid_and_fits_on_a_screen(name: str, base: str, tmp_path: Path) -> None:
    text = render(First(description=EVERY[name], base_url=base), today=TODAY)
    assert validated(text, tmp_path).config.target.base_url == base
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 100
    loaded = validated(uncommented(text), tmp_path)
    assert set(loaded.config.identities) == {"alice", "bob"}
    assert len(loaded.config.gates) == 2
    assert len(loaded.config.suppressions) == 1


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("bearer", {"bearer": "${TOKEN}"}),
        ("key", {"api_key": {"header": "X-API-Key", "value": "${KEY}"}}),
        ("basic", {"basic": {"username": "${USERNAME}", "password": "${PASSWORD}"}}),
        ("no security", {}),
        ("client", {"oauth2": {"client_id": "${CLIENT_ID}", "client_secret": "${CLIENT_SECRET}"}}),
        ("password", {"oauth2": {"username": "${USERNAME}", "password": "${PASSWORD}"}}),
    ],
)
def test_identities_fit_the_security_schemes(name: str, way: Json) -> None:
    assert way_in(EVERY[name], THERE) == way


@pytest.mark.parametrize(
    ("description", "operation", "token"),
    [
        (CRAPI_DOCUMENT, "POST /identity/api/auth/login", "/token"),
        (REFERENCE, "POST /api/v1/auth/login", "/access_token"),
    ],
)
def test_a_login_is_written_with_its_body_and_its_token(description: Description, operation: str, token: str) -> None:
    body = {"email": "${EMAIL}", "password": "${PASSWORD}"}
    assert way_in(description, THERE) == {"login": {"operation": operation, "body": body, "token": token}}


def login(schema: Json) -> Description:
    body = {"content": {"application/json": {"schema": schema}}}
    return document({"/lo$x/login": {"post": {"requestBody": body, "responses": {"200": {"description": "in"}}}}})


def test_a_nested_body_keeps_its_nesting_and_what_the_document_gives(tmp_path: Path) -> None:
    text: Json = {"type": "string"}
    user = {"type": "object", "properties": {"email": text, "password": text}, "required": ["email", "password"]}
    members = {"user": user, "grant": {"type": "string", "enum": ["a${b}"]}, "note": text}
    description = login({"type": "object", "properties": members, "required": ["user", "grant"]})
    loaded = validated(render(First(description=description, base_url=THERE), today=TODAY), tmp_path)
    written = loaded.config.identities["alice"].login
    assert written is not None
    assert written.operation == "POST /lo$x/login"
    assert written.body.get_secret_value() == {"user": {"email": "value", "password": "value"}, "grant": "a${b}"}
    assert written.token is None


def test_the_hardest_case_fits_on_a_screen_and_says_what_is_found_and_what_is_missing(tmp_path: Path) -> None:
    text = render(First(description=HARDEST, base_url=THERE), today=TODAY)
    comments = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))
    assert len(text.splitlines()) <= 40
    assert "Operations ask for nothing (3), session (2), key (1), certificate (1)." in comments
    assert "Found: login POST /login, registration POST /users, CSRF tokens GET /csrf-token." in comments
    for missing in ("Nothing issues key: add headers: {X-API-Key: …}", "client certificate", "signs in with a browser"):
        assert missing in comments
    written = validated(text, tmp_path).config.identities["alice"].login
    assert written is not None
    body = {"email": "value", "password": "value", "grant_type": "password", "tenant": "value"}
    assert written.body.get_secret_value() == body


def test_a_token_endpoint_elsewhere_is_named_and_not_configured() -> None:
    text = render(First(description=EVERY["elsewhere"], base_url=THERE), today=TODAY)
    assert "# The token endpoint https://idp.example.net/token is on another host" in text
    assert not [line for line in text.splitlines() if "idp.example.net" in line and not line.startswith("#")]


def test_where_users_are_registered_identities_are_comments_and_nothing_must_be_set() -> None:
    here = render(First(description=REFERENCE, base_url=HERE), today=TODAY)
    there = render(First(description=REFERENCE, base_url=THERE), today=TODAY)
    assert variables(here) == []
    assert variables(there) == ["ALICE_EMAIL", "ALICE_PASSWORD", "BOB_EMAIL", "BOB_PASSWORD"]


def test_a_title_cannot_leave_its_comment(tmp_path: Path) -> None:
    root = {"openapi": "3.1.0", "info": {"title": "x\u2028\nsafety: {writes: true}\x85\x1b"}, "paths": {}}
    text = render(First(description=described(json.dumps(root).encode()), base_url=HERE), today=TODAY)
    assert validated(text, tmp_path).config.safety.writes is None


# --- where the document is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", ""),
        (f"{HERE}/openapi.json", ""),
        (f"{HERE}/api/v1/openapi.json", ""),
        (f"{HERE}/hidden/spec.yaml", f"{HERE}/hidden/spec.yaml"),
        (f"{HERE}/docs/swagger-ui-init.js", None),
        ("/repo/api/openapi.yaml", "../api/openapi.yaml"),
    ],
)
def test_the_document_is_named_where_a_run_would_not_find_it(source: str, said: str | None) -> None:
    assert document_place(source, f"{HERE}/api/v1", Path("/repo/ci")) == said


def test_only_the_document_is_asked_for() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        served = {"openapi": "3.1.0", "info": {"title": "Things"}, "paths": {"/things": GET}}
        return answer(200, served) if request.url.path == "/openapi.json" else answer(404, {})

    target = Target([serve])
    first = run(look(replace(ORDER, transport=httpx.MockTransport(target)), Path("/repo")))
    assert (first.base_url, first.document, first.found) == (HERE, "", True)
    assert target.paths == ["GET /", "GET /openapi.json"]


def test_without_a_document_the_file_says_where_to_name_it(tmp_path: Path) -> None:
    transport = httpx.MockTransport(Target([answer(404, {})]))
    first = run(look(replace(ORDER, target=f"{HERE}/?a=b#c", transport=transport), tmp_path))
    text = render(first, today=TODAY)
    assert "# document: ./openapi.yaml" in text
    assert validated(text, tmp_path).config.target.base_url == HERE
    assert "no document found" in initialising.farewell(first, text, Path("auditor.yaml"))


# --- the command --------------------------------------------------------------------------------------------


def test_nothing_is_replaced_and_no_second_configuration_made(tmp_path: Path) -> None:
    (tmp_path / "auditor.yml").write_text("version: 1\n")
    for name, said in (
        ("auditor.yml", "is there already"),
        ("auditor.yaml", "configures this folder already"),
        ("auditor.toml", r"not called \.yaml"),
        ("no/auditor.yaml", "there is no folder"),
    ):
        with pytest.raises(UsageError, match=said) as refused:
            require_free(tmp_path / name)
        assert refused.value.hint


def test_the_command_writes_once_and_says_what_comes_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def typed(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["auditor", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUDITOR_CONFIG", raising=False)
    assert typed("init", str(CRAPI), "-o", "auditor.yaml") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"auditor.yaml: written (44 operations in {CRAPI})",
        "next:",
        "  auditor config validate",
        "  auditor run --dry-run",
    ]
    before = Path("auditor.yaml").read_text("utf-8")
    assert typed("config", "validate") == 0
    assert typed("init", str(CRAPI)) == 2
    assert "auditor.yaml is there already\n  → " in capsys.readouterr().err
    assert Path("auditor.yaml").read_text("utf-8") == before
