"""What a reader wants to see first: findings grouped, results in buckets, the verdict in a sentence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.model import Audit, CheckFacts, Finding, Outcome, Result, Severity
from reports.words import many

SEVERITIES: Final = tuple(one.label for one in sorted(Severity, reverse=True))
OUTCOMES: Final = ("fail", "unsure", "error", "pass", "skip")
WHOLE_API: Final = "the API as a whole"
_WORST_FIRST: Final = ("fail", "error", "unsure", "pass", "skip")
_STATES: Final = {"met": "pass", "broken": "fail", "unjudged": "unsure", "not_measured": "unsure"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The findings of one check, those of one cause side by side."""

    check: CheckFacts
    severity: str
    findings: tuple[Finding, ...]

    @property
    def new(self) -> int:
        return sum(one.status == "new" for one in self.findings)

    @property
    def operations(self) -> int:
        return len({one.operation or one.subject for one in self.findings})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Results that ended the same way for the same reason."""

    reason: str
    unlock: str
    checks: tuple[tuple[str, int], ...]
    operations: tuple[str, ...]

    @property
    def size(self) -> int:
        return sum(number for _, number in self.checks)


def rank(severity: str) -> int:
    """Return 0 for the worst; names unknown to this version come last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def state(outcome: str) -> str:
    """Map the words of standards, checklist and gates to those of results."""
    return _STATES.get(outcome, outcome)


def band(score: int | None) -> str:
    """Name the band of a score: good from 90, middling from 50."""
    if score is None:
        return "none"
    return "good" if score >= 90 else "middling" if score >= 50 else "poor"


def open_findings(audit: Audit) -> tuple[Finding, ...]:
    return tuple(one for one in audit.findings if one.status != "suppressed")


def suppressed_findings(audit: Audit) -> tuple[Finding, ...]:
    return tuple(one for one in audit.findings if one.status == "suppressed")


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (rank(one.severity), one.check, *_place(one)))


def checks(audit: Audit) -> Mapping[str, CheckFacts]:
    """Return the checks by id, bare ones for those that only findings name."""
    bare = {one.check: _unknown(one.check) for one in audit.findings}
    return {**bare, **{one.id: one for one in audit.checks}}


def groups(audit: Audit, findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Group findings by check: worst first, then what is new, then by name."""
    known = checks(audit)
    by_check: defaultdict[str, list[Finding]] = defaultdict(list)
    for one in findings:
        by_check[one.check].append(one)
    every = [_group(known.get(check) or _unknown(check), found) for check, found in by_check.items()]
    return tuple(sorted(every, key=lambda one: (rank(one.severity), not one.new, one.check.id)))


def _group(check: CheckFacts, found: Sequence[Finding]) -> Group:
    sizes = Counter(one.cause for one in found)
    ordered = sorted(found, key=lambda one: (rank(one.severity), -sizes[one.cause], one.cause, *_place(one)))
    return Group(check=check, severity=ordered[0].severity, findings=tuple(ordered))


def _place(finding: Finding) -> tuple[str, str]:
    return finding.subject, finding.fingerprint


def _unknown(check: str) -> CheckFacts:
    family = check.partition(".")[0]
    return CheckFacts(id=check, family=family, title="", severity="info", standards=(), mode="")


def buckets(results: Iterable[Result], outcome: Outcome) -> tuple[Bucket, ...]:
    """Group the results of one outcome by reason, the most frequent reason first."""
    by_reason: defaultdict[tuple[str, str], list[Result]] = defaultdict(list)
    for one in results:
        if one.outcome == outcome:
            by_reason[one.reason, one.unlock].append(one)
    every = [_bucket(reason, unlock, found) for (reason, unlock), found in by_reason.items()]
    return tuple(sorted(every, key=lambda one: (-one.size, one.reason, one.unlock)))


def _bucket(reason: str, unlock: str, found: Sequence[Result]) -> Bucket:
    checks = Counter(one.check for one in found)
    operations = sorted({one.operation or WHOLE_API for one in found})
    return Bucket(reason=reason, unlock=unlock, checks=tuple(sorted(checks.items())), operations=tuple(operations))


def by_check(results: Iterable[Result]) -> Mapping[str, Counter[str]]:
    """Count outcomes per check."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in results:
        counts[one.check][one.outcome] += 1
    return counts


def by_operation(results: Iterable[Result]) -> Mapping[str, Mapping[str, str]]:
    """Return for each operation the worst outcome of each check."""
    cells: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for one in results:
        row = cells[one.operation or WHOLE_API]
        row[one.check] = worst(row.get(one.check, "skip"), one.outcome)
    return cells


def worst(one: str, other: str) -> str:
    return min(one, other, key=lambda name: _WORST_FIRST.index(name) if name in _WORST_FIRST else 99)


def totals(results: Iterable[Result]) -> Counter[str]:
    return Counter(one.outcome for one in results)


def headline(audit: Audit) -> str:
    """Say why the verdict is what it is: "1 of 3 gates failed"."""
    ended = Counter(one.outcome for one in audit.gates)
    if audit.verdict == "fail":
        return f"{ended['fail']} of {many(len(audit.gates), 'gate')} failed"
    if audit.verdict == "pass":
        warned = f", {ended['fail']} warned" if ended["fail"] else ""
        return f"{many(ended['pass'], 'gate')} passed{warned}" if audit.gates else "no gate was set"
    if not audit.run.complete:
        return audit.run.stop_reason or "the run is incomplete"
    if ended["not_measured"]:
        return f"{many(ended['not_measured'], 'gate')} not measured"
    return "too little of the API was reached"


def statuses(findings: Iterable[Finding]) -> str:
    """Count findings by status: "2 new, 5 known"."""
    counts = Counter(one.status for one in findings)
    parts = [f"{counts[name]} {name}" for name in ("new", "known", "suppressed") if counts[name]]
    return ", ".join(parts) or "no findings"
