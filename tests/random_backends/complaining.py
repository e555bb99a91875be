"""What a drawn backend finds wrong in a body: first by its documented schema, then by rules that it keeps to itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import jsonschema_rs

from auditor.model import Json
from tests.random_backends.drawn import Backend, Demand, Kind, Rule

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """One thing wrong at a place of the body (() for the whole): which rule, and the rule's argument."""

    place: tuple[str, ...] = ()
    rule: str
    limit: Json = None
    value: Json = None
    about: str = ""
    """What the thing is called in sentences: the noun of its kind."""

    @property
    def name(self) -> str:
        """Return the last member of the place; "" for the whole body."""
        return next((one for one in reversed(self.place) if not one.isdigit()), "")

    @property
    def dotted(self) -> str:
        return ".".join(self.place)


def by_schema(schema: Json, body: Json) -> Iterator[Complaint]:
    validator = jsonschema_rs.validator_for({"$schema": DRAFT, **schema}, validate_formats=True)
    for error in validator.iter_errors(body):
        place = tuple(str(one) for one in error.instance_path)
        rule = error.kind.name
        if rule == "required":
            yield Complaint(place=(*place, error.kind.as_dict()["property"]), rule="required")
        else:
            yield Complaint(place=place, rule=rule, limit=error.message)


def by_rules(
    backend: Backend, kind: Kind, body: Mapping[str, Json], others: Iterable[Mapping[str, Json]]
) -> Iterator[Complaint]:
    """Hold the members of a body against the kind's own rules; `others` are the bodies of its other items."""
    rows = list(others)
    for rule in kind.rules:
        name = backend.member(rule.words)
        other = backend.member(rule.other) if rule.other else ""
        if rule.demand is Demand.PAIR:
            if any((row.get(name), row.get(other)) == (body.get(name), body.get(other)) for row in rows):
                yield Complaint(rule=rule.demand, limit=[name, other], about=kind.noun)
            continue
        if broken(rule, body.get(name), body.get(other), [row.get(name) for row in rows]):
            limit = other if rule.demand in (Demand.AFTER, Demand.DIFFERENT) else rule.limit
            yield Complaint(place=(name,), rule=rule.demand, limit=limit, value=body.get(name), about=kind.noun)


def broken(rule: Rule, value: Json, other: Json, taken: list[Json]) -> bool:
    if rule.demand is Demand.REQUIRED:
        return value is None
    if value is None:
        return False
    match rule.demand:
        case Demand.UNIQUE:
            return any(value == one for one in taken)
        case Demand.AFTER:
            return other is not None and str(value) <= str(other)
        case Demand.FUTURE:
            return str(value)[:10] <= date.today().isoformat()
        case Demand.PAST:
            return str(value)[:10] >= date.today().isoformat()
        case Demand.AT_MOST:
            return float(value) > float(rule.limit)
        case Demand.PATTERN:
            return re.search(str(rule.limit), str(value)) is None
        case Demand.DIFFERENT:
            return bool(value == other)
        case Demand.PAIR:
            return False
        case Demand.MIN_LENGTH:
            return len(str(value)) < int(rule.limit)
        case Demand.ONE_OF:
            return all(value != one for one in rule.limit)
