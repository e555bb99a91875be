"""What `auditor doctor` says of a run: who signs in, which things there are, what is still out of reach and why."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from auditor.model import Audit, Json, OperationReach, ResourceFacts
from reports import run_json
from reports.words import duration, many, one_line, percent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_INDENT: Final = 10
_PARTS: Final = ("target", "identities", "reach", "resources", "traffic", "leftovers", "notes")
_SHORT: Final = 240
"""The most characters of an answer's own words."""


def print_diagnosis(audit: Audit, console: Console, *, code: int) -> None:
    """Print it as wide as the console; the last line sums it up with the exit code. Foreign text is never markup."""
    from rich.text import Text

    width = max(console.width, 40)
    blocks = (_found(audit, width), _things(audit, width), _lessons(audit, width), _missing(audit, width))
    whole = [Text("\n").join(block) for block in map(list, blocks) if block]
    console.print(Text("\n\n").join([*whole, Text("\n").join(_ending(audit, width, code=code))]), soft_wrap=True)


def render_json(audit: Audit, *, code: int) -> str:
    """Return the same as JSON: the parts of run.json that it is made of, and the exit code."""
    whole: Json = json.loads(run_json.render(audit))
    parts = {"exit_code": code, "complete": audit.run.complete, "stop_reason": audit.run.stop_reason}
    return json.dumps({**parts, **{name: whole[name] for name in _PARTS}}, ensure_ascii=False, indent=1) + "\n"


def _found(audit: Audit, width: int) -> Iterator[Text]:
    document = audit.target.document
    source = f"{document.version} at {document.source}" if document.operations else "none was found"
    yield from _labelled("Target", audit.target.base_url, width)
    yield from _labelled("Document", f"{source} · {many(document.operations, 'operation')}", width)
    yield from _several("Schemes", document.schemes or ("the document names none",), width)
    people = [f"{one.name} ({one.role}): {one.how}" for one in audit.identities]
    yield from _several("Signs in", people or ["nobody: every request is anonymous"], width)


def _things(audit: Audit, width: int) -> Iterator[Text]:
    if not audit.resources:
        return
    reached = {one.operation for one in audit.reach.by_operation if one.succeeded}
    yield from _wrapped(f"Things ({many(len(audit.resources), 'kind')}, each after what it needs)", width, 0, "bold")
    for one in audit.resources:
        yield from _wrapped(one.name, width, 2)
        for text in _said(one, reached):
            yield from _wrapped(text, width, 4, "dim")


def _said(one: ResourceFacts, reached: Collection[str]) -> Iterator[str]:
    how = f", {', '.join(one.how)}" if one.how else ""
    if one.created_by:
        failed = "" if one.created_by in reached else "; none could be made"
        made = f"; there was one for {', '.join(one.made_as)}" if one.made_as else failed
        yield f"made by {one.created_by}{how}{made}"
    else:
        yield "nothing makes one" + (f"; {', '.join(one.made_as)} may read their own" if one.made_as else "")
    if one.existing:
        yield "one that was there before is read, never written"
    if one.needs:
        yield f"needs {', '.join(one.needs)}"
    if one.operations:
        yield f"items: {', '.join(one.operations)}"


def _lessons(audit: Audit, width: int) -> Iterator[Text]:
    taught = [one for one in audit.reach.by_operation if one.learned]
    if not taught:
        return
    yield _line(("Learned by trying", "bold"))
    for one in taught:
        yield from _wrapped(one.operation, width, 2)
        for text in one.learned:
            yield from _wrapped(text, width, 4, "dim")


def _missing(audit: Audit, width: int) -> Iterator[Text]:
    missing = [one for one in audit.reach.by_operation if not one.succeeded]
    if not missing:
        return
    yield from _wrapped(f"Out of reach ({many(len(missing), 'operation')})", width, 0, "bold yellow")
    for one in missing:
        yield from _wrapped(one.operation, width, 2)
        yield from _wrapped(_why(one), width, 4)
        if one.unlock:
            yield from _wrapped(f"→ {one_line(one.unlock)}", width, 4, "cyan")


def _why(one: OperationReach) -> str:
    if one.blocked_by:
        return one_line(one.blocked_by)[:_SHORT]
    asked = ", ".join(f"{number} × {status}" for status, number in one.statuses.items())
    return f"answered {asked}" if asked else "never asked"


def _ending(audit: Audit, width: int, *, code: int) -> Iterator[Text]:
    yield from _several("Left", audit.leftovers, width)
    yield from _several("Notes", audit.notes, width)
    reach, traffic = audit.reach, audit.traffic
    share = percent(reach.succeeded / reach.operations) if reach.operations else "–"
    cost = f"{many(traffic.requests, 'request')}, {duration(audit.run.seconds)}"
    sentence = f"{reach.succeeded} of {many(reach.operations, 'operation')} reached ({share}) with {cost} · exit {code}"
    if not audit.run.complete:
        sentence = f"INCOMPLETE ({one_line(audit.run.stop_reason)}): {sentence}"
    style = "bold green" if code == 0 else "bold yellow"
    yield from (_line((line, style)) for line in wrap(sentence, width))


def _several(label: str, texts: Sequence[str], width: int) -> Iterator[Text]:
    for index, text in enumerate(texts):
        yield from _labelled("" if index else label, text, width)


def _labelled(label: str, text: str, width: int) -> Iterator[Text]:
    first, *rest = wrap(one_line(text), max(width - _INDENT, 20)) or [""]
    yield _line((f"{label:{_INDENT}}", "bold"), (first, ""))
    yield from (_line((" " * _INDENT + one, "")) for one in rest)


def _wrapped(text: str, width: int, indent: int, style: str = "") -> Iterator[Text]:
    for line in wrap(one_line(text), max(width - indent, 20), subsequent_indent="  "):
        yield _line((" " * indent + line, style))


def _line(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)
