"""Who calls: credentials from the configuration, or users that the audit registers and signs in by itself.

Everything that sends is a generator of steps, as in a recipe; credentials are learned by observing the raw
exchanges, so neither recipes nor recordings ever hold them.
"""

from __future__ import annotations

import asyncio
import secrets
import string
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Protocol
from urllib.parse import parse_qs

from auditor import sign_in
from auditor.compare import at
from auditor.evidence import Steps, Unavailable, ask
from auditor.model import (
    NOT_JSON,
    Credential,
    Exchange,
    Field,
    Identity,
    IdentityFacts,
    Json,
    Location,
    Operation,
    Request,
    Role,
    SecurityScheme,
)
from auditor.sign_in import SignIn

PASSWORD_LENGTH = 24
NAMES = ("alice", "bob")
MOST_FUTILE = 3
"""Registrations in a row that came to nothing, after which no throw-away user is tried any more."""
RENEWED_AT_MOST_EVERY_SECONDS = 2.0


class Drafts(Protocol):
    """Builds a valid request of an operation with some fields replaced (by pointer in the body)."""

    def draft(
        self, operation: Operation, *, identity: Identity, purpose: str, overlay: Mapping[str, Json]
    ) -> Request: ...

    def fields(self, operation: Operation) -> tuple[Field, ...]: ...


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
    password: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    login: Login | None = None
    renewed_at: float = 0.0
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)


class Identities:
    """Every caller of the run. `credentials` is the session's own mapping and is filled here."""

    def __init__(
        self,
        *,
        drafts: Drafts,
        sign_in_operations: SignIn,
        schemes: Sequence[SecurityScheme],
        credentials: dict[str, Credential],
        know_secret: Callable[[str, str, str], None],
        rng: Random,
    ) -> None:
        self.operations = sign_in_operations
        self.accounts: dict[str, Account] = {}
        self.problem = ""
        """Why the first caller that could not be registered or signed in could not; empty when all could."""
        self._drafts = drafts
        self._schemes = schemes
        self._credentials = credentials
        self._know = know_secret
        self._rng = rng
        self._made = 0
        self._futile: list[str] = []
        """Why the last registrations came to nothing; a success clears it."""

    # --- who is there

    def named(self, name: str) -> Identity | None:
        account = self.accounts.get(name)
        return account.identity if account and name in self._credentials else None

    def users(self) -> tuple[Identity, ...]:
        return tuple(
            a.identity
            for a in self.accounts.values()
            if a.identity.role == "user" and not a.identity.disposable and a.identity.name in self._credentials
        )

    def admin(self) -> Identity | None:
        known = (a.identity for a in self.accounts.values() if a.identity.name in self._credentials)
        return next((one for one in known if one.role == "admin"), None)

    def facts(self) -> tuple[IdentityFacts, ...]:
        shown = [a for a in self.accounts.values() if not a.identity.disposable]
        return tuple(IdentityFacts(name=a.identity.name, role=a.identity.role, how=a.how) for a in shown)

    def add(self, account: Account, credential: Credential | None = None) -> None:
        """Take an identity from the configuration."""
        self.accounts[account.identity.name] = account
        if account.password:
            self._know(account.identity.name, "password", account.password)
        if credential is not None:
            self.hand(account.identity, credential)

    def hand(self, identity: Identity, credential: Credential) -> None:
        """Give an identity its credential, and make it known as a secret before anything is written."""
        for _, value in (*credential.headers, *credential.query, *credential.cookies):
            self._know(identity.name, "token", value.partition(" ")[2] or value)
        self._credentials[identity.name] = credential

    # --- appearing: registration and login as steps

    def establish(self, wanted: Sequence[str] = NAMES) -> Steps[None]:
        """Sign in the configured callers and register what is missing; failing is a `problem`, not an error."""
        for account in list(self.accounts.values()):
            if account.login is not None and account.identity.name not in self._credentials:
                yield from self._try(self.sign_in(account))
        for name in wanted:
            if len(self.users()) >= len(wanted) or name in self.accounts:
                continue
            yield from self._try(self.register(name))

    def _try(self, steps: Steps[Identity]) -> Steps[None]:
        try:
            yield from steps
        except Unavailable as missing:
            self.problem = self.problem or missing.reason

    def register(self, name: str, *, disposable: bool = False) -> Steps[Identity]:
        """Make a user and sign it in. Raises `Unavailable` where registration is closed or not recognised."""
        register = self.operations.register
        if register is None:
            raise Unavailable(
                "the document has no registration that we recognise",
                unlock_for(Identity(name, disposable=disposable)),
            )
        identity = Identity(name, disposable=disposable)
        if disposable and len(self._futile) >= MOST_FUTILE:
            raise Unavailable(f"no user could be made: {self._futile[-1]}", unlock_for(identity))
        try:
            made = yield from self._register(register, identity)
            if name not in self._credentials:
                yield from self.sign_in(made)
        except Unavailable as refused:
            self.accounts.pop(name, None)
            self._futile.append(refused.reason)
            raise
        self._futile.clear()
        return identity

    def disposable(self) -> Steps[Identity]:
        self._made += 1
        return (yield from self.register(f"throwaway{self._made}", disposable=True))

    def _register(self, register: Operation, identity: Identity) -> Steps[Account]:
        password = new_password(self._rng)
        self._know(identity.name, "password", password)
        overlay = {f.pointer: password for f in self._drafts.fields(register) if sign_in.is_password(f.name)}
        request = self._drafts.draft(
            register, identity=identity, purpose="register a user of the audit", overlay=overlay
        )
        names = account_names(request, self._drafts.fields(register))
        account = Account(identity=identity, how="registered by the audit", names=names, password=password)
        self.accounts[identity.name] = account
        answered = yield from ask(replace(request, role=Role.SETUP))
        if not answered.succeeded:
            raise Unavailable(f"registration was answered {answered.response.status}", unlock_for(identity))
        return account

    def sign_in(self, account: Account) -> Steps[Identity]:
        """Log the account in. Raises `Unavailable` when no login works."""
        request = self.login_of(account)
        answered = yield from ask(replace(request, role=Role.SETUP))
        if account.identity.name not in self._credentials:
            self.accounts.pop(account.identity.name, None)
            raise Unavailable(
                f"login of {account.identity.name} was answered {answered.response.status} without a credential",
                f"identities.{account.identity.name} in auditor.yaml",
            )
        return account.identity

    def sign_in_anew(self, account: Account) -> Steps[Identity]:
        """Forget the credential, which no longer works, and log in again. Raises `Unavailable`."""
        self._credentials.pop(account.identity.name, None)
        return (yield from self.sign_in(account))

    def login_of(self, account: Account) -> Request:
        """Build the account's login. Raises `Unavailable` without a login operation."""
        if account.login is not None:
            overlay = {f"/{key}": value for key, value in account.login.body.items()}
            return self._drafts.draft(
                account.login.operation, identity=account.identity, purpose="log in", overlay=overlay
            )
        return self.login_request(names=account.names, password=account.password, identity=account.identity)

    def login_request(self, *, names: Sequence[str], password: str, identity: Identity) -> Request:
        login = self.operations.login
        if login is None:
            raise Unavailable("the document has no login that we recognise", "identities: {alice: {bearer: …}}")
        overlay = self.login_overlay(login, names=names, password=password)
        return self._drafts.draft(login, identity=identity, purpose="log in", overlay=overlay)

    def login_overlay(self, login: Operation, *, names: Sequence[str], password: str) -> dict[str, Json]:
        overlay: dict[str, Json] = {}
        for one in self._drafts.fields(login):
            if one.location is not Location.BODY:
                continue
            if sign_in.is_password(one.name):
                overlay[one.pointer] = password
            elif sign_in.is_username(one.name) and names:
                overlay[one.pointer] = best_name(one.name, names)
        return overlay

    def signs_in(self, operation: Operation) -> bool:
        """Say whether the operation only signs a configured or registered caller in, or renews it."""
        configured = [one.login.operation for one in self.accounts.values() if one.login is not None]
        return operation in (self.operations.login, self.operations.refresh, *configured)

    # --- staying: renewal

    async def renew(
        self, identity: Identity, used: Credential, drive: Callable[[Steps[Identity]], Awaitable[bool]]
    ) -> bool:
        """Log in again after a 401, at most every two seconds. True when there is another credential to try with.

        Whoever meets the same dead credential meanwhile waits for the one login.
        """
        account = self.accounts.get(identity.name)
        if account is None or identity.disposable or not (account.password or account.login):
            return False
        async with account.renewing:
            if self._credentials.get(identity.name) is not used:
                return True
            if time.monotonic() - account.renewed_at < RENEWED_AT_MOST_EVERY_SECONDS:
                return False
            account.renewed_at = time.monotonic()
            await drive(self.sign_in(account))
            return self._credentials.get(identity.name) is not used

    # --- learning from what is seen

    def observe(self, raw: Exchange) -> None:
        """Take credentials from a login's or a registration's raw answer, for the account that it names."""
        operation = raw.operation
        if operation is None or not raw.response.succeeded or raw.request.mutation is not None:
            return
        account = self._signing_in(raw)
        if account is not None:
            self._learn(account, raw)

    def _signing_in(self, raw: Exchange) -> Account | None:
        """Return the account on whose behalf the exchange signs in, registers or renews."""
        account = self.accounts.get(raw.request.identity.name)
        if account is None:
            return None
        ways = (self.operations.login, self.operations.register, self.operations.refresh)
        known = (account.login.operation,) if account.login is not None else ways
        return account if raw.operation in known else None

    def _learn(self, account: Account, raw: Exchange) -> None:
        pointer = account.login.token_pointer if account.login is not None else ""
        pointed = at(raw.response.json(), pointer) if pointer else ""
        refresh = sign_in.tokens(raw.response)[1]
        found = sign_in.credential(raw.response, self._schemes, token=pointed if isinstance(pointed, str) else "")
        if refresh:
            account.refresh_token = refresh
            self._know(account.identity.name, "token", refresh)
        if found is not None:
            self.hand(account.identity, found)

    def found_in(self, raw: Exchange) -> Account:
        """Return the account that a probe's registration made, so that it can be removed again."""
        operation = raw.operation
        fields = self._drafts.fields(operation) if operation is not None else ()
        body = raw.request.json()
        passwords = [at(body, one.pointer) for one in fields if sign_in.is_password(one.name)]
        self._made += 1
        return Account(
            identity=Identity(f"probe{self._made}", disposable=True),
            how="registered by a probe",
            names=account_names(raw.request, fields),
            password=next((one for one in passwords if isinstance(one, str)), ""),
        )


def unlock_for(identity: Identity) -> str:
    """Say what would give us this caller: a line of configuration, or, for throw-away users, open registration."""
    if identity.disposable:
        return "registration that lets the audit make users of its own"
    return f"identities.{identity.name} in auditor.yaml"


def account_names(request: Request, fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the values under which a freshly registered account may sign in, e-mail first."""
    body = request.json()
    named = [one for one in fields if one.location is Location.BODY and sign_in.is_username(one.name)]
    values = [at(body, one.pointer) for one in named] if body is not NOT_JSON else form_values(request, named)
    return tuple(sorted((str(v) for v in values if isinstance(v, str) and v), key=lambda v: "@" not in v))


def form_values(request: Request, fields: Sequence[Field]) -> list[Json]:
    found = parse_qs(request.body.decode("utf-8", "replace"))
    return [found.get(one.name, [None])[0] for one in fields]


def best_name(field_name: str, names: Sequence[str]) -> str:
    """Choose the e-mail for an e-mail field and the user name for a user-name field; the first where unclear."""
    wants_mail = "mail" in field_name.lower()
    fitting = [one for one in names if ("@" in one) == wants_mail]
    return (fitting or list(names))[0]


def new_password(rng: Random) -> str:
    """Return 24 random characters with every class that password rules ask for, none that forms mangle."""
    alphabet = string.ascii_letters + string.digits
    body = "".join(secrets.choice(alphabet) for _ in range(PASSWORD_LENGTH - 4))
    return f"{rng.choice(string.ascii_uppercase)}{body}{rng.choice(string.ascii_lowercase)}{rng.choice(string.digits)}!"
