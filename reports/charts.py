"""What a load test looks like: times and requests second by second, and what more callers cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean
from typing import TYPE_CHECKING, Final

from auditor.model import Json, Load, LoadPoint, LoadStage
from reports import chart_parts as parts
from reports.chart_parts import BLUE, GREY, ORANGE, RED, YELLOW, Series
from reports.vega import drawing
from reports.words import count, many, ms, number, tally

if TYPE_CHECKING:
    from markupsafe import Markup

FEWEST_POINTS: Final = 10
"""Below this a table says more than a chart."""
MOST_POINTS: Final = 120
"""More do not show at this size; neighbours are then told together."""


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
class Moment:
    """One second of load, or a few told as one: rates are their mean, times (ms) the highest of them."""

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
    seconds = sum(one.requests > 0 for one in load.series)
    if seconds < FEWEST_POINTS:
        told = f"{many(seconds, 'second')} with an answer" if seconds else "no second with an answer"
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


# --- times --------------------------------------------------------------------------------------------------


def _over_time(moments: Sequence[Moment]) -> Chart | None:
    every = (
        (Series(label="p50", colour=BLUE, width=1.5), [one.p50 for one in moments]),
        (Series(label="p95", colour=ORANGE), [one.p95 for one in moments]),
        (Series(label="slowest", colour=GREY, width=1.25, dash=(2, 2)), [one.slowest for one in moments]),
    )
    highest = [(series, values, _highest(values)) for series, values in every]
    shown = [(series, values, most) for series, values, most in highest if most is not None]
    if not shown:
        return None
    x, y = _seconds(moments), parts.times([one for _, values, _ in shown for one in values if one is not None])
    seconds = [one.second for one in moments]
    lines = [parts.line(series, x, y, zip(seconds, values, strict=True)) for series, values, _ in reversed(shown)]
    return Chart(
        heading="Response time",
        note=_unit(y),
        svg=drawing(
            parts.chart([*_stages(moments, x), *lines, *parts.key(series for series, _, _ in shown)]),
            title="Response time, second by second",
            description="Highest: " + ", ".join(f"{series.label} {ms(most)} ms" for series, _, most in shown),
        ),
    )


def _unit(times: Json) -> str:
    return "milliseconds, logarithmic" if parts.logarithmic(times) else "milliseconds"


# --- rates --------------------------------------------------------------------------------------------------


def _by_rate(load: Load, moments: Sequence[Moment]) -> Chart | None:
    """Draw p95 against the rate that was kept up: where it bends upward, callers queue."""
    stages = [(one, one.p95_ms) for one in load.stages if one.p95_ms is not None]
    if len({one.rps for one, _ in stages}) < 2:
        return None
    dots = [(one.requests, one.p95) for one in moments if one.p95 is not None and one.users]
    line = [(one.rps, p95) for one, p95 in stages]
    x, y = parts.from_zero(ticks=5), parts.times([p95 for _, p95 in (*dots, *line)])
    second = Series(label="a second", colour=GREY, width=4)
    stage = Series(label="a stage, with its users", colour=ORANGE)
    layers = [
        *([] if load.knee is None else parts.limit(load.knee, f"holds {number(load.knee)}/s", x)),
        parts.line(second, x, y, parts.apart([one] for one in dots)),
        parts.line(stage, x, y, line),
        parts.line(Series(label="", colour=ORANGE, width=7), x, y, parts.apart([one] for one in line)),
        parts.labels(((one.rps, p95, count(one.users)) for one, p95 in stages), x, y),
        *parts.key((second, stage)),
    ]
    told = "; ".join(_told(one) for one, _ in stages)
    return Chart(
        heading="p95 against requests per second",
        note=_unit(y),
        svg=drawing(parts.chart(layers), title="p95 against requests per second", description=told),
    )


def _told(stage: LoadStage) -> str:
    return f"{many(stage.users, 'user')}: {number(stage.rps)} requests per second, p95 {ms(stage.p95_ms)} ms"


# --- requests -----------------------------------------------------------------------------------------------


def _requests(load: Load, moments: Sequence[Moment]) -> Chart:
    """Draw all requests as a line, and under it what became of some: a bar for each second that has any."""
    bars = (
        (Series(label="failed", colour=RED), [(one.second, 0.0, one.failures) for one in moments]),
        (Series(label="refused (429)", colour=YELLOW), [(one.second, one.failures, one.refused) for one in moments]),
    )
    shown = [(series, found) for series, every in bars if (found := [one for one in every if one[2]])]
    x, y = _seconds(moments), parts.from_zero(ticks=4)
    every = Series(label="all", colour=BLUE, width=1.5)
    layers = [parts.line(every, x, y, [(one.second, one.requests) for one in moments])]
    for series, found in shown:
        strokes = ([(second, base), (second, base + height)] for second, base, height in found)
        layers.append(parts.line(series, x, y, parts.apart(strokes)))
    summary = _became(load.stages)
    return Chart(
        heading="Requests per second",
        note=summary,
        svg=drawing(
            parts.chart([*_stages(moments, x), *layers, *parts.key([every, *(series for series, _ in shown)])]),
            title="Requests per second, and those that failed",
            description=f"At most {number(round(max(one.requests for one in moments), 1))} per second; {summary}",
        ),
    )


def _became(stages: Sequence[LoadStage]) -> str:
    totals = {
        "failed": sum(one.failures for one in stages),
        "refused (429)": sum(one.refused for one in stages),
    }
    return tally(totals, tuple(totals)) or "none failed, none refused"


# --- the axis of time ---------------------------------------------------------------------------------------


def _seconds(moments: Sequence[Moment]) -> Json:
    return parts.within(moments[0].second, moments[-1].second, unit=" s")


def _stages(moments: Sequence[Moment], x: Json) -> list[Json]:
    """Mark where the number of users changes; the time after the last stage, when answers trickle in, has none."""
    begins = [(next(same).second, users) for users, same in groupby(moments, key=lambda one: one.users)]
    ends = [*(second for second, _ in begins[1:]), moments[-1].second]
    wide = max(1, moments[-1].second - moments[0].second)
    names = [
        (second, _users(users, parts.PLOT * (end - second) / wide))
        for (second, users), end in zip(begins, ends, strict=True)
    ]
    return parts.spans([second for second, _ in begins[1:]], [(second, name) for second, name in names if name], x)


def _users(users: int, room: float) -> str:
    """Name the users of a stage as its room allows."""
    names = (many(users, "user"), count(users)) if users else ()
    return next((name for name in names if parts.width(name) <= room), "")
