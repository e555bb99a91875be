"""A check as a SARIF rule: how GitHub describes, ranks and files what it finds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from auditor.model import CheckFacts, Json
from reports.html import reference
from reports.words import cut

LEVELS: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SCORES: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5"}
"""GitHub's bands: above 9 critical, from 7 high, from 4 medium, below low."""
_PROBLEMS: Final = {"error": "error", "warning": "warning", "note": "recommendation"}
_PRECISION: Final = {"static": "very-high", "load": "medium"}
_SECURITY: Final = frozenset({"auth", "authz", "cors", "data", "headers", "injection", "limits", "tls"})
_MOST_TAGS: Final = 20
_MOST_TEXT: Final = 1_000


def rule(check: CheckFacts) -> Json:
    """Return the rule; texts are those of the check's documentation."""
    title = cut(check.title or check.id, _MOST_TEXT)
    return {
        "id": check.id,
        "name": "".join(word.capitalize() for word in re.split(r"[^A-Za-z0-9]+", check.id)),
        "shortDescription": {"text": title},
        "fullDescription": {"text": cut(check.why or check.title or check.id, _MOST_TEXT)},
        "help": {"text": _text(check), "markdown": _markdown(check)},
        "defaultConfiguration": {"level": LEVELS.get(check.severity, "note")},
        "properties": {
            "tags": list(dict.fromkeys(_tags(check)))[:_MOST_TAGS],
            "precision": _PRECISION.get(check.mode, "high"),
            **_severity(check),
        },
    }


def is_security(check: CheckFacts) -> bool:
    """Say whether the check guards against an attacker: by its family, or by a weakness it names."""
    return check.family in _SECURITY or any(one.startswith(("CWE-", "ASVS ")) for one in check.refs)


def _severity(check: CheckFacts) -> Mapping[str, str]:
    """GitHub files a rule that has a security score under security, so only these get one."""
    if is_security(check) and check.severity in _SCORES:
        return {"security-severity": _SCORES[check.severity]}
    return {"problem.severity": _PROBLEMS[LEVELS.get(check.severity, "note")]}


def _tags(check: CheckFacts) -> Iterator[str]:
    if is_security(check):
        yield "security"
    yield from (f"external/cwe/{one.lower()}" for one in check.refs if re.fullmatch(r"CWE-\d+", one))
    yield check.family
    yield from check.standards
    yield from (one for one in check.refs if not one.startswith(("CWE-", "http")))


def _text(check: CheckFacts) -> str:
    refs = ", ".join(check.refs)
    parts = (check.title or check.id, check.why, check.fix and f"To mend it: {check.fix}", refs and f"See {refs}.")
    return "\n\n".join(part for part in parts if part)


def _markdown(check: CheckFacts) -> str:
    links = ", ".join(f"[{one}]({link})" if (link := reference(one)) else one for one in check.refs)
    parts = (
        f"**{check.title or check.id}**",
        check.why,
        check.fix and f"**To mend it:** {check.fix}",
        links and f"**See** {links}.",
        f"`auditor explain {check.id}` says how it asks.",
    )
    return "\n\n".join(part for part in parts if part).replace("<", "&lt;")
