"""The first screen: what was found, judged, met and reached, each as a number, a bar and a sentence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from auditor.model import Audit, ChecklistRow, Finding, IdentityFacts, Json, Outcome, Result, Severity, StandardRow
from reports import view
from reports.words import count, duration, many, tally

NO_CHECK: Final = "no check of this run looks at it"
_COUNTS_SKIPS: Final = re.compile(r"[\d,]+ (?:does|do) not apply\b")
_NUMBER_AT_END: Final = re.compile(r"\d+$")
_STANDARD_WORDS: Final = {"pass": "met", "fail": "broken", "unsure": "not judged", "skip": "does not apply"}
_SEVERITIES: Final = tuple(one.label for one in sorted(Severity, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a bar, in thousandths of its length."""

    state: str
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number of the first screen, with what it is made of."""

    link: str
    value: str
    label: str
    parts: tuple[Part, ...]
    legend: str
    aside: str


def tiles(audit: Audit) -> tuple[Tile, ...]:
    """Return the four numbers that say where a backend stands: findings, results, standards, operations."""
    return (_findings(audit), _results(audit), _standards(audit), _operations(audit))


def _findings(audit: Audit) -> Tile:
    found = view.open_findings(audit)
    severities = Counter(one.severity for one in found)
    checks = len({one.check for one in found})
    return Tile(
        link="findings",
        value=count(len(found)),
        label=("finding" if len(found) == 1 else "findings") + (f" in {many(checks, 'check')}" if found else ""),
        parts=bar([(name, severities[name]) for name in _SEVERITIES]),
        legend=tally(severities, _SEVERITIES) or "nothing that was judged broke its promise",
        aside=certainty(found),
    )


def certainty(found: Sequence[Finding]) -> str:
    """Say how sure we are: what was confirmed was seen twice, or its effect was read back."""
    confirmed = sum(one.confirmed for one in found)
    if not found:
        return ""
    if confirmed == len(found):
        return "confirmed" if len(found) == 1 else "every one confirmed"
    return f"{count(confirmed)} confirmed, {count(len(found) - confirmed)} not"


def _results(audit: Audit) -> Tile:
    counts = view.totals(audit.results)
    judged, applicable = audit.coverage.judged, audit.coverage.applicable
    return Tile(
        link="unjudged" if counts["unsure"] else "rest",
        value=count(judged),
        label=f"of {many(applicable, 'result')} judged",
        parts=bar([(name, counts[name]) for name in ("fail", "error", "unsure", "pass")]),
        legend=tally(counts, ("fail", "error", "unsure", "pass")),
        aside=f"{count(counts['skip'])} more do not apply" if counts["skip"] else "",
    )


def _standards(audit: Audit) -> Tile:
    counts = Counter(view.state(one.outcome) for one in audit.standards)
    judged = counts["fail"] + counts["pass"]
    named = {_STANDARD_WORDS[name]: counts[name] for name in _STANDARD_WORDS}
    return Tile(
        link="standards",
        value=count(judged),
        label=f"of {many(judged + counts['unsure'], 'standard')} judged",
        parts=bar([(name, counts[name]) for name in ("fail", "unsure", "pass")]),
        legend=tally(named, ("broken", "not judged", "met")),
        aside=f"{count(counts['skip'])} more do not apply" if counts["skip"] else "",
    )


def _operations(audit: Audit) -> Tile:
    reach = audit.reach
    missed = reach.operations - reach.succeeded
    callers = many(len(audit.identities), "identity", "identities")
    return Tile(
        link="reach",
        value=count(reach.succeeded),
        label=f"of {many(reach.operations, 'operation')} reached",
        parts=bar([("unsure", missed), ("pass", reach.succeeded)]),
        legend=f"answered 2xx; asked as {callers}" if audit.identities else "answered 2xx; asked anonymously",
        aside=f"{many(audit.traffic.requests, 'request')} in {duration(audit.run.seconds)}",
    )


def bar(counts: Sequence[tuple[str, int]]) -> tuple[Part, ...]:
    """Divide a bar; whatever is there at all is seen, however little it is."""
    present = [(state, number) for state, number in counts if number > 0]
    total = sum(number for _, number in present)
    lengths = [max(12, 1000 * number // total) for _, number in present]
    if lengths:
        lengths[lengths.index(max(lengths))] += 1000 - sum(lengths)
    starts = [sum(lengths[:index]) for index in range(len(lengths))]
    return tuple(
        Part(state=state, start=start, length=length)
        for (state, _), start, length in zip(present, starts, lengths, strict=True)
    )


def hints(audit: Audit) -> tuple[str, ...]:
    """Return what the reader can do something about: what merely does not apply has a place of its own."""
    return tuple(one for one in audit.hints if not _COUNTS_SKIPS.match(one))


# --- standards and checklist --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One standard with what decided it."""

    id: str
    title: str
    state: str
    checks: tuple[str, ...]
    why: str
    unlock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One row of the checklist with what decided it."""

    title: str
    state: str
    word: str
    why: str
    broken_by: tuple[str, ...]


def standards(audit: Audit) -> tuple[Row, ...]:
    results: defaultdict[str, list[Result]] = defaultdict(list)
    for one in audit.results:
        results[one.check].append(one)
    titles = {one.id: one.title for one in audit.checks}
    return tuple(_row(one, results, titles) for one in audit.standards)


def _row(row: StandardRow, results: Mapping[str, Sequence[Result]], titles: Mapping[str, str]) -> Row:
    state = view.state(row.outcome)
    why, unlock = "", ""
    if state == "unsure":
        why, unlock = _why_open(row, results)
    elif row.rest:
        more = f" and {len(row.rest) - 3} more" if len(row.rest) > 3 else ""
        why = "not on " + ", ".join(row.rest[:3]) + more
    title = row.title or "; ".join(dict.fromkeys(titles.get(check, "") for check in row.checks))
    return Row(id=row.id, title=title, state=state, checks=row.checks, why=why, unlock=unlock)


def _why_open(row: StandardRow, results: Mapping[str, Sequence[Result]]) -> tuple[str, str]:
    """Say why a standard was neither met nor broken, and what would change that."""
    if not row.checks:
        return NO_CHECK, ""
    silent = [check for check in row.checks if not results.get(check)]
    open_ones = [one for check in row.checks for one in results.get(check, ()) if one.outcome in {"unsure", "error"}]
    if open_ones:
        (reason, unlock), _ = Counter((one.reason, one.unlock) for one in open_ones).most_common(1)[0]
        return reason, unlock
    return (f"{', '.join(silent)} gave no result", "") if silent else ("not confirmed", "")


def checklist(audit: Audit, rows: Iterable[Row]) -> tuple[Topic, ...]:
    by_id = {one.id: one for one in rows}
    failing = {one.check for one in audit.results if one.outcome == Outcome.FAIL}
    return tuple(
        _topic(one, [by_id[name] for name in one.standards if name in by_id], failing) for one in audit.checklist
    )


def _topic(row: ChecklistRow, rows: Sequence[Row], failing: set[str]) -> Topic:
    counts = Counter(one.state for one in rows)
    checks = dict.fromkeys(check for one in rows if one.state == "fail" for check in one.checks if check in failing)
    state = view.state(row.outcome)
    return Topic(
        title=row.title,
        state=state,
        word=_STANDARD_WORDS.get(state, row.outcome),
        why=_topic_sentence(state, rows, counts),
        broken_by=tuple(checks),
    )


def _topic_sentence(state: str, rows: Sequence[Row], counts: Mapping[str, int]) -> str:
    if not rows or state == "skip":
        return ""
    if state == "unsure" and not counts["pass"]:
        return next((one.why for one in rows if one.why and one.why != NO_CHECK), NO_CHECK)
    named = {_STANDARD_WORDS[name]: counts[name] for name in _STANDARD_WORDS}
    return f"{many(len(rows), 'standard')}: {tally(named, ('broken', 'met', 'not judged', 'does not apply'))}"


# --- who was there ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A step of what an audit can know: each one lets it judge more."""

    name: str
    had: str
    unlocks: str


def ladder(audit: Audit) -> tuple[Rung, ...]:
    """Return document, anonymous, a user, a second user, an administrator; `had` is empty where it was missing."""
    users = [one for one in audit.identities if one.role not in {"admin", "anonymous"}]
    admins = [one for one in audit.identities if one.role == "admin"]
    known = audit.target.document.operations
    return (
        Rung(name="document", had=many(known, "operation") if known else "", unlocks="everything that is documented"),
        Rung(name="anonymous", had="always", unlocks="headers, errors, refusals"),
        Rung(name="a user", had=_had(users, 0), unlocks="protected operations, validation, injection"),
        Rung(name="a second user", had=_had(users, 1), unlocks="whether objects belong to their owner"),
        Rung(name="an administrator", had=_had(admins, 0), unlocks="whether privileged operations refuse users"),
    )


def _had(callers: Sequence[IdentityFacts], index: int) -> str:
    return f"{callers[index].name}, {callers[index].how}" if len(callers) > index else ""


def callers(names: Iterable[str], known: Iterable[IdentityFacts]) -> str:
    """Name who called; users made for one question are counted: "alice, bob, 41 throwaway users"."""
    named = {one.name for one in known} | {"anonymous"}
    order = sorted(names, key=lambda one: (one not in named, one))
    single = [one for one in order if one in named or not _NUMBER_AT_END.search(one)]
    made = Counter(_NUMBER_AT_END.sub("", one) for one in order if one not in single)
    return ", ".join([*single, *(many(number, f"{name} user") for name, number in sorted(made.items()))])


# --- what people decided ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A suppression: what is lived with, why, until when, and who says so."""

    check: str
    operation: str
    reason: str
    owner: str
    expires: str
    source: str
    findings: tuple[str, ...]


def accepted(audit: Audit) -> tuple[Accepted, ...]:
    """Read `Audit.suppressions`, the next to end first."""
    every = [_accepted(one, audit.run.started_at) for one in audit.suppressions if isinstance(one, Mapping)]
    return tuple(one for _, one in sorted(every, key=lambda pair: (pair[0], pair[1].check, pair[1].operation)))


def _accepted(record: Mapping[str, Json], today: str) -> tuple[str, Accepted]:
    def said(*keys: str) -> str:
        return " · ".join(str(record[key]) for key in keys if record.get(key))

    ends = said("expires")
    covered = record.get("findings")
    return ends or "9999", Accepted(
        check=said("check"),
        operation=said("operation"),
        reason=said("reason"),
        owner=said("owner", "ticket"),
        expires=f"{ends}{_left(ends, today)}" if ends else "for good",
        source=said("source"),
        findings=tuple(str(one) for one in covered) if isinstance(covered, (list, tuple)) else (),
    )


def _left(ends: str, today: str) -> str:
    try:
        days = (date.fromisoformat(ends) - date.fromisoformat(today[:10])).days
    except ValueError:
        return ""
    if days < 0:
        return ", ended"
    return ", last day" if days == 0 else f", {many(days, 'day')} left"


def places(found: Iterable[Finding]) -> Iterator[str]:
    """Name where findings are, each place once."""
    return iter(dict.fromkeys(one.operation or one.subject for one in found))
