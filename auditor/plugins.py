"""Finds checks: the bundled ones, those of installed packages (entry points `auditor.checks`), and files."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from auditor.check import Check
from auditor.errors import UsageError

GROUP = "auditor.checks"


def load(bundled: Sequence[Check[Any]], paths: Iterable[Path] = ()) -> tuple[Check[Any], ...]:
    """Return every check, sorted by id. Raises `UsageError` for a file that cannot be loaded or an id met twice."""
    modules = [entry.load() for entry in metadata.entry_points(group=GROUP)]
    modules += [module for path in paths for module in from_path(path)]
    found = [*bundled, *(one for module in modules for one in checks_in(module))]
    seen: dict[str, Check[Any]] = {}
    for one in found:
        if seen.setdefault(one.id, one) is not one:
            raise UsageError(f"two checks are called {one.id}", "rename one: ids are what findings are known by")
    return tuple(seen[name] for name in sorted(seen))


def checks_in(module: ModuleType) -> Iterator[Check[Any]]:
    return (item for item in vars(module).values() if isinstance(item, Check))


def from_path(path: Path) -> Iterator[ModuleType]:
    files = sorted(path.glob("*.py")) if path.is_dir() else [path]
    if not files or not all(one.is_file() for one in files):
        raise UsageError(
            f"--checks {path}: no Python file there", "name a file, or a folder of files, with checks in it"
        )
    for file in files:
        yield imported(file)


def imported(file: Path) -> ModuleType:
    name = f"auditor_checks_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"--checks {file}: not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(
            f"--checks {file}: {type(error).__name__}: {error}", "mend the file, or leave it out"
        ) from error
    return module
