"""`auditor checks` and `auditor explain`: everything they show comes from the checks themselves."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from auditor.check import Check
from auditor.errors import UsageError

STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def print_checks(checks: Sequence[Check[Any]], *, family: str | None) -> None:
    """Print one line per check. Raises `UsageError` for a family that does not exist."""
    families = sorted({one.family for one in checks})
    if family is not None and family not in families:
        raise UsageError(f"there is no family {family!r}", f"there are: {', '.join(families)}")
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="bold")
    table.add_column("Check", no_wrap=True)
    table.add_column("Severity", no_wrap=True)
    table.add_column("Promise")
    for one in checks:
        if family is None or one.family == family:
            grade = one.severity.label
            table.add_row(one.id, Text(grade, style=STYLES[grade]), one.title)
    console.print(table)


def print_explanation(checks: Sequence[Check[Any]], name: str) -> None:
    """Print a check's page. Raises `UsageError` for an unknown id, with a suggestion."""
    found = next((one for one in checks if one.id == name), None)
    if found is None:
        close = get_close_matches(name, [one.id for one in checks], n=1)
        raise UsageError(
            f"there is no check {name!r}", f"did you mean {close[0]}?" if close else "auditor checks lists them"
        )
    console = Console(highlight=False)
    console.print(Text(found.title, style="bold"))
    console.print(
        Text(f"{found.id} · {found.severity.label} · {', '.join(found.standards)} · {found.mode}", style="dim")
    )
    width = min(console.width, 100)
    for heading in ("Why", "Fix", "Known limits"):
        text = found.section(heading)
        if text:
            console.print()
            console.print(Text(heading, style="bold"))
            console.print(Text(textwrap.fill(text, width)))
    asked = [one.docs for one in found.recipes]
    if asked:
        console.print()
        console.print(Text("How it asks", style="bold"))
        for line in asked:
            console.print(Text(textwrap.fill(line, width)))
    if found.refs:
        console.print()
        console.print(Text("References: " + " · ".join(found.refs), style="dim"))
