"""Owes a removal for everything a create or a registration was answered 2xx for, and knows how it is paid."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace

from auditor.callers.entrance import REGISTER
from auditor.callers.identities import Account, Identities
from auditor.compare import walk
from auditor.document.templates import path_values
from auditor.evidence import Made, Stage, Steps, ask
from auditor.kinds import resources
from auditor.kinds.relations import Relations
from auditor.knowledge.harms import Harms
from auditor.model import (
    ANONYMOUS,
    NOT_JSON,
    Credential,
    Exchange,
    Identity,
    Json,
    Operation,
    Request,
    Resource,
    Response,
    Role,
)
from auditor.world.journal import Way
from auditor.world.ledger import GONE, REMOVED, Debt, Intent, Ledger
from auditor.world.newcomers import Newcomers
from auditor.world.objects import Objects
from auditor.world.requests import Requests

ENOUGH_GONE = 3
"""So many users in a row could not sign in any more: where data was wiped, the next that is refused is gone as well."""
NO_CREDENTIAL = Credential()


class Removals:
    """Writes the ledger, and builds the requests that pay it."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        objects: Objects,
        requests: Requests,
        identities: Identities,
        relations: Relations,
        credentials: MutableMapping[str, Credential],
        operations: Sequence[Operation],
        canary: str,
        know: Callable[[str, str, str], None],
        harms: Harms,
    ) -> None:
        self.unasked: list[str] = []
        """Struck without an answer: its owner is gone, and nobody else is told whether it is there."""
        self._harms = harms
        self._ledger = ledger
        self._objects = objects
        self._requests = requests
        self._identities = identities
        self._relations = relations
        self._credentials = credentials
        self._operations = {one.label: one for one in operations}
        self._canary = canary
        self.users = Newcomers(identities, credentials=credentials, know=know)

    # --- owing

    def announce(self, request: Request) -> None:
        """Note a create before it is sent."""
        operation = request.operation
        if operation is None or not self._creates(operation):
            return
        user = self._newcomer(request).identity.name if self._registers(operation) else ""
        intent = Intent(
            operation=operation.label,
            owner=request.identity,
            path=request.path,
            marks=self._marks(request),
            user=user,
            probe=against_the_rules(request, operation),
        )
        self._ledger.intend(intent, request)

    def _marks(self, request: Request) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for value in texts(request) if self._canary in value))

    def _creates(self, operation: Operation) -> bool:
        kind = self._relations.of(operation)
        return self._registers(operation) or (kind is not None and operation is kind.create)

    def _registers(self, operation: Operation) -> bool:
        known = self._identities.operations
        return operation in (known.register, known.upsert, known.enrol)

    def observe(self, raw: Exchange) -> None:
        """Owe what this exchange made, whoever sent it, and strike what it removed."""
        if raw.response.succeeded and raw.operation is not None and raw.phase != "cleanup":
            self._owe_what(raw, raw.operation)
        harm = self._harms.of(raw.operation) if raw.operation is not None else None
        leaves = raw.operation is self._identities.operations.remove_self or (harm is not None and harm.removes)
        self._ledger.observe(raw, leaves=leaves)
        self._ledger.answered(raw)

    def _owe_what(self, raw: Exchange, operation: Operation) -> None:
        if self._registers(operation):
            self._owe_account(raw)
            return
        self.users.learn(raw, operation)
        made = self._objects.made_by(raw) or self._objects.moved_by(raw)
        kind = self._relations.of(operation)
        if made is not None:
            self.owe(made)
        elif kind is not None and operation is kind.create and kind.list is not None:
            self._ledger.unnamed(raw)

    def owe(self, made: Made, instead: Made | None = None) -> None:
        """Owe what was made; `instead` of what it was taken for before a later look told its right name."""
        if instead is not None:
            self._ledger.forgive(instead.resource.name, instead.bindings, instead.owner)
        if made.exchange.operation is not None:
            self._ledger.named(made.exchange.operation.label, self._marks(made.exchange.request))
        sent = frozenset(texts(made.exchange.request))
        for intent in [one for one in self._ledger.lost if one.heard and sent.intersection(one.marks)]:
            self._ledger.found(intent)
        self._owe(made.resource, made.bindings, made.owner)

    def _owe(self, kind: Resource, bindings: Mapping[str, str], owner: Identity, *, user: str = "") -> None:
        what = f"user {user}" if user else f"{kind.name} {bindings.get(kind.parameter, '')} of {owner.name}"
        if kind.remove is None or any(name not in bindings for name in kind.remove.path_parameters):
            seen = kind.read is not None and all(name in bindings for name in kind.read.path_parameters)
            look = kind.read.label if seen and kind.read is not None else ""
            self._ledger.owe(Debt(what=what, operation=look, owner=owner, bindings=dict(bindings)))
            return
        debt = Debt(what=what, operation=kind.remove.label, owner=owner, bindings=dict(bindings))
        self._ledger.owe(replace(debt, key=self._removal(debt, kind.remove).path))

    # --- users

    def _newcomer(self, request: Request) -> Account:
        """Keep the account that a registration makes: it is known before the answer is."""
        unanswered = Exchange(id="", request=request, response=Response(status=0))
        own = self._identities.accounts.get(request.identity.name) if request.purpose == REGISTER else None
        account = own or self._identities.found_in(unanswered)
        self.users.keep(account, [Way(names=account.names, password=account.password, given=dict(account.given))])
        self.users.tell(account.identity)
        return account

    def _owe_account(self, raw: Exchange) -> None:
        intent = self._ledger.intent_of(raw)
        account = self.users[intent.user] if intent is not None else self._newcomer(raw.request)
        if account.identity.name in self._credentials and self._identities.operations.login is None:
            self.users.tell(account.identity)
        self._owe_user(account, self._objects.made_by(raw) or self._put(raw))

    def _put(self, raw: Exchange) -> Made | None:
        """Read what a PUT made at a path of its own naming."""
        operation = raw.operation
        kind = self._relations.of(operation) if operation is not None and operation.method == "PUT" else None
        if operation is None or kind is None:
            return None
        bindings = path_values(operation.path, raw.request.path)
        return Made(resource=kind, owner=raw.request.identity, bindings=bindings, exchange=raw)

    def _owe_user(self, account: Account, made: Made | None) -> None:
        """A registered user is removed as itself, whoever registered it; else as an item of its collection."""
        called = account.names[0] if account.names else account.identity.name
        by_self = self._identities.operations.remove_self
        if by_self is not None:
            who = account.identity
            self._ledger.owe(Debt(what=f"user {called}", operation=by_self.label, owner=who, user=who.name))
        elif made is not None:
            self._owe(made.resource, made.bindings, account.identity, user=called)
        else:
            self._ledger.owe(Debt(what=f"user {called}", owner=account.identity))

    def move(self, owner: Identity, to: Identity) -> None:
        """Let `to` stand for a user that has to be registered anew: what it made is removed as `to`."""
        self.users.move(owner, to)
        self._ledger.move(owner, to)

    # --- paying

    def pay(self, debt: Debt) -> Steps[bool]:
        """Remove what is owed; say whether it is gone."""
        operation = self._operations.get(debt.operation)
        if operation is None:
            return False
        if debt.user:
            return (yield from self._leave(debt, operation))
        steps = self._is_gone(debt, operation) if debt.only_seen else self._remove(self._removal(debt, operation))
        if (yield from steps):
            return True
        return debt.owner.name in self.users.gone and (yield from self._went_along(debt, operation))

    def _is_gone(self, debt: Debt, read: Operation) -> Steps[bool]:
        """Say whether the owner no longer finds what nothing removes: it went with what it belonged to."""
        yield from self.users.present(debt.owner)
        seen = Stage(operation=read, actor=debt.owner, bindings=debt.bindings)
        answered = yield from ask(self._requests.build(seen, purpose="see whether it is gone", role=Role.SETUP))
        return answered.response.status in GONE - REMOVED

    def _removal(self, debt: Debt, remove: Operation) -> Request:
        users = self._identities.users()
        actor = next(iter(users), ANONYMOUS) if debt.owner.anonymous else debt.owner
        stage = Stage(operation=remove, actor=actor, bindings=debt.bindings)
        return self._requests.build(stage, purpose="remove what the audit made", role=Role.SETUP)

    def _remove(self, removal: Request) -> Steps[bool]:
        """Ask as the owner, then as an administrator where there is one."""
        admin = self._identities.admin()
        for caller in dict.fromkeys((removal.identity, *((admin,) if admin else ()))):
            yield from self.users.present(caller)
            answered = yield from ask(replace(removal, identity=caller))
            if answered.response.status in {401, 403} and self.users.may_return(caller):
                self._credentials.pop(caller.name, None)
                if (yield from self.users.present(caller)):
                    answered = yield from ask(replace(removal, identity=caller))
            if answered.response.status in GONE:
                return True
        return False

    def _went_along(self, debt: Debt, operation: Operation) -> Steps[bool]:
        """Ask for what belonged to a user that is gone: anybody, where anybody may read it.

        Where nobody is told, it is believed to have gone with its owner, and said so.
        """
        kind = self._relations.of(operation)
        if kind is not None and kind.read is not None:
            stage = Stage(operation=kind.read, actor=ANONYMOUS, bindings=debt.bindings)
            read = self._requests.build(stage, purpose="is it still there?", role=Role.SETUP)
            answered = yield from ask(replace(read, credential=NO_CREDENTIAL))
            if answered.succeeded or answered.response.status in GONE:
                return answered.response.status in GONE - REMOVED
        self.unasked.append(debt.what)
        return True

    def _leave(self, debt: Debt, remove: Operation) -> Steps[bool]:
        """Remove the user as itself. One that cannot sign in any more is gone: that is what was wanted."""
        if debt.owner.name in self._credentials:
            answered = yield from ask(self._goodbye(debt.owner, remove))
            if answered.response.status not in {401, 403}:
                return answered.response.status in GONE
            self._credentials.pop(debt.owner.name, None)
        if not self.users.can_sign_in(debt.owner):
            return False
        if self._harms.wiped and self.users.gone_in_a_row >= ENOUGH_GONE:
            return True  # failed logins are a budget that all share
        if not (yield from self.users.present(debt.owner)):
            return True
        answered = yield from ask(self._goodbye(debt.owner, remove))
        return answered.response.status in GONE

    def _goodbye(self, identity: Identity, remove: Operation) -> Request:
        stage = Stage(operation=remove, actor=identity)
        return self._requests.build(stage, purpose="remove the user the audit registered", role=Role.SETUP)

    # --- looking for what an unanswered create made

    def look_for(self, intent: Intent) -> Steps[bool]:
        """Look for what it made and owe it; False when nothing was found, which may have other reasons."""
        if intent.user:
            return (yield from self._look_for_user(intent))
        kind = self._kind_of(intent)
        if kind is None or not intent.marks:
            return False
        for row in (yield from self._listed(intent, kind)) or ():
            own = resources.identifier(row, kind)
            if own is not None and any(value in intent.marks for _, value in walk(row)):
                bindings = {**self._bindings(intent), kind.parameter: own}
                self._owe(kind, bindings, intent.owner)
                return True
        return False

    def look_again(self, intent: Intent) -> Steps[bool]:
        """Say that nothing was made: what is known was removed, and the list is empty."""
        kind = self._kind_of(intent)
        return kind is not None and (yield from self._listed(intent, kind)) == []

    def went_along(self, intent: Intent) -> bool:
        """Where nothing tells it, believe it to have gone with its owner, a user of ours that is removed; say so."""
        name = intent.owner.name
        untold = self._kind_of(intent) is None or not (intent.marks or intent.probe)
        owned = untold and name in self.users
        removed = owned and not any(one.user == name for one in self._ledger.left)
        if removed:
            self.unasked.append(f"what {intent.operation} may have made for {name}")
        return removed

    def _look_for_user(self, intent: Intent) -> Steps[bool]:
        """A user that can sign in was made, one that cannot was not."""
        account = self.users.get(intent.user)
        if account is None or not account.password:
            return False
        if (yield from self.users.present(account.identity)):
            self._owe_user(account, None)
        return True

    def _kind_of(self, intent: Intent) -> Resource | None:
        create = self._operations.get(intent.operation)
        kind = self._relations.of(create) if create is not None else None
        return kind if kind is not None and kind.list is not None else None

    def _bindings(self, intent: Intent) -> dict[str, str]:
        return path_values(intent.operation.partition(" ")[2], intent.path)

    def _listed(self, intent: Intent, kind: Resource) -> Steps[list[Json] | None]:
        """Return what lies where the create would have put it; None where nobody tells."""
        if kind.list is None:
            return None
        yield from self.users.present(intent.owner)
        stage = Stage(operation=kind.list, actor=intent.owner, bindings=self._bindings(intent))
        purpose = "look for what an unanswered create made"
        listed = yield from ask(self._requests.build(stage, purpose=purpose, role=Role.SETUP))
        if listed.response.status in GONE - REMOVED:
            return []  # what it would have been made in is gone
        return rows(listed.response.json()) if listed.succeeded else None


def against_the_rules(request: Request, operation: Operation) -> str:
    """Say in what a request breaks the document's rules, so that it should be refused; "" where it keeps them."""
    if request.mutation is not None:
        return f"{request.mutation.kind} at {request.mutation.place}"
    return "no credentials" if operation.protected and request.identity.anonymous else ""


def texts(request: Request) -> Iterator[str]:
    """Yield every text that a body carries; of a form, what stands between its separators."""
    body = request.json()
    if body is not NOT_JSON:
        yield from (value for _, value in walk(body) if isinstance(value, str))
    else:
        yield from re.split(r"[&=\r\n]+", request.body.decode("utf-8", "replace"))


def rows(body: Json) -> list[Json] | None:
    """Return the items of a list, bare or wrapped; None for what is no list."""
    if isinstance(body, list):
        return body
    return next((value for value in body.values() if isinstance(value, list)), None) if isinstance(body, dict) else None
