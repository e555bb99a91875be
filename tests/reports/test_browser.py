"""The reports in a real browser: what they ask for, log, and let a keyboard do.

Skipped, the file as one, where there is no Chromium or no driver for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import html, markdown
from tests.reports import building
from tests.reports.browsing import Browser, browser, missing
from tests.reports.test_html import PAYLOADS
from tests.reports.test_markdown import PARSER

if lacking := missing():
    pytest.skip(f"to open the reports in a browser, install {lacking} (Debian's names)", allow_module_level=True)

VISIBLE = "[...document.querySelectorAll('#findings > .check .finding')].filter(one => one.checkVisibility()).length"
FOCUSED = "document.activeElement.closest('.finding')?.id ?? ''"
SHOWN = "[...document.querySelectorAll('{}')].filter(one => one.checkVisibility()).length"
IDS = "[...document.querySelectorAll('#findings > .check .finding')].map(one => one.id)"
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
PWNED = "document.documentElement.hasAttribute('data-pwned')"
HANDLERS = "[...document.querySelectorAll('*')].filter(e => e.getAttributeNames().some(a => a.startsWith('on'))).length"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BOX = "document.activeElement.getBoundingClientRect()"
COPY = ".finding[open] .again .copy"
CURL = "document.querySelector('.finding[open] .again pre').textContent"
BACKGROUND, INK = (f"getComputedStyle(document.body).{one}" for one in ("backgroundColor", "color"))


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("report"), html.render(building.small(), building.small_exchanges()))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("large"), html.render(*building.big(operations=500, checks=172)))


def written(folder: Path, text: str) -> str:
    """Return the address of a page with this text."""
    file = folder / "report.html"
    file.write_text(text, "utf-8")
    return file.as_uri()


def brightness(colour: str) -> float:
    """Return how bright an `rgb(…)` is, from 0 to 1."""
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", colour)[:3])
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def test_the_browser_would_tell(tab: Browser, tmp_path: Path) -> None:
    """What the other tests look for in vain is seen where it happens."""
    address = written(tmp_path, "<img src='http://127.0.0.1:9/x'><script>console.info('heard'); undefined()</script>")
    tab.open(address)
    assert tab.asked_for == [address, "http://127.0.0.1:9/x"]
    complaints = " ".join(tab.complaints)
    assert "heard" in complaints
    assert "TypeError" in complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_asks_for_nothing_and_complains_of_nothing(tab: Browser, page: str, width: int, scheme: str) -> None:
    tab.open(page, width=width, scheme=scheme)
    assert tab.asked_for == [page]
    assert tab.complaints == []


def test_a_large_report_stays_within_its_budget(tab: Browser, large: str) -> None:
    """500 operations × 172 checks with 200 exchanges; `benchmarks/report.py` says how soon it is open."""
    tab.open(large)
    assert Path(large.removeprefix("file://")).stat().st_size < 3_000_000
    assert tab.ask("document.querySelectorAll('*').length") < 15_000
    assert tab.ask("document.querySelectorAll('.xc').length") == 200
    assert tab.asked_for == [large]
    assert tab.complaints == []


@pytest.mark.parametrize("policy", [True, False], ids=["policy", "escaping alone"])
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_it_runs_nothing_of_the_evidence(tab: Browser, payload: str, policy: bool, tmp_path: Path) -> None:
    address = written(tmp_path, html.render(*building.hostile(payload)))
    tab.open(address, policy=policy)
    tab.ask(OPEN_ALL)
    assert not tab.ask(PWNED)
    assert tab.ask(HANDLERS) == 0
    assert tab.ask("document.querySelectorAll('img, iframe, [href*=evil], [href^=javascript]').length") == 0
    assert "1,000,000 characters" in tab.ask("document.body.innerText")
    assert tab.asked_for == [address]
    assert tab.complaints == []
    assert not tab.ask("document.querySelector('.filter').hidden"), "our own script ran"


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_markdown_runs_nothing_of_the_evidence(tab: Browser, payload: str, tmp_path: Path) -> None:
    """Rendered with raw HTML let through, and without a policy: as careless a page as there may be."""
    body = PARSER.render(markdown.render(*building.hostile(payload)))
    address = written(tmp_path, f'<!doctype html><meta charset="utf-8"><title>comment</title>{body}')
    tab.open(address)
    tab.ask(OPEN_ALL)
    assert "auditor" in tab.ask("document.querySelector('h1, h2, h3').textContent")
    assert not tab.ask(PWNED)
    assert tab.ask(HANDLERS) == 0
    assert tab.ask("document.querySelectorAll('script, style, img, svg, iframe, a').length") == 0
    assert tab.asked_for == [address]
    assert tab.complaints == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("report", ["page", "large"])
def test_it_never_scrolls_sideways(tab: Browser, report: str, width: int, request: pytest.FixtureRequest) -> None:
    tab.open(request.getfixturevalue(report), width=width)
    tab.ask(OPEN_ALL)
    assert tab.ask(TOO_WIDE) == 0


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("payload", ["A" * 3_000, f"{'A' * 300} | {'-' * 300}"], ids=["word", "words"])
def test_long_evidence_does_not_widen_it(tab: Browser, payload: str, width: int, tmp_path: Path) -> None:
    tab.open(written(tmp_path, html.render(*building.hostile(payload))), width=width)
    tab.ask(OPEN_ALL)
    assert tab.ask(TOO_WIDE) == 0


def test_the_keyboard_goes_from_finding_to_finding(tab: Browser, page: str) -> None:
    tab.open(page)
    ids = tab.ask(IDS)
    walked = []
    for key in "jjk":
        tab.press(key)
        walked.append(tab.ask(FOCUSED))
    assert walked == [ids[0], ids[1], ids[0]]


def test_the_keyboard_stops_at_both_ends(tab: Browser, page: str) -> None:
    tab.open(page)
    ids = tab.ask(IDS)
    tab.press("j" * (len(ids) + 3))
    assert tab.ask(FOCUSED) == ids[-1]
    tab.press("k" * (len(ids) + 3))
    assert tab.ask(FOCUSED) == ids[0]


def test_what_the_keyboard_reaches_is_in_sight(tab: Browser, page: str) -> None:
    tab.open(page, height=500)
    for key in "jjjjjjkkkkkk":
        tab.press(key)
        top, bottom = tab.ask(f"[{BOX}.top, {BOX}.bottom]")
        assert tab.ask("document.querySelector('.bar').offsetHeight") <= top
        assert bottom <= 500


def test_enter_opens_and_closes_a_finding(tab: Browser, page: str) -> None:
    tab.open(page)
    tab.press("jj")
    tab.press("Enter")
    assert tab.ask("document.activeElement.parentElement.open")
    tab.press("Enter")
    assert not tab.ask("document.activeElement.parentElement.open")


def test_the_filter_leaves_what_it_names(tab: Browser, page: str) -> None:
    tab.open(page)
    every = tab.ask(VISIBLE)
    tab.press("/bola")
    assert tab.ask("document.activeElement.id") == "filter"
    assert 0 < tab.ask(VISIBLE) < every
    assert tab.ask("document.querySelector('#filter-count').textContent") == f"1 of {every}"


def test_keys_are_letters_within_the_filter(tab: Browser, page: str) -> None:
    tab.open(page)
    tab.press("/jk/")
    assert tab.ask("document.querySelector('#filter').value") == "jk/"


@pytest.mark.parametrize(("field", "option"), [("#filter-severity", "critical"), ("#filter-status", "known")])
def test_findings_can_be_chosen(tab: Browser, page: str, field: str, option: str) -> None:
    tab.open(page)
    tab.ask(f"document.querySelector('{field}').focus()")
    tab.press(option)
    chosen = [one.fingerprint[:12] for one in building.small_findings() if option in (one.severity, one.status)]
    assert tab.ask(VISIBLE) == len(chosen)
    tab.ask("document.activeElement.blur()")
    tab.press("j")
    assert tab.ask(FOCUSED) == f"f-{chosen[0]}", "a key passes over what is hidden"


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
    tab.click("#open-all")
    assert tab.ask(closed) == 0
    tab.click("#open-all")
    assert tab.ask(closed) == tab.ask(VISIBLE)


def copied(tab: Browser) -> str:
    """Press the first copy button and return what it says then, until it says again what it copies."""
    tab.ask(f"""void (window.label = new Promise(told => {{
        const button = document.querySelector('{COPY}');
        new MutationObserver(() => told(button.textContent)).observe(button, {{childList: true}});
    }}))""")
    tab.click(COPY)
    return str(tab.ask("window.label"))


def test_a_copy_button_copies(tab: Browser, page: str) -> None:
    tab.open(page)
    for permission in ("clipboard-read", "clipboard-write"):
        tab.permit(permission, "granted")
    assert copied(tab) == "Copied"
    text = tab.ask("navigator.clipboard.readText()")
    assert text.startswith("curl ")
    assert text == tab.ask(CURL)


def test_a_copy_button_selects_where_copying_is_forbidden(tab: Browser, page: str) -> None:
    tab.open(page)
    tab.permit("clipboard-write", "denied")
    assert copied(tab) == "Selected"
    assert tab.ask("getSelection().toString()").strip() == tab.ask(CURL).strip()


def test_it_is_dark_where_dark_is_preferred(tab: Browser, page: str) -> None:
    tab.open(page, scheme="light")
    assert brightness(tab.ask(BACKGROUND)) > 0.9 > 0.3 > brightness(tab.ask(INK))
    tab.open(page, scheme="dark")
    assert brightness(tab.ask(BACKGROUND)) < 0.1 < 0.7 < brightness(tab.ask(INK))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_switch_turns_light_into_dark_and_back(tab: Browser, page: str, scheme: str) -> None:
    tab.open(page, scheme=scheme)
    first = tab.ask(BACKGROUND)
    tab.click("#theme")
    assert (brightness(tab.ask(BACKGROUND)) > 0.5) is (scheme == "dark")
    tab.click("#theme")
    assert tab.ask(BACKGROUND) == first


def test_without_script_everything_is_there_but_the_controls(tab: Browser, page: str) -> None:
    tab.open(page, scripts=False)
    assert tab.complaints == []
    assert "FAIL" in tab.ask("document.querySelector('.verdict').innerText")
    assert tab.ask("document.querySelectorAll('.finding').length") == len(building.small_findings())
    assert tab.ask(SHOWN.format("button, input, select")) == 0
    closed = ".finding:not([open])"
    evidence = tab.ask(SHOWN.format(".xc"))
    tab.click(f"#findings {closed} > summary")
    assert tab.ask(SHOWN.format(".xc")) > evidence


def test_print_shows_the_summary(tab: Browser, page: str) -> None:
    tab.open(page)
    tab.show_as_print()
    assert tab.ask(SHOWN.format(".verdict, .tiles, #checklist")) == 3
    assert tab.ask(SHOWN.format("nav, .filter, .evidence, .copy, #matrix")) == 0


def test_print_shows_all_that_was_opened(tab: Browser, page: str) -> None:
    tab.open(page)
    summary = tab.pdf()
    tab.click("#open-all")
    assert sheets(summary) < sheets(tab.pdf())
    tab.show_as_print()
    assert tab.ask(SHOWN.format("#findings > .check .evidence")) > 0


def test_paper_is_white(tab: Browser, page: str) -> None:
    tab.open(page, scheme="dark")
    tab.click("#theme")
    tab.click("#theme")
    tab.show_as_print()
    assert tab.ask(BACKGROUND) == "rgb(255, 255, 255)"
    assert brightness(tab.ask(INK)) < 0.3


def sheets(pdf: bytes) -> int:
    assert pdf.startswith(b"%PDF-")
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
