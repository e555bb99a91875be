"""An exchange as a reader sees it: cut to size, laid out, and marked where it differs from its control."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from auditor.model import NOT_JSON, Exchange, Finding, Role, parse_json
from reports.words import count, cut, size

MOST_BODY_BYTES: Final = 2048
MOST_EXCHANGES: Final = 3
_MOST_HEADERS = 40
_MOST_HEADER = 300
_MOST_MARKS = 24
_MOST_DEPTH = 40
_CHANGES_ANYWAY: Final = (
    "content-length:",
    "traceparent:",
    "x-request-id:",
    "x-correlation-id:",
    "user-agent:",
    "date:",
)
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[{}\[\],:]|[^\s{}\[\],:"]+')
_WANTED_FIRST: Final = (Role.CONTROL, Role.PROBE, Role.SETUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Lines of a message that share a mark."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One exchange, ready to print."""

    id: str
    role: str
    purpose: str
    identity: str
    status: int
    change: str
    elapsed_ms: float
    request: tuple[Run, ...]
    response: tuple[Run, ...]


def evidence(finding: Finding, exchanges: Mapping[str, Exchange]) -> tuple[Shown, ...]:
    """Return up to three exchanges of a finding in their order: control and probe before setup."""
    found = _distinct((one.role, exchanges[one.exchange]) for one in finding.evidence if one.exchange in exchanges)
    wanted = sorted(range(len(found)), key=lambda i: (_WANTED_FIRST.index(found[i][0]), i))[:MOST_EXCHANGES]
    chosen = [found[i] for i in sorted(wanted)]
    messages = [(role, request_lines(one)) for role, one in chosen]
    return tuple(_shown(role, one, _others(role, messages)) for role, one in chosen)


def _distinct(found: Iterable[tuple[Role, Exchange]]) -> list[tuple[Role, Exchange]]:
    """Leave out a read that repeats another's question and status; repeated writes may be the very point."""
    kept: dict[Hashable, tuple[Role, Exchange]] = {}
    for role, one in found:
        asked = one.request
        safe = asked.method in {"GET", "HEAD"}
        kept.setdefault((role, asked.url, asked.headers, one.response.status) if safe else one.id, (role, one))
    return list(kept.values())


def probe_of(finding: Finding, exchanges: Mapping[str, Exchange]) -> Exchange | None:
    """Return the exchange that shows the failure: the first probe, else whatever there is."""
    found = [(one.role, exchanges[one.exchange]) for one in finding.evidence if one.exchange in exchanges]
    probes = [one for role, one in found if role is Role.PROBE]
    return next(iter([*probes, *(one for _, one in found)]), None)


def _others(role: Role, messages: Sequence[tuple[Role, list[str]]]) -> frozenset[str] | None:
    """Return the lines to compare with: a probe's against the control's and the reverse; None without a partner."""
    partner = {Role.PROBE: Role.CONTROL, Role.CONTROL: Role.PROBE}.get(role)
    lines = [line for other, message in messages if other is partner for line in message]
    return frozenset(lines) if lines else None


def _shown(role: Role, one: Exchange, compare_with: frozenset[str] | None) -> Shown:
    request = one.request
    return Shown(
        id=one.id,
        role=role.value,
        purpose=cut(request.purpose, 200),
        identity=request.identity.name,
        status=one.response.status,
        change=_change(one),
        elapsed_ms=one.elapsed_ms,
        request=marked(request_lines(one), compare_with),
        response=marked(response_lines(one), None),
    )


def _change(one: Exchange) -> str:
    mutation = one.request.mutation
    if mutation is None:
        return ""
    place = mutation.location + mutation.pointer
    return cut(f"{mutation.kind} at {place}" + (f": {mutation.value}" if mutation.value else ""), 200)


def marked(lines: Sequence[str], compare_with: Collection[str] | None) -> tuple[Run, ...]:
    """Join lines into runs; where almost everything differs nothing is marked, for that would say nothing."""
    differs = [compare_with is not None and line not in compare_with and not _volatile(line) for line in lines]
    if sum(differs) > _MOST_MARKS or sum(differs) > max(4, len(lines) // 2):
        differs = [False] * len(lines)
    runs = groupby(zip(differs, lines, strict=True), key=lambda pair: pair[0])
    return tuple(Run(text="\n".join(line for _, line in pairs), differs=differs_here) for differs_here, pairs in runs)


def _volatile(line: str) -> bool:
    return not line.strip() or line.lower().startswith(_CHANGES_ANYWAY)


def request_lines(one: Exchange) -> list[str]:
    request = one.request
    return [
        f"{request.method} {cut(request.url, 1000)}",
        *_headers(request.headers),
        *_body(request.body, whole=len(request.body), cut_short=False),
    ]


def response_lines(one: Exchange) -> list[str]:
    response = one.response
    if not response.status:
        return [cut(response.problem or "no answer", 1000)]
    whole = len(response.body)
    return [*_headers(response.headers), *_body(response.body, whole=whole, cut_short=response.truncated)]


def shown_headers(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers that a report shows, each cut to size."""
    return [(cut(name, 100), cut(value, _MOST_HEADER)) for name, value in headers[:_MOST_HEADERS]]


def shown_body(body: bytes, *, cut_short: bool = False) -> str:
    """Return what a report shows of a body; the last line says what was left out."""
    return "\n".join(_body(body, whole=len(body), cut_short=cut_short)[1:])


def _headers(headers: Sequence[tuple[str, str]]) -> Iterable[str]:
    yield from (f"{name}: {value}" for name, value in shown_headers(headers))
    if len(headers) > _MOST_HEADERS:
        yield f"… {count(len(headers) - _MOST_HEADERS)} more headers"


def _body(body: bytes, *, whole: int, cut_short: bool) -> list[str]:
    if not body:
        return []
    more = "more than " if cut_short else ""
    if len(body) > MOST_BODY_BYTES:
        text = body[:MOST_BODY_BYTES].decode("utf-8", "replace")
        return ["", *text.split("\n"), f"… {size(MOST_BODY_BYTES)} of {more}{size(whole)}"]
    text = body.decode("utf-8", "replace")
    end = [f"… cut off by the recorder after {size(whole)}"] if cut_short else []
    return ["", *laid_out(text).split("\n"), *end]


def laid_out(text: str) -> str:
    """Indent JSON by adding white space only, so that every token stays as it was sent."""
    if "\n" in text or text.lstrip()[:1] not in {"{", "["} or parse_json(text.encode()) is NOT_JSON:
        return text
    out, depth = [], 0
    for token in _TOKEN.findall(text):
        depth += (token in {"{", "["}) - (token in {"}", "]"})
        out.append(_spaced(token, "\n" + "  " * min(depth, _MOST_DEPTH)))
    return "".join(out)


def _spaced(token: str, line: str) -> str:
    if token in {"{", "[", ","}:
        return token + line
    if token in {"}", "]"}:
        return line + token
    return ": " if token == ":" else token
