"""No rule can be emptied unnoticed: with `return passed()` in its place, its calibration cell comes out off.

Each check is held against the build that its own defect breaks, as calibration would serve it, but alone and without
the areas that no switch is about; a rule that only looks at traffic has its family with it, which makes some. Beside
it, over the same evidence and the same exchanges, its twin judges: the same check in all but its rule, which is empty.
What the audit found is then compared twice as calibration compares it, once with what the check said and once with
what the twin said in its name: the first cell has to be right and the second off. That is one audit a check, and one
load for the check under load.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import checks
from auditor import progress
from auditor.calibrating import calibration, instruments
from auditor.calibrating.cells import Cell, cells
from auditor.calibrating.matrix import CellResult
from auditor.check import Check
from auditor.course import runner
from auditor.model import Audit, Verdict, passed

CHECKS: Mapping[str, Check[Any]] = {one.id: one for one in checks.load()}
AT_A_TIME = 2 * (os.cpu_count() or 1)
"""Cells mostly wait for the API's own rate limit."""
TWIN = "~emptied"

Courses: TypeAlias = Future[tuple[CellResult, CellResult]]
"""With the rule as it is, and with it emptied."""


def emptied(check: Check[Any]) -> Check[Any]:
    """The same check with nothing in its rule, under a name of its own."""

    def judge(_: Any) -> Verdict:
        return passed()

    return replace(check, id=f"{check.id}{TWIN}", judge=judge)


def cell_of(check: str) -> Cell:
    """The cell of calibration that is about the check's own defect, without what it does not need."""
    known = instruments.in_fastapi().switches
    every = cells(tuple(CHECKS.values()), (check,), known, full=False)
    own = next(one for one in every if one.kind == "defect" and one.name == check)
    around = tuple(word for area in known.areas for word in area)
    return replace(own, checks=held(check), expected=frozenset({check}), left_out=around)


def held(check: str) -> tuple[str, ...]:
    family = CHECKS[check].family
    beside = (name for name, one in CHECKS.items() if one.family == family and name != check)
    return (check, *(beside if CHECKS[check].mode == "passive" and not CHECKS[check].recipes else ()))


def judged_twice(check: str, folder: Path) -> tuple[CellResult, CellResult]:
    """Audit the cell once; return what it came to with the rule as it is, and with it emptied."""
    cell, instrument = cell_of(check), instruments.in_fastapi()
    with instrument.serve(cell) as served:
        order = calibration.order(served.address, served.transport, folder, identities=instrument.identities)
        order = replace(order, exclude=cell.left_out)
        twin = emptied(CHECKS[check])
        judges = (twin, *(CHECKS[name] for name in cell.checks))
        audit = asyncio.run(runner.audit(order, checks=judges, progress=progress.SilentProgress()))
    full, empty = (calibration.compared(cell, said_by(name, audit, check), seconds=0) for name in (check, twin.id))
    return full, empty


def said_by(speaker: str, audit: Audit, check: str) -> Audit:
    """The audit as if only one of the two had been there, under the check's name."""
    return replace(
        audit,
        findings=tuple(replace(one, check=check) for one in audit.findings if one.check == speaker),
        results=tuple(replace(one, check=check) for one in audit.results if one.check == speaker),
    )


@pytest.fixture(scope="module")
def courses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Courses]:
    """What became of the cells that are asked for here: beside each other, those under load after all others."""
    asked = {one.name for one in request.session.items if one.path == request.path}
    names = [name for name in CHECKS if any(one.endswith(f"[{name}]") for one in asked)]
    folder = tmp_path_factory.mktemp("cells")
    with ProcessPoolExecutor(AT_A_TIME) as pool:
        ends = {name: pool.submit(judged_twice, name, folder / name) for name in names if not under_load(name)}
        wait(ends.values())
    with ProcessPoolExecutor(1) as alone:
        ends |= {name: alone.submit(judged_twice, name, folder / name) for name in names if under_load(name)}
        wait(ends.values())
    return ends


def under_load(check: str) -> bool:
    return CHECKS[check].mode == "load"


@pytest.mark.parametrize("check", CHECKS)
def test_an_emptied_rule_breaks_its_cell(check: str, courses: Mapping[str, Courses]) -> None:
    full, empty = courses[check].result()
    assert full.right, (full.details, full.errors)
    assert not empty.right
    assert empty.missing == (check,)


def test_an_emptied_rule_is_another_only_in_its_verdict() -> None:
    check = CHECKS["authz.bola-read"]
    twin = emptied(check)
    assert (twin.on, twin.also, twin.mode) == (check.on, check.also, check.mode)
    assert twin(None) == (passed(),)
