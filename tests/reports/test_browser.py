"""The report in a real browser: what it asks for, logs, and lets a keyboard do. Skipped where there is no Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.html import render
from tests.reports import building
from tests.reports.browsing import CHROMIUM, Browser, browser
from tests.reports.test_html import PAYLOADS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

VISIBLE = "[...document.querySelectorAll('#findings > .check .finding')].filter(one => one.checkVisibility()).length"
FOCUSED = "document.activeElement.closest('.finding')?.id ?? ''"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render(building.small(), building.small_exchanges()), "utf-8")
    return file.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_asks_for_nothing_and_complains_of_nothing(tab: Browser, page: str, width: int, scheme: str) -> None:
    tab.open(page, width=width, scheme=scheme)
    assert tab.asked_for == [page]
    assert tab.complaints == []


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_it_runs_nothing_of_the_evidence(tab: Browser, payload: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(*building.hostile(payload)), "utf-8")
    tab.open(file.as_uri())
    tab.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert not tab.ask("document.documentElement.hasAttribute('data-pwned')")
    assert tab.complaints == []
    assert not tab.ask("document.querySelector('.filter').hidden"), "our own script ran"


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_it_never_scrolls_sideways(tab: Browser, page: str, width: int) -> None:
    tab.open(page, width=width)
    tab.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert tab.ask("document.documentElement.scrollWidth") <= width


def test_the_keyboard_goes_from_finding_to_finding(tab: Browser, page: str) -> None:
    tab.open(page)
    ids = tab.ask("[...document.querySelectorAll('#findings > .check .finding')].map(one => one.id)")
    walked = []
    for key in ("j", "j", "k"):
        tab.press(key)
        walked.append(tab.ask(FOCUSED))
    assert walked == [ids[0], ids[1], ids[0]]


def test_enter_opens_a_finding(tab: Browser, page: str) -> None:
    tab.open(page)
    tab.press("j")
    tab.press("j")
    tab.press("Enter")
    assert tab.ask("document.activeElement.parentElement.open")


def test_the_filter_leaves_what_it_names(tab: Browser, page: str) -> None:
    tab.open(page)
    every = tab.ask(VISIBLE)
    tab.press("/")
    for letter in "bola":
        tab.press(letter)
    assert tab.ask("document.activeElement.id") == "filter"
    assert 0 < tab.ask(VISIBLE) < every
    assert tab.ask("document.querySelector('#filter-count').textContent") == f"1 of {every}"


def test_a_severity_can_be_chosen(tab: Browser, page: str) -> None:
    tab.open(page)
    tab.ask("""{const one = document.querySelector('#filter-severity'); one.value = 'critical';
        one.dispatchEvent(new Event('input', {bubbles: true}))}""")
    assert tab.ask(VISIBLE) == 1


def test_a_link_to_a_finding_opens_it(tab: Browser, page: str) -> None:
    mark = building.small_findings()[2].fingerprint[:12]
    tab.open(f"{page}#f-{mark}")
    assert tab.ask(f"document.querySelector('#f-{mark}').open")


def test_a_link_to_a_suppressed_finding_opens_what_holds_it(tab: Browser, page: str) -> None:
    mark = next(one for one in building.small_findings() if one.status == "suppressed").fingerprint[:12]
    tab.open(f"{page}#f-{mark}")
    assert tab.ask("document.querySelector('#suppressed').open")


def test_everything_opens_and_closes_at_once(tab: Browser, page: str) -> None:
    tab.open(page)
    closed = "document.querySelectorAll('#findings > .check .finding:not([open])').length"
    tab.ask("document.querySelector('#open-all').click()")
    assert tab.ask(closed) == 0
    tab.ask("document.querySelector('#open-all').click()")
    assert tab.ask(closed) == tab.ask(VISIBLE)


def test_the_switch_turns_light_into_dark(tab: Browser, page: str) -> None:
    tab.open(page)
    colour = "getComputedStyle(document.body).backgroundColor"
    light = tab.ask(colour)
    tab.ask("document.querySelector('#theme').click()")
    assert tab.ask(colour) != light


def test_without_script_everything_is_there_but_the_controls(tab: Browser, page: str) -> None:
    tab.open(page, scripts=False)
    assert tab.complaints == []
    nodes = tab.send("DOM.getDocument", depth=0)["root"]["nodeId"]
    html = tab.send("DOM.getOuterHTML", nodeId=nodes)["outerHTML"]
    assert "FAIL" in html
    assert '<div class="filter" hidden' in html
    assert html.count('class="finding ') == len(building.small_findings())


def test_print_shows_the_summary(tab: Browser, page: str) -> None:
    tab.open(page)
    tab.send("Emulation.setEmulatedMedia", media="print")
    shown = "[...document.querySelectorAll('{}')].filter(one => one.checkVisibility()).length"
    try:
        assert tab.ask(shown.format(".verdict, .tiles, #checklist")) == 3
        assert tab.ask(shown.format("nav, .filter, .evidence, .copy, #matrix")) == 0
    finally:
        tab.send("Emulation.setEmulatedMedia", media="")


def test_a_large_report_is_on_the_screen_soon(tab: Browser, tmp_path: Path) -> None:
    file = tmp_path / "big.html"
    audit, exchanges = building.big()
    file.write_text(render(audit, exchanges), "utf-8")
    tab.open(file.as_uri())
    painted = tab.ask("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now()")
    assert painted < 10_000, "milliseconds; the budget is one second, this only tells a report that hangs"
