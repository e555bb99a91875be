"""What calibration came to: one result per cell, sensitivity and false alarms per check, on screen and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.calibrating.switch_sets import raised
from auditor.calibrating.switches import Switches


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
    """Checks that passed or failed on something."""
    requests: int
    seconds: float
    details: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    """The defects of its build."""
    held: tuple[str, ...] = ()
    """Checks that were held against it, whether or not they could judge anything."""

    @property
    def right(self) -> bool:
        whole = self.reached == self.operations or self.kind != "clean"
        return not (self.missing or self.unexpected or self.errors) and whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How a check did: defects that it found of those it had to, sound cells in which it cried wolf."""

    found: int
    defects: int
    alarms: int
    sound: int
    """Sound cells in which it judged something: whether it could may depend on the time that things took."""
    held: int
    """Sound cells that it was held against."""


def rates(results: Sequence[CellResult], trips: Mapping[str, frozenset[str]]) -> dict[str, Rates]:
    names = sorted({name for one in results for name in (*one.held, *one.judged, *one.missing, *one.unexpected)})
    return {name: rates_of(name, results, trips) for name in names}


def rates_of(check: str, results: Sequence[CellResult], trips: Mapping[str, frozenset[str]]) -> Rates:
    due = [one for one in results if any(check in trips[name] for name in one.defects)]
    sound = [one for one in results if check in one.judged and one not in due]
    held = [one for one in results if check in (*one.held, *one.judged) and one not in due]
    return Rates(
        found=sum(check not in one.missing for one in due),
        defects=len(due),
        alarms=sum(check in one.unexpected for one in sound),
        sound=len(sound),
        held=len(held),
    )


def print_matrix(results: Sequence[CellResult], known: Switches, *, seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Check", "Defects found", "False alarms"):
        table.add_column(name, no_wrap=True, justify="left" if name == "Check" else "right")
    for name, rate in rates(results, known.trips).items():
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


def page_of(results: Sequence[CellResult], wanted: Sequence[str], known: Switches, *, intro: Sequence[str]) -> str:
    """Write the documentation page: sensitivity and false alarms per check, and what was held against what.

    Two runs that come to the same write the same page, however long things took.
    """
    head = "| check | defects found | false alarms, of sound builds |"
    lines = ["# Calibration", "", *intro, "", head, "|---|--:|--:|"]
    measured = rates(results, known.trips)
    lines += [
        f"| {name} | {one.found} of {one.defects} | {one.alarms} of {one.held} |"
        for name, one in measured.items()
        if name in wanted
    ]
    lines += ["", "## Defects", "", "| switch | how it happens | raises |", "|---|---|---|"]
    lines += [f"| {name} | {known.stories[name]} | {', '.join(sorted(trips))} |" for name, trips in known.trips.items()]
    if known.decoys:
        lines += ["", "## Decoys", "", "| switch | what is sound about it |", "|---|---|"]
        lines += [f"| {name} | {known.stories[name]} |" for name in known.decoys]
    together = [one for one in results if one.kind == "set"]
    if together:
        lines += ["", "## Sets", "", "| switches that are on together | raise |", "|---|---|"]
        lines += [f"| {one.name} | {', '.join(sorted(raised(known, one.defects)))} |" for one in together]
    return "\n".join(lines) + "\n"
