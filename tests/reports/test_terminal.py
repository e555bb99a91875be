from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console

from auditor.model import Audit
from reports.html import render
from reports.terminal import print_summary, verdict_line
from tests.reports import building
from tests.reports.test_html import PAYLOADS, _finding

GOLDEN = Path(__file__).parent / "golden"
REPORTS = ("auditor-out/report.html", "auditor-out/run.json")


def printed(audit: Audit, width: int, *, verbose: bool = False, colour: bool = False, no_colour: bool = False) -> str:
    out = io.StringIO()
    environ: Mapping[str, str] = {"NO_COLOR": "1"} if no_colour else {}
    system: Literal["standard"] | None = "standard" if colour else None
    console = Console(file=out, width=width, force_terminal=colour, color_system=system, _environ=environ)
    print_summary(audit, console, verbose=verbose, reports=REPORTS)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_the_summary_looks_as_it_did(width: int, regenerate: bool) -> None:
    golden = GOLDEN / f"summary-{width}.txt"
    if regenerate:
        golden.write_text(printed(building.small(), width), "utf-8")
    assert printed(building.small(), width) == golden.read_text("utf-8")


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = printed(building.small(), width, verbose=True)
    table = max(len(line) for line in text.splitlines() if line.startswith("─"))
    assert max(map(len, text.splitlines())) <= max(width, table)


def test_the_last_line_is_the_verdict() -> None:
    assert printed(building.small(), 80).splitlines()[-1] == "FAIL  1 of 1 gates failed · exit 1".replace(
        "of 1", "of 3"
    )


def test_only_new_findings_are_listed_unless_all_are_asked_for() -> None:
    assert "headers.nosniff" not in printed(building.small(), 100)
    assert "headers.nosniff" in printed(building.small(), 100, verbose=True)


def test_more_than_five_operations_are_counted() -> None:
    many = replace(building.small(), findings=tuple(_finding(number) for number in range(17)))
    assert "+12 more" in printed(many, 100)
    assert "more" not in printed(many, 100, verbose=True).partition("family")[0]


def test_long_words_are_wrapped_and_never_lost() -> None:
    path = "GET /" + "a" * 150
    audit = replace(building.small(), findings=(replace(_finding(1), operation=path, message="m" * 150),))
    text = "".join(printed(audit, 80).split())
    assert "a" * 150 in text
    assert "m" * 150 in text


@pytest.mark.parametrize("payload", [*PAYLOADS.values(), "[bold red]x[/]", "a\nb\rc"])
def test_foreign_text_is_neither_markup_nor_control(payload: str) -> None:
    text = printed(building.hostile(payload)[0], 100)
    assert "\x1b" not in text
    assert all(char.isprintable() or char == "\n" for char in text)


def test_markup_in_a_message_is_printed_as_it_is() -> None:
    audit = replace(building.small(), findings=(replace(_finding(1), message="[bold red]x[/]"),))
    assert "[bold red]x[/]" in printed(audit, 100)


def test_colour_goes_where_it_is_not_wanted() -> None:
    assert "\x1b[31m" in printed(building.small(), 80, colour=True)
    assert "\x1b[31m" not in printed(building.small(), 80, colour=True, no_colour=True)


@pytest.mark.parametrize(
    ("verdict", "complete", "line"),
    [
        ("pass", True, "PASS  1 gate passed, 1 warned · exit 0"),
        ("inconclusive", True, "INCONCLUSIVE  1 gate not measured · exit 4"),
        ("inconclusive", False, "INCONCLUSIVE  the target stopped answering · exit 4"),
    ],
)
def test_the_verdict_says_why(verdict: str, complete: bool, line: str) -> None:
    plain = building.small()
    run = replace(plain.run, complete=complete, stop_reason="" if complete else "the target stopped answering")
    code = 0 if verdict == "pass" else 4
    audit = replace(plain, verdict="pass" if verdict == "pass" else "inconclusive", run=run, exit_code=code)
    assert printed(audit, 80).splitlines()[-1] == line
    assert verdict_line(audit).plain == line


def test_a_gate_that_only_warns_is_told_beside_a_pass() -> None:
    plain = building.small()
    gates = (plain.gates[1], replace(plain.gates[0], binding=False))
    audit = replace(plain, verdict="pass", exit_code=0, gates=gates)
    assert verdict_line(audit).plain == "PASS  1 gate passed, 1 warned · exit 0"
    assert "warns only" in render(audit, {})


def test_more_than_five_leftovers_are_counted() -> None:
    audit = replace(building.small(), leftovers=tuple(f"/orders {number}" for number in range(9)))
    assert "+4 more, see the report" in printed(audit, 80)
    assert "/orders 8" in printed(audit, 80, verbose=True)
