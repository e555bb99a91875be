"""A pull-request comment in Markdown: the verdict, the gates, what is new, and how to see it oneself.

Foreign text is written in character references: they are text to every parser of Markdown and of HTML, never
structure (CommonMark 2.5), in tables as well as between tags. But forges look for mentions, issues and addresses
in the finished page, so these are also broken by a joiner that nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from auditor.model import Audit, Exchange, FamilyScore, Finding, GateResult, Json
from reports.curl import curl
from reports.exchange import probe_of
from reports.place import name
from reports.view import OUTCOMES, headline, state, statuses, totals, worst_first
from reports.words import count, cut, duration, fitting, many, more, one_line, percent, tally, visible

MOST_BYTES: Final = 60_000
"""GitHub takes 65,536 characters in a comment."""
JOINER: Final = "\u200d"
MARKS: Final = {"pass": "✅", "fail": "❌", "unsure": "❔", "skip": "➖", "error": "⚠️"}
_VERDICTS: Final = {"pass": "pass", "fail": "fail", "inconclusive": "unsure"}
_COLUMNS: Final = ("pass", "fail", "unsure", "skip", "error")
_MOST_CELL: Final = 160
_MOST_LINE: Final = 300
_MOST_CURL: Final = 4_096
_MOST_LISTED: Final = 20
_MOST_SHOWN: Final = 50
_MOST_TABLE: Final = 8_000
_MOST_LIST: Final = 80_000
_STRUCTURE: Final = re.compile(r"[!#$&*+<=>@\[\\\]^_`{|}~]|^[^A-Za-z0-9\u0080-\U0010ffff]|^\d(?=\d*[.)])")
_NAMES: Final = re.compile(r'(?<=[@#!$~&%^])(?=[\w"])|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=GH)(?=-)', re.IGNORECASE)


def render(audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    """Return the comment; its first line is a mark by which the next run finds it."""
    mark = f"<!-- auditor:{name(audit)} -->\n"
    return mark + page(audit, exchanges, most=MOST_BYTES - len(mark))


def page(audit: Audit, exchanges: Mapping[str, Exchange], *, most: int, further: Sequence[str] = ()) -> str:
    """Return at most so many bytes: verdict, scores and `further` blocks whole, findings as far as they fit."""
    new = [one for one in worst_first(audit.findings) if one.status == "new"]
    head = [_title(audit), _facts(audit), _gates(audit.gates), _families(audit.families)]
    tail = [*further, _counts(audit)]
    room = most - sum(len(block.encode()) + 2 for block in (*head, *tail))
    found = _findings(new, min(room // 2, _MOST_LIST))
    proofs = (f"{_reproduction(one, audit, exchanges)}\n\n" for one in new[:_MOST_SHOWN])
    shown = (one.strip() for one in fitting(proofs, room - len(found.encode()) - 200))
    return "\n\n".join(block.strip() for block in (*head, found, *shown, *tail) if block) + "\n"


def inline(text: str, most: int = _MOST_LINE) -> str:
    """Write foreign text on one line so that no parser finds anything in it but text."""
    return _STRUCTURE.sub(lambda found: f"&#{ord(found[0])};", _NAMES.sub(JOINER, cut(one_line(text), most)))


def code(text: str) -> str:
    return f"<code>{inline(text, _MOST_CELL)}</code>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, room: int = _MOST_TABLE, noun: str = "row") -> str:
    """Lay out cells that are Markdown already, as many rows as fit; the rest is counted."""
    lines = [f"| {' | '.join(cells)} |\n" for cells in (header, ["---"] * len(header), *rows)]
    shown = fitting(lines, room)
    hidden = len(lines) - len(shown)
    return "".join(shown).rstrip() + (f"\n\n{more(hidden, noun)} in the report." if hidden else "")


def fenced(text: str, language: str = "") -> str:
    """Return a block of code whose fence the text cannot close."""
    inner = visible(cut(text, _MOST_CURL))
    longest = max((len(run) for run in re.findall("`+", inner)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{inner}\n{fence}"


def listed(title: str, texts: Sequence[str]) -> str:
    """Return a folded list; "" when there is nothing in it."""
    if not texts:
        return ""
    shown = [f"- {inline(text)}" for text in texts[:_MOST_LISTED]]
    rest = [f"- {more(len(texts) - _MOST_LISTED, 'line')}"] if len(texts) > _MOST_LISTED else []
    return folded(f"{title} ({count(len(texts))})", "\n".join([*shown, *rest]))


def folded(summary: str, block: str) -> str:
    """Fold a block away; `summary` is HTML already."""
    return f"<details><summary>{summary}</summary>\n\n{block}\n\n</details>"


def _title(audit: Audit) -> str:
    mark = MARKS[_VERDICTS[audit.verdict]]
    return f"### {mark} auditor: {audit.verdict} – {inline(headline(audit))}"


def _facts(audit: Audit) -> str:
    score = "no score" if audit.score is None else f"score **{audit.score}** of 100"
    parts = [
        f"**{inline(audit.target.title) or 'API'}**",
        code(audit.target.base_url),
        f"{score}, {percent(audit.coverage.share)} covered",
        f"{many(audit.traffic.requests, 'request')} in {duration(audit.run.seconds)}",
        f"profile {inline(audit.run.profile)}",
    ]
    return " · ".join(parts)


def _gates(gates: Sequence[GateResult]) -> str:
    rows = [(MARKS[state(one.outcome)], *map(_cell, (one.name, one.actual, one.expected))) for one in gates]
    return table(("", "gate", "actual", "wanted"), rows, noun="gate") if rows else ""


def _cell(text: str) -> str:
    return inline(text, _MOST_CELL) or "–"


def _families(families: Sequence[FamilyScore]) -> str:
    rows = [_family(one) for one in families]
    return folded("Scores by family", table(("family", "score", "covered", *_COLUMNS), rows)) if rows else ""


def _family(one: FamilyScore) -> tuple[str, ...]:
    score = "–" if one.score is None else str(one.score)
    numbers = (count(one.counts.get(name, 0)) for name in _COLUMNS)
    return inline(one.family, _MOST_CELL), score, percent(one.coverage.share), *numbers


def _findings(new: Sequence[Finding], room: int) -> str:
    if not new:
        return "**No new findings.**"
    header = ("severity", "check", "operation", "what happened", "id")
    title = f"**{many(len(new), 'new finding')}**\n\n"
    return title + table(header, map(_row, new), room=room, noun="new finding")


def _row(one: Finding) -> tuple[str, ...]:
    doubt = "" if one.confirmed else " (unconfirmed)"
    place = code(one.operation or one.subject)
    return one.severity, code(one.check), place, inline(one.message) + doubt, code(one.fingerprint[:12])


def _reproduction(one: Finding, audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    probe = probe_of(one, exchanges)
    command = one.curl or (curl(probe, audit.target.base_url) if probe else "")
    answered = f"Answered {probe.response.status or 'nothing'}." if probe else ""
    fix = f"To mend it: {inline(one.fix, 1_000)}" if one.fix else ""
    block = "\n\n".join(part for part in (answered, fenced(command, "sh") if command else "", fix) if part)
    return folded(f"{code(one.check)} {code(one.operation or one.subject)}", block) if block else ""


def _counts(audit: Audit) -> str:
    results = tally(totals(audit.results), OUTCOMES)
    said = f"Findings: {statuses(audit.findings)}. Results: {results or 'none'}. Run {code(audit.run.id)}."
    return f"{said} {_since(audit.comparison)}".rstrip()


def _since(comparison: Json) -> str:
    """Sum up what became of an earlier run's findings, where one was named."""
    if not isinstance(comparison, Mapping):
        return ""
    return f"Since run {code(str(comparison.get('old_run', '')))}: {inline(str(comparison.get('summary', '')))}."
