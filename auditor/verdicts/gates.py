"""Gates: what a run must hold to be let through, the verdict, the exit code, and what would unlock more.

Pure functions of findings and measures. A gate has three endings: pass, fail, and not measured, because a run
that could not look has neither held nor broken a limit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from auditor.model import Audit, Coverage, FamilyScore, Finding, GateResult, Outcome, Reach, Result, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What follows from a gate's ending."""

    warns: bool = False
    """Never changes the verdict."""
    must_be_measured: bool = False
    """Not measured makes the verdict inconclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsGate(Terms):
    """At most so many confirmed findings of a severity or above."""

    at_least: Severity
    status: Literal["new", "any"] = "new"
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageGate(Terms):
    """At least this share (0..1) of what applies was judged."""

    least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachGate(Terms):
    """At least this share (0..1) of the documented operations answered 2xx."""

    least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreGate(Terms):
    """At least so many points (0..100), of a family or, with None, of the whole."""

    least: int
    family: str | None = None


HALF_THE_REACH = "reach ≥ half of the operations that may be called"

Gate: TypeAlias = FindingsGate | CoverageGate | ReachGate | ScoreGate


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything gates look at."""

    findings: Sequence[Finding]
    reach: Reach
    coverage: Coverage
    families: Sequence[FamilyScore]
    score: int | None
    complete: bool


def evaluate(
    findings: Sequence[Finding],
    reach: Reach,
    coverage: Coverage,
    families: Sequence[FamilyScore],
    *,
    fail_on: Severity | None,
    gates: Sequence[Gate] = (),
    complete: bool,
    allowed_operations: int,
    score: int | None = None,
) -> tuple[GateResult, ...]:
    """Hold the run against its gates: no new finding ≥ `fail_on` (None: no such gate), `gates`, and half the reach.

    `allowed_operations` counts those that the safety mode lets the audit call. A run that is not complete can
    fail a limit on findings, which stand, and nothing else: what it lacks it may only not have got to.
    """
    measured = Measured(
        findings=findings, reach=reach, coverage=coverage, families=families, score=score, complete=complete
    )
    return (*_held(measured, fail_on, gates), *_half_the_reach(reach, allowed_operations))


def again(
    audit: Audit, findings: Sequence[Finding], *, fail_on: Severity | None, gates: Sequence[Gate] = ()
) -> tuple[GateResult, ...]:
    """Hold a finished run, its findings' statuses decided anew, against other gates; half its reach stays as it was."""
    measured = Measured(
        findings=findings,
        reach=audit.reach,
        coverage=audit.coverage,
        families=audit.families,
        score=audit.score,
        complete=audit.run.complete,
    )
    return (*_held(measured, fail_on, gates), *(one for one in audit.gates if one.name == HALF_THE_REACH))


def _held(measured: Measured, fail_on: Severity | None, gates: Sequence[Gate]) -> tuple[GateResult, ...]:
    default = () if fail_on is None else (FindingsGate(at_least=fail_on),)
    return tuple(_evaluated(gate, measured) for gate in dict.fromkeys((*default, *gates)))


def verdict(
    gates: Sequence[GateResult], *, complete: bool
) -> tuple[Literal["pass", "fail", "inconclusive"], Literal[0, 1, 4]]:
    """Sum the gates up, with the exit code (DESIGN section 6). A failure stands even if the run is incomplete.

    `complete` is false as well where there was no operation to audit: silence is no success.
    """
    binding = [gate.outcome for gate in gates if gate.binding]
    if "fail" in binding:
        return "fail", 1
    if not complete or "not_measured" in binding:
        return "inconclusive", 4
    return "pass", 0


def hints(results: Iterable[Result]) -> tuple[str, ...]:
    """Say what would turn `unsure` and `skip` into verdicts: one line per unlock, most frequent first, skips last.

    What nothing would unlock is one line per outcome, so that every result is counted somewhere.
    """
    buckets: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for result in results:
        if result.outcome in {Outcome.UNSURE, Outcome.SKIP}:
            buckets[result.unlock, "" if result.unlock else result.outcome][result.reason] += 1
    ranked = sorted(buckets.items(), key=lambda one: (one[0][1] == Outcome.SKIP, -one[1].total(), one[0]))
    return tuple(_hint(unlock, outcome, reasons) for (unlock, outcome), reasons in ranked)


def _hint(unlock: str, outcome: str, reasons: Counter[str]) -> str:
    reason = min(reasons, key=lambda one: (-reasons[one], one)) or "no reason given"
    rest = len(reasons) - 1
    others = f" (and {rest} other reason{'s' if rest > 1 else ''})" if rest else ""
    if unlock:
        return f"{reasons.total()} could not be judged: {reason}{others} → {unlock}"
    word = "could not be judged" if outcome == Outcome.UNSURE else "do not apply"
    return f"{reasons.total()} {word}: {reason}{others}"


# --- one gate -----------------------------------------------------------------------------------------------


def _evaluated(gate: Gate, measured: Measured) -> GateResult:
    if isinstance(gate, FindingsGate):
        return _findings(gate, measured)
    if isinstance(gate, CoverageGate):
        coverage = measured.coverage
        share = coverage.share if coverage.applicable else None
        return _share("coverage", gate, share, f"{coverage.judged} of {coverage.applicable} judged", measured.complete)
    if isinstance(gate, ReachGate):
        reach = measured.reach
        share = reach.succeeded / reach.operations if reach.operations else None
        return _share("reach", gate, share, f"{reach.succeeded} of {reach.operations} operations", measured.complete)
    return _score(gate, measured)


def _findings(gate: FindingsGate, measured: Measured) -> GateResult:
    counted = [one for one in measured.findings if _counts(one, gate)]
    word = "new " if gate.status == "new" else ""
    name = f"{'no' if gate.most == 0 else f'at most {gate.most}'} {word}finding ≥ {gate.at_least.label}"
    actual = f"{len(counted)} {word}".rstrip() + _named(counted)
    if len(counted) > gate.most:
        return _ended("fail", name, gate, actual, f"≤ {gate.most}")
    if not measured.complete:
        return _ended("not_measured", name, gate, f"{actual}, and the run did not finish", f"≤ {gate.most}")
    return _ended("pass", name, gate, actual, f"≤ {gate.most}")


def _counts(finding: Finding, gate: FindingsGate) -> bool:
    """Only confirmed findings gate, and suppressed ones never."""
    wanted = {"new"} if gate.status == "new" else {"new", "known"}
    return finding.confirmed and finding.status in wanted and Severity[finding.severity.upper()] >= gate.at_least


def _named(findings: Sequence[Finding]) -> str:
    checks = sorted({one.check for one in findings})
    more = f", +{len(checks) - 5} more" if len(checks) > 5 else ""
    return f" ({', '.join(checks[:5])}{more})" if checks else ""


def _share(name: str, gate: CoverageGate | ReachGate, share: float | None, told: str, complete: bool) -> GateResult:
    expected = f"≥ {_percent(gate.least)}"
    actual = told if share is None else f"{_percent(share)} ({told})"
    title = f"{name} {expected}"
    if share is None or not complete:
        return _ended("not_measured", title, gate, actual, expected)
    return _ended("pass" if share >= gate.least else "fail", title, gate, actual, expected)


def _percent(share: float) -> str:
    """Round down, so that 89.96 % never reads as the 90 % it missed; the tiny term undoes binary fractions."""
    tenths = int(share * 1000 + 1e-9) / 10
    return f"{tenths:g} %"


def _score(gate: ScoreGate, measured: Measured) -> GateResult:
    scores = {one.family: one.score for one in measured.families}
    score = measured.score if gate.family is None else scores.get(gate.family)
    name = f"score {f'of {gate.family} ' if gate.family else ''}≥ {gate.least}"
    if score is None:
        return _ended("not_measured", name, gate, "nothing was judged", f"≥ {gate.least}")
    if not measured.complete:
        return _ended("not_measured", name, gate, f"{score}, and the run did not finish", f"≥ {gate.least}")
    return _ended("pass" if score >= gate.least else "fail", name, gate, str(score), f"≥ {gate.least}")


def _ended(
    outcome: Literal["pass", "fail", "not_measured"], name: str, gate: Gate, actual: str, expected: str
) -> GateResult:
    binding = not gate.warns and (outcome != "not_measured" or gate.must_be_measured)
    return GateResult(name=name, outcome=outcome, actual=actual, expected=expected, binding=binding)


def _half_the_reach(reach: Reach, allowed: int) -> tuple[GateResult, ...]:
    """Reach bounds everything else: below half of what may be called, silence proves nothing (DESIGN section 6).

    Without a documented operation there is nothing to reach, and the gate is left out.
    """
    if not reach.operations:
        return ()
    enough = allowed > 0 and 2 * reach.succeeded >= allowed
    return (
        GateResult(
            name=HALF_THE_REACH,
            outcome="pass" if enough else "not_measured",
            actual=f"{reach.succeeded} of {allowed} operations answered 2xx",
            expected=f"≥ {(allowed + 1) // 2}" if allowed else "an operation that may be called",
        ),
    )
