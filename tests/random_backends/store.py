"""What a drawn backend keeps: rows by kind, ids of every style, and one row of each kind that somebody else made."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from random import Random
from uuid import UUID

from auditor.model import Json
from tests.random_backends.drawn import Backend, Form, Ids, Kind
from tests.random_backends.shapes import id_value

STRANGER = "stranger@example.org"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Reply:
    """An answer; a body of None is empty."""

    status: int
    body: Json = None
    headers: tuple[tuple[str, str], ...] = ()
    media: str = "application/json"


@dataclass(kw_only=True)
class Row:
    id: str
    owner: str
    parents: Mapping[str, str]
    """Noun of each kind above it in the path → id."""
    body: dict[str, Json] = field(default_factory=dict)
    """As sent, by member; references included."""
    done: int = 0
    """How many of the kind's actions it has been through."""
    version: int = 1


class Store:
    """Tables in memory. Ids that carry no order are drawn from `salt`, so that two stores give different ones."""

    def __init__(self, backend: Backend, *, salt: str) -> None:
        self._backend = backend
        self._random = Random(salt)
        self._counts: Counter[str] = Counter()
        self.given: list[str] = []
        """Every opaque id, in the order in which it was given."""
        self.tables: dict[str, dict[str, Row]] = {kind.noun: {} for kind in backend.kinds}
        for kind in backend.kinds:
            for _ in range(2 if kind.lookup else 1):
                self._strange(kind)
        self.strange = self.snapshot()

    def snapshot(self) -> dict[str, dict[str, Json]]:
        return {noun: {row.id: asdict(row) for row in table.values()} for noun, table in self.tables.items()}

    def _strange(self, kind: Kind) -> None:
        """Keep a row that was there before: nobody may alter it but its owner."""
        backend = self._backend
        body = {backend.member(one.words): one.sample for one in kind.members}
        for one in kind.references:
            target = backend.kinds[one.target]
            own = id_value(backend, target.ids, self.first(target))
            body[backend.pointing(one)] = [own] if one.form is Form.MANY else own
        body |= {"slug": f"nobodys-{len(self.tables[kind.noun])}"} if kind.chosen else {}
        parents = {one.noun: self.first(one) for one in backend.ancestors(kind)}
        self.add(kind, owner=STRANGER, parents=parents, body=body)

    def first(self, kind: Kind) -> str:
        return next(iter(self.tables[kind.noun]))

    def add(self, kind: Kind, *, owner: str, parents: Mapping[str, str], body: dict[str, Json]) -> Row:
        row = Row(id=self._new_id(kind, body), owner=owner, parents=parents, body=body)
        self.tables[kind.noun][row.id] = row
        return row

    def rows(self, kind: Kind) -> Iterator[Row]:
        yield from self.tables[kind.noun].values()

    def _new_id(self, kind: Kind, body: Mapping[str, Json]) -> str:
        self._counts[kind.noun] += 1
        if kind.ids in (Ids.INTEGER, Ids.NUMERIC):
            return str(self._counts[kind.noun])
        if kind.ids is Ids.SLUG:
            return str(body["slug"]) if kind.chosen else self._slug(kind, body)
        made = {
            Ids.UUID: lambda: str(UUID(int=self._random.getrandbits(128), version=4)),
            Ids.ULID: lambda: "01J" + "".join(self._random.choice(CROCKFORD) for _ in range(23)),
            Ids.HEX: lambda: f"{self._random.getrandbits(96):024x}",
        }[kind.ids]()
        self.given.append(made)
        return made

    def _slug(self, kind: Kind, body: Mapping[str, Json]) -> str:
        """Make the slug of the first text, and tell it from others of that text."""
        text = next((value for value in body.values() if isinstance(value, str)), kind.noun)
        plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or kind.noun
        taken = self.tables[kind.noun]
        return next(one for one in (plain, *(f"{plain}-{n}" for n in range(2, 10_000))) if one not in taken)
