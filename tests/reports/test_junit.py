from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given

from auditor.model import Audit, Result
from reports.junit import render
from tests import outside
from tests.reports import building
from tests.reports.hostile import FRAGMENTS, QUICK, TEXTS, is_harmless_to_terminals

GRAMMAR: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"skipped", "time", "timestamp", "hostname", "id", "package", "file", "log", "url", "group"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"classname", "time", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
}
"""Attributes that must be, further ones that may be, and children: what Jenkins' junit-10.xsd allows, for any text."""


def parsed(audit: Audit) -> ET.Element:
    root = ET.fromstring(render(audit, {}).encode())
    for element in root.iter():
        must, may, children = GRAMMAR[element.tag]
        assert must <= set(element.attrib) <= must | may
        assert {child.tag for child in element} <= children
    return root


@lru_cache(maxsize=1)
def small() -> ET.Element:
    return parsed(building.small())


def case(root: ET.Element, check: str, subject: str) -> ET.Element:
    found = root.findall(f".//testcase[@classname='auditor.{check}'][@name='{subject}']")
    assert len(found) == 1
    return found[0]


@lru_cache(maxsize=1)
def jenkins() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(outside.require_file("junit-10.xsd"), allow="local")


def odd(payload: str) -> Audit:
    """Return an audit that holds the payload wherever a target can put it, and an error of ours that names it."""
    audit, _ = building.hostile(payload)
    error = Result(
        check="a." + payload, subject=payload, operation=None, outcome="error", reason=payload, unlock=payload
    )
    return replace(audit, results=(*audit.results, error), run=replace(audit.run, started_at=payload))


AUDITS = {
    "small": building.small(),
    "empty": replace(building.small(), results=(), findings=(), families=()),
    "incomplete": replace(building.small(), run=replace(building.small().run, complete=False, started_at="")),
    "hostile": odd("".join(FRAGMENTS)),
}


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_the_schema_of_jenkins_allows_it(audit: Audit) -> None:
    jenkins().validate(render(audit, {}))


def test_the_schema_of_jenkins_allows_the_report_of_the_demo() -> None:
    jenkins().validate((outside.ROOT / "examples" / "report.junit.xml").read_text("utf-8"))


def test_the_schema_of_jenkins_has_the_number_of_the_skipped_on_suites_only() -> None:
    root = ET.fromstring(render(building.small(), {}).encode())
    root.set("skipped", "1")
    assert not jenkins().is_valid(root)


def test_the_same_audit_gives_the_same_bytes() -> None:
    assert render(building.small(), {}) == render(building.small(), {})


def test_there_is_a_suite_per_family_and_a_case_per_result() -> None:
    results = building.small().results
    families = Counter(one.check.partition(".")[0] for one in results)
    assert {one.get("name"): len(one.findall("testcase")) for one in small()} == families


def test_the_numbers_are_those_of_the_cases() -> None:
    for element in (small(), *small()):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert element.get(name) == str(len(element.findall(f".//{tag}")))
    assert [one.get("skipped") for one in small()] == [str(len(one.findall(".//skipped"))) for one in small()]


def test_what_is_new_fails_with_message_fingerprint_and_severity() -> None:
    finding = building.small().findings[0]
    failure = case(small(), "authz.bola-read", "GET /api/v1/orders/{id}").find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "200 with bob's order, asked by alice", "type": "critical"}
    assert f"fingerprint {finding.fingerprint}, confirmed" in str(failure.text)


@pytest.mark.parametrize(
    ("check", "subject", "message"),
    [
        ("errors.shape", "POST /api/v1/users", "baseline"),
        ("design.method-405", "POST /api/v1/payments/{id}/refund", "suppressed"),
        ("headers.hsts", "GET /api/v1/orders", "skip: the target is not served over https"),
        ("limits.enforced", "GET /api/v1/orders", "unsure: the quota was not reached in 3 s"),
    ],
)
def test_the_rest_is_skipped_with_its_reason(check: str, subject: str, message: str) -> None:
    skipped = case(small(), check, subject).find("skipped")
    assert skipped is not None
    assert skipped.get("message") == message


def test_what_would_unlock_a_verdict_is_told() -> None:
    skipped = case(small(), "limits.enforced", "GET /api/v1/orders").find("skipped")
    assert skipped is not None
    assert skipped.text == "safety: {rate: 200/s}"


def test_our_own_errors_are_errors() -> None:
    error = case(small(), "pagination.present", "DELETE /api/v1/orders/{id}").find("error")
    assert error is not None
    assert error.get("message") == "KeyError: 'items'"


def test_a_pass_is_an_empty_case() -> None:
    assert len(case(small(), "authz.bola-read", "GET /api/v1/orders")) == 0


def test_what_is_new_beside_what_is_known_fails() -> None:
    plain = building.small()
    known = replace(plain.findings[0], status="known", fingerprint="0" * 32, severity="critical")
    root = parsed(replace(plain, findings=(known, *plain.findings)))
    failure = case(root, "authz.bola-read", "GET /api/v1/orders/{id}").find("failure")
    assert failure is not None
    assert "0" * 32 not in str(failure.text)


def test_a_failure_without_a_finding_fails_with_its_reason() -> None:
    result = Result(check="a.b", subject="", operation=None, outcome="fail", reason="no finding was kept")
    root = parsed(replace(building.small(), results=(result,), findings=(), families=()))
    failure = root.find("./testsuite[@name='a']/testcase[@name='the API as a whole']/failure")
    assert failure is not None
    assert failure.get("message") == "no finding was kept"


def test_scores_are_properties() -> None:
    properties = {one.get("name"): one.get("value") for one in small().iterfind("testsuite[@name='limits']//property")}
    assert properties["score"] == "not given"
    assert properties["coverage"] == "0 %"
    assert properties["total score"] == "49"
    assert properties["verdict"] == "fail"


def test_an_audit_without_results_is_an_empty_list() -> None:
    plain = building.small()
    assert len(parsed(replace(plain, results=(), run=replace(plain.run, started_at="")))) == 0


@QUICK
@given(TEXTS)
def test_hostile_text_is_text(payload: str) -> None:
    root = parsed(odd(payload))
    words = [text for one in root.iter() for text in (*one.attrib.values(), one.text or "")]
    assert all(is_harmless_to_terminals(text) for text in words)


def test_junitparser_reads_it_the_same() -> None:
    junitparser = pytest.importorskip("junitparser", reason="junitparser is not installed")
    suites = junitparser.JUnitXml.fromstring(render(building.small(), {}).encode())
    before = (suites.tests, suites.failures, suites.errors)
    suites.update_statistics()
    assert (suites.tests, suites.failures, suites.errors) == before
    cases = [one for suite in suites for one in suite]
    assert sum(one.is_failure for one in cases) == 3
    assert sum(one.is_skipped for one in cases) == int(suites.skipped)
