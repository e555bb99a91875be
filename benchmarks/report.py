"""How large an HTML report is, and how soon a browser has it open; each figure beside its budget.

    python -m benchmarks.report

Opens three files in a headless Chromium (Debian's chromium and chromium-driver): an empty page, an audit of 8
operations by 30 checks, and a made-up one of 500 operations by 172 checks with 200 exchanges. "elements" is what
Lighthouse calls the size of the DOM, "nodes" counts texts too. "painted" is the first contentful paint, "open" the
later of that and the end of the load event, both since the navigation began: medians of 5 openings in one browser.
"""

from __future__ import annotations

import gzip
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from reports import html
from tests.reports import building
from tests.reports.browsing import Browser, browser, missing

TIMES = 5
EMPTY = "<!doctype html><title>empty</title><p>empty"
ELEMENTS = "document.querySelectorAll('*').length"
NODES = "(() => { let n = 1; for (const all = document.createTreeWalker(document); all.nextNode();) n++; return n; })()"
PAINTED = """new Promise(told => new PerformanceObserver((_, me) => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    if (paint) { me.disconnect(); told(paint.startTime); }
}).observe({type: 'paint', buffered: true}))"""
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"


@dataclass(frozen=True, slots=True)
class Figures:
    """Sizes in KB of 1,000 bytes, times in milliseconds."""

    size: float
    gzipped: float
    elements: float
    nodes: float
    painted: float
    opened: float


def measured(tab: Browser, file: Path, text: bytes) -> Figures:
    """Write a report, open it `TIMES` times, and check that it asked for nothing and complained of nothing."""
    file.write_bytes(text)
    openings = [opening(tab, file.as_uri()) for _ in range(TIMES)]
    return Figures(
        size=len(text) / 1000,
        gzipped=len(gzip.compress(text)) / 1000,
        elements=tab.ask(ELEMENTS),
        nodes=tab.ask(NODES),
        painted=statistics.median(painted for painted, _ in openings),
        opened=statistics.median(opened for _, opened in openings),
    )


def opening(tab: Browser, address: str) -> tuple[float, float]:
    """Return when the page was painted first and when it was open, in milliseconds."""
    tab.open(address)
    painted, loaded = float(tab.ask(PAINTED)), float(tab.ask(LOADED))
    if tab.asked_for != [address] or tab.complaints:
        raise SystemExit(f"it asked for {tab.asked_for} and complained: {tab.complaints}")
    return painted, max(painted, loaded)


def row(name: str, cells: list[str]) -> str:
    return f"{name:34}" + "".join(f"{cell:>12}" for cell in cells)


def shown(figures: Figures) -> list[str]:
    return [f"{getattr(figures, name):,.0f}" for name in Figures.__slots__]


def shares(figures: Figures) -> list[str]:
    """Return each figure's share of its budget: 3 MB, 15,000 elements, open within a second."""
    budget = {"size": 3000, "elements": 15_000, "opened": 1000}
    return [f"{getattr(figures, name) / budget[name]:.2f}" if name in budget else "–" for name in Figures.__slots__]


def main() -> None:
    if lacking := missing():
        raise SystemExit(f"install {lacking} (Debian's names) first")
    print(row("page", ["KB", "gzipped KB", "elements", "nodes", "painted ms", "open ms"]))
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder)) as tab:
        file = Path(folder) / "report.html"
        print(row("empty", shown(measured(tab, file, EMPTY.encode()))))
        small, large = (building.small(), building.small_exchanges()), building.big(operations=500, checks=172)
        print(row("8 operations by 30 checks", shown(measured(tab, file, html.render(*small).encode()))))
        figures = measured(tab, file, html.render(*large).encode())
        print(row("500 operations by 172 checks", shown(figures)))
        print(row("  its share of the budget", shares(figures)))


if __name__ == "__main__":
    main()
