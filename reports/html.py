"""The report a person reads: one HTML file that asks nothing of anyone and runs nothing it was told.

Evidence is hostile by design, so everything is escaped by the template engine, and a policy by hash lets only
the two inline blocks of our own act. Under a stricter policy (Jenkins') it is still readable without them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Final

from auditor.model import Audit, Exchange, Finding, Outcome
from reports import overview, prose, view, words
from reports.charts import load_charts
from reports.curl import curl
from reports.exchange import Shown, evidence, probe_of
from reports.history import history
from reports.matrix import matrix

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

PER_CHECK: Final = 25
"""Findings shown of one check; the rest is counted."""
_MOST_FINDINGS: Final = 240
_MOST_EXCHANGES: Final = 200
_MOST_CURL: Final = 4096
_OWASP: Final = {
    "1": "broken-object-level-authorization",
    "2": "broken-authentication",
    "3": "broken-object-property-level-authorization",
    "4": "unrestricted-resource-consumption",
    "5": "broken-function-level-authorization",
    "6": "unrestricted-access-to-sensitive-business-flows",
    "7": "server-side-request-forgery",
    "8": "security-misconfiguration",
    "9": "improper-inventory-management",
    "a": "unsafe-consumption-of-apis",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One finding with what proves it; `evidence` is empty where the report has shown enough."""

    finding: Finding
    evidence: tuple[Shown, ...]
    curl: str
    curl_size: int

    @property
    def line(self) -> int | None:
        """The line of the document, where it says anything: a document on one line has its all on line 1."""
        line = self.finding.document_line
        return line if line is not None and line > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What one cause did in many places: its first place in full, the others after it."""

    entries: tuple[Entry, ...]
    message: str
    """What happened in all of them; "" where each has its own words."""

    @property
    def operations(self) -> int:
        return len(set(overview.places(one.finding for one in self.entries)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The findings of one check, cause by cause."""

    group: view.Group
    causes: tuple[Cause, ...]
    hidden: int


def render(audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    """Return the report, the same bytes for the same audit and exchanges.

    Exchanges that a finding names and `exchanges` lacks are left out. Foreign text is shown, never interpreted.
    """
    style, script = _asset("report.css"), _asset("report.js")
    rows = overview.standards(audit)
    page = {
        "audit": audit,
        "policy": _policy(style, script),
        "style": style,
        "script": script,
        "headline": view.headline(audit),
        "tiles": overview.tiles(audit),
        "hints": overview.hints(audit),
        "history": history(audit.comparison),
        "standards": rows,
        "topics": overview.checklist(audit, rows),
        "ladder": overview.ladder(audit),
        "accepted": overview.accepted(audit),
        "linked": {one.check for one in view.open_findings(audit)},
        "findings": view.open_findings(audit),
        "sections": sections(audit, view.open_findings(audit), exchanges),
        "set_aside": sections(audit, view.suppressed_findings(audit), {}),
        "unsure": view.buckets(audit.results, Outcome.UNSURE),
        "errors": view.buckets(audit.results, Outcome.ERROR),
        "skipped": view.buckets(audit.results, Outcome.SKIP),
        "by_check": view.by_check(audit.results),
        "totals": view.totals(audit.results),
        "matrix": matrix(audit),
        "charts": load_charts(audit.load) if audit.load else None,
        "config": json.dumps(audit.run.config, indent=2, sort_keys=True, ensure_ascii=False, default=str),
    }
    return _environment().get_template("report.html.j2").render(page)


def sections(audit: Audit, findings: Sequence[Finding], exchanges: Mapping[str, Exchange]) -> tuple[Section, ...]:
    """Choose what is shown of each check: at most 25 findings, fewer where hundreds of checks failed.

    The evidence of the first finding of every check comes before that of the second of any.
    """
    groups = view.groups(audit, findings)
    most = min(PER_CHECK, max(1, _MOST_FINDINGS // max(1, len(groups))))
    shown = [one.findings[:most] for one in groups]
    proofs = _proofs(shown, exchanges)
    return tuple(
        Section(
            group=one,
            causes=_causes(chosen, proofs[index], audit, exchanges),
            hidden=len(one.findings) - len(chosen),
        )
        for index, (one, chosen) in enumerate(zip(groups, shown, strict=True))
    )


def _proofs(shown: Sequence[Sequence[Finding]], exchanges: Mapping[str, Exchange]) -> list[list[tuple[Shown, ...]]]:
    proofs: list[list[tuple[Shown, ...]]] = [[() for _ in chosen] for chosen in shown]
    left = _MOST_EXCHANGES
    places = sorted((turn, index) for index, chosen in enumerate(shown) for turn in range(len(chosen)))
    for turn, index in places:
        if left > 0:
            proofs[index][turn] = evidence(shown[index][turn], exchanges)[:left]
            left -= len(proofs[index][turn])
    return proofs


def _causes(
    chosen: Sequence[Finding],
    proofs: Sequence[tuple[Shown, ...]],
    audit: Audit,
    exchanges: Mapping[str, Exchange],
) -> tuple[Cause, ...]:
    entries = [_entry(one, proof, audit, exchanges) for one, proof in zip(chosen, proofs, strict=True)]
    return tuple(_cause(tuple(same)) for _, same in groupby(entries, key=lambda one: one.finding.cause))


def _cause(entries: tuple[Entry, ...]) -> Cause:
    messages = {one.finding.message for one in entries}
    return Cause(entries=entries, message=entries[0].finding.message if len(messages) == 1 else "")


def _entry(finding: Finding, proof: tuple[Shown, ...], audit: Audit, exchanges: Mapping[str, Exchange]) -> Entry:
    probe = probe_of(finding, exchanges)
    command = finding.curl or (curl(probe, audit.target.base_url) if probe else "")
    short = command if len(command) <= _MOST_CURL else command[:_MOST_CURL]
    return Entry(finding=finding, evidence=proof, curl=short, curl_size=len(command))


def reference(name: str) -> str:
    """Return where a reference can be read: CWE, RFC, OWASP API or a link; "" when it is only a name."""
    if found := re.fullmatch(r"CWE-(\d+)", name):
        return f"https://cwe.mitre.org/data/definitions/{found[1]}.html"
    if found := re.fullmatch(r"RFC ?(\d+)(?:[ §]+([\d.]*\d))?", name):
        return f"https://www.rfc-editor.org/rfc/rfc{found[1]}" + (f"#section-{found[2]}" if found[2] else "")
    if found := re.fullmatch(r"(?:OWASP )?API(\d+):2023", name):
        digit = "a" if found[1] == "10" else found[1]
        return f"https://owasp.org/API-Security/editions/2023/en/0xa{digit}-{_OWASP.get(digit, '')}/"
    return name if re.fullmatch(r"https?://[\x21-\x7e]+", name) else ""


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{digest(style)}'",
            f"script-src '{digest(script)}'",
            "img-src data:",  # the tab's icon, without which a browser asks the server for one
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def digest(block: str) -> str:
    """Return the source expression that allows exactly this inline block (CSP level 2)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        words=words,
        view=view,
        overview=overview,
        band=view.band,
        reference=reference,
        remedy=prose.remedy,
        per_check=PER_CHECK,
    )
    return environment


def _template(name: str) -> str:
    return (files("reports") / "templates" / name).read_text("utf-8")


def _asset(name: str) -> Markup:
    """Return a block of our own, which alone is trusted as it is."""
    from markupsafe import Markup

    return Markup((files("reports") / "static" / name).read_text("utf-8"))


def _harmless(value: object) -> object:
    """Make control and direction-changing characters visible in everything that is printed."""
    if not isinstance(value, str):
        return value
    return type(value)(words.visible(value))
