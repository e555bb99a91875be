"""How it stood last time: the comparison of run.json, read with care, for it may come from another version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auditor.model import Json
from reports.words import many


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One finding, and what became of it since the run before."""

    fingerprint: str
    check: str
    subject: str
    severity: str
    message: str
    was: str
    why: str
    regression: bool
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What changed since an older run; each group as the comparison sorted it."""

    old_run: str
    fixed: tuple[Change, ...]
    new: tuple[Change, ...]
    worse: tuple[Change, ...]
    not_comparable: tuple[Change, ...]
    unchanged: int
    scores: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    """Before and now, by family; "" is the total. Only what changed."""
    remarks: tuple[str, ...] = ()

    @property
    def regressions(self) -> int:
        return sum(one.regression for one in self.new)

    @property
    def sentence(self) -> str:
        """Sum it up: "3 fixed, 2 new (1 regression), 1 worse, 30 unchanged"."""
        named = f" ({many(self.regressions, 'regression')})" if self.regressions else ""
        counted = [
            f"{len(self.fixed)} fixed",
            f"{len(self.new)} new{named}",
            f"{len(self.worse)} worse",
            f"{self.unchanged} unchanged",
        ]
        lost = [f"{len(self.not_comparable)} not comparable"] if self.not_comparable else []
        return ", ".join([*counted, *lost])

    def step(self, family: str) -> int | None:
        """Return by how much a score moved, None where that cannot be said."""
        before, now = self.scores.get(family, (None, None))
        return None if before is None or now is None else now - before

    def said_of(self, fingerprint: str) -> str:
        """Say what the comparison knows of a finding: "regression", "was medium", "not there before"; else ""."""
        for one in self.worse:
            if one.fingerprint == fingerprint:
                return f"was {one.was}"
        for one in self.new:
            if one.fingerprint == fingerprint:
                return "regression" if one.regression else "not there before"
        return ""


def history(comparison: Json) -> History | None:
    """Read `Audit.comparison`; None where no earlier run was compared."""
    if not isinstance(comparison, Mapping):
        return None
    return History(
        old_run=_text(comparison, "old_run"),
        fixed=_changes(comparison, "fixed"),
        new=_changes(comparison, "new"),
        worse=_changes(comparison, "worse"),
        not_comparable=_changes(comparison, "not_comparable"),
        unchanged=_whole(comparison.get("unchanged")) or 0,
        scores={
            _text(one, "family"): (_whole(one.get("old")), _whole(one.get("new")))
            for one in _objects(comparison.get("scores"))
        },
        remarks=tuple(one for one in _list(comparison.get("remarks")) if isinstance(one, str)),
    )


def _changes(comparison: Mapping[str, Json], key: str) -> tuple[Change, ...]:
    return tuple(_change(one) for one in _objects(comparison.get(key)))


def _change(data: Mapping[str, Json]) -> Change:
    return Change(
        fingerprint=_text(data, "fingerprint"),
        check=_text(data, "check"),
        subject=_text(data, "subject"),
        severity=_text(data, "severity"),
        message=_text(data, "message"),
        was=_text(data, "was"),
        why=_text(data, "why"),
        regression=data.get("regression") is True,
        status=_text(data, "status"),
    )


def _text(data: Mapping[str, Json], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _objects(value: Json) -> Sequence[Mapping[str, Json]]:
    return [one for one in _list(value) if isinstance(one, Mapping)]


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()
