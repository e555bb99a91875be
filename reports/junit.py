"""JUnit XML, as Jenkins and GitLab read it: a suite per family, a case per check and subject.

What is known or suppressed is a skipped case, so that a pipeline turns red for what is new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from auditor.model import Audit, Coverage, Exchange, Finding, Outcome, Result
from reports.view import WHOLE_API, worst_first
from reports.words import cut, one_line, percent, visible

_MOST_LINE: Final = 500
_MOST_TEXT: Final = 8_000
Found = Mapping[tuple[str, str], Sequence[Finding]]


def render(audit: Audit, exchanges: Mapping[str, Exchange]) -> str:
    """Return the suites in order of family, their cases in order of check and subject."""
    del exchanges  # a case's text names the command that repeats it, which is enough
    found: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for one in worst_first(audit.findings):
        found[one.check, one.subject].append(one)
    results = sorted(audit.results, key=lambda one: (_family(one), one.check, one.subject))
    root = ET.Element("testsuites", name=_line(f"auditor {audit.target.title}"))
    for family, mine in groupby(results, key=_family):
        root.append(_suite(audit, family, [_case(one, found) for one in mine]))
    _count(root)
    del root.attrib["skipped"]  # Jenkins' schema has it on suites only
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(audit: Audit, family: str, cases: Sequence[ET.Element]) -> ET.Element:
    suite = ET.Element("testsuite", name=_line(family) or "auditor")
    suite.append(_properties(audit, family))
    suite.extend(cases)
    _count(suite)
    if audit.run.started_at:
        suite.set("timestamp", _line(audit.run.started_at))
    return suite


def _count(element: ET.Element) -> None:
    element.set("tests", str(len(element.findall(".//testcase"))))
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(len(element.findall(f".//{kind}"))))


def _properties(audit: Audit, family: str) -> ET.Element:
    scores = {one.family: one for one in audit.families}
    mine = scores.get(family)
    said = {
        "score": _score(mine.score if mine else None),
        "coverage": percent((mine.coverage if mine else Coverage()).share),
        "total score": _score(audit.score),
        "verdict": audit.verdict,
        "run": audit.run.id,
        "seed": audit.run.seed,
        "target": audit.target.base_url,
    }
    every = ET.Element("properties")
    for name, value in said.items():
        ET.SubElement(every, "property", name=name, value=_line(value))
    return every


def _score(score: int | None) -> str:
    return "not given" if score is None else str(score)


def _case(result: Result, found: Found) -> ET.Element:
    case = ET.Element("testcase", classname=_line(f"auditor.{result.check}"), name=_line(result.subject) or WHOLE_API)
    if result.outcome == Outcome.FAIL:
        case.append(_failed(result, found.get((result.check, result.subject), ())))
    elif result.outcome == Outcome.ERROR:
        case.append(_ended("error", result.reason or "the check did not end", result.unlock, kind="error"))
    elif result.outcome != Outcome.PASS:
        case.append(_ended("skipped", f"{result.outcome}: {result.reason or 'no reason given'}", result.unlock))
    return case


def _failed(result: Result, findings: Sequence[Finding]) -> ET.Element:
    """Only what is new fails; the strongest reason to look away names the others."""
    new = [one for one in findings if one.status == "new"]
    if findings and not new:
        known = any(one.status == "known" for one in findings)
        return _ended("skipped", "baseline" if known else "suppressed", _told(findings))
    message = new[0].message if new else result.reason or "failed"
    return _ended("failure", message, _told(new), kind=new[0].severity if new else "fail")


def _told(findings: Sequence[Finding]) -> str:
    return "\n\n".join(
        "\n".join(
            part
            for part in (
                f"{one.severity}: {one.message}",
                f"fingerprint {one.fingerprint}, {'confirmed' if one.confirmed else 'unconfirmed'}",
                one.fix,
                one.curl,
            )
            if part
        )
        for one in findings
    )


def _ended(tag: str, message: str, text: str, *, kind: str = "") -> ET.Element:
    element = ET.Element(tag, message=_line(message))
    if kind:
        element.set("type", kind)
    element.text = visible(cut(text, _MOST_TEXT)) or None
    return element


def _line(text: str) -> str:
    return cut(one_line(text), _MOST_LINE)


def _family(result: Result) -> str:
    return result.check.partition(".")[0]
