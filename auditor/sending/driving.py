"""Follows a generator of steps: sends what it yields, hands back what came, keeps it within its bound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, assert_never

from auditor.errors import TargetUnhealthy
from auditor.evidence import Bound, NotApplicable, Overloaded, Poll, Step, Steps, Together, Unavailable, Wait
from auditor.model import Exchange, Request
from auditor.sending.session import BudgetSpent, Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(Generic[T]):
    """What came of a generator: its value, or why there is none. `bug` holds an exception of our own making."""

    value: T | None = None
    unavailable: Unavailable | None = None
    not_applicable: NotApplicable | None = None
    bug: Exception | None = None
    exchanges: tuple[Exchange, ...] = ()


OVERLOADED = frozenset({503, 504})
"""Statuses with which a target, or what stands before it, says that it cannot serve anybody now (RFC 9110 §15.6)."""


def no_interference(_exchange: Exchange, _sent: tuple[Exchange, ...]) -> str:
    return ""


async def follow(
    steps: Steps[T],
    session: Session,
    *,
    name: str = "",
    bound: Bound | None = None,
    kept: int = 0,
    patient: bool = True,
    interference: Callable[[Exchange, tuple[Exchange, ...]], str] = no_interference,
) -> Followed[T]:
    """Drive `steps` to its end. Never raises for what the target does, nor for a bug in the generator.

    `interference` looks at each exchange and says why it tells nothing (throttled, a gateway's page), or "".
    `kept` requests of the session's budget are left to others.
    """
    walk = _Walk(session, name, bound, kept, patient, interference)
    try:
        return Followed(value=await walk.through(steps), exchanges=tuple(walk.seen))
    except NotApplicable as reason:
        return Followed(not_applicable=reason, exchanges=tuple(walk.seen))
    except Unavailable as reason:
        return Followed(unavailable=reason, exchanges=tuple(walk.seen))
    except TargetUnhealthy:
        raise
    except Exception as bug:
        if isinstance(bug, ExceptionGroup) and bug.subgroup(TargetUnhealthy):
            raise
        return Followed(bug=bug, exchanges=tuple(walk.seen))
    finally:
        steps.close()


class _Walk:
    """One generator being followed: what was seen, and how much of its bound is left."""

    def __init__(
        self,
        session: Session,
        name: str,
        bound: Bound | None,
        kept: int,
        patient: bool,
        interference: Callable[[Exchange, tuple[Exchange, ...]], str],
    ) -> None:
        self.seen: list[Exchange] = []
        self._session = session
        self._name = name
        self._bound = bound
        self._kept = kept
        self._patient = patient
        self._interference = interference
        self._begun = time.monotonic()

    async def through(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                try:
                    came = await self._take(step)
                except Unavailable as reason:
                    step = steps.throw(reason)
                else:
                    step = steps.send(came)
        except StopIteration as stop:
            value: T = stop.value
            return value

    async def _take(self, step: Step) -> Exchange | tuple[Exchange, ...] | None:
        match step:
            case Request():
                return await self._send(step)
            case Together(requests):
                self._spend(len(requests))
                came = await self._session.together([replace(one, recipe=self._name) for one in requests])
                self.seen.extend(came)
                return tuple(self._checked(one) for one in came)
            case Poll():
                return await self._poll(step)
            case Wait(seconds):
                self._spend(0, seconds=seconds)
                await asyncio.sleep(seconds)
                return None
        assert_never(step)

    async def _send(self, request: Request) -> Exchange:
        self._spend(1)
        exchange = await self._session.send(replace(request, recipe=self._name), patient=self._patient)
        self.seen.append(exchange)
        return self._checked(exchange)

    async def _poll(self, poll: Poll) -> Exchange:
        deadline = time.monotonic() + poll.deadline_seconds
        while True:
            exchange = await self._send(poll.request)
            if poll.until(exchange) or time.monotonic() >= deadline:
                return exchange
            await asyncio.sleep(poll.interval_seconds)

    def _checked(self, exchange: Exchange) -> Exchange:
        reason = self._interference(exchange, tuple(self.seen))
        if reason:
            raise (Overloaded if exchange.response.status in OVERLOADED else Unavailable)(reason)
        return exchange

    def _spend(self, requests: int, *, seconds: float = 0.0) -> None:
        """Refuse what would exceed the bound, a wait that the target dictates included."""
        if self._bound is None:
            return
        if self._kept and self._session.requests_left < self._kept + requests:
            raise self._session.exhausted()
        if len(self.seen) + requests > self._bound.requests:
            raise BudgetSpent(f"budget: the recipe's {self._bound.requests} requests are spent")
        if time.monotonic() - self._begun + seconds > self._bound.seconds:
            raise BudgetSpent(f"budget: the recipe's {self._bound.seconds:.0f} s are over")
