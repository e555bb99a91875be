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
_TELLING_HEADERS: Final = frozenset(
    {"content-type", "location", "www-authenticate", "allow", "retry-after", "set-cookie", "content-range", "link"}
)
"""Shown beside every answer; others only where they differ or the finding speaks of them."""
_ABOUT_HEADERS: Final = ("headers.", "cors.")
_PASSING_HEADER: Final = re.compile(
    r"date|age|etag|last-modified|expires|content-length|connection|keep-alive|server-timing|traceparent|tracestate"
    r"|.*(?:request|correlation|trace|response|run)-?(?:id|time)|x-runtime|x-amz.*|cf-.*|.*ratelimit.*|x-rate-limit.*"
)
"""What every answer has its own value of, so that a difference says nothing."""
_PASSING_MEMBER: Final = re.compile(
    r'"(?:id|.*_id|.*[a-z]Id|uuid|(?:created|updated|modified|issued|expires)_?(?:at|on)?|timestamp|time|date|iat|exp)":',
    re.IGNORECASE,
)
_POINTER: Final = re.compile(r"(?:^|[\s(])[a-z]*((?:/[\w*~.-]+)+)")
_ADDRESS: Final = re.compile(r"https?://[^\s()\"']+")
_EXCERPT: Final = re.compile(r": (\S.{6,200})$")
_SHAPE: Final = re.compile(r"\bin the shape of ([\w-]+)")
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
    folded: tuple[str, ...] = ()
    """Headers of the answer that say nothing about the finding."""
    same: str = ""
    """How the answer compares with the control's, where that is the proof."""


def evidence(finding: Finding, exchanges: Mapping[str, Exchange]) -> tuple[Shown, ...]:
    """Return up to three exchanges of a finding in their order: what tells most, marked where it tells it."""
    found = _distinct((one.role, exchanges[one.exchange]) for one in finding.evidence if one.exchange in exchanges)
    chosen = [found[index] for index in sorted(_telling(found)[:MOST_EXCHANGES])]
    messages = [(role, request_lines(one)) for role, one in chosen]
    control = next((one for role, one in chosen if role is Role.CONTROL), None)
    return tuple(_shown(finding, role, one, _others(role, messages), control) for role, one in chosen)


def _telling(found: Sequence[tuple[Role, Exchange]]) -> list[int]:
    """Order exchanges by what they add: one control, probes and re-reads that differ, then repetitions."""
    seen: set[Hashable] = set()
    order = []
    for index, (role, one) in enumerate(found):
        mutation = one.request.mutation
        kind = None if role is Role.CONTROL else (one.request.purpose, mutation and mutation.kind, one.response.status)
        order.append(((role, kind) in seen, _WANTED_FIRST.index(role), index))
        seen.add((role, kind))
    return [index for *_, index in sorted(order)]


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


def _shown(
    finding: Finding, role: Role, one: Exchange, compare_with: frozenset[str] | None, control: Exchange | None
) -> Shown:
    request = one.request
    other = control if role is Role.PROBE else None
    kept, folded = _split_headers(finding, one, other)
    return Shown(
        id=one.id,
        role=role.value,
        purpose=cut(request.purpose, 200),
        identity=request.identity.name,
        status=one.response.status,
        change=_change(one),
        elapsed_ms=one.elapsed_ms,
        request=marked(request_lines(one), compare_with),
        response=_answer(finding, one, other, kept),
        folded=tuple(folded),
        same=_same(one, other),
    )


def _split_headers(finding: Finding, one: Exchange, other: Exchange | None) -> tuple[list[str], list[str]]:
    """Part the answer's headers into those that tell something here and the rest."""
    lines = list(_headers(one.response.headers))
    if not one.response.status or finding.check.startswith(_ABOUT_HEADERS):
        return lines, []
    names = {name for name, _ in one.response.headers}
    if any(word.startswith("x-") and word not in names for word in _words(finding.message)):
        return lines, []  # the absence of a header is proved by all that are there
    known = None if other is None else frozenset(_headers(other.response.headers))
    kept = [line for line in lines if _tells(line, known, finding.message)]
    return kept, [line for line in lines if line not in kept]


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z][a-z0-9-]+", text.lower()))


def _tells(line: str, known: Collection[str] | None, message: str) -> bool:
    name = line.partition(":")[0].lower()
    if name in _TELLING_HEADERS:
        return True
    if _PASSING_HEADER.fullmatch(name):
        return name in _words(message) and "-" in name
    return (known is not None and line not in known) or name in _words(message)


def _answer(finding: Finding, one: Exchange, other: Exchange | None, kept: Sequence[str]) -> tuple[Run, ...]:
    """Lay out an answer, marked where the finding speaks of it, else where it differs from the control's."""
    if not one.response.status:
        return marked(response_lines(one), None)
    body = _body(one.response.body, whole=len(one.response.body), cut_short=one.response.truncated)
    lines = [*kept, *body]
    if spoken := _spoken_of(finding.message, lines):
        return spoken
    if other is None or other.response.status != one.response.status:
        return marked(lines, None)
    theirs = other.response
    known = frozenset([*_headers(theirs.headers), *_body(theirs.body, whole=len(theirs.body), cut_short=False)])
    return marked(lines, known, answer=True)


def _spoken_of(message: str, lines: Sequence[str]) -> tuple[Run, ...]:
    """Mark what the message names: a member by its pointer, a header, an address, an excerpt; () if it is not here."""
    members = [f'"{leaf}":' for pointer in _POINTER.findall(message) if (leaf := pointer.rpartition("/")[2]) != "*"]
    shapes = [f"«shape:{name}»" for name in _SHAPE.findall(message)]  # what redaction put in a secret's place
    excerpts = [*_ADDRESS.findall(message), *_EXCERPT.findall(message), *shapes]
    words = _words(message)
    end = lines.index("") if "" in lines else len(lines)
    pieces: list[Run] = []
    for index, line in enumerate(lines):
        name = line.partition(":")[0].lower()
        whole = (
            any(line.lstrip().startswith(one) for one in members)
            if index > end
            else name in words and not _PASSING_HEADER.fullmatch(name) and "-" in name
        )
        pieces += [Run(text=line, differs=True)] if whole else _excerpted(line, excerpts)
        pieces.append(Run(text="\n", differs=False))
    marks = sum(one.differs for one in pieces)
    return tuple(_joined(pieces[:-1])) if 0 < marks <= _MOST_MARKS else ()


def _excerpted(line: str, excerpts: Sequence[str]) -> list[Run]:
    """Mark the first excerpt that a line holds."""
    for one in excerpts:
        before, found, after = line.partition(one)
        if found:
            return [Run(text=before, differs=False), Run(text=found, differs=True), Run(text=after, differs=False)]
    return [Run(text=line, differs=False)]


def _joined(pieces: Iterable[Run]) -> Iterable[Run]:
    for differs, group in groupby(pieces, key=lambda one: one.differs):
        text = "".join(one.text for one in group)
        if text:
            yield Run(text=text, differs=differs)


def _same(one: Exchange, control: Exchange | None) -> str:
    """Say that a probe got the very body of its control: that is what a leak looks like."""
    if control is None or not one.response.body or one.response.status != control.response.status:
        return ""
    if one.response.body != control.response.body:
        return ""
    return f"the control's body, byte for byte ({size(len(one.response.body))})"


def _change(one: Exchange) -> str:
    mutation = one.request.mutation
    if mutation is None:
        return ""
    place = mutation.location + mutation.pointer
    return cut(f"{mutation.kind} at {place}" + (f": {mutation.value}" if mutation.value else ""), 200)


def marked(lines: Sequence[str], compare_with: Collection[str] | None, *, answer: bool = False) -> tuple[Run, ...]:
    """Join lines into runs; where almost everything differs nothing is marked, for that would say nothing.

    The texts of the runs together are the message: a run holds the line ends that belong to it. In an `answer`,
    ids and moments are expected to differ; in a request they may be the very point.
    """
    known = frozenset(line.rstrip(",") for line in compare_with or ())  # the last member has no comma
    differs = [
        compare_with is not None and line.rstrip(",") not in known and not _volatile(line, answer=answer)
        for line in lines
    ]
    if sum(differs) > _MOST_MARKS or sum(differs) > max(4, len(lines) // 2):
        differs = [False] * len(lines)
    pieces: list[Run] = []
    for here, pairs in groupby(zip(differs, lines, strict=True), key=lambda pair: pair[0]):
        pieces += [Run(text="\n".join(line for _, line in pairs), differs=here), Run(text="\n", differs=False)]
    return tuple(_joined(pieces[:-1]))


def _volatile(line: str, *, answer: bool) -> bool:
    """Whether a line may differ without meaning anything: its header or member has a new value every time."""
    bare = line.strip()
    if bare.startswith('"'):
        return answer and bool(_PASSING_MEMBER.match(bare))
    name = bare.partition(":")[0].lower()
    return not bare or name == "user-agent" or bool(_PASSING_HEADER.fullmatch(name))


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
