"""Paths as shapes: which segments name things, where items lie, which words are deeds rather than things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from auditor.values.makers import words

PARAMETER = re.compile(r"\{([^{}]+)\}")
PREFIX = re.compile(r"v\d+(\.\d+)*|api|rest|latest|\d{4}-\d\d-\d\d")
"""Segments of a path that say nothing about what lies there."""
DEEDS = {
    **dict.fromkeys(("create", "new", "add", "insert", "save", "store", "make"), "POST"),
    **dict.fromkeys(("upload", "import", "register", "ingest", "enroll"), "POST"),
    **dict.fromkeys(("get", "fetch", "read", "view", "show", "retrieve", "list", "all", "details"), "GET"),
    **dict.fromkeys(("update", "edit", "modify", "change"), "PATCH"),
    **dict.fromkeys(("delete", "remove", "destroy"), "DELETE"),
}
"""What a path of verbs (`/users/create`, `/getUser/{id}`) means by them, as the method that says the same."""
SENT_AS = {
    "POST": frozenset({"POST", "PUT"}),
    "GET": frozenset({"GET"}),
    "PATCH": frozenset({"POST", "PUT", "PATCH"}),
    "DELETE": frozenset({"POST", "DELETE"}),
}
"""Methods with which a deed is called; a verb called by any other means something else."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A path as segments: names, and None for each parameter; `parameters` in order."""

    path: str
    segments: tuple[str | None, ...]
    parameters: tuple[str, ...]

    @property
    def names_item(self) -> bool:
        return bool(self.segments) and self.segments[-1] is None

    @property
    def last_name(self) -> str:
        """The last segment that names a thing; a version in the middle of a path names none."""
        named = [one for one in self.segments if one is not None]
        telling = (one for one in reversed(named) if not PREFIX.fullmatch(one.lower()))
        return next(telling, named[-1] if named else "")

    @property
    def collection(self) -> tuple[str | None, ...]:
        return self.segments[:-1] if self.names_item else self.segments


@lru_cache(maxsize=4096)
def shape(path: str) -> Shape:
    """Read a path template; version prefixes, queries and trailing slashes left out."""
    plain = path.partition("#")[0].partition("?")[0].strip("/")
    parts = plain.split("/") if plain else []
    while len(parts) > 1 and PREFIX.fullmatch(parts[0].lower()):
        parts = parts[1:]
    parameters = tuple(found[1] for part in parts if (found := PARAMETER.fullmatch(part)))
    return Shape(path, tuple(None if PARAMETER.fullmatch(part) else part for part in parts), parameters)


@lru_cache(maxsize=4096)
def blank(path: str) -> str:
    """Empty the parameters' names."""
    return PARAMETER.sub("{}", path)


def prefixes(path: str) -> Iterator[tuple[str, str]]:
    """Yield each parameter of a path with what stands before it."""
    for match in PARAMETER.finditer(path):
        yield path[: match.start()].rstrip("/"), match[1]


@dataclass(frozen=True, slots=True)
class Seat:
    """What a path and method are about: a whole collection or one of its items, and the method it amounts to."""

    place: str
    """The collection's path as written, without what was a deed."""
    parameter: str
    """The parameter that names the item; "" for the whole collection."""
    method: str

    @property
    def key(self) -> tuple[str | None, ...]:
        return shape(self.place).segments


def seat(method: str, path: str) -> Seat:
    """Read the path as it stands."""
    plain = path.partition("#")[0].partition("?")[0].rstrip("/")
    found = shape(plain)
    if found.names_item:
        return Seat(plain.rpartition("/")[0], found.parameters[-1], method)
    return Seat(plain, "", method)


def spoken_seat(method: str, path: str) -> Seat | None:
    """Read a path whose verb stands beside or inside its noun; None where there is no verb, or it fits no method.

    `/users/create`, `/users/{id}/delete`, `/users/delete/{id}`, `/createUser`, `/getUser/{id}`.
    """
    parts = path.partition("#")[0].partition("?")[0].rstrip("/").split("/")
    named = [index for index, part in enumerate(parts) if part and not PARAMETER.fullmatch(part)]
    if not named:
        return None
    last = named[-1]
    before, behind = parts[:last], parts[last + 1 :]
    verb, noun = verb_and_noun(parts[last])
    amounts_to = DEEDS.get(verb, "")
    if not amounts_to or method not in SENT_AS[amounts_to] or len(behind) > 1:
        return None
    if not noun and not any(part for part in before):
        return None
    meant = "PUT" if amounts_to == "PATCH" and method == "PUT" else amounts_to
    rest = [*before, *([noun] if noun else []), *behind]
    found = seat(meant, "/".join(rest))
    takes_item = meant in {"PATCH", "PUT", "DELETE"}
    creates_item = meant == "POST" and found.parameter
    return None if creates_item or (takes_item and not found.parameter) else found


def verb_and_noun(segment: str) -> tuple[str, str]:
    """Take a segment apart: ("create", "") of `create`, ("get", "users") of `getAllUsers`; ("", "") without a verb."""
    spoken = list(words(segment))
    if len(spoken) > 1 and spoken[-1] in DEEDS and spoken[0] not in DEEDS:
        spoken = [spoken[-1], *spoken[:-1]]
    if not spoken or spoken[0] not in DEEDS:
        return "", ""
    verb, rest = spoken[0], spoken[1:]
    while rest and rest[0] in {"all", "by", "new", "one", "a", "an"}:
        rest = rest[1:]
    return verb, "-".join(rest)
