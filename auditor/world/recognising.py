"""What an exchange made, and under which names it goes: from links, `Location`, the answer, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from auditor.compare import telling_values
from auditor.document.templates import path_values
from auditor.evidence import Made, fresh_values
from auditor.kinds import identifiers, links
from auditor.kinds.relations import Relations
from auditor.knowledge.learned import Learned
from auditor.model import NOT_JSON, Exchange, Json, Resource


@dataclass(frozen=True, slots=True)
class Reading:
    """An identifier read off a create, and whether its place leaves no doubt that it is the new object's."""

    text: str
    certain: bool


class Recognising:
    """Reads creates. Pure but for the names it keeps in `learned`."""

    def __init__(self, relations: Relations, learned: Learned, canary: str) -> None:
        self._relations = relations
        self._learned = learned
        self._canary = canary

    def made_by(self, exchange: Exchange) -> Made | None:
        """Read what a 2xx create made, to be looked at; None when it names nothing."""
        kind = self._kind(exchange)
        found = self.reading(exchange, kind) if kind is not None else None
        return None if kind is None or found is None else self.made(kind, exchange, found.text)

    def ours(self, exchange: Exchange) -> Made | None:
        """Read what a 2xx create made, to be changed and removed; None while anything leaves doubt about its id.

        An id read from an odd place, or of items that lie elsewhere than their create, may be another thing's: a read
        has to show first what the create sent (`Learned.shown`).
        """
        kind = self._kind(exchange)
        found = self.reading(exchange, kind) if kind is not None else None
        if kind is None or found is None:
            return None
        return self.made(kind, exchange, found.text) if self.proven(kind, exchange, found) else None

    def moved_by(self, exchange: Exchange) -> Made | None:
        """Read where a thing lies now that an update changed the name it is addressed by; None where it did not.

        Only a name of the run's own is believed: under any other there may be somebody else's.
        """
        operation = exchange.operation
        kind = self._relations.of(operation) if operation is not None else None
        if operation is None or kind is None or not exchange.response.succeeded:
            return None
        if operation not in (kind.replace, kind.modify):
            return None
        path = path_values(operation.path, exchange.request.path)
        old = path.get(kind.parameter, "")
        members = {key for key, text in self._learned.names.get((kind.name, old), {}).items() if text == old}
        for body in (exchange.response.json(), exchange.request.json()):
            nodes = () if body is NOT_JSON else identifiers.candidates(body, kind)
            told = [str(node[key]) for node in nodes for key in members if isinstance(node.get(key), str)]
            if told:
                moved = told[0] != old and self._canary in told[0]
                return self.made(kind, exchange, told[0]) if moved else None
        return None

    def proven(self, kind: Resource, exchange: Exchange, found: Reading) -> bool:
        if kind.name in self._learned.shown:
            return True
        return found.certain and (not self._relations.is_far(kind) or self._located(exchange, kind) == found.text)

    def _kind(self, exchange: Exchange) -> Resource | None:
        operation = exchange.operation
        kind = self._relations.of(operation) if operation is not None else None
        creates = kind is not None and operation is kind.create and exchange.response.succeeded
        return kind if creates else None

    def made(self, kind: Resource, exchange: Exchange, own: str) -> Made:
        """Keep by which names the new object goes, and return it addressed by the one that works."""
        operation = exchange.operation
        path = path_values(operation.path, exchange.request.path) if operation is not None else {}
        names = {**sent_names(exchange, kind), **identifiers.names(exchange.response.json(), kind)}
        self._learned.name(kind.name, own, names)
        usual = names.get(self._learned.identified.get(kind.name, ""), own)
        if usual != own:
            self._learned.name(kind.name, usual, names)
        bindings = {**path, **self._aliases(kind, usual), kind.parameter: usual}
        return Made(resource=kind, owner=exchange.request.identity, bindings=bindings, exchange=exchange)

    def readdressed(self, made: Made, own: str) -> Made:
        """Return the same object under another of its names."""
        if own == made.id:
            return made
        kind, names = made.resource, self._learned.names.get((made.resource.name, made.id), {})
        self._learned.name(kind.name, own, names)
        aliases = dict.fromkeys(self._aliases(kind, own), own)
        return replace(made, bindings={**made.bindings, **aliases, kind.parameter: own})

    def _aliases(self, kind: Resource, usual: str) -> dict[str, str]:
        """Return the id under the names that the item's operations give it where they differ, by what each asks for."""
        names = self._learned.names.get((kind.name, usual), {})
        called = {one.path_parameters[-1] for one in kind.item_operations if one.path_parameters}
        return {name: identifiers.fitting(names, name, usual) for name in called if name not in kind.parents}

    def reading(self, exchange: Exchange, kind: Resource) -> Reading | None:
        """Return the id of what was created: where the document says, where RFC 9110 §10.2.2 and answers have it."""
        operation, body = exchange.operation, exchange.response.json()
        if operation is not None and operation in kind.item_operations:
            chosen = path_values(operation.path, exchange.request.path).get(kind.parameter)
            return Reading(chosen, certain=True) if chosen else None
        linked = links.evaluate(kind.identified_by, exchange) if kind.identified_by else None
        found = linked or self._located(exchange, kind) or identifiers.certain(body, kind) or self._linked(body, kind)
        if found:
            return Reading(found, certain=True)
        if kind.name in self._learned.unnamed:
            return None
        sent = self._sent(exchange, kind)
        if sent:
            return Reading(sent, certain=self._canary in sent)
        likely = identifiers.likely(body, kind) or identifiers.name_like(body, kind)
        return Reading(likely, certain=False) if likely else None

    def _located(self, exchange: Exchange, kind: Resource) -> str | None:
        location = exchange.response.header("location")
        return identifiers.addressed(location, item_path(kind)).get(kind.parameter) if location else None

    def _linked(self, body: Json, kind: Resource) -> str | None:
        return identifiers.linked(body, item_path(kind), kind.parameter) if kind.parameter else None

    def _sent(self, exchange: Exchange, kind: Resource) -> str | None:
        """Read what the item's parameter is called after in the request itself: clients may choose the key."""
        for node in identifiers.candidates(exchange.request.json(), kind):
            found = identifiers.parameter_of(node, kind) or identifiers.own_key_of(node, kind)
            if found is not None:
                return found
        return identifiers.anywhere(exchange.request.json(), kind)

    def shows(self, read: Exchange, made: Made) -> bool:
        """The read holds the run's mark, or a value that only the create sent: it shows that very object."""
        if not read.succeeded:
            return False
        if self._canary in read.response.text or fresh(made.exchange) & shown(read):
            return True
        return not self._relations.is_far(made.resource) and named_alike(read, made)

    def row_of(self, listed: Exchange, create: Exchange, kind: Resource) -> str | None:
        """Return the id of the one row that holds what the create sent; None where there is none or several."""
        sent = fresh(create)
        marked = frozenset(value for value in sent if self._canary in value) or sent
        body = listed.response.json()
        if not marked or body is NOT_JSON:
            return None
        mine = [row for row in identifiers.rows(body) if marked & telling_values(row)]
        return identifiers.row_identifier(mine[0], kind) if len(mine) == 1 else None


def item_path(kind: Resource) -> str:
    """Return where items lie: as one of their operations has it, else right below the collection."""
    item = kind.read or kind.modify or kind.replace or kind.remove
    return item.path if item is not None else f"{kind.name}/{{{kind.parameter}}}"


def named_alike(read: Exchange, made: Made) -> bool:
    """The create called the object so, by name, and the read of that name shows it under the same name."""
    body, answered = read.response.json(), made.exchange.response.json()
    if body is NOT_JSON or answered is NOT_JSON:
        return False
    return identifiers.name_like(answered, made.resource) == made.id == identifiers.name_like(body, made.resource)


def fresh(create: Exchange) -> frozenset[str]:
    sent = create.request.json()
    return frozenset() if sent is NOT_JSON else fresh_values(sent)


def shown(read: Exchange) -> frozenset[str]:
    body = read.response.json()
    return frozenset() if body is NOT_JSON else telling_values(body)


def sent_names(exchange: Exchange, kind: Resource) -> Mapping[str, str]:
    """Return the natural keys that the create itself chose: what the answer leaves out was stored all the same."""
    body: Json = exchange.request.json()
    return {} if body is NOT_JSON else identifiers.names(body, kind)
