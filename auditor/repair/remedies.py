"""What may help against a complaint: the needs to try, the likeliest first. Which means a rule has is a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from auditor.complaints.rules import Complaint, Rule
from auditor.kinds import sign_in
from auditor.kinds.foreign_keys import names_caller
from auditor.knowledge.needs import CONTENT_TYPE, Need, Place, Way, need
from auditor.model import NOT_JSON, Location, Resource
from auditor.repair.remedy_case import Case, Remedy, kind_named
from auditor.repair.remedy_values import as_others, carried_times, dated_bound, fitted, otherwise, timely
from auditor.values import makers, times

BOOLEAN = re.compile(r"(?:is|has|can|should|allow|accept\w*|agree\w*|enable\w*|confirm\w*|consent\w*|opt) .*"
                     r"|(?:.* )?(?:terms|tos|gdpr|consent|active|enabled|agreed|accepted|newsletter)")  # fmt: skip
LISTS = re.compile(r"(?:.* )?(?:ids|items|tags|lines|roles|scopes|permissions|categories|emails|urls|entries|options)")
WIDENING = re.compile(r"(?i)(?:^|_)all|force|cascade|recursive|purge|confirm|everything|hard")
MEDIA_TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
MEDIA_HEADERS = ("accept-post", "accept-patch", "accept")
"""Headers of a refusal that name what is taken (W3C LDP §7.1, RFC 5789 §3.1, RFC 9110 §15.5.16)."""


def remedies(case: Case) -> Iterator[Remedy]:
    """Yield what may help, the likeliest first. Places that others fill (path parameters) are never touched."""
    rule = case.complaint.rule
    for remedy in MEANS.get(rule, fitted)(case):
        named = {place: one for place, one in remedy.items() if place[0] is not Location.PATH}
        if named and not any(widens(case, place, one) for place, one in named.items()):
            yield {place: marked(case, place, one) for place, one in named.items()}


def widens(case: Case, place: Place, one: Need) -> bool:
    """Say whether a removal would be made to take more with it: a target that offers that is not listened to."""
    name = place[1].rpartition("/")[2]
    told = case.complaint.rule in {Rule.EQUAL, Rule.REQUIRED} and one.way is not Way.LEFT_OUT
    return told and case.operation.method == "DELETE" and bool(WIDENING.search(name))


def marked(case: Case, place: Place, one: Need) -> Need:
    """Note which rule taught a need, and whether the document says it."""
    rule = case.complaint.rule
    return replace(one, rules=(rule,), undocumented=undocumented(case, place, one))


def undocumented(case: Case, place: Place, one: Need) -> bool:
    rule, declared = case.complaint.rule, case.places.declared(place)
    if rule in {Rule.TAKEN, Rule.UNKNOWN, Rule.MEDIA_TYPE, Rule.INVALID} or place == CONTENT_TYPE:
        return False
    if declared is None:
        return one.way is not Way.LEFT_OUT
    if rule is Rule.REQUIRED:
        return not declared.required
    if one.way is not Way.FITTING:
        return True
    return any(declared.schema.get(key) != value for key, value in one.keywords)


# --- presence -----------------------------------------------------------------------------------------------


def required(case: Case) -> Iterator[Remedy]:
    place = case.place or case.places.added(case.complaint)
    if place is None:
        return
    carried = case.places.value(place)
    if carried in (NOT_JSON, None, "", [], {}):
        yield from supplied(case, place)
        for other in alternatives(case, place):
            yield from supplied(case, other)
        return
    yield from moved(case, place)
    yield from media_types(case)


def alternatives(case: Case, place: Place) -> Iterator[Place]:
    """Yield the other places of which one is enough, where nothing stands yet."""
    named = case.complaint.argument if isinstance(case.complaint.argument, list) else []
    for name in named:
        other = case.places.meant(replace(case.complaint, at=(str(name),), argument=None))
        if other is not None and other != place and case.places.value(other) is NOT_JSON:
            yield other


def supplied(case: Case, place: Place) -> Iterator[Remedy]:
    """Yield ways to fill a place in that carried nothing: an id of ours where it points to something."""
    field = case.places.field(place)
    kind = kind_named(case, field.name)
    telling = makers.is_reference(field.name) or case.places.declared(place) is None
    if kind is not None and telling and field.type != "object":
        yield {place: need(Way.POINTING, kind.name)}
    if case.places.declared(place) is None and not makers.is_reference(field.name):
        yield from as_others(case, place)
    if precondition(place):
        yield {place: need(Way.FITTING, const="*")}
    declared = case.places.declared(place)
    if declared is not None and (declared.schema or declared.type):
        yield {place: need(Way.FITTING)}
        return
    yield {place: need(Way.FITTING, **guessed(field.name))}
    yield {place: need(Way.FITTING, type="string")}


def precondition(place: Place) -> bool:
    """`If-Match: *` holds for whatever is there (RFC 9110 §13.1.1)."""
    return place[0] is Location.HEADER and place[1].lower() == "/if-match"


def moved(case: Case, place: Place) -> Iterator[Remedy]:
    """What is said to be missing though it was sent may be wanted elsewhere in the request."""
    name = "/" + place[1].rpartition("/")[2]
    for location in (case.complaint.location, Location.QUERY, Location.BODY):
        if location is not None and location is not place[0] and case.complaint.location in {None, location}:
            yield {(location, name): need(Way.FITTING, **guessed(case.places.field(place).name))}


def guessed(name: str) -> dict[str, str | int]:
    """Guess the schema of a field that the document does not know, from its name."""
    spoken = " ".join(makers.words(name))
    if BOOLEAN.fullmatch(spoken):
        return {"type": "boolean"}
    if LISTS.fullmatch(spoken):
        return {"type": "array", "minItems": 1}
    text = makers.text_maker(name)
    if makers.number_maker(name) is not None and not re.search(r"date|time|day|name|code|number$", spoken):
        whole = not re.search(r"price|amount|total|cost|fee|rate|balance|lat|lon|lng", spoken)
        return {"type": "integer" if whole else "number"}
    return {"type": "string"} if text is not None else {}


def not_allowed(case: Case) -> Iterator[Remedy]:
    place = case.place
    if place is not None:
        yield {place: need(Way.LEFT_OUT)}
    elif not case.complaint.at:
        # An object has members too many and it is not said which: those that need not be there.
        spare = [one for one in optional(case) if case.places.value(one) is not NOT_JSON]
        if spare:
            yield {one: need(Way.LEFT_OUT) for one in spare}


def optional(case: Case) -> list[Place]:
    """Return the top members of the body that the document does not require."""
    known = (one.place for one in case.places.known if one.place[0] is Location.BODY and one.place[1].count("/") == 1)
    return [one for one in known if not case.places.field(one).required]


# --- other values -------------------------------------------------------------------------------------------


def taken(case: Case) -> Iterator[Remedy]:
    """Yield other values: of the field that is named, else of all that tell objects apart, of all times, of all ids."""
    place = case.place
    if place is not None:  # what is only said to exist may be anything: made for somebody else it would be theirs
        yield from somebody_else(case)
    times_of_it = {one: need(Way.LATER, 30, spread=True) for one in carried_times(case)}
    if place is not None and is_plain(case, place):
        timed = times.parsed(case.places.value(place)) is not None
        yield {place: need(Way.LATER, 30, spread=True) if timed else need(Way.FRESH)}
    if times_of_it and (place is None or not is_plain(case, place)):
        yield times_of_it
    telling = [one.place for one in case.places.known if makers.is_unique(case.places.field(one.place).name)]
    texts = [one.place for one in case.places.known if isinstance(one.value, str) and is_plain(case, one.place)]
    for where in (telling, texts):
        free = {one: need(Way.FRESH) for one in where if is_plain(case, one)}
        if free:
            yield free
    if times_of_it:
        yield times_of_it
    pointing = {one.place: kind for one in case.places.known if (kind := pointed(case, one.place)) is not None}
    if pointing:
        yield {one: need(Way.NEW, kind.name) for one, kind in pointing.items()}
    kind = kind_named(case, case.places.field(place).name) if place is not None else None
    if place is not None and kind is not None and place not in pointing:
        yield {place: need(Way.NEW, kind.name)}


def somebody_else(case: Case) -> Iterator[Remedy]:
    """Yield another user where the request names who asks: they are a member already, or may not invite themselves."""
    if case.complaint.argument is not None:
        return
    places = [one.place for one in case.places.known] if case.place is None else [case.place]
    for one in places:
        if names_caller(case.places.field(one)) and case.places.value(one) is not NOT_JSON:
            yield {one: need(Way.SOMEBODY)}


def pointed(case: Case, place: Place) -> Resource | None:
    """Return the kind of object that the value at a place names, where it was sent."""
    name = case.places.field(place).name
    known = case.places.value(place) is not NOT_JSON and place[0] is not Location.PATH and makers.is_reference(name)
    return kind_named(case, name) if known else None


def is_plain(case: Case, place: Place) -> bool:
    """Say whether a value may be any other: no id of something or somebody, no choice, no password."""
    field = case.places.field(place)
    free = not field.schema.keys() & {"enum", "const"} and field.type not in {"boolean", "object", "array"}
    points = kind_named(case, field.name) is not None or names_caller(field)
    return free and not points and not sign_in.is_password(field.name)


def unknown(case: Case) -> Iterator[Remedy]:
    """Yield ids of objects of ours where the request points to something that is not there."""
    place = case.place
    if place is not None and place[0] is Location.PATH:
        return
    if place is None and case.complaint.at:
        place = case.places.added(case.complaint) if makers.is_reference(case.complaint.at[-1]) else None
    if place is None:
        return
    field = case.places.field(place)
    names = (field.name, str(case.complaint.argument or ""))
    kind = next((one for one in (kind_named(case, name) for name in names) if one is not None), None)
    if kind is not None and field.type != "object":
        yield {place: need(Way.POINTING, kind.name)}
    yield from otherwise(case, place, field)


def same(case: Case) -> Iterator[Remedy]:
    """Yield the other field's value: for the one that repeats, also where the document does not know that one."""
    yield from repeated(case)
    if case.place is not None:
        yield from otherwise(case, case.place, case.places.field(case.place))


def repeated(case: Case) -> Iterator[Remedy]:
    place, other = case.place, str(case.complaint.argument or "")
    source = case.places.sibling(place, other) if place is not None and other else None
    if place is not None and source is None and other:
        source = alike(case, place)
    if place is not None and source is not None and source[0] is place[0] and not within(source, place):
        first, second = (source, place) if repeats(place) or not repeats(source) else (place, source)
        yield {second: need(Way.COPY, first[1])}
        return
    original = place or case.places.meant(Complaint(rule=Rule.SAME_AS, at=(other,) if other else ("password",)))
    if original is None:
        return
    again = alike(case, original)
    if again is not None:
        first, second = (original, again) if repeats(again) else (again, original)
        yield {second: need(Way.COPY, first[1])}
    parent, _, name = original[1].rpartition("/")
    for repeated in repetitions(name):
        yield {(original[0], f"{parent}/{repeated}"): need(Way.COPY, original[1])}


def within(one: Place, other: Place) -> bool:
    """Say whether one place lies in the other."""
    return f"{one[1]}/".startswith(f"{other[1]}/") or f"{other[1]}/".startswith(f"{one[1]}/")


def repeats(place: Place) -> bool:
    return bool(re.search(r"confirm|repeat|again|verif|retype|re_?(?:enter|type)|2$|_?match", place[1].lower()))


def alike(case: Case, place: Place) -> Place | None:
    """Return the other field of a pair: of two that take a password or an address, one repeats the other."""
    key = next((one for one in ("pass", "mail", "pwd", "pin") if one in place[1].lower()), "")
    others = (one.place for one in case.places.known if one.place != place and one.place[0] is place[0])
    pairs = [one for one in others if key and key in one[1].lower() and repeats(one) != repeats(place)]
    return max(pairs, key=lambda one: begins_alike(one[1], place[1]), default=None)


def begins_alike(one: str, other: str) -> int:
    """Count the characters that two names have in common in front."""
    return next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def repetitions(name: str) -> tuple[str, ...]:
    """Return what a field that repeats another is usually called, in the way of writing of the other first."""
    title = name[:1].upper() + name[1:]
    snake, camel = (f"{name}_confirmation", f"{name}_confirm"), (f"confirm{title}", f"{name}Confirmation")
    return (*camel, *snake, f"{name}2") if re.search(r"[a-z][A-Z]", name) else (*snake, *camel, f"{name}2")


def ordered(case: Case) -> Iterator[Remedy]:
    """Yield the later of two fields moved behind the other; where that is not enough, the earlier to tomorrow."""
    place = case.place
    other = case.places.sibling(place, str(case.complaint.argument)) if place is not None else None
    if place is None or other is None or other[0] is not place[0]:
        return
    late, early = (place, other) if case.complaint.rule is Rule.AFTER else (other, place)
    yield {late: need(Way.AFTER, early[1])}
    yield {early: need(Way.LATER, 2), late: need(Way.AFTER, early[1])}


def different(case: Case) -> Iterator[Remedy]:
    """Yield somebody else for the caller, another value, another object where both point to one."""
    yield from somebody_else(case)
    if case.place is not None:
        kind = pointed(case, case.place)
        if kind is not None:
            yield {case.place: need(Way.OTHER, kind.name)}
        yield {case.place: need(Way.ANOTHER, 1)}
        yield {case.place: need(Way.FRESH)}


def media_types(case: Case) -> Iterator[Remedy]:
    """Yield media types to write the body in: those the answer names, the document's others, the usual ones."""
    response, request = case.refused.response, case.refused.request
    sent = (request.header("content-type") or "").partition(";")[0].lower()
    headers = ",".join(response.header(one) or "" for one in MEDIA_HEADERS)
    named = [one.partition(";")[0].strip().lower() for one in headers.split(",")]
    said = [str(case.complaint.argument)] if case.complaint.rule is Rule.MEDIA_TYPE and case.complaint.argument else []
    documented = list(case.operation.body.content) if case.operation.body is not None else []
    for one in dict.fromkeys((*said, *named, *documented, *(MEDIA_TYPES if not documented or said else ()))):
        if "/" in one and "*" not in one and one != sent:
            yield {CONTENT_TYPE: need(Way.MEDIA, one)}


MEANS: Mapping[Rule, Callable[[Case], Iterator[Remedy]]] = {
    Rule.REQUIRED: required,
    Rule.NOT_ALLOWED: not_allowed,
    Rule.FUTURE: timely,
    Rule.PAST: timely,
    Rule.WEEKDAY: timely,
    Rule.HOURS: timely,
    Rule.MINIMUM: dated_bound,
    Rule.MAXIMUM: dated_bound,
    Rule.ABOVE: dated_bound,
    Rule.BELOW: dated_bound,
    Rule.TAKEN: taken,
    Rule.UNKNOWN: unknown,
    Rule.SAME_AS: same,
    Rule.DIFFERENT: different,
    Rule.AFTER: ordered,
    Rule.BEFORE: ordered,
    Rule.MEDIA_TYPE: media_types,
}
"""What is tried for a rule; for the others, a value made anew by what they ask."""
