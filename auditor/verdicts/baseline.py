"""The baseline: findings that were there before, written down so that only new ones fail a gate.

auditor-baseline.json is machine-written and kept in version control: sorted, one block for each entry, so that two
branches merge; people add reasons, tickets and last days, and keys unknown here survive. A run only reads it.
Never in it: critical findings, which need a suppression with a reason, and latency, whose numbers come and go.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from auditor.model import Audit, Finding, Json, Outcome, Severity
from auditor.verdicts.scoring import FINGERPRINT_VERSION, emptied

FORMAT_VERSION: Final = 1
OLD_DAYS: Final = 90
"""Debt older than this is mentioned."""
NEVER: Final = "perf"
"""The family whose findings are numbers of one day."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONFLICT: Final = re.compile(r"^(<{7}|={7}|>{7})", re.MULTILINE)
_KEYS: Final = frozenset(
    {
        *("fingerprint", "check", "operation", "signature", "severity"),
        *("first_seen", "last_seen", "reason", "ticket", "expires"),
    }
)
_TOP: Final = frozenset({"format_version", "tool_version", "fingerprint_version", "entries"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One known finding."""

    fingerprint: str
    check: str
    operation: str
    """What was judged: an operation's label, a resource, the API."""
    signature: str = ""
    severity: Severity
    """The worst that is known; the same finding, worse than this, is new."""
    first_seen: date
    last_seen: date
    reason: str = ""
    ticket: str = ""
    expires: date | None = None
    """The last day on which the finding counts as known."""
    extra: Mapping[str, Json] = field(default_factory=dict)

    def covers(self, finding: Finding, day: date) -> bool:
        return (
            self.fingerprint == finding.fingerprint
            and may_be_known(finding)
            and severity_of(finding) <= self.severity
            and not self.expired(day)
        )

    def expired(self, day: date) -> bool:
        return self.expires is not None and day > self.expires

    def __str__(self) -> str:
        return f"{self.check} on {self.operation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A baseline file."""

    entries: tuple[Entry, ...] = ()
    tool_version: str = ""
    extra: Mapping[str, Json] = field(default_factory=dict)


# --- deciding -----------------------------------------------------------------------------------------------


def may_be_known(finding: Finding) -> bool:
    """Whether a baseline may hold the finding at all."""
    return severity_of(finding) < Severity.CRITICAL and finding.check.partition(".")[0] != NEVER


def severity_of(finding: Finding) -> Severity:
    return Severity[finding.severity.upper()]


def recognised(findings: Iterable[Finding], baseline: Baseline, day: date) -> tuple[Finding, ...]:
    """Mark the findings that the baseline covers on `day` as known."""
    entries = _by_fingerprint(baseline)
    return tuple(
        replace(one, status="known")
        if one.status == "new" and any(each.covers(one, day) for each in entries[one.fingerprint])
        else one
        for one in findings
    )


def notes(findings: Iterable[Finding], baseline: Baseline, day: date) -> tuple[str, ...]:
    """Tell of entries that ended although their finding is still there, and of debt that has grown old."""
    entries = _by_fingerprint(baseline)
    there = [each for one in findings if one.status != "suppressed" for each in entries[one.fingerprint]]
    ended = [one for one in there if one.expired(day)]
    old = [one for one in there if not one.expired(day) and (day - one.first_seen).days > OLD_DAYS]
    told = [
        f"warning: the baseline's entry for {one} ended on {one.expires}: its finding is new again" for one in ended
    ]
    if old:
        eldest = min(old, key=lambda one: (one.first_seen, str(one)))
        some = "1 finding of the baseline is" if len(old) == 1 else f"{len(old)} findings of the baseline are"
        told.append(f"{some} older than {OLD_DAYS} days, the oldest {eldest}, since {eldest.first_seen}")
    return tuple(told)


def _by_fingerprint(baseline: Baseline) -> defaultdict[str, list[Entry]]:
    """Group entries; a merge of two branches may leave two for one finding, and either may cover it."""
    grouped: defaultdict[str, list[Entry]] = defaultdict(list)
    for one in baseline.entries:
        grouped[one.fingerprint].append(one)
    return grouped


# --- keeping ------------------------------------------------------------------------------------------------


def created(audit: Audit, day: date) -> Baseline:
    """Write down everything open that a run found and that a baseline may hold."""
    return updated(Baseline(), audit, day)


def updated(baseline: Baseline, audit: Audit, day: date) -> Baseline:
    """Add what the run found, and bring severity and last day of what it found again up to date.

    Reasons, tickets and last days are people's and stay; so an entry that has ended stays so. Nothing is removed.
    """
    found = _accepted(audit.findings)
    there = {one.fingerprint for one in baseline.entries}
    kept = (_again(one, found[one.fingerprint], day) if one.fingerprint in found else one for one in baseline.entries)
    added = (_entry(one, day) for fingerprint, one in found.items() if fingerprint not in there)
    return replace(baseline, entries=_sorted((*kept, *added)), tool_version=audit.tool.version)


def pruned(baseline: Baseline, audit: Audit) -> Baseline:
    """Remove entries whose check was judged at that place in this run and whose finding did not recur.

    An incomplete run removes nothing: what it did not find it may not have got to.
    """
    if not audit.run.complete:
        return baseline
    judged = places_judged(audit)
    recurred = {one.fingerprint for one in audit.findings}
    kept = (
        one
        for one in baseline.entries
        if one.fingerprint in recurred or (one.check, emptied(one.operation)) not in judged
    )
    return replace(baseline, entries=_sorted(kept))


def unobserved(baseline: Baseline, audit: Audit) -> tuple[Entry, ...]:
    """Return the entries of which the run says nothing: not found again, and not judged either."""
    judged = places_judged(audit)
    found = {one.fingerprint for one in audit.findings}
    return tuple(
        one
        for one in baseline.entries
        if one.fingerprint not in found and (one.check, emptied(one.operation)) not in judged
    )


def places_judged(audit: Audit) -> frozenset[tuple[str, str]]:
    """Return (check, subject) of what passed or failed, parameter names left out as in fingerprints."""
    judged = {Outcome.PASS, Outcome.FAIL}
    return frozenset((one.check, emptied(one.subject)) for one in audit.results if one.outcome in judged)


def _accepted(findings: Sequence[Finding]) -> dict[str, Finding]:
    """Return what may be written down, by fingerprint; of two that share one, the worse."""
    open_ones = (one for one in findings if one.status != "suppressed" and may_be_known(one))
    return {one.fingerprint: one for one in sorted(open_ones, key=severity_of)}


def _again(entry: Entry, finding: Finding, day: date) -> Entry:
    fresh = _entry(finding, day)
    return replace(
        entry,
        check=fresh.check,
        operation=fresh.operation,
        signature=fresh.signature,
        severity=fresh.severity,
        first_seen=min(entry.first_seen, day),
        last_seen=max(entry.last_seen, day),
    )


def _entry(finding: Finding, day: date) -> Entry:
    return Entry(
        fingerprint=finding.fingerprint,
        check=finding.check,
        operation=finding.subject,
        signature=finding.signature,
        severity=severity_of(finding),
        first_seen=day,
        last_seen=day,
    )


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda one: (one.check, one.operation, one.signature, one.fingerprint)))


# --- as text ------------------------------------------------------------------------------------------------


def render(baseline: Baseline) -> str:
    """Return the file's text: entries sorted, keys in a fixed order, unknown ones after them, a newline at the end."""
    data = {
        "format_version": FORMAT_VERSION,
        "tool_version": baseline.tool_version,
        "fingerprint_version": FINGERPRINT_VERSION,
        **baseline.extra,
        "entries": [_plain(one) for one in _sorted(baseline.entries)],
    }
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _plain(entry: Entry) -> dict[str, Json]:
    return {
        "fingerprint": entry.fingerprint,
        "check": entry.check,
        "operation": entry.operation,
        **({"signature": entry.signature} if entry.signature else {}),
        "severity": entry.severity.label,
        "first_seen": entry.first_seen.isoformat(),
        "last_seen": entry.last_seen.isoformat(),
        "reason": entry.reason,
        "ticket": entry.ticket,
        "expires": None if entry.expires is None else entry.expires.isoformat(),
        **entry.extra,
    }


def read(text: str) -> Baseline:
    """Read the file's text. Raises `ValueError` saying what is wrong and where."""
    data = _decoded(text)
    for key, understood in (("format_version", FORMAT_VERSION), ("fingerprint_version", FINGERPRINT_VERSION)):
        if data.get(key) != understood:
            raise ValueError(f"{key} is {json.dumps(data.get(key))}, this auditor reads {understood}")
    entries = data.get("entries", [])
    if not isinstance(entries, list):
        raise ValueError("entries: expected a list")
    return Baseline(
        entries=_sorted(_read_entry(one, f"entries[{index}]") for index, one in enumerate(entries)),
        tool_version=_text(data, "tool_version", "the file", default=""),
        extra={key: value for key, value in data.items() if key not in _TOP},
    )


def _decoded(text: str) -> Mapping[str, Json]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as problem:
        if mark := _CONFLICT.search(text):
            line = text.count("\n", 0, mark.start()) + 1
            raise ValueError(f"line {line}: a merge was left unfinished; keep the entries of both sides") from None
        raise ValueError(f"this is not JSON ({problem})") from None
    if not isinstance(data, dict):
        raise ValueError("expected an object at the top")
    return data


def _read_entry(data: Json, place: str) -> Entry:
    if not isinstance(data, dict):
        raise ValueError(f"{place}: expected an object")
    return Entry(
        fingerprint=_text(data, "fingerprint", place),
        check=_text(data, "check", place),
        operation=_text(data, "operation", place),
        signature=_text(data, "signature", place, default=""),
        severity=_severity(_text(data, "severity", place), place),
        first_seen=_day(data, "first_seen", place),
        last_seen=_day(data, "last_seen", place),
        reason=_text(data, "reason", place, default=""),
        ticket=_text(data, "ticket", place, default=""),
        expires=None if data.get("expires") is None else _day(data, "expires", place),
        extra={key: value for key, value in data.items() if key not in _KEYS},
    )


def _text(data: Mapping[str, Json], key: str, place: str, *, default: str | None = None) -> str:
    value = data.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{place}.{key}: expected a text" + ("" if key in data else ", but the key is missing"))
    return value


def _severity(word: str, place: str) -> Severity:
    labels = {one.label: one for one in Severity}
    if word not in labels:
        raise ValueError(f"{place}.severity: {word!r} is not one of {', '.join(reversed(labels))}")
    return labels[word]


def _day(data: Mapping[str, Json], key: str, place: str) -> date:
    try:
        return date.fromisoformat(_text(data, key, place))
    except ValueError:
        raise ValueError(f"{place}.{key}: expected a day such as 2026-11-21") from None
