"""Lays what an operation needs over the values of a request, made anew every time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from auditor.document.references import unescaped
from auditor.evidence import ABSENT, Absent
from auditor.knowledge.needs import Need, Needs, Place, Way
from auditor.model import Field, Json, Schema
from auditor.values import makers, times
from auditor.values.examples import Sampler
from auditor.values.makers import Making, digest
from auditor.values.serialising import Values, set_at, value_at

OWN = frozenset({"hours", "spread", "strftime"})
"""Keywords that no JSON Schema has."""
GIVEN = ("example", "examples", "default")
"""What the document offers, and what the target refused."""
AS_IT_IS = Absent()
"""What is there stays."""
LATE = (Way.AFTER, Way.COPY)
"""Made when the values they look at are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What values are made from: the count of the request, the declared fields, the ids of objects."""

    sampler: Sampler
    count: int
    fields: Mapping[Place, Field]
    identified: Callable[[Place, Need], str | None]
    """The id of an object that the caller may point to, for a need that points."""


def fulfilled(values: Values, needs: Needs, maker: Maker, *, kept: Collection[Place] = ()) -> Values:
    """Return the values with every need met; those at `kept` places are only bent to fit, for others know them."""
    for place, one in sorted(needs.items(), key=lambda item: (item[1].way in LATE, item[1].way is Way.COPY)):
        if one.way is Way.MEDIA:
            values = replace(values, media_type=str(one.argument))
            continue
        made = _made(values, place, one, maker, kept=place in kept)
        if made is not AS_IT_IS:
            values = set_at(values, place[0], place[1], made)
    return values


def _made(values: Values, place: Place, one: Need, maker: Maker, *, kept: bool) -> Json | Absent:
    """Return what belongs at a place; `AS_IT_IS` where nothing can be said."""
    current = value_at(values, *place)
    match one.way:
        case Way.LEFT_OUT:
            return ABSENT
        case Way.POINTING | Way.OTHER | Way.NEW | Way.SOMEBODY:
            known = maker.identified(place, one)
            return AS_IT_IS if known is None else _typed(maker.fields.get(place), known, one.schema)
        case Way.COPY:
            other = value_at(values, place[0], str(one.argument))
            return AS_IT_IS if other is ABSENT else other
        case Way.AFTER:
            return _after(value_at(values, place[0], str(one.argument)), current, one)
        case Way.LATER | Way.EARLIER:
            return _time(place, one, current, maker)
    if kept:
        return _bent(current, one.schema)
    return _fresh(place, one, maker) if one.way is Way.FRESH else _fitting(place, one, maker)


def _typed(field: Field | None, value: str, learned: Schema) -> Json:
    """Write an id as its field wants it; undeclared, digits are a number, as most APIs have it."""
    kind = learned.get("type") or (field.type if field is not None else "integer")
    number = re.fullmatch(r"-?\d{1,18}", value)
    if kind == "array":
        return [int(value) if number else value]
    return int(value) if number and kind in {"integer", "number", ""} else value


# --- values -------------------------------------------------------------------------------------------------


def _field(place: Place, one: Need, maker: Maker) -> Field:
    """Return the field as declared, with what was learned of it and without what the document offered."""
    declared = maker.fields.get(place) or maker.fields.get((place[0], re.sub(r"/\d+(?=/|$)", "/0", place[1])))
    learned = {
        key: list(value) if isinstance(value, tuple) else value for key, value in one.schema.items() if key not in OWN
    }
    known = dict(declared.schema) if declared is not None else {}
    if learned.get("type") not in (None, known.get("type")):
        items = {key: value for key, value in known.items() if key not in GIVEN}
        known = {"items": items} if learned["type"] == "array" and items else {}
    offered = () if not one.rules or set(one.rules) == {"required"} else GIVEN
    schema = {key: value for key, value in {**known, **learned}.items() if key not in offered}
    if "enum" in learned or "const" in learned:
        schema = {key: value for key, value in schema.items() if key in learned}
    name = unescaped(place[1].rpartition("/")[2])
    return Field(
        location=place[0],
        pointer=place[1],
        name=name if not name.isdigit() else unescaped(place[1].split("/")[-2]),
        required=True,
        nullable=False,
        schema=schema,
    )


def _fitting(place: Place, one: Need, maker: Maker) -> Json:
    field = _field(place, one, maker)
    if "const" in field.schema:
        return field.schema["const"]
    if one.way is Way.ANOTHER:
        return maker.sampler.sample(field, maker.count + int(one.argument))
    return maker.sampler.sample(field, maker.count, rotate=False)


def _fresh(place: Place, one: Need, maker: Maker) -> Json:
    """Return a value of the field that neither this run nor another has used, as far as its schema lets it."""
    field = _field(place, one, maker)
    making = maker.sampler.making(field.place, maker.count)
    made = maker.sampler.sample(field, maker.count)
    if isinstance(made, bool) or "enum" in field.schema:
        return made
    if isinstance(made, int):
        return _unused_number(field, making, made)
    if not isinstance(made, str) or making.mark in made:
        return made
    if re.fullmatch(r"\+?\d{4,}", made) and "pattern" not in field.schema:
        return _unused_digits(made, making)
    if "pattern" in field.schema and made == maker.sampler.sample(field, maker.count + 1):
        return maker.sampler.sample(replace(field, name=""), maker.count)  # what is so called is all alike
    if field.schema.keys() & {"format", "pattern"}:
        return made
    limit = field.schema.get("maxLength")
    return makers.mark(replace(making, limit=limit) if isinstance(limit, int) else making)


def _unused_number(field: Field, making: Making, made: int) -> int:
    highest = field.schema.get("maximum", 2_000_000_000)
    if not isinstance(highest, int) or highest < 10_000 or "multipleOf" in field.schema:
        return made
    return max(made, 1_000 + making.number(min(highest, 2_000_000_000) - 1_000))


def _unused_digits(made: str, making: Making) -> str:
    """Keep the length and the first digits of a number that is written as text: `+1202555` stays fictional."""
    digits = str(int(digest(making.mark)[1:16], 16))
    room = max(len(made) - 8, 2)
    return made[:-room] + digits[-room:]


def _bent(current: Json | Absent, learned: Schema) -> Json | Absent:
    """Return a value that others know, cut or lengthened to what was learned; `AS_IT_IS` where it fits."""
    kind = learned.get("type")
    if kind == "integer" and isinstance(current, str) and re.fullmatch(r"-?\d{1,18}", current):
        return int(current)
    if kind == "string" and isinstance(current, int) and not isinstance(current, bool):
        return str(current)
    if kind == "array" and current is not ABSENT and not isinstance(current, list):
        return [current]
    if not isinstance(current, str):
        return AS_IT_IS
    longest, shortest = learned.get("maxLength"), learned.get("minLength")
    if isinstance(longest, int) and len(current) > longest >= 4:
        # The first and the last four characters hold every class that password rules ask for.
        return current[: longest - 4] + current[-4:]
    if isinstance(shortest, int) and len(current) < shortest:
        return current[:-4] + "a" * (shortest - len(current)) + current[-4:]
    return AS_IT_IS


# --- times --------------------------------------------------------------------------------------------------


def _time(place: Place, one: Need, current: Json | Absent, maker: Maker) -> Json:
    keywords = dict(one.keywords)
    field = maker.fields.get(place)
    if field is not None and "format" not in keywords and isinstance(field.schema.get("format"), str):
        keywords["format"] = field.schema["format"] if field.schema["format"] in {"date", "date-time", "time"} else None
    keywords = {key: value for key, value in keywords.items() if value is not None}
    making = maker.sampler.making(f"{place[0]}{place[1]}", maker.count)
    days = int(one.argument or 30)
    spread = bool(keywords.get("spread"))
    first, last = keywords.get("hours") or ((9, 17) if spread else (12, 13))
    hour = int(first) + (maker.count % max(int(last) - int(first), 1) if spread else 0)
    back = one.way is Way.EARLIER
    day = making.today + timedelta(days=-(days + 3) if back else days)
    day = times.working_day(day, making.number(500)) if spread else day
    if current is ABSENT and "format" not in keywords and re.search(r"(?i)date|day|dob|birth", place[1]):
        keywords["format"] = "date"
    like = None if current is ABSENT else current
    return times.written(times.noon(day, hour=min(hour, 23)), like=like, keywords=keywords)


def _after(other: Json | Absent, current: Json | Absent, one: Need) -> Json | Absent:
    """Return more than the other value: a later time, a greater number; `AS_IT_IS` where they cannot be compared."""
    if other is ABSENT:
        return AS_IT_IS
    form = one.schema.get("strftime", "")
    later = times.after(other, str(form))
    if later is not None:
        like = other if current is ABSENT or isinstance(current, str) != isinstance(other, str) else current
        return times.written(later, like=like, keywords=one.schema)
    if isinstance(other, int | float) and not isinstance(other, bool):
        return other + 1
    if not isinstance(other, str) or not re.fullmatch(r"-?\d{1,15}(?:\.\d{1,9})?", other):
        return AS_IT_IS
    return str(float(other) + 1 if "." in other else int(other) + 1)
