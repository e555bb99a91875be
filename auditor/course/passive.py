"""Runs passive rules as exchanges are captured and folds what they say, so that memory does not grow with traffic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from auditor.check import Check
from auditor.evidence import EveryExchange, Fact, WholeRun
from auditor.model import Exchange, Judgement, Outcome, Role, Seen, Verdict

MOST_EXAMPLES = 3
MOST_FACTS = 20_000
NOT_AGAIN = "seen once and not again"
NOT_ASKED_AGAIN = "seen once, and the run ended before it was asked again"
UNJUDGED_PHASES = frozenset({"confirming", "cleanup", "watching"})

Key: TypeAlias = tuple[str, str, str]
"""(check, subject, signature) of a failure."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """How often one verdict was given about one subject, with the first examples."""

    verdict: Verdict
    operation: str | None
    count: int = 0
    examples: list[Exchange] = field(default_factory=list)

    def add(self, exchange: Exchange) -> None:
        self.count += 1
        if len(self.examples) < MOST_EXAMPLES and self.verdict.outcome is not Outcome.PASS:
            self.examples.append(exchange)

    def join(self, other: Tally) -> None:
        self.count += other.count
        self.examples = [*self.examples, *other.examples][:MOST_EXAMPLES]


Tallies: TypeAlias = dict[tuple[str, str], dict[tuple[Outcome, str, bool], Tally]]
"""By check and subject, then by outcome, signature and whether there is a note."""


class Fold:
    """Everything passive rules have said so far."""

    def __init__(self, checks: Iterable[Check[Any]]) -> None:
        every = tuple(checks)
        self._rules = [one for one in every if isinstance(one.on, EveryExchange)]
        self._whole = [one for one in every if isinstance(one.on, WholeRun)]
        self._tallies: Tallies = {}
        self._facts: dict[str, list[Fact[Any]]] = {one.id: [] for one in self._whole}
        self._kept: tuple[Tallies, dict[str, int]] | None = None
        """What was said, and how many facts there were, before the world was in doubt."""

    def doubt(self) -> None:
        """Keep apart what is seen from now on: the world may be broken."""
        if self._kept is None:
            self._kept = self._tallies, {name: len(facts) for name, facts in self._facts.items()}
            self._tallies = {}

    def cleared(self, kept: bool) -> None:
        """Count what was seen since the doubt after all, or forget it."""
        if self._kept is None:
            return
        since, (self._tallies, counts), self._kept = self._tallies, self._kept, None
        for place, said in since.items() if kept else ():
            for key, tally in said.items():
                known = self._tallies.setdefault(place, {}).setdefault(key, tally)
                if known is not tally:
                    known.join(tally)
        for name, count in counts.items() if not kept else ():
            del self._facts[name][count:]

    def observe(self, exchange: Exchange) -> None:
        """Judge one exchange; confirming and clean-up traffic is not judged, nor is silence."""
        if exchange.phase in UNJUDGED_PHASES or exchange.response.status == 0:
            return
        for check in self._rules:
            self._fold(check, exchange)
        for check in self._whole:
            self._keep(check, exchange)

    def _fold(self, check: Check[Any], exchange: Exchange) -> None:
        for verdict in judged(check, exchange):
            self._tally(check, exchange, verdict)

    def _tally(self, check: Check[Any], exchange: Exchange, verdict: Verdict) -> None:
        said = self._tallies.setdefault((check.id, verdict.about or exchange.subject), {})
        key = (verdict.outcome, verdict.signature, bool(verdict.note))
        operation = exchange.operation.label if exchange.operation else None
        said.setdefault(key, Tally(verdict=verdict, operation=operation)).add(exchange)

    def _keep(self, check: Check[Any], exchange: Exchange) -> None:
        facts = self._facts[check.id]
        if len(facts) >= MOST_FACTS or not isinstance(check.on, WholeRun):
            return
        try:
            value = check.on.extract(exchange)
        except Exception as bug:
            self._tally(check, exchange, broken(check, bug))
            return
        if value is not None:
            facts.append(Fact(exchange=exchange.id, subject=exchange.subject, value=value))

    def failures(self) -> list[tuple[Check[Any], str, Tally]]:
        """Return every failure: the check, the subject, the tally with its examples."""
        by_id = {one.id: one for one in self._rules}
        return [
            (by_id[check], subject, tally)
            for (check, subject), said in self._tallies.items()
            for tally in said.values()
            if tally.verdict.outcome is Outcome.FAIL
        ]

    def judgements(self, unconfirmed: frozenset[Key], *, why: str = NOT_AGAIN) -> list[Judgement]:
        """Return one judgement per subject and outcome that matters; `unconfirmed` failures become unsure: `why`."""
        found: list[Judgement] = []
        for (check, subject), said in self._tallies.items():
            found.extend(_placed(check, subject, list(said.values()), unconfirmed, why))
        return found

    def whole_run(self) -> list[tuple[Check[Any], Sequence[Fact[Any]]]]:
        return [(one, tuple(self._facts[one.id])) for one in self._whole]


def judged(check: Check[Any], evidence: Any) -> tuple[Verdict, ...]:
    """Judge; a rule that raises is our bug, never the target's failing."""
    try:
        return check(evidence)
    except Exception as bug:
        return (broken(check, bug),)


def broken(check: Check[Any], bug: Exception) -> Verdict:
    return Verdict(outcome=Outcome.ERROR, message=f"{type(bug).__name__} in {check.id}: {bug}")


def _placed(check: str, subject: str, tallies: list[Tally], unconfirmed: frozenset[Key], why: str) -> list[Judgement]:
    failed = [one for one in tallies if one.verdict.outcome is Outcome.FAIL]
    if failed:
        return [_failure(check, subject, one, unconfirmed, why) for one in failed]
    order = (Outcome.ERROR, Outcome.UNSURE, Outcome.PASS, Outcome.SKIP)
    ranked = sorted(tallies, key=lambda one: (order.index(one.verdict.outcome), not one.verdict.note))
    return [_judgement(check, subject, ranked[0], ranked[0].verdict, confirmed=False)]


def _failure(check: str, subject: str, tally: Tally, unconfirmed: frozenset[Key], why: str) -> Judgement:
    if (check, subject, tally.verdict.signature) not in unconfirmed:
        return _judgement(check, subject, tally, tally.verdict, confirmed=True)
    doubt = Verdict(outcome=Outcome.UNSURE, message=f"{why}: {tally.verdict.message}")
    return _judgement(check, subject, tally, doubt, confirmed=False)


def _judgement(check: str, subject: str, tally: Tally, verdict: Verdict, *, confirmed: bool) -> Judgement:
    seen = tuple(Seen(role=Role.PROBE, exchange=one.id) for one in tally.examples)
    return Judgement(
        check=check,
        subject=subject,
        operation=tally.operation,
        verdict=verdict,
        seen=seen,
        confirmed=confirmed,
        count=tally.count,
    )
