"""What an operation turned out to need beside what its document says: a way to make each value anew, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.complaints.rules import Rule
from auditor.model import Json, Location, Schema

Place = tuple[Location, str]
"""Location, and "/name" of a parameter or a JSON pointer inside the body."""

CONTENT_TYPE: Place = (Location.HEADER, "/content-type")


class Way(StrEnum):
    """How the value at a place is made; the argument in brackets."""

    FITTING = "fitting"
    """By the declared schema and the learned keywords."""
    ANOTHER = "another"
    """The n-th other value of the schema (n)."""
    FRESH = "fresh"
    """A value that nobody has used."""
    LEFT_OUT = "left out"
    LATER = "later"
    """A time from now on (days ahead)."""
    EARLIER = "earlier"
    """A time up to now (days back)."""
    AFTER = "after"
    """More than the value of another field (its pointer)."""
    COPY = "copy"
    """The value of another field (its pointer)."""
    POINTING = "pointing"
    """The id of an object (the resource's name)."""
    OTHER = "other"
    """The id of another object than the usual one (the resource's name)."""
    NEW = "new"
    """The id of an object that nothing else points to (the resource's name)."""
    SOMEBODY = "somebody"
    """The id of a user whom no request is asked as."""
    MEDIA = "media"
    """Of `CONTENT_TYPE`: the body is written so (media type)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How the value of one place is made, and which rules taught it."""

    way: Way = Way.FITTING
    argument: Json = None
    keywords: tuple[tuple[str, Json], ...] = ()
    """JSON Schema keywords learned, and `hours`, `spread`, `strftime` of times."""
    rules: tuple[Rule, ...] = ()
    undocumented: bool = False
    """The document does not say it."""

    @property
    def schema(self) -> Schema:
        return dict(self.keywords)

    def beside(self, older: Need | None) -> Need:
        """Return this need with what was learned before: a way of its own replaces the older, keywords add up."""
        if older is None:
            return self
        keeps = self.way is Way.FITTING and older.way not in {Way.LEFT_OUT, Way.ANOTHER}
        return replace(
            self,
            way=older.way if keeps else self.way,
            argument=older.argument if keeps else self.argument,
            keywords=tuple({**dict(older.keywords), **dict(self.keywords)}.items()),
            rules=tuple(dict.fromkeys((*older.rules, *self.rules))),
            undocumented=older.undocumented or self.undocumented,
        )


Needs = Mapping[Place, Need]
POINTERS = frozenset({Way.POINTING, Way.OTHER, Way.NEW})


def kinds_pointed_to(needs: Needs) -> frozenset[str]:
    """Return the names of the resources whose objects a request turned out to name."""
    return frozenset(str(one.argument) for one in needs.values() if one.way in POINTERS)


def need(way: Way, argument: Json = None, **keywords: Json) -> Need:
    return Need(way=way, argument=argument, keywords=tuple(keywords.items()))


def told(where: Place, one: Need) -> str:
    """Say in a few words what a place needs: "body/starts_at (future)"."""
    location, pointer = where
    return f"{location}{pointer} ({', '.join(one.rules)})"
