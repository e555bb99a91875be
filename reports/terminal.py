"""The summary a terminal shows: findings by check, scores by family, gates, and the verdict as the last line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from auditor.model import Audit, FamilyScore, Finding, GateResult
from reports.view import OUTCOMES, Group, groups, headline, open_findings, state, statuses, totals
from reports.words import count, duration, many, one_line, percent

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

MOST_OPERATIONS: Final = 5
"""Operations listed of one check, unless the reader asked for all."""
MOST_LINES: Final = 5
"""Hints, notes and leftovers listed each, unless the reader asked for all."""
_INDENT = 10
_STYLES: Final = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "blue",
    "info": "dim",
    "pass": "green",
    "fail": "red",
    "unsure": "yellow",
    "error": "magenta",
    "skip": "dim",
}
_GLYPHS: Final = {"pass": "✓", "fail": "✗", "unsure": "–"}
_COLUMNS: Final = ("score", "covered", "pass", "fail", "unsure", "skip", "error")


def print_summary(audit: Audit, console: Console, *, verbose: bool = False, reports: Sequence[str] = ()) -> None:
    """Print the summary as wide as the console. Colour is rich's business, which obeys NO_COLOR."""
    console.print(summary(audit, width=console.width, verbose=verbose, reports=reports), soft_wrap=True)


def summary(audit: Audit, *, width: int, verbose: bool = False, reports: Sequence[str] = ()) -> RenderableType:
    """Return the summary, wrapped to `width`. `reports` are the files written, for the reader to open.

    Known findings are only counted unless `verbose`. Foreign text loses terminal escapes and is never markup.
    """
    from rich.text import Text

    width = max(width, 40)
    blocks = (
        _header(audit, width),
        *(_group(one, width, verbose) for one in _shown(audit, verbose)),
        _families(audit.families),
        _footer(audit, width, reports, most=sys.maxsize if verbose else MOST_LINES),
    )
    return Text("\n\n").join(Text("\n").join(block) for block in map(list, blocks) if block)


def print_gates(audit: Audit, console: Console, *, notes: Sequence[str] = ()) -> None:
    """Print what decides, and nothing else: gates, what is set aside, `notes` about that, and the verdict."""
    from rich.text import Text

    width = max(console.width, 40)
    told = _several("Notes", notes, width, most=sys.maxsize)
    lines = (*_gates(audit.gates, width), *_set_aside(audit, width), *told, *_verdict(audit, width))
    console.print(Text("\n").join(lines), soft_wrap=True)


def verdict_line(audit: Audit) -> Text:
    """Return the verdict in one line: "FAIL  1 of 3 gates failed · exit 1"."""
    from rich.text import Text

    style = {"pass": "bold green", "fail": "bold red"}.get(audit.verdict, "bold yellow")
    return Text(f"{audit.verdict.upper()}  {one_line(headline(audit))} · exit {audit.exit_code}", style=style)


def _shown(audit: Audit, verbose: bool) -> tuple[Group, ...]:
    found = open_findings(audit)
    return groups(audit, found if verbose else [one for one in found if one.status == "new"])


def _line(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)


def _wrapped(text: str, width: int, indent: int, style: str = "") -> Iterator[Text]:
    for line in wrap(one_line(text), max(width - indent, 20)):
        yield _line((" " * indent + line, style))


def _header(audit: Audit, width: int) -> Iterator[Text]:
    document, traffic = audit.target.document, audit.traffic
    parts = [
        f"{audit.target.base_url}",
        f"{document.version} {document.source}".strip() or "no document",
        f"profile {audit.run.profile}",
        f"seed {audit.run.seed}",
    ]
    yield from _wrapped(f"{audit.tool.name} {audit.tool.version}  " + " · ".join(parts), width, 0, "bold")
    reached = f"{many(audit.reach.operations, 'operation')} ({audit.reach.succeeded} answered 2xx)"
    numbers = [reached, many(len(audit.checks), "check"), many(traffic.requests, "request")]
    yield from _wrapped(" · ".join([*numbers, duration(audit.run.seconds)]), width, 0)


def _group(group: Group, width: int, verbose: bool) -> Iterator[Text]:
    check = group.check
    title = _lines_after(f"{group.severity.upper():{_INDENT}}{check.id}  ", check.title, width)
    first, *rest = title
    yield _line((first[:_INDENT], _STYLES.get(group.severity, "")), (first[_INDENT:], "bold"))
    yield from (_line((line, "bold")) for line in rest)
    shown = group.findings if verbose else group.findings[:MOST_OPERATIONS]
    for one in shown:
        yield from _finding(one, width)
    if hidden := len(group.findings) - len(shown):
        yield _line((f"{' ' * _INDENT}+{count(hidden)} more", "dim"))
    commands = f"auditor explain {check.id} · auditor replay {group.findings[0].fingerprint[:12]}"
    yield from _wrapped(commands, width, _INDENT, "dim")


def _lines_after(lead: str, text: str, width: int) -> list[str]:
    """Wrap text behind a lead, its further lines beneath the names."""
    joined = lead + one_line(text)
    if len(joined) <= width:
        return [joined.rstrip()]
    room = max(width - _INDENT, 20)
    return [lead.rstrip(), *(" " * _INDENT + line for line in wrap(one_line(text), room))]


def _finding(finding: Finding, width: int) -> Iterator[Text]:
    where, message = one_line(finding.operation or finding.subject), one_line(finding.message)
    mark = f"{'' if finding.confirmed else 'unconfirmed  '}{finding.status}  {finding.fingerprint[:12]}"
    start = f"{' ' * _INDENT}{where:40}  {message}"
    if len(start) + len(mark) + 2 <= width:
        yield _line((f"{start:{width - len(mark)}}", ""), (mark, "dim"))
        return
    places = wrap(where, max(width - _INDENT, 20))
    last = f"{' ' * _INDENT}{places[-1] if places else ''}"
    yield from (_line((" " * _INDENT + one, "")) for one in places[:-1])
    if len(last) + len(mark) + 2 <= width:
        yield _line((f"{last:{width - len(mark)}}", ""), (mark, "dim"))
    else:
        yield _line((last, ""))
        yield _line((f"{' ' * _INDENT}  {mark}", "dim"))
    yield from _wrapped(message, width, _INDENT + 2)


def _families(families: Sequence[FamilyScore]) -> Iterator[Text]:
    if not families:
        return
    longest = max(len(one.family) for one in families)
    yield _line((f"{'family':{longest}}" + "".join(f"{name:>9}" for name in _COLUMNS), "bold"))
    yield _line(("─" * (longest + 9 * len(_COLUMNS)), "dim"))
    for one in families:
        yield _line((f"{one_line(one.family):{longest}}", ""), *_cells(one))


def _cells(family: FamilyScore) -> Iterator[tuple[str, str]]:
    score = family.score
    style = "dim" if score is None else "green" if score >= 90 else "yellow" if score >= 50 else "red"
    yield f"{'–' if score is None else score:>9}", style
    yield f"{percent(family.coverage.share):>9}", ""
    for name in _COLUMNS[2:]:
        number = family.counts.get(name, 0)
        yield f"{count(number):>9}", _STYLES[name] if number else "dim"


def _footer(audit: Audit, width: int, reports: Sequence[str], *, most: int) -> Iterator[Text]:
    score = "not given" if audit.score is None else f"{audit.score} of 100"
    counts = totals(audit.results)
    results = ", ".join(f"{count(counts[name])} {name}" for name in OUTCOMES)
    yield from _labelled("Score", f"{score} · {percent(audit.coverage.share)} covered · {results}", width)
    yield from _gates(audit.gates, width)
    yield from _set_aside(audit, width)
    if isinstance(audit.comparison, dict) and audit.comparison.get("summary"):
        yield from _labelled("Compared", str(audit.comparison["summary"]), width)
    yield from _several("Hints", audit.hints, width, most=most)
    yield from _several("Notes", audit.notes, width, most=most)
    yield from _several("Left", audit.leftovers, width, most=most)
    if reports:
        yield from _labelled("Reports", " · ".join(reports), width)
    yield from _verdict(audit, width)


def _set_aside(audit: Audit, width: int) -> Iterator[Text]:
    known = [one for one in audit.findings if one.status != "new"]
    if known:
        yield from _labelled("Known", statuses(known), width)


def _gates(gates: Iterable[GateResult], width: int) -> Iterator[Text]:
    for index, gate in enumerate(gates):
        word = state(gate.outcome)
        wanted = f" (wanted {gate.expected})" if gate.expected else ""
        text = f"{gate.name}: {gate.actual or gate.outcome.replace('_', ' ')}{wanted}"
        yield from _labelled("" if index else "Gates", text, width, mark=_GLYPHS.get(word, "–"), style=_STYLES[word])


def _several(label: str, texts: Sequence[str], width: int, *, most: int) -> Iterator[Text]:
    for index, text in enumerate(texts[:most]):
        yield from _labelled("" if index else label, text, width)
    if len(texts) > most:
        yield from _labelled("", f"+{count(len(texts) - most)} more, see the report", width)


def _labelled(label: str, text: str, width: int, *, mark: str = "", style: str = "") -> Iterator[Text]:
    lead = f"{mark} " if mark else ""
    lines = wrap(one_line(text), max(width - _INDENT - len(lead), 20)) or [""]
    yield _line((f"{label:{_INDENT}}", "bold"), (lead, style), (lines[0], ""))
    yield from (_line((" " * (_INDENT + len(lead)) + line, "")) for line in lines[1:])


def _verdict(audit: Audit, width: int) -> Iterator[Text]:
    whole = verdict_line(audit)
    yield from (_line((line, str(whole.style))) for line in wrap(whole.plain, width))
