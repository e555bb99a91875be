"""A table for spreadsheets: one row per finding, and no cell that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

from auditor.model import Audit, Exchange, Finding
from reports.view import worst_first
from reports.words import cut, one_line

COLUMNS: Final = ("id", "severity", "check", "operation", "message", "status", "confirmed", "fingerprint")
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")
_MOST_CELL: Final = 2_000


def render(audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    """Return the table by RFC 4180, every cell quoted, worst findings first."""
    del exchanges
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([harmless(cell) for cell in _cells(one)] for one in worst_first(audit.findings))
    return out.getvalue()


def _cells(finding: Finding) -> tuple[str, ...]:
    return (
        finding.fingerprint[:12],
        finding.severity,
        finding.check,
        finding.operation or finding.subject,
        finding.message,
        finding.status,
        "yes" if finding.confirmed else "no",
        finding.fingerprint,
    )


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula (OWASP, CSV injection)."""
    cell = cut(one_line(text), _MOST_CELL)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
