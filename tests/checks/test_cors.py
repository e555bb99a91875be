"""Cross-origin grants as middlewares give them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence import NotApplicable
from auditor.model import Credential, Outcome, Request, Response, Severity
from checks import cors
from tests.checks.building import CANARY, FakeWorld, drive, named_as_promised, operation, reply

READS = tuple(operation("GET", path) for path in ("/a", "/b", "/c", "/d/{id}"))
COOKIES = {"alice": Credential(cookies=(("sid", "s" * 20),))}

Grant = Callable[[str], dict[str, str]]


def server(grant: Grant) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        status = 204 if request.method == "OPTIONS" else 200
        return reply(status, headers=grant(request.header("Origin") or ""))

    return answer


def grants(origin: str, *, credentials: bool = True) -> dict[str, str]:
    with_them = {"access-control-allow-credentials": "true"} if credentials else {}
    return {"access-control-allow-origin": origin, "vary": "Origin", **with_them}


def when(condition: Callable[[str], bool], *, credentials: bool = True) -> Grant:
    return lambda origin: grants(origin, credentials=credentials) if condition(origin) else {}


def verdict(grant: Grant, *, cookies: bool = True) -> tuple[Outcome, Severity | None, str]:
    world = FakeWorld(operations=READS, credentials=COOKIES if cookies else {})
    driven = drive(cors.visited.steps(world), server(grant))
    assert len(driven.sent) <= cors.visited.at_most.requests
    (found,) = cors.credentialed_reflection(driven.evidence)
    return found.outcome, found.severity, found.signature or found.note


SOUND: dict[str, tuple[Grant, str]] = {
    "no headers": (lambda origin: {}, ""),
    "star on a bearer API": (lambda origin: {"access-control-allow-origin": "*"}, ""),
    "a listed partner, always named": (lambda origin: grants("https://partner.example"), ""),
    "a listed partner only": (when(lambda origin: origin == "https://partner.example"), ""),
    "a subdomain": (when(lambda origin: origin.endswith(".api.test")), "a subdomain gets credentialed access"),
    "plain http": (
        when(lambda origin: origin == "http://api.test"),
        "the host over plain http gets credentialed access",
    ),
    "reflected bare": (when(lambda origin: True, credentials=False), "any origin is reflected, without credentials"),
    "credentials: false": (
        lambda origin: {**grants(origin), "access-control-allow-credentials": "false"},
        "any origin is reflected, without credentials",
    ),
}


@pytest.mark.parametrize(("grant", "note"), SOUND.values(), ids=SOUND.keys())
def test_sound_policies_pass(grant: Grant, note: str) -> None:
    assert verdict(grant) == (Outcome.PASS, None, note)


BROKEN: dict[str, tuple[Grant, bool, Severity, str]] = {
    "express origin: true": (when(lambda origin: True), True, Severity.HIGH, "random+credentials"),
    "reflected, bearer only": (when(lambda origin: True), False, Severity.MEDIUM, "random+credentials"),
    "null": (when(lambda origin: origin == "null"), True, Severity.HIGH, "null+credentials"),
    "startswith": (when(lambda o: o.startswith("https://api.test")), False, Severity.HIGH, "suffix+credentials"),
    "endswith": (
        when(lambda o: o.endswith("api.test") and "." + "api.test" not in o),
        False,
        Severity.HIGH,
        "prefix+credentials",
    ),
    "star": (lambda origin: grants("*"), True, Severity.LOW, "star+credentials"),
}


@pytest.mark.parametrize(("grant", "cookies", "severity", "signature"), BROKEN.values(), ids=BROKEN.keys())
def test_foreign_origins_with_credentials_fail(grant: Grant, cookies: bool, severity: Severity, signature: str) -> None:
    assert verdict(grant, cookies=cookies) == (Outcome.FAIL, severity, signature)


def test_a_grant_in_the_preflight_alone_counts() -> None:
    def answer(request: Request) -> Response:
        allowed = request.method == "OPTIONS" and request.header("Origin") == f"https://{CANARY}.example"
        return reply(204, headers=grants(request.header("Origin") or "") if allowed else {})

    driven = drive(cors.visited.steps(FakeWorld(operations=READS)), answer)
    assert cors.credentialed_reflection(driven.evidence)[0].outcome is Outcome.FAIL


def test_three_reads_are_asked_from_six_origins_with_a_preflight_each() -> None:
    driven = drive(cors.visited.steps(FakeWorld(operations=READS)), server(lambda origin: {}))
    assert len(driven.sent) == 36
    assert {one.path for one in driven.sent} == {"/a", "/b", "/c"}
    preflight = driven.sent[1]
    assert preflight.method == "OPTIONS"
    assert preflight.header("access-control-request-method") == "GET"
    assert preflight.identity.anonymous
    origins = {one.header("Origin") for one in driven.sent}
    assert origins == {
        f"https://{CANARY}.example",
        "null",
        "https://api.test.evil.example",
        "https://evilapi.test",
        f"https://{CANARY}.api.test",
        "http://api.test",
    }


def test_an_api_without_reads_is_not_asked() -> None:
    with pytest.raises(NotApplicable):
        drive(cors.visited.steps(FakeWorld()), [])


def test_names_and_docs() -> None:
    assert named_as_promised(cors) == ["cors.credentialed-reflection"]
