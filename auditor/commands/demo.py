"""`auditor demo`: the bundled API with a few defects of different families, audited over a socket."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auditor.calibrating import serving
from auditor.check import Check
from auditor.commands import reporting, running
from auditor.errors import UsageError
from auditor.model import Audit
from auditor.sending.session import Bounds
from auditor.settings import ordering
from auditor.settings.order import LoadOrder, Order
from reports.curl import curl

DEFECTS = (
    "authz.bola-read",
    "cors.credentialed-reflection",
    "data.sensitive-fields",
    "design.create-201",
    "errors.no-internals",
    "headers.server-disclosure",
    "injection.sql-blind",
    "input.required",
    "limits.auth-strict",
)


def run(checks: Sequence[Check[Any]], *, output: Path, defects: Sequence[str], quiet: bool, open_report: bool) -> int:
    """Audit, report, and compare with what was switched on: 0 when exactly that was found."""
    switched = tuple(defects) or DEFECTS
    known = serving.switches()
    for name in switched:
        if name not in known.trips:
            raise UsageError(f"there is no defect {name!r}", "auditor serve --list names them all")
    if not quiet:
        print(f"Switched on: {', '.join(switched)}", file=sys.stderr)
    with serving.running(switched, overrides=serving.WIDE_LIMIT) as address:
        audit = running.audited(order(address, output), checks, quiet=quiet)
    written = reporting.write(audit, output, reporting.sinks((), output))
    reporting.print_summary(audit, written, quiet=quiet, verbose=False, stdout_taken=False)
    if open_report:
        reporting.open_in_browser(output)
    expected = frozenset[str]().union(*(known.trips[name] for name in switched))
    return compared(audit, expected)


def compared(audit: Audit, expected: frozenset[str]) -> int:
    found = {one.check for one in audit.findings}
    missed, wrong = sorted(expected - found), sorted(found - expected)
    if not missed and not wrong:
        print(f"\nAll {len(expected)} broken promises were found, and nothing else.")
        return 0
    print(
        f"\nThe demo went wrong. Missed: {', '.join(missed) or 'none'}. Not switched on: {', '.join(wrong) or 'none'}."
    )
    return 1


def order(address: str, output: Path) -> Order:
    """One standard audit with an administrator; load stages cut short, yet long enough for the report's charts."""
    return Order(
        target=address,
        output=output,
        run_id=ordering.new_run_id(),
        seed="0",
        identities=(serving.administrator(),),
        bounds=Bounds(concurrency=8, max_requests=20_000, max_seconds=600),
        writes=True,
        load=LoadOrder(stages=((1, 2.0), (5, 4.0), (20, 5.0))),
        command="auditor demo",
        curl=curl,
    )
