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
from auditor.evidence import Recipe

GROUP = "auditor.checks"


def load(bundled: Sequence[Check[Any]], paths: Iterable[Path] = ()) -> tuple[Check[Any], ...]:
    """Return every check, sorted by id.

    Raises `UsageError` for what cannot be loaded or holds no check, and for a check or a recipe whose name is taken.
    """
    found = [*bundled, *installed(), *(one for path in paths for one in from_path(path))]
    seen: dict[str, Check[Any]] = {}
    for one in found:
        if seen.setdefault(one.id, one) is not one:
            raise UsageError(f"two checks are called {one.id}", "rename one: ids are what findings are known by")
    named: dict[str, Recipe[Any]] = {}
    for recipe in with_parents([recipe for one in found for recipe in one.recipes]):
        if named.setdefault(recipe.name, recipe) is not recipe:
            raise UsageError(f"two recipes are called {recipe.name}", "rename one: evidence is kept by that name")
    return tuple(seen[name] for name in sorted(seen))


def with_parents(recipes: Sequence[Recipe[Any]]) -> Iterator[Recipe[Any]]:
    for one in recipes:
        yield one
        yield from with_parents(one.after)


def installed() -> Iterator[Check[Any]]:
    """Yield the checks of installed packages. Raises `UsageError` naming the package that cannot be loaded."""
    for entry in metadata.entry_points(group=GROUP):
        try:
            module = entry.load()
        except Exception as error:
            where = entry.dist.name if entry.dist is not None else entry.value
            raise UsageError(
                f"the checks of {where}: {type(error).__name__}: {error}", f"update or remove {where}"
            ) from error
        yield from checks_in(module)


def checks_in(module: ModuleType) -> Iterator[Check[Any]]:
    return (item for item in vars(module).values() if isinstance(item, Check))


def from_path(path: Path) -> list[Check[Any]]:
    files = sorted(path.glob("*.py")) if path.is_dir() else [path]
    if not files or not all(one.is_file() for one in files):
        raise UsageError(
            f"--checks {path}: no Python file there", "name a file, or a folder of files, with checks in it"
        )
    found = [one for file in files for one in checks_in(imported(file))]
    if not found:
        raise UsageError(f"--checks {path}: no check in it", "a check is a function under `@check(…)`")
    return list({id(one): one for one in found}.values())


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
