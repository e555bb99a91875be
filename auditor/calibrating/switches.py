"""What a backend for calibration can be told to do wrong, or to do soundly but oddly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The switches of one instrument, by name."""

    trips: Mapping[str, frozenset[str]]
    """Defect → the checks that must notice it. A defect is named after its check, `check~variant` where several."""
    decoys: Mapping[str, str]
    """Decoy → the check that must stay silent."""
    stories: Mapping[str, str]
    areas: tuple[tuple[str, ...], ...] = ()
    """Selectors of operations that no switch is about, area by area: a cell may do with one of them."""

    composed: bool = False
    """Switches build on each other, so that several may be on together."""
    excludes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Decoy → the defects that it cannot stand beside, for instance because it takes their place."""

    @property
    def broken(self) -> frozenset[str]:
        """Return the checks that have a defect of their own."""
        return frozenset(name.partition("~")[0] for name in self.trips)
