"""Reads a refusal: which fields it complains of, and which rules it says they break.

Layouts, codes and sentences are tables (`shapes`, `codes`, `words`, `values`).
Bounded, and never raises, whatever the target answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from auditor.complaints.codes import CODES, coded
from auditor.complaints.layout import MOST_ENTRIES, MOST_TEXT, Entry, Walk
from auditor.complaints.rules import Code, Complaint, Rule
from auditor.complaints.sentences import Subjects, form, options, said_in
from auditor.model import NOT_JSON, Json, Response

MOST_COMPLAINTS = 100
MOST_READ = 12_000
"""Characters of messages that are read of one answer."""


def read(response: Response, names: Iterable[str] = ()) -> tuple[Complaint, ...]:
    """Return what a refusal says is wrong; () for HTML and for answers that say nothing.

    `names` are the fields that are known, as sentences may call them ("Start time" is `startTime`).
    """
    if response.is_html:
        return ()
    body = response.json()
    text = response.text[:MOST_TEXT]
    if body is NOT_JSON and "<html" in text.lower():
        return ()
    subjects = Subjects(names)
    found: list[Complaint] = []
    left = MOST_READ
    for entry in Walk(subjects).entries(text if body is NOT_JSON else body):
        found += complaints_of(entry, subjects)
        left -= len(entry.message)
        if len(found) >= MOST_COMPLAINTS or left < 0:
            break
    return tuple(distinct(found))[:MOST_COMPLAINTS]


def distinct(found: Iterable[Complaint]) -> Iterator[Complaint]:
    """Leave out what is said twice, and what is said with an argument elsewhere."""
    kept: dict[tuple[Rule, tuple[str, ...]], Complaint] = {}
    for one in found:
        key = (one.rule, one.at)
        if key not in kept or (kept[key].argument is None and one.argument is not None):
            kept[key] = one
    reasons = {one.at for one in kept.values() if one.rule is not Rule.INVALID}
    located = {one.rule for one in kept.values() if one.at}
    told = (one for one in kept.values() if one.rule is not Rule.INVALID or one.at not in reasons)
    return (one for one in told if one.at or one.rule not in located)


# --- complaints ---------------------------------------------------------------------------------------------


def complaints_of(entry: Entry, subjects: Subjects) -> list[Complaint]:
    """Return what an entry complains of: by its code, and by its sentences."""
    inner = () if entry.whole else entry.at
    by_words = list(said_in(entry.message, at=inner, location=entry.location, subjects=subjects))
    if entry.whole and entry.at:
        by_words = [replace(one, at=(*entry.at, *one.at)) for one in by_words]
    by_code = [one for code in entry.codes for one in of_code(entry, code)]
    told = [one for one in by_words if one.rule is not Rule.INVALID]
    if any(one.argument is None and one.rule in WITH_ARGUMENT for one in by_code) and told:
        by_code = []
    found = merged(by_code, by_words)
    if found or not entry.at or entry.whole:
        return found
    return [Complaint(rule=Rule.INVALID, at=entry.at, location=entry.location, said=entry.message)]


def merged(by_code: list[Complaint], by_words: list[Complaint]) -> list[Complaint]:
    """Join what the code and the words say; of one rule said twice, the one that says more."""
    if not by_code:
        return by_words
    words = {one.rule: one for one in by_words}
    first = [
        replace(one, argument=words[one.rule].argument) if one.argument is None and one.rule in words else one
        for one in by_code
    ]
    rules = {one.rule for one in first} | {Rule.INVALID}
    return [*first, *(one for one in by_words if one.rule not in rules)]


WITH_ARGUMENT = frozenset(
    {Rule.MIN_LENGTH, Rule.MAX_LENGTH, Rule.MINIMUM, Rule.MAXIMUM, Rule.ABOVE, Rule.BELOW, Rule.MULTIPLE_OF}
    | {Rule.ONE_OF, Rule.PATTERN, Rule.FORMAT, Rule.MIN_ITEMS, Rule.MAX_ITEMS, Rule.EQUAL, Rule.TYPE}
)
"""Rules that say little without an argument."""


def of_code(entry: Entry, code: str) -> Iterator[Complaint]:
    kind = entry.arguments.get("origin", entry.arguments.get("type"))
    key = coded(code, kind)
    if key is None:
        return
    meaning = CODES[key[0]]
    rule, argument = understood(meaning, entry.arguments, kind)
    if rule in {Rule.EQUAL, Rule.TYPE, Rule.FORMAT} and argument is None:
        return
    named = next((entry.arguments[one] for one in meaning.members if entry.arguments.get(one)), None)
    members = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    places = [(*entry.at, str(one)) for one in members[:MOST_ENTRIES] if isinstance(one, str)] or [entry.at]
    for at in places:
        if at:
            yield Complaint(rule=rule, at=at, location=entry.location, argument=argument, said=entry.message)


def understood(meaning: Code, arguments: Mapping[str, Json], kind: Json) -> tuple[Rule, Json]:
    """Return the rule and argument of a code, the argument in the form that the rule takes."""
    found = (plain_argument(arguments[one]) for one in meaning.argument if one in arguments)
    argument = next((one for one in found if one is not None), None) if meaning.fixed is None else meaning.fixed
    rule = meaning.rule
    if rule is Rule.TYPE:
        return rule, argument if argument in TYPE_NAMES else None
    if rule is Rule.FORMAT and isinstance(argument, str):
        return rule, form(argument)
    if rule is Rule.PATTERN and isinstance(argument, str):
        slashed = re.fullmatch(r"/(.+)/[a-z]*", argument)
        return rule, slashed[1] if slashed else argument
    if rule is Rule.ONE_OF and isinstance(argument, str):
        return rule, options(argument)
    if rule in {Rule.MINIMUM, Rule.MAXIMUM}:
        if kind == "date" and isinstance(argument, int | float) and argument > 1e11:
            return rule, datetime.fromtimestamp(argument / 1000, UTC).date().isoformat()
        if arguments.get("inclusive") is False:
            return (Rule.ABOVE if rule is Rule.MINIMUM else Rule.BELOW), argument
    return rule, argument


TYPE_NAMES = frozenset({"string", "integer", "number", "boolean", "array", "object"})


def plain_argument(value: Json) -> Json:
    """Return an argument as data that can be compared: lists as tuples, nothing that nests."""
    if isinstance(value, list):
        flat = tuple(one for one in value if isinstance(one, str | int | float | bool))
        return flat or None
    return value if isinstance(value, str | int | float | bool) else None
