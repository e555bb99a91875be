"""Credentials out of answers: which token or cookie a login hands out, and how it travels from then on.

A document often leaves open how; then there are several ways, the likeliest first, to be tried by their effect.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from auditor.callers import csrf
from auditor.callers.cookies import Cookie, kept
from auditor.compare import walk
from auditor.kinds.sign_in import snake
from auditor.model import NOT_JSON, Credential, Json, Location, Response, SecurityScheme
from auditor.secrecy.secret_shapes import is_distinctive

ACCESS_KEYS = (
    "access_token",
    "access",
    "token",
    "jwt",
    "auth_token",
    "session_token",
    "id_token",
    "key",
    "api_key",
    "bearer",
)
REFRESH_KEYS = ("refresh_token", "refresh")
ISSUED_KEYS = (
    *("plain_text_key", "plain_text_token", "plain_key", "raw_key", "full_key", "key", "api_key", "secret_key"),
    *("access_key", "api_token", "token", "access_token", "auth_token", "secret", "value"),
)
"""Under these an answer tells, once, the key that it has made; what is told in plain before what may be its name."""
TOKEN_WORDS = frozenset(
    {"token", "key", "jwt", "access", "session", "auth", "authorization", "bearer", "ticket", "sid"}
)
NO_TOKEN_WORDS = frozenset(
    {"refresh", "csrf", "xsrf", "state", "type", "expires", "expiry", "scope", "url", "uri", "hash", "public", "name"}
)
TOKEN_TYPES = {"bearer": "Bearer", "token": "Token", "jwt": "JWT"}
TOKEN_HEADERS = ("x-auth-token", "x-access-token", "x-session-token", "x-token", "x-subject-token")
SENT_AS = {"x-subject-token": "x-auth-token"}
"""A token that comes in one header and goes in another (OpenStack Identity v3)."""
DEVISE = ("access-token", "client", "uid")
"""Three headers that devise_token_auth hands out and wants back together."""
PREFIXES = ("Bearer", "Token", "JWT", "")
JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
OPAQUE = re.compile(r"[\w.~+/=:|%-]{20,4096}", re.ASCII)
WHOLE = re.compile(r"[\w.~+/=:|%-]{8,4096}", re.ASCII)
WRITTEN = re.compile(r"\d{4}-\d\d-\d\d|[a-z+.-]+://")
"""How dates and addresses begin, which are no tokens."""
SESSION_COOKIE = re.compile(r"sess|sid|auth|token|jwt|connect\.", re.IGNORECASE)
BEARER_KINDS = frozenset({"bearer", "oauth2", "openid"})
SHORTEST = 8


class Way(NamedTuple):
    """One way in which a caller may be recognised, and what tells it from the others."""

    kind: str
    credential: Credential


# --- reading ------------------------------------------------------------------------------------------------


def tokens(response: Response) -> tuple[str, str]:
    """Return (access token, refresh token) from the answer of a login, "" where there is none."""
    body = response.json()
    if not isinstance(body, (dict, list)):
        bare = body if isinstance(body, str) else response.text
        return (bare.strip() if JWT.fullmatch(bare.strip()) else ""), ""
    leaves = list(walk(body))
    access = _named([one for one in leaves if "refresh" not in one[0].lower()])
    refresh = _named([one for one in leaves if "refresh" in one[0].lower()])
    return _first(access, ACCESS_KEYS) or guessed(body, leaves), _first(refresh, (*REFRESH_KEYS, "token"))


def _named(leaves: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """Return the leaves by name, the first of its name."""
    return {snake(pointer.rpartition("/")[2]): value for pointer, value in reversed(leaves)}


def _first(found: Mapping[str, Json], names: Sequence[str]) -> str:
    texts = (found[name] for name in names if isinstance(found.get(name), str))
    return next((one for one in texts if len(one) >= SHORTEST), "")


def guessed(body: Json, leaves: Sequence[tuple[str, Json]]) -> str:
    """Return the one text that looks like a token though its name is none of the usual; "" for none and for two."""
    texts = [(frozenset(snake(pointer).split("_")), value) for pointer, value in leaves if isinstance(value, str)]
    plausible = [(words, value) for words, value in texts if not words & NO_TOKEN_WORDS]
    if isinstance(body, dict) and "ttl" in body and isinstance(body.get("id"), str):
        plausible.append((TOKEN_WORDS, body["id"]))  # LoopBack 3 calls the token itself `id`
    signed = {value for _, value in plausible if JWT.fullmatch(value)}
    opaque = {value for words, value in plausible if words & TOKEN_WORDS and is_drawn(value)}
    return next((next(iter(one)) for one in (signed, opaque) if len(one) == 1), "")


def is_drawn(text: str) -> bool:
    """Say whether a text was drawn, not written: one long word of letters and digits."""
    mixed = re.search(r"\d", text) and re.search(r"[A-Za-z]", text) and not WRITTEN.match(text)
    return bool(mixed) and OPAQUE.fullmatch(text) is not None and len(set(text)) >= 10


def issued(response: Response) -> str:
    """Return the key that an operation made and tells; "" where it tells none."""
    body = response.json()
    if not isinstance(body, (dict, list)):
        return body if isinstance(body, str) and is_drawn(body) else ""
    leaves = list(walk(body))
    whole = [(pointer, value) for pointer, value in leaves if isinstance(value, str) and is_whole(value)]
    return _first(_named(whole), ISSUED_KEYS) or guessed(body, whole)


def is_whole(value: str) -> bool:
    """A key is told in full, not as its first characters or behind stars."""
    return WHOLE.fullmatch(value) is not None and is_distinctive(value)


# --- building -----------------------------------------------------------------------------------------------


def ways(
    response: Response,
    schemes: Sequence[SecurityScheme],
    *,
    token: str = "",
    fresh: Sequence[Cookie] = (),
    jar: Mapping[str, Cookie] | None = None,
) -> tuple[Way, ...]:
    """Return the ways to be recognised that a login's answer opens, the likeliest first.

    `token` is the token where the configuration points at it, `fresh` are the cookies that the answer set, `jar` all
    cookies that the client has then.
    """
    usable = [one for one in schemes if not csrf.names_it(one.parameter)]
    access = token or tokens(response)[0]
    found = [token_way(access, usable, token_type=_token_type(response))] if access else []
    found += in_headers(response, usable)
    session = session_cookies(fresh, kept({}, fresh) if jar is None else jar)
    if session:
        found.append(Way("cookie", Credential(cookies=session)))
    if access:
        found += [_keyed(one, access) for one in usable if is_keyed(one)]
        found += [_authorized(prefix, access) for prefix in PREFIXES]
    distinct: dict[Credential, Way] = {}
    for one in found:
        distinct.setdefault(one.credential, one)
    return tuple(distinct.values())


def token_way(token: str, schemes: Sequence[SecurityScheme], *, token_type: str = "") -> Way:
    """Return how a token most likely travels: in the place of an API key where nothing else is declared for it.

    The prefix is what the login says, else what the document asks for literally, as Django REST and RealWorld mean
    `tokenAuth` and `Token`; else Bearer.
    """
    keyed = [one for one in schemes if is_keyed(one)]
    bearing = [one for one in schemes if carries_bearer(one)]
    if keyed and not bearing:
        return _keyed(min(keyed, key=lambda one: one.location is Location.COOKIE), token)
    return _authorized(token_type or literal_prefix(bearing) or "Bearer", token)


def literal_prefix(schemes: Sequence[SecurityScheme]) -> str:
    """Return the prefix that the document asks for, in words or by the name of a key called `token…`; else ""."""
    said = next((one.prefix for one in schemes if one.prefix), "")
    if said:
        return TOKEN_TYPES.get(said.lower(), said)
    literal = any(one.kind == "api_key" and one.name.lower().startswith("token") for one in schemes)
    return "Token" if literal and not any(one.kind in BEARER_KINDS for one in schemes) else ""


def is_keyed(scheme: SecurityScheme) -> bool:
    """The scheme is a key in a place of its own."""
    return scheme.kind == "api_key" and bool(scheme.parameter) and scheme.parameter.lower() != "authorization"


def carries_bearer(scheme: SecurityScheme) -> bool:
    """The scheme is a token in the Authorization header."""
    return scheme.kind in BEARER_KINDS or (scheme.kind == "api_key" and scheme.parameter.lower() == "authorization")


def keyed(scheme: SecurityScheme, value: str) -> Credential:
    """Put a key where its scheme wants it."""
    pair = ((scheme.parameter, value),)
    if scheme.location is Location.QUERY:
        return Credential(query=pair)
    if scheme.location is Location.COOKIE:
        return Credential(cookies=pair)
    return Credential(headers=pair)


def basic(name: str, password: str) -> Credential:
    """Build the credential of HTTP Basic (RFC 7617)."""
    return Credential(headers=(("authorization", f"Basic {basic_value(name, password)}"),))


def basic_value(name: str, password: str) -> str:
    return base64.b64encode(f"{name}:{password}".encode()).decode()


def _keyed(scheme: SecurityScheme, token: str) -> Way:
    return Way(f"scheme {scheme.name}", keyed(scheme, token))


def _authorized(prefix: str, token: str) -> Way:
    value = f"{prefix} {token}" if prefix else token
    return Way(prefix or "plain", Credential(headers=(("authorization", value),)))


def in_headers(response: Response, schemes: Sequence[SecurityScheme]) -> Iterator[Way]:
    """Yield the tokens that stand in headers of the answer."""
    handed = (response.header("authorization") or "").strip()
    if re.fullmatch(r"(?i)(bearer|token|jwt) \S+", handed):
        yield Way(TOKEN_TYPES[handed.partition(" ")[0].lower()], Credential(headers=(("authorization", handed),)))
    elif JWT.fullmatch(handed):
        yield from (_authorized(prefix, handed) for prefix in ("Bearer", ""))
    trio = [(name, response.header(name) or "") for name in DEVISE]
    if all(value for _, value in trio):
        yield Way("header access-token", Credential(headers=tuple(trio)))
    declared = [one.parameter.lower() for one in schemes if is_keyed(one) and one.location is Location.HEADER]
    for name in dict.fromkeys((*declared, *TOKEN_HEADERS)):
        value = response.header(name) or ""
        if OPAQUE.fullmatch(value):
            sent_as = SENT_AS.get(name, name)
            yield Way(f"header {sent_as}", Credential(headers=((sent_as, value),)))
            yield from (_authorized("Bearer", value) for one in schemes if one.kind in BEARER_KINDS)


def session_cookies(fresh: Sequence[Cookie], jar: Mapping[str, Cookie]) -> tuple[tuple[str, str], ...]:
    """Return every cookie of a session: there is one if a name says so, or if one just set is hidden from scripts.

    What renews a session is left out beside it: browsers send it to its own path only.
    """
    hidden = {one.name for one in fresh if one.http_only and not one.removed and not csrf.names_it(one.name)}
    telling = {one.name for one in jar.values() if SESSION_COOKIE.search(one.name) and not csrf.names_it(one.name)}
    renewing = {one.name for one in jar.values() if "refresh" in one.name.lower()}
    if not (hidden | telling) - renewing:
        return ()
    return tuple((one.name, one.value) for one in jar.values() if one.name not in renewing)


def _token_type(response: Response) -> str:
    """Return the scheme that the login names; "" for none, or for a word that is no scheme ("access")."""
    body = response.json()
    leaves = walk(body) if body is not NOT_JSON else ()
    declared = next((v for p, v in leaves if snake(p.rpartition("/")[2]) == "token_type" and isinstance(v, str)), "")
    return TOKEN_TYPES.get(declared.lower(), "")


def kind_of(credential: Credential) -> str:
    """Return the kind of the way in which a credential in one Authorization header goes; "" for any other."""
    values = [value for name, value in credential.headers if name.lower() == "authorization"]
    if len(values) != 1 or values[0].lower().startswith("basic "):
        return ""
    return values[0].rpartition(" ")[0] or "plain"


# --- several schemes ----------------------------------------------------------------------------------------


def part(credential: Credential, scheme: SecurityScheme) -> Credential | None:
    """Return what of a credential satisfies a scheme; None where nothing does."""
    if carries_bearer(scheme) or scheme.kind == "basic":
        wants_basic = scheme.kind == "basic"
        pairs = [pair for pair in credential.headers if pair[0].lower() == "authorization"]
        chosen = tuple(pair for pair in pairs if pair[1].lower().startswith("basic ") == wants_basic)
        return Credential(headers=chosen) if chosen else None
    if scheme.kind != "api_key":
        return None
    if scheme.location is Location.COOKIE:
        named = any(name == scheme.parameter for name, _ in credential.cookies)
        alone = credential.cookies and not credential.headers and not credential.query
        return Credential(cookies=credential.cookies, csrf=credential.csrf) if named or alone else None
    carried = credential.query if scheme.location is Location.QUERY else credential.headers
    chosen = tuple(pair for pair in carried if pair[0].lower() == scheme.parameter.lower())
    if not chosen:
        return None
    return Credential(query=chosen) if scheme.location is Location.QUERY else Credential(headers=chosen)


def parted(base: Credential, extra: Mapping[str, Credential], schemes: Sequence[SecurityScheme]) -> Credential:
    """Return the credential with its parts by scheme: what it carries itself, and what was got for other schemes."""
    own = {one.name: found for one in schemes if (found := part(base, one)) is not None}
    others = {name: one for name, one in extra.items() if name not in own}
    if not others:
        return base
    return Credential(
        headers=base.headers,
        query=base.query,
        cookies=base.cookies,
        csrf=base.csrf,
        parts=(*own.items(), *others.items()),
    )
