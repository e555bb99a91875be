"""Reads what a sentence complains of: its subject, and the rules that the table of words finds in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache

from auditor.complaints.parts import CLASSES, FORMATS, NOT_LABELS, NOT_SUBJECTS, PARTS, TYPES
from auditor.complaints.rules import Complaint, Row, Rule
from auditor.complaints.shapes import ENDING, LABELLED, LOCATIONS, PLACED, PREFIXES, SENTENCES
from auditor.complaints.values import ABOUT_VALUES
from auditor.complaints.words import ABOUT_FIELDS
from auditor.model import Json, Location
from auditor.values.makers import words

MOST_SENTENCES = 20
MOST_SENTENCE = 600
GO_KEY = re.compile(r"Key: '(?P<path>[\w.\[\]]{1,120})' Error:")
QUOTED = re.compile(r"[\"'`]([A-Za-z_$][\w.$\[\]-]{0,80})[\"'`]")
LEADING = re.compile(
    r"(?:the |your |a |an )?[\"'`]?(?P<subject>[A-Za-z_$][\w.$\[\]-]{0,60}(?: [a-z0-9_]{1,20}){0,3}?)[\"'`]?"
    r"(?: field| value| parameter| property| attribute)?(?: with value [\"'`][^\"'`\n]{0,200}[\"'`])?,? "
    r"(?:must|is|are|was|can't|cannot|can only|has|have|should|does|do|needs?|may|already|length|too|not|contains?)\b",
    re.IGNORECASE,
)
ENTITIES = frozenset({"with", "for", "of", "in"})


ROWS: tuple[Row, ...] = (*ABOUT_FIELDS, *ABOUT_VALUES)


@dataclass(frozen=True, slots=True)
class Saying:
    """One way of saying a rule, compiled."""

    pattern: re.Pattern[str]
    rule: Rule
    argument: Json = None


@cache
def sayings() -> tuple[Saying, ...]:
    """Return every way of saying a rule in the order to try; compiled when the first refusal is read."""
    return tuple(Saying(compiled(one), rule, argument) for rule, argument, patterns in ROWS for one in patterns)


def compiled(pattern: str) -> re.Pattern[str]:
    """Put the parts in; parts may hold parts."""
    for _ in range(2):
        pattern = re.sub(r"<([A-Z0-9]{1,10})>", lambda found: PARTS[found[1]], pattern)
    return re.compile(pattern, re.IGNORECASE)


class Subjects:
    """The names of fields that are known, by the words they consist of."""

    def __init__(self, names: Iterable[str]) -> None:
        self._exact = set[str]()
        self._spoken: dict[tuple[str, ...], str] = {}
        self._kinds: dict[tuple[str, ...], str] = {}
        for name in names:
            spoken = words(name)
            self._exact.add(name)
            if spoken:
                self._spoken.setdefault(spoken, name)
                self._kinds.setdefault((*spoken[:-1], spoken[-1].removesuffix("s")), name)
                if len(spoken) > 1 and spoken[-1] in {"id", "ids", "uuid"}:
                    self._kinds.setdefault(spoken[:-1], name)

    def knows(self, name: str) -> bool:
        return name in self._exact or words(name) in self._spoken

    def named(self, phrase: str) -> str | None:
        """Return the field that a phrase names exactly, an id left out."""
        spoken = words(phrase)
        return self._spoken.get(spoken) or self._kinds.get(spoken)

    def mentioned(self, text: str) -> str | None:
        """Return the field that a text mentions first; the longer name where two begin at the same word."""
        return next(self.every(text), None)

    def every(self, text: str) -> Iterator[str]:
        """Yield the fields that a text mentions, in order."""
        spoken, start = words(text), 0
        while start < len(spoken):
            for length in range(min(5, len(spoken) - start), 0, -1):
                part = spoken[start : start + length]
                found = self._spoken.get(part) or self._kinds.get(part)
                if found is not None:
                    yield found
                    start += length - 1
                    break
            start += 1


def said_in(message: str, *, at: tuple[str, ...], location: Location | None, subjects: Subjects) -> Iterator[Complaint]:
    """Yield what a message complains of; `at` is the field that its entry is about."""
    text = message.replace("’", "'").replace("“", '"').replace("”", '"').replace("‘", "'").replace("\xa0", " ")
    text = re.sub(r"[ \t]+", " ", text)
    last = at
    for sentence in SENTENCES.split(text)[:MOST_SENTENCES]:
        for one in _said(sentence.strip()[:MOST_SENTENCE], at=at, location=location, subjects=subjects, last=last):
            last = one.at or last
            yield one


def _said(
    sentence: str, *, at: tuple[str, ...], location: Location | None, subjects: Subjects, last: tuple[str, ...]
) -> Iterator[Complaint]:
    rest, place, where = unlabelled(sentence, subjects)
    location = location or where
    matched = list(matches(rest))
    if not matched:
        return
    subject = at or place or subject_of(rest, matched[0][1], subjects)
    for saying, match in matched:
        argument = argument_of(saying, match)
        owned = fields_of(match)
        if owned is None:
            continue
        within = at or place
        if re.search(r"\b(?:one of|either)\b", match[0], re.IGNORECASE):
            owned, others = owned_first(owned, subjects)
            argument = others if saying.rule is Rule.REQUIRED and others else argument
        if saying.rule is Rule.INVALID and owned and not any(subjects.knows(one) for one in owned):
            meant = subjects.mentioned(rest[match.start() :])
            owned = (meant,) if meant is not None else owned
        for own in owned[:1] if within and within[-1] in owned else owned:
            named = within[-1] if within and within[-1] in owned else known_as(own, saying.rule, subjects)
            if at and saying.rule in {Rule.REQUIRED, Rule.NOT_ALLOWED} and at[-1] != named:
                target: tuple[str, ...] = (*at, *named.split("."))
            else:
                target = at or place or placed(named)
            yield from made(saying, sentence, target, location, argument, subjects, match, own=bool(at))
        if not owned:
            yield from made(saying, sentence, subject or last, location, argument, subjects, match, own=bool(at))


def owned_first(names: tuple[str, ...], subjects: Subjects) -> tuple[tuple[str, ...], list[Json]]:
    """Return the first of several fields of which one is enough, those that are known before others, and the rest."""
    known = [one for one in names if subjects.knows(one)]
    return tuple(known[:1]) or names[:1], list(known[1:])


def made(
    saying: Saying,
    sentence: str,
    at: tuple[str, ...],
    location: Location | None,
    argument: Json,
    subjects: Subjects,
    match: re.Match[str],
    *,
    own: bool,
) -> Iterator[Complaint]:
    at = () if saying.rule is Rule.MEDIA_TYPE else at
    complaint = Complaint(rule=saying.rule, at=at, location=location, argument=argument, said=sentence)
    if saying.rule in {Rule.SAME_AS, Rule.AFTER, Rule.BEFORE, Rule.DIFFERENT} and isinstance(argument, str):
        other = other_field(argument, subjects, at)
        if saying.rule is Rule.SAME_AS and "equal to" in match[0].lower() and not subjects.mentioned(argument):
            complaint = replace(complaint, rule=Rule.EQUAL)
        else:
            complaint = replace(complaint, argument=other)
        if at and not own and other is not None and at[-1].lower().removesuffix("s") == other.lower():
            complaint = replace(complaint, at=())
        if saying.rule in {Rule.AFTER, Rule.BEFORE} and complaint.argument is None:
            return
    if saying.rule is Rule.UNKNOWN and not at:
        kind = match.groupdict().get("kind")
        known = subjects.named(kind) if kind else None
        complaint = replace(complaint, at=(known,) if known else ())
    if complaint.at or saying.rule in PLACELESS or (saying.rule in OF_A_VALUE and QUOTED_VALUE.search(sentence)):
        yield complaint


PLACELESS = frozenset(
    {Rule.TAKEN, Rule.MEDIA_TYPE, Rule.UNKNOWN, Rule.FUTURE, Rule.PAST, Rule.NOT_ALLOWED, Rule.WEEKDAY, Rule.HOURS}
    | {Rule.SAME_AS, Rule.DIFFERENT, Rule.FORMAT}
)
"""Rules that help though it is not said which field breaks them."""
OF_A_VALUE = frozenset(
    {Rule.INVALID, Rule.ONE_OF, Rule.PATTERN, Rule.TYPE, Rule.EQUAL, Rule.MIN_LENGTH, Rule.MAX_LENGTH}
)
"""Rules that help where the value is quoted that breaks them."""
QUOTED_VALUE = re.compile(r"[\"'`][^\"'`\n]{3,200}[\"'`]")


def matches(sentence: str) -> Iterator[tuple[Saying, re.Match[str]]]:
    """Yield the sayings found in a sentence; what one has taken is gone for the next."""
    left = sentence
    for saying in sayings():
        match = saying.pattern.search(left)
        if match is not None and match.end() > match.start():
            yield saying, match
            left = left[: match.start()] + "\n" * (match.end() - match.start()) + left[match.end() :]


def unlabelled(sentence: str, subjects: Subjects) -> tuple[str, tuple[str, ...], Location | None]:
    """Take what stands before or behind a sentence and names its place: (the sentence, the place, the location)."""
    go = GO_KEY.search(sentence)
    if go is not None:
        return sentence[go.end() :], placed(go["path"].partition(".")[2] or go["path"]), None
    rest = PREFIXES.sub("", sentence, count=1) if PREFIXES.match(sentence) else sentence
    ending = ENDING.search(rest)
    if ending is not None:
        path = ending["path"] or ending["json"] or ending["behind"]
        return rest[: ending.start()], placed(path.replace("']['", ".").strip("[]'\"$.")), None
    put = PLACED.match(rest)
    if put is not None:
        return rest[put.end() :], placed(put["pointer"]), LOCATIONS[put["location"].lower()]
    labelled = LABELLED.match(rest)
    if labelled is not None and (subjects.knows(labelled["field"]) or labelled["field"].lower() not in NOT_LABELS):
        where = LOCATIONS.get((labelled["location"] or "").lower())
        if labelled["location"] or subjects.knows(labelled["field"]) or not labelled["field"][0].isupper():
            return rest[labelled.end() :], placed(labelled["field"]), where
    return rest, (), None


def placed(written: str) -> tuple[str, ...]:
    """Split a place in a sentence into names."""
    return tuple(one for one in re.split(r"[./\[\]:]+", written.strip("\"'`$. ")) if one)


def subject_of(sentence: str, match: re.Match[str], subjects: Subjects) -> tuple[str, ...]:
    """Return the field that a sentence is about: what stands before the verb, what is quoted, what is mentioned."""
    leading = LEADING.match(sentence)
    phrase = leading["subject"] if leading is not None else ""
    exact = subjects.named(phrase) if phrase else None
    if exact is not None:
        return (exact,)
    quoted = QUOTED.search(sentence[: match.start()] + sentence[match.end() :])
    if quoted is not None and not subjects.knows(quoted[1]) and subjects.named(quoted[1].split(".")[-1]):
        return (str(subjects.named(quoted[1].split(".")[-1])),)
    if quoted is not None and (subjects.knows(quoted[1]) or sentence.startswith(quoted[0])):
        return placed(quoted[1])
    path = re.match(r"path [\"'`](?P<field>[\w.]{1,80})[\"'`]", sentence, re.IGNORECASE)
    if path is not None:
        return placed(path["field"])
    mentioned = (
        subjects.mentioned(phrase) or subjects.mentioned(sentence[: match.start()]) or subjects.mentioned(sentence)
    )
    if mentioned is not None:
        return (mentioned,)
    return invented(phrase)


def invented(phrase: str) -> tuple[str, ...]:
    """Return the name that a phrase seems to be: one word as it stands, several in snake_case."""
    spoken = [one for one in phrase.split() if one.lower() not in NOT_SUBJECTS]
    if not spoken or len(spoken) > 3 or (len(spoken) == 1 and len(spoken[0]) < 2):
        return ()
    if len(spoken) == 1:
        return placed(spoken[0] if not re.fullmatch(r"[A-Z][a-z]+", spoken[0]) else spoken[0].lower())
    return ("_".join(one.lower() for one in spoken),)


def known_as(name: str, rule: Rule, subjects: Subjects) -> str:
    """Return the field that is meant by a name; databases name a constraint that is called after it."""
    if rule in {Rule.TAKEN, Rule.UNKNOWN}:
        return subjects.named(name) or subjects.mentioned(name) or name
    return subjects.named(name) or name


def fields_of(match: re.Match[str]) -> tuple[str, ...] | None:
    """Return the names that a saying's own words give; None where it should give some and they are none."""
    groups = match.groupdict()
    if groups.get("fields"):
        listed = re.split(r"[\"'`]?\s?(?:,|\band\b|\bor\b)\s?[\"'`:]{0,2}|[\"'`] [\"'`]", groups["fields"])
        found = (one.strip(" \"'`:[](){}.") for one in listed)
        proper = (one for one in found if re.fullmatch(r"[A-Za-z_$][\w.$\[\] -]*", one))
        return tuple(dict.fromkeys(one for one in proper if one.lower() not in {"and", "or", "the", "a", "an"})) or None
    named = (groups.get("field") or "").strip(" .\"'`")
    if not named:
        return ()
    spoken = invented(named) if " " in named else (named,)
    return () if not spoken or spoken[0].lower() in NOT_SUBJECTS else (".".join(spoken),)


def other_field(phrase: str, subjects: Subjects, at: tuple[str, ...]) -> str | None:
    """Return the other field of a rule about two; a name in one word is believed though it is not known."""
    own = at[-1] if at else ""
    for found in subjects.every(phrase):
        if found != own:
            return found
    first = phrase.split()[0].strip("\"'`.,")
    if first.lower() in NOT_SUBJECTS or not re.fullmatch(r"[A-Za-z_][\w.-]*", first):
        return None
    spoken = invented(phrase if len(phrase.split()) <= 2 else first)
    return spoken[-1] if spoken else None


# --- arguments ----------------------------------------------------------------------------------------------


def argument_of(saying: Saying, match: re.Match[str]) -> Json:
    """Return what a rule asks, from the words that the expression has caught."""
    groups = {key: value for key, value in match.groupdict().items() if value is not None}
    if saying.argument is not None:
        return saying.argument
    if "n" in groups and "m" in groups:
        least, most = number(groups["n"]), number(groups["m"])
        return (least, most + 12 if "pm" in groups and most < 12 else most)
    if "years" in groups:
        return int(groups["years"]) * 366
    if "hours" in groups:
        return int(groups["hours"]) // 24 + 1
    if "days" in groups:
        return int(groups["days"]) + 1
    if "n" in groups:
        size = number(groups["n"])
        return (size, size) if saying.rule is Rule.LENGTH else size
    if "places" in groups:
        return 10 ** max(int(groups["places"]) - 2, 1) - 1
    if "digits" in groups:
        return f"^[1-9][0-9]{{{int(groups['digits']) - 1}}}$"
    if saying.rule is Rule.CHARACTERS:
        found = tuple(name for pattern, name in CLASSES if pattern.search(match[0]))
        return found or None
    return worded(saying, groups)


def worded(saying: Saying, groups: dict[str, str]) -> Json:
    if "list" in groups:
        return options(groups["list"])
    if "type" in groups:
        word = re.sub(r"\d+$", "", groups["type"].lower())
        return TYPES.get(word) or TYPES.get(word.removesuffix("s"))
    if saying.rule is Rule.FORMAT:
        return form(groups["format"]) if "format" in groups else "date-time"
    if "regex" in groups:
        return groups["regex"]
    if "value" in groups:
        if saying.rule is Rule.PATTERN:
            return "^" + re.escape(groups["value"])
        return moment(groups["value"]) if saying.rule in {Rule.MINIMUM, Rule.MAXIMUM} else groups["value"]
    said = groups.get("other") or groups.get("kind") or groups.get("media")
    return said.rstrip(". ") if said else None


def number(text: str) -> int | float:
    value = float(text.replace(",", "."))
    return int(value) if value.is_integer() else value


def options(text: str) -> tuple[str, ...] | None:
    """Read a list of allowed values as people write them: `[a, b]`, `'a' | 'b'`, `"a", "b" or "c"`, `a, b`."""
    quoted = re.findall(r"[\"'`]([^\"'`\n]{1,100})[\"'`]", text)
    inner = text.strip().strip("[](){}").strip()
    found = quoted or re.split(r"\s?(?:,|\||;|/|\bor\b|\band\b)\s?", inner)
    values = tuple(dict.fromkeys(one.strip(" .:") for one in found if one.strip(" .:")))
    return values if values and all(len(one.split()) <= 3 for one in values) else None


def form(text: str) -> str | None:
    """Return the format that words mean: a name that makers know, or "date:" and strftime's letters."""
    if re.fullmatch(r"[-ymdhsxtz%/. :']{6,40}", text, re.IGNORECASE):
        written = letters(text)
        return "date" if written == "%Y-%m-%d" else "date-time" if "%Y-%m-%d" in written else f"date:{written}"
    plain = re.sub(r"\s+", " ", text.strip().lower())
    return next((name for pattern, name in FORMATS if pattern.fullmatch(plain)), plain if "-" in plain else None)


def letters(text: str) -> str:
    """Write a date format in strftime's letters: `dd/MM/yyyy HH:mm` → `%d/%m/%Y %H:%M`."""
    if "%" in text:
        return text
    found, hours = "", False
    for part in re.findall(r"[A-Za-z]+|[^A-Za-z]+", text.replace("'", "").replace("[T]", "T")):
        lower = part.lower()
        for piece in re.findall(r"y+|m+|d+|h+|s+|[^ymdhs]+", lower):
            if piece[0] == "h":
                hours = True
            found += {"y": "%Y", "m": "%M" if hours else "%m", "d": "%d", "h": "%H", "s": "%S"}.get(
                piece[0], piece.upper()
            )
    return found


def moment(text: str) -> str | None:
    """Return an ISO date of a bound that is told as a date, however it is written."""
    iso = re.match(r"\d{4}-\d\d-\d\d", text)
    if iso is not None:
        return iso[0]
    try:
        return datetime.strptime(" ".join(text.split()[1:4]), "%b %d %Y").date().isoformat()
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, IndexError):
        return None
