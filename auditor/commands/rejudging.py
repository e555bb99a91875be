"""`auditor judge`: the rules of today over the evidence of a finished run, without a network.

Rules run again, generators never do. What a run had confirmed by asking again cannot be confirmed here, so a
difference is shown as a difference and no finding is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.check import Check
from auditor.commands import reporting
from auditor.course.passive import Fold, judged
from auditor.evidence import Recipe
from auditor.model import Judgement, Outcome, Result, Verdict
from auditor.sending import recording
from auditor.verdicts.scoring import results

ENDINGS = {"not_applicable": Outcome.SKIP, "unavailable": Outcome.UNSURE, "error": Outcome.ERROR}


def run(folder: Path, checks: Sequence[Check[Any]]) -> int:
    """Judge again, print what came out differently, and return 0. Raises `UsageError` for a folder without a run."""
    before = {(one.check, one.subject): one for one in reporting.finished(folder).results}
    after = {(one.check, one.subject): one for one in again(folder, checks)}
    changed = sorted(key for key in after if key in before and differs(before[key], after[key]))
    for key in changed:
        was, now = before[key], after[key]
        print(f"{was.check} on {was.subject}: {was.outcome} → {now.outcome}  {now.reason}".rstrip())
    print(f"{len(after)} results judged again, {len(changed)} of them differently")
    return 0


def again(folder: Path, checks: Sequence[Check[Any]]) -> tuple[Result, ...]:
    """Return the results that today's rules draw from the recorded evidence and exchanges."""
    exchanges = recording.read_exchanges(folder, {})
    fold = Fold(checks)
    for exchange in exchanges.values():
        fold.observe(exchange)
    judgements = [*from_evidence(folder, checks, exchanges), *fold.judgements(frozenset())]
    judgements += [placed(check, "API", one) for check, facts in fold.whole_run() for one in judged(check, facts)]
    return results(judgements, [one.facts() for one in checks])


def from_evidence(folder: Path, checks: Sequence[Check[Any]], exchanges: Mapping[str, Any]) -> Iterator[Judgement]:
    by_recipe: dict[str, list[Check[Any]]] = {}
    for check in checks:
        if isinstance(check.on, Recipe):
            by_recipe.setdefault(check.on.name, []).append(check)
    kinds = {name: held[0].on.evidence_type for name, held in by_recipe.items() if isinstance(held[0].on, Recipe)}
    for recorded in recording.read_evidence(folder, kinds, exchanges):
        for check in by_recipe.get(recorded.recipe, ()):
            for verdict in verdicts(check, recorded):
                yield placed(check, recorded.subject, verdict)


def verdicts(check: Check[Any], recorded: recording.Recorded) -> tuple[Verdict, ...]:
    if recorded.error is None:
        return judged(check, recorded.value)
    kind, reason, unlock = recorded.error
    return (Verdict(outcome=ENDINGS[kind], message=reason, unlock=unlock),)


def placed(check: Check[Any], subject: str, verdict: Verdict) -> Judgement:
    where = verdict.about or subject
    operation = where if " /" in where else None
    return Judgement(check=check.id, subject=where, operation=operation, verdict=verdict)


def differs(was: Result, now: Result) -> bool:
    """A failure that did not come again when it was asked for had become unsure: that is no change of rules."""
    unrepeated = was.outcome == Outcome.UNSURE and now.outcome == Outcome.FAIL and "not again" in was.reason
    return was.outcome != now.outcome and not unrepeated
