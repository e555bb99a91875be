"""Small drawings computed here and painted by the templates: gauges and the load over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from auditor.model import Load, LoadPoint
from reports.words import number

FEWEST_POINTS: Final = 10
"""Below this a table says more than a chart."""
WIDTH: Final = 720
_LEFT, _RIGHT = 52, 12
_TOP, _PANE, _BETWEEN = 14, 150, 34
_PLOT: Final = WIDTH - _LEFT - _RIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    points: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """One plot: its frame, its scale, its lines; `bars` is the outline of failures."""

    title: str
    top: int
    bottom: int
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    bars: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    height: int
    left: int
    right: int
    seconds: tuple[Tick, ...]
    panes: tuple[Pane, ...]


def band(score: int | None) -> str:
    """Name the band of a score: good from 90, middling from 50."""
    if score is None:
        return "none"
    return "good" if score >= 90 else "middling" if score >= 50 else "poor"


def load_chart(load: Load) -> Chart | None:
    """Draw latency, and requests with failures and users, second by second; None below ten points."""
    series = load.series
    if len(series) < FEWEST_POINTS:
        return None
    first, last = series[0].second, max(series[-1].second, series[0].second + 1)
    xs = [_LEFT + _PLOT * (one.second - first) / (last - first) for one in series]
    second_top = _TOP + _PANE + _BETWEEN
    return Chart(
        height=second_top + _PANE + 30,
        left=_LEFT,
        right=WIDTH - _RIGHT,
        seconds=tuple(
            _tick(value, _LEFT + _PLOT * (value - first) / (last - first)) for value in _nice(first, last, 8)
        ),
        panes=(_latency(series, xs, _TOP), _throughput(series, xs, second_top)),
    )


def _latency(series: Sequence[LoadPoint], xs: Sequence[float], top: int) -> Pane:
    p50, p95 = [one.p50_ms for one in series], [one.p95_ms for one in series]
    ceiling = _ceiling([value for value in (*p50, *p95) if value is not None])
    lines = (_line("p95", xs, p95, ceiling, top), _line("p50", xs, p50, ceiling, top))
    return Pane(title="latency, ms", top=top, bottom=top + _PANE, ticks=_ticks(ceiling, top), lines=lines)


def _throughput(series: Sequence[LoadPoint], xs: Sequence[float], top: int) -> Pane:
    requests, users = [float(one.requests) for one in series], [float(one.users) for one in series]
    ceiling = _ceiling([*requests, *users])
    lines = (_line("requests", xs, requests, ceiling, top), _line("users", xs, users, ceiling, top))
    bars = "".join(_bar(x, one.failures, ceiling, top) for x, one in zip(xs, series, strict=True) if one.failures)
    title = "requests per second, users, failures"
    return Pane(title=title, top=top, bottom=top + _PANE, ticks=_ticks(ceiling, top), lines=lines, bars=bars)


def _line(name: str, xs: Sequence[float], values: Sequence[float | None], ceiling: float, top: int) -> Line:
    """Join the points; where a value is missing the line is interrupted."""
    parts, pen_down = [], False
    for x, value in zip(xs, values, strict=True):
        if value is not None:
            parts.append(f"{'L' if pen_down else 'M'}{x:.1f} {_y(value, ceiling, top):.1f}")
        pen_down = value is not None
    return Line(name=name, points="".join(parts))


def _bar(x: float, failures: int, ceiling: float, top: int) -> str:
    y = _y(failures, ceiling, top)
    return f"M{x - 2:.1f} {top + _PANE}V{y:.1f}h4V{top + _PANE}z"


def _y(value: float, ceiling: float, top: int) -> float:
    return top + _PANE - _PANE * min(value / ceiling, 1.0)


def _ceiling(values: Sequence[float]) -> float:
    highest = max([*values, 1.0])
    step = _nice_step(highest / 4)
    return math.ceil(highest / step - 1e-9) * step


def _ticks(ceiling: float, top: int) -> tuple[Tick, ...]:
    return tuple(_tick(value, _y(value, ceiling, top)) for value in _nice(0, ceiling, 4))


def _tick(value: float, at: float) -> Tick:
    return Tick(at=round(at, 1), label=number(value))


def _nice(low: float, high: float, about: int) -> list[float]:
    """Return the round numbers within `low` and `high`, about so many steps."""
    step = _nice_step((high - low) / about)
    return [index * step for index in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _nice_step(rough: float) -> float:
    """Round up to 1, 2 or 5 times a power of ten."""
    rough = max(rough, 1e-9)
    scale = 10.0 ** math.floor(math.log10(rough))
    return next(scale * factor for factor in (1, 2, 5, 10) if scale * factor >= rough * 0.999)
