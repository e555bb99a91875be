"""OAuth 2.0 without a browser: client credentials, a user's password, a refresh token (RFC 6749 §4.3, §4.4, §6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode, urljoin, urlsplit

from auditor.callers.credentials import basic
from auditor.model import Credential, Identity, Operation, Request, Role, SecurityScheme

FLOWS = ("password", "clientCredentials")
"""The flows that need nobody at a browser."""
PURPOSE = "ask for a token"


@dataclass(slots=True, kw_only=True)
class Grant:
    """How a token is asked for. `url` is a path from the target's root, or an address elsewhere as configured."""

    url: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    scope: str = ""
    operation: Operation | None = None
    """What the document has at that address."""
    in_body: bool = False
    """The client names itself in the form, as one without a secret has to; else by HTTP Basic (RFC 6749 §2.3.1)."""

    @property
    def origin(self) -> str:
        """Where the token is asked for if not at the target; "" for the target."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}" if parts.scheme else ""


def token_request(grant: Grant, identity: Identity, *, refresh_token: str = "") -> Request:
    """Build the request for a token: a form, the client named as `in_body` says."""
    form = _form(grant, refresh_token)
    by_basic = bool(grant.client_secret) and not grant.in_body
    if not by_basic:
        form += [("client_id", grant.client_id)] if grant.client_id else []
        form += [("client_secret", grant.client_secret)] if grant.client_secret else []
    client = basic(quote_plus(grant.client_id), quote_plus(grant.client_secret)) if by_basic else Credential()
    return Request(
        method="POST",
        path=grant.url,
        absolute=True,
        operation=grant.operation,
        headers=(("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")),
        body=urlencode(form).encode(),
        identity=identity,
        credential=client,
        role=Role.SETUP,
        purpose=PURPOSE,
    )


def _form(grant: Grant, refresh_token: str) -> list[tuple[str, str]]:
    scope = [("scope", grant.scope)] if grant.scope else []
    if refresh_token:
        return [("grant_type", "refresh_token"), ("refresh_token", refresh_token), *scope]
    if grant.username:
        return [("grant_type", "password"), ("username", grant.username), ("password", grant.password), *scope]
    return [("grant_type", "client_credentials"), *scope]


def token_url(schemes: Collection[SecurityScheme]) -> str:
    """Return the token endpoint of the first scheme whose flow needs no browser; "" where there is none."""
    return next((one.token_url for one in schemes if one.token_url and set(one.flows) & set(FLOWS)), "")


def placed(url: str, *, base_url: str, servers: Sequence[str] = (), anywhere: bool = False) -> str | None:
    """Return a token endpoint as the session asks for it: a path from the target's root; None if it lies elsewhere.

    Relative to the server's address. One at an address that the document calls its server is meant to be here: the
    named target is audited, wherever its document says it runs. `anywhere` takes another host at its word.
    """
    whole = urlsplit(urljoin(f"{base_url.rstrip('/')}/", url))
    here = [urlsplit(one).netloc for one in (base_url, *servers)]
    path = whole._replace(scheme="", netloc="", fragment="").geturl() or "/"
    if whole.netloc in here:
        return path
    return whole._replace(fragment="").geturl() if anywhere and whole.scheme in {"http", "https"} else None


def operation_at(path: str, operations: Sequence[Operation], *, base_path: str) -> Operation | None:
    """Find the operation that the document has at a path from the root."""
    plain = path.partition("?")[0].rstrip("/")
    posts = (one for one in operations if one.method == "POST")
    return next((one for one in posts if f"{base_path.rstrip('/')}{one.path}".rstrip("/") == plain), None)
