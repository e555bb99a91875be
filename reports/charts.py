"""What a load test looks like: time and requests second by second, and what more callers cost.

Colours are the page's own by name, each with one that reads on white and on black where there is no style sheet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean
from typing import TYPE_CHECKING, Final

from auditor.model import Json, Load, LoadPoint, LoadStage
from reports.vega import FONT, FONT_SIZE, drawing
from reports.words import count, many, ms, number, tally

if TYPE_CHECKING:
    from markupsafe import Markup

FEWEST_POINTS: Final = 10
"""Below this a table says more than a chart."""
MOST_POINTS: Final = 120
"""More do not show at this size; neighbours are then told together."""
WIDE_SPREAD: Final = 50
"""Times further apart than this factor are shown on a logarithmic scale."""

_WIDTH: Final = 340
_HEIGHT: Final = 216
_PADDING: Final = {"left": 44, "right": 16, "top": 42, "bottom": 22}
_PLOT: Final = _WIDTH - _PADDING["left"] - _PADDING["right"]
_KEY_Y: Final = -32
_STAGE_Y: Final = -7
_TEXT: Final = "var(--mute,currentColor)"
_GRID: Final = "var(--line,rgba(128,128,128,.4))"
_BLUE: Final = "var(--p50,#3b7dd8)"
_ORANGE: Final = "var(--p95,#c2660a)"
_GREY: Final = "var(--skip,#808890)"
_RED: Final = "var(--fail,#d64545)"
_YELLOW: Final = "var(--unsure,#a8770f)"
_ONCE: Final[Json] = {"values": [{}]}
_BROKEN: Final = "break-paths-show-domains"
"""A line stops where a value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    heading: str
    note: str
    svg: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """What was drawn, and sentences about what was not."""

    drawn: tuple[Chart, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart, and its entry in the key."""

    name: str
    label: str
    colour: str
    width: float = 2.0
    dash: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One second of load, or a few told as one: rates are their mean, times the highest of them."""

    second: int
    users: int
    requests: float
    failures: float
    refused: float
    p50: float | None
    p95: float | None
    slowest: float | None


def load_charts(load: Load) -> Charts:
    """Draw what was measured under load; with less than ten seconds of it nothing."""
    seconds = [one for one in load.series if one.requests]
    if len(seconds) < FEWEST_POINTS:
        told = f"{many(len(seconds), 'second')} of answers" if seconds else "no second with an answer"
        return Charts(remarks=(f"Charts begin at {FEWEST_POINTS} seconds of load; there was {told}.",))
    moments = _moments(load.series)
    try:
        drawn = (_over_time(moments), _by_rate(load, moments), _requests(load, moments))
    except ModuleNotFoundError as missing:
        return Charts(remarks=(f"No charts: {missing.name} is not installed. The tables hold the numbers.",))
    return Charts(drawn=tuple(one for one in drawn if one), remarks=tuple(_remarks(load, drawn)))


def _remarks(load: Load, drawn: Sequence[Chart | None]) -> Iterator[str]:
    each = _each(load.series)
    if each > 1:
        yield f"The charts tell {each} seconds as one: the mean of their rates, the highest of their times."
    if drawn[0] is None:
        yield "No chart of times: every answer was a refusal (429)."
    elif drawn[1] is None:
        yield "No chart of rates: it takes two stages of different rates."


def _each(series: Sequence[LoadPoint]) -> int:
    return math.ceil(len(series) / MOST_POINTS)


def _moments(series: Sequence[LoadPoint]) -> list[Moment]:
    each = _each(series)
    return [_moment(series[start : start + each]) for start in range(0, len(series), each)]


def _moment(seconds: Sequence[LoadPoint]) -> Moment:
    return Moment(
        second=seconds[0].second,
        users=seconds[0].users,
        requests=fmean(one.requests for one in seconds),
        failures=fmean(one.failures for one in seconds),
        refused=fmean(one.refused for one in seconds),
        p50=_highest(one.p50_ms for one in seconds),
        p95=_highest(one.p95_ms for one in seconds),
        slowest=_highest(one.max_ms for one in seconds),
    )


def _highest(values: Iterable[float | None]) -> float | None:
    return max((one for one in values if one is not None), default=None)


# --- the three charts ---------------------------------------------------------------------------------------


def _over_time(moments: Sequence[Moment]) -> Chart | None:
    every = (
        Series(name="slowest", label="slowest", colour=_GREY, width=1.25, dash=(2, 2)),
        Series(name="p95", label="p95", colour=_ORANGE),
        Series(name="p50", label="p50", colour=_BLUE, width=1.5),
    )
    times = {one.name: [getattr(moment, one.name) for moment in moments] for one in every}
    known = [value for values in times.values() for value in values if value is not None]
    if not known:
        return None
    present = [one for one in every if any(value is not None for value in times[one.name])]
    x, y = _seconds(moments), _times(known)
    highest = [(one.label, max(value for value in times[one.name] if value is not None)) for one in reversed(present)]
    lines = [
        _line(one, x, y, ((moment.second, value) for moment, value in zip(moments, times[one.name], strict=True)))
        for one in present
    ]
    return Chart(
        heading="Response time",
        note=_unit(y),
        svg=drawing(
            _spec([*_stages(moments, x), *lines, *_key(tuple(reversed(present)))]),
            title="Response time, second by second",
            description="Highest: " + ", ".join(f"{name} {ms(value)} ms" for name, value in highest),
        ),
    )


def _by_rate(load: Load, moments: Sequence[Moment]) -> Chart | None:
    """Draw p95 against the rate that was kept up: where it bends upward, callers queue."""
    stages = [(one, one.p95_ms) for one in load.stages if one.p95_ms is not None]
    if len({one.rps for one, _ in stages}) < 2:
        return None
    dots = [(one.requests, one.p95) for one in moments if one.p95 is not None and one.users]
    line = [(one.rps, p95) for one, p95 in stages]
    x = _from_zero(ticks=5)
    y = _times([p95 for _, p95 in (*dots, *line)])
    second = Series(name="second", label="a second", colour=_GREY, width=4)
    stage = Series(name="stage", label="a stage, with its users", colour=_ORANGE)
    layers = [
        *_knee(load.knee, x),
        _line(second, x, y, _apart([one] for one in dots)),
        _line(stage, x, y, line),
        _line(Series(name="", label="", colour=_ORANGE, width=7), x, y, _apart([one] for one in line)),
        _labels(((one.rps, p95, count(one.users)) for one, p95 in stages), x, y),
        *_key((second, stage)),
    ]
    return Chart(
        heading="p95 against requests per second",
        note=_unit(y),
        svg=drawing(_spec(layers), title="Rate against p95", description="; ".join(_told(one) for one, _ in stages)),
    )


def _unit(times: Json) -> str:
    return "milliseconds, logarithmic" if times["scale"].get("type") == "log" else "milliseconds"


def _told(stage: LoadStage) -> str:
    return f"{many(stage.users, 'user')}: {number(stage.rps)} requests per second, p95 {ms(stage.p95_ms)} ms"


def _requests(load: Load, moments: Sequence[Moment]) -> Chart:
    totals = {
        "failed": sum(one.failures for one in load.stages),
        "refused (429)": sum(one.refused for one in load.stages),
    }
    answered = Series(name="requests", label="all", colour=_BLUE, width=1.5)
    failed = Series(name="failures", label="failed", colour=_RED, width=2)
    refused = Series(name="refused", label="refused (429)", colour=_YELLOW, width=2)
    x, y = _seconds(moments), _from_zero(ticks=4)
    layers = [*_stages(moments, x), _line(answered, x, y, ((one.second, one.requests) for one in moments))]
    shown = [answered]
    if any(one.refused for one in moments):
        refusals = (
            [(one.second, one.failures), (one.second, one.failures + one.refused)] for one in moments if one.refused
        )
        layers.append(_line(refused, x, y, _apart(refusals)))
        shown.append(refused)
    if any(one.failures for one in moments):
        failures = ([(one.second, 0.0), (one.second, one.failures)] for one in moments if one.failures)
        layers.append(_line(failed, x, y, _apart(failures)))
        shown.append(failed)
    summary = tally(totals, tuple(totals)) or "none failed, none refused"
    return Chart(
        heading="Requests per second",
        note=summary,
        svg=drawing(
            _spec([*layers, *_key(shown)]),
            title="Requests per second, and those that failed",
            description=f"At most {number(round(max(one.requests for one in moments), 1))} per second; {summary}",
        ),
    )


# --- their parts --------------------------------------------------------------------------------------------


def _spec(layers: Sequence[Json]) -> dict[str, Json]:
    """Lay out a chart of fixed size, in which no text is measured."""
    label = {"labelColor": _TEXT, "labelOverlap": False, "labelBound": False, "labelFlush": False, "title": None}
    bare = {"domain": False, "ticks": False, "labelPadding": 5}
    return {
        "width": _PLOT,
        "height": _HEIGHT - _PADDING["top"] - _PADDING["bottom"],
        "autosize": {"type": "none"},
        "padding": _PADDING,
        "background": None,
        "config": {
            "aria": False,
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"labelFontSize": FONT_SIZE, "gridColor": _GRID, **label, **bare},
            "text": {"fontSize": FONT_SIZE, "fill": _TEXT},
        },
        "layer": list(layers),
    }


def _axis(scale: Json, *, ticks: int | Sequence[float], grid: bool = True, unit: str = "") -> Json:
    given = {"tickCount": ticks} if isinstance(ticks, int) else {"values": list(ticks)}
    return {
        "type": "quantitative",
        "scale": scale,
        "axis": {**given, "grid": grid, "labelExpr": f"format(datum.value, ',') + '{unit}'"},
    }


def _from_zero(*, ticks: int) -> Json:
    return _axis({"zero": True, "nice": ticks}, ticks=ticks)


def _seconds(moments: Sequence[Moment]) -> Json:
    domain = [moments[0].second, moments[-1].second]
    return _axis({"domain": domain, "nice": False, "zero": False}, ticks=6, grid=False, unit=" s")


def _times(known: Sequence[float]) -> Json:
    """Choose the scale: from zero, or by powers of ten where one end would hide the other."""
    above = [one for one in known if one > 0]
    if not above or max(above) <= WIDE_SPREAD * min(above):
        return _from_zero(ticks=4)
    low, high = _rounded(min(above), up=False), _rounded(max(above), up=True)
    powers = [10.0**power for power in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    return _axis({"type": "log", "domain": [low, high], "nice": False}, ticks=powers)


def _rounded(value: float, *, up: bool) -> float:
    """Round to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = [power * factor for factor in (1, 2, 5, 10)]
    return next(one for one in steps if one >= value) if up else max(one for one in steps if one <= value)


def _line(series: Series, x: Json, y: Json, points: Iterable[tuple[float, float | None]]) -> Json:
    values = [{"x": across, "y": up, "at": index} for index, (across, up) in enumerate(points)]
    stroke = {"stroke": series.colour, "strokeWidth": series.width, "strokeCap": "round", "strokeJoin": "round"}
    return {
        "data": {"values": values},
        "mark": {"type": "line", "invalid": _BROKEN, **stroke, "strokeDash": list(series.dash)},
        "encoding": {"x": {"field": "x", **x}, "y": {"field": "y", **y}, "order": {"field": "at"}},
    }


def _apart(strokes: Iterable[Sequence[tuple[float, float]]]) -> Iterator[tuple[float, float | None]]:
    """Break a line after each stroke: bars of two points and dots of one are one element, however many there are."""
    for stroke in strokes:
        yield from stroke
        yield stroke[-1][0], None


def _labels(every: Iterable[tuple[float, float, str]], x: Json, y: Json) -> Json:
    return {
        "data": {"values": [{"x": across, "y": up, "text": text} for across, up, text in every]},
        "mark": {"type": "text", "align": "right", "dx": -6, "dy": -8},
        "encoding": {"x": {"field": "x", **x}, "y": {"field": "y", **y}, "text": {"field": "text"}},
    }


def _stages(moments: Sequence[Moment], x: Json) -> list[Json]:
    """Mark where the number of users changes; the time after the last stage, when answers trickle in, has none."""
    begins = [(users, next(same).second) for users, same in groupby(moments, key=lambda one: one.users)]
    scale = _PLOT / max(1, moments[-1].second - moments[0].second)
    ends = [second for _, second in begins[1:]] + [moments[-1].second]
    named = [
        {"x": second, "text": _users(users, (end - second) * scale)}
        for (users, second), end in zip(begins, ends, strict=True)
        if users
    ]
    dashed = {"type": "rule", "stroke": _GREY, "strokeOpacity": 0.6, "strokeDash": [3, 3]}
    at = {"x": {"field": "x", **x}}
    return [
        {"data": {"values": [{"x": second} for _, second in begins[1:]]}, "mark": dashed, "encoding": at},
        {
            "data": {"values": [one for one in named if one["text"]]},
            "mark": {"type": "text", "align": "left", "y": _STAGE_Y, "dx": 2},
            "encoding": {**at, "text": {"field": "text"}},
        },
    ]


def _users(users: int, room: float) -> str:
    """Name the users of a stage as its room allows."""
    return next((text for text in (many(users, "user"), count(users)) if 6.5 * len(text) + 4 <= room), "")


def _knee(knee: float | None, x: Json) -> list[Json]:
    if knee is None:
        return []
    data = {"values": [{"x": knee, "text": f"holds {number(knee)}/s"}]}
    at = {"x": {"field": "x", **x}}
    return [
        {"data": data, "mark": {"type": "rule", "stroke": _GREY, "strokeDash": [3, 3]}, "encoding": at},
        {
            "data": data,
            "mark": {"type": "text", "align": "right", "y": 8, "dx": -4},
            "encoding": {**at, "text": {"field": "text"}},
        },
    ]


def _key(every: Sequence[Series]) -> list[Json]:
    """Name the lines above the plot, each behind a piece of its own; places are reckoned, not measured."""
    layers: list[Json] = []
    left = 0.0
    for one in every:
        length = 0.1 if one.width > 3 else 14  # a dot, or a piece of line
        begin = left + (8 if one.width > 3 else 20)
        ends = {"x": left, "x2": left + length, "y": _KEY_Y, "y2": _KEY_Y}
        look = {"stroke": one.colour, "strokeWidth": one.width, "strokeDash": list(one.dash)}
        piece = {name: {"value": value} for name, value in {**ends, **look}.items()}
        text = {"type": "text", "align": "left", "text": one.label, "x": begin, "y": _KEY_Y}
        layers += [
            {"data": _ONCE, "mark": {"type": "rule", "strokeCap": "round"}, "encoding": piece},
            {"data": _ONCE, "mark": text, "encoding": {}},
        ]
        left = begin + 6.2 * len(one.label) + 14
    return layers
