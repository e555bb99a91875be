"""How much one caller may ask: bursts are throttled, sign-ins more strictly than the rest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from auditor.check import check
from auditor.model import (
    Severity,
    Verdict,
    failed,
    passed,
    unsure,
)
from checks._limits_probes import (
    LOGIN_SECONDS,
    REFERENCE,
    WRONG_LOGINS,
    Burst,
    SignIns,
    burst,
    limited,
    wrong_logins,
)

# --- limits.enforced ----------------------------------------------------------------------------------------


@check(
    "limits.enforced",
    standards=("RATE-1",),
    severity=Severity.HIGH,
    on=burst,
    refs=("OWASP API4:2023", "CWE-770", "RFC 6585 4", "ASVS 2.4.1"),
)
def enforced(asked: Burst) -> Verdict:
    """A sustained burst from one client is throttled.

    Why: without a limit one client, broken or hostile, takes the capacity of all others, and passwords, codes and ids
    can be tried as fast as the network allows.

    Fix: limit per caller, and per address where there is none, and answer 429 with Retry-After. Express:
    `express-rate-limit`; FastAPI: `slowapi`, or the gateway; Django REST: `DEFAULT_THROTTLE_RATES`; Spring: Bucket4j
    or the gateway's `RequestRateLimiter`.

    Known limits: a limit at the edge is not there in a staging environment, and the auditor's address may be exempt.
    """
    if asked.refused:
        return passed(note=f"refused after {asked.succeeded} requests")
    if asked.succeeded < asked.sent:
        return unsure(f"{asked.sent - asked.succeeded} of {asked.sent} requests failed, none of them as throttled")
    if asked.declared is None and not asked.remaining:
        return undeclared(asked)
    if exhausted(asked.remaining):
        said = f"the declared quota was used up, and {asked.sent} requests were answered in {asked.seconds:.1f} s"
        return failed(said, severity=Severity.MEDIUM, signature="declared-not-enforced")
    if counts_down(asked.remaining):
        return passed(note=f"the declared quota counts down ({asked.remaining[0]} to {asked.remaining[-1]})")
    return unsure(f"a limit of {asked.declared} is declared, but {asked.sent} requests neither met it nor used it up")


def undeclared(asked: Burst) -> Verdict:
    if asked.sent < REFERENCE:
        return unsure(f"only {asked.sent} requests were answered in {asked.seconds:.1f} s: too few to meet a limit")
    said = f"no limit seen up to {asked.sent} requests in {asked.seconds:.1f} s, and none is declared"
    return failed(said, severity=Severity.MEDIUM, signature="no-limit")


def counts_down(remaining: Sequence[int]) -> bool:
    """Nearly every round leaves less than the one before; a rolling window may give some back once or twice."""
    steps = [after < before for before, after in pairwise(remaining)]
    return len(steps) >= 2 and sum(steps) >= 0.8 * len(steps)


def exhausted(remaining: Sequence[int]) -> bool:
    """Nothing was left in two rounds that follow each other, and both were answered."""
    return any(before == after == 0 for before, after in pairwise(remaining))


# --- limits.auth-strict -------------------------------------------------------------------------------------

STRICT = 5
"""Wrong passwords that may be tried before somebody objects (ASVS 6.3.1)."""
SLOWER = 3.0
NOTICEABLE_MS = 250.0


@check(
    "limits.auth-strict",
    standards=("RATE-3", "AUTH-10"),
    severity=Severity.HIGH,
    on=wrong_logins,
    refs=("OWASP API2:2023", "CWE-307", "ASVS 6.3.1"),
)
def auth_strict(asked: SignIns) -> Verdict:
    """Sign-in attempts are limited more strictly.

    Why: passwords are guessed, and tried out by the million from other sites' leaks. Only a limit of its own on the
    login makes that too slow to be worth while.

    Fix: count failures per account and per address, and after about five slow down, ask for a proof or refuse with
    429. Express: `express-rate-limit` on the login route with `skipSuccessfulRequests`; FastAPI: `slowapi` on that
    route; Django: `django-axes`; Spring: an `AuthenticationFailureHandler` that counts; Rails: Devise `lockable`.

    Known limits: only the login is tried; resets, codes and registration are not. Nothing is concluded where the
    account had to be made up, since a lock on an account cannot show then.
    """
    if asked.objected and asked.wrong == 0:
        return unsure(f"the first wrong login was already answered {asked.last.response.status}")
    if asked.objected:
        return limit_on_logins(asked)
    if not asked.plain:
        return unsure(f"wrong logins were answered {listed(asked.statuses)}, which is neither a refusal nor a limit")
    if slowed_down(asked.took_ms):
        return passed(note=f"wrong logins are slowed down, to {asked.took_ms[-1] / 1000:.1f} s")
    if asked.again is None:
        return unsure(
            "no limit seen on logins of a made-up account", unlock="open registration, or a throw-away account"
        )
    if not asked.again.succeeded:
        return passed(note=f"after {asked.wrong} wrong logins the right one is answered {asked.again.response.status}")
    if asked.wrong < WRONG_LOGINS:
        return unsure(f"only {asked.wrong} wrong logins were answered in {LOGIN_SECONDS:.0f} s")
    said = f"{asked.wrong} wrong logins were all answered {listed(asked.statuses)}, and the right one worked at once"
    return failed(said, signature="no-limit")


def limit_on_logins(asked: SignIns) -> Verdict:
    status = asked.last.response.status
    if asked.wrong > STRICT:
        said = f"{asked.wrong} wrong logins were allowed before {status}"
        return failed(said, severity=Severity.LOW, signature="more-than-5")
    if asked.bystander is not None and limited(asked.bystander.response):
        said = "after the wrong logins other requests are refused as well: the limit is not the login's own"
        return failed(said, severity=Severity.LOW, signature="not-stricter")
    return passed(note=f"answered {status} after {asked.wrong} wrong logins")


def slowed_down(took_ms: Sequence[float]) -> bool:
    """The last answers take three times as long as the first, by more than noise."""
    if len(took_ms) < 6:
        return False
    before, after = median(took_ms[:3]), median(took_ms[-3:])
    return after >= SLOWER * before and after - before >= NOTICEABLE_MS


def listed(statuses: Sequence[int]) -> str:
    return ", ".join(str(one) for one in sorted(set(statuses)))
