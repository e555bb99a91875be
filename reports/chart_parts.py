"""The pieces of a small chart, as layers and encodings of Vega-Lite.

Colours are the page's own by name, each with one that reads on white and on black where there is no style sheet.
Nothing is measured: what names a line stands at a place that is reckoned.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.model import Json
from reports.vega import FONT, FONT_SIZE

WIDTH: Final = 340
HEIGHT: Final = 216
_PADDING: Final = {"left": 44, "right": 16, "top": 42, "bottom": 22}
PLOT: Final = WIDTH - _PADDING["left"] - _PADDING["right"]
_KEY_Y: Final = -32
_SPAN_Y: Final = -7
WIDE_SPREAD: Final = 50
"""Times further apart than this factor are shown on a logarithmic scale."""
LEAST_MS: Final = 0.001
"""Nothing is told more finely."""

BLUE: Final = "var(--p50,#3b7dd8)"
ORANGE: Final = "var(--p95,#c2660a)"
GREY: Final = "var(--skip,#808890)"
RED: Final = "var(--fail,#d64545)"
YELLOW: Final = "var(--unsure,#a8770f)"
_TEXT: Final = "var(--mute,currentColor)"
_GRID: Final = "var(--line,rgba(128,128,128,.4))"

_ONCE: Final[Json] = {"values": [{}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """How a line looks and what the key calls it; a wide one is drawn as dots."""

    label: str
    colour: str
    width: float = 2.0
    dash: tuple[int, ...] = ()

    @property
    def dots(self) -> bool:
        return self.width > 3


def chart(layers: Iterable[Json]) -> dict[str, Json]:
    """Lay out a chart of fixed size."""
    labels = {"labelColor": _TEXT, "labelFontSize": FONT_SIZE, "labelPadding": 5, "title": None}
    as_they_are = {"labelOverlap": False, "labelBound": False, "labelFlush": False}
    return {
        "width": PLOT,
        "height": HEIGHT - _PADDING["top"] - _PADDING["bottom"],
        "autosize": {"type": "none"},
        "padding": _PADDING,
        "background": None,
        "config": {
            "aria": False,
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"gridColor": _GRID, "domain": False, "ticks": False, **labels, **as_they_are},
            "text": {"fontSize": FONT_SIZE, "fill": _TEXT},
        },
        "layer": list(layers),
    }


# --- scales -------------------------------------------------------------------------------------------------


def from_zero(*, ticks: int) -> Json:
    return _axis({"zero": True, "nice": ticks}, {"tickCount": ticks})


def within(low: float, high: float, *, unit: str) -> Json:
    scale = {"domain": [low, high], "nice": False, "zero": False}
    return _axis(scale, {"tickCount": 6, "grid": False}, unit=unit)


def times(known: Sequence[float]) -> Json:
    """Choose the scale: from zero, or by powers of ten where one end would hide the other."""
    above = [max(one, LEAST_MS) for one in known if one > 0]
    if not above or max(above) <= WIDE_SPREAD * min(above):
        return from_zero(ticks=4)
    low, high = _rounded(min(above), up=False), _rounded(max(above), up=True)
    powers = [10.0**power for power in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    return _axis({"type": "log", "domain": [low, high], "nice": False, "clamp": True}, {"values": powers})


def logarithmic(axis: Json) -> bool:
    return bool(axis["scale"].get("type") == "log")


def _rounded(value: float, *, up: bool) -> float:
    """Round to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = [power * factor for factor in (0.5, 1, 2, 5, 10, 20)]  # more than needed: logarithms are inexact
    return min(one for one in steps if one >= value) if up else max(one for one in steps if one <= value)


def _axis(scale: Json, more: Json, *, unit: str = "") -> Json:
    label = f"format(datum.value, ',') + '{unit}'"
    return {"type": "quantitative", "scale": scale, "axis": {"grid": True, "labelExpr": label, **more}}


# --- what is drawn ------------------------------------------------------------------------------------------


def line(series: Series, x: Json, y: Json, points: Iterable[tuple[float, float | None]]) -> Json:
    """Join points in their order; where a value is missing the line is interrupted."""
    look = {"stroke": series.colour, "strokeWidth": series.width, "strokeDash": list(series.dash)}
    ends = {"strokeCap": "round", "strokeJoin": "round", "invalid": "break-paths-show-domains"}
    return {
        "data": {"values": [{"x": across, "y": up, "at": index} for index, (across, up) in enumerate(points)]},
        "mark": {"type": "line", **look, **ends},
        "encoding": {**_at(x), "y": {"field": "y", **y}, "order": {"field": "at"}},
    }


def apart(strokes: Iterable[Sequence[tuple[float, float]]]) -> Iterator[tuple[float, float | None]]:
    """Break a line after each stroke: bars of two points and dots of one are one element, however many there are."""
    for stroke in strokes:
        yield from stroke
        yield stroke[-1][0], None


def labels(every: Iterable[tuple[float, float, str]], x: Json, y: Json) -> Json:
    """Write words to the upper left of points."""
    return {
        "data": {"values": [{"x": across, "y": up, "text": text} for across, up, text in every]},
        "mark": {"type": "text", "align": "right", "dx": -6, "dy": -8},
        "encoding": {**_at(x), "y": {"field": "y", **y}, "text": {"field": "text"}},
    }


def spans(begins: Iterable[float], names: Iterable[tuple[float, str]], x: Json) -> list[Json]:
    """Divide the plot at `begins`, and write names above it where they begin."""
    rule = {"type": "rule", "stroke": GREY, "strokeOpacity": 0.6, "strokeDash": [3, 3]}
    text = {"type": "text", "align": "left", "y": _SPAN_Y, "dx": 2}
    named = {"values": [{"x": across, "text": name} for across, name in names]}
    return [
        {"data": {"values": [{"x": across} for across in begins]}, "mark": rule, "encoding": _at(x)},
        {"data": named, "mark": text, "encoding": {**_at(x), "text": {"field": "text"}}},
    ]


def limit(value: float, name: str, x: Json) -> list[Json]:
    """Draw an upright line and its name to the left of it."""
    data = {"values": [{"x": value, "text": name}]}
    text = {"type": "text", "align": "right", "y": 8, "dx": -4}
    return [
        {"data": data, "mark": {"type": "rule", "stroke": GREY, "strokeDash": [3, 3]}, "encoding": _at(x)},
        {"data": data, "mark": text, "encoding": {**_at(x), "text": {"field": "text"}}},
    ]


def key(every: Iterable[Series]) -> list[Json]:
    """Name the lines above the plot, each behind a piece of its own."""
    layers: list[Json] = []
    left = 0.0
    for one in every:
        length, room = (0.1, 8) if one.dots else (14, 20)
        ends = {"x": left, "x2": left + length, "y": _KEY_Y, "y2": _KEY_Y}
        look = {"stroke": one.colour, "strokeWidth": one.width, "strokeDash": list(one.dash)}
        piece = {name: {"value": value} for name, value in {**ends, **look}.items()}
        text = {"type": "text", "align": "left", "text": one.label, "x": left + room, "y": _KEY_Y}
        layers += [
            {"data": _ONCE, "mark": {"type": "rule", "strokeCap": "round"}, "encoding": piece},
            {"data": _ONCE, "mark": text, "encoding": {}},
        ]
        left += room + width(one.label) + 10
    return layers


def width(text: str) -> float:
    """Reckon how wide a text is at most, in any usual font."""
    return 6.5 * len(text) + 4


def _at(x: Json) -> dict[str, Json]:
    return {"x": {"field": "x", **x}}
