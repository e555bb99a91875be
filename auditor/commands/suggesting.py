"""What a document says of its callers, for `auditor init`: how to configure one, what is found, what is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from auditor.callers import callers, csrf, oauth
from auditor.callers.credentials import ACCESS_KEYS, is_keyed
from auditor.callers.issuing import is_issued
from auditor.document.openapi import Description
from auditor.document.schemas import mapping
from auditor.kinds import sign_in
from auditor.model import Field, Json, Location, Operation, SecurityScheme

TOKEN_KINDS = frozenset({"bearer", "oauth2", "openid"})
OPERATION_LABEL = re.compile(r"[A-Z]+ /\S*")
POINTER = re.compile(r"(/[^/]+)+")
MOST_SCHEMES = 4


def recognised(description: Description) -> sign_in.SignIn:
    document = description.document
    return sign_in.recognise(document.operations, description.fields, document.schemes)


def way_in(description: Description, base_url: str) -> dict[str, Json]:
    """Return an identity's way with variables such as `${TOKEN}`, the user's name to be put before; {} for none.

    A login of the document first, then a token endpoint, then whatever most operations ask for.
    """
    login = recognised(description).login
    body = login_body(description.fields(login)) if login is not None else {}
    if login is not None and body and OPERATION_LABEL.fullmatch(login.label):
        pointer = token_pointer(description, login)
        token: dict[str, Json] = {"token": pointer} if pointer else {}
        return {"login": {"operation": doubled(login.label), "body": body, **token}}
    granted = grant(description.document.schemes)
    if granted:
        return {"oauth2": granted}
    schemes = used_schemes(description)
    return next((way for way in map(way_of, schemes) if way), {})


def grant(schemes: Mapping[str, SecurityScheme]) -> dict[str, Json]:
    """Return how a token is asked for without a browser; {} where no scheme can be."""
    flows = {flow for one in schemes.values() if one.token_url for flow in one.flows}
    if "clientCredentials" in flows:
        return {"client_id": "${CLIENT_ID}", "client_secret": "${CLIENT_SECRET}"}
    return {"username": "${USERNAME}", "password": "${PASSWORD}"} if "password" in flows else {}


def makes_users(description: Description, base_url: str) -> bool:
    """Say whether the audit can register users of its own and sign them in."""
    found, document = recognised(description), description.document
    by_basic = any(one.kind == "basic" for one in document.schemes.values())
    enters = found.login is not None or bool(callers.grant_url(document, base_url=base_url))
    return (found.register is not None and (enters or by_basic)) or (found.upsert is not None and by_basic)


# --- in words -----------------------------------------------------------------------------------------------


def found(description: Description) -> Iterator[str]:
    """Say what operations ask for, and which let people in."""
    asked = Counter(name for one in description.document.operations for name in asked_by(one))
    if description.document.schemes and asked:
        yield f"Operations ask for {', '.join(f'{name} ({times})' for name, times in asked.most_common(MOST_SCHEMES))}."
    known, endpoint = recognised(description), csrf.endpoint(description.document.operations)
    named = {
        "login": known.login,
        "registration": known.register or known.upsert,
        "renewal": known.refresh,
        "API keys": known.issue,
        "CSRF tokens": endpoint,
    }
    said = [f"{what} {one.label}" for what, one in named.items() if one is not None]
    if said:
        yield f"Found: {', '.join(said)}."


def asked_by(operation: Operation) -> set[str]:
    """Name what an operation asks for, "nothing" where it asks for nothing."""
    if not operation.protected:
        return {"nothing"}
    return {" and ".join(alternative) for alternative in operation.security}


def missing(description: Description, base_url: str) -> Iterator[str]:
    """Say what the audit cannot get by itself, and the line that brings it."""
    document = description.document
    for one in document.schemes.values():
        if one.kind == "mutual_tls":
            yield f"{one.name} wants a client certificate, which is not presented: its operations stay out of reach."
        elif one.kind == "openid":
            yield f"{one.name} signs in with a browser: bring tokens (bearer), or a client (oauth2) with its token_url."
        elif is_unissued(one, description):
            yield f"Nothing issues {one.name}: add headers: {{{one.parameter}: …}} beside the way of each caller."
    url = oauth.token_url(document.schemes.values())
    if url and oauth.placed(url, base_url=base_url, servers=document.servers) is None:
        yield f"The token endpoint {url} is on another host; oauth2: token_url: has it asked there."


def is_unissued(scheme: SecurityScheme, description: Description) -> bool:
    """A key that some operations cannot be called without, that nothing makes, beside some other way to sign in."""
    if not is_issued(scheme) or csrf.names_it(scheme.parameter) or recognised(description).issue is not None:
        return False
    protected = [one for one in description.document.operations if one.protected]
    needed = any(all(scheme.name in alternative for alternative in one.security) for one in protected)
    return needed and any(not is_keyed(one) for one in description.document.schemes.values())


# --- how to sign in -----------------------------------------------------------------------------------------


def used_schemes(description: Description) -> list[SecurityScheme]:
    """Return the schemes, those that most operations ask for first."""
    operations = description.document.operations
    asked = [name for one in operations for alternative in one.security for name in alternative]
    return sorted(description.document.schemes.values(), key=lambda one: -asked.count(one.name))


def way_of(scheme: SecurityScheme) -> dict[str, Json]:
    if scheme.kind in TOKEN_KINDS:
        return {"bearer": "${TOKEN}"}
    if scheme.kind == "basic":
        return {"basic": {"username": "${USERNAME}", "password": "${PASSWORD}"}}
    if scheme.kind != "api_key" or not scheme.parameter or csrf.names_it(scheme.parameter):
        return {}
    if not is_keyed(scheme):
        return {"bearer": "${TOKEN}"}
    if scheme.location is None:
        return {}
    return {"api_key": {str(scheme.location): doubled(scheme.parameter), "value": "${KEY}"}}


def login_body(fields: Sequence[Field]) -> dict[str, Json]:
    """Return the body of a login: one name, the password, what else is required; {} where one of them is missing."""
    members = [one for one in fields if one.location is Location.BODY and simple(one)]
    named = sorted((one for one in members if sign_in.is_username(one.name)), key=lambda one: not one.required)
    secret = [one for one in members if sign_in.is_password(one.name)]
    if not named or not secret:
        return {}
    rest = [one for one in members if one.required and one not in (*named, *secret) and not csrf.names_it(one.name)]
    needed = [named[0], *(one for one in named[1:] if one.required), *secret[:1], *rest]
    body: dict[str, Json] = {}
    for one in needed:
        put(body, one.pointer, value_of(one, asked=one in named or one in secret))
    return body


def simple(field: Field) -> bool:
    """It is one value in objects of objects: no list, no whole."""
    parts = field.pointer.split("/")[1:]
    return bool(parts) and not any(part.isdigit() for part in parts) and field.type not in {"object", "array"}


def put(body: dict[str, Json], pointer: str, value: Json) -> None:
    *above, last = [doubled(part.replace("~1", "/").replace("~0", "~")) for part in pointer.split("/")[1:]]
    inner: dict[str, Json] = body
    for part in above:
        below = inner.setdefault(part, {})
        inner = below if isinstance(below, dict) else {}
    inner[last] = value


def value_of(field: Field, *, asked: bool) -> Json:
    """Return the variable of a caller's own value; of anything else what the document gives."""
    if sign_in.snake(field.name) == "grant_type":
        return "password"
    given = list(given_values(field.schema)) if not asked else []
    if given:
        return doubled(given[0]) if isinstance(given[0], str) else given[0]
    return f"${{{re.sub(r'[^A-Z0-9]+', '_', sign_in.snake(field.name).upper())}}}"


def given_values(schema: Mapping[str, Json]) -> Iterator[Json]:
    for key in ("const", "default", "example"):
        if isinstance(schema.get(key), str | int | float | bool):
            yield schema[key]
    enum = schema.get("enum")
    yield from (one for one in (enum if isinstance(enum, list) else ()) if isinstance(one, str | int | float | bool))


def token_pointer(description: Description, login: Operation) -> str:
    """Return the JSON pointer to the access token in the documented answer, "" where none is documented."""
    answer = next((found for status in (200, 201, 202) if (found := login.answer(status)) is not None), None)
    schema = mapping(next((one for media, one in answer.content.items() if "json" in media), {})) if answer else {}
    keys = ACCESS_KEYS
    members = [one for one in description.schemas.members(schema) if simple(one) and sign_in.snake(one.name) in keys]
    best = min(members, key=lambda one: (keys.index(sign_in.snake(one.name)), len(one.pointer)), default=None)
    return best.pointer if best is not None and POINTER.fullmatch(best.pointer) and "$" not in best.pointer else ""


def doubled(text: str) -> str:
    return text.replace("$", "$$")
