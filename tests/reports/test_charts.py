"""The charts of a load test: what is in them came from the data, and nothing but drawing is."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model import Load, LoadPoint, LoadStage
from reports import chart_parts, vega
from reports.chart_parts import BLUE, GREY, ORANGE, RED, YELLOW
from reports.charts import FEWEST_POINTS, MOST_POINTS, load_charts
from reports.html import render
from tests.reports import building
from tests.reports.browsing import browser, missing
from tests.reports.test_html import Page

TIMES, RATES, REQUESTS = range(3)
NAMES = (
    "Response time, second by second",
    "p95 against requests per second",
    "Requests per second, and those that failed",
)


def second(number: int, *, p95: float | None = 40.0, **more: float) -> LoadPoint:
    told = {"users": 5, "requests": 50, "failures": 0, "refused": 0, "p50_ms": 10.0, "max_ms": 90.0, **more}
    return LoadPoint(second=number, p95_ms=p95, **told)  # type: ignore[arg-type]


def stage(users: int, rps: float, p95: float | None, *, failures: int = 0, refused: int = 0) -> LoadStage:
    counts = {"requests": int(6 * rps), "failures": failures, "refused": refused}
    return LoadStage(users=users, seconds=6.0, rps=rps, p95_ms=p95, **counts)  # type: ignore[arg-type]


STAGES = (stage(1, 10.0, 20.0), stage(5, 50.0, 40.0))


def measured(*series: LoadPoint, stages: Sequence[LoadStage] = STAGES, knee: float | None = None) -> Load:
    return Load(stages=tuple(stages), series=series, knee=knee)


def steady(seconds: int = 12) -> Load:
    return measured(*(second(number) for number in range(seconds)))


def drawn(load: Load) -> dict[str, ET.Element]:
    """Return the drawings by their titles, parsed."""
    return {ET.fromstring(one.svg)[0].text or "": ET.fromstring(one.svg) for one in load_charts(load).drawn}


def paths(svg: ET.Element, colour: str) -> list[str]:
    return [one.attrib["d"] for one in svg.iter("path") if one.get("stroke") == colour]


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]


def texts(svg: ET.Element) -> list[str]:
    return [one.text or "" for one in svg.iter("text")]


def described(load: Load) -> list[str]:
    return [svg[1].text or "" for svg in drawn(load).values()]


# --- what is in them ----------------------------------------------------------------------------------------


def test_there_are_three_each_with_a_name_and_a_description() -> None:
    assert tuple(drawn(building.load())) == NAMES
    assert described(building.load()) == [
        "Highest: p50 152.0 ms, p95 559.2 ms, slowest 1,402.0 ms",
        "10 users: 110 requests per second, p95 21.4 ms; 50 users: 402 requests per second, p95 61.0 ms; "
        "200 users: 511 requests per second, p95 690.5 ms",
        "At most 535 per second; 121 failed, 9 refused (429)",
    ]


def test_times_are_where_their_seconds_and_their_milliseconds_put_them() -> None:
    series = [second(number, p95=40.0 + 10 * (number == 3)) for number in range(11)]
    svg = drawn(measured(*series))[NAMES[TIMES]]
    (p95,), (p50,), (slowest,) = (paths(svg, colour) for colour in (ORANGE, BLUE, GREY))
    assert [x for x, _ in points(p95)] == pytest.approx([chart_parts.PLOT * n / 10 for n in range(11)])
    height = chart_parts.HEIGHT - 64
    assert [y for _, y in points(p50)] == pytest.approx([height * 0.9] * 11, abs=0.01)
    assert [y for _, y in points(slowest)] == pytest.approx([height * 0.1] * 11, abs=0.01)
    assert [y for _, y in points(p95)] == pytest.approx(
        [height * (0.5 if n == 3 else 0.6) for n in range(11)], abs=0.01
    )


def test_a_second_without_an_answer_interrupts_the_line() -> None:
    stalled = replace(second(4, requests=0), p50_ms=None, p95_ms=None, max_ms=None)
    svg = drawn(measured(*(stalled if n == 4 else second(n) for n in range(12))))[NAMES[TIMES]]
    (p95,) = paths(svg, ORANGE)
    assert (p95.count("M"), len(points(p95))) == (2, 11)


def test_what_a_recording_of_before_does_not_hold_is_not_drawn() -> None:
    svg = drawn(measured(*(replace(second(n), max_ms=None) for n in range(12))))[NAMES[TIMES]]
    assert paths(svg, GREY) == []
    assert "slowest" not in texts(svg)


@pytest.mark.parametrize(
    ("slowest", "note", "ticks"),
    [(400.0, "milliseconds", ["0", "100", "200"]), (4000.0, "milliseconds, logarithmic", ["10", "100", "1,000"])],
)
def test_times_far_apart_are_on_a_logarithmic_scale(slowest: float, note: str, ticks: list[str]) -> None:
    load = measured(*(second(n, max_ms=slowest) for n in range(12)))
    assert load_charts(load).drawn[TIMES].note == note
    assert [one for one in texts(drawn(load)[NAMES[TIMES]]) if one in ticks] == ticks


def test_users_are_named_where_a_stage_begins_as_its_room_allows() -> None:
    users = (1, 5, *[20] * 20, 0)
    svg = drawn(measured(*(second(n, users=count) for n, count in enumerate(users))))[NAMES[TIMES]]
    assert texts(svg)[-6:-3] == ["1", "5", "20 users"]
    assert sum(one.get("stroke-dasharray") == "3,3" for one in svg.iter("line")) == 3


def test_every_second_is_a_dot_and_every_stage_a_point_with_its_users() -> None:
    after = second(12, users=0, requests=3)
    load = measured(*(second(n, requests=40 + n) for n in range(12)), after, knee=50.0)
    svg = drawn(load)[NAMES[RATES]]
    (dots,), (line, ends) = paths(svg, GREY), paths(svg, ORANGE)
    assert len(points(dots)) == 12, "what trickles in after the last stage is at no rate of ours"
    assert dots.count("M") == dots.count("Z") == 12
    assert points(line) == points(ends)
    (slow_x, slow_y), (fast_x, fast_y) = points(line)
    assert fast_x == pytest.approx(5 * slow_x, abs=0.01)
    assert fast_y < slow_y
    assert {"1", "5", "holds 50/s"} <= set(texts(svg))


def test_a_bar_stands_for_each_second_with_failures_and_refusals_stand_on_it() -> None:
    series = [second(n, failures=10 * (n in {3, 7}), refused=5 * (n == 7)) for n in range(12)]
    load = measured(*series, stages=(stage(1, 10.0, 20.0), stage(5, 50.0, 40.0, failures=20, refused=5)))
    svg = drawn(load)[NAMES[REQUESTS]]
    (failed,), (refused,) = paths(svg, RED), paths(svg, YELLOW)
    assert (failed.count("M"), len(points(failed))) == (2, 4)
    (x, low), (same_x, high) = points(refused)
    assert x == same_x == points(failed)[2][0]
    assert low == points(failed)[3][1] > high
    assert load_charts(load).drawn[REQUESTS].note == "20 failed, 5 refused (429)"


def test_where_nothing_failed_there_is_no_bar_and_it_is_said() -> None:
    svg = drawn(steady())[NAMES[REQUESTS]]
    assert paths(svg, RED) + paths(svg, YELLOW) == []
    assert not {"failed", "refused (429)"} & set(texts(svg))
    assert load_charts(steady()).drawn[REQUESTS].note == "none failed, none refused"


def test_a_long_load_is_told_in_as_many_points_as_show() -> None:
    series = (second(n, p95=90.0 if n == 301 else 40.0, requests=50 + n % 5) for n in range(600))
    charts = load_charts(measured(*series))
    assert charts.remarks == ("The charts tell 5 seconds as one: the mean of their rates, the highest of their times.",)
    times, _, requests = (ET.fromstring(one.svg) for one in charts.drawn)
    assert len(points(paths(times, ORANGE)[0])) == MOST_POINTS
    assert len({y for _, y in points(paths(times, ORANGE)[0])}) == 2, "the one slow second still shows"
    assert len({y for _, y in points(paths(requests, BLUE)[0])}) == 1


# --- what is not drawn --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "no second with an answer"), (1, "1 second with an answer"), (9, "9 seconds with an answer")],
)
def test_below_ten_seconds_a_sentence_stands_for_the_charts(seconds: int, told: str) -> None:
    charts = load_charts(steady(seconds))
    assert charts.drawn == ()
    assert charts.remarks == (f"Charts begin at 10 seconds of load; there was {told}.",)
    page = Page(render(replace(building.small(), load=steady(seconds)), {}))
    assert charts.remarks[0] in page.text
    assert "figure" not in {tag for tag, _ in page.tags}
    assert len(load_charts(steady(FEWEST_POINTS)).drawn) == 3


def test_one_stage_has_no_rates_to_compare() -> None:
    charts = load_charts(replace(steady(), stages=STAGES[:1]))
    assert [one.heading for one in charts.drawn] == ["Response time", "Requests per second"]
    assert charts.remarks == ("No chart of rates: it takes two stages of different rates.",)


def test_refusals_alone_have_no_times() -> None:
    refused = [replace(second(n, refused=50), p50_ms=None, p95_ms=None, max_ms=None) for n in range(12)]
    charts = load_charts(measured(*refused, stages=[replace(one, p95_ms=None) for one in STAGES]))
    assert [one.heading for one in charts.drawn] == ["Requests per second"]
    assert charts.remarks == ("No chart of times: every answer was a refusal (429).",)


def test_without_the_library_there_are_tables_and_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = Page(render(building.small(), {}))
    assert "No charts: vl_convert is not installed. The tables hold the numbers." in page.text
    assert "By operation" in page.text


def test_the_library_is_imported_when_there_is_something_to_draw_and_not_before() -> None:
    told = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert told.stdout.split() == ["False", "False", "True"]


LATE = """
import sys
from dataclasses import replace
import auditor.cli, auditor.commands.running, auditor.commands.reporting, reports.html
from tests.reports import building
print("vl_convert" in sys.modules)
reports.html.render(replace(building.small(), load=None), {})
print("vl_convert" in sys.modules)
reports.html.render(building.small(), {})
print("vl_convert" in sys.modules)
"""


# --- how they are drawn -------------------------------------------------------------------------------------


def every_element() -> Iterator[ET.Element]:
    for one in load_charts(building.load()).drawn:
        yield from ET.fromstring(one.svg).iter()


def test_nothing_in_them_can_be_refused_by_a_policy_or_clash_on_a_page() -> None:
    assert {one.tag for one in every_element()} == {"svg", "title", "desc", "g", "path", "line", "text"}
    names = {name for one in every_element() for name in one.attrib}
    assert not names & {"id", "style", "href", "clip-path"}
    assert not [name for name in names if name.startswith("on")]
    assert not [value for one in every_element() for value in one.attrib.values() if "url(" in value]


def test_every_colour_is_the_pages_with_one_of_its_own_beneath() -> None:
    colours = {value for one in every_element() for name in ("stroke", "fill") if (value := one.get(name))}
    assert colours - {"none"}
    assert all(re.fullmatch(r"none|var\(--[\w-]+,.+\)", one) for one in colours), colours
    style = render(building.small(), {})
    assert {one for colour in colours for one in re.findall(r"--[\w-]+", colour)} <= set(
        re.findall(r"--[\w-]+(?=:)", style)
    )


def test_they_take_few_elements() -> None:
    assert sum(1 for _ in every_element()) < 130


def test_the_same_load_gives_the_same_bytes_on_a_machine_with_other_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fonts differ in width: had a text been measured, something would have moved."""
    before = load_charts(building.load())
    assert load_charts(building.load()) == before
    for font in ("monospace", "serif", "no such font"):
        monkeypatch.setattr(chart_parts, "FONT", font)
        assert load_charts(building.load()) == before


def test_nothing_is_fetched_for_a_chart() -> None:
    spec = {"data": {"url": "http://127.0.0.1:9/data.json"}, "mark": "bar", "encoding": {}}
    with pytest.raises(ValueError, match="allowed"):
        vega.drawing(spec, title="", description="")


numbers = st.one_of(st.none(), st.floats(0, 1e7))
told_seconds = st.builds(
    LoadPoint,
    second=st.just(0),
    users=st.integers(0, 3),
    requests=st.integers(0, 10**6),
    failures=st.integers(0, 10**6),
    refused=st.integers(0, 10**6),
    p50_ms=numbers,
    p95_ms=numbers,
    max_ms=numbers,
)
told_stages = st.builds(stage, st.integers(1, 10**4), st.floats(0, 1e6), numbers)


@settings(max_examples=12, deadline=None)
@given(st.lists(told_seconds, min_size=10, max_size=30), st.lists(told_stages, max_size=5))
def test_whatever_was_measured_can_be_drawn(series: list[LoadPoint], stages: list[LoadStage]) -> None:
    load = measured(*(replace(one, second=number) for number, one in enumerate(series)), stages=stages)
    for one in load_charts(load).drawn:
        assert "NaN" not in one.svg
        assert "Infinity" not in one.svg
        assert ET.fromstring(one.svg).tag == "svg"


# --- in a browser -------------------------------------------------------------------------------------------


@pytest.mark.skipif(bool(missing()), reason=f"no {missing()} is installed")
def test_lines_change_with_the_theme_and_keep_a_colour_without_a_style_sheet(tmp_path: Path) -> None:
    page, bare = tmp_path / "report.html", tmp_path / "bare.html"
    text = render(building.small(), {})
    page.write_text(text, "utf-8")
    bare.write_text(re.sub(r'(Policy" content=")[^"]+', r"\1default-src 'none'", text), "utf-8")
    stroke = f"getComputedStyle(document.querySelector('.chart path[stroke=\"{ORANGE}\"]')).stroke"
    ink = "getComputedStyle(document.querySelector('.chart text')).fill"
    seen = {}
    with browser(tmp_path) as tab:
        for file, scheme in ((page, "light"), (page, "dark"), (bare, "light"), (bare, "dark")):
            tab.open(file.as_uri(), scheme=scheme)
            seen[file.stem, scheme] = (tab.ask(stroke), tab.ask(ink))
    assert seen["report", "light"][0] != seen["report", "dark"][0]
    assert seen["bare", "light"][0] == seen["bare", "dark"][0] == "rgb(194, 102, 10)"
    assert (seen["bare", "light"][1], seen["bare", "dark"][1]) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
