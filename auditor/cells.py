"""The cells of calibration: which builds of an instrument there are, and what is held against each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from auditor.check import Check
from auditor.switch_sets import SwitchSet, drawn, raised
from auditor.switches import Switches

KINDS = ("clean", "decoy", "defect", "set")
LONE = frozenset({"perf", "limits"})
"""Families whose checks take their time, or use up the caller's quota: each is held alone, its switches too."""
SETS, SETS_OF_ALL = 2, 12
"""How many sets are drawn, and how many when everything is held against everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One build and what is held against it."""

    kind: Literal["clean", "decoy", "defect", "set"]
    name: str
    checks: tuple[str, ...]
    expected: frozenset[str] = frozenset()
    under_load: bool = False
    """It is put under load: over a socket, and with nothing beside it."""
    left_out: tuple[str, ...] = ()
    """Selectors of the operations that are not audited in this cell."""

    together: SwitchSet | None = None
    """What is on in a set; elsewhere it is the switch of the cell's name, if any."""

    @property
    def defects(self) -> tuple[str, ...]:
        if self.together is not None:
            return self.together.defects
        return (self.name,) if self.kind == "defect" else ()

    @property
    def decoys(self) -> tuple[str, ...]:
        if self.together is not None:
            return self.together.decoys
        return (self.name,) if self.kind == "decoy" else ()


def cells(
    checks: Sequence[Check[Any]], wanted: Iterable[str], known: Switches, *, full: bool, turn: int = 0
) -> Iterator[Cell]:
    """Yield the clean cells, one for every decoy and defect of the wanted checks, then sets of them drawn with `turn`.

    The clean cells audit the whole API. Of the areas that no switch is about the others take one each, in rotation
    that starts at `turn`; with `full` they audit everything, and hold every check that need not be held alone.
    """
    for place, cell in enumerate(every_cell(checks, wanted, known, full=full, turn=turn)):
        around = () if full or cell.kind == "clean" else others(known.areas, turn + place)
        yield replace(cell, left_out=around)


def others(areas: Sequence[tuple[str, ...]], turn: int) -> tuple[str, ...]:
    """Return the selectors of all areas but the one whose turn it is."""
    return tuple(word for place, area in enumerate(areas) if place != turn % len(areas) for word in area)


def every_cell(
    checks: Sequence[Check[Any]], wanted: Iterable[str], known: Switches, *, full: bool, turn: int
) -> Iterator[Cell]:
    ids = set(wanted)
    loading = tuple(one.id for one in checks if one.mode == "load")
    yield Cell(kind="clean", name="clean", checks=tuple(one.id for one in checks if one.id not in loading))
    if ids & set(loading):
        yield Cell(kind="clean", name="clean, under load", checks=loading, under_load=True)
    for name, check in known.decoys.items():
        if check in ids:
            held = concerned(checks, {check}, full=full)
            yield Cell(kind="decoy", name=name, checks=held, under_load=needs_load(checks, {check}))
    for name, trips in known.trips.items():
        if name.partition("~")[0] in ids:
            held = concerned(checks, trips, full=full)
            yield Cell(kind="defect", name=name, checks=held, expected=trips, under_load=needs_load(checks, trips))
    steady = {one.id for one in checks if one.id in ids and one.family not in LONE}
    for one in drawn(known, steady, number=SETS_OF_ALL if full else SETS, seed=turn):
        trips = raised(known, one.defects)
        about = trips | {known.decoys[name] for name in one.decoys}
        held = concerned(checks, about, full=full)
        yield Cell(kind="set", name=one.name, checks=held, expected=trips, together=one)


def concerned(checks: Sequence[Check[Any]], about: Iterable[str], *, full: bool = False) -> tuple[str, ...]:
    """All that costs no request of its own, and the families of the checks in question; every family when `full`.

    What is held alone only if asked for: what is timed has nothing beside it, and a quota is used up once.
    """
    asked = set(about)
    families = {name.partition(".")[0] for name in asked}
    return tuple(
        one.id
        for one in checks
        if one.id in asked
        or (one.mode != "load" and not one.recipes)
        or (one.family not in LONE and (full or one.family in families))
    )


def needs_load(checks: Sequence[Check[Any]], about: Iterable[str]) -> bool:
    asked = set(about)
    return any(one.mode == "load" and one.id in asked for one in checks)
