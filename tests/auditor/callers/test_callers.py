"""Configured callers as accounts: their logins and token endpoints are the document's, and at the target."""

from __future__ import annotations

import pytest

from auditor.callers import callers
from auditor.document.openapi import Description
from auditor.errors import UsageError
from auditor.model import Json
from auditor.settings.order import GrantOrder, IdentityOrder, LoginOrder
from tests.auditor.building import document, takes

BASE = "https://api.test/v1"
CLIENT = GrantOrder(client_id="app", client_secret="s3cret")


def described(url: str, *, flow: str = "clientCredentials", **more: Json) -> Description:
    oauth2 = {"type": "oauth2", "flows": {flow: {"tokenUrl": url, "scopes": {}}}}
    paths = {"/login": {"post": takes("email", "password")}, "/oauth/token": {"post": takes("grant_type")}}
    return document(paths, schemes={"oauth": oauth2}, **more)


def refused(one: IdentityOrder, description: Description) -> str:
    with pytest.raises(UsageError) as problem:
        callers.account_of(one, description.document, base_url=BASE)
    assert problem.value.hint
    return problem.value.message


@pytest.mark.parametrize("written", ["POST /login", "POST /v1/login"])
def test_a_login_may_be_named_with_the_servers_path(written: str) -> None:
    one = IdentityOrder(name="alice", login=LoginOrder(operation=written, body={}), headers=(("X-Tenant", "acme"),))
    account = callers.account_of(one, described("/oauth/token").document, base_url=BASE)
    assert account.login is not None
    assert (account.login.operation.path, account.how) == ("/login", "logged in at POST /login")
    assert account.headers == (("X-Tenant", "acme"),)


def test_a_login_that_the_document_does_not_have_is_refused_with_those_that_it_has() -> None:
    one = IdentityOrder(name="alice", login=LoginOrder(operation="POST /signin", body={}))
    assert "identities.alice.login.operation: 'POST /signin' is not in the document" in refused(one, described("/t"))


@pytest.mark.parametrize(
    ("named", "configured", "expected"),
    [
        ("oauth/token", "", "/v1/oauth/token"),
        ("/oauth/token", "", "/oauth/token"),
        ("https://idp.test/token", "/mine", "/mine"),
        ("https://idp.test/token", "https://other.test/token", "https://other.test/token"),
    ],
)
def test_a_token_is_asked_for_where_the_configuration_says_else_the_document(
    named: str, configured: str, expected: str
) -> None:
    one = IdentityOrder(name="alice", grant=GrantOrder(client_id="app", token_url=configured))
    account = callers.account_of(one, described(named).document, base_url=BASE)
    assert account.grant is not None
    assert (account.grant.url, account.how) == (expected, f"token asked for at {expected}")
    assert (account.grant.operation is not None) == (expected == "/v1/oauth/token")


def test_a_documents_token_endpoint_on_another_host_is_not_asked() -> None:
    message = refused(IdentityOrder(name="alice", grant=CLIENT), described("https://idp.test/token"))
    assert message == "identities.alice.oauth2.token_url: the document's token endpoint is on another host: " + (
        "https://idp.test/token"
    )


def test_one_at_an_address_that_the_document_calls_its_server_is_asked_at_the_target() -> None:
    description = described("https://prod.test/oauth/token", servers=[{"url": "https://prod.test/v1"}])
    account = callers.account_of(IdentityOrder(name="alice", grant=CLIENT), description.document, base_url=BASE)
    assert account.grant is not None
    assert account.grant.url == "/oauth/token"


def test_a_grant_without_any_token_endpoint_is_refused() -> None:
    browser = described("/token", flow="authorizationCode")
    assert "the document names no token endpoint" in refused(IdentityOrder(name="alice", grant=CLIENT), browser)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        (described("/oauth/token", flow="password"), "/oauth/token"),
        (described("https://idp.test/token", flow="password"), ""),
        (described("/oauth/token"), ""),
    ],
)
def test_registered_users_may_exchange_their_password_at_the_target_only(
    description: Description, expected: str
) -> None:
    assert callers.grant_url(description.document, base_url=BASE) == expected
