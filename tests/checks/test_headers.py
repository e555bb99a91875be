"""Headers: what frameworks send by themselves, and what a careful deployment adds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import checks
from auditor.model import Outcome, Response, Severity
from checks import headers
from tests.checks.building import exchange, named_as_promised, operation, reply

Pairs = Sequence[tuple[str, str]]
PAGE = ("content-type", "text/html; charset=utf-8")
YEAR = "max-age=31536000"


def page(*pairs: tuple[str, str]) -> Response:
    return reply(200, text="<html></html>", headers=(PAGE, *pairs))


def test_names_and_docstrings_keep_the_convention() -> None:
    assert named_as_promised(headers) == [
        "headers.frame-csp",
        "headers.hsts",
        "headers.nosniff",
        "headers.server-disclosure",
    ]


def test_every_check_is_found_once_and_says_why_and_how() -> None:
    every = checks.load()
    assert [one.id for one in every] == sorted({one.id for one in every})
    for one in every:
        name = getattr(one.judge, "__name__", "").strip("_").replace("_", "-")
        assert one.id == f"{one.family}.{name}"
        assert one.section("Why"), one.id
        assert one.section("Fix"), one.id
        assert one.standards, one.id


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        pytest.param(reply(200, {}, headers={"X-Content-Type-Options": "nosniff"}), Outcome.PASS, id="helmet"),
        pytest.param(reply(404, {}, headers={"X-Content-Type-Options": "NOSNIFF"}), Outcome.PASS, id="case"),
        pytest.param(
            reply(200, {}, headers=[("X-Content-Type-Options", "nosniff")] * 2), Outcome.PASS, id="app and proxy"
        ),
        pytest.param(reply(200, {}), Outcome.FAIL, id="fastapi default"),
        pytest.param(reply(500, {}), Outcome.FAIL, id="an error that skips the middleware"),
        pytest.param(reply(200, {}, headers={"X-Content-Type-Options": "sniff"}), Outcome.FAIL, id="typo"),
        pytest.param(reply(204), Outcome.SKIP, id="204"),
        pytest.param(reply(304), Outcome.SKIP, id="304"),
        pytest.param(reply(302, text="moved"), Outcome.SKIP, id="redirect"),
        pytest.param(reply(200), Outcome.SKIP, id="no body"),
    ],
)
def test_nosniff(response: Response, outcome: Outcome) -> None:
    (verdict,) = headers.nosniff(exchange(response))
    assert (verdict.outcome, verdict.about) == (outcome, "API")


def test_head_has_no_body_to_sniff() -> None:
    assert headers.nosniff(exchange(reply(200, {}), method="HEAD"))[0].outcome is Outcome.SKIP


@pytest.mark.parametrize(
    ("response", "outcome", "severity", "noted"),
    [
        pytest.param(reply(200, {}), Outcome.FAIL, Severity.LOW, False, id="json, nothing"),
        pytest.param(
            reply(200, {}, headers={"X-Frame-Options": "DENY"}), Outcome.PASS, None, True, id="decoy: deny alone"
        ),
        pytest.param(
            reply(200, {}, headers={"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}),
            Outcome.PASS,
            None,
            False,
            id="json, strict",
        ),
        pytest.param(
            reply(
                200,
                {},
                headers=[
                    ("Content-Security-Policy", "default-src 'none'"),
                    ("Content-Security-Policy", "frame-ancestors 'none'"),
                ],
            ),
            Outcome.PASS,
            None,
            False,
            id="two policies that intersect",
        ),
        pytest.param(
            reply(200, {}, headers={"Content-Security-Policy": "default-src 'none'"}),
            Outcome.FAIL,
            Severity.LOW,
            False,
            id="default-src does not cover framing",
        ),
        pytest.param(page(), Outcome.FAIL, Severity.MEDIUM, False, id="page, nothing"),
        pytest.param(
            page(("content-security-policy", "script-src *")),
            Outcome.FAIL,
            Severity.MEDIUM,
            False,
            id="page, any script",
        ),
        pytest.param(
            page(("content-security-policy", "script-src *; script-src 'self'")),
            Outcome.FAIL,
            Severity.MEDIUM,
            False,
            id="the first of a repeated directive counts",
        ),
        pytest.param(
            page(("content-security-policy", "script-src *"), ("content-security-policy", "script-src 'self'")),
            Outcome.PASS,
            None,
            False,
            id="page, the stricter policy wins",
        ),
        pytest.param(
            page(("content-security-policy", "default-src 'self'; script-src 'self' 'unsafe-inline'")),
            Outcome.PASS,
            None,
            True,
            id="swagger ui inline",
        ),
        pytest.param(
            reply(200, text="a,b", headers={"content-type": "text/csv"}), Outcome.SKIP, None, False, id="neither"
        ),
        pytest.param(reply(204), Outcome.SKIP, None, False, id="204"),
    ],
)
def test_frame_csp(response: Response, outcome: Outcome, severity: Severity | None, noted: bool) -> None:
    (verdict,) = headers.frame_csp(exchange(response))
    assert (verdict.outcome, verdict.severity, bool(verdict.note)) == (outcome, severity, noted)


@pytest.mark.parametrize(
    ("values", "outcome", "severity"),
    [
        pytest.param([YEAR], Outcome.PASS, None, id="decoy: no includeSubDomains"),
        pytest.param(['includeSubDomains; Max-Age="63072000" ; preload'], Outcome.PASS, None, id="quoted, two years"),
        pytest.param([], Outcome.FAIL, Severity.MEDIUM, id="missing"),
        pytest.param([YEAR, YEAR], Outcome.FAIL, Severity.MEDIUM, id="doubled"),
        pytest.param(["includeSubDomains"], Outcome.FAIL, Severity.MEDIUM, id="no max-age"),
        pytest.param(["max-age=year"], Outcome.FAIL, Severity.MEDIUM, id="no number"),
        pytest.param(["max-age=31536000; max-age=0"], Outcome.FAIL, Severity.MEDIUM, id="max-age twice"),
        pytest.param(["max-age=0"], Outcome.FAIL, Severity.MEDIUM, id="switched off"),
        pytest.param(["max-age=3600"], Outcome.FAIL, Severity.MEDIUM, id="an hour"),
        pytest.param(["max-age=15552000"], Outcome.FAIL, Severity.LOW, id="half a year"),
    ],
)
def test_hsts(values: list[str], outcome: Outcome, severity: Severity | None) -> None:
    response = reply(200, {}, headers=[("Strict-Transport-Security", value) for value in values])
    (verdict,) = headers.hsts(exchange(response, secure=True, local=False))
    usual = verdict.severity or (headers.hsts.severity if verdict.outcome is Outcome.FAIL else None)
    assert (verdict.outcome, usual) == (outcome, severity)


@pytest.mark.parametrize(("secure", "local"), [(False, False), (True, True)])
def test_hsts_is_no_matter_of_http_or_of_this_machine(secure: bool, local: bool) -> None:
    (verdict,) = headers.hsts(exchange(reply(200, {}), secure=secure, local=local))
    assert verdict.outcome is Outcome.SKIP


@pytest.mark.parametrize(
    ("pairs", "severities"),
    [
        pytest.param([("Server", "uvicorn")], [], id="decoy: bare product"),
        pytest.param([("Via", "1.1 proxy")], [], id="decoy: via"),
        pytest.param([("X-Runtime", "0.012345")], [], id="rails times the answer"),
        pytest.param([("Server", "nginx/1.25.3")], [Severity.LOW], id="nginx"),
        pytest.param([("Server", "Werkzeug/3.0.1 Python/3.12.1")], [Severity.LOW], id="flask"),
        pytest.param([("X-Powered-By", "Express")], [Severity.LOW], id="express"),
        pytest.param(
            [("Server", "Microsoft-IIS/10.0"), ("X-AspNet-Version", "4.0.30319")], [Severity.LOW] * 2, id="asp.net"
        ),
        pytest.param([("X-Debug-Token", "a1b2c3")], [Severity.MEDIUM], id="symfony profiler"),
        pytest.param([("X-Generator", "Drupal 10.1")], [Severity.LOW], id="drupal"),
    ],
)
def test_server_disclosure(pairs: Pairs, severities: list[Severity]) -> None:
    verdicts = headers.server_disclosure(exchange(reply(200, {}, headers=pairs)))
    assert [one.severity for one in verdicts if one.outcome is Outcome.FAIL] == severities
    assert all(one.about == "API" for one in verdicts)


def test_each_banner_is_one_finding_wherever_it_is_seen() -> None:
    answer = reply(200, {}, headers={"X-Powered-By": "Express"})
    there = exchange(answer, operation=operation("GET", "/a"))
    here = exchange(answer, operation=operation("GET", "/b"))
    assert headers.server_disclosure(there) == headers.server_disclosure(here)


def test_silence_discloses_nothing() -> None:
    assert headers.server_disclosure(exchange(reply(0, problem="timeout")))[0].outcome is Outcome.SKIP
