"""Takes a refusal's body apart: entries with a place, a code and a message, whatever the framework's layout.

The layout is read by the roles of keys (`shapes`). Bounded in nodes, entries, depth and characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from auditor.complaints.codes import coded
from auditor.complaints.sentences import Subjects
from auditor.complaints.shapes import (
    ARGUMENTS,
    CONSTRAINTS,
    ENVELOPES,
    LAST_NAMES,
    LOCATIONS,
    MAPS,
    MESSAGES,
    NAMES,
    NAMES_OF_ENTRIES,
    NO_FIELDS,
    NO_NAME,
    NOISE,
    OF_A_RESPONSE,
    OF_THE_WHOLE,
    WRAPPED,
    plain,
)
from auditor.complaints.shapes import CODES as CODE_KEYS
from auditor.model import NOT_JSON, Json, Location, parse_json

MOST_NODES = 2_000
MOST_ENTRIES = 60
MOST_DEPTH = 12
MOST_TEXT = 4_000
"""Characters of a plain text that are read."""
TOKEN = re.compile(r"[./\[\]]+")
EMPTY_PLACES = frozenset({"", "$", "#", "."})


@dataclass(frozen=True, slots=True)
class Above:
    """What is known on the way to a node."""

    at: tuple[str, ...] = ()
    location: Location | None = None
    errors: bool = False
    """Inside something that holds errors."""
    fields: bool = False
    """The members are fields where they are no entries."""
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing an answer says: a message or a code, and where."""

    at: tuple[str, ...] = ()
    location: Location | None = None
    whole: bool = False
    """About the object at `at`, not about a value there."""
    codes: tuple[str, ...] = ()
    message: str = ""
    arguments: Mapping[str, Json] = field(default_factory=dict)


class Walk:
    """Goes through a decoded body and yields what it says, within bounds."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects
        self._nodes = MOST_NODES
        self._entries = MOST_ENTRIES

    def entries(self, body: Json) -> Iterator[Entry]:
        for entry in self._node(body, Above()):
            self._entries -= 1
            if self._entries < 0:
                return
            yield entry

    def _node(self, node: Json, above: Above) -> Iterator[Entry]:
        self._nodes -= 1
        if self._nodes < 0 or above.depth > MOST_DEPTH:
            return
        below = replace(above, depth=above.depth + 1)
        if isinstance(node, str):
            yield from self._text(node, below)
        elif isinstance(node, list):
            for index, one in enumerate(node[:MOST_ENTRIES]):
                yield from self._node(one, self._inside(below, one, index))
        elif isinstance(node, dict):
            yield from self._object(node, below)

    def _text(self, text: str, above: Above) -> Iterator[Entry]:
        """Some answer with the JSON of their validator as text."""
        if text[:1] in {"[", "{"} and len(text) <= 20_000:
            inner = parse_json(text.encode("utf-8", "replace"))
            if inner is not NOT_JSON:
                yield from self._node(inner, replace(above, errors=True))
                return
        if text.strip():
            yield Entry(at=above.at, location=above.location, message=text[:MOST_TEXT])

    def _inside(self, above: Above, node: Json, index: int) -> Above:
        """Objects in a list that belongs to a field are its items; entries about it are not."""
        items = above.at and isinstance(node, dict) and not (message_of(node) or codes_of(node))
        items = items and place_of(node, entries=True) is None
        return replace(above, at=(*above.at, str(index)), fields=True) if items else replace(above, errors=True)

    def _object(self, node: Mapping[str, Json], above: Above) -> Iterator[Entry]:
        entry = entry_of(node, above)
        if entry is not None:
            yield from self._entry(node, entry, above)
            return
        for key, value in list(node.items())[:MOST_ENTRIES]:
            yield from self._member(key, value, node, above)

    def _entry(self, node: Mapping[str, Json], entry: Entry, above: Above) -> Iterator[Entry]:
        inner = [
            found
            for key, value in node.items()
            if isinstance(value, list | dict) and plain(key) in (ENVELOPES if isinstance(value, list) else WRAPPED)
            for found in self._node(value, replace(above, at=entry.at, location=entry.location, errors=True))
        ]
        constraints = next((v for k, v in node.items() if plain(k) in CONSTRAINTS and isinstance(v, dict)), {})
        for code, message in list(constraints.items())[:MOST_ENTRIES]:
            yield replace(entry, codes=(str(code),), message=str(message)[:MOST_TEXT])
        if not constraints and not (inner and not entry.codes):
            yield entry
        yield from inner

    def _member(self, key: str, value: Json, node: Mapping[str, Json], above: Above) -> Iterator[Entry]:
        name = plain(key)
        if name in LOCATIONS and isinstance(value, dict | list) and not (above.at or is_texts(value)):
            yield from self._node(value, replace(above, location=LOCATIONS[name], errors=True, fields=True))
        elif self._is_whole(key, value, above):
            for entry in self._node(value, replace(above, errors=True)):
                yield replace(entry, whole=True) if entry.at == above.at and key != "_errors" else entry
        elif self._is_field(key, value, node, above):
            inside = replace(above, at=joined(above.at, tokens(key)), errors=True, fields=True)
            yield from self._node(value, inside)
        elif name in ENVELOPES or name in MESSAGES:
            yield from self._node(value, replace(above, errors=True, fields=name in MAPS))

    def _is_whole(self, key: str, value: Json, above: Above) -> bool:
        """Say whether a member of a map of fields is about the object itself."""
        if key == "_errors":
            return True
        marked = above.fields or key.startswith("_") or (isinstance(value, list) and not self._subjects.knows(key))
        return plain(key) in OF_THE_WHOLE - {"errors"} and marked

    def _is_field(self, key: str, value: Json, node: Mapping[str, Json], above: Above) -> bool:
        name = plain(key)
        known = self._subjects.knows(key)
        if name in NO_FIELDS and not known:
            return False
        if above.fields:
            return name not in ENVELOPES or known or (is_texts(value) and name not in {"errors", "messages"})
        if name in ENVELOPES | MESSAGES:
            alone = not any(plain(one) in OF_A_RESPONSE | {"error"} for one in node)
            return known and alone and is_texts(value) and name not in {"errors", "messages"}
        if isinstance(value, list):
            return is_texts(value) or (holds_texts(value) and name not in NOISE | ARGUMENTS) or says(value)
        if isinstance(value, dict):
            return name not in ARGUMENTS and holds_texts(value)
        if not isinstance(value, str) or "://" in value:
            return False
        flat = not any(plain(one) in ENVELOPES | MESSAGES | OF_A_RESPONSE for one in node)
        return flat or (known and name not in NOISE and " " in value)


def is_texts(value: Json) -> bool:
    """Say whether it is a list of texts, what a map of fields holds."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value[:MOST_ENTRIES])


def says(value: Json) -> bool:
    """Say whether it is a list of entries that have a message."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and message_of(one) for one in value)


def holds_texts(value: Json, depth: int = 0) -> bool:
    """Say whether lists of texts lie somewhere below."""
    if depth > 6:
        return False
    if is_texts(value):
        return True
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return any(holds_texts(one, depth + 1) for one in inner[:MOST_ENTRIES])


# --- entries ------------------------------------------------------------------------------------------------


def entry_of(node: Mapping[str, Json], above: Above) -> Entry | None:
    """Return the entry that an object is: it has a message or a code, and stands among errors or names a field."""
    flat = flattened(node)
    message, codes = message_of(node), codes_of(flat)
    constrained = any(plain(key) in CONSTRAINTS for key in node)
    place = place_of(flat, entries=above.errors or bool(above.at))
    if place is None and not above.at:
        wrapped = any(plain(key) in ENVELOPES and isinstance(value, list | dict) for key, value in node.items())
        if not above.errors or wrapped or not message:
            return None
    if not (message or constrained or (codes and place is not None) or (place is not None and has_inner(node))):
        return None
    found, location = place or ((), None)
    if above.fields and not above.at and place is None and is_map(node):
        return None
    return Entry(
        at=joined(above.at, found),
        location=location or above.location,
        codes=codes,
        message=message,
        arguments=flat,
    )


def is_map(node: Mapping[str, Json]) -> bool:
    """Say whether an object that has a member called `message` is a map of fields all the same."""
    texts = all(isinstance(value, str) for value in node.values())
    return texts and not any(plain(key) in OF_A_RESPONSE | {"code", "type", "keys"} for key in node)


def has_inner(node: Mapping[str, Json]) -> bool:
    return any(plain(key) in ENVELOPES and isinstance(value, list) and value for key, value in node.items())


def flattened(node: Mapping[str, Json]) -> dict[str, Json]:
    """Return an entry with the arguments of its code among its members."""
    inner = (value for key, value in node.items() if plain(key) in ARGUMENTS and isinstance(value, dict))
    found: dict[str, Json] = {}
    for one in inner:
        found.update(one)
    return {**found, **node}


def message_of(node: Mapping[str, Json]) -> str:
    """Return what an entry says: the texts of its message keys, a line each."""
    found = (value for key, value in node.items() if plain(key) in MESSAGES and isinstance(value, str))
    return "\n".join(dict.fromkeys(one[:MOST_TEXT].strip() for one in found if one.strip()))[:MOST_TEXT]


def codes_of(node: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the code of an entry that the tables know, from the most telling key; () without one."""
    by_key = {plain(key): value for key, value in node.items()}
    found = (by_key.get(key) for key in CODE_KEYS)
    return next(((one,) for one in found if isinstance(one, str) and coded(one, "") is not None), ())


def place_of(node: Mapping[str, Json], *, entries: bool) -> tuple[tuple[str, ...], Location | None] | None:
    """Return (tokens, location) of the field that an entry names; None where it names none."""
    location: Location | None = None
    best: tuple[int, tuple[str, ...]] | None = None
    for key, value in node.items():
        name = plain(key)
        if name in {"location", "in", "source", "loc"} and isinstance(value, str) and plain(value) in LOCATIONS:
            location = LOCATIONS[plain(value)]
            continue
        if name == "source" and isinstance(value, dict):
            value = next((value[one] for one in ("pointer", "parameter", "header") if one in value), None)
        elif name not in NAMES and not (entries and name in NAMES_OF_ENTRIES):
            continue
        found = path_of(value)
        if found is None or len(found) > MOST_DEPTH or (name == "name" and NO_NAME.search(".".join(found))):
            continue
        rank = LAST_NAMES.index(name) + 1 if name in LAST_NAMES else 0
        if best is None or rank < best[0]:
            best = (rank, found)
    if best is None:
        return ((), location) if location else None
    at, placed = without_location(best[1])
    return at, location or placed


def path_of(value: Json) -> tuple[str, ...] | None:
    """Read a place: text of any notation, a list of names and positions, a list of objects that have a `key`."""
    if isinstance(value, str):
        return tokens(value) if len(value) <= 200 and " " not in value.strip() and "://" not in value else None
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return tuple(str(one)[:100] for one in value)
    if isinstance(value, list) and all(isinstance(one, dict) and "key" in one for one in value):
        return tuple(str(one["key"])[:100] for one in value)
    return None


def tokens(written: str) -> tuple[str, ...]:
    """Split a place in any notation: `a.b[0].c`, `/a/b/0`, `$.a`, `#/a`, `.a`."""
    plainly = written.strip().strip("\"'`")[:200]
    if re.fullmatch(r"[\w-]+", plainly):
        return (plainly,)
    parts = (one.strip("\"'` ").replace("~1", "/").replace("~0", "~") for one in TOKEN.split(plainly))
    return tuple(one for one in parts if one not in EMPTY_PLACES)


def without_location(at: tuple[str, ...]) -> tuple[tuple[str, ...], Location | None]:
    """Take the part of the request off the front of a place: `body.email` → `email`."""
    if at and plain(at[0]) in LOCATIONS and (len(at) > 1 or plain(at[0]) in {"body", "requestbody", "json", "payload"}):
        return at[1:], LOCATIONS[plain(at[0])]
    return at, None


def joined(above: tuple[str, ...], found: tuple[str, ...]) -> tuple[str, ...]:
    """Put a place below another, unless it repeats it: entries of a map are often named twice."""
    if not above or found[: len(above)] == above:
        return found or above
    return above if above[-len(found) :] == found else (*above, *found)
