"""What may help where the value itself is wrong: made anew by what the rule asks, or moved in time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from auditor.complaints.rules import Rule
from auditor.knowledge.needs import Place, Way, need
from auditor.model import NOT_JSON, Field, Json, Location
from auditor.repair.remedy_case import Case, Remedy, kind_named
from auditor.values import makers, times

EVERYWHERE = (Rule.FUTURE, Rule.PAST, Rule.WEEKDAY, Rule.HOURS, Rule.FORMAT)
"""Rules about times that are meant for every time where no field is named."""
MOST_CHOICES = 4
POWERFUL = re.compile(r"(?i)admin|system|root|super|owner|internal")
"""Choices that are made last: they are the ones that are refused, and would be too much if they were not."""
OF_ITEMS = frozenset({Rule.FORMAT, Rule.PATTERN, Rule.ONE_OF, Rule.EQUAL, Rule.CHARACTERS, Rule.MULTIPLE_OF})
"""Rules that a list keeps in its items."""
BIRTH = re.compile(r"birth|born|dob|issued|graduat|hired|since")
FORMATS: Mapping[str, Mapping[str, Json]] = {
    "slug": {"pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"},
    "color": {"pattern": "^#[0-9a-f]{6}$"},
    "objectid": {"pattern": "^[0-9a-f]{24}$"},
    "country": {"enum": ("US",)},
    "currency": {"enum": ("USD",)},
    "language": {"enum": ("en",)},
    "timezone": {"enum": ("UTC",)},
    "postcode": {"enum": ("94103",)},
}
"""Formats that no maker of values has a name for."""
BOUNDS: Mapping[Rule, tuple[str, str, str]] = {
    Rule.MINIMUM: ("minimum", "minLength", "minItems"),
    Rule.MAXIMUM: ("maximum", "maxLength", "maxItems"),
    Rule.ABOVE: ("exclusiveMinimum", "minLength", "minItems"),
    Rule.BELOW: ("exclusiveMaximum", "maxLength", "maxItems"),
    Rule.MIN_LENGTH: ("minLength", "minLength", "minItems"),
    Rule.MAX_LENGTH: ("maxLength", "maxLength", "maxItems"),
    Rule.MIN_ITEMS: ("minItems", "minItems", "minItems"),
    Rule.MAX_ITEMS: ("maxItems", "maxItems", "maxItems"),
}
"""The keyword of a bound: for numbers, for text, for lists."""
FIXED: Mapping[Rule, Mapping[str, Json]] = {
    Rule.NOT_EMPTY: {"minLength": 1, "minItems": 1},
    Rule.CHARACTERS: {"format": "password", "minLength": 12},
}


def fitted(case: Case) -> Iterator[Remedy]:
    """Yield the value made anew by what the rule asks, then what may help where that does not."""
    place = case.place or invented(case)
    if place is None:
        if case.complaint.rule in EVERYWHERE:
            yield from timely(case)
        return
    field = case.places.field(place)
    if field.type == "array" and case.complaint.rule in OF_ITEMS:
        place = (place[0], f"{place[1]}/0")
    asked = keywords(case, place)
    if "strftime" in asked:
        yield {place: need(Way.LATER, 30, **asked)}
    elif asked:
        yield {place: need(Way.FITTING, **asked)}
    yield from otherwise(case, place, field)


def invented(case: Case) -> Place | None:
    """A rule about a value that was not sent and is not known is one about a value that is wanted."""
    at = case.complaint.at
    return case.places.added(case.complaint) if at and case.complaint.rule is not Rule.INVALID else None


def otherwise(case: Case, place: Place, field: Field) -> Iterator[Remedy]:
    """Yield what is left: an id of ours where it reads as one, leaving it out, other values."""
    kind = kind_named(case, field.name)
    if kind is not None and makers.is_reference(field.name) and field.type != "object":
        yield {place: need(Way.POINTING, kind.name)}
    carried = case.places.value(place) is not NOT_JSON
    if case.complaint.argument is None:
        yield from as_others(case, place)
    yield from other_choices(case, place)
    if carried and field.nullable:
        yield {place: need(Way.FITTING, const=None)}
    if carried and not field.required and place[0] is not Location.PATH:
        yield {place: need(Way.LEFT_OUT)}
    if carried:
        yield {place: need(Way.ANOTHER, 1)}
        yield {place: need(Way.ANOTHER, 2)}


def as_others(case: Case, place: Place) -> Iterator[Remedy]:
    """Yield the values that objects which are there already have in the place, the one that was refused left out."""
    for value in case.seen(case.places.field(place).name):
        if value != case.places.value(place):
            yield {place: need(Way.FITTING, const=value)}


def other_choices(case: Case, place: Place) -> Iterator[Remedy]:
    """Yield the other values that the document lists, at the place or inside it; those of little power first."""
    within = (one.place for one in case.places.known if one.place[0] is place[0])
    inside = [one for one in within if one == place or one[1].startswith(place[1] + "/")]
    said = makers.words(case.complaint.said)
    for one in sorted(inside, key=lambda each: not mentioned(each, said)):
        listed = case.places.field(one).schema.get("enum")
        current = case.places.value(one)
        choices = [each for each in listed if each not in (None, current)] if isinstance(listed, list) else []
        for choice in sorted(choices, key=lambda each: bool(POWERFUL.search(str(each))))[:MOST_CHOICES]:
            if isinstance(choice, str | int | float | bool):
                yield {one: need(Way.FITTING, const=choice)}


def mentioned(place: Place, said: tuple[str, ...]) -> bool:
    spoken = makers.words(place[1].rpartition("/")[2])
    return any(said[start : start + len(spoken)] == spoken for start in range(len(said)))


def keywords(case: Case, place: Place) -> dict[str, Json]:
    """Return what a complaint asks of a value, as JSON Schema keywords; {} where it tells nothing usable."""
    rule, asked, current = case.complaint.rule, case.complaint.argument, case.places.value(place)
    if rule in FIXED:
        return dict(FIXED[rule])
    if rule in BOUNDS:
        return bound(case, place)
    match rule:
        case Rule.LENGTH | Rule.RANGE:
            least, most = (Rule.MIN_LENGTH, Rule.MAX_LENGTH) if rule is Rule.LENGTH else (Rule.MINIMUM, Rule.MAXIMUM)
            sides = ((least, asked[0]), (most, asked[1]))
            each = (replace(case, complaint=replace(case.complaint, rule=one, argument=n)) for one, n in sides)
            return {key: value for one in each for key, value in bound(one, place).items()}
        case Rule.TYPE if asked:
            return {"type": asked}
        case Rule.FORMAT if isinstance(asked, str):
            return formatted(asked)
        case Rule.PATTERN if isinstance(asked, str):
            return {"pattern": asked}
        case Rule.ONE_OF if asked:
            numbers = isinstance(current, int) and all(str(one).lstrip("-").isdigit() for one in asked)
            return {"enum": tuple(int(one) for one in asked) if numbers else tuple(asked)}
        case Rule.EQUAL:
            return {"const": like(asked, current)}
        case Rule.MULTIPLE_OF if isinstance(asked, int | float) and asked > 0:
            return {"multipleOf": asked}
    return {}


def bound(case: Case, place: Place) -> dict[str, Json]:
    """Return the keyword of a bound: of the number, the length or the list, as the value is."""
    rule, asked, current = case.complaint.rule, case.complaint.argument, case.places.value(place)
    field = case.places.field(place)
    number, text, items = BOUNDS[rule]
    kind = field.type or "string"
    if kind == "array":
        return {items: int(asked) if isinstance(asked, int | float) else 1}
    if isinstance(asked, str) or (isinstance(asked, int) and asked > times.MILLISECONDS):
        return {}
    if kind in {"integer", "number"} and number not in {"minLength", "maxLength"}:
        return {number: asked} if asked is not None else {}
    size = len(current) if isinstance(current, str) else 8
    if asked is None:
        return {text: size * 2 + 1 if text == "minLength" else max(size // 2, 1)}
    return {text: int(asked) + {Rule.ABOVE: 1, Rule.BELOW: -1}.get(rule, 0)}


def formatted(asked: str) -> dict[str, Json]:
    if asked.startswith("date:"):
        return {"strftime": asked.removeprefix("date:")}
    return dict(FORMATS.get(asked, {"format": asked}))


def like(asked: Json, current: Json) -> Json:
    """Write a value that a sentence names in the type of the one that was sent."""
    if isinstance(current, bool) and isinstance(asked, str):
        return asked.lower() == "true"
    if isinstance(current, int) and isinstance(asked, str) and re.fullmatch(r"-?\d{1,15}", asked):
        return int(asked)
    return asked


# --- times --------------------------------------------------------------------------------------------------


def timely(case: Case) -> Iterator[Remedy]:
    """Yield a time that keeps to the rule: at the field, or wherever the request carries a time."""
    way = Way.EARLIER if case.complaint.rule is Rule.PAST else Way.LATER
    place = case.place
    learned = time_keywords(case)
    where = [place] if place is not None else carried_times(case)
    if place is None and not where and case.complaint.at:
        added = case.places.added(case.complaint)
        where = [added] if added is not None else []
    for days in days_of(case):
        if where:
            yield {one: need(way, days, **learned) for one in where}
    if place is not None:
        yield from otherwise(case, place, case.places.field(place))


def days_of(case: Case) -> tuple[int, ...]:
    asked = case.complaint.argument
    if isinstance(asked, int) and case.complaint.rule in {Rule.FUTURE, Rule.PAST}:
        return (asked + 1, asked * 2 + 7)
    return (30, 2) if case.complaint.rule is Rule.PAST else (30, 3, 200)


def time_keywords(case: Case) -> dict[str, Json]:
    rule, asked = case.complaint.rule, case.complaint.argument
    if rule is Rule.HOURS:
        return {"hours": tuple(asked) if asked else (9, 17)}
    return formatted(asked) if rule is Rule.FORMAT and isinstance(asked, str) else {}


def carried_times(case: Case) -> list[Place]:
    """Return where the request carries times that may be meant, those of the past kept where the future is asked."""
    found = [
        one.place
        for one in case.places.known
        if times.parsed(one.value) is not None or is_time(case.places.field(one.place))
    ]
    usual = [one for one in found if not BIRTH.search(one[1].lower())]
    return found if case.complaint.rule is Rule.PAST else usual or found


def is_time(field: Field) -> bool:
    return field.schema.get("format") in {"date", "date-time"}


def dated_bound(case: Case) -> Iterator[Remedy]:
    """A bound that is a date: as many days from today on, or back."""
    asked, place = case.complaint.argument, case.place
    if isinstance(asked, int | float) and asked > times.MILLISECONDS:
        moment = times.parsed(asked)
        asked = moment.date().isoformat() if moment is not None else None
    if not isinstance(asked, str) or place is None:
        yield from fitted(case)
        return
    days = (date.fromisoformat(asked[:10]) - case.today).days
    later = case.complaint.rule in {Rule.MINIMUM, Rule.ABOVE}
    yield {place: need(Way.LATER, max(days + 2, 1)) if later else need(Way.EARLIER, max(2 - days, 1))}
    yield from otherwise(case, place, case.places.field(place))
