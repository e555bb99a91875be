"""Sets of switches: several defects at once and some decoys beside them, the same ones for the same seed.

Together they raise the union of what each defect raises alone. A decoy that declares that it cannot stand beside a
defect of the set is left out of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from random import Random

from auditor.calibrating.switches import Switches

FEWEST_DEFECTS, MOST_DEFECTS = 2, 6
MOST_DECOYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSet:
    """Switches that are on together, each kind sorted by name."""

    defects: tuple[str, ...]
    decoys: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return " + ".join((*self.defects, *self.decoys))


def of(known: Switches, defects: Iterable[str], decoys: Iterable[str]) -> SwitchSet:
    """Return the set of these switches, without the decoys that cannot stand beside one of its defects."""
    wrong = frozenset(defects)
    beside = (name for name in set(decoys) if wrong.isdisjoint(known.excludes.get(name, ())))
    return SwitchSet(defects=tuple(sorted(wrong)), decoys=tuple(sorted(beside)))


def raised(known: Switches, defects: Iterable[str]) -> frozenset[str]:
    """Return the checks that must notice these defects: the union of what each declares."""
    return frozenset[str]().union(*(known.trips[name] for name in defects))


def drawable(known: Switches, checks: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the defects that only these checks notice, and the decoys of these checks."""
    held = frozenset(checks)
    wrong = tuple(sorted(name for name, trips in known.trips.items() if trips <= held))
    odd = tuple(sorted(name for name, check in known.decoys.items() if check in held))
    return wrong, odd


def drawn(known: Switches, checks: Collection[str], *, number: int, seed: int) -> Iterator[SwitchSet]:
    """Yield at most so many sets, each once; none where switches do not build on each other, or there are too few."""
    wrong, odd = drawable(known, checks)
    if not known.composed or len(wrong) < FEWEST_DEFECTS:
        return
    random = Random(seed)
    found: dict[SwitchSet, None] = {}
    for _ in range(number):
        some = random.sample(wrong, random.randint(FEWEST_DEFECTS, min(MOST_DEFECTS, len(wrong))))
        found[of(known, some, random.sample(odd, random.randint(0, min(MOST_DECOYS, len(odd)))))] = None
    yield from found
