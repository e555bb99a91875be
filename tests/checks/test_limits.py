"""Limits as express-rate-limit, slowapi, nginx, Django and Spring enforce them; and servers that have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from auditor.evidence import NotApplicable, Together, Unavailable, Wait
from auditor.model import Exchange, Facts, Outcome, Request, Response, Severity, Verdict
from checks import _limits_probes as probes
from checks import limits
from tests.checks.building import (
    CANARY,
    ROOT,
    Answers,
    Driven,
    FakeWorld,
    drive,
    exchange,
    named_as_promised,
    operation,
    reply,
)

READ = operation("GET", "/things")
PUBLIC = operation("GET", "/health", security=())
LOGIN = operation("POST", "/login", body={"username": {}, "password": {}}, security=())


@dataclass
class Throttle:
    """Answers `limit` requests, then refuses; declares what `headers` says of (limit, remaining)."""

    limit: int
    refusal: Response
    headers: Callable[[int, int], dict[str, str]] = lambda limit, left: {}
    took_ms: float = 10.0
    asked: int = 0

    def __call__(self, request: Request) -> Exchange:
        self.asked += 1
        left = max(0, self.limit - self.asked)
        plain = reply(200, [], headers=self.headers(self.limit, left))
        return exchange(plain if self.asked <= self.limit else self.refusal, elapsed_ms=self.took_ms)


def legacy(limit: int, left: int) -> dict[str, str]:
    return {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(left)}


def bursted(server: Answers, *, registration: bool = True) -> Driven[probes.Burst]:
    driven = drive(probes.burst.steps(FakeWorld(operations=(PUBLIC, READ), registration=registration)), server)
    assert len(driven.sent) <= probes.burst.at_most.requests
    return driven


def burst_verdict(server: Answers) -> Verdict:
    return limits.enforced(bursted(server).evidence)[0]


NEVER = 10_000
THROTTLED: dict[str, Response] = {
    "express-rate-limit": reply(429, text="Too many requests", headers={"retry-after": "60"}),
    "slowapi": reply(429, {"error": "Rate limit exceeded: 100 per 1 minute"}),
    "django rest": reply(429, {"detail": "Request was throttled."}, headers={"retry-after": "55"}),
    "nginx": reply(503, text="<html>503</html>", headers={"content-type": "text/html"}),
    "github": reply(403, {"message": "secondary rate limit"}, headers={"retry-after": "30"}),
}


@pytest.mark.parametrize("refusal", THROTTLED.values(), ids=THROTTLED.keys())
def test_a_limit_is_met_and_the_burst_stops_soon(refusal: Response) -> None:
    driven = bursted(Throttle(limit=50, refusal=refusal))
    assert limits.enforced(driven.evidence)[0].outcome is Outcome.PASS
    assert driven.evidence.refused >= probes.ENOUGH_REFUSALS
    assert driven.evidence.sent <= 61


def test_a_declared_limit_is_exceeded_by_a_fifth_only() -> None:
    evidence = bursted(Throttle(limit=20, refusal=reply(429), headers=legacy)).evidence
    assert (evidence.declared, evidence.wanted, evidence.refused) == (20, 24, 4)


def test_no_limit_up_to_a_hundred_and_twenty_is_medium() -> None:
    verdict = burst_verdict(Throttle(limit=NEVER, refusal=reply(429)))
    assert (verdict.outcome, verdict.severity, verdict.signature) == (Outcome.FAIL, Severity.MEDIUM, "no-limit")
    assert "120 requests" in verdict.message


def test_a_thousand_an_hour_with_honest_headers_passes_unmet() -> None:
    driven = bursted(Throttle(limit=1000, refusal=reply(429), headers=legacy))
    assert limits.enforced(driven.evidence)[0].outcome is Outcome.PASS
    assert driven.evidence.sent == 50


def test_a_high_limit_that_never_counts_is_unsure() -> None:
    frozen = Throttle(limit=NEVER, refusal=reply(429), headers=lambda limit, left: legacy(1000, 999))
    assert burst_verdict(frozen).outcome is Outcome.UNSURE


def test_a_quota_of_nothing_that_is_still_answered_fails() -> None:
    toothless = Throttle(
        limit=NEVER, refusal=reply(429), headers=lambda limit, left: legacy(30, max(0, 30 - NEVER + left))
    )
    verdict = burst_verdict(toothless)
    assert (verdict.outcome, verdict.signature) == (Outcome.FAIL, "declared-not-enforced")


def test_a_slow_target_is_unsure() -> None:
    assert burst_verdict(Throttle(limit=NEVER, refusal=reply(429), took_ms=300)).outcome is Outcome.UNSURE


def test_a_target_that_breaks_is_unsure_and_left_alone() -> None:
    driven = bursted(Throttle(limit=20, refusal=reply(0, problem="connection refused")))
    assert limits.enforced(driven.evidence)[0].outcome is Outcome.UNSURE
    assert driven.evidence.sent <= 31
    assert burst_verdict(Throttle(limit=20, refusal=reply(500))).outcome is Outcome.UNSURE


def test_a_burst_is_one_callers_ten_at_a_time() -> None:
    driven = bursted(Throttle(limit=NEVER, refusal=reply(429)))
    rounds = [step for step in driven.steps if isinstance(step, Together)]
    assert max(len(one.requests) for one in rounds) == probes.AT_ONCE
    assert {one.identity.disposable for one in driven.sent} == {True}
    assert {one.path for one in driven.sent} == {"/things"}


def test_where_registration_is_closed_the_owner_asks() -> None:
    driven = bursted(Throttle(limit=5, refusal=reply(429)), registration=False)
    assert {one.identity.name for one in driven.sent} == {"alice"}


def test_a_read_that_refuses_its_caller_is_passed_over() -> None:
    reads = (operation("GET", "/reports"), READ)
    driven = drive(
        probes.burst.steps(FakeWorld(operations=reads)),
        lambda r: reply(403) if r.path == "/reports" else reply(200, []),
    )
    assert driven.sent[0].path == "/reports"
    assert {one.path for one in driven.sent[1:]} == {"/things"}


def test_administrators_reads_are_not_for_an_ordinary_caller() -> None:
    asked = operation("GET", "/reports")
    golden = exchange(reply(200, []), operation=asked, identity=ROOT)
    world = FakeWorld(operations=(asked, READ), goldens={asked.label: golden})
    assert probes.cheap_reads(world) == [READ]


def test_a_burst_needs_a_read_that_answers() -> None:
    with pytest.raises(NotApplicable):
        drive(probes.burst.steps(FakeWorld(operations=(operation("POST", "/things"),))), [])
    with pytest.raises(Unavailable):
        bursted([reply(429)])


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"ratelimit": '"default";r=50;t=30'}, 50),
        ({"ratelimit": "limit=20, remaining=19, reset=4"}, 19),
        ({"ratelimit-remaining": "7"}, 7),
        ({"x-rate-limit-remaining": "3, 5"}, 3),
        ({"x-ratelimit-remaining": "many"}, None),
        ({}, None),
    ],
)
def test_remaining_is_read_in_every_dialect(headers: dict[str, str], left: int | None) -> None:
    assert probes.remaining(reply(200, headers=headers)) == left


# --- limits.auth-strict -------------------------------------------------------------------------------------


WRONG = reply(401, {"detail": "Invalid credentials"})


@dataclass
class Door:
    """Answers logins; `guard` may object, given the number of failures so far."""

    guard: Callable[[int], Response | None] = lambda failures: None
    wrong: Response = WRONG
    slow: Callable[[int], float] = lambda failures: 50.0
    reads: Callable[[int], Response] = lambda failures: reply(200, [])
    failures: int = 0
    soft_error: bool = False

    def __call__(self, request: Request) -> Exchange:
        if request.path != "/login":
            return exchange(self.reads(self.failures))
        objection = self.guard(self.failures)
        if objection is not None:
            return exchange(objection)
        sent = request.json()
        if sent["password"] == f"right password of {sent['username']}":
            return exchange(reply(200, {"access_token": "«x.token#1»"}))
        self.failures += 1
        return exchange(self.wrong, elapsed_ms=self.slow(self.failures), facts=Facts(soft_error=self.soft_error))


def signed_in(door: Answers, *, registration: bool = True) -> Driven[probes.SignIns]:
    world = FakeWorld(operations=(READ,), login=LOGIN, registration=registration)
    driven = drive(probes.wrong_logins.steps(world), door)
    assert len(driven.sent) <= probes.wrong_logins.at_most.requests
    return driven


def after(count: int, answer: Response) -> Callable[[int], Response | None]:
    return lambda failures: answer if failures >= count else None


GUARDED = {
    "429 after five": Door(after(5, reply(429, headers={"retry-after": "60"}))),
    "423 lock": Door(after(5, reply(423, {"detail": "locked"}))),
    "captcha": Door(after(3, reply(401, {"error": "captcha_required"}))),
    "nginx": Door(after(4, reply(503))),
    "progressive delay": Door(slow=lambda failures: min(1500.0, 25.0 * 2**failures)),
    "silent lock": Door(after(15, reply(401, {"detail": "Invalid credentials"}))),
}


@pytest.mark.parametrize("door", GUARDED.values(), ids=GUARDED.keys())
def test_guarded_logins_pass(door: Door) -> None:
    (verdict,) = limits.auth_strict(signed_in(door).evidence)
    assert verdict.outcome is Outcome.PASS
    assert verdict.note


WRONG_ANSWERS = {
    "fastapi": Door(wrong=reply(400, {"detail": "LOGIN_BAD_CREDENTIALS"})),
    "nestjs": Door(wrong=reply(401, {"message": "Unauthorized", "statusCode": 401})),
    "django": Door(wrong=reply(400, {"non_field_errors": ["Unable to log in with provided credentials."]})),
    "spring": Door(wrong=reply(401, {"error": "Bad credentials"})),
    "laravel": Door(wrong=reply(422, {"message": "These credentials do not match our records."})),
    "go": Door(wrong=reply(403, text="forbidden")),
    "an error in 200": Door(wrong=reply(200, {"ok": False}), soft_error=True),
}


@pytest.mark.parametrize("door", WRONG_ANSWERS.values(), ids=WRONG_ANSWERS.keys())
def test_fifteen_wrong_logins_and_the_right_one_at_once_fail(door: Door) -> None:
    driven = signed_in(door)
    (verdict,) = limits.auth_strict(driven.evidence)
    assert (verdict.outcome, verdict.severity, verdict.signature) == (Outcome.FAIL, None, "no-limit")
    assert driven.evidence.wrong == 15


def test_more_than_five_is_low() -> None:
    (verdict,) = limits.auth_strict(signed_in(Door(after(9, reply(429)))).evidence)
    assert (verdict.outcome, verdict.severity, verdict.signature) == (Outcome.FAIL, Severity.LOW, "more-than-5")


def test_a_limit_that_hits_everything_is_not_the_logins_own() -> None:
    door = Door(after(4, reply(429)), reads=lambda failures: reply(429 if failures >= 4 else 200))
    (verdict,) = limits.auth_strict(signed_in(door).evidence)
    assert (verdict.outcome, verdict.signature) == (Outcome.FAIL, "not-stricter")


UNDECIDED = {
    "broken login": Door(wrong=reply(500)),
    "anybody gets in": Door(wrong=reply(200, {"access_token": "x"})),
    "slow logins": Door(slow=lambda failures: 4000.0),
}


@pytest.mark.parametrize("door", UNDECIDED.values(), ids=UNDECIDED.keys())
def test_other_answers_are_unsure(door: Door) -> None:
    assert limits.auth_strict(signed_in(door).evidence)[0].outcome is Outcome.UNSURE


def test_a_made_up_account_proves_a_limit_but_not_its_absence() -> None:
    free = signed_in(Door(), registration=False)
    assert limits.auth_strict(free.evidence)[0].outcome is Outcome.UNSURE
    assert {one.json()["username"] for one in free.sent if one.path == "/login"} == {f"{CANARY}@example.com"}
    held = signed_in(Door(after(5, reply(429))), registration=False)
    assert limits.auth_strict(held.evidence)[0].outcome is Outcome.PASS


def test_real_accounts_are_never_tried() -> None:
    sent = [one for one in signed_in(Door()).sent if one.path == "/login"]
    assert {one.json()["username"] for one in sent} == {"throwaway1"}
    assert len({one.json()["password"] for one in sent}) == 16


def test_an_earlier_burst_is_waited_out() -> None:
    answers = iter([reply(429, headers={"retry-after": "20"}), reply(200, [])])

    def reads(failures: int) -> Response:
        return next(answers)

    driven = signed_in(Door(reads=reads))
    assert Wait(20.5) in driven.steps


def test_a_target_that_stays_throttled_is_not_judged() -> None:
    with pytest.raises(Unavailable):
        signed_in(Door(reads=lambda failures: reply(429)))


def test_a_throw_away_account_that_cannot_log_in_tells_nothing() -> None:
    with pytest.raises(Unavailable):
        signed_in(Door(after(0, reply(403))))


def test_an_api_without_a_login_is_not_tried() -> None:
    with pytest.raises(NotApplicable):
        drive(probes.wrong_logins.steps(FakeWorld(operations=(READ,))), [])


def test_names_and_docs() -> None:
    assert named_as_promised(limits) == ["limits.auth-strict", "limits.enforced"]
