"""The seeded target: who can call, what they own, and how a valid request of any operation is made.

The world never sends: what needs an answer is a generator of steps. It learns by observing every raw exchange
(which object a create made, which operation answered 2xx to whom), so nothing made goes unnoticed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from urllib.parse import unquote, urlsplit

from auditor import resources, sign_in
from auditor.compare import at
from auditor.evidence import ABSENT, Absent, Change, Made, Stage, Steps, Unavailable, Violating, ask
from auditor.examples import Sampler
from auditor.identities import Account, Identities, new_password
from auditor.ledger import GONE, Debt, Ledger
from auditor.model import (
    ANONYMOUS,
    NOT_JSON,
    Credential,
    Document,
    Exchange,
    Field,
    Identity,
    Json,
    Location,
    Mutation,
    Operation,
    Request,
    Resource,
    Role,
)
from auditor.openapi import Description
from auditor.quotas import quota
from auditor.serialising import Values, serialise, set_at

NO_CREDENTIAL = Credential()


class Style:
    """How much of a request is filled in; tried in this order until one is accepted."""

    FULL = "full"
    MINIMAL = "minimal"
    """Required members of the body only."""
    ORDER = (FULL, MINIMAL)


@dataclass(slots=True, kw_only=True)
class Golden:
    """How an operation is called so that it answers 2xx."""

    exchange: Exchange
    actor: Identity
    style: str = Style.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Why an operation never answered 2xx, and what would help."""

    reason: str
    unlock: str = ""


@dataclass(slots=True)
class Memory:
    """What was learned of the target so far."""

    golden: dict[str, Golden] = field(default_factory=dict)
    blocked: dict[str, Blocked] = field(default_factory=dict)
    objects: dict[tuple[str, str], Made] = field(default_factory=dict)
    """(identity, resource) to the golden object: nobody writes to it."""
    found: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Resource to the bindings of something that was there before us: read only."""
    style: dict[str, str] = field(default_factory=dict)
    crowded: set[str] = field(default_factory=set)
    """Resources of which one parent takes only one: each needs a parent of its own."""
    signer: Identity | None = None
    """The disposable user on whom wrong logins are tried."""


class SeededWorld:
    """Implements `auditor.evidence.World` for recipes and `identities.Drafts` for registration."""

    def __init__(
        self,
        description: Description,
        sampler: Sampler,
        *,
        run_id: str,
        seed: str,
        host: str,
        know: Callable[[str, str, str], None],
        options: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        self.description = description
        self.sampler = sampler
        self.document: Document = description.document
        self.canary = run_id
        self.host = host
        self.rng = Random(seed)
        self.resources: Sequence[Resource] = resources.infer(description.document)
        self.memory = Memory()
        self.ledger = Ledger()
        self.credentials: dict[str, Credential] = {}
        self._seed = seed
        self._options = options or {}
        self._know = know
        self._counter: Iterator[int] = itertools.count(1)
        self._by_operation = {id(one): kind for kind in self.resources for one in operations_of(kind)}
        self._by_name = {kind.name: kind for kind in self.resources}
        self._references: dict[int, Mapping[str, str]] = {}
        self.sign_in = sign_in.recognise(self.document.operations, self.fields)
        self.identities = Identities(
            drafts=self,
            sign_in_operations=self.sign_in,
            schemes=tuple(self.document.schemes.values()),
            credentials=self.credentials,
            know_secret=know,
            rng=self.rng,
        )

    def for_subject(self, subject: str) -> SeededWorld:
        """Return a view whose randomness depends on the seed and the subject alone, whatever ran before."""
        view = object.__new__(SeededWorld)
        view.__dict__.update(self.__dict__)
        view.rng = Random(f"{self._seed}/{subject}")
        return view

    def option(self, check: str, name: str, default: float) -> float:
        return self._options.get((check, name), default)

    # --- who

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def owner(self) -> Identity:
        return self._user(0, "one identity")

    @property
    def stranger(self) -> Identity:
        return self._user(1, "a second identity")

    @property
    def admin(self) -> Identity:
        found = self.identities.admin()
        if found is None:
            raise Unavailable("no privileged identity was given", "identities.root: {role: admin, bearer: …}")
        return found

    def _user(self, index: int, what: str) -> Identity:
        users = self.identities.users()
        if len(users) > index:
            return users[index]
        why = f" ({self.identities.problem})" if self.identities.problem else ""
        raise Unavailable(f"needs {what}{why}", f"identities.{('alice', 'bob')[index]}: {{bearer: …}} in auditor.yaml")

    def caller(self) -> Identity:
        """The first user, or nobody where the API has none."""
        users = self.identities.users()
        return users[0] if users else self.identities.admin() or ANONYMOUS

    def credential(self, identity: Identity) -> Credential:
        if identity.name not in self.credentials:
            raise Unavailable(f"{identity.name} has no credential")
        return self.credentials[identity.name]

    def disposable(self) -> Steps[Identity]:
        return (yield from self.identities.disposable())

    # --- what the document says

    def fields(self, operation: Operation) -> tuple[Field, ...]:
        return self.description.fields(operation)

    def violations(self, field: Field) -> tuple[Violating, ...]:
        return self.sampler.violations(field)

    def sample(self, field: Field) -> Json:
        return self.sampler.sample(field, next(self._counter))

    def resource_of(self, operation: Operation) -> Resource | None:
        return self._by_operation.get(id(operation))

    def golden(self, operation: Operation) -> Exchange:
        return self._golden(operation).exchange

    def _golden(self, operation: Operation) -> Golden:
        known = self.memory.golden.get(operation.label)
        if known is not None:
            return known
        blocked = self.memory.blocked.get(operation.label, Blocked(reason="never tried"))
        raise Unavailable(f"the operation never answered 2xx: {blocked.reason}", blocked.unlock)

    def value(self, request: Request, field: Field) -> Json | Absent:
        if field.location is Location.BODY:
            found = at(request.json(), field.pointer)
            return ABSENT if found is NOT_JSON else found
        if field.location is Location.QUERY:
            return next((v for k, v in request.query if k == field.name), ABSENT)
        if field.location is Location.PATH and request.operation is not None:
            return path_values(request.operation.path, request.path).get(field.name, ABSENT)
        return request.header(field.name) or ABSENT

    def declared_limit(self, exchange: Exchange) -> int | None:
        declared = quota(exchange.response)
        return declared.limit if declared else None

    # --- building requests

    def stage(self, operation: Operation) -> Steps[Stage]:
        known = self._golden(operation)
        actor = yield from self._actor(operation, known)
        bindings = yield from self.bind(operation, actor)
        once = operation.method == "DELETE" or (sign_in.harms_identity(operation) and not operation.safe)
        return Stage(operation=operation, actor=actor, bindings=bindings, once=once)

    def _actor(self, operation: Operation, known: Golden) -> Steps[Identity]:
        if operation is self.sign_in.register:
            return ANONYMOUS
        if sign_in.signs_in(operation) and operation is not self.sign_in.refresh:
            return (yield from self._login_subject())
        if sign_in.harms_identity(operation):
            return (yield from self.disposable())
        return known.actor

    def _login_subject(self) -> Steps[Identity]:
        """One disposable user takes all wrong logins, so that a lockout hits nobody else."""
        if self.memory.signer is None:
            try:
                self.memory.signer = yield from self.disposable()
            except Unavailable:
                return self.caller()
        return self.memory.signer

    def bind(self, operation: Operation, actor: Identity, *, throwaway: bool | None = None) -> Steps[dict[str, str]]:
        """Fill the path parameters: golden objects for safe operations, a throwaway item for writing ones."""
        bindings: dict[str, str] = {}
        kinds = self._bound_resources(operation)
        needs_own = not operation.safe if throwaway is None else throwaway
        own = self.resource_of(operation)
        for position, (parameter, kind) in enumerate(kinds.items()):
            if parameter in bindings:
                continue
            last = position == len(kinds) - 1
            fresh = needs_own and last and (own is None or parameter == own.parameter or operation is not own.create)
            fresh = fresh or (own is not None and operation is own.create and own.name in self.memory.crowded)
            value = yield from self._one_binding(operation, parameter, kind, actor, fresh=fresh)
            bindings.update(value)
        return {name: value for name, value in bindings.items() if name in operation.path_parameters}

    def _one_binding(
        self, operation: Operation, parameter: str, kind: Resource | None, actor: Identity, *, fresh: bool
    ) -> Steps[dict[str, str]]:
        if kind is None:
            return {parameter: self._sampled_path_value(operation, parameter)}
        if fresh:
            made = yield from self.make(kind, actor)
            return renamed(made.bindings, kind, parameter)
        known = self._object(kind, actor)
        if known is not None:
            return renamed(known, kind, parameter)
        if kind.create is None:
            raise Unavailable(
                f"nothing at {kind.name} is known and nothing creates it", f"an example for {{{parameter}}}"
            )
        made = yield from self.make(kind, actor)
        self.memory.objects.setdefault((actor.name, kind.name), made)
        return renamed(made.bindings, kind, parameter)

    def _object(self, kind: Resource, actor: Identity) -> Mapping[str, str] | None:
        mine = self.memory.objects.get((actor.name, kind.name))
        if mine is not None:
            return mine.bindings
        others = [made for (_, name), made in self.memory.objects.items() if name == kind.name]
        if others and actor.name not in {user.name for user in self.identities.users()}:
            return others[0].bindings
        return self.memory.found.get(kind.name)

    def _bound_resources(self, operation: Operation) -> dict[str, Resource | None]:
        own = self.resource_of(operation)
        return {name: self._resource_for(operation, name, own) for name in operation.path_parameters}

    def _resource_for(self, operation: Operation, parameter: str, own: Resource | None) -> Resource | None:
        if own is not None and parameter == own.parameter:
            return own
        if own is not None and parameter in own.parents:
            return self._by_name.get(own.parents[parameter])
        prefix = anonymised(operation.path.partition("{" + parameter + "}")[0].rstrip("/"))
        for kind in self.resources:
            if kind.parameter and anonymised(kind.name.rstrip("/")) == prefix:
                return kind
        return resources.named_for(parameter, self.resources)

    def references(self, operation: Operation) -> Mapping[str, str]:
        """Return "location:pointer" of each field that names another resource, with that resource's name."""
        key = id(operation)
        if key not in self._references:
            fields = self.fields(operation)
            found = resources.foreign_keys(fields, self.resources)
            places = {one.pointer: one.location for one in fields}
            self._references[key] = {f"{places.get(p, Location.BODY)}:{p}": name for p, name in found.items()}
        return self._references[key]

    def _sampled_path_value(self, operation: Operation, parameter: str) -> str:
        return str(self.sampler.golden_values(operation).path.get(parameter, "1"))

    def make(self, resource: Resource, identity: Identity) -> Steps[Made]:
        if resource.create is None:
            raise Unavailable(f"nothing creates {resource.name}", "an object to work on cannot be made")
        made = yield from self._made(resource, resource.create, identity)
        if made is None and resource.parents and resource.name not in self.memory.crowded:
            self.memory.crowded.add(resource.name)
            made = yield from self._made(resource, resource.create, identity)
            if made is None:
                self.memory.crowded.discard(resource.name)
        if made is None:
            blocked = self.memory.blocked.get(resource.create.label, Blocked(reason="the answer names no id"))
            raise Unavailable(f"{resource.create.label} made nothing: {blocked.reason}", blocked.unlock)
        return made

    def _made(self, resource: Resource, create: Operation, identity: Identity) -> Steps[Made | None]:
        bindings = yield from self.bind(create, identity)
        stage = Stage(operation=create, actor=identity, bindings=bindings)
        yield from self.prepare_references(create, identity)
        for style in self.styles(create):
            request = self.request(stage, purpose=f"make one of {resource.name}", role=Role.SETUP, style=style)
            answered = yield from ask(request)
            if answered.succeeded:
                self.memory.style[create.label] = style
                return self.made_by(answered)
            self.memory.blocked.setdefault(create.label, blocked_by(answered))
            if answered.response.status not in {400, 409, 415, 422}:
                return None
        return None

    def prepare_references(self, operation: Operation, identity: Identity) -> Steps[None]:
        """See that every resource which the operation's fields point to has an object to point at."""
        for name in sorted(set(self.references(operation).values())):
            kind = self._by_name.get(name)
            if kind is None or kind.create is None or kind.create is operation or self._object(kind, identity):
                continue
            try:
                made = yield from self.make(kind, identity)
            except Unavailable:
                continue
            self.memory.objects.setdefault((identity.name, kind.name), made)

    def styles(self, operation: Operation) -> tuple[str, ...]:
        known = self.memory.style.get(operation.label)
        return (known,) if known else Style.ORDER

    def made_by(self, exchange: Exchange) -> Made | None:
        operation = exchange.operation
        resource = self.resource_of(operation) if operation is not None else None
        if resource is None or operation is None or operation is not resource.create or not exchange.response.succeeded:
            return None
        bindings = path_values(operation.path, exchange.request.path)
        own = self._named_in(exchange, resource)
        if own is None:
            return None
        return Made(
            resource=resource,
            owner=exchange.request.identity,
            bindings={**bindings, resource.parameter: own},
            exchange=exchange,
        )

    def _named_in(self, exchange: Exchange, resource: Resource) -> str | None:
        location = exchange.response.header("location")
        item = resource.read or resource.modify or resource.replace or resource.remove
        if location and item is not None:
            path = urlsplit(location).path
            for start in range(path.count("/")):
                tail = "/" + "/".join(path.strip("/").split("/")[start:])
                found = path_values(item.path, tail).get(resource.parameter)
                if found:
                    return found
        body = exchange.response.json()
        return None if body is NOT_JSON else resources.identifier(body, resource)

    def request(
        self,
        stage: Stage,
        *,
        purpose: str,
        role: Role = Role.PROBE,
        identity: Identity | None = None,
        credential: Credential | None = None,
        changes: Sequence[Change] = (),
        shared: bool = False,
        style: str = "",
    ) -> Request:
        operation = stage.operation
        values = self._values(operation, style or self.memory.style.get(operation.label, Style.FULL))
        for name, value in stage.bindings.items():
            values = set_at(values, Location.PATH, f"/{name}", value)
        for location, pointer, value in self._overlay(operation, stage.actor):
            values = set_at(values, location, pointer, value)
        for change in changes:
            values = set_at(values, change.location, change.pointer, change.value)
        caller = stage.actor if identity is None else identity
        if credential is None and operation in (self.sign_in.login, self.sign_in.register, self.sign_in.refresh):
            credential = NO_CREDENTIAL
        return self._serialised(
            operation, values, caller, credential, role, purpose, changes[0].mutation if changes else None, shared
        )

    def _serialised(
        self,
        operation: Operation,
        values: Values,
        identity: Identity,
        credential: Credential | None,
        role: Role,
        purpose: str,
        mutation: Mutation | None,
        shared: bool,
    ) -> Request:
        path, query, headers, body = serialise(operation, values)
        return Request(
            method=operation.method,
            path=path,
            operation=operation,
            query=query,
            headers=headers,
            body=body,
            identity=identity,
            credential=credential,
            role=role,
            purpose=purpose,
            mutation=mutation,
            shared=shared,
        )

    def draft(self, operation: Operation, *, identity: Identity, purpose: str, overlay: Mapping[str, Json]) -> Request:
        values = self._values(operation, self.memory.style.get(operation.label, Style.FULL))
        for pointer, value in overlay.items():
            values = set_at(values, Location.BODY, pointer, value)
        return self._serialised(operation, values, identity, NO_CREDENTIAL, Role.SETUP, purpose, None, False)

    def _values(self, operation: Operation, style: str) -> Values:
        minimal = style != Style.FULL
        if operation.safe:
            return self.sampler.golden_values(operation, minimal=minimal)
        return self.sampler.fresh(operation, next(self._counter), minimal=minimal)

    def _overlay(self, operation: Operation, actor: Identity) -> Iterator[tuple[Location, str, Json]]:
        """Values that only the world knows: other objects' ids, the caller's own password or refresh token."""
        for place, name in self.references(operation).items():
            where, _, pointer = place.partition(":")
            kind = self._by_name.get(name)
            known = self._object(kind, actor) if kind is not None else None
            if kind is not None and known is not None and where != Location.PATH:
                yield Location(where), pointer, self._typed(operation, where, pointer, known.get(kind.parameter, ""))
        if operation is self.sign_in.register:
            yield from self._new_account(operation)
        elif operation is self.sign_in.login or sign_in.harms_identity(operation):
            yield from self._account_values(operation, actor)

    def _typed(self, operation: Operation, where: str, pointer: str, value: str) -> Json:
        declared = next((f for f in self.fields(operation) if f.location == where and f.pointer == pointer), None)
        if declared is not None and declared.type == "integer" and re.fullmatch(r"-?\d+", value):
            return int(value)
        return [value] if declared is not None and declared.type == "array" else value

    def _new_account(self, operation: Operation) -> Iterator[tuple[Location, str, Json]]:
        password = new_password(self.rng)
        self._know("newcomer", "password", password)
        for one in self.fields(operation):
            if one.location is Location.BODY and sign_in.is_password(one.name):
                yield Location.BODY, one.pointer, password

    def _account_values(self, operation: Operation, actor: Identity) -> Iterator[tuple[Location, str, Json]]:
        account = self.identities.accounts.get(actor.name)
        if account is None:
            return
        if operation is self.sign_in.login and account.login is None:
            overlay = self.identities.login_overlay(operation, names=account.names, password=account.password)
            yield from ((Location.BODY, pointer, value) for pointer, value in overlay.items())
            return
        for one in self.fields(operation):
            plain = sign_in.snake(one.name)
            if account.refresh_token and plain in sign_in.REFRESH_KEYS:
                yield one.location, one.pointer, account.refresh_token
            elif account.password and plain in {"password", "current_password", "old_password"}:
                yield one.location, one.pointer, account.password

    def login_request(
        self, *, identity: Identity | None = None, username: str | None = None, password: str | None = None
    ) -> Request:
        account = self.identities.accounts.get(identity.name) if identity is not None else None
        secret = password or (account.password if account else "") or new_password(self.rng)
        if account is None or secret != account.password:
            self._know("visitor", "password", secret)
        made_up = (f"{self.canary}.{next(self._counter)}@example.com",)
        names = (username,) if username else (account.names if account else ()) or made_up
        return self.identities.login_request(names=names, password=secret, identity=ANONYMOUS)

    # --- learning from what is seen

    def observe(self, raw: Exchange) -> None:
        """Remember which operation answered 2xx to whom, and owe the removal of what a create made."""
        self.ledger.observe(raw)
        self.identities.observe(raw)
        operation = raw.operation
        if operation is None or not raw.response.succeeded:
            return
        if raw.request.mutation is None and raw.request.role is not Role.PROBE:
            self.remember(raw)
        if raw.phase != "cleanup":
            self._owe(raw)

    def remember(self, exchange: Exchange) -> None:
        operation = exchange.operation
        if operation is not None and operation.label not in self.memory.golden:
            kept = replace(exchange, request=replace(exchange.request, credential=None))
            self.memory.golden[operation.label] = Golden(exchange=kept, actor=exchange.request.identity)

    def left_blocked(self, label: str, why: Unavailable | None) -> None:
        """Keep why an operation could not even be tried, unless an answer said more."""
        if why is not None and label not in self.memory.golden:
            self.memory.blocked.setdefault(label, Blocked(reason=why.reason, unlock=why.unlock))

    def _owe(self, raw: Exchange) -> None:
        if raw.operation is self.sign_in.register:
            self._owe_account(raw)
            return
        made = self.made_by(raw)
        if made is None:
            return
        removal = self._removal(made)
        what = f"{made.resource.name} {made.id} of {made.owner.name}"
        if removal is None:
            self.ledger.owe(Debt(what=what, steps=None))
        else:
            self.ledger.owe(Debt(what=what, steps=lambda: self._remove(removal), key=removal.path))

    def _removal(self, made: Made) -> Request | None:
        remove = made.resource.remove
        if remove is None or any(name not in made.bindings for name in remove.path_parameters):
            return None
        actor = self.caller() if made.owner.anonymous else made.owner
        stage = Stage(operation=remove, actor=actor, bindings=made.bindings)
        return self.request(stage, purpose="remove what the audit made", role=Role.SETUP)

    def _remove(self, removal: Request) -> Steps[bool]:
        admin = self.identities.admin()
        for caller in (removal.identity, *((admin,) if admin else ())):
            answered = yield from ask(replace(removal, identity=caller))
            if answered.response.status in GONE:
                return True
        return False

    def _owe_account(self, raw: Exchange) -> None:
        """A registered user is removed as itself, whoever registered it."""
        account = self.identities.accounts.get(raw.request.identity.name) or self.identities.found_in(raw)
        made = self.made_by(raw)
        shown = account.names[0] if account.names else account.identity.name
        what = f"user {shown}"
        by_self = self.sign_in.remove_self
        if by_self is None and made is not None and made.resource.remove is not None:
            removal = self._removal(replace_owner(made, account.identity))
            self.ledger.owe(Debt(what=what, steps=(lambda: self._remove(removal)) if removal else None))
            return
        steps = (lambda: self._remove_self(account, by_self)) if by_self is not None else None
        self.ledger.owe(Debt(what=what, steps=steps))

    def _remove_self(self, account: Account, remove: Operation) -> Steps[bool]:
        answered = yield from ask(self._goodbye(account, remove))
        if answered.response.status == 401:
            self.identities.accounts.setdefault(account.identity.name, account)
            gone = yield from self._sign_in_again(account)
            if gone:
                return True
            answered = yield from ask(self._goodbye(account, remove))
        return answered.response.status in GONE

    def _sign_in_again(self, account: Account) -> Steps[bool]:
        """Return whether the account is gone: then its login is refused as well."""
        self.credentials.pop(account.identity.name, None)
        try:
            yield from self.identities.sign_in(account)
        except Unavailable as reason:
            return "was answered 40" in reason.reason
        return False

    def _goodbye(self, account: Account, remove: Operation) -> Request:
        stage = Stage(operation=remove, actor=account.identity)
        return self.request(stage, purpose="remove the user the audit registered", role=Role.SETUP)


def operations_of(kind: Resource) -> Iterator[Operation]:
    every = (kind.create, kind.read, kind.list, kind.replace, kind.modify, kind.remove)
    return (one for one in every if one is not None)


def anonymised(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def path_values(template: str, path: str) -> dict[str, str]:
    """Read path parameters back from a concrete path, {} when it does not fit the template."""
    names = re.findall(r"\{([^}]+)\}", template)
    pattern = "([^/]+)".join(re.escape(part) for part in re.split(r"\{[^}]+\}", template))
    match = re.fullmatch(pattern, path)
    return dict(zip(names, map(unquote, match.groups()), strict=True)) if match else {}


def renamed(bindings: Mapping[str, str], kind: Resource, parameter: str) -> dict[str, str]:
    """Return the bindings with the item's own id under the name that another path gives it."""
    own = bindings.get(kind.parameter, "")
    return {**{k: v for k, v in bindings.items() if k != kind.parameter}, parameter: own}


def replace_owner(made: Made, owner: Identity) -> Made:
    return Made(resource=made.resource, owner=owner, bindings=made.bindings, exchange=made.exchange)


def blocked_by(answered: Exchange) -> Blocked:
    """Say why an operation was refused, in the words of the answer."""
    status = answered.response.status
    said = " ".join(answered.response.text.split())[:160]
    reason = f"answered {status}" + (f": {said}" if said and not answered.response.is_html else "")
    who = "alice" if answered.request.identity.anonymous else answered.request.identity.name
    unlock = {
        401: f"a working credential under identities.{who}",
        403: "an identity that may call it: identities.root: {role: admin, …}",
        404: "an example for its path parameters in the document",
    }.get(status, "examples for its parameters and body in the document")
    return Blocked(reason=reason, unlock=unlock)
