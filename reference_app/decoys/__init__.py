"""Decoys by family; `load` finds them all."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache

from reference_app.switches import Decoy, UnknownSwitch, collect

__all__ = ["Decoy", "UnknownSwitch", "load"]


@cache
def load() -> Mapping[str, Decoy]:
    """Every decoy by its name."""
    return collect(sys.modules[__name__], Decoy)
