"""GitLab's code quality report: every finding, because the widget itself compares with the target branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from auditor.model import Audit, Exchange, Finding, Json
from reports.as_json import cleaned, dumped
from reports.place import place
from reports.view import worst_first
from reports.words import cut, one_line

SEVERITIES: Final = {"info": "info", "low": "minor", "medium": "major", "high": "critical", "critical": "blocker"}
_MOST_TEXT: Final = 500


def render(audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    """Return the array that `artifacts:reports:codequality` takes, worst findings first."""
    del exchanges  # the format has no place for them
    return dumped([_issue(one, audit) for one in worst_first(audit.findings)])


def _issue(finding: Finding, audit: Audit) -> Json:
    where = place(audit, finding)
    aside = "" if finding.status == "new" else f" ({finding.status})"
    text = one_line(f"{finding.operation or finding.subject}: {finding.message}")
    issue = {
        "description": cut(text, _MOST_TEXT) + aside,
        "check_name": finding.check,
        "fingerprint": finding.fingerprint,
        "severity": SEVERITIES.get(finding.severity, "info"),
        "location": {"path": where.path, "lines": {"begin": where.line}},
    }
    return cleaned(issue)
