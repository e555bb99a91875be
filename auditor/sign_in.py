"""Recognises, in any API, the operations with which a caller appears, is known, renewed and ended.

By path words, fields and security, as measured on real descriptions: login-like operations end in token, login,
sessions, authenticate, auth; their bodies carry password beside username or email.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auditor.compare import walk
from auditor.model import NOT_JSON, Credential, Field, Json, Location, Operation, Response, SecurityScheme

PASSWORD = re.compile(r"^(user|login|account|plain|raw)?_?(password|passwd|pwd|pass|passphrase)_?\d?$")
PASSWORD_AGAIN = re.compile(
    r"(confirm|repeat|again|verify|retype).*pass|pass.*(confirm|repeat|again|verif|2$)|^re_?password$"
)
USERNAME = (
    "email",
    "e_mail",
    "mail",
    "email_address",
    "username",
    "user_name",
    "login",
    "user",
    "identifier",
    "handle",
    "phone",
)
LOGIN_WORDS = frozenset(
    {"login", "signin", "token", "tokens", "session", "sessions", "authenticate", "authentication", "auth", "jwt"}
)
REGISTER_WORDS = frozenset(
    {
        "register",
        "signup",
        "registration",
        "registrations",
        "users",
        "accounts",
        "account",
        "user",
        "members",
        "customers",
    }
)
AMBIGUOUS_WORDS = frozenset({"token", "tokens", "session", "sessions", "refresh", "renew"})
"""On something that a path parameter names they mean other things: `/courses/{id}/sessions`, `/feeds/{id}/refresh`."""
REFRESH_WORDS = frozenset({"refresh", "renew"})
ENDING_WORDS = frozenset(
    {"logout", "logoutall", "logoff", "signout", "revoke", "deactivate", "disable", "refresh", "renew", "unregister"}
    | {"close-account", "delete-account"}
)
"""Called by whatever method, they end or rotate what the caller signs in with."""
ALTERING_WORDS = frozenset({"password", "passwords", "mfa", "2fa", "otp", "totp"})
"""Written, they change how the caller signs in; read, they tell of it."""
HARMLESS_WORDS = frozenset({"strength", "policy", "rules", "requirements"})
"""What judges a password changes none."""
FAREWELL_WORDS = frozenset({"delete", "close", "cancel", "terminate"})
SELF_WORDS = frozenset({"me", "self", "profile", "account", "user", "whoami", "settings"})
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
TOKEN_TYPES = {"bearer": "Bearer", "token": "Token", "jwt": "JWT"}
JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
SESSION_COOKIE = re.compile(r"sess|sid|auth|token|jwt|connect\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The operations with which callers come and go; None where the API has none that we recognise."""

    register: Operation | None = None
    login: Operation | None = None
    refresh: Operation | None = None
    remove_self: Operation | None = None
    whoami: Operation | None = None


def recognise(operations: Sequence[Operation], fields: Callable[[Operation], tuple[Field, ...]]) -> SignIn:
    """Find the sign-in operations; the more specific path word wins, then the shorter path."""
    posts = [one for one in operations if one.method == "POST" and not one.path_parameters]
    with_password = [one for one in posts if any(is_password(field.name) for field in fields(one))]
    logins = [
        one for one in with_password if last_words(one) & LOGIN_WORDS and not last_words(one) & {"register", "signup"}
    ]
    registers = [
        one for one in with_password if last_words(one) & REGISTER_WORDS and one not in logins and not one.protected
    ]
    return SignIn(
        register=_best(registers, ("register", "signup", "registration", "registrations")),
        login=_best(logins, ("login", "signin", "token")),
        refresh=_best([one for one in posts if last_words(one) & REFRESH_WORDS], ("refresh",)),
        remove_self=_best([one for one in operations if one.method == "DELETE" and is_account(one)], ("me",)),
        whoami=_best(
            [one for one in operations if one.method == "GET" and is_self(one) and one.protected],
            ("me", "self", "profile"),
        ),
    )


def _best(candidates: Sequence[Operation], preferred: tuple[str, ...]) -> Operation | None:
    def rank(one: Operation) -> tuple[int, int, str]:
        named = [index for index, word in enumerate(preferred) if word in last_words(one)]
        return (named[0] if named else len(preferred), len(one.path), one.path)

    return min(candidates, key=rank, default=None)


def is_password(name: str) -> bool:
    """The field takes the password of an account, or repeats it."""
    plain = snake(name)
    return bool(PASSWORD.match(plain) or PASSWORD_AGAIN.search(plain))


def is_username(name: str) -> bool:
    return snake(name) in USERNAME


def is_self(operation: Operation) -> bool:
    """The operation is about its own caller: the path ends in /me and the like, without a parameter."""
    segments = static_segments(operation.path)
    return bool(segments) and not operation.path.rstrip("/").endswith("}") and segments[-1] in SELF_WORDS


def is_account(operation: Operation) -> bool:
    """It is about the caller's account itself: to delete its settings is not to delete the account."""
    return is_self(operation) and static_segments(operation.path)[-1] not in {"settings", "profile", "whoami"}


def harms_identity(operation: Operation) -> bool:
    """Calling it may end, rename, lock or rotate its caller, who must therefore be disposable."""
    words = telling_words(operation)
    if words & ENDING_WORDS:
        return True
    if operation.safe or words & HARMLESS_WORDS:
        return False
    if words & ALTERING_WORDS or (words & FAREWELL_WORDS and set(static_segments(operation.path)[:-1]) & SELF_WORDS):
        return True
    return operation.method != "POST" and (is_self(operation) or is_own_session(operation))


def is_own_session(operation: Operation) -> bool:
    """Deleting it signs its caller out: `DELETE /session`, `/sessions/current`, `/sessions/{id}`."""
    segments = static_segments(operation.path.partition("{")[0])
    named = segments[:-1] if segments and segments[-1] in {"current", "me", "self"} else segments
    return operation.method == "DELETE" and bool(set(named[-1:]) & LOGIN_WORDS)


def signs_in(operation: Operation) -> bool:
    """Calling it with wrong values counts as a failed login somewhere."""
    return operation.method == "POST" and bool(telling_words(operation) & (LOGIN_WORDS | REFRESH_WORDS))


def telling_words(operation: Operation) -> frozenset[str]:
    words = last_words(operation)
    return words - AMBIGUOUS_WORDS if "{" in operation.path else words


def last_words(operation: Operation) -> frozenset[str]:
    """Words of the last static segment, joined forms included (sign-in → sign, in, signin).

    A bare verb says nothing alone (`/auth/jwt/create`), so the segment before it speaks too.
    """
    segments = written_segments(operation.path)
    taken = segments[-2:] if segments and segments[-1].lower() in {"create", "new", "obtain"} else segments[-1:]
    words: set[str] = set()
    for segment in taken:
        parts = snake(segment).split("_")
        words |= {segment.lower(), *parts, "".join(parts)}
    return frozenset(words)


def static_segments(path: str) -> list[str]:
    return [part.lower() for part in written_segments(path)]


def written_segments(path: str) -> list[str]:
    """Return the segments without parameters, in the case of the document: `changePassword` is two words."""
    return [part for part in path.strip("/").split("/") if part and "{" not in part]


def snake(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


# --- what a login answers with ------------------------------------------------------------------------------


def tokens(response: Response) -> tuple[str, str]:
    """Return (access token, refresh token) from the answer of a login, "" where there is none."""
    body = response.json()
    if not isinstance(body, (dict, list)):
        bare = body if isinstance(body, str) else response.text
        return (bare.strip() if JWT.fullmatch(bare.strip()) else ""), ""
    found = {snake(pointer.rpartition("/")[2]): value for pointer, value in reversed(list(walk(body)))}
    return _first(found, ACCESS_KEYS), _first(found, REFRESH_KEYS)


def _first(found: dict[str, Json], names: tuple[str, ...]) -> str:
    return next((found[name] for name in names if isinstance(found.get(name), str) and len(found[name]) >= 8), "")


def credential(response: Response, schemes: Sequence[SecurityScheme], *, token: str = "") -> Credential | None:
    """Build the credential that a login's answer hands out: a token as the document says it travels, or cookies."""
    access = token or tokens(response)[0]
    if access:
        return token_credential(access, schemes, token_type=_token_type(response))
    handed = response.header("authorization")
    if handed is not None and re.fullmatch(r"(?i)(bearer|token|jwt) \S+", handed):
        return Credential(headers=(("authorization", handed),))
    cookies = tuple(pair for pair in map(_cookie, response.header_values("set-cookie")) if pair[1])
    if any(SESSION_COOKIE.search(name) for name, _ in cookies):
        return Credential(cookies=cookies)
    return None


def token_credential(token: str, schemes: Sequence[SecurityScheme], *, token_type: str = "") -> Credential:
    """Build the credential in which a token travels: in the place of an API key where there is nothing but such.

    The scheme is what the login says, else what the document's name for it promises (`tokenAuth`, `Token`), which
    Django REST and RealWorld mean literally; else Bearer.
    """
    keyed = [one for one in schemes if one.kind == "api_key" and one.parameter.lower() != "authorization"]
    if schemes and len(keyed) == len(schemes):
        return _keyed(keyed[0], token)
    if not token_type:
        literal = [one.kind == "api_key" and one.name.lower().startswith("token") for one in schemes]
        token_type = "Token" if any(literal) and not any(one.kind == "bearer" for one in schemes) else "Bearer"
    return Credential(headers=(("authorization", f"{token_type} {token}"),))


def _keyed(scheme: SecurityScheme, token: str) -> Credential:
    pair = ((scheme.parameter, token),)
    if scheme.location is Location.QUERY:
        return Credential(query=pair)
    if scheme.location is Location.COOKIE:
        return Credential(cookies=pair)
    return Credential(headers=pair)


def _token_type(response: Response) -> str:
    """Return the scheme that the login names; "" for none, or for a word that is no scheme ("access")."""
    body = response.json()
    leaves = walk(body) if body is not NOT_JSON else ()
    declared = next((v for p, v in leaves if snake(p.rpartition("/")[2]) == "token_type" and isinstance(v, str)), "")
    return TOKEN_TYPES.get(declared.lower(), "")


def _cookie(header: str) -> tuple[str, str]:
    name, _, value = header.partition(";")[0].partition("=")
    return name.strip(), value.strip()
