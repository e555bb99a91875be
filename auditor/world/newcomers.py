"""Users that the audit registered, all that probes made included: how each signs in, and whether it still can."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import replace

from auditor.callers.accounts import Account
from auditor.callers.identities import Identities
from auditor.callers.logging_in import DENIED, LoginRefused
from auditor.compare import walk
from auditor.evidence import Steps
from auditor.kinds import sign_in
from auditor.model import NOT_JSON, Credential, Exchange, Identity, Operation, Request
from auditor.world.journal import Journal, User, Way

MOST_LOGINS = 3
"""Tries to sign in as an account whose name or password an operation may have changed meanwhile."""
NEW_PASSWORD = re.compile(r"new_?(password|passwd|pwd|pass)")


class Newcomers:
    """Knows them by name, and tells the ledger on disk what signs them in."""

    def __init__(
        self,
        identities: Identities,
        *,
        credentials: MutableMapping[str, Credential],
        know: Callable[[str, str, str], None],
    ) -> None:
        self.journal: Journal | None = None
        self.gone: set[str] = set()
        """Users that could not sign in any more."""
        self.gone_in_a_row = 0
        self._identities = identities
        self._credentials = credentials
        self._know = know
        self._users: dict[str, Account] = {}
        self._ways: dict[str, list[Way]] = {}
        """How each of them may sign in: as registered, then as changed since, the latest change first."""
        self._returned: set[str] = set()

    def __getitem__(self, name: str) -> Account:
        return self._users[name]

    def __contains__(self, name: str) -> bool:
        return name in self._users

    def get(self, name: str) -> Account | None:
        return self._users.get(name)

    def keep(self, account: Account, ways: Sequence[Way]) -> None:
        """Know a registered user, whom a removal may have to sign in."""
        self._users[account.identity.name] = account
        self._ways[account.identity.name] = list(ways)

    def restore(self, user: User) -> None:
        """Know a user that an earlier process registered."""
        first = user.ways[0] if user.ways else Way()
        how = "registered by the audit"
        account = Account(
            identity=user.identity, how=how, names=first.names, password=first.password, given=first.given
        )
        self.keep(account, user.ways)
        for way in user.ways:
            self._know(user.identity.name, "password", way.password)
        if user.credential is not None:
            self._identities.hand(user.identity, user.credential)

    def tell(self, identity: Identity) -> None:
        if self.journal is None or identity.name not in self._users:
            return
        needed = self._identities.operations.login is None
        credential = self._credentials.get(identity.name) if needed else None
        self.journal.user(User(identity=identity, ways=tuple(self._ways[identity.name]), credential=credential))

    def learn(self, raw: Exchange, operation: Operation) -> None:
        """Remember names and passwords that a user of ours sent: it may sign in with these from now on."""
        name = raw.request.identity.name
        if name not in self._users or raw.request.credential is not None or operation.safe:
            return
        if operation is self._identities.operations.refresh or operation in self._identities.logins:
            return
        known = self._ways[name][0]
        sent = list(told(raw.request))
        names = tuple(value for key, value in sent if sign_in.is_username(key))
        passwords = [value for key, value in sent if key == "password" or NEW_PASSWORD.search(key)]
        given = {key: value for key, value in known.given.items() if not (names and sign_in.is_username(key))}
        way = Way(names=names or known.names, password=(*passwords, known.password)[0], given=given)
        if way not in self._ways[name]:
            self._ways[name].insert(1, way)
            self.tell(raw.request.identity)

    def move(self, owner: Identity, to: Identity) -> None:
        """Let a user that has to be registered anew go by another name."""
        if owner.name in self._users:
            self.keep(replace(self._users.pop(owner.name), identity=to), self._ways.pop(owner.name))

    def may_return(self, caller: Identity) -> bool:
        """A registered user that is refused is signed in again, once: it may not be the user that is refused."""
        known = caller.name in self._users and caller.name not in self._returned
        self._returned.add(caller.name)
        return known

    def can_sign_in(self, user: Identity) -> bool:
        """A password of the user is known."""
        return any(way.password for way in self._ways.get(user.name, ()))

    def returns(self, user: Identity) -> Steps[bool]:
        """Say whether a registered user can still sign in, in whatever way."""
        self._credentials.pop(user.name, None)
        return (yield from self.present(user))

    def present(self, caller: Identity) -> Steps[bool]:
        """Sign a registered user in that is not; False when it cannot be."""
        if caller.name in self._credentials or caller.name not in self._users:
            return caller.name in self._credentials
        if caller.name in self.gone:
            return False
        account = self._users[caller.name]
        for way in [one for one in self._ways[caller.name] if one.password][:MOST_LOGINS]:
            account.names, account.password, account.given = way.names, way.password, way.given
            self._identities.accounts[caller.name] = account
            try:
                yield from self._identities.sign_in(account)
            except LoginRefused as refused:
                if refused.status not in DENIED:
                    raise
            else:
                self.gone_in_a_row = 0
                return True
        self.gone.add(caller.name)
        self.gone_in_a_row += 1
        return False


def told(request: Request) -> Iterator[tuple[str, str]]:
    """Yield the texts of a JSON body with the names of their members."""
    body = request.json()
    for pointer, value in walk(body) if body is not NOT_JSON else ():
        if isinstance(value, str) and value:
            yield sign_in.snake(pointer.rpartition("/")[2]), value
