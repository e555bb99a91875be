"""The checks, one module per family. Nothing is registered: what is defined here is found here."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from auditor.check import Check


def load() -> tuple[Check[Any], ...]:
    """Collect the checks of every family, by id. Raises `ValueError` when two share one."""
    found: dict[str, Check[Any]] = {}
    for each in _every_check():
        if found.setdefault(each.id, each) is not each:
            raise ValueError(f"two checks are called {each.id}")
    return tuple(found[id] for id in sorted(found))


def _every_check() -> list[Check[Any]]:
    """Modules whose name opens with an underscore hold recipes and patterns only."""
    names = (one.name for one in pkgutil.iter_modules(__path__) if not one.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return [value for module in modules for value in vars(module).values() if isinstance(value, Check)]
