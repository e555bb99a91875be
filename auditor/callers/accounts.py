"""An account of the target and what is known of it: under which names it signs in, with what, for how long."""

from __future__ import annotations

import asyncio
import re
import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import NamedTuple
from urllib.parse import parse_qs

from auditor.callers.cookies import Cookie
from auditor.callers.credentials import Way
from auditor.callers.oauth import Grant
from auditor.compare import at, walk
from auditor.document.templates import path_values
from auditor.kinds import sign_in
from auditor.model import NOT_JSON, Credential, Csrf, Field, Identity, Json, Location, Operation, Request

PASSWORD_LENGTH = 24
REGISTERED = "registered by the audit"
"""How such an account came to be, in the words of the report."""
ITEM_NAMES = frozenset({"id", "uid", "name", "account_id", "user_id"})
"""What an account may be called where no field says so: the name that its maker gave the item."""


class Offer(NamedTuple):
    """One way to be recognised that an answer opened, and the seconds that it is good for."""

    way: Way
    seconds: float = inf


@dataclass(slots=True, kw_only=True)
class Login:
    """A login as configured: which operation, which body, where the token lies in its answer."""

    operation: Operation
    body: Mapping[str, Json] = field(repr=False)
    token_pointer: str = ""


@dataclass(slots=True, kw_only=True)
class Account:
    """A caller and what is known of it. Secrets stay out of `repr`."""

    identity: Identity
    how: str
    names: tuple[str, ...] = ()
    """Values under which the account signs in: e-mail, user name."""
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What its registration said, by the name of the field: a login may ask for it again."""
    password: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What is sent beside whatever else it sends, also at its login: a tenant, a key of the application."""
    refresh_token: str = field(default="", repr=False)
    login: Login | None = None
    grant: Grant | None = None
    jar: dict[str, Cookie] = field(default_factory=dict, repr=False)
    """The cookies of its sign-in, as a browser would have them."""
    csrf: Csrf | None = None
    offers: tuple[Offer, ...] = field(default=(), repr=False)
    """The ways that its last sign-in opened, the one in use first."""
    extra: dict[str, Credential] = field(default_factory=dict, repr=False)
    """By security scheme what was got beside the login: an API key, name and password."""
    failures: int = 0
    """Logins in a row that were refused."""
    fetches: int = 0
    """How often a token against forged requests was asked for."""
    privileged: bool | None = None
    """What the target said of its rights when it was made or looked at; None where it said nothing."""
    renewed_at: float = 0.0
    fresh_until: float = inf
    """By the monotonic clock, when the credential should be replaced."""
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def renewable(self) -> bool:
        """There is something to sign in with again."""
        return bool(self.password or self.login is not None or self.grant is not None)


# --- names --------------------------------------------------------------------------------------------------


def account_names(request: Request, fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the values under which a freshly registered account may sign in, e-mail first.

    Where no field is called so, the name that the request gives the account: a member, or its place in the path.
    """
    known = given(request, fields)
    named = [value for name, value in known.items() if sign_in.is_username(name)]
    in_path = path_values(request.operation.path, request.path).values() if request.operation is not None else ()
    others = [value for name, value in known.items() if name in ITEM_NAMES]
    found = named or list(in_path) or others
    return tuple(sorted(dict.fromkeys(found), key=lambda value: "@" not in value))


def given(request: Request, fields: Iterable[Field]) -> dict[str, str]:
    """Return the texts that a body carries, by the name of their field; passwords are not among them."""
    body = request.json()
    if body is not NOT_JSON:
        declared = {one.pointer: one.name for one in fields if one.location is Location.BODY}
        pairs = [(declared.get(pointer, pointer.rpartition("/")[2]), value) for pointer, value in walk(body)]
    else:
        form = parse_qs(request.body.decode("utf-8", "replace"))
        pairs = [(name, values[0]) for name, values in form.items()]
    texts = [(name, value) for name, value in pairs if isinstance(value, str) and value]
    return {sign_in.snake(name): value for name, value in reversed(texts) if not sign_in.is_password(name)}


def password_in(request: Request, fields: Iterable[Field]) -> str:
    """Return the password that a registration carries, "" where it carries none."""
    body = request.json()
    for one in fields:
        if sign_in.is_password(one.name):
            value = at(body, one.pointer) if body is not NOT_JSON else form_value(request, one.name)
            if isinstance(value, str) and value:
                return value
    return ""


def form_value(request: Request, name: str) -> str:
    return next(iter(parse_qs(request.body.decode("utf-8", "replace")).get(name, ())), "")


def best_name(field_name: str, names: Sequence[str]) -> str:
    """Choose the e-mail for an e-mail field and the user name for a user-name field; the first where unclear."""
    return (fitting_names(field_name, names) or list(names))[0]


def fitting_names(field_name: str, names: Sequence[str]) -> list[str]:
    wants_mail = "mail" in field_name.lower()
    return [one for one in names if ("@" in one) == wants_mail]


# --- passwords ----------------------------------------------------------------------------------------------


def new_password(rng: Random, field: Field | None = None) -> str:
    """Return random characters with every class that password rules ask for, none that forms mangle.

    24 of them, fewer or more where the field's schema says so; "" where its pattern allows none of that kind.
    """
    shortest, longest = bounds(field)
    length = max(shortest, min(PASSWORD_LENGTH, longest))
    alphabet = string.ascii_letters + string.digits
    body = "".join(secrets.choice(alphabet) for _ in range(max(length - 4, 0)))
    upper, lower = rng.choice(string.ascii_uppercase), rng.choice(string.ascii_lowercase)
    plain = f"{upper}{body}{lower}{rng.choice(string.digits)}"
    return next((one for one in (f"{plain}!", f"{plain}7", f"{plain}@") if allowed(field, one)), "")


def bounds(field: Field | None) -> tuple[int, int]:
    schema = field.schema if field is not None else {}
    shortest, longest = (schema.get(key) for key in ("minLength", "maxLength"))
    return (shortest if isinstance(shortest, int) else 0, longest if isinstance(longest, int) else PASSWORD_LENGTH)


def allowed(field: Field | None, password: str) -> bool:
    pattern = field.schema.get("pattern") if field is not None else None
    if not isinstance(pattern, str):
        return True
    try:
        return re.search(pattern, password) is not None
    except re.error:
        return True
