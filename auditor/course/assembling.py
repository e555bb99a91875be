"""Sums a finished run up as an `Audit`: results, findings, scores, reach, traffic, gates, verdict."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditor import __version__
from auditor.model import (
    Audit,
    ClientFacts,
    DocumentFacts,
    Exchange,
    Judgement,
    Latency,
    Load,
    Operation,
    OperationReach,
    Outcome,
    Reach,
    Resource,
    Role,
    Run,
    Target,
    Tool,
    Traffic,
)
from auditor.repair import mending
from auditor.verdicts import gates, scoring, suppressing
from auditor.world import graph

if TYPE_CHECKING:
    from auditor.course.runner import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the run ended."""

    complete: bool = True
    reason: str = ""
    interrupted: bool = False


def assemble(
    stage: Stage, judgements: Sequence[Judgement], ending: Ending, *, rtts: Sequence[float], ended_at: datetime
) -> Audit:
    order = stage.order
    facts = tuple(check.facts() for check in stage.checks)
    graded, facts = scoring.overridden(judgements, facts, order.severities)
    found = scoring.findings(graded, facts, curl=curls(stage), line=lambda one: line_of(stage, one))
    families = scoring.families(graded, facts)
    rows = scoring.standards(graded, facts)
    reached = reach(stage)
    coverage = scoring.coverage(graded, facts)
    total = scoring.score(graded, facts)
    allowed = sum(1 for one in stage.operations if one.safe or stage.session.bounds.writes)
    results = scoring.results(graded, facts)
    settled = suppressing.decided(
        found,
        results,
        suppressions=order.suppressions,
        baseline=order.baseline,
        day=ended_at.date(),
        whole=ending.complete and len(stage.operations) == len(stage.description.document.operations),
    )
    held = gates.evaluate(
        settled.findings,
        reached,
        coverage,
        families,
        fail_on=order.fail_on,
        gates=order.gates,
        complete=ending.complete,
        allowed_operations=allowed,
        score=total,
    )
    verdict, code = gates.verdict(held, complete=ending.complete and bool(stage.operations))
    return Audit(
        fingerprint_version=scoring.FINGERPRINT_VERSION,
        tool=Tool(version=__version__),
        run=run_facts(stage, ending, ended_at),
        verdict=verdict,
        exit_code=130 if ending.interrupted else code,
        target=target(stage),
        identities=stage.world.identities.facts(),
        client=client(rtts),
        reach=reached,
        resources=graph.resources(stage.world, stage.operations),
        coverage=coverage,
        hints=gates.hints(results),
        notes=(*settled.notes, *stage.notes, *stage.watch.notes, *learned(stage), *scoring.notes(graded, facts)),
        traffic=traffic(stage),
        checks=facts,
        results=results,
        findings=settled.findings,
        families=families,
        score=total,
        standards=rows,
        checklist=scoring.checklist(rows),
        latency=tuple(latencies(stage)),
        load=stage.engine.load if isinstance(stage.engine.load, Load) else None,
        leftovers=tuple(map(stage.session.redactor.text, stage.world.ledger.leftovers)),
        suppressions=settled.suppressions,
        gates=held,
    )


def run_facts(stage: Stage, ending: Ending, ended_at: datetime) -> Run:
    order = stage.order
    return Run(
        id=order.run_id,
        seed=order.seed,
        profile=order.profile,
        started_at=stage.started_at.isoformat(timespec="seconds"),
        ended_at=ended_at.isoformat(timespec="seconds"),
        seconds=round((ended_at - stage.started_at).total_seconds(), 1),
        complete=ending.complete,
        stop_reason=ending.reason,
        command=stage.session.redactor.text(order.command),
        config=order.shown_config,
    )


def target(stage: Stage) -> Target:
    document = stage.description.document
    return Target(
        base_url=stage.session.base_url,
        title=document.title,
        document=DocumentFacts(
            source=document.source,
            sha256=document.sha256,
            version=document.dialect,
            operations=len(document.operations),
            schemes=tuple(graph.scheme(one) for one in document.schemes.values()),
        ),
    )


def learned(stage: Stage) -> tuple[str, ...]:
    """What operations needed though the document does not say so, as refusals taught it."""
    return tuple(stage.session.redactor.text(one) for one in mending.notes(stage.world.memory))


def client(rtts: Sequence[float]) -> ClientFacts:
    """The fastest preflight is the floor; how far the others stray is the jitter. Milliseconds."""
    if not rtts:
        return ClientFacts()
    return ClientFacts(rtt_floor_ms=round(min(rtts), 2), jitter_ms=round(statistics.pstdev(rtts[1:] or rtts), 2))


def reach(stage: Stage) -> Reach:
    rows = tuple(operation_reach(stage, one) for one in stage.operations)
    return Reach(operations=len(rows), succeeded=sum(one.succeeded for one in rows), by_operation=rows)


def operation_reach(stage: Stage, operation: Operation) -> OperationReach:
    counted = stage.session.statistics
    statuses: Mapping[str, int] = counted.by_operation.get(operation.label, {})
    callers = tuple(sorted(counted.identities.get(operation.label, ())))
    blocked = stage.world.memory.blocked.get(operation.label)
    harm = stage.world.harms.of(operation)
    return OperationReach(
        operation=operation.label,
        succeeded=bool(callers),
        statuses=dict(sorted(statuses.items())),
        identities=callers,
        blocked_by="" if callers or blocked is None else stage.session.redactor.text(blocked.reason),
        unlock="" if callers or blocked is None else blocked.unlock,
        learned=graph.lessons(stage.world, operation),
        harm=harm.effect if harm is not None else "",
    )


def traffic(stage: Stage) -> Traffic:
    counted = stage.session.statistics
    return Traffic(
        requests=counted.requests,
        seconds=round(stage.session.seconds, 1),
        by_status=dict(sorted(counted.by_status.items())),
        by_phase=dict(sorted(counted.by_phase.items())),
    )


def curls(stage: Stage) -> Callable[[Judgement], str]:
    """Return a function from a judgement to the command that repeats its probe."""

    def curl(judgement: Judgement) -> str:
        probe = next((one for one in judgement.seen if one.role is Role.PROBE), None)
        chosen = probe or next(iter(judgement.seen), None)
        if chosen is None or judgement.verdict.outcome is not Outcome.FAIL:
            return ""
        return stage.order.curl(stage.recorder.get(chosen.exchange), stage.session.base_url)

    return curl


def line_of(stage: Stage, judgement: Judgement) -> int | None:
    wanted = judgement.operation
    return next((one.line for one in stage.operations if one.label == wanted), None)


def latencies(stage: Stage) -> Iterator[Latency]:
    """Collect what recipes measured, whoever they are: evidence says so by its type."""
    for value in stage.engine.values():
        yield from of_type(value, Latency)


def of_type(value: Any, wanted: type[Latency]) -> Iterator[Latency]:
    """Yield what evidence holds of a type; it does not lie in exchanges or in the document, which are large."""
    if isinstance(value, wanted):
        yield value
    elif isinstance(value, (Exchange, Operation, Resource)):
        return
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from of_type(item, wanted)
    elif isinstance(value, Mapping):
        yield from of_type(tuple(value.values()), wanted)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for one in dataclasses.fields(value):
            yield from of_type(getattr(value, one.name), wanted)
