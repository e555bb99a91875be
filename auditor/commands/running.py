"""`auditor run`: from options to exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from auditor import progress, selection
from auditor.check import Check
from auditor.commands import gating, planning, reporting
from auditor.course import runner
from auditor.model import Audit
from auditor.settings import config as configuration
from auditor.settings import ordering
from auditor.settings.order import Order
from auditor.settings.ordering import Options
from auditor.world.journal import LEDGER
from reports.curl import curl

INTERRUPTED = {signal.SIGINT: 130, signal.SIGTERM: 143}


def run(
    options: Options,
    *,
    config: Path | None,
    checks: Sequence[Check[Any]],
    dry_run: bool,
    formats: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    open_report: bool,
    previous: Path | None = None,
) -> int:
    """Audit as asked and return the exit code. Raises `AuditorError` where nothing could be probed."""
    loaded = configuration.load(config, cwd=Path.cwd(), environ=os.environ)
    configuration.require_known(loaded, checks=[one.id for one in checks])
    ordered = ordering.order(options, loaded, curl=curl)
    for warning in loaded.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    wanted = selection.checks(checks, only=ordered.only, skip=ordered.skip)
    ordering.no_checks_left(wanted)
    if dry_run:
        return print_plan(ordered.order, wanted)
    sinks = reporting.sinks(formats or ordered.formats, ordered.order.output)
    reporting.require_places(ordered.order.output, sinks)
    before = None if previous is None else reporting.finished(previous)
    audit = gating.since(before, audited(ordered.order, wanted, quiet=quiet))
    return finish(audit, ordered.order.output, sinks, quiet=quiet, verbose=verbose, open_report=open_report)


def audited(order: Order, checks: Sequence[Check[Any]], *, quiet: bool) -> Audit:
    """Run the audit with progress on stderr; SIGTERM stops it as cleanly as Ctrl-C does."""
    console = Console(stderr=True)
    stopped: list[int] = []

    async def course() -> Audit:
        task = asyncio.current_task()

        def stop(number: int) -> None:
            stopped.append(number)
            if task is not None and len(stopped) == 1:
                task.cancel()
            elif len(stopped) > 1:
                abort(order.output, INTERRUPTED[signal.Signals(number)])

        loop = asyncio.get_running_loop()
        for number in INTERRUPTED:
            loop.add_signal_handler(number, stop, number)
        with progress.choose(console, quiet=quiet, environ=os.environ) as shown:
            audit = await runner.audit(order, checks=checks, progress=shown)
        return with_code(audit, stopped)

    try:
        return asyncio.run(course())
    except asyncio.CancelledError:
        print("interrupted before there was anything to report", file=sys.stderr)
        raise SystemExit(INTERRUPTED[signal.Signals(stopped[0])] if stopped else 130) from None


def abort(folder: Path, code: int) -> NoReturn:
    """End at once, whatever is left on the target; the ledger knows it."""
    if (folder / LEDGER).is_file():
        print(f"\nnot everything was removed: auditor cleanup {folder}", file=sys.stderr, flush=True)
    os._exit(code)


def with_code(audit: Audit, stopped: Sequence[int]) -> Audit:
    from dataclasses import replace

    if not stopped:
        return audit
    return replace(audit, exit_code=INTERRUPTED[signal.Signals(stopped[0])])


def finish(
    audit: Audit, folder: Path, sinks: Sequence[reporting.Sink], *, quiet: bool, verbose: bool, open_report: bool
) -> int:
    """Write run.json and the reports, print the summary, return the exit code."""
    written = reporting.write(audit, folder, sinks)
    reporting.print_summary(
        audit, written, quiet=quiet, verbose=verbose, stdout_taken=any(s.path is None for s in sinks)
    )
    if open_report:
        reporting.open_in_browser(folder)
    return audit.exit_code


def print_plan(order: Order, checks: Sequence[Check[Any]]) -> int:
    plan = asyncio.run(planned(order, checks))
    console = Console()
    reporting.print_plan(plan, console)
    return 0


async def planned(order: Order, checks: Sequence[Check[Any]]) -> planning.Plan:
    description, base_url, _ = await runner.describe(order)
    operations = selection.operations(description.document.operations, include=order.include, exclude=order.exclude)
    silent = progress.SilentProgress()
    async with runner.opened(order, description, base_url, operations, tuple(checks), silent, record=False) as stage:
        return planning.plan(stage)
