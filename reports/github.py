"""GitHub's step summary, and annotations on the lines of the API document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from auditor.model import Audit, ChecklistRow, Exchange, Finding
from reports.markdown import MARKS, folded, inline, listed, page, table
from reports.place import place
from reports.view import state, worst_first
from reports.words import cut, more, one_line

MOST_BYTES: Final = 1_000_000
"""GitHub refuses a summary of more than 1 MiB, and there may be others in the same step."""
MOST_ANNOTATIONS: Final = 10
"""GitHub shows ten of a kind per step and drops the rest."""
_COMMANDS: Final = {"critical": "error", "high": "error", "medium": "warning"}
_MOST_TEXT: Final = 500


def render(audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    """Return the step summary: the comment's page with the checklist, hints, notes and leftovers."""
    further = [
        _checklist(audit.checklist),
        listed("Hints", audit.hints),
        listed("Notes", audit.notes),
        listed("Left behind", audit.leftovers),
    ]
    return page(audit, exchanges, most=MOST_BYTES, further=[one for one in further if one])


def _checklist(rows: tuple[ChecklistRow, ...]) -> str:
    cells = [(MARKS[state(one.outcome)], inline(one.title), one.outcome) for one in rows]
    return folded("Checklist", table(("", "deliverable", "outcome"), cells)) if cells else ""


def annotated(audit: Audit) -> tuple[str, ...]:
    """Return up to ten workflow commands for new findings, worst first; the last one counts what is missing."""
    new = [one for one in worst_first(audit.findings) if one.status == "new"]
    hidden = len(new) - MOST_ANNOTATIONS
    shown = [_annotation(one, audit) for one in new[:MOST_ANNOTATIONS]]
    if hidden > 0:
        shown[-1] += f" (+{more(hidden, 'new finding')} in the summary)"
    return tuple(shown)


def outputs(audit: Audit) -> Mapping[str, str]:
    """Return what later steps of a workflow ask for."""
    new = sum(one.status == "new" for one in audit.findings)
    return {"verdict": audit.verdict, "complete": str(audit.run.complete).lower(), "new-findings": str(new)}


def _annotation(finding: Finding, audit: Audit) -> str:
    where = place(audit, finding)
    title = f"{finding.check} ({finding.severity})"
    command = _COMMANDS.get(finding.severity, "notice")
    parts = f"file={_property(where.path)},line={where.line},title={_property(title)}"
    return f"::{command} {parts}::{_data(f'{finding.operation or finding.subject}: {finding.message}')}"


def _data(text: str) -> str:
    """Escape a command's message as @actions/core does."""
    return cut(one_line(text), _MOST_TEXT).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
