"""Defects by family; `load` finds them all."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache

from reference_app.switches import Defect, UnknownSwitch, collect

__all__ = ["Defect", "UnknownSwitch", "load"]


@cache
def load() -> Mapping[str, Defect]:
    """Every defect by its name."""
    return collect(sys.modules[__name__], Defect)
