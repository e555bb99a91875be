"""Recognises, in any API, the operations with which a caller appears, is known, renewed and ended.

By path words, fields and security, as measured on real descriptions: login-like operations end in token, login,
sessions, authenticate, auth; their bodies carry password beside username or email.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from auditor.model import Field, Operation, SecurityScheme

PASSWORD = re.compile(r"^(user|login|account|plain|raw)?_?(password|passwd|pwd|pass|passphrase)_?\d?$")
PASSWORD_AGAIN = re.compile(
    r"(confirm|repeat|again|verify|retype).*pass|pass.*(confirm|repeat|again|verif|2$)|^re_?password$"
)
NEW_PASSWORD = re.compile(r"new_?(password|passwd|pwd|pass)|(password|passwd|pwd)_?new")
EMAIL_AGAIN = re.compile(
    r"(confirm|repeat|again|verify|retype|^re)_?(e_?)?mail|mail(_address)?_?(confirm|repeat|again|2$)"
)
USERNAME = frozenset(
    {"email", "e_mail", "mail", "email_address", "user_email", "username", "user_name", "j_username", "login"}
    | {"login_name", "login_id", "user_login", "user", "identifier", "identity", "handle", "phone", "principal"}
    | {"account", "account_name", "screen_name", "nickname", "email_or_username", "username_or_email"}
    | {"email_or_phone", "login_or_email", "user_or_email"}
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
REGISTERING = ("register", "signup", "registration", "registrations")
"""Of these the ones that leave no doubt: where a document forgets to except them from its security, they count too."""
ISSUING_WORDS = ("apikeys", "apikey", "accesskeys", "personalaccesstokens", "accesstokens", "keys", "tokens")
"""Collections in which a key is made for its caller."""
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
CHANGING_VERBS = frozenset(
    {"change", "update", "set", "reset", "edit", "modify", "confirm", "enable", "setup", "activate", "verify", "forgot"}
)
HARMLESS_WORDS = frozenset({"strength", "policy", "rules", "requirements"})
"""What judges a password changes none."""
FAREWELL_WORDS = frozenset({"delete", "close", "cancel", "terminate"})
SELF_WORDS = frozenset({"me", "self", "profile", "account", "user", "whoami", "settings"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The operations with which callers come and go; None where the API has none that we recognise."""

    register: Operation | None = None
    login: Operation | None = None
    refresh: Operation | None = None
    remove_self: Operation | None = None
    whoami: Operation | None = None
    issue: Operation | None = None
    """Makes an API key for its caller and tells it once."""
    upsert: Operation | None = None
    """Registers by PUT to an item that the caller names itself."""
    enrol: Operation | None = None
    """Makes users, for those who may."""
    logins: tuple[Operation, ...] = ()
    """Every operation that takes a name and its password, `login` among them."""

    @property
    def outside(self) -> tuple[Operation, ...]:
        """The operations that are called by somebody who has no credential yet."""
        return tuple(one for one in (self.login, self.register, self.refresh) if one is not None)


def recognise(
    operations: Sequence[Operation],
    fields: Callable[[Operation], tuple[Field, ...]],
    schemes: Mapping[str, SecurityScheme] | None = None,
) -> SignIn:
    """Find the sign-in operations; the more specific path word wins, then the shorter path."""
    known = schemes or {}
    posts = [one for one in operations if one.method == "POST" and not one.path_parameters]
    with_password = [one for one in posts if takes_password(one, fields)]
    logins = [
        one for one in with_password if last_words(one) & LOGIN_WORDS and not last_words(one) & {"register", "signup"}
    ]
    others = [one for one in with_password if one not in logins]
    registers = [one for one in others if is_registering(one) or (names_users(one) and not one.protected)]
    upserts = [one for one in operations if takes_password(one, fields) and is_upsert(one, known)]
    enrols = [one for one in others if one.protected and names_users(one)]
    return SignIn(
        register=_best(registers, REGISTERING),
        login=_best(logins, ("login", "signin", "token"))
        or _best([one for one in posts if hands_out_tokens(one, known)], ("login", "token")),
        refresh=_best([one for one in posts if last_words(one) & REFRESH_WORDS], ("refresh",)),
        remove_self=_best([one for one in operations if one.method == "DELETE" and is_account(one)], ("me",)),
        whoami=_best(
            [one for one in operations if one.method == "GET" and is_self(one) and one.protected],
            ("me", "self", "profile"),
        ),
        issue=_best(
            [one for one in posts if one not in with_password and last_words(one) & frozenset(ISSUING_WORDS)],
            ISSUING_WORDS,
        ),
        upsert=_best(upserts, ("accounts", "users")),
        enrol=_best(enrols, ("users", "accounts")),
        logins=tuple(logins),
    )


def takes_password(operation: Operation, fields: Callable[[Operation], tuple[Field, ...]]) -> bool:
    return any(is_password(one.name) for one in fields(operation))


def is_registering(operation: Operation) -> bool:
    return bool(last_words(operation) & frozenset(REGISTERING))


def names_users(operation: Operation) -> bool:
    return bool(last_words(operation) & REGISTER_WORDS)


def is_upsert(operation: Operation, schemes: Mapping[str, SecurityScheme]) -> bool:
    """It makes the account that its path names (`PUT /accounts/{id}`), whose name and password are sent as Basic then.

    Only where the document lets somebody without an account call it: openly, or with what it is about to be given.
    """
    item = re.fullmatch(r".*/\{[^{}/]+\}/?", operation.path)
    if operation.method != "PUT" or item is None or len(operation.path_parameters) != 1:
        return False
    basic = {name for name, one in schemes.items() if one.kind == "basic"}
    asked = {name for alternative in operation.security for name in alternative}
    return names_users(operation) and asked <= basic and bool(basic or not schemes)


def hands_out_tokens(operation: Operation, schemes: Mapping[str, SecurityScheme]) -> bool:
    """It is what a scheme names as its token endpoint, or a login by HTTP Basic."""
    ends = {urlsplit(one.token_url).path.strip("/") for one in schemes.values() if one.token_url}
    if any(end and operation.path.strip("/").endswith(end) for end in ends):
        return True
    return bool(telling_words(operation) & LOGIN_WORDS) and asks_basic(operation, schemes)


def asks_basic(operation: Operation, schemes: Mapping[str, SecurityScheme]) -> bool:
    """HTTP Basic alone is enough for the operation."""
    alone = (alternative[0] for alternative in operation.security if len(alternative) == 1)
    return any(name in schemes and schemes[name].kind == "basic" for name in alone)


def _best(candidates: Sequence[Operation], preferred: tuple[str, ...]) -> Operation | None:
    def rank(one: Operation) -> tuple[int, int, str]:
        named = [index for index, word in enumerate(preferred) if word in last_words(one)]
        return (named[0] if named else len(preferred), len(one.path), one.path)

    return min(candidates, key=rank, default=None)


def is_password(name: str) -> bool:
    """The field takes the password of an account, or repeats it."""
    plain = snake(name)
    return bool(PASSWORD.match(plain) or PASSWORD_AGAIN.search(plain))


def is_new_password(name: str) -> bool:
    """The field takes the password that an account shall have from now on."""
    return NEW_PASSWORD.search(snake(name)) is not None


def repeats_password(name: str) -> bool:
    return PASSWORD_AGAIN.search(snake(name)) is not None


def is_username(name: str) -> bool:
    return snake(name) in USERNAME


def repeats_email(name: str) -> bool:
    """The field takes an e-mail address a second time."""
    return EMAIL_AGAIN.search(snake(name)) is not None


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
    if (words | words_before(operation)) & ALTERING_WORDS or (
        words & FAREWELL_WORDS and set(static_segments(operation.path)[:-1]) & SELF_WORDS
    ):
        return True
    return operation.method != "POST" and (is_self(operation) or is_own_session(operation))


def words_before(operation: Operation) -> frozenset[str]:
    """Return the words before a verb that changes something: `/auth/password/change`, `/mfa/enable`."""
    segments = static_segments(operation.path)
    told = segments[-2:-1] if segments and segments[-1] in CHANGING_VERBS else []
    return frozenset(word for segment in told for word in (segment, *snake(segment).split("_")))


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
