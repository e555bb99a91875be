"""Holds every check against its own defect, its decoys and a clean API.

A cell is one build of an instrument (clean, one decoy, one defect, or a set of them) and the checks held against it.
The bundled reference API runs in process, as https://api.example.test so that transport rules apply; checks under load
get a socket, and so does whatever is not written in Python. The matrix is right when a clean or decoyed API raises
nothing, each defect raises exactly what it declares, and a set what its defects declare together.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from auditor import progress
from auditor.calibrating import instruments
from auditor.calibrating.cells import KINDS, Cell, cells
from auditor.calibrating.instruments import Instrument
from auditor.calibrating.matrix import CellResult, page_of, print_matrix
from auditor.calibrating.serving import administrator
from auditor.calibrating.switches import Switches
from auditor.check import Check
from auditor.course import runner
from auditor.errors import AuditorError, UsageError
from auditor.model import Audit, Outcome
from auditor.sending.session import Bounds
from auditor.settings import ordering
from auditor.settings.order import IdentityOrder, LoadOrder, Order

ADDRESS = instruments.ADDRESS
CELLS_PER_CORE = 2
"""A cell now and then waits, for a limit or a window, so a core takes several."""
STAGES = ((1, 1.0), (5, 1.0), (20, 2.0))


def run(
    checks: Sequence[Check[Any]],
    *,
    target: str,
    express_modules: Path | None,
    families: Sequence[str],
    only: Sequence[str],
    jobs: int,
    full: bool,
    turn: int,
    json_to: Path | None,
    page: Path | None,
) -> int:
    """Run every cell of one instrument, print the matrix, return 1 if any cell is off.

    Raises `UsageError` for a name that matches nothing, and where the instrument cannot be built.
    """
    wanted = chosen(checks, families, only)
    begun = time.monotonic()
    with instruments.opened(instruments.Name(target), express_modules=express_modules) as instrument:
        known = instrument.switches
        complete(checks, instrument)
        held = breakable(wanted, known)
        todo = list(cells(checks, held, known, full=full, turn=turn))
        results = list(ran(todo, instrument, jobs=jobs or CELLS_PER_CORE * (os.cpu_count() or 1)))
    results.sort(key=lambda one: (KINDS.index(one.kind), one.name))
    print_matrix(results, known, seconds=time.monotonic() - begun)
    if json_to is not None:
        json_to.write_text(json.dumps([asdict(one) for one in results], indent=2) + "\n", encoding="utf-8")
    if page is not None:
        page.write_text(page_of(results, held, known, intro=instrument.intro), encoding="utf-8")
    return 0 if all(one.right for one in results) else 1


def complete(checks: Sequence[Check[Any]], instrument: Instrument) -> None:
    """Raises `UsageError` for a check without a defect, or a defect or decoy without a check."""
    ids, known = {one.id for one in checks}, instrument.switches
    tripped = frozenset[str]().union(*known.trips.values())
    lonely = sorted(ids - known.broken) if instrument.breaks_every_check else []
    unknown = sorted((tripped | known.broken | set(known.decoys.values())) - ids)
    if lonely:
        raise UsageError(f"no defect breaks {', '.join(lonely)}", "add one to reference_app/defects/<family>.py")
    if unknown:
        raise UsageError(f"the {instrument.name} API names checks that do not exist: {', '.join(unknown)}")


def chosen(checks: Sequence[Check[Any]], families: Sequence[str], only: Sequence[str]) -> tuple[str, ...]:
    """Return the ids to calibrate. Raises `UsageError` for a name that matches nothing."""
    for name in families:
        if name not in {one.family for one in checks}:
            raise UsageError(f"there is no family {name!r}")
    for name in only:
        if name not in {one.id for one in checks}:
            raise UsageError(f"there is no check {name!r}")
    return tuple(one.id for one in checks if (not families or one.family in families) and (not only or one.id in only))


def breakable(wanted: Sequence[str], known: Switches) -> tuple[str, ...]:
    """Return the wanted checks that a switch concerns. Raises `UsageError` where there is none."""
    concerned = known.broken | set(known.decoys.values())
    found = tuple(name for name in wanted if name in concerned)
    if not found:
        raise UsageError(
            f"nothing in this API breaks {', '.join(wanted)}", "auditor calibrate has every check's defect"
        )
    return found


# --- running cells ------------------------------------------------------------------------------------------


def ran(todo: Sequence[Cell], instrument: Instrument, *, jobs: int) -> Iterator[CellResult]:
    """Run cells beside each other, those under load alone at the end; yields as they end."""
    quiet = [one for one in todo if not one.under_load]
    with ProcessPoolExecutor(max_workers=max(1, min(jobs, len(quiet) or 1))) as pool:
        for future in as_completed([pool.submit(one_cell, cell, instrument) for cell in quiet]):
            yield shown(future.result())
    for cell in todo:
        if cell.under_load:
            yield shown(one_cell(cell, instrument))


def shown(result: CellResult) -> CellResult:
    mark = "ok " if result.right else "OFF"
    print(f"{mark} {result.kind:7}{result.name}  {result.requests} requests, {result.seconds:.0f} s", flush=True)
    for line in result.details if not result.right else ():
        print(f"      {line}", flush=True)
    return result


def one_cell(cell: Cell, instrument: Instrument) -> CellResult:
    """Build, audit, compare."""
    import checks as bundled
    from auditor import plugins

    every = plugins.load(bundled.load())
    held = tuple(one for one in every if one.id in cell.checks)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="auditor-cell-") as folder:
        try:
            with instrument.serve(cell) as served:
                asked = order(served.address, served.transport, Path(folder), identities=instrument.identities)
                asked = replace(asked, exclude=cell.left_out)
                found = asyncio.run(runner.audit(asked, checks=held, progress=progress.SilentProgress()))
        except AuditorError as error:
            return broken(cell, error, seconds=time.monotonic() - begun)
    return compared(cell, found, seconds=time.monotonic() - begun)


def broken(cell: Cell, error: AuditorError, *, seconds: float) -> CellResult:
    """A cell that could not be audited at all is off, and says why."""
    return CellResult(
        kind=cell.kind,
        name=cell.name,
        defects=cell.defects,
        held=cell.checks,
        missing=tuple(sorted(cell.expected)),
        unexpected=(),
        errors=(error.message,),
        reached=0,
        operations=0,
        judged=(),
        requests=0,
        seconds=round(seconds, 1),
        details=(str(error),),
    )


def order(address: str, transport: Any, folder: Path, *, identities: tuple[IdentityOrder, ...] | None = None) -> Order:
    """Return a whole audit; with an administrator of the reference API unless `identities` says who is known."""
    return Order(
        target=address,
        output=folder,
        run_id=ordering.new_run_id(),
        seed="0",
        identities=(administrator(),) if identities is None else identities,
        bounds=Bounds(concurrency=8, max_requests=20_000, max_seconds=600),
        writes=True,
        load=LoadOrder(stages=STAGES),
        command="auditor calibrate",
        transport=transport,
    )


def compared(cell: Cell, audit: Audit, *, seconds: float) -> CellResult:
    found = {one.check for one in audit.findings}
    judged = {one.check for one in audit.results if one.outcome in {Outcome.PASS, Outcome.FAIL}}
    errors = sorted(
        {f"{one.check} on {one.subject}: {one.reason}" for one in audit.results if one.outcome == Outcome.ERROR}
    )
    unexpected = found - cell.expected
    leftovers = [f"left over: {one}" for one in audit.leftovers]
    blocked = [
        f"not reached: {one.operation} ({one.blocked_by})" for one in audit.reach.by_operation if not one.succeeded
    ]
    missing = cell.expected - found
    details = [f"{one.check} on {one.subject}: {one.message}" for one in audit.findings if one.check in unexpected]
    details += [f"missed {one}: {why(audit, one)}" for one in sorted(missing)]
    return CellResult(
        kind=cell.kind,
        name=cell.name,
        defects=cell.defects,
        held=cell.checks,
        missing=tuple(sorted(missing)),
        unexpected=tuple(sorted(unexpected)),
        errors=(*errors, *leftovers),
        reached=audit.reach.succeeded,
        operations=audit.reach.operations,
        judged=tuple(sorted(judged)),
        requests=audit.traffic.requests,
        seconds=round(seconds, 1),
        details=(*details, *errors, *leftovers, *(blocked if cell.kind == "clean" else ())),
    )


def why(audit: Audit, check: str) -> str:
    """Say what became of the check instead."""
    said = {f"{one.outcome} {one.reason}".strip() for one in audit.results if one.check == check}
    return "; ".join(sorted(said)[:4]) or "no result"
