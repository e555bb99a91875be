"""From judgements to numbers and findings: scores, coverage, standards, checklist, fingerprints.

Pure, and indifferent to the order of judgements. A failure graded info is no failure here: it becomes a note
beside a pass. Severities weigh by their value; `skip`, `unsure` and `error` weigh nothing (DESIGN section 5).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256

from auditor.model import (
    CheckFacts,
    ChecklistRow,
    Coverage,
    FamilyScore,
    Finding,
    Judgement,
    Outcome,
    Result,
    Severity,
    StandardRow,
)
from auditor.verdicts.standards import DELIVERABLES, STANDARDS

FINGERPRINT_VERSION = 1
"""Fingerprints of different versions say nothing about each other; see `Audit.fingerprint_version`."""

CRITICAL_CAP = 49
"""A confirmed critical failure keeps family and total below the half, however much else is well."""

MET_SHARE = Fraction(9, 10)
"""A standard is met when every check passes on this share of what it applies to, the rest not judged."""

# When one subject got several verdicts, the first of these that occurs is its result: a failure outweighs all,
# our own bug must not hide behind a pass, and a pass was judged where `unsure` and `skip` were not.
_PRECEDENCE = (Outcome.FAIL, Outcome.ERROR, Outcome.PASS, Outcome.UNSURE, Outcome.SKIP)


# --- results ------------------------------------------------------------------------------------------------


def results(judgements: Sequence[Judgement], facts: Sequence[CheckFacts]) -> tuple[Result, ...]:
    """Give each (check, subject) one result, sorted by both.

    Raises `KeyError` for a judgement of a check that is not among `facts`; so do all functions here.
    """
    grouped: dict[tuple[str, str], list[Judgement]] = defaultdict(list)
    for one in _settled(judgements, facts):
        grouped[one.check, one.subject].append(one)
    return tuple(_result(grouped[key]) for key in sorted(grouped))


def _result(same: Sequence[Judgement]) -> Result:
    leading = min(same, key=_rank)
    verdict = leading.verdict
    return Result(
        check=leading.check,
        subject=leading.subject,
        operation=leading.operation,
        outcome=verdict.outcome,
        reason=verdict.message or verdict.note,
        unlock=verdict.unlock,
        confirmed=any(one.confirmed for one in same if one.verdict.outcome is verdict.outcome),
    )


def _rank(one: Judgement) -> tuple[int, int, bool, bool, tuple[str, ...]]:
    """Order judgements of one subject: the telling one first, ties broken by words so that order cannot matter."""
    verdict = one.verdict
    silent = not (verdict.message or verdict.note)
    seen = (part for each in one.seen for part in (each.role, each.exchange))
    words = (verdict.signature, verdict.message, verdict.note, verdict.unlock, one.operation or "", *seen)
    return (_PRECEDENCE.index(verdict.outcome), -(verdict.severity or 0), not one.confirmed, silent, words)


def _settled(judgements: Iterable[Judgement], facts: Sequence[CheckFacts]) -> list[Judgement]:
    """Give every failure its severity, and turn those graded info into passes with a note."""
    usual = {one.id: _severity(one) for one in facts}
    return [_graded(one, usual[one.check]) for one in judgements]


def _graded(one: Judgement, usual: Severity) -> Judgement:
    verdict = one.verdict
    if verdict.outcome is not Outcome.FAIL:
        return one
    severity = usual if verdict.severity is None else verdict.severity
    if severity > Severity.INFO:
        return replace(one, verdict=replace(verdict, severity=severity))
    note = verdict.message or verdict.note
    return replace(one, verdict=replace(verdict, outcome=Outcome.PASS, message="", note=note, severity=None))


def _severity(facts: CheckFacts) -> Severity:
    return Severity[facts.severity.upper()]


def overridden(
    judgements: Sequence[Judgement], facts: Sequence[CheckFacts], severities: Mapping[str, Severity]
) -> tuple[tuple[Judgement, ...], tuple[CheckFacts, ...]]:
    """Apply the severities that the user set, by check id: they replace the usual ones and the rule's own grades."""
    graded = (
        replace(one, verdict=replace(one.verdict, severity=severities[one.check])) if one.check in severities else one
        for one in judgements
    )
    told = (replace(one, severity=severities[one.id].label) if one.id in severities else one for one in facts)
    return tuple(graded), tuple(told)


# --- scores -------------------------------------------------------------------------------------------------


def families(judgements: Sequence[Judgement], facts: Sequence[CheckFacts]) -> tuple[FamilyScore, ...]:
    """Score each family that has a check, judged or not; sorted by name.

    `counts` holds the number of subjects per outcome, all five outcomes always.
    """
    by_check = _by_check(judgements, facts)
    return tuple(_family(family, by_check, facts) for family in sorted({one.family for one in facts}))


def _family(family: str, by_check: Mapping[str, Tally], facts: Sequence[CheckFacts]) -> FamilyScore:
    mine = [one for one in facts if one.family == family]
    counts = _total(by_check[one.id] for one in mine)
    in_order = {outcome.value: counts[outcome] for outcome in Outcome}
    return FamilyScore(family=family, score=_mean(by_check, mine), coverage=_coverage(counts), counts=in_order)


def score(judgements: Sequence[Judgement], facts: Sequence[CheckFacts]) -> int | None:
    """Score the whole, 0..100, rounded down so that only a clean sheet is 100; None when nothing was judged."""
    return _mean(_by_check(judgements, facts), facts)


def coverage(judgements: Sequence[Judgement], facts: Sequence[CheckFacts]) -> Coverage:
    """Count the subjects judged (pass, fail) among those to which checks apply (these, unsure and error)."""
    return _coverage(_total(_by_check(judgements, facts).values()))


def share(judgements: Sequence[Judgement], facts: Sequence[CheckFacts], *, check: str) -> Fraction | None:
    """Return the share of the check's judged subjects that pass; None when none was judged."""
    return _by_check(judgements, facts)[check].share


@dataclass(slots=True)
class Tally:
    """What became of one check's subjects."""

    counts: Counter[str]
    critical: bool = False
    """A failure that is confirmed and critical."""

    @property
    def share(self) -> Fraction | None:
        judged = self.counts[Outcome.PASS] + self.counts[Outcome.FAIL]
        return Fraction(self.counts[Outcome.PASS], judged) if judged else None


def _by_check(judgements: Sequence[Judgement], facts: Sequence[CheckFacts]) -> dict[str, Tally]:
    tallies = {one.id: Tally(Counter()) for one in facts}
    for result in results(judgements, facts):
        tallies[result.check].counts[result.outcome] += 1
    for one in _settled(judgements, facts):
        if one.confirmed and one.verdict.outcome is Outcome.FAIL and one.verdict.severity is Severity.CRITICAL:
            tallies[one.check].critical = True
    return tallies


def _mean(by_check: Mapping[str, Tally], facts: Sequence[CheckFacts]) -> int | None:
    """Mean of shares weighted by severity, in exact fractions: floats would depend on the order."""
    weighed = [(_severity(one), one_share) for one in facts if (one_share := by_check[one.id].share) is not None]
    weight = sum(severity for severity, _ in weighed)
    if not weight:
        return None
    mean = int(100 * sum((severity * part for severity, part in weighed), Fraction(0)) / weight)
    return min(mean, CRITICAL_CAP) if any(by_check[one.id].critical for one in facts) else mean


def _total(tallies: Iterable[Tally]) -> Counter[str]:
    return sum((tally.counts for tally in tallies), Counter())


def _coverage(counts: Mapping[str, int]) -> Coverage:
    judged = counts[Outcome.PASS] + counts[Outcome.FAIL]
    return Coverage(judged=judged, applicable=judged + counts[Outcome.UNSURE] + counts[Outcome.ERROR])


# --- standards ----------------------------------------------------------------------------------------------


def standards(judgements: Sequence[Judgement], facts: Sequence[CheckFacts]) -> tuple[StandardRow, ...]:
    """Answer every row of STANDARDS.md, in its order: broken, met, skip or unjudged, never passed in silence."""
    by_check: dict[str, list[Result]] = {one.id: [] for one in facts}
    for result in results(judgements, facts):
        by_check[result.check].append(result)
    return tuple(replace(_row(row.id, by_check, facts), title=row.text) for row in STANDARDS)


def _row(standard: str, by_check: Mapping[str, Sequence[Result]], facts: Sequence[CheckFacts]) -> StandardRow:
    checks = tuple(sorted(one.id for one in facts if standard in one.standards))
    outcome = _row_outcome([by_check[check] for check in checks])
    rest = tuple(f"{one.check} {one.subject}" for check in checks for one in by_check[check] if _left_open(one))
    return StandardRow(id=standard, outcome=outcome, checks=checks, rest=rest if outcome == "met" else ())


def _row_outcome(checks: Sequence[Sequence[Result]]) -> str:
    """Sum up a row's checks. One without any result may well apply, so it keeps the row from being met."""
    every = [one for check in checks for one in check]
    if any(one.outcome == Outcome.FAIL and one.confirmed for one in every):
        return "broken"
    if not checks or not all(checks):
        return "unjudged"
    if all(one.outcome == Outcome.SKIP for one in every):
        return "skip"
    return "met" if all(_holds(check) for check in checks) else "unjudged"


def _holds(check: Sequence[Result]) -> bool:
    applies = [one for one in check if one.outcome != Outcome.SKIP]
    passes = sum(one.outcome == Outcome.PASS for one in applies)
    return passes >= MET_SHARE * len(applies)


def _left_open(one: Result) -> bool:
    return one.outcome not in {Outcome.PASS, Outcome.SKIP}


def checklist(rows: Sequence[StandardRow]) -> tuple[ChecklistRow, ...]:
    """Answer the fifteen deliverables from the rows: broken, met, skip (none applies) or unjudged."""
    outcomes = {row.id: row.outcome for row in rows}
    return tuple(
        ChecklistRow(
            title=one.title,
            outcome=_deliverable([outcomes.get(standard, "unjudged") for standard in one.standards]),
            standards=one.standards,
        )
        for one in DELIVERABLES
    )


def _deliverable(outcomes: Sequence[str]) -> str:
    if "broken" in outcomes:
        return "broken"
    if "unjudged" in outcomes:
        return "unjudged"
    return "met" if "met" in outcomes else "skip"


# --- findings -----------------------------------------------------------------------------------------------


def findings(
    judgements: Sequence[Judgement],
    facts: Sequence[CheckFacts],
    *,
    curl: Callable[[Judgement], str],
    line: Callable[[Judgement], int | None],
) -> tuple[Finding, ...]:
    """Turn failures above info into findings, one per (check, subject, signature); worst first.

    `curl` tells how to repeat a judgement, `line` where the document declares its operation.
    """
    grouped: dict[tuple[str, str, str], list[Judgement]] = defaultdict(list)
    for one in _settled(judgements, facts):
        if one.verdict.outcome is Outcome.FAIL:
            grouped[one.check, one.subject, one.verdict.signature].append(one)
    fixes = {one.id: one.fix for one in facts}
    worst_first = sorted(grouped.items(), key=lambda group: (-_worst(group[1]), group[0]))
    return tuple(_finding(same, fixes[check], curl=curl, line=line) for (check, _, _), same in worst_first)


def _worst(same: Sequence[Judgement]) -> Severity:
    return max((one.verdict.severity for one in same if one.verdict.severity is not None), default=Severity.INFO)


def _finding(
    same: Sequence[Judgement],
    fix: str,
    *,
    curl: Callable[[Judgement], str],
    line: Callable[[Judgement], int | None],
) -> Finding:
    leading = min(same, key=_rank)
    signature = leading.verdict.signature
    method, template = _placed(leading)
    return Finding(
        fingerprint=fingerprint(leading.check, method, template, signature),
        cause=cause(leading.check, signature),
        check=leading.check,
        subject=leading.subject,
        operation=leading.operation,
        severity=_worst(same).label,
        message=leading.verdict.message,
        confirmed=any(one.confirmed for one in same),
        evidence=leading.seen,
        curl=curl(leading),
        fix=fix,
        document_line=line(leading),
        count=sum(one.count for one in same),
        signature=signature,
    )


def _placed(one: Judgement) -> tuple[str, str]:
    """Split the subject: "GET /users/{id}" into method and template; others (a resource, the API) have no method.

    The subject, not the operation: two subjects of one operation are two findings.
    """
    method, space, template = one.subject.partition(" ")
    return (method, template) if space and method.isupper() else ("", one.subject)


def notes(judgements: Sequence[Judgement], facts: Sequence[CheckFacts]) -> tuple[str, ...]:
    """Collect info lines: failures graded info and notes beside passes; equal ones told once, with their subjects."""
    subjects: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in _settled(judgements, facts):
        if one.verdict.note:
            subjects[one.check, one.verdict.note].add(one.subject)
    return tuple(f"{check}: {note} ({_listed(subjects[check, note])})" for check, note in sorted(subjects))


def _listed(subjects: set[str]) -> str:
    first = sorted(subjects)[:3]
    return ", ".join(first) + (f", +{len(subjects) - 3} more" if len(subjects) > 3 else "")


def fingerprint(check_id: str, method: str, template: str, signature: str) -> str:
    """Identify a failure across hosts, seeds and days: 32 hex digits of sha256 over auditor-fp/1 (DESIGN section 5).

    Parameter names in `template` do not count, nor do scheme and host, nor a run's canary.
    """
    hostless = re.sub(r"^https?://[^/]*", "", template)
    return _digest(f"auditor-fp/{FINGERPRINT_VERSION}", check_id, method.upper(), emptied(hostless), signature)


def emptied(subject: str) -> str:
    """Leave out of a subject what may change without its becoming another: parameter names and the run's canary."""
    return re.sub(r"\{[^{}]*\}|aud[0-9a-f]{12}", "{}", subject)


def cause(check_id: str, signature: str) -> str:
    """Identify what one cause shows in many places: 32 hex digits, the place left out."""
    return _digest("auditor-cause/1", check_id, signature)


def _digest(*parts: str) -> str:
    """Hash lines; a line break inside a part is escaped, so that two lists of parts never read the same."""
    lines = "\n".join(part.replace("\\", "\\\\").replace("\n", "\\n") for part in parts)
    return sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()[:32]
