"""The credentials of the run, learned from raw answers and known as secrets before anything is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

from auditor.callers import cookies, credentials, csrf
from auditor.callers.accounts import Account, Offer
from auditor.callers.cookies import Cookie
from auditor.callers.expiry import lifetime, margin
from auditor.compare import at
from auditor.model import Credential, Exchange, Response, SecurityScheme
from auditor.secrecy.known_secrets import CSRF
from auditor.secrecy.secret_shapes import is_distinctive

SILENCE = Response(status=0)


class Wallet:
    """Fills the session's own mapping, identity to credential."""

    def __init__(
        self,
        *,
        schemes: Sequence[SecurityScheme],
        held: dict[str, Credential],
        know: Callable[[str, str, str], None],
        csrf_header: str,
    ) -> None:
        self.schemes = tuple(one for one in schemes if not csrf.names_it(one.parameter))
        self.held = held
        self.proven = ""
        """The kind of the way that has been seen to work."""
        self.given = ""
        """The kind of the way that configured callers are given in."""
        self.csrf_header = csrf_header
        """Where the document declares that a token against forged requests goes; "" where it does not."""
        self._know = know

    # --- handing out

    def hand(self, account: Account, credential: Credential) -> None:
        """Give an account a credential that somebody else made, with what was got for other schemes."""
        if credential.cookies and not account.jar:
            account.jar = {name: Cookie(name=name, value=value) for name, value in credential.cookies}
            if not any(csrf.names_it(name) for name, _ in credential.headers):
                self.learn_token(account, tuple(account.jar.values()))
        if not account.offers:
            self.given = credentials.kind_of(credential) or self.given
        self._publish(account, replace(credential, csrf=account.csrf if credential.cookies else None, parts=()))

    def add(self, account: Account, scheme: str, credential: Credential) -> None:
        """Add what satisfies a further scheme."""
        account.extra[scheme] = credential
        self._tell(account, credential, "api_key")
        base = self.held.get(account.identity.name)
        if base is not None:
            self._publish(account, base)

    def take(self, account: Account, offer: Offer) -> None:
        """Use one of the ways that a sign-in opened."""
        account.offers = (offer, *(one for one in account.offers if one is not offer))
        account.fresh_until = time.monotonic() + offer.seconds - margin(offer.seconds)
        self.hand(account, offer.way.credential)

    def _publish(self, account: Account, base: Credential) -> None:
        if account.csrf is not None:
            self._know(account.identity.name, CSRF, account.csrf.value)
        own = {name.lower() for name, _ in base.headers}
        beside = tuple(pair for pair in account.headers if pair[0].lower() not in own)
        base = replace(base, headers=(*base.headers, *beside))
        self._tell(account, base, "token")
        self.held[account.identity.name] = credentials.parted(base, account.extra, self.schemes)

    def _tell(self, account: Account, credential: Credential, kind: str) -> None:
        for name, value in (*credential.headers, *credential.query, *credential.cookies):
            public = credential.csrf is not None and name == credential.csrf.cookie
            self._know(account.identity.name, CSRF if public else kind, value.partition(" ")[2] or value)

    def satisfied(self, account: Account) -> frozenset[str]:
        """Name the schemes for which the account has what they ask for."""
        held = self.held.get(account.identity.name)
        if held is None:
            return frozenset()
        own = {one.name for one in self.schemes if credentials.part(held, one) is not None}
        return frozenset(own | dict(held.parts).keys())

    # --- learning

    def keep_cookies(self, account: Account, raw: Exchange, *, fetched: bool = False) -> tuple[Cookie, ...]:
        """Keep what an answer on the way in sets, as a browser would; return it."""
        fresh = cookies.set_by(raw.response)
        account.jar = cookies.kept(account.jar, fresh)
        for one in fresh:
            if (one.http_only or csrf.names_it(one.name)) and is_distinctive(one.value):
                self._know(account.identity.name, CSRF if csrf.names_it(one.name) else "token", one.value)
        self.learn_token(account, fresh, raw, fetched=fetched, members=True)
        return fresh

    def learn_token(
        self,
        account: Account,
        fresh: Sequence[Cookie],
        raw: Exchange | None = None,
        *,
        fetched: bool = False,
        members: bool = False,
    ) -> bool:
        """Take a token against forged requests from an answer; say whether it is another than before."""
        found = csrf.learned(
            raw.response if raw is not None else SILENCE,
            fresh=fresh,
            jar=account.jar,
            declared=self.csrf_header,
            held=account.csrf,
            fetched=fetched,
            members=members,
        )
        if found == account.csrf:
            return False
        account.csrf = found
        if found is not None:
            self._know(account.identity.name, CSRF, found.value)
        return True

    def learn(self, account: Account, raw: Exchange, fresh: Sequence[Cookie], *, by_cookies: bool) -> None:
        """Take the credential that the answer of a sign-in hands out, in the likeliest way or the one proven."""
        pointer = account.login.token_pointer if account.login is not None else ""
        pointed = at(raw.response.json(), pointer) if pointer else ""
        refresh = credentials.tokens(raw.response)[1]
        if refresh:
            account.refresh_token = refresh
            self._know(account.identity.name, "token", refresh)
        token = pointed if isinstance(pointed, str) else ""
        ways = credentials.ways(raw.response, self.schemes, token=token, fresh=fresh, jar=account.jar)
        usable = [one for one in ways if by_cookies or one.kind != "cookie"]
        offers = [Offer(one, lifetime(raw.response, one.credential, account.jar.values())) for one in usable]
        usual = self.proven or self.given
        account.offers = tuple(sorted(offers, key=lambda one: one.way.kind != usual))
        if account.offers:
            self.take(account, account.offers[0])

    def follow(self, account: Account, raw: Exchange) -> None:
        """Keep up with a session whose cookies or token an ordinary answer replaces."""
        held = self.held.get(account.identity.name)
        if held is None or not held.cookies:
            return
        sent = {name for name, _ in held.cookies}
        fresh = [one for one in cookies.set_by(raw.response) if one.name in sent or csrf.names_it(one.name)]
        kept = [one for one in fresh if not one.removed]
        lasting = [one.seconds for one in kept if one.name in sent and one.http_only and one.seconds < inf]
        if lasting:
            account.fresh_until = time.monotonic() + min(lasting) - margin(min(lasting))
        account.jar = cookies.kept(account.jar, kept)
        self.learn_token(account, kept, raw)
        self.keep_up(account)

    def keep_up(self, account: Account) -> None:
        """Send the account's present cookies and token from now on."""
        held = self.held.get(account.identity.name)
        if held is None or not held.cookies:
            return
        values = dict(held.cookies)
        carrier = account.csrf.cookie if account.csrf is not None else ""
        names = dict.fromkeys((*values, *([carrier] if carrier in account.jar else [])))
        sent = tuple((name, account.jar[name].value if name in account.jar else values[name]) for name in names)
        if sent != held.cookies or account.csrf != held.csrf:
            self._publish(account, replace(held, cookies=sent, csrf=account.csrf, parts=()))
