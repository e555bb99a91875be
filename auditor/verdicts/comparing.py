"""Two audits side by side: what was fixed, what is new, what got worse, and what cannot be said.

A finding that is gone counts as fixed only where its check was judged again at the same place, and a new one is a
regression only where the older run judged it and it passed: other input may have found what was always there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from auditor.model import Audit, Finding, Json, Outcome, Result
from auditor.verdicts.baseline import places_judged, severity_of
from auditor.verdicts.scoring import emptied

OTHER_FINGERPRINTS: Final = "fingerprints were computed in another way: findings cannot be matched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One finding, and what became of it."""

    fingerprint: str
    check: str
    subject: str
    severity: str
    message: str
    status: Literal["new", "known", "suppressed"]
    was: str = ""
    """The severity before, where it got worse."""
    why: str = ""
    """Why it cannot be compared; of a new finding, what the older run said there."""
    regression: bool = False
    """The older run judged this check here, and it passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChange:
    """A family's score in both runs; "" is the whole. None where nothing was judged."""

    family: str
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed from one run to the next; findings worst first."""

    old_run: str
    new_run: str
    fixed: tuple[Change, ...] = ()
    new: tuple[Change, ...] = ()
    worse: tuple[Change, ...] = ()
    not_comparable: tuple[Change, ...] = ()
    unchanged: int = 0
    scores: tuple[ScoreChange, ...] = ()
    """Those that differ; none where they were computed in another way."""
    remarks: tuple[str, ...] = ()
    """In what else the runs differ, where that may explain a change."""


def compare(old: Audit, new: Audit) -> Comparison:
    """Compare two runs of one target."""
    if old.fingerprint_version != new.fingerprint_version:
        lost = tuple(_change(one, why=OTHER_FINGERPRINTS) for one in _worst_first(old.findings))
        return _comparison(old, new, not_comparable=lost)
    before, after = _by_fingerprint(old.findings), _by_fingerprint(new.findings)
    gone = [one for one in _worst_first(before.values()) if one.fingerprint not in after]
    come = [one for one in _worst_first(after.values()) if one.fingerprint not in before]
    stayed = [(before[one.fingerprint], one) for one in _worst_first(after.values()) if one.fingerprint in before]
    worse = [(was, now) for was, now in stayed if severity_of(now) > severity_of(was)]
    judged = places_judged(new)
    return _comparison(
        old,
        new,
        fixed=tuple(_change(one) for one in gone if _place(one) in judged),
        new_ones=tuple(_come(one, old) for one in come),
        worse=tuple(_change(now, was=was.severity) for was, now in worse),
        not_comparable=tuple(_change(one, why=_unjudged(one, old, new)) for one in gone if _place(one) not in judged),
        unchanged=len(stayed) - len(worse),
    )


def _comparison(
    old: Audit,
    new: Audit,
    *,
    fixed: tuple[Change, ...] = (),
    new_ones: tuple[Change, ...] = (),
    worse: tuple[Change, ...] = (),
    not_comparable: tuple[Change, ...] = (),
    unchanged: int = 0,
) -> Comparison:
    return Comparison(
        old_run=old.run.id,
        new_run=new.run.id,
        fixed=fixed,
        new=new_ones,
        worse=worse,
        not_comparable=not_comparable,
        unchanged=unchanged,
        scores=tuple(_scores(old, new)),
        remarks=tuple(_remarks(old, new)),
    )


def _by_fingerprint(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Index findings; of two that share a fingerprint, the worse stays."""
    return {one.fingerprint: one for one in sorted(findings, key=severity_of)}


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (-severity_of(one), one.check, one.subject, one.fingerprint))


def _place(one: Finding | Result) -> tuple[str, str]:
    return one.check, emptied(one.subject)


def _change(one: Finding, *, was: str = "", why: str = "", regression: bool = False) -> Change:
    return Change(
        fingerprint=one.fingerprint,
        check=one.check,
        subject=one.subject,
        severity=one.severity,
        message=one.message,
        status=one.status,
        was=was,
        why=why,
        regression=regression,
    )


def _come(one: Finding, old: Audit) -> Change:
    outcomes = {result.outcome for result in old.results if _place(result) == _place(one)}
    if Outcome.FAIL in outcomes:
        return _change(one, why="failed there before, in another way")
    if Outcome.PASS in outcomes:
        return _change(one, why="passed before", regression=True)
    return _change(one, why="was not judged before")


def _unjudged(one: Finding, old: Audit, new: Audit) -> str:
    """Say why the new run neither found it nor found it gone."""
    if one.check not in {each.id for each in new.checks}:
        return "the check was not part of the newer run"
    place = emptied(one.subject)
    if place in _operations(old) and place not in _operations(new):
        whole = new.reach.operations == new.target.document.operations
        return f"the operation is {'gone from the document' if whole else 'not part of the newer run'}"
    said = next((each for each in new.results if _place(each) == _place(one)), None)
    return f"not judged now: {said.reason}" if said is not None and said.reason else "not judged now"


def _operations(audit: Audit) -> frozenset[str]:
    return frozenset(emptied(one.operation) for one in audit.reach.by_operation)


def _scores(old: Audit, new: Audit) -> Iterator[ScoreChange]:
    if old.scoring_version != new.scoring_version:
        return
    before = {"": old.score, **{one.family: one.score for one in old.families}}
    after = {"": new.score, **{one.family: one.score for one in new.families}}
    for family in sorted(before.keys() & after.keys()):
        if before[family] != after[family]:
            yield ScoreChange(family=family, old=before[family], new=after[family])


def _remarks(old: Audit, new: Audit) -> Iterator[str]:
    if old.fingerprint_version != new.fingerprint_version:
        yield f"{OTHER_FINGERPRINTS} (versions {old.fingerprint_version} and {new.fingerprint_version})"
    if old.scoring_version != new.scoring_version:
        yield f"scores were computed in another way (versions {old.scoring_version} and {new.scoring_version})"
    for word, audit in (("older", old), ("newer", new)):
        if not audit.run.complete:
            yield f"the {word} run did not finish: {audit.run.stop_reason or 'no reason given'}"
    if old.target.document.sha256 != new.target.document.sha256:
        yield "the document changed between the runs"
    for name, before, after in (
        ("profile", old.run.profile, new.run.profile),
        ("seed", old.run.seed, new.run.seed),
        ("auditor", old.tool.version, new.tool.version),
    ):
        if before != after:
            yield f"{name} {before} then, {after} now"


# --- rendering ----------------------------------------------------------------------------------------------


def as_json(comparison: Comparison) -> Json:
    """Return the comparison as run.json holds it: the headline, then field for field."""
    fields = {name: _listed(value) for name, value in asdict(comparison).items()}
    return {"summary": headline(comparison), **fields}


def _listed(value: Json) -> Json:
    return list(value) if isinstance(value, tuple) else value


def headline(comparison: Comparison) -> str:
    """Say it in a line: "2 fixed, 1 new (1 regression), 0 worse, 12 unchanged, 3 not comparable"."""
    regressions = sum(one.regression for one in comparison.new)
    named = f" ({regressions} regression{'s' if regressions > 1 else ''})" if regressions else ""
    return (
        f"{len(comparison.fixed)} fixed, {len(comparison.new)} new{named}, {len(comparison.worse)} worse, "
        f"{comparison.unchanged} unchanged, {len(comparison.not_comparable)} not comparable"
    )


def as_text(comparison: Comparison) -> str:
    """Render for a person: what is new first, the headline last. Control characters of the target are still in it."""
    parts = (
        *_section("New", comparison.new, lambda one: "regression" if one.regression else one.why),
        *_section("Worse", comparison.worse, lambda one: f"was {one.was}"),
        *_section("Fixed", comparison.fixed, lambda _: ""),
        *_section("Not comparable", comparison.not_comparable, lambda one: one.why),
        *(f"Score     {_score(one)}" for one in comparison.scores),
        *(f"Note      {one}" for one in comparison.remarks),
        headline(comparison),
    )
    return "\n".join(parts) + "\n"


def _section(title: str, changes: Sequence[Change], aside: Callable[[Change], str]) -> Iterator[str]:
    if not changes:
        return
    yield title
    for one in changes:
        mark = "" if one.status == "new" else f"  {one.status}"
        words = " ".join(one.message.split())
        yield f"  {one.severity.upper():9}{one.check}  {one.subject}{mark}  {one.fingerprint[:12]}"
        yield from (f"           {line}" for line in (words, aside(one)) if line)
    yield ""


def _score(one: ScoreChange) -> str:
    old, new = ("–" if value is None else str(value) for value in (one.old, one.new))
    return f"{one.family or 'whole'} {old} → {new}"
