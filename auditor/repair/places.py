"""Finds the place that a refusal means: a declared field or a value that was sent, however it writes the name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from auditor.compare import at, walk
from auditor.complaints.rules import Complaint
from auditor.document.parsing import escaped
from auditor.document.references import unescaped
from auditor.document.templates import path_values
from auditor.knowledge.needs import Place
from auditor.model import NOT_JSON, Field, Json, Location, Operation, Request
from auditor.values.makers import words

BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
HEADER_NAME = re.compile(
    r"(?i)(?:x-.*|if-.*|idempotency-key|accept(?:-.*)?|api-?version|user-agent|.*-(?:id|key|token))"
)
PROPER_NAME = re.compile(r"[A-Za-z_$@][\w.$@-]{0,63}")
ORDER = (Location.BODY, Location.QUERY, Location.HEADER, Location.COOKIE, Location.PATH)


@dataclass(frozen=True, slots=True)
class Known:
    """A place that can be meant: its names without case and separators, positions as digits."""

    place: Place
    names: tuple[str, ...]
    value: Json = NOT_JSON

    @property
    def bare(self) -> tuple[str, ...]:
        return tuple(one for one in self.names if not one.isdigit())


class Places:
    """The fields of an operation and the values of a request of it."""

    def __init__(self, operation: Operation, fields: Sequence[Field], request: Request) -> None:
        self._operation = operation
        self._fields = {(one.location, one.pointer): one for one in fields}
        self._sent = dict(sent(operation, request))
        self.known = [
            Known(place, names_of(place[1]), self._sent.get(place, NOT_JSON))
            for place in dict.fromkeys((*self._fields, *self._sent))
        ]

    @property
    def names(self) -> list[str]:
        """Return the names of all fields, as sentences may mention them."""
        every = (unescaped(one.place[1].rpartition("/")[2]) for one in self.known)
        return list(dict.fromkeys(one for one in every if one and not one.isdigit()))

    def declared(self, place: Place) -> Field | None:
        """Return the field that is declared at a place, positions in lists left out of account."""
        exact = self._fields.get(place)
        if exact is not None:
            return exact
        wanted = (place[0], re.sub(r"/\d+(?=/|$)", "/0", place[1]))
        return self._fields.get(wanted)

    def value(self, place: Place) -> Json:
        """Return what was sent at a place, `NOT_JSON` where nothing was."""
        return self._sent.get(place, NOT_JSON)

    def field(self, place: Place) -> Field:
        """Return the declared field, or one as the sent value shows it."""
        found = self.declared(place)
        if found is not None:
            return found
        value = self.value(place)
        kind = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
        schema = {} if value is NOT_JSON or value is None else {"type": kind.get(type(value), "string")}
        name = unescaped(place[1].rpartition("/")[2])
        return Field(location=place[0], pointer=place[1], name=name, required=False, nullable=False, schema=schema)

    def meant(self, complaint: Complaint) -> Place | None:
        """Return the place that a complaint is about, None where nothing that is known fits."""
        wanted = tuple("".join(words(one)) or one for one in complaint.at)
        if not wanted:
            return self._quoted(complaint.said)
        found = [(rank, index, one) for index, one in enumerate(self.known) if (rank := fit(one, wanted))]
        placed = [one for one in found if complaint.location in {None, one[2].place[0]}]
        best = min(placed or found, key=lambda one: (-one[0], ORDER.index(one[2].place[0]), one[1]), default=None)
        if best is not None:
            quoted = self._quoted(complaint.said)
            inside = quoted is not None and quoted[1].startswith(best[2].place[1] + "/")
            return quoted if inside else best[2].place
        by_value = (one.place for one in self.known if isinstance(one.value, str) and one.value == complaint.at[-1])
        return next(by_value, None)

    def _quoted(self, said: str) -> Place | None:
        """Return the place of a value that a sentence quotes."""
        values = ((one.place, one.value) for one in self.known if isinstance(one.value, str) and len(one.value) >= 3)
        return next((place for place, value in values if re.search(rf"[\"'`]{re.escape(value)}[\"'`]", said)), None)

    def sibling(self, place: Place, name: str) -> Place | None:
        """Return the place of another field by its name, the nearest to `place` first."""
        wanted = "".join(words(name))
        parent = place[1].rpartition("/")[0]
        fitting = [one for one in self.known if one.place != place and one.names and one.names[-1] == wanted]
        same = [one for one in fitting if one.place[0] is place[0]]
        near = [one for one in same if one.place[1].rpartition("/")[0] == parent]
        return next((one.place for one in (*near, *same, *fitting)), None)

    def added(self, complaint: Complaint) -> Place | None:
        """Return where a value goes that the document never mentions; None where the refusal names nothing usable."""
        if not complaint.at or not all(PROPER_NAME.fullmatch(one) or one.isdigit() for one in complaint.at):
            return None
        location = complaint.location or self._location(complaint)
        if location is not Location.BODY:
            return location, f"/{escaped(complaint.at[-1])}"
        names = tuple(self._styled(one) for one in complaint.at)
        return location, self._wrapper(names) + "".join(f"/{escaped(one)}" for one in names)

    def _location(self, complaint: Complaint) -> Location:
        name, said = complaint.at[-1], complaint.said.lower()
        if "header" in said or ("-" in name and HEADER_NAME.fullmatch(name)):
            return Location.HEADER
        if "query" in said or "request parameter" in said or self._operation.method in BODILESS:
            return Location.QUERY
        return Location.BODY

    def _styled(self, name: str) -> str:
        """Write a name made of words as the other fields are written."""
        others = [one for one in self.names if len(words(one)) > 1]
        camel = sum(bool(re.search(r"[a-z][A-Z]", one)) for one in others)
        if "_" in name and name.islower() and camel * 2 > len(others):
            first, *rest = name.split("_")
            return first + "".join(one.title() for one in rest)
        return name

    def _wrapper(self, names: tuple[str, ...]) -> str:
        """Return the pointer of the one object that everything in the body lies in, "" without such."""
        tops = {one.place[1].split("/")[1] for one in self.known if one.place[0] is Location.BODY and one.names}
        if len(tops) != 1 or names[0] in tops:
            return ""
        (top,) = tops
        nested = any(one.place[1].count("/") > 1 and one.place[0] is Location.BODY for one in self.known)
        position = any(one.place == (Location.BODY, f"/{top}/0") for one in self.known)
        return f"/{top}" if nested and not position else ""


def fit(known: Known, wanted: tuple[str, ...]) -> int:
    """Say how well a place fits the names of a complaint: 0 not at all, 5 name for name."""
    bare, asked = known.bare, tuple(one for one in wanted if not one.isdigit())
    if known.names == wanted:
        return 5
    if not bare or not asked:
        return 0
    if bare == asked:
        return 4
    if bare[-len(asked) :] == asked:
        return 3
    if asked[-len(bare) :] == bare:
        return 2
    return 1 if without_id(bare[-1]) == without_id(asked[-1]) and known.place[0] is not Location.PATH else 0


def without_id(name: str) -> str:
    return re.sub(r"(?:uuid|ids?)$", "", name) or name


def names_of(pointer: str) -> tuple[str, ...]:
    parts = (unescaped(one) for one in pointer.split("/")[1:])
    return tuple(one if one.isdigit() else "".join(words(one)) or one for one in parts)


def sent(operation: Operation, request: Request) -> Iterator[tuple[Place, Json]]:
    """Yield every value that a request carries, with its place; lists and objects come with their parts."""
    body = request.json()
    if body is not NOT_JSON:
        for pointer, value in walk(body):
            yield (Location.BODY, pointer), value
            for above in parents(pointer):
                yield (Location.BODY, above), at(body, above)
    elif b"=" in request.body and (request.header("content-type") or "").endswith("urlencoded"):
        for name, text in parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)[:200]:
            yield (Location.BODY, f"/{escaped(name)}"), text
    for name, text in request.query:
        yield (Location.QUERY, f"/{escaped(name)}"), text
    for name, text in path_values(operation.path.partition("?")[0], request.path).items():
        yield (Location.PATH, f"/{escaped(name)}"), text


def parents(pointer: str) -> Iterator[str]:
    """Yield the pointers above a leaf, without the whole body."""
    parts = pointer.split("/")[1:-1]
    for count in range(len(parts), 0, -1):
        yield "/" + "/".join(parts[:count])
