"""SARIF 2.1.0, as GitHub's code scanning reads it: an alert per finding, tracked by our own fingerprint.

Suppressed findings are left out: GitHub shows them as open alerts, whatever `suppressions` says
(github/codeql-action issue 1230), and closes an alert whose result is absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

from auditor.model import Audit, Exchange, Finding, Json, Outcome
from reports.as_json import cleaned, dumped
from reports.exchange import probe_of, shown_body, shown_headers
from reports.place import name, place
from reports.sarif_rules import LEVELS, rule
from reports.view import Bucket, buckets, checks, open_findings, suppressed_findings, worst_first
from reports.words import count, cut, many, one_line, utc

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS: Final = 25_000
"""GitHub refuses a run that has more, and 10 MB of gzip."""
MOST_EXCHANGES: Final = 1_000
_MOST_NOTIFICATIONS: Final = 100
_MOST_TEXT: Final = 1_000
_NOTED: Final = {Outcome.ERROR: "warning", Outcome.UNSURE: "warning", Outcome.SKIP: "note"}


def render(audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    """Return the log: worst findings first, the first thousand with the exchange that shows them.

    Rules and results are there even where there are none: GitHub asks for both arrays.
    """
    found = worst_first(open_findings(audit))
    known = checks(audit)
    rules = {id: index for index, id in enumerate(sorted(known))}
    shown = [
        _result(one, audit, rules[one.check], exchanges if index < MOST_EXCHANGES else {})
        for index, one in enumerate(found[:MOST_RESULTS])
    ]
    driver = {**cleaned(_driver(audit)), "rules": cleaned([rule(known[id]) for id in rules])}
    run = {
        "invocations": [_invocation(audit, left_out=len(found) - len(shown))],
        "automationDetails": {"id": f"auditor/{name(audit)}/{audit.run.id}"},
        "columnKind": "unicodeCodePoints",
        "properties": {"verdict": audit.verdict, "score": audit.score, "coverage": round(audit.coverage.share, 4)},
    }
    whole = {"tool": {"driver": driver}, **cleaned(run), "results": cleaned(shown)}
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [whole]})


def _driver(audit: Audit) -> Mapping[str, Json]:
    version = audit.tool.version
    return {"name": audit.tool.name or "auditor", "version": version, "semanticVersion": version}


def _result(finding: Finding, audit: Audit, index: int, exchanges: Mapping[str, Exchange]) -> Json:
    where = place(audit, finding)
    location = {
        "physicalLocation": {"artifactLocation": {"uri": quote(where.path)}, "region": {"startLine": where.line}},
        "logicalLocations": [{"fullyQualifiedName": one_line(finding.subject), "kind": "resource"}],
    }
    return {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": LEVELS.get(finding.severity, "note"),
        "message": {"text": _message(finding)},
        "locations": [location],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
            "auditorFingerprint/v1": finding.fingerprint,
        },
        "baselineState": "unchanged" if finding.status == "known" else "new",
        "properties": {
            "severity": finding.severity,
            "confirmed": finding.confirmed,
            "cause": finding.cause,
            "count": finding.count,
            "curl": finding.curl,
        },
        **_exchange(probe_of(finding, exchanges), audit.target.base_url),
    }


def _message(finding: Finding) -> str:
    text = one_line(f"{finding.operation or finding.subject}: {finding.message}")
    return _no_links(cut(text, _MOST_TEXT)) or finding.check


def _no_links(text: str) -> str:
    """Take apart what SARIF (3.11.6) would make a link to wherever the target likes."""
    return text.replace("](", "] (")


def _exchange(one: Exchange | None, base_url: str) -> Mapping[str, Json]:
    if one is None:
        return {}
    request, response = one.request, one.response
    sent = {
        "protocol": urlsplit(base_url).scheme,
        "method": request.method,
        "target": cut(request.url, _MOST_TEXT),
        "headers": _headers(request.headers),
        "body": {"text": shown_body(request.body)},
    }
    if not response.status:
        return {"webRequest": sent, "webResponse": {"noResponseReceived": True}}
    back = {
        "statusCode": response.status,
        "reasonPhrase": _phrase(response.status),
        "headers": _headers(response.headers),
        "body": {"text": shown_body(response.body, cut_short=response.truncated)},
    }
    return {"webRequest": sent, "webResponse": back}


def _headers(headers: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Join headers that repeat (RFC 9110 5.3): SARIF keeps them by name."""
    joined: dict[str, str] = {}
    for key, value in shown_headers(headers):
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def _invocation(audit: Audit, *, left_out: int) -> Mapping[str, Json]:
    run = audit.run
    return {
        "executionSuccessful": run.complete,
        "exitCode": audit.exit_code,
        "commandLine": run.command,
        "startTimeUtc": utc(run.started_at),
        "endTimeUtc": utc(run.ended_at),
        "toolExecutionNotifications": list(_notifications(audit, left_out))[:_MOST_NOTIFICATIONS],
    }


def _notifications(audit: Audit, left_out: int) -> Iterator[Json]:
    """Say what this log does not show: what was cut, set aside or could not be judged."""
    if not audit.run.complete:
        yield _notification("error", f"The run is incomplete: {audit.run.stop_reason or 'it was stopped'}.")
    if left_out:
        yield _notification("warning", f"{many(left_out, 'finding')} of the least severity left out.")
    if aside := suppressed_findings(audit):
        yield _notification("note", f"{many(len(aside), 'finding')} suppressed by configuration.")
    for outcome, level in _NOTED.items():
        for bucket in buckets(audit.results, outcome):
            yield _bucket(bucket, outcome, level)


def _bucket(bucket: Bucket, outcome: Outcome, level: str) -> Json:
    names = ", ".join(id for id, _ in bucket.checks)
    unlock = f" To judge it: {bucket.unlock}" if bucket.unlock else ""
    text = f"{count(bucket.size)} {outcome}: {bucket.reason or 'no reason given'} ({cut(names, 300)}).{unlock}"
    return _notification(level, text)


def _notification(level: str, text: str) -> Json:
    return {"level": level, "message": {"text": _no_links(cut(one_line(text), _MOST_TEXT))}}
