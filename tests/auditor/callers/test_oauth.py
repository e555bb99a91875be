"""Grants without a browser: the forms of RFC 6749, and where a token endpoint may lie."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl

import pytest

from auditor.callers.oauth import Grant, operation_at, placed, token_request, token_url
from auditor.model import Credential, Identity, Operation, SecurityScheme

ALICE = Identity("alice")
BASE = "https://api.test/v1"


def asked(grant: Grant, *, refresh_token: str = "") -> tuple[dict[str, str], Credential | None]:
    request = token_request(grant, ALICE, refresh_token=refresh_token)
    assert (request.method, request.path, request.absolute) == ("POST", grant.url, True)
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    return dict(parse_qsl(request.body.decode())), request.credential


def client(pair: str) -> Credential:
    return Credential(headers=(("authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),))


@pytest.mark.parametrize(
    ("grant", "form", "credential"),
    [
        (
            Grant(url="/token", client_id="app", client_secret="s3cret"),
            {"grant_type": "client_credentials"},
            client("app:s3cret"),
        ),
        (
            Grant(url="/token", client_id="app:1", client_secret="s3 cret%", scope="read write"),
            {"grant_type": "client_credentials", "scope": "read write"},
            client("app%3A1:s3+cret%25"),
        ),
        (
            Grant(url="/token", client_id="app", client_secret="s3cret", in_body=True),
            {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret"},
            Credential(),
        ),
        (
            Grant(url="/token", username="kat", password="p & w"),
            {"grant_type": "password", "username": "kat", "password": "p & w"},
            Credential(),
        ),
        (
            Grant(url="/token", client_id="web", username="kat", password="pw", scope="openid"),
            {"grant_type": "password", "username": "kat", "password": "pw", "scope": "openid", "client_id": "web"},
            Credential(),
        ),
    ],
)
def test_a_grant_is_asked_for_as_the_standard_says(grant: Grant, form: dict[str, str], credential: Credential) -> None:
    assert asked(grant) == (form, credential)


def test_a_refresh_token_replaces_the_password() -> None:
    grant = Grant(url="/token", client_id="app", client_secret="s3cret", username="kat", password="pw")
    form, credential = asked(grant, refresh_token="r1")
    assert form == {"grant_type": "refresh_token", "refresh_token": "r1"}
    assert credential == client("app:s3cret")


def test_no_secret_of_a_grant_shows() -> None:
    grant = Grant(url="/token", client_id="app", client_secret="s3cret", username="kat", password="pass-word")
    assert "s3cret" not in repr(grant)
    assert "pass-word" not in repr(grant)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("token", "/v1/token"),
        ("/oauth/token", "/oauth/token"),
        ("https://api.test/oauth/token?tenant=a", "/oauth/token?tenant=a"),
        ("https://prod.example.com/oauth/token", "/oauth/token"),
        ("//api.test/oauth/token", "/oauth/token"),
        ("https://idp.example.com/token", None),
        ("//idp.example.com/token", None),
        ("https://api.test:444/token", None),
        ("https://api.test@evil.example/token", None),
    ],
)
def test_a_token_endpoint_is_asked_at_the_target_only(url: str, expected: str | None) -> None:
    assert placed(url, base_url=BASE, servers=["https://prod.example.com/v1", "/v1"]) == expected


def test_one_that_was_configured_may_lie_elsewhere() -> None:
    elsewhere = placed("https://idp.example.com/token#x", base_url=BASE, anywhere=True)
    assert elsewhere == "https://idp.example.com/token"
    assert Grant(url=elsewhere or "").origin == "https://idp.example.com"
    assert Grant(url="/token").origin == ""
    assert placed("ftp://idp.example.com/token", base_url=BASE, anywhere=True) is None


def test_only_flows_without_a_browser_give_their_endpoint() -> None:
    browser = SecurityScheme(name="a", kind="oauth2", token_url="/browser", flows=("authorizationCode",))
    machine = SecurityScheme(name="b", kind="oauth2", token_url="/machine", flows=("implicit", "clientCredentials"))
    assert token_url([browser, machine]) == "/machine"
    assert token_url([browser]) == ""


def test_the_operation_at_the_endpoint_is_found_below_the_servers_path() -> None:
    token, other = Operation(method="POST", path="/token"), Operation(method="GET", path="/token")
    assert operation_at("/v1/token?x=1", [other, token], base_path="/v1") is token
    assert operation_at("/token", [other, token], base_path="/v1") is None
