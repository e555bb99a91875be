"""Who calls: credentials from the configuration, or users that the audit registers and signs in by itself.

Everything that sends is a generator of steps, as in a recipe; credentials are learned by observing the raw
exchanges, so neither recipes nor recordings ever hold them.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from math import inf
from random import Random
from typing import Any

from auditor.callers import csrf, forgery_tokens, issuing, logging_in, registering, roles
from auditor.callers.accounts import REGISTERED, Account, Login, account_names, best_name, new_password, password_in
from auditor.callers.credentials import issued
from auditor.callers.entrance import ENROL, FETCH, PROVE, VISIT, Drafts, Entrance, Form, Place, unlock_for
from auditor.callers.oauth import PURPOSE as GRANT
from auditor.callers.wallet import Wallet
from auditor.evidence import Overloaded, Steps, Unavailable
from auditor.kinds.sign_in import SignIn
from auditor.model import (
    ANONYMOUS,
    Credential,
    Exchange,
    Identity,
    IdentityFacts,
    Json,
    Operation,
    Request,
    SecurityScheme,
)
from auditor.sending.attaching import SAFE_METHODS, fitting

__all__ = ["Account", "Drafts", "Identities", "Login", "best_name", "new_password", "unlock_for"]

NAMES = ("alice", "bob")
SPARE = "carol"
"""Takes the place of a user who turned out to be an administrator."""
NO_CREDENTIAL = Credential()
MOST_FUTILE = 3
"""Registrations in a row that came to nothing, after which no throw-away user is tried any more."""
MOST_OVERLOADED = 30
"""Likewise where the target was merely overloaded."""
MOST_FAILURES = 3
"""Logins in a row that were refused, after which an account is not signed in again: servers lock what fails often."""
MOST_FETCHES = 20
"""Tokens against forged requests asked for, after refusals, for one account."""
RENEWED_AT_MOST_EVERY_SECONDS = 2.0

Drive = Callable[[Steps[Any]], Awaitable[bool]]
"""Follows steps through the session, whatever they come to."""


class Identities:
    """Every caller of the run. `credentials` is the session's own mapping and is filled here."""

    def __init__(
        self,
        *,
        drafts: Drafts,
        sign_in_operations: SignIn,
        schemes: Mapping[str, SecurityScheme],
        operations: Sequence[Operation],
        credentials: dict[str, Credential],
        know_secret: Callable[[str, str, str], None],
        rng: Random,
        canary: str,
        grant_url: str = "",
    ) -> None:
        header = csrf.declared_header(operations, schemes.values())
        self._wallet = Wallet(schemes=tuple(schemes.values()), held=credentials, know=know_secret, csrf_header=header)
        self._entrance = Entrance(
            operations=sign_in_operations,
            drafts=drafts,
            wallet=self._wallet,
            api=operations,
            schemes=schemes,
            know=know_secret,
            rng=rng,
            canary=canary,
            grant_url=grant_url,
        )
        self.accounts: dict[str, Account] = {}
        self.problem = ""
        """Why the first caller that could not be registered or signed in could not; empty when all could."""
        self._credentials = credentials
        self._know = know_secret
        self._visitor = Account(identity=ANONYMOUS, how="nobody")
        """Who comes to the login without an account: has cookies and a token where the target gives them to anybody."""
        self._made = 0
        self._futile: list[Unavailable] = []
        """Why the last registrations came to nothing; a success clears it."""

    @property
    def operations(self) -> SignIn:
        """The operations with which callers come and go, as far as they are known to work."""
        return self._entrance.operations

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
            self._wallet.hand(account, credential)

    def hand(self, identity: Identity, credential: Credential) -> None:
        """Give an identity its credential, and make it known as a secret before anything is written."""
        account = self.accounts.get(identity.name) or Account(identity=identity, how="handed over")
        self._wallet.hand(account, credential)

    def credential(self, identity: Identity, operation: Operation | None = None) -> Credential | None:
        """Return what the identity sends, to an operation where one is named; None where it has nothing."""
        held = self._credentials.get(identity.name)
        return None if held is None else fitting(held, operation)

    # --- appearing: registration and login as steps

    def establish(self, wanted: Sequence[str] = NAMES) -> Steps[None]:
        """Sign in the configured callers and register what is missing; failing is a `problem`, not an error."""
        for account in list(self.accounts.values()):
            if account.renewable and account.identity.name not in self._credentials:
                yield from self._try(self.sign_in(account))
        for name in wanted:
            if len(self.users()) >= len(wanted) or name in self.accounts:
                continue
            yield from self._try(self.register(name))
        if self._promoted():
            yield from self._try(self.register(SPARE))
        for account in list(self.accounts.values()) if wanted else ():
            yield from self._try(issuing.equip(self._entrance, account))
        if self._entrance.token_needed:
            yield from self._try(forgery_tokens.fetch(self._entrance, self._visitor))

    def _promoted(self) -> bool:
        """Take the one registered user whom the target calls privileged, and the other not, for an administrator."""
        users = [account for account in self.accounts.values() if account.identity in self.users()]
        chosen = [account for account in users if account.privileged]
        others = [account for account in users if account.privileged is False]
        if self.admin() is not None or len(chosen) != 1 or not others:
            return False
        account = chosen[0]
        account.identity = replace(account.identity, role="admin")
        account.how = f"{account.how}, an administrator by what the target says of it"
        return True

    def _try(self, steps: Steps[object]) -> Steps[None]:
        try:
            yield from steps
        except Unavailable as missing:
            self.problem = self.problem or missing.reason

    def register(self, name: str, *, disposable: bool = False) -> Steps[Identity]:
        """Make a user and sign it in. Raises `Unavailable` where registration is closed or not recognised."""
        identity = Identity(name, disposable=disposable)
        if disposable and self._is_futile():
            raise Unavailable(f"no user could be made: {self._futile[-1].reason}", unlock_for(identity))
        account = self.accounts[name] = Account(identity=identity, how=REGISTERED)
        # A user made by another may share what that one has, so only throw-away users are made by ordinary ones.
        maker = self.admin() or next(iter(self.users() if disposable else ()), None)
        try:
            held = self._credentials[maker.name] if maker is not None else None
            yield from registering.register(self._entrance, account, maker=held)
        except Unavailable as refused:
            self._forget(name)
            self._futile.append(refused)
            raise
        self._futile.clear()
        return identity

    def _is_futile(self) -> bool:
        """A target that sheds load for a while has not closed its registration."""
        refusals = [one for one in self._futile if not isinstance(one, Overloaded)]
        return len(refusals) >= MOST_FUTILE or len(self._futile) >= MOST_OVERLOADED

    def disposable(self) -> Steps[Identity]:
        self._made += 1
        return (yield from self.register(f"throwaway{self._made}", disposable=True))

    def sign_in(self, account: Account) -> Steps[Identity]:
        """Log the account in. Raises `Unavailable` when no login works."""
        try:
            yield from logging_in.sign_in_as(self._entrance, account)
        except Unavailable:
            if account.identity.name not in self._credentials:
                self._forget(account.identity.name)
            raise
        return account.identity

    def _forget(self, name: str) -> None:
        self.accounts.pop(name, None)
        self._credentials.pop(name, None)

    def login_request(self, *, names: Sequence[str], password: str, identity: Identity) -> Request:
        """Build a login as somebody at the door sends it. Raises `Unavailable` without a login operation."""
        request = logging_in.login(self._entrance, names, password, identity)
        return forgery_tokens.dressed(self._visitor, request)

    def login_values(self, operation: Operation, account: Account) -> Mapping[Place, Json]:
        """Return what the account says at a login, by place; {} where it has nothing to say."""
        if account.login is not None and account.login.operation is operation:
            return logging_in.configured(account.login)
        if not account.password:
            return {}
        fields = self._entrance.fields(operation)
        return logging_in.login_values(
            fields, account.names, account.password, self._entrance.form or Form(), given=account.given
        )

    @property
    def logins(self) -> tuple[Operation, ...]:
        """The operations at which somebody signs in with a password, configured ones among them."""
        configured = [one.login.operation for one in self.accounts.values() if one.login is not None]
        return tuple(dict.fromkeys((*self.operations.logins, *configured)))

    def at_the_door(self) -> Credential:
        """Return what goes with a request of somebody who is not signed in: nobody's cookies and token, if any."""
        return forgery_tokens.dressed(self._visitor, Request(method="POST", path="")).credential or NO_CREDENTIAL

    def always_allowed(self, request: Request) -> bool:
        """Say whether a request only signs a configured or registered caller in, or renews it."""
        configured = [one.login.operation for one in self.accounts.values() if one.login is not None]
        known = (self.operations.login, self.operations.refresh, *configured)
        return request.purpose == GRANT or (request.operation is not None and request.operation in known)

    # --- staying: renewal

    async def renew(self, refused: Exchange, used: Credential, drive: Drive) -> bool:
        """Replace a credential that was refused. True when there is another one to try with.

        After a 401 by another login, at most every two seconds; a token against forged requests that was missing or
        old by the present one. Whoever meets the same dead credential meanwhile waits for the one renewal.
        """
        account = self.accounts.get(refused.request.identity.name)
        for_token = wants_token(refused, used)
        if account is None or not (for_token or (refused.response.status == 401 and self._may_renew(account))):
            return False
        async with account.renewing:
            if self._credentials.get(account.identity.name) is not used:
                return True
            if for_token and account.fetches < MOST_FETCHES:
                account.fetches += 1
                await drive(self._fetched(account, used))
            elif refused.response.status == 401 and self._may_renew(account) and has_rested(account):
                account.renewed_at = time.monotonic()
                await drive(self.sign_in(account))
            return self._credentials.get(account.identity.name) is not used

    async def freshen(self, identity: Identity, drive: Drive) -> None:
        """Replace a credential that is about to end: by its refresh token, else by another login."""
        account = self.accounts.get(identity.name)
        if account is None or time.monotonic() < account.fresh_until or not self._may_renew(account):
            return
        async with account.renewing:
            if time.monotonic() < account.fresh_until or not has_rested(account):
                return
            used, account.renewed_at = self._credentials.get(identity.name), time.monotonic()
            await drive(logging_in.refresh(self._entrance, account))
            if self._credentials.get(identity.name) is used:
                await drive(self.sign_in(account))
            if self._credentials.get(identity.name) is used:
                account.fresh_until = inf  # it will be refused, and that tells more

    def _may_renew(self, account: Account) -> bool:
        """A throw-away user is let go; an account whose logins are refused is left alone before it is locked."""
        enters = account.login is not None or account.grant is not None or self._entrance.can_log_in
        known = account.renewable and not account.identity.disposable
        return enters and known and account.failures < MOST_FAILURES

    def _fetched(self, account: Account, used: Credential) -> Steps[None]:
        yield from forgery_tokens.fetch(self._entrance, account, used)
        self._wallet.keep_up(account)

    # --- learning from what is seen

    def observe(self, raw: Exchange) -> None:
        """Take credentials and tokens from raw answers, for the account on whose behalf they were asked."""
        self._hide_key(raw)
        account = self._on_behalf_of(raw)
        if account is None or raw.request.mutation is not None or raw.response.status == 0:
            return
        if raw.request.purpose in (FETCH, VISIT):
            told = raw.request.purpose == FETCH and raw.response.succeeded
            self._wallet.keep_cookies(account, raw, fetched=told)
        elif self._is_way_in(account, raw):
            account.privileged = self._rights_in(raw, account.privileged)
            fresh = self._wallet.keep_cookies(account, raw)
            if lets_in(raw):
                by_cookies = raw.operation is not self.operations.register or not self._entrance.can_log_in
                self._wallet.learn(account, raw, fresh, by_cookies=by_cookies)
        elif raw.operation is not None and raw.operation is self.operations.issue and raw.response.succeeded:
            issuing.take_key(self._entrance, account, raw)
        elif raw.request.credential is None or raw.request.purpose == PROVE:
            account.privileged = self._rights_in(raw, account.privileged)
            self._wallet.follow(account, raw)

    def _rights_in(self, raw: Exchange, known: bool | None) -> bool | None:
        """Return what a registration or a look at oneself says of the account's rights, else what is known."""
        about_self = raw.operation is not None and raw.operation in (self.operations.register, self.operations.whoami)
        said = roles.privileged(raw.response.json()) if about_self and raw.response.succeeded else None
        return known if said is None else said

    def _hide_key(self, raw: Exchange) -> None:
        """Know a key that was issued, whoever asked for it: it opens something for as long as it is there."""
        if raw.operation is not None and raw.operation is self.operations.issue and raw.response.succeeded:
            key = issued(raw.response)
            if key:
                self._know(raw.request.identity.name, "api_key", key)

    def _on_behalf_of(self, raw: Exchange) -> Account | None:
        if raw.request.identity.anonymous and raw.request.purpose in (FETCH, VISIT):
            return self._visitor
        return self.accounts.get(raw.request.identity.name)

    def _is_way_in(self, account: Account, raw: Exchange) -> bool:
        """Say whether the exchange signs the account in, registers or renews it."""
        if raw.request.purpose in (GRANT, ENROL):
            return raw.request.purpose == GRANT  # what answers somebody else lets only them in
        ways = (self.operations.login, self.operations.register, self.operations.upsert, self.operations.refresh)
        configured = account.login.operation if account.login is not None else None
        known = (configured, self.operations.refresh) if configured is not None else ways
        return raw.operation is not None and raw.operation in known

    def found_in(self, raw: Exchange) -> Account:
        """Return the account that a probe's registration made, so that it can be removed again."""
        fields = self._entrance.fields(raw.operation) if raw.operation is not None else ()
        self._made += 1
        return Account(
            identity=Identity(f"probe{self._made}", disposable=True),
            how="registered by a probe",
            names=account_names(raw.request, fields),
            password=password_in(raw.request, fields),
        )


def has_rested(account: Account) -> bool:
    return time.monotonic() - account.renewed_at >= RENEWED_AT_MOST_EVERY_SECONDS


def wants_token(refused: Exchange, used: Credential) -> bool:
    """A write beside a cookie was refused because its token was missing or old; or so it seems, where none was sent."""
    if refused.request.method in SAFE_METHODS or not used.cookies:
        return False
    return csrf.refused_for_it(refused.response) or (refused.response.status == 403 and used.csrf is None)


def lets_in(raw: Exchange) -> bool:
    """2xx, or a redirect that sets a cookie and leads elsewhere than back to the login."""
    handed = raw.response.header("set-cookie") is not None
    return raw.response.succeeded or (300 <= raw.response.status < 400 and handed and not raw.denied)
