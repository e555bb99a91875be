"""Owes a removal for everything a create or a registration was answered 2xx for, and says how it is removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from auditor.evidence import Made, Stage, Steps, Unavailable, ask
from auditor.identities import Account, Identities
from auditor.ledger import GONE, Debt, Ledger
from auditor.model import ANONYMOUS, Exchange, Identity, Operation, Request, Role
from auditor.objects import Objects
from auditor.requests import Requests


class Removals:
    """Writes the ledger."""

    def __init__(self, ledger: Ledger, *, objects: Objects, requests: Requests, identities: Identities) -> None:
        self._ledger = ledger
        self._objects = objects
        self._requests = requests
        self._identities = identities

    def observe(self, raw: Exchange) -> None:
        """Owe what this exchange made, whoever sent it."""
        if raw.operation is self._identities.operations.register:
            self._owe_account(raw)
            return
        made = self._objects.made_by(raw)
        if made is not None:
            self._owe(made, what=f"{made.resource.name} {made.id} of {made.owner.name}")

    def _owe(self, made: Made, *, what: str) -> None:
        removal = self._removal(made)
        if removal is None:
            self._ledger.owe(Debt(what=what, steps=None))
        else:
            self._ledger.owe(Debt(what=what, steps=lambda: self._remove(removal), key=removal.path))

    def _removal(self, made: Made) -> Request | None:
        remove = made.resource.remove
        if remove is None or any(name not in made.bindings for name in remove.path_parameters):
            return None
        users = self._identities.users()
        actor = next(iter(users), ANONYMOUS) if made.owner.anonymous else made.owner
        stage = Stage(operation=remove, actor=actor, bindings=made.bindings)
        return self._requests.build(stage, purpose="remove what the audit made", role=Role.SETUP)

    def _remove(self, removal: Request) -> Steps[bool]:
        """Ask as the owner, then as an administrator where there is one."""
        admin = self._identities.admin()
        for caller in (removal.identity, *((admin,) if admin else ())):
            answered = yield from ask(replace(removal, identity=caller))
            if answered.response.status in GONE:
                return True
        return False

    # --- users

    def _owe_account(self, raw: Exchange) -> None:
        """A registered user is removed as itself, whoever registered it; else as an item of its collection."""
        account = self._identities.accounts.get(raw.request.identity.name) or self._identities.found_in(raw)
        what = f"user {account.names[0] if account.names else account.identity.name}"
        by_self = self._identities.operations.remove_self
        made = self._objects.made_by(raw)
        if by_self is not None:
            self._ledger.owe(Debt(what=what, steps=self._leaving(account, by_self)))
        elif made is not None:
            self._owe(replace(made, owner=account.identity), what=what)
        else:
            self._ledger.owe(Debt(what=what, steps=None))

    def _leaving(self, account: Account, remove: Operation) -> Callable[[], Steps[bool]]:
        return lambda: self._leave(account, remove)

    def _leave(self, account: Account, remove: Operation) -> Steps[bool]:
        answered = yield from ask(self._goodbye(account.identity, remove))
        if answered.response.status == 401:
            self._identities.accounts.setdefault(account.identity.name, account)
            try:
                yield from self._identities.sign_in_anew(account)
            except Unavailable as reason:
                # An account that is gone cannot sign in either: that is what was wanted.
                return "was answered 40" in reason.reason
            answered = yield from ask(self._goodbye(account.identity, remove))
        return answered.response.status in GONE

    def _goodbye(self, identity: Identity, remove: Operation) -> Request:
        stage = Stage(operation=remove, actor=identity)
        return self._requests.build(stage, purpose="remove the user the audit registered", role=Role.SETUP)
