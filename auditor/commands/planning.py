"""What an audit would do, without sending a byte: operations, recipes, upper bounds, and what cannot be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditor.check import Check
from auditor.course.engine import Task, with_parents
from auditor.course.runner import Stage
from auditor.world import seeding


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPlan:
    """What one family would ask. `requests` is the upper bound that its recipes declare."""

    family: str
    checks: int
    recipes: int
    subjects: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    base_url: str
    title: str
    operations: tuple[str, ...]
    families: tuple[FamilyPlan, ...]
    probing: int
    """Requests of all families together: what several of them ask is asked once."""
    seeding: int
    cannot: tuple[str, ...]

    @property
    def requests(self) -> int:
        return self.seeding + self.probing


def plan(stage: Stage) -> Plan:
    """Lay out the run. Nothing is sent."""
    tasks = stage.engine.tasks()
    by_family = Counter(one.family for one in stage.checks)
    return Plan(
        base_url=stage.session.base_url,
        title=stage.description.document.title,
        operations=tuple(one.label for one in stage.operations),
        families=tuple(family_plan(name, count, stage.checks, tasks) for name, count in sorted(by_family.items())),
        probing=requests_of(tasks),
        seeding=seeding.most_requests(len(stage.operations)),
        cannot=tuple(cannot(stage)),
    )


def family_plan(name: str, count: int, checks: Sequence[Check[Any]], tasks: Sequence[Task]) -> FamilyPlan:
    recipes = {recipe for check in checks if check.family == name for recipe in with_parents(check.recipes)}
    mine = [one for one in tasks if one.recipe in recipes]
    return FamilyPlan(
        family=name,
        checks=count,
        recipes=len(recipes),
        subjects=len(mine),
        requests=requests_of(mine),
    )


def requests_of(tasks: Sequence[Task]) -> int:
    return sum(one.recipe.at_most.requests for one in tasks)


def cannot(stage: Stage) -> list[str]:
    """Say what is known before the first byte to stay unjudged, and what would change that."""
    found = []
    known = [one for one in stage.order.identities if one.role == "user"]
    closed = stage.world.sign_in.register is None or not stage.order.register
    if closed and len(known) < 2:
        missing = f"{len(known)} of 2 users are configured, and no registration is recognised"
        found.append(f"object-level rules: {missing} → identities")
    if not stage.session.bounds.writes:
        found.append("everything that writes: the target is not this machine → safety.writes: true, or --allow-writes")
    if stage.order.load is None and any(check.mode == "load" for check in stage.checks):
        found.append("behaviour under load: not permitted → --load 30s, or load: in auditor.yaml")
    if not stage.session.over_wire and any(r.wire for check in stage.checks for r in check.recipes):
        found.append("what needs a socket: this audit runs in process")
    return found
