"""What in a configuration must never be shown: the secrets, by name, and how each identity presents itself."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote_plus

from pydantic import JsonValue

from auditor.model import Credential, Json
from auditor.settings.config_model import Basic, Config, IdentityConfig

Named = tuple[str, str, str]
"""Name ("alice.token"), kind ("password", "token", "api_key", "cookie") and the value itself."""

# Members of a login's body that name the caller or the flow; every other text there is taken for a secret.
_TELLING_NAMES = re.compile(
    r"(e-?mail|user(_?name)?|login|name|phone|tenant|realm|scope|audience|grant_?type|client_?id|type|provider|device)",
    re.IGNORECASE,
)
_KNOWN_TOKENS = re.compile(
    r"eyJ[\w-]{8,}\.|gh[pousr]_\w{20}|github_pat_|glpat-|sk[-_](live|test|proj|ant)|xox[abprs]-|AKIA[0-9A-Z]{16}|AIza"
)


def credential(identity: IdentityConfig) -> Credential | None:
    """Return what the identity sends; None where a login must be asked for it first."""
    if identity.login is not None or identity.oauth2 is not None:
        return None
    headers = list(accompanying(identity))
    query: list[tuple[str, str]] = []
    cookies = list(_cookies(identity))
    if identity.bearer is not None:
        headers.append(("Authorization", f"Bearer {identity.bearer.get_secret_value()}"))
    if identity.basic is not None:
        headers.append(("Authorization", f"Basic {_basic(identity.basic)}"))
    if (key := identity.api_key) is not None:
        carrier = headers if key.header else query if key.query else cookies
        carrier.append((key.header or key.query or key.cookie or "", key.value.get_secret_value()))
    return Credential(headers=tuple(headers), query=tuple(query), cookies=tuple(cookies))


def accompanying(identity: IdentityConfig) -> tuple[tuple[str, str], ...]:
    """Return the headers that go beside whatever else the identity sends."""
    return tuple((name, value.get_secret_value()) for name, value in identity.headers.items())


def grant(identity: IdentityConfig) -> Mapping[str, str] | None:
    """Return what an OAuth 2.0 grant is asked for with, what is left out as ""; None where there is none."""
    said = identity.oauth2
    if said is None:
        return None
    hidden = {
        "client_id": said.client_id,
        "client_secret": said.client_secret,
        "username": said.username,
        "password": said.password,
    }
    values = {name: "" if value is None else value.get_secret_value() for name, value in hidden.items()}
    return {**values, "token_url": said.token_url or "", "scope": said.scope}


def secrets(config: Config) -> tuple[Named, ...]:
    """List every secret of the identities for the redactor; empty values are left out."""
    every = (one for name, identity in config.identities.items() for one in _secrets_of(name, identity))
    return tuple(dict.fromkeys((name, kind, value) for name, kind, value in every if value))


def _secrets_of(name: str, identity: IdentityConfig) -> Iterator[Named]:
    if identity.bearer is not None:
        yield f"{name}.token", "token", identity.bearer.get_secret_value()
    if identity.api_key is not None:
        yield f"{name}.api_key", "api_key", identity.api_key.value.get_secret_value()
    if identity.basic is not None:
        yield f"{name}.password", "password", identity.basic.password.get_secret_value()
        yield f"{name}.basic", "password", _basic(identity.basic)
    for cookie, value in _cookies(identity):
        yield f"{name}.cookie.{cookie}", "cookie", value
    for header, hidden in identity.headers.items():
        yield _header_secret(name, header, hidden.get_secret_value())
    if identity.oauth2 is not None:
        yield from _grant_secrets(name, identity)
    if identity.login is not None:
        yield from _body_secrets(name, "", identity.login.body.get_secret_value())


def _header_secret(name: str, header: str, value: str) -> Named:
    if header.lower() == "authorization":
        return f"{name}.token", "token", value.rpartition(" ")[2]
    if header.lower() == "cookie":
        return f"{name}.cookie", "cookie", value
    return f"{name}.{header.lower()}", "api_key", value


def _grant_secrets(name: str, identity: IdentityConfig) -> Iterator[Named]:
    said = grant(identity) or {}
    yield f"{name}.client_secret", "secret", said["client_secret"]
    yield f"{name}.password", "password", said["password"]
    if said["client_secret"]:
        pair = f"{quote_plus(said['client_id'])}:{quote_plus(said['client_secret'])}"
        yield f"{name}.client", "secret", base64.b64encode(pair.encode()).decode()


def _body_secrets(name: str, key: str, value: JsonValue) -> Iterator[Named]:
    if isinstance(value, dict):
        for member, one in value.items():
            yield from _body_secrets(name, member, one)
    elif isinstance(value, list):
        for one in value:
            yield from _body_secrets(name, key, one)
    elif isinstance(value, str) and not _TELLING_NAMES.fullmatch(key):
        yield f"{name}.{key}", "password", value


def _basic(basic: Basic) -> str:
    pair = f"{basic.username.get_secret_value()}:{basic.password.get_secret_value()}"
    return base64.b64encode(pair.encode()).decode()


def _cookies(identity: IdentityConfig) -> Iterator[tuple[str, str]]:
    if identity.cookie is not None:
        for pair in identity.cookie.get_secret_value().split(";"):
            name, equals, value = pair.strip().partition("=")
            if equals:
                yield name, value


def looks_like_token(text: str) -> bool:
    """Guess whether a literal is a token: a known prefix, or 20 characters and more of letters with digits."""
    last = text.rpartition(" ")[2]
    if _KNOWN_TOKENS.search(last):
        return True
    mixed = re.search(r"\d", last) and re.search(r"[A-Za-z]", last)
    return bool(mixed) and re.fullmatch(r"[\w+/=.~-]{20,}", last) is not None


def texts(value: Json, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Walk to every text below `value`, with its place."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from texts(one, (*place, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from texts(one, (*place, index))
    elif isinstance(value, str):
        yield place, value
