"""Defects and decoys: named functions that replace parts of the application."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TypeVar, cast

from reference_app.parts import Parts

Apply = Callable[[Parts], None]


@dataclass(frozen=True, slots=True)
class Defect:
    """One broken promise: `trips` names the checks that must notice, and no other may."""

    name: str
    trips: frozenset[str]
    story: str
    apply: Apply


@dataclass(frozen=True, slots=True)
class Decoy:
    """Sound behaviour that looks like a defect of `check`; nothing may be reported.

    `excludes` names the defects that it cannot stand beside, each with the reason.
    """

    name: str
    check: str
    story: str
    apply: Apply
    excludes: Mapping[str, str] = field(default_factory=dict)


class UnknownSwitch(ValueError):
    """No defect or decoy has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.near = tuple(difflib.get_close_matches(name, list(known), n=3, cutoff=0.5))
        hint = f"; did you mean {', '.join(self.near)}?" if self.near else ""
        super().__init__(f"there is no switch {name!r}{hint}")


Switch = TypeVar("Switch", Defect, Decoy)
Replaced = TypeVar("Replaced")


def defect(name: str, *, story: str, also: Iterable[str] = ()) -> Callable[[Apply], Defect]:
    """Declare a defect; `also` names checks that cannot help noticing it too."""
    trips = frozenset({name.partition("~")[0], *also})
    return lambda apply: Defect(name, trips, story, apply)


def decoy(
    check: str, number: int, *, story: str, excludes: Mapping[str, str] | None = None
) -> Callable[[Apply], Decoy]:
    """Declare the decoy `decoy:<check>:<number>`; `excludes`: defect → why the two are never on together."""
    return lambda apply: Decoy(f"decoy:{check}:{number}", check, story, apply, excludes or {})


def with_methods(base: type[Replaced], **methods: Callable[..., object]) -> type[Replaced]:
    """A subclass of whatever class is in place, so that switches build on each other."""
    return cast("type[Replaced]", type(base.__name__, (base,), methods))


def collect(package: ModuleType, kind: type[Switch]) -> dict[str, Switch]:
    """Every switch of this kind in the modules of `package`, by name."""
    found = [
        value
        for info in pkgutil.iter_modules(package.__path__)
        for value in vars(importlib.import_module(f"{package.__name__}.{info.name}")).values()
        if isinstance(value, kind)
    ]
    return {switch.name: switch for switch in sorted(found, key=lambda switch: switch.name)}


def chosen(names: Iterable[str], known: Mapping[str, Switch]) -> list[Switch]:
    """The named switches in a fixed order, whatever order they were given in."""
    for name in names:
        if name not in known:
            raise UnknownSwitch(name, known)
    wanted = set(names)
    return [switch for name, switch in known.items() if name in wanted]
