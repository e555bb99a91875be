"""The cells of calibration: which builds of an instrument there are, and what is held against each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Literal

from auditor.calibrating.switch_sets import SwitchSet, drawn, raised
from auditor.calibrating.switches import Switches
from auditor.check import Check

KINDS = ("clean", "decoy", "defect", "set")
LONE = frozenset({"perf", "limits"})
"""Families whose checks take their time, or use up the caller's quota: each is held alone, its switches too."""
DECOYS_TOGETHER = 5
"""Decoys that are on at a time when everything is held against everything: all of them have to be silent anyway."""
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
    """What is on, where that is not just the switch of the cell's name, if any."""

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
    that starts at `turn`; with `full` they audit everything, and hold every check that need not be held alone, against
    several decoys at a time.
    """
    for place, cell in enumerate(every_cell(checks, wanted, known, full=full, turn=turn)):
        whole = cell.kind == "clean" or (full and not alone(cell.checks))
        yield replace(cell, left_out=() if whole else others(known.areas, turn + place))


def alone(checks: Iterable[str]) -> bool:
    """Say whether one of these checks is held alone."""
    return any(name.partition(".")[0] in LONE for name in checks)


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
    for one in decoys(known, ids, together=DECOYS_TOGETHER if full and known.composed else 1):
        about = {known.decoys[name] for name in one.decoys}
        held = concerned(checks, about, full=full)
        yield Cell(kind="decoy", name=one.name, checks=held, under_load=needs_load(checks, about), together=one)
    for name, trips in known.trips.items():
        if name.partition("~")[0] in ids:
            held = concerned(checks, trips, full=full)
            yield Cell(kind="defect", name=name, checks=held, expected=trips, under_load=needs_load(checks, trips))
    steady = {one.id for one in checks if one.id in ids and not alone({one.id})}
    for one in drawn(known, steady, number=SETS_OF_ALL if full else SETS, seed=turn):
        trips = raised(known, one.defects)
        about = {*trips, *(known.decoys[name] for name in one.decoys)}
        held = concerned(checks, about, full=full)
        yield Cell(kind="set", name=one.name, checks=held, expected=trips, together=one)


def decoys(known: Switches, checks: Collection[str], *, together: int) -> Iterator[SwitchSet]:
    """Yield the decoys of these checks, so many at a time but for those that are held alone; no two of one check."""
    wanted = [name for name, check in known.decoys.items() if check in checks]
    lone = [name for name in wanted if alone({known.decoys[name]})]
    rest = [name for name in wanted if name not in lone]
    number = ceil(len(rest) / together)
    for names in (*([name] for name in lone), *(rest[first::number] for first in range(number))):
        yield SwitchSet(defects=(), decoys=tuple(names))


def concerned(checks: Sequence[Check[Any]], about: Iterable[str], *, full: bool = False) -> tuple[str, ...]:
    """All that costs no request of its own, and the families of the checks in question; every family when `full`.

    What is held alone only if asked for, and nothing is added to it: what is timed has nothing beside it, and a quota
    is used up once.
    """
    asked = set(about)
    families = {name.partition(".")[0] for name in asked}
    full = full and not alone(asked)
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
