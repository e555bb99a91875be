"""The questions of the limits family: a burst from one caller, and wrong sign-ins to an account made for them."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from auditor.evidence import (
    ONCE,
    Bound,
    NotApplicable,
    Pace,
    Scope,
    Stage,
    Steps,
    Together,
    Unavailable,
    Wait,
    World,
    ask,
    recipe,
)
from auditor.model import (
    Exchange,
    Identity,
    Operation,
    Request,
    Response,
    Role,
)

# --- limits.enforced ----------------------------------------------------------------------------------------

REFERENCE = 100
"""Requests after which an API without a declared limit is expected to say stop."""
MORE_THAN_DECLARED = 1.2
MOST = 150
AT_ONCE = 10
OPENINGS = 3
"""Reads tried before the burst, since the fastest may refuse its caller."""
SECONDS = 6.0
VERIFIABLE = 125
"""Declared limits above it would take more than `MOST` requests to reach."""
ENOUGH_REFUSALS = 3
PATIENCE_SECONDS = 60.0
"""The longest wait for a limiter to let go again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Many cheap requests of one caller in a few seconds: counts, and the exchanges that tell."""

    first: Exchange
    last: Exchange
    refusal: Exchange | None
    wanted: int
    sent: int
    succeeded: int
    refused: int
    seconds: float
    declared: int | None
    remaining: tuple[int, ...]
    """The lowest remaining quota that each round of requests was told."""


@recipe(scope=Scope.API, pace=Pace.LAST, at_most=Bound(requests=165, seconds=90), confirm=ONCE, expects_refusal=True)
def burst(world: World) -> Steps[Burst]:
    """Repeat a cheap read, ten at a time, until it is refused three times or six seconds are over."""
    request, first = yield from opening(world)
    declared = world.declared_limit(first)
    wanted = wanted_requests(declared)
    answered = [first]
    lows = [remaining(first.response)]
    while len(answered) < wanted and not over(answered):
        size = min(AT_ONCE, wanted - len(answered))
        batch: tuple[Exchange, ...] = yield Together((request,) * size)
        answered.extend(batch)
        lows.append(min((left for one in batch if (left := remaining(one.response)) is not None), default=None))
    return summed(answered, wanted=wanted, declared=declared, lows=tuple(low for low in lows if low is not None))


def wanted_requests(declared: int | None) -> int:
    """Return how many requests should meet a limit; few where it cannot be reached, enough to see it count."""
    if declared is not None and declared > VERIFIABLE:
        return REFERENCE // 2
    return min(MOST, ceil(MORE_THAN_DECLARED * (declared or REFERENCE)))


def over(answered: Sequence[Exchange]) -> bool:
    """Refused often enough, out of time, or no longer answering."""
    refusals = sum(1 for one in answered if limited(one.response))
    silent = sum(1 for one in answered if one.response.status == 0)
    return refusals >= ENOUGH_REFUSALS or silent >= ENOUGH_REFUSALS or elapsed(answered) >= SECONDS


def elapsed(answered: Sequence[Exchange]) -> float:
    return max(one.sent_at + one.elapsed_ms / 1000 for one in answered) - answered[0].sent_at


def summed(answered: Sequence[Exchange], *, wanted: int, declared: int | None, lows: tuple[int, ...]) -> Burst:
    refusals = [one for one in answered if limited(one.response)]
    return Burst(
        first=answered[0],
        last=answered[-1],
        refusal=refusals[0] if refusals else None,
        wanted=wanted,
        sent=len(answered),
        succeeded=sum(1 for one in answered if one.succeeded),
        refused=len(refusals),
        seconds=elapsed(answered),
        declared=declared,
        remaining=lows,
    )


def opening(world: World) -> Steps[tuple[Request, Exchange]]:
    """Ask the fastest protected reads, by a caller of its own where one can be registered, until one is answered."""
    caller = yield from own_caller(world)
    reads = cheap_reads(world)
    if not reads:
        raise NotApplicable("no read without parameters was answered")
    refusals: list[str] = []
    for operation in reads[:OPENINGS]:
        stage = Stage(operation=operation, actor=caller or (yield from world.stage(operation)).actor)
        request = world.request(stage, purpose="a burst of one caller")
        answered = yield from ask(request)
        if answered.succeeded:
            return request, answered
        refusals.append(f"{answered.subject} was answered {answered.response.status}")
        if limited(answered.response):
            break
    raise Unavailable(f"{refusals[-1]} before the burst began")


def cheap_reads(world: World) -> list[Operation]:
    """Return the reads without parameters that answered an ordinary caller, protected and fast ones first."""
    reads = [one for one in world.document.operations if one.method == "GET" and not one.path_parameters]
    timed = [(one, took_ms(world, one)) for one in reads]
    known = [(not one.protected, took, index) for index, (one, took) in enumerate(timed) if took is not None]
    return [reads[index] for _, _, index in sorted(known)]


def own_caller(world: World) -> Steps[Identity | None]:
    try:
        return (yield from world.disposable())
    except Unavailable:
        return None


def took_ms(world: World, operation: Operation) -> float | None:
    """Return what the operation took when it worked; None where it never did, or for an administrator only."""
    try:
        golden = world.golden(operation)
    except Unavailable:
        return None
    return None if golden.request.identity.role == "admin" else golden.elapsed_ms


def limited(response: Response) -> bool:
    """Throttled: 429; 503, with which nginx does it; 403 that says when to come back."""
    if response.status == 403:
        return response.header("retry-after") is not None
    return response.status in {429, 503}


def remaining(response: Response) -> int | None:
    """Return the remaining quota that an answer declares: `RateLimit` (drafts 07, ≥ 08), split and legacy fields."""
    for name in ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"):
        found = re.match(r"\s*(\d+)", response.header(name) or "")
        if found:
            return int(found[1])
    together = re.findall(r"\b(?:remaining|r)\s*=\s*(\d+)", response.header("ratelimit") or "")
    return min((int(one) for one in together), default=None)


# --- limits.auth-strict -------------------------------------------------------------------------------------

WRONG_LOGINS = 15
LOGIN_SECONDS = 30.0
CHALLENGE = re.compile(r"captcha|challenge|too many|locked|try again (?:in|later)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIns:
    """One right login, up to fifteen wrong ones, the right one again."""

    right: Exchange | None
    """None where the account is made up, because registration is closed."""
    first: Exchange
    last: Exchange
    wrong: int
    """Wrong logins that were answered as wrong, before any objection."""
    statuses: tuple[int, ...]
    plain: bool
    """Every answer was a refusal and none an error of the server's."""
    took_ms: tuple[float, ...]
    objected: bool
    """The last wrong login was throttled, locked out or challenged."""
    again: Exchange | None
    bystander: Exchange | None
    """A cheap read right after the objection, by another caller: refused, the limit is not the login's own."""


@recipe(scope=Scope.API, pace=Pace.LAST, at_most=Bound(requests=30, seconds=240), confirm=ONCE, expects_refusal=True)
def wrong_logins(world: World) -> Steps[SignIns]:
    """Log a throw-away account in with wrong passwords, up to fifteen times in thirty seconds."""
    if not has_login(world):
        raise NotApplicable("the description has no login")
    reads = yield from calm(world)
    account = yield from own_caller(world)
    right = (yield from right_login(account, world)) if account is not None else None
    tried = yield from attempts(account, f"{world.canary}@example.com", world)
    objected = objects(tried)
    again = None if account is None or objected else (yield from ask(world.login_request(identity=account)))
    bystander = (yield from ask(reads)) if objected and reads is not None else None
    return SignIns(
        right=right,
        first=tried[0],
        last=tried[-1],
        wrong=len(tried) - objected,
        statuses=tuple(one.response.status for one in tried),
        plain=all(one.denied or 400 <= one.response.status < 500 for one in tried),
        took_ms=tuple(one.elapsed_ms for one in tried),
        objected=objected,
        again=again,
        bystander=bystander,
    )


def has_login(world: World) -> bool:
    try:
        world.login_request()
    except Unavailable:
        return False
    return True


def calm(world: World) -> Steps[Request | None]:
    """Wait until an earlier burst is forgiven, so that the general limit is not mistaken for the login's."""
    try:
        request = yield from cheap_read(world)
    except (NotApplicable, Unavailable):
        return None
    answered = yield from ask(request)
    if limited(answered.response):
        yield Wait(min(PATIENCE_SECONDS, pause(answered.response)))
        answered = yield from ask(request)
    if limited(answered.response):
        raise Unavailable("the target still throttles every request, so a limit on logins cannot be told apart")
    return request


def cheap_read(world: World) -> Steps[Request]:
    reads = cheap_reads(world)
    if not reads:
        raise NotApplicable("no read without parameters was answered")
    stage = yield from world.stage(reads[0])
    return world.request(stage, purpose="is anybody throttled?", role=Role.SETUP)


def pause(response: Response) -> float:
    """Return the seconds that `Retry-After` asks for, the longest patience where it names a date or nothing."""
    said = (response.header("retry-after") or "").strip()
    return float(said) + 0.5 if said.isdigit() else PATIENCE_SECONDS


def right_login(account: Identity, world: World) -> Steps[Exchange]:
    answered = yield from ask(world.login_request(identity=account))
    if not answered.succeeded:
        status = answered.response.status
        raise Unavailable(f"the right login of a throw-away account was answered {status}, so wrong ones tell nothing")
    return answered


def attempts(account: Identity | None, made_up: str, world: World) -> Steps[list[Exchange]]:
    """Try wrong passwords until somebody objects."""
    tried: list[Exchange] = []
    while len(tried) < WRONG_LOGINS and not objects(tried) and not late(tried):
        password = "".join(world.rng.choices(string.ascii_letters + string.digits, k=24))
        name = None if account is not None else made_up
        tried.append((yield from ask(world.login_request(identity=account, username=name, password=password))))
    return tried


def late(tried: Sequence[Exchange]) -> bool:
    return bool(tried) and elapsed(tried) >= LOGIN_SECONDS


def objects(tried: Sequence[Exchange]) -> bool:
    """The last answer is more than a plain no: throttled, locked (423), or asking for a proof of being human."""
    if not tried:
        return False
    last, first = tried[-1].response, tried[0].response
    if limited(last) or last.status == 423:
        return True
    return len(tried) > 1 and bool(CHALLENGE.search(last.text)) and not CHALLENGE.search(first.text)
