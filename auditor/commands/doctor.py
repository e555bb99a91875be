"""`auditor doctor`: finds the document, signs callers in, calls every operation once, and says what keeps it from some.

A run without checks: nothing is judged, and what was made is removed again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from auditor.commands import github_actions, reporting, running
from auditor.model import Audit
from auditor.settings import config as configuration
from auditor.settings import ordering
from auditor.settings.ordering import Options
from reports import doctor as diagnosis
from reports.curl import curl

REACHED, MISSING, INCONCLUSIVE = 0, 1, 4
INTERRUPTED = frozenset(running.INTERRUPTED.values())


def run(options: Options, *, config: Path | None, as_json: bool, quiet: bool) -> int:
    """Examine the target, print what was found, return the exit code. Raises `AuditorError` where nothing answers."""
    loaded = configuration.load(config, cwd=Path.cwd(), environ=os.environ)
    for warning in loaded.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    with folder(options.output) as output:
        order = ordering.order(replace(options, output=output), loaded, curl=curl).order
        audit = running.audited(replace(order, load=None, gates=(), baseline=None, suppressions=()), (), quiet=quiet)
        if options.output is not None:
            reporting.write(audit, output, ())
    code = exit_code(audit)
    show(audit, code=code, as_json=as_json)
    return code


@contextmanager
def folder(wanted: Path | None) -> Iterator[Path]:
    """Yield the folder to keep the run in, a passing one if none is wanted. Raises `UsageError`."""
    if wanted is None:
        with TemporaryDirectory(prefix="auditor-doctor-") as passing:
            yield Path(passing)
        return
    reporting.require_places(wanted, ())
    yield wanted


def exit_code(audit: Audit) -> int:
    """Return 0 when every operation was reached, 1 when some was not, 4 when that cannot be said."""
    if audit.exit_code in INTERRUPTED:
        return audit.exit_code
    if not audit.run.complete or not audit.reach.operations:
        return INCONCLUSIVE
    return REACHED if audit.reach.succeeded == audit.reach.operations else MISSING


def show(audit: Audit, *, code: int, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(diagnosis.render_json(audit, code=code))
        return
    console = Console(highlight=False)
    with github_actions.commands_stopped(os.environ, console.file):
        diagnosis.print_diagnosis(audit, console, code=code)
