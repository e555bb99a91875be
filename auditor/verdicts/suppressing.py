"""Suppressions: a person's decision to live with a finding, for a while and with a reason.

A suppression never removes a finding: it stays in run.json as "suppressed". One that has ended, or that covers
nothing where its check was judged, is told, so that the list does not outlive what it was written for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from auditor.model import Finding, Json, Outcome, Result
from auditor.selection import matches_label
from auditor.verdicts import baseline as debts
from auditor.verdicts.baseline import Baseline

SOON_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One entry of `suppressions:`."""

    check: str
    """An id, or a glob of ids."""
    operation: str = ""
    """A glob of operations; "" is everywhere."""
    signature: str | None = None
    """None: whatever the signature."""
    reason: str
    expires: date | None = None
    """The last day on which it holds; None: for good."""
    owner: str = ""
    ticket: str = ""
    source: str = ""
    """Where it is written: "auditor.yaml:12"."""

    @property
    def name(self) -> str:
        where = f" on {self.operation}" if self.operation else ""
        return f"{self.source}: the suppression of {self.check}{where}".removeprefix(": ")

    def concerns(self, check: str, subject: str) -> bool:
        wanted = not self.operation or matches_label(self.operation, subject)
        return wanted and fnmatchcase(check, self.check)

    def covers(self, finding: Finding) -> bool:
        if self.signature is not None and self.signature != finding.signature:
            return False
        return self.concerns(finding.check, finding.subject)

    def holds(self, day: date) -> bool:
        return self.expires is None or day <= self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Findings with their status, the entries that suppress any of them, and what the reader should know."""

    findings: tuple[Finding, ...]
    suppressions: tuple[Json, ...] = ()
    notes: tuple[str, ...] = ()


def decided(
    findings: Sequence[Finding],
    results: Sequence[Result],
    *,
    suppressions: Sequence[Suppression],
    baseline: Baseline | None,
    day: date,
    whole: bool,
) -> Decided:
    """Give every finding its status on `day`: suppressed by a person, else known to the baseline, else new.

    `whole` says that the run was complete and left no operation out: only then is a missing match worth a warning.
    """
    known = findings if baseline is None else debts.recognised(findings, baseline, day)
    marked = tuple(_marked(one, suppressions, day) for one in known)
    return Decided(
        findings=marked,
        suppressions=tuple(_records(suppressions, marked, day)),
        notes=(
            *warnings(suppressions, findings, results, day=day, whole=whole),
            *(() if baseline is None else debts.notes(marked, baseline, day)),
        ),
    )


def _marked(finding: Finding, suppressions: Iterable[Suppression], day: date) -> Finding:
    suppressed = any(one.holds(day) and one.covers(finding) for one in suppressions)
    return replace(finding, status="suppressed") if suppressed else finding


def _records(suppressions: Iterable[Suppression], findings: Sequence[Finding], day: date) -> Iterator[Json]:
    for one in suppressions:
        covered = sorted({each.fingerprint for each in findings if one.covers(each)})
        if covered and one.holds(day):
            yield _record(one) | {"findings": covered}


def _record(one: Suppression) -> dict[str, Json]:
    """Write an entry as it is written in auditor.yaml, with its place and without what it leaves out."""
    record: dict[str, Json] = {"check": one.check, "reason": one.reason}
    optional = {"operation": one.operation, "signature": one.signature, "owner": one.owner, "ticket": one.ticket}
    record |= {key: value for key, value in optional.items() if value not in {"", None}}
    record |= {"permanent": True} if one.expires is None else {"expires": one.expires.isoformat()}
    return record | ({"source": one.source} if one.source else {})


def warnings(
    suppressions: Iterable[Suppression],
    findings: Sequence[Finding],
    results: Sequence[Result],
    *,
    day: date,
    whole: bool,
) -> Iterator[str]:
    """Tell of entries that have ended, cover nothing, or end within `SOON_DAYS`; at most one line for each."""
    for one in suppressions:
        covered = sum(one.covers(each) for each in findings)
        if not covered and _was_looked_for(one, results, whole=whole):
            yield f"warning: {one.name} matches nothing; remove it"
        elif one.expires is not None and not one.holds(day):
            yield f"warning: {one.name} ended on {one.expires}: {_new_again(covered)}"
        elif one.expires is not None and covered and (one.expires - day).days < SOON_DAYS:
            yield f"{one.name} ends {_in_days((one.expires - day).days)}"


def _was_looked_for(one: Suppression, results: Iterable[Result], *, whole: bool) -> bool:
    """Whether its finding would have shown, had it been there: judged where the entry says, or nowhere to be judged."""
    concerned = [each for each in results if fnmatchcase(each.check, one.check)]
    there = [each for each in concerned if one.concerns(each.check, each.subject)]
    if not there:
        return whole and bool(concerned)
    return whole and any(each.outcome in {Outcome.PASS, Outcome.FAIL} for each in there)


def _new_again(covered: int) -> str:
    if not covered:
        return "renew or remove it"
    return "its finding is new again" if covered == 1 else f"its {covered} findings are new again"


def _in_days(days: int) -> str:
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
