from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given

from auditor.model import Audit, Exchange, Json, Request, Response, Role, Seen
from reports.har import MOST_BODY_BYTES, render
from tests.reports import building
from tests.reports.hostile import QUICK, TEXTS, is_harmless_to_terminals, require_valid


def entries(audit: Audit, exchanges: Mapping[str, Exchange]) -> list[Json]:
    found: list[Json] = require_valid("har-1.2.json", render(audit, exchanges))["log"]["entries"]
    return found


def small() -> list[Json]:
    return entries(building.small(), building.small_exchanges())


def answered(response: Response, request: Request | None = None) -> Json:
    """Return the one entry of an audit whose only exchange went this way."""
    one = building.small_exchanges()["e3"]
    return entries(building.small(), {"e3": replace(one, response=response, request=request or one.request)})[0]


def test_the_same_audit_gives_the_same_bytes() -> None:
    audit, exchanges = building.small(), building.small_exchanges()
    assert render(audit, exchanges) == render(audit, exchanges)


def test_the_exchanges_that_findings_show_are_entries() -> None:
    assert [one["_auditor"]["exchange"] for one in small()] == ["e1", "e2", "e3", "e4", "e5", "e6", "e7"]


def test_an_entry_names_the_findings_it_shows() -> None:
    finding = building.small().findings[0]
    said = small()[2]["_auditor"]
    assert said["identity"] == "alice"
    assert said["findings"] == [
        {"check": "authz.bola-read", "fingerprint": finding.fingerprint, "role": "probe"},
    ]
    assert len(small()[6]["_auditor"]["findings"]) == 7


def test_an_exchange_that_is_not_recorded_is_left_out() -> None:
    assert entries(building.small(), {}) == []


def test_credentials_stay_placeholders() -> None:
    request = small()[2]["request"]
    assert {"name": "Authorization", "value": "Bearer «alice.token#1»"} in request["headers"]


def test_moments_and_spans_follow_the_recording() -> None:
    one = replace(building.small_exchanges()["e3"], sent_at=61.5, first_byte_ms=3.0, elapsed_ms=8.5)
    entry = entries(building.small(), {"e3": one})[0]
    assert entry["startedDateTime"] == "2026-11-21T22:11:05.500Z"
    assert entry["time"] == 8.5
    assert entry["timings"] == {"send": 0, "wait": 3.0, "receive": 5.5}


def test_a_moment_that_cannot_be_read_is_the_epoch() -> None:
    plain = building.small()
    audit = replace(plain, run=replace(plain.run, started_at="yesterday"))
    assert entries(audit, building.small_exchanges())[0]["startedDateTime"] == "1970-01-01T00:00:00.000Z"


def test_a_moment_without_a_zone_is_utc() -> None:
    plain = building.small()
    audit = replace(plain, run=replace(plain.run, started_at="2026-11-21T22:10:04"))
    assert entries(audit, building.small_exchanges())[0]["startedDateTime"] == "2026-11-21T22:10:04.000Z"


def test_what_was_sent_is_kept() -> None:
    request = small()[4]["request"]
    assert request["url"] == "http://127.0.0.1:8912/api/v1/orders"
    assert request["postData"]["mimeType"] == "application/json"
    assert '"quantity": 99999999999999999999' in request["postData"]["text"]


def test_a_path_at_the_root_of_the_host_leaves_the_base_path_out() -> None:
    plain = building.small()
    audit = replace(plain, target=replace(plain.target, base_url="http://127.0.0.1:8912/api/v1/"))
    asked = replace(building.small_exchanges()["e3"].request, path="/health", absolute=True)
    one = replace(building.small_exchanges()["e3"], request=asked)
    assert entries(audit, {"e3": one})[0]["request"]["url"] == "http://127.0.0.1:8912/health"


def test_what_is_no_text_is_base64_in_answers_and_named_in_requests() -> None:
    asked = Request(method="POST", path="/", body=b"\xff\x00", headers=(("Cookie", "a=1; b=2"),))
    entry = answered(Response(status=200, body=b"\x89PNG"), asked)
    assert base64.b64decode(entry["response"]["content"]["text"]) == b"\x89PNG"
    assert entry["response"]["content"]["encoding"] == "base64"
    assert entry["request"]["postData"]["comment"] == "not UTF-8"
    assert entry["request"]["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]


def test_large_bodies_are_cut_and_say_so() -> None:
    content = answered(Response(status=200, body=b"A" * (MOST_BODY_BYTES * 2)))["response"]["content"]
    assert len(content["text"]) == MOST_BODY_BYTES
    assert content["size"] == MOST_BODY_BYTES * 2
    assert content["comment"] == "64 KB of 128 KB"
    said = answered(Response(status=200, body=b"AA", truncated=True))["response"]["content"]["comment"]
    assert said == "cut off by the recorder after 2 bytes"


def test_no_answer_has_status_zero_and_its_reason() -> None:
    response = answered(Response(status=0, problem="ReadTimeout"))["response"]
    assert response["status"] == 0
    assert response["_error"] == "ReadTimeout"


def test_cookies_and_redirects_are_told() -> None:
    headers = (("set-cookie", "sid=«alice.cookie#1»; HttpOnly"), ("set-cookie", "=;=\x00"), ("location", "/login"))
    response = answered(Response(status=302, headers=headers))["response"]
    assert response["redirectURL"] == "/login"
    assert len(response["headers"]) == 3


def test_a_cookie_that_the_standard_library_refuses_is_a_header_only() -> None:
    response = answered(Response(status=200, headers=(("set-cookie", "a@b=1"),)))["response"]
    assert response["cookies"] == []
    assert response["headers"] == [{"name": "set-cookie", "value": "a@b=1"}]


def test_a_header_of_a_megabyte_is_cut() -> None:
    audit, exchanges = building.hostile("x")
    assert len(render(audit, exchanges)) < 100_000


@QUICK
@given(TEXTS)
def test_hostile_text_is_text(payload: str) -> None:
    audit, exchanges = building.hostile(payload)
    bad = exchanges["e3"]
    answer = replace(bad.response, headers=(("set-cookie", payload), ("location", payload), ("content-type", payload)))
    sendable = payload.encode("utf-8", "replace").decode()  # half a surrogate pair fits into no query
    asked = replace(bad.request, query=(("q", sendable),), headers=(("Cookie", payload), ("content-type", payload)))
    shown = replace(audit.findings[0], evidence=(Seen(role=Role.PROBE, exchange="e3"),))
    every = {"e3": replace(bad, response=answer, request=asked)}
    entries(replace(audit, findings=(shown,)), every)
    assert is_harmless_to_terminals(render(replace(audit, findings=(shown,)), every))
