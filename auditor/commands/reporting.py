"""Writes the run folder's reports and prints what a person reads in the terminal."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from auditor.commands import github_actions
from auditor.commands.planning import Plan
from auditor.errors import AuditorError, UsageError
from auditor.model import Audit, Exchange
from auditor.sending import recording

RUN_FILE = "run.json"
DEFAULT_NAMES = {
    "html": "report.html",
    "json": RUN_FILE,
    "sarif": "report.sarif",
    "junit": "report.junit.xml",
    "gitlab": "report.gitlab.json",
    "github": "report.github.md",
    "md": "report.md",
    "har": "report.har",
    "csv": "report.csv",
}
FORMATS = tuple(DEFAULT_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A report to write: the format, and where to (None: stdout)."""

    format: str
    path: Path | None


def sinks(words: Sequence[str], folder: Path) -> tuple[Sink, ...]:
    """Read `-f html`, `-f json=-`, `-f html=out/x.html`; nothing means HTML. Raises `UsageError`."""
    return tuple(_sink(word, folder) for word in words) or (Sink(format="html", path=folder / "report.html"),)


def _sink(word: str, folder: Path) -> Sink:
    name, equals, where = word.partition("=")
    if name not in FORMATS:
        close = get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(FORMATS)}"
        raise UsageError(f"there is no report format {name!r}", hint)
    if where == "-":
        return Sink(format=name, path=None)
    return Sink(format=name, path=Path(where) if equals else folder / DEFAULT_NAMES[name])


def require_places(folder: Path, wanted: Sequence[Sink]) -> None:
    """Raises `UsageError` where the run or a report could not be written: better now than after an hour."""
    for path in (folder, *(sink.path.parent for sink in wanted if sink.path is not None)):
        nearest = next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
        if not nearest.is_dir():
            raise UsageError(f"{path} cannot be a folder: {nearest} is a file", "choose another one with --output")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise UsageError(f"{path} cannot be written: {nearest} is closed to us", "choose another one with --output")
    for sink in wanted:
        if sink.path is not None and sink.path.is_dir():
            raise UsageError(f"-f {sink.format}={sink.path} is a folder", "name a file in it")


def write(audit: Audit, folder: Path, wanted: Sequence[Sink]) -> list[Path]:
    """Write run.json and every report; return the files written. Raises `AuditorError` when the disk refuses."""
    from reports import run_json

    main = folder / RUN_FILE
    _written(main, run_json.render(audit))
    exchanges = recorded(audit, folder)
    for sink in wanted:
        text = renderers()[sink.format](audit, exchanges)
        _delivered(sink, text)
        if sink.format == "github":
            _published(audit, text, folder, wanted)
    written = [sink.path for sink in wanted if sink.path is not None]
    return [*written, *([main] if main not in written else [])]


def _delivered(sink: Sink, text: str) -> None:
    if sink.path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
    else:
        _written(sink.path, text)


def _published(audit: Audit, summary: str, folder: Path, wanted: Sequence[Sink]) -> None:
    """Tell GitHub Actions, where we run in it."""
    from reports import github

    report = next((one.path for one in wanted if one.format == "html" and one.path), folder / RUN_FILE)
    github_actions.publish(
        summary=summary,
        annotations=github.annotated(audit),
        outputs={**github.outputs(audit), "report": str(report)},
        environ=os.environ,
        out=beside(wanted),
    )


def beside(wanted: Sequence[Sink]) -> TextIO:
    """Return the stream that no report takes: stdout, or stderr where a report goes to stdout."""
    return sys.stderr if any(sink.path is None for sink in wanted) else sys.stdout


def _written(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    except OSError as refusal:
        hint = "free some space; auditor report FOLDER writes the reports of a recorded run again"
        raise AuditorError(f"{path} cannot be written: {refusal.strerror}", hint) from refusal


def renderers() -> Mapping[str, Callable[[Audit, Mapping[str, Exchange]], str]]:
    from reports import csv_table, github, gitlab, har, html, junit, markdown, run_json, sarif

    return {
        "html": html.render,
        "json": lambda audit, _: run_json.render(audit),
        "sarif": sarif.render,
        "junit": junit.render,
        "gitlab": gitlab.render,
        "github": github.render,
        "md": markdown.render,
        "har": har.render,
        "csv": csv_table.render,
    }


def recorded(audit: Audit, folder: Path) -> Mapping[str, Exchange]:
    """Return the exchanges that findings show."""
    wanted = {seen.exchange for finding in audit.findings for seen in finding.evidence}
    every = recording.read_exchanges(folder, {})
    return {name: every[name] for name in sorted(wanted) if name in every}


def again(folder: Path, *, formats: Sequence[str]) -> None:
    """Write reports of a finished run. Raises `UsageError` when the folder holds none."""
    audit = finished(folder)
    wanted = sinks(formats, folder)
    require_places(folder, wanted)
    for path in write(audit, folder, wanted):
        print(path, file=beside(wanted))


def finished(run: Path) -> Audit:
    """Read a run from its folder, or from its run.json. Raises `UsageError` when there is none."""
    from reports import run_json

    main = run if run.is_file() else run / RUN_FILE
    if not main.is_file():
        raise UsageError(f"{run} holds no {RUN_FILE}", "name the folder of a run: auditor run … -o FOLDER")
    try:
        return run_json.parse(main.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise UsageError(f"{main}: {problem}", "it must come from this version of auditor") from problem


def print_summary(audit: Audit, written: Sequence[Path], *, quiet: bool, verbose: bool, stdout_taken: bool) -> None:
    """Print the summary on stdout, or on stderr when a report went there."""
    from reports import terminal
    from reports.view import headline

    console = Console(stderr=stdout_taken, highlight=False)
    with github_actions.commands_stopped(os.environ, console.file):
        if quiet:
            console.print(f"{audit.verdict.upper()}  {headline(audit)} · exit {audit.exit_code}")
            return
        terminal.print_summary(audit, console, verbose=verbose, reports=[str(path) for path in written])


def open_in_browser(folder: Path) -> None:
    webbrowser.open((folder / "report.html").resolve().as_uri())


def print_plan(plan: Plan, console: Console) -> None:
    """Print what a run would do."""
    console.print(Text(f"{plan.title or 'API'}  {plan.base_url}", style="bold"))
    console.print(f"{len(plan.operations)} operations · at most {plan.requests:,} requests, most runs send far fewer")
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    for name in ("Family", "Checks", "Recipes", "Subjects", "Requests at most"):
        table.add_column(name, justify="left" if name == "Family" else "right")
    table.add_row("seeding", "", "", f"{len(plan.operations)}", f"{plan.seeding:,}")
    for one in plan.families:
        table.add_row(one.family, f"{one.checks}", f"{one.recipes}", f"{one.subjects:,}", f"{one.requests:,}")
    console.print(table)
    for line in plan.cannot:
        console.print(Text(f"cannot judge {line}"))
    for label in plan.operations:
        console.print(Text(f"  {label}", style="dim"))
