from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from auditor.model import Audit, CheckFacts, DocumentFacts, Exchange, Json, Response, Seen
from reports.sarif import MOST_EXCHANGES, MOST_RESULTS, SCHEMA, render
from reports.sarif_rules import rule
from tests import outside
from tests.reports import building
from tests.reports.hostile import (
    FRAGMENTS,
    QUICK,
    TEXTS,
    is_harmless_to_terminals,
    require_valid,
    sarif,
    sarif_schema,
    texts,
)

DEMO = outside.ROOT / "examples" / "report.sarif"
OFFLINE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
"""Nothing listens on the discard port: the multitool would ask for the schema's address otherwise."""


def run_of(audit: Audit, exchanges: dict[str, Exchange] | None = None) -> Json:
    return require_valid(sarif(), render(audit, exchanges or {}))["runs"][0]


def bare() -> Audit:
    return replace(building.small(), findings=(), checks=(), results=(), score=None)


def small() -> Json:
    return run_of(building.small(), building.small_exchanges())


def with_source(source: str) -> Audit:
    plain = building.small()
    return replace(plain, target=replace(plain.target, document=DocumentFacts(source=source)))


def test_the_same_audit_gives_the_same_bytes() -> None:
    audit, exchanges = building.small(), building.small_exchanges()
    assert render(audit, exchanges) == render(audit, exchanges)


def test_the_schema_a_log_names_is_the_one_it_keeps() -> None:
    assert json.loads(render(building.small(), {}))["$schema"] == sarif_schema()["id"] == SCHEMA


def test_an_audit_without_anything_is_valid_and_has_its_empty_lists() -> None:
    run = run_of(bare())
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_the_report_of_the_demo_is_valid() -> None:
    assert require_valid(sarif(), DEMO.read_text("utf-8"))["runs"][0]["results"]


def test_nothing_is_empty() -> None:
    assert "" not in texts(small())


def test_new_and_known_findings_are_results_and_suppressed_ones_are_told_of() -> None:
    run = small()
    assert {one["baselineState"] for one in run["results"]} == {"new", "unchanged"}
    assert "design.method-405" not in {one["ruleId"] for one in run["results"]}
    notes = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert "1 finding suppressed by configuration." in notes


def test_a_result_points_to_the_line_of_its_operation() -> None:
    first = small()["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "openapi.json"}, "region": {"startLine": 412}}
    assert first["message"]["text"] == "GET /api/v1/orders/{id}: 200 with bob's order, asked by alice"
    assert first["level"] == "error"


@pytest.mark.parametrize(
    ("source", "uri", "line"),
    [
        ("./api/openapi.yaml", "api/openapi.yaml", 412),
        ("api\\open api.yaml", "api/open%20api.yaml", 412),
        ("a/../b.yaml", "b.yaml", 412),
        ("https://api.example.com/openapi.json", "auditor.yaml", 1),
        ("HTTP://api.example.com/openapi.json", "auditor.yaml", 1),
        ("/srv/openapi.yaml", "auditor.yaml", 1),
        ("C:\\api\\openapi.yaml", "auditor.yaml", 1),
        ("../openapi.yaml", "auditor.yaml", 1),
        ("a/../../b.yaml", "auditor.yaml", 1),
        ("standard input", "auditor.yaml", 1),
        (".", "auditor.yaml", 1),
        ("", "auditor.yaml", 1),
    ],
)
def test_a_location_is_a_file_of_the_repository(source: str, uri: str, line: int) -> None:
    place = run_of(with_source(source))["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}


def test_the_fingerprint_is_ours_and_alone_identifies_an_alert() -> None:
    finding, first = building.small().findings[0], small()["results"][0]
    assert first["partialFingerprints"] == {
        "primaryLocationLineHash": f"{finding.fingerprint}:1",
        "auditorFingerprint/v1": finding.fingerprint,
    }


def test_every_result_names_its_rule_by_id_and_index() -> None:
    run = small()
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])


def test_a_finding_of_an_unknown_check_gets_a_rule_of_its_own() -> None:
    audit = replace(building.small(), checks=())
    assert "authz.bola-read" in {one["id"] for one in run_of(audit)["tool"]["driver"]["rules"]}


def test_a_security_rule_has_a_score_and_a_weakness() -> None:
    rules = {one["id"]: one for one in small()["tool"]["driver"]["rules"]}
    said = rules["authz.bola-read"]["properties"]
    assert said["security-severity"] == "9.5"
    assert {"security", "external/cwe/cwe-639"} <= set(said["tags"])
    assert "problem.severity" not in said


def test_other_rules_have_a_problem_severity_instead() -> None:
    rules = {one["id"]: one for one in small()["tool"]["driver"]["rules"]}
    said = rules["design.plural-nouns"]["properties"]
    assert said["problem.severity"] == "recommendation"
    assert "security-severity" not in said
    assert "security" not in said["tags"]


def test_tags_are_at_most_twenty() -> None:
    check = CheckFacts(
        id="auth.x",
        family="auth",
        title="",
        severity="info",
        standards=tuple(f"AUTH-{n}" for n in range(30)),
        mode="load",
        refs=tuple(f"CWE-{n}" for n in range(30)),
    )
    said = rule(check)["properties"]
    assert len(said["tags"]) == 20
    assert said["precision"] == "medium"
    assert "security-severity" not in said


def test_help_says_why_and_how_to_mend_with_links() -> None:
    rules = {one["id"]: one for one in small()["tool"]["driver"]["rules"]}
    said = rules["authz.bola-read"]["help"]
    assert building.FIX["authz.bola-read"] in said["text"]
    assert building.WHY["authz.bola-read"] in said["markdown"]
    assert "[CWE-639](https://cwe.mitre.org/data/definitions/639.html)" in said["markdown"]


def test_the_exchange_that_shows_it_is_kept() -> None:
    second = small()["results"][1]
    assert second["webRequest"]["method"] == "POST"
    assert second["webRequest"]["headers"]["Authorization"] == "Bearer «alice.token#1»"
    assert second["webResponse"]["statusCode"] == 500
    assert second["webResponse"]["reasonPhrase"] == "Internal Server Error"
    assert second["webResponse"]["body"]["text"].endswith("… 2 KB of 5 KB")


def test_no_answer_and_odd_ones_are_told() -> None:
    exchanges = building.small_exchanges()
    silent = {"e3": replace(exchanges["e3"], response=Response(status=0, problem="timeout"))}
    assert run_of(building.small(), silent)["results"][0]["webResponse"] == {"noResponseReceived": True}
    twice = Response(status=799, headers=(("set-cookie", "a=1"), ("set-cookie", "b=2")))
    odd = {"e3": replace(exchanges["e3"], response=twice)}
    answer = run_of(building.small(), odd)["results"][0]["webResponse"]
    assert answer == {"statusCode": 799, "headers": {"set-cookie": "a=1, b=2"}}


def test_a_complete_run_was_successful_and_the_category_is_the_same_on_any_port() -> None:
    plain = building.small()
    run = run_of(plain)
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["invocations"][0]["startTimeUtc"] == "2026-11-21T22:10:04.000Z"
    assert run["automationDetails"]["id"] == "auditor/127-0-0-1-orders-api/20261121-2210-4c1f09ab"
    elsewhere = replace(plain, target=replace(plain.target, base_url="http://127.0.0.1:1"))
    assert run_of(elsewhere)["automationDetails"] == run["automationDetails"]


def test_an_incomplete_run_says_so() -> None:
    plain = building.small()
    audit = replace(plain, run=replace(plain.run, complete=False, stop_reason="the target is gone", started_at="?"))
    invocation = run_of(audit)["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "startTimeUtc" not in invocation
    said = invocation["toolExecutionNotifications"][0]
    assert said == {"level": "error", "message": {"text": "The run is incomplete: the target is gone."}}


def test_what_could_not_be_judged_is_told_with_what_would_unlock_it() -> None:
    notes = small()["invocations"][0]["toolExecutionNotifications"]
    assert any("8 unsure: the quota was not reached in 3 s" in one["message"]["text"] for one in notes)
    assert any(one["message"]["text"].endswith("To judge it: safety: {rate: 200/s}") for one in notes)


def test_the_worst_stay_where_there_are_too_many() -> None:
    plain = building.small()
    seen = (Seen(role=plain.findings[0].evidence[0].role, exchange="e3"),)
    low = replace(plain.findings[4], status="new", evidence=seen)
    crowd = tuple(replace(low, fingerprint=f"{number:032x}") for number in range(MOST_RESULTS))
    run = run_of(replace(plain, findings=(*crowd, plain.findings[0])), building.small_exchanges())
    assert len(run["results"]) == MOST_RESULTS
    assert run["results"][0]["ruleId"] == "authz.bola-read"
    assert sum("webRequest" in one for one in run["results"]) == MOST_EXCHANGES
    assert "1 finding of the least severity left out." in str(run["invocations"])


@QUICK
@given(TEXTS)
def test_hostile_text_is_text(payload: str) -> None:
    run = run_of(*building.hostile(payload))
    assert all(is_harmless_to_terminals(text) for text in texts(run))
    said = [*run["results"], *run["invocations"][0]["toolExecutionNotifications"]]
    assert all("](" not in one["message"]["text"] for one in said)


def test_a_result_is_small_whatever_was_answered() -> None:
    audit, exchanges = building.hostile("A" * 100_000)
    log = render(replace(audit, checks=(), results=()), exchanges)
    assert len(log) < 60_000


def verdicts(folder: Path, logs: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return which log broke which rule of SARIF or of GitHub's code scanning, as Microsoft's multitool sees it."""
    multitool = outside.require("sarif-multitool-linux")  # its wrapper hands everything to a shell, hence the quotes
    for name, log in logs.items():
        (folder / f"{name}.sarif").write_text(log, "utf-8")
    command = [multitool, "validate", *(f"{name}.sarif" for name in logs), "--rule-kind", "'Sarif;Ghas'"]
    invariant = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}  # it misses libicu otherwise
    environment = {**os.environ, **OFFLINE, **invariant}
    done = subprocess.run(
        [*command, "--output", "verdict"], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert f"{len(logs)} files scanned" in done.stdout, done.stdout + done.stderr
    found = json.loads((folder / "verdict").read_text("utf-8-sig"))["runs"][0].get("results", [])
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in found]
    return {(Path(place).stem, one["ruleId"]) for place, one in zip(places, found, strict=True)}


def test_the_multitool_of_github_finds_no_error(tmp_path: Path) -> None:
    broken = json.loads(render(building.small(), {}))
    del broken["runs"][0]["results"][0]["locations"]
    crowd, exchanges = building.big()
    logs = {
        "small": render(building.small(), building.small_exchanges()),
        "bare": render(bare(), {}),
        "big": render(crowd, exchanges),
        "hostile": render(*building.hostile("".join(FRAGMENTS))),
        "demo": DEMO.read_text("utf-8"),
        "broken": json.dumps(broken),
    }
    found = verdicts(tmp_path, logs)
    assert ("broken", "GH1015") in found, "it looks for what GitHub asks for"
    complaints = {(log, rule) for log, rule in found if log != "broken"}
    assert {rule for _, rule in complaints} <= {"SARIF2005"}, "it misses a home page, which we have not"


def test_a_finding_without_a_word_still_has_a_message() -> None:
    plain = building.small()
    mute = replace(plain.findings[0], message="", operation=None, subject="")
    assert run_of(replace(plain, findings=(mute,)))["results"][0]["message"]["text"]
