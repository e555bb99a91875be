from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from auditor.model import Audit, Json
from reports.gitlab import render
from tests import outside
from tests.reports import building
from tests.reports.hostile import QUICK, TEXTS, is_harmless_to_terminals, require_valid, texts


def issues(audit: Audit) -> list[Json]:
    found: list[Json] = require_valid("gitlab-code-quality.json", render(audit, {}))
    return found


def test_the_same_audit_gives_the_same_bytes() -> None:
    assert render(building.small(), {}) == render(building.small(), {})


def test_every_finding_is_an_issue_because_the_widget_compares() -> None:
    audit = building.small()
    assert {one["fingerprint"] for one in issues(audit)} == {one.fingerprint for one in audit.findings}


def test_the_report_of_the_demo_is_valid() -> None:
    assert require_valid("gitlab-code-quality.json", (outside.ROOT / "examples/report.gitlab.json").read_text("utf-8"))


def test_an_issue_says_what_where_and_how_bad() -> None:
    audit = building.small()
    assert issues(audit)[0] == {
        "description": "GET /api/v1/orders/{id}: 200 with bob's order, asked by alice",
        "check_name": "authz.bola-read",
        "fingerprint": audit.findings[0].fingerprint,
        "severity": "blocker",
        "location": {"path": "openapi.json", "lines": {"begin": 412}},
    }


def test_severities_are_those_of_gitlab_worst_first() -> None:
    ranks = ["blocker", "critical", "major", "minor", "info"]
    found = [ranks.index(one["severity"]) for one in issues(building.small())]
    assert found == sorted(found)
    assert set(found) == {0, 1, 2, 3}


def test_what_is_set_aside_says_so() -> None:
    assert issues(building.small())[-1]["description"].endswith("404 to PUT, no Allow header (suppressed)")


def test_no_findings_are_an_empty_list() -> None:
    assert issues(replace(building.small(), findings=())) == []


@QUICK
@given(TEXTS)
def test_hostile_text_is_text(payload: str) -> None:
    audit, _ = building.hostile(payload)
    odd = replace(audit.findings[0], check="a." + payload, operation=payload, severity=payload, document_line=-1)
    assert all(is_harmless_to_terminals(text) for text in texts(issues(replace(audit, findings=(odd,)))))
