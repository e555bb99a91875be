"""The operation × check matrix: one drawing per operation, neighbours in the same state merged into one path."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import Final

from auditor.model import Audit, CheckFacts
from reports.view import WHOLE_API, by_operation, worst
from reports.words import tally

HEIGHT: Final = 14
_GAP = 6
_LABEL_ROOM: Final = 17
_DRAW_PASSES_UP_TO: Final = 150
_MOST_FAMILY_ROWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A family's share of the width."""

    family: str
    x: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A label above the columns: a check that fails somewhere, or a family that fails nowhere."""

    text: str
    x: int
    fails: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An operation: its counts in words, the outline of each state, and the worst outcome per family."""

    operation: str
    counts: str
    paths: tuple[tuple[str, str], ...]
    families: tuple[tuple[str, int], ...]
    clean: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    width: int
    columns: tuple[Column, ...]
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    passes_drawn: bool

    @property
    def head_height(self) -> int:
        """The room that the longest label takes, written at 48 degrees."""
        return 24 + 5 * max((len(one.text) for one in self.heads), default=8)

    @property
    def failing(self) -> tuple[Row, ...]:
        return tuple(one for one in self.rows if not one.clean)

    @property
    def clean(self) -> tuple[Row, ...]:
        return tuple(one for one in self.rows if one.clean)

    @property
    def family_rows(self) -> tuple[Row, ...]:
        """The rows of the operation × family table, failing ones first."""
        return self.rows[:_MOST_FAMILY_ROWS]


def matrix(audit: Audit) -> Matrix:
    """Lay out every operation against every check, most failures first."""
    cells = by_operation(audit.results)
    checks = _in_families(audit)
    step = _step(len(checks))
    places, columns, width = _places(checks, step)
    drawn = len(cells) <= _DRAW_PASSES_UP_TO
    rows = [_row(name, states, places, step, columns, drawn) for name, states in cells.items()]
    failing = {check for states in cells.values() for check, outcome in states.items() if outcome == "fail"}
    return Matrix(
        width=width,
        columns=columns,
        heads=tuple(_heads(places, columns, failing, step)),
        rows=tuple(_sorted(rows, cells)),
        passes_drawn=drawn,
    )


def _heads(places: Mapping[str, int], columns: Sequence[Column], failing: set[str], step: int) -> Iterator[Head]:
    """Name the checks that fail, then the families between them, as long as labels do not run into each other."""
    wanted = [Head(text=check, x=places[check] + step // 2, fails=True) for check in places if check in failing]
    wanted += [Head(text=one.family, x=one.x + step // 2, fails=False) for one in columns]
    taken: list[int] = []
    for one in wanted:
        if all(abs(one.x - other) >= _LABEL_ROOM for other in taken):
            taken.append(one.x)
            yield one


def _in_families(audit: Audit) -> Sequence[CheckFacts]:
    order = {one.family: index for index, one in enumerate(audit.families)}
    return sorted(audit.checks, key=lambda one: (order.get(one.family, len(order)), one.family, one.id))


def _step(checks: int) -> int:
    """Choose the width of a cell, so that a small audit is no postage stamp and a large one fits a screen."""
    return 14 if checks <= 40 else 9 if checks <= 90 else 5


def _places(checks: Sequence[CheckFacts], step: int) -> tuple[dict[str, int], tuple[Column, ...], int]:
    places, columns, x = {}, [], 0
    for family, members in groupby(checks, key=lambda one: one.family):
        start = x
        for one in members:
            places[one.id], x = x, x + step
        columns.append(Column(family=family, x=start, width=x - start))
        x += _GAP
    return places, tuple(columns), max(x - _GAP, step)


def _sorted(rows: Sequence[Row], cells: Mapping[str, Mapping[str, str]]) -> Sequence[Row]:
    def key(row: Row) -> tuple[int, int, int, bool, str]:
        counts = Counter(cells[row.operation].values())
        return -counts["fail"], -counts["error"], -counts["unsure"], row.operation != WHOLE_API, row.operation

    return sorted(rows, key=key)


def _row(
    operation: str,
    states: Mapping[str, str],
    places: Mapping[str, int],
    step: int,
    columns: Sequence[Column],
    passes: bool,
) -> Row:
    at = {places[check]: outcome for check, outcome in states.items() if check in places}
    wanted = ("fail", "unsure", "error", "pass") if passes else ("fail", "unsure", "error")
    paths = [(name, "".join(_path(name, at, step))) for name in wanted]
    counts = Counter(states.values())
    return Row(
        operation=operation,
        counts=tally(counts, ("fail", "unsure", "error")) or tally(counts, ("pass", "skip")),
        paths=tuple((name, path) for name, path in paths if path),
        families=_family_cells(states, columns),
        clean=not counts["fail"],
    )


def _family_cells(states: Mapping[str, str], columns: Sequence[Column]) -> tuple[tuple[str, int], ...]:
    """Return each family's worst outcome on this operation and how many checks ended so."""
    outcomes: defaultdict[str, list[str]] = defaultdict(list)
    for check, outcome in states.items():
        outcomes[check.partition(".")[0]].append(outcome)
    return tuple(_worst_of(outcomes.get(one.family, [])) for one in columns)


def _worst_of(outcomes: Sequence[str]) -> tuple[str, int]:
    word = reduce(worst, outcomes, "skip") if outcomes else ""
    return word, outcomes.count(word)


def _path(name: str, at: Mapping[int, str], step: int) -> Iterator[str]:
    for start, length in _merged(sorted(x for x, outcome in at.items() if outcome == name), step):
        yield _outline(name, start, length)


def _merged(places: Sequence[int], step: int) -> Iterator[tuple[int, int]]:
    """Merge neighbours into (start, length)."""
    for _, run in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0] * step):
        xs = [x for _, x in run]
        yield xs[0], len(xs) * step


def _outline(name: str, x: int, length: int) -> str:
    """Draw each state in its own shape: full and notched, hollow, crossed, or a low bar."""
    end = length - 1
    if name == "fail":
        return f"M{x} 1h{end}v12h-{end - 3}l-3-3z"
    if name == "unsure":
        return f"M{x}.5 4.5h{end - 1}v5h-{end - 1}z"
    if name == "error":
        return f"M{x} 2l{end} 10M{x} 12l{end}-10"
    return f"M{x} 5h{end}v4h-{end}z"
