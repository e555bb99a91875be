"""The callers that the configuration names, as accounts: their logins and token endpoints found in the document."""

from __future__ import annotations

from urllib.parse import urlsplit

from auditor.callers import oauth
from auditor.callers.accounts import Account, Login
from auditor.callers.oauth import Grant
from auditor.errors import UsageError
from auditor.kinds import sign_in
from auditor.model import Document, Identity
from auditor.settings.order import GrantOrder, IdentityOrder


def account_of(one: IdentityOrder, document: Document, *, base_url: str) -> Account:
    """Build the account of a configured identity.

    Its login is named as in the document, or with the server's path before it. Raises `UsageError` when the document
    has no such operation, or names no token endpoint that the target may be asked at.
    """
    identity = Identity(one.name, role=one.role)
    if one.grant is not None:
        grant = grant_of(one.name, one.grant, document, base_url=base_url)
        return Account(identity=identity, how=f"token asked for at {grant.url}", grant=grant, headers=one.headers)
    if one.login is None:
        return Account(identity=identity, how="configured")
    wanted, prefix = one.login.operation, urlsplit(base_url).path.rstrip("/")
    names = {f"{each.method} {start}{each.path}": each for each in document.operations for start in (prefix, "")}
    operation = names.get(wanted)
    if operation is None:
        known = (
            ", ".join(each.label for each in document.operations if sign_in.signs_in(each)) or "none looks like a login"
        )
        raise UsageError(f"identities.{one.name}.login.operation: {wanted!r} is not in the document", f"there: {known}")
    login = Login(operation=operation, body=one.login.body, token_pointer=one.login.token_pointer)
    return Account(identity=identity, how=f"logged in at {operation.label}", login=login, headers=one.headers)


def grant_of(name: str, wanted: GrantOrder, document: Document, *, base_url: str) -> Grant:
    """Find where the token is asked for: as configured, or as the document says if that is at the target."""
    url = wanted.token_url or oauth.token_url(document.schemes.values())
    place = f"identities.{name}.oauth2.token_url"
    if not url:
        raise UsageError(f"{place}: the document names no token endpoint", "name it: token_url: /oauth/token")
    found = oauth.placed(url, base_url=base_url, servers=document.servers, anywhere=bool(wanted.token_url))
    if found is None:
        message = f"{place}: the document's token endpoint is on another host: {url}"
        raise UsageError(message, "write it into the configuration to have it asked there")
    base_path = urlsplit(base_url).path
    return Grant(
        url=found,
        client_id=wanted.client_id,
        client_secret=wanted.client_secret,
        username=wanted.username,
        password=wanted.password,
        scope=wanted.scope,
        operation=oauth.operation_at(found, document.operations, base_path=base_path),
    )


def grant_url(document: Document, *, base_url: str) -> str:
    """Return where the document has a user's password exchanged for a token, at the target; "" where nowhere."""
    schemes = [one for one in document.schemes.values() if "password" in one.flows]
    url = oauth.token_url(schemes)
    return (oauth.placed(url, base_url=base_url, servers=document.servers) or "") if url else ""
