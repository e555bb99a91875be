"""Holds every check against its own defect, its decoys and the clean reference API.

A cell is one build of the reference API (clean, one decoy, or one defect) and the checks held against it. It runs in
process, as https://api.example.test so that transport rules apply; checks under load get a socket. The matrix is
right when a clean or decoyed API raises nothing and each defect raises exactly what it declares.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from auditor import ordering, progress, runner, serving
from auditor.check import Check
from auditor.demo import WIDE_LIMIT, administrator
from auditor.errors import AuditorError, UsageError
from auditor.model import Audit, Outcome
from auditor.order import LoadOrder, Order
from auditor.session import Bounds

ADDRESS = "https://api.example.test"
CELLS_PER_CORE = 2
"""Cells mostly wait for the API's own rate limit, so a core takes several."""
STAGES = ((1, 1.0), (5, 1.0), (20, 2.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One build and what is held against it."""

    kind: Literal["clean", "decoy", "defect"]
    name: str
    checks: tuple[str, ...]
    expected: frozenset[str] = frozenset()
    socket: bool = False

    @property
    def defects(self) -> tuple[str, ...]:
        return (self.name,) if self.kind == "defect" else ()

    @property
    def decoys(self) -> tuple[str, ...]:
        return (self.name,) if self.kind == "decoy" else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """What a cell came to. `missing` and `unexpected` are check ids."""

    kind: str
    name: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    errors: tuple[str, ...]
    reached: int
    operations: int
    judged: tuple[str, ...]
    requests: int
    seconds: float
    details: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        whole = self.reached == self.operations or self.kind != "clean"
        return not (self.missing or self.unexpected or self.errors) and whole


def run(
    checks: Sequence[Check[Any]],
    *,
    families: Sequence[str],
    only: Sequence[str],
    jobs: int,
    full: bool,
    json_to: Path | None,
    page: Path | None,
) -> int:
    """Run every cell, print the matrix, return 1 if any cell is off."""
    known = serving.switches()
    complete(checks, known)
    wanted = chosen(checks, families, only)
    todo = list(cells(checks, wanted, known, full=full))
    begun = time.monotonic()
    results = list(ran(todo, jobs=jobs or CELLS_PER_CORE * (os.cpu_count() or 1)))
    results.sort(key=lambda one: (("clean", "decoy", "defect").index(one.kind), one.name))
    print_matrix(results, seconds=time.monotonic() - begun)
    if json_to is not None:
        json_to.write_text(json.dumps([asdict(one) for one in results], indent=2) + "\n", encoding="utf-8")
    if page is not None:
        page.write_text(page_of(results, wanted, known), encoding="utf-8")
    return 0 if all(one.right for one in results) else 1


def complete(checks: Sequence[Check[Any]], known: serving.Switches) -> None:
    """Raises `UsageError` for a check without a defect, or a defect or decoy without a check."""
    ids = {one.id for one in checks}
    tripped = frozenset[str]().union(*known.trips.values())
    lonely = sorted(ids - {name.partition("~")[0] for name in known.trips})
    unknown = sorted((tripped | set(known.decoys.values())) - ids)
    if lonely:
        raise UsageError(f"no defect breaks {', '.join(lonely)}", "add one to reference_app/defects/<family>.py")
    if unknown:
        raise UsageError(f"the reference API names checks that do not exist: {', '.join(unknown)}")


def chosen(checks: Sequence[Check[Any]], families: Sequence[str], only: Sequence[str]) -> tuple[str, ...]:
    """Return the ids to calibrate. Raises `UsageError` for a name that matches nothing."""
    for name in families:
        if name not in {one.family for one in checks}:
            raise UsageError(f"there is no family {name!r}")
    for name in only:
        if name not in {one.id for one in checks}:
            raise UsageError(f"there is no check {name!r}")
    return tuple(one.id for one in checks if (not families or one.family in families) and (not only or one.id in only))


def cells(
    checks: Sequence[Check[Any]], wanted: Iterable[str], known: serving.Switches, *, full: bool
) -> Iterator[Cell]:
    """Yield the clean cells, then one for every decoy and defect of the wanted checks."""
    ids = set(wanted)
    everything = tuple(one.id for one in checks)
    under_load = tuple(one.id for one in checks if one.mode == "load")
    yield Cell(kind="clean", name="clean", checks=tuple(name for name in everything if name not in under_load))
    if ids & set(under_load):
        yield Cell(kind="clean", name="clean, under load", checks=under_load, socket=True)
    for name, check in known.decoys.items():
        if check in ids:
            held = everything if full else concerned(checks, {check})
            yield Cell(kind="decoy", name=name, checks=held, socket=needs_socket(checks, {check}))
    for name, trips in known.trips.items():
        if name.partition("~")[0] in ids:
            held = everything if full else concerned(checks, trips)
            yield Cell(kind="defect", name=name, checks=held, expected=trips, socket=needs_socket(checks, trips))


def concerned(checks: Sequence[Check[Any]], about: Iterable[str]) -> tuple[str, ...]:
    """All that costs no request of its own, and the families of the checks in question (load only if asked for)."""
    asked = set(about)
    families = {name.partition(".")[0] for name in asked}
    return tuple(
        one.id
        for one in checks
        if one.id in asked
        or (one.mode != "load" and (not one.recipes or (one.family in families and one.family not in LONE)))
    )


LONE = frozenset({"perf", "limits"})
"""Families whose checks take their time, or use up the caller's quota: each is held alone."""


def needs_socket(checks: Sequence[Check[Any]], about: Iterable[str]) -> bool:
    asked = set(about)
    return any(one.mode == "load" and one.id in asked for one in checks)


# --- running cells ------------------------------------------------------------------------------------------


def ran(todo: Sequence[Cell], *, jobs: int) -> Iterator[CellResult]:
    """Run cells beside each other, those under load alone at the end; yields as they end."""
    quiet = [one for one in todo if not one.socket]
    with ProcessPoolExecutor(max_workers=max(1, min(jobs, len(quiet) or 1))) as pool:
        for future in as_completed([pool.submit(one_cell, cell) for cell in quiet]):
            yield shown(future.result())
    for cell in todo:
        if cell.socket:
            yield shown(one_cell(cell))


def shown(result: CellResult) -> CellResult:
    mark = "ok " if result.right else "OFF"
    print(f"{mark} {result.kind:7}{result.name}  {result.requests} requests, {result.seconds:.0f} s", flush=True)
    for line in result.details if not result.right else ():
        print(f"      {line}", flush=True)
    return result


def one_cell(cell: Cell) -> CellResult:
    """Build, audit, compare."""
    import checks as bundled
    from auditor import plugins

    every = plugins.load(bundled.load())
    held = tuple(one for one in every if one.id in cell.checks)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="auditor-cell-") as folder, target(cell) as (address, transport):
        try:
            found = asyncio.run(
                runner.audit(order(address, transport, Path(folder)), checks=held, progress=progress.SilentProgress())
            )
        except AuditorError as error:
            return broken(cell, error, seconds=time.monotonic() - begun)
    return compared(cell, found, seconds=time.monotonic() - begun)


def broken(cell: Cell, error: AuditorError, *, seconds: float) -> CellResult:
    """A cell that could not be audited at all is off, and says why."""
    return CellResult(
        kind=cell.kind,
        name=cell.name,
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


@contextmanager
def target(cell: Cell) -> Iterator[tuple[str, Any]]:
    """Yield the address and, in process, the transport."""
    if cell.socket:
        with serving.running(cell.defects, cell.decoys, overrides=WIDE_LIMIT) as address:
            yield address, None
        return
    import logging

    import httpx

    logging.getLogger("reference_app").addHandler(logging.NullHandler())
    app = serving.build(cell.defects, cell.decoys, overrides={})
    yield ADDRESS, httpx.ASGITransport(app=app, raise_app_exceptions=False)


def order(address: str, transport: Any, folder: Path) -> Order:
    return Order(
        target=address,
        output=folder,
        run_id=ordering.new_run_id(),
        seed="0",
        identities=(administrator(),),
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


# --- what it came to ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How a check did: defects that it found of those it had to, sound cells in which it cried wolf of those it saw."""

    found: int
    defects: int
    alarms: int
    sound: int


def rates(results: Sequence[CellResult], trips: Mapping[str, frozenset[str]]) -> dict[str, Rates]:
    names = sorted({name for one in results for name in (*one.judged, *one.missing, *one.unexpected)})
    return {name: rates_of(name, results, trips) for name in names}


def rates_of(check: str, results: Sequence[CellResult], trips: Mapping[str, frozenset[str]]) -> Rates:
    due = [one for one in results if one.kind == "defect" and check in trips[one.name]]
    sound = [one for one in results if check in one.judged and one not in due]
    return Rates(
        found=sum(check not in one.missing for one in due),
        defects=len(due),
        alarms=sum(check in one.unexpected for one in sound),
        sound=len(sound),
    )


def print_matrix(results: Sequence[CellResult], *, seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Check", "Defects found", "False alarms"):
        table.add_column(name, no_wrap=True, justify="left" if name == "Check" else "right")
    for name, rate in rates(results, serving.switches().trips).items():
        if not rate.defects:
            continue
        table.add_row(name, f"{rate.found} of {rate.defects}", f"{rate.alarms} of {rate.sound}")
    console.print(table)
    off = [one for one in results if not one.right]
    requests = sum(one.requests for one in results)
    console.print(f"{len(results) - len(off)} of {len(results)} cells right · {requests:,} requests · {seconds:.0f} s")
    for one in off:
        console.print(
            f"OFF {one.kind} {one.name}: missing {list(one.missing)}, unexpected {list(one.unexpected)}", markup=False
        )


def page_of(results: Sequence[CellResult], wanted: Sequence[str], known: serving.Switches) -> str:
    """Write the documentation page: sensitivity and false alarms per check, and what was held against what."""
    lines = [
        "# Calibration",
        "",
        "Generated by `auditor calibrate --page docs/calibration.md`. Every check is held against the bundled",
        "reference API: clean, with each decoy (sound behaviour that looks like a defect) and with each defect.",
        "",
        "| check | defects found | false alarms |",
        "|---|--:|--:|",
    ]
    measured = rates(results, known.trips)
    lines += [
        f"| {name} | {one.found} of {one.defects} | {one.alarms} of {one.sound} |"
        for name, one in measured.items()
        if name in wanted
    ]
    lines += ["", "## Defects", "", "| switch | how it happens | raises |", "|---|---|---|"]
    lines += [f"| {name} | {known.stories[name]} | {', '.join(sorted(trips))} |" for name, trips in known.trips.items()]
    lines += ["", "## Decoys", "", "| switch | what is sound about it |", "|---|---|"]
    lines += [f"| {name} | {known.stories[name]} |" for name in known.decoys]
    return "\n".join(lines) + "\n"
