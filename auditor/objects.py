"""Makes objects and fills path parameters with them: golden ones for reads, a throwaway for whoever writes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from auditor import resources
from auditor.attempts import Attempts
from auditor.evidence import Made, Stage, Steps, Unavailable
from auditor.identities import Identities
from auditor.memory import Blocked, Memory, blocked_by
from auditor.model import NOT_JSON, Exchange, Identity, Operation, Resource
from auditor.needs import Way
from auditor.relations import Relations
from auditor.requests import Requests
from auditor.sign_in import harms_identity
from auditor.templates import path_values

FRUITLESS = 3
"""Creates that came to nothing, after which a kind is no longer tried for that caller."""


class Objects:
    """Everything that has an id: what is there, and how one more is made."""

    def __init__(
        self,
        *,
        relations: Relations,
        memory: Memory,
        requests: Requests,
        attempts: Attempts,
        identities: Identities,
    ) -> None:
        self._relations = relations
        self._memory = memory
        self._requests = requests
        self._attempts = attempts
        self._identities = identities

    # --- addressing

    def bind(self, operation: Operation, actor: Identity) -> Steps[dict[str, str]]:
        """Fill the path parameters: golden objects for safe operations, a throwaway item for writing ones.

        Raises `Unavailable` where a write would reach more than what this run made.
        """
        if reaches_beyond(operation):
            raise Unavailable(f"{operation.label} would change what this run did not make")
        bindings: dict[str, str] = {}
        for parameter, kind in self._relations.bound(operation).items():
            if parameter not in bindings:
                fresh = self._needs_own(operation, parameter)
                bindings.update((yield from self._one(operation, parameter, kind, actor, fresh=fresh)))
        return {name: value for name, value in bindings.items() if name in operation.path_parameters}

    def _needs_own(self, operation: Operation, parameter: str) -> bool:
        """A write works on an item of its own; a create on the golden parent, unless that takes only one."""
        own = self._relations.of(operation)
        if own is not None and operation is own.create:
            return own.name in self._memory.crowded
        return not operation.safe and parameter == operation.path_parameters[-1]

    def _one(
        self, operation: Operation, parameter: str, kind: Resource | None, actor: Identity, *, fresh: bool
    ) -> Steps[dict[str, str]]:
        if kind is None and not fresh:
            return {parameter: self._sampled(operation, parameter)}
        if kind is None:
            raise Unavailable(f"nothing creates what {{{parameter}}} names, and what is there is not ours to change")
        known = None if fresh else self.known(kind, actor)
        if known is not None:
            return renamed(known, kind, parameter)
        if kind.create is None and operation.safe:
            return {parameter: self._sampled(operation, parameter)}
        made = yield from self.make(kind, actor)
        if not fresh:
            self._memory.objects.setdefault((actor.name, kind.name), made)
        return renamed(made.bindings, kind, parameter)

    def _sampled(self, operation: Operation, parameter: str) -> str:
        """The document's own example, or a value of the declared kind: enough to read, and nothing is lost by a 404."""
        return str(self._requests.sampler.golden_values(operation).path.get(parameter, "1"))

    def known(self, kind: Resource, actor: Identity) -> Mapping[str, str] | None:
        users = {user.name for user in self._identities.users()}
        return self._memory.bindings_of(kind, actor, users=users)

    # --- making

    def make(self, kind: Resource, identity: Identity, *, above: frozenset[str] = frozenset()) -> Steps[Made]:
        """Create one. Where a parent takes no second child, each gets a parent of its own from then on.

        `above` are the resources that this one is made for. Raises `Unavailable` when nothing creates the kind or the
        target refuses.
        """
        if kind.create is None:
            raise Unavailable(f"nothing creates {kind.name}, and what is there is not ours to change")
        tried = (identity.name, kind.name)
        if self._memory.fruitless[tried] >= FRUITLESS:
            raise self._made_nothing(kind.create)
        above |= {kind.name}
        made = yield from self._created(kind, kind.create, identity, above)
        crowded = self._memory.crowded
        if made is None and kind.parents and kind.name not in crowded:
            crowded.add(kind.name)
            made = yield from self._created(kind, kind.create, identity, above)
            if made is None:
                crowded.discard(kind.name)
        if made is None:
            self._memory.fruitless[tried] += 1
            raise self._made_nothing(kind.create)
        self._memory.fruitless.pop(tried, None)
        return made

    def _made_nothing(self, create: Operation) -> Unavailable:
        blocked = self._memory.blocked.get(create.label, Blocked(reason="the answer names no id"))
        return Unavailable(f"{create.label} made nothing: {blocked.reason}", blocked.unlock)

    def _created(
        self, kind: Resource, create: Operation, identity: Identity, above: frozenset[str]
    ) -> Steps[Made | None]:
        bindings = yield from self.bind(create, identity)
        yield from self.prepare_references(create, identity, above=above)
        stage = Stage(operation=create, actor=identity, bindings=bindings)
        prepare = partial(self.prepare_references, create, identity, above=above)
        answered = yield from self._attempts.until_accepted(stage, purpose=f"make one of {kind.name}", prepare=prepare)
        if answered.succeeded:
            return self.made_by(answered)
        self._memory.blocked.setdefault(create.label, blocked_by(answered))
        return None

    def prepare_references(
        self, operation: Operation, identity: Identity, *, above: frozenset[str] = frozenset()
    ) -> Steps[None]:
        """See that every kind which the operation's fields point to has an object to point at.

        What refusals have taught counts like what the document says. Kinds that are being made (`above`) are left
        out: they point at each other in a circle.
        """
        needs = self._memory.needs.get(operation.label, {})
        learned = {one.argument for one in needs.values() if one.way is Way.POINTING}
        pointed = {kind.name: kind for kind in self._relations.references(operation).values()}
        pointed |= {kind.name: kind for kind in self._relations.kinds if kind.name in learned}
        for name, kind in sorted(pointed.items()):
            if kind.create is None or kind.create is operation or name in above or self.known(kind, identity):
                continue
            try:
                made = yield from self.make(kind, identity, above=above)
            except Unavailable:
                continue
            self._memory.objects.setdefault((identity.name, kind.name), made)

    # --- recognising

    def made_by(self, exchange: Exchange) -> Made | None:
        """Read what a 2xx create made, from `Location` or the body; None when it names nothing."""
        operation = exchange.operation
        kind = self._relations.of(operation) if operation is not None else None
        if kind is None or operation is None or operation is not kind.create or not exchange.response.succeeded:
            return None
        own = identifier(exchange, kind)
        if own is None:
            return None
        bindings = {**path_values(operation.path, exchange.request.path), kind.parameter: own}
        return Made(resource=kind, owner=exchange.request.identity, bindings=bindings, exchange=exchange)


def reaches_beyond(operation: Operation) -> bool:
    """A PUT, PATCH or DELETE that addresses no item: a whole collection, or something that everybody shares.

    What is about the caller itself (`/me`) is not meant: it is tried as a user made for that purpose.
    """
    addressed = operation.safe or operation.method == "POST" or operation.path_parameters
    return not addressed and not harms_identity(operation)


def identifier(exchange: Exchange, kind: Resource) -> str | None:
    """Return the id of what was created (RFC 9110 §10.2.2, else the body)."""
    location = exchange.response.header("location")
    item = kind.read or kind.modify or kind.replace or kind.remove
    if location and item is not None:
        parts = urlsplit(location).path.strip("/").split("/")
        tails = ("/" + "/".join(parts[start:]) for start in range(len(parts)))
        named = (path_values(item.path, tail).get(kind.parameter) for tail in tails)
        found = next((one for one in named if one), None)
        if found:
            return found
    body = exchange.response.json()
    return None if body is NOT_JSON else resources.identifier(body, kind)


def renamed(bindings: Mapping[str, str], kind: Resource, parameter: str) -> dict[str, str]:
    """Return the bindings with the item's own id under the name that another path gives it."""
    own = bindings.get(kind.parameter, "")
    return {**{k: v for k, v in bindings.items() if k != kind.parameter}, parameter: own}
