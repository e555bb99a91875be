"""What was learned of the target: how operations are called, what blocks the others, which objects are whose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from auditor.evidence import Made, Unavailable
from auditor.knowledge.needs import Needs, Place
from auditor.knowledge.unlocking import unlocks
from auditor.model import Exchange, Identity, Json, Operation, Resource


class Style(StrEnum):
    """How much of a request is filled in; tried in this order until one is accepted."""

    FULL = "full"
    MINIMAL = "minimal"
    """Required members of the body only."""
    BRANCHED = "branched"
    """Required members only, of other branches where the schema has some (`oneOf`, `anyOf`)."""
    BARE = "bare"
    """Without a body, where the document lets it be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """How an operation is called so that it answers 2xx."""

    exchange: Exchange
    actor: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Why an operation never answered 2xx, and what would help."""

    reason: str
    unlock: str = ""
    status: int = 0
    """What it was answered with; 0 where it could not be asked."""


@dataclass(slots=True)
class Memory:
    golden: dict[str, Golden] = field(default_factory=dict)
    redirected: dict[str, Exchange] = field(default_factory=dict)
    """Operations that answered with the redirect that they document: reached, and without a body to compare."""
    blocked: dict[str, Blocked] = field(default_factory=dict)
    objects: dict[tuple[str, str], Made] = field(default_factory=dict)
    """(identity, resource) to the golden object: nobody writes to it."""
    found: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Resource to the bindings of something that was there before us: read only."""
    style: dict[str, str] = field(default_factory=dict)
    needs: dict[str, Needs] = field(default_factory=dict)
    """Operation to what it needs beside what its document says, learned from refusals."""
    spare: dict[tuple[str, str, Place], str] = field(default_factory=dict)
    """(operation, identity, place) to the id of an object that only this place points to."""
    looked: dict[str, Json] = field(default_factory=dict)
    """List operation to what was there when a refused create made us look; None where nothing could be read."""
    slashed: dict[str, bool] = field(default_factory=dict)
    """Operation to whether its path ends in a slash on the wire, where redirects have shown it."""
    crowded: set[str] = field(default_factory=set)
    """Resources of which one parent takes only one: each needs a parent of its own."""
    fruitless: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(identity, resource) to how often in a row nothing came of making one."""
    somebody: str | None = None
    """The id of a user who is only ever named; "" where none is to be had, None before one was asked for."""
    signer: Identity | None = None
    """The disposable user on whom wrong logins are tried."""

    def golden_of(self, operation: Operation) -> Golden:
        """Raises `Unavailable`, with what blocked it, when the operation never answered 2xx."""
        known = self.golden.get(operation.label)
        if known is not None:
            return known
        if operation.label in self.redirected:
            status = self.redirected[operation.label].response.status
            raise Unavailable(f"the operation answered {status}, the redirect that it documents: nothing to compare")
        blocked = self.blocked.get(operation.label, Blocked(reason="never tried"))
        raise Unavailable(f"the operation never answered 2xx: {blocked.reason}", blocked.unlock)

    def remember(self, exchange: Exchange) -> None:
        """Keep the first exchange in which its operation answered 2xx, or the redirect that it documents."""
        operation = exchange.operation
        if operation is not None and exchange.redirected:
            self.redirected.setdefault(operation.label, exchange)
        elif operation is not None and operation.label not in self.golden:
            kept = replace(exchange, request=replace(exchange.request, credential=None))
            self.golden[operation.label] = Golden(exchange=kept, actor=exchange.request.identity)

    def left_blocked(self, label: str, why: Unavailable | None) -> None:
        """Keep why an operation could not even be tried, unless an answer said more."""
        if why is not None and not self.reached(label):
            self.blocked.setdefault(label, Blocked(reason=why.reason, unlock=why.unlock))

    def reached(self, label: str) -> bool:
        """Say whether the operation answered 2xx, or with the redirect that it documents."""
        return label in self.golden or label in self.redirected

    def styles(self, operation: Operation) -> tuple[str, ...]:
        """Return the style that worked, or all of them in the order to try."""
        known = self.style.get(operation.label)
        return (known,) if known else tuple(Style) if operation.body is not None else (Style.FULL,)

    def bindings_of(self, kind: Resource, actor: Identity, *, users: Collection[str]) -> Mapping[str, str] | None:
        """Return what addresses an object of the kind: the actor's own, for passers-by anybody's, one found."""
        mine = self.objects.get((actor.name, kind.name))
        if mine is not None:
            return mine.bindings
        others = [made for (_, name), made in self.objects.items() if name == kind.name]
        if others and actor.name not in users:
            return others[0].bindings
        return self.found.get(kind.name)


def blocked_by(answered: Exchange) -> Blocked:
    """Say why an operation was refused, in the words of the answer."""
    status = answered.response.status
    said = " ".join(message_of(answered).split())[:160]
    reason = f"answered {status}" + (f": {said}" if said else "")
    return Blocked(reason=reason, unlock=unlocks(answered), status=status)


MESSAGE_KEYS = ("message", "detail", "title", "error_description", "msg", "error")


def message_of(answered: Exchange) -> str:
    """Return what the answer says in words: its message where it is an object, the text where it is plain."""
    body = answered.response.json()
    while isinstance(body, dict):
        body = next((body[key] for key in MESSAGE_KEYS if body.get(key)), "")
    if isinstance(body, str):
        return body
    return "" if answered.response.is_html else answered.response.text
