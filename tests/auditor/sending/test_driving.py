"""Generators are followed to their end, within their bounds, whatever comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import httpx
import pytest

from auditor.errors import TargetUnhealthy
from auditor.evidence import Bound, NotApplicable, Overloaded, Poll, Steps, Together, Unavailable, Wait, ask
from auditor.model import Exchange
from auditor.sending.driving import Followed, follow
from auditor.sending.session import SILENCES_TO_GIVE_UP, Session
from tests.auditor.building import Target, answer, get, run, session, within

Interference = Callable[[Exchange, tuple[Exchange, ...]], str]


def followed(
    steps: Steps[object],
    target: Target | None = None,
    *,
    bound: Bound | None = None,
    interference: Interference | None = None,
) -> Followed[object]:
    async def course(opened: Session) -> Followed[object]:
        if interference is None:
            return await follow(steps, opened, name="tests.recipe", bound=bound)
        return await follow(steps, opened, name="tests.recipe", bound=bound, interference=interference)

    return run(within(session(target or Target()), course))


def asking(times: int) -> Steps[int]:
    for number in range(times):
        yield get(f"/{number}")
    return times


def test_a_generator_is_handed_what_came_and_its_value_is_the_end() -> None:
    def steps() -> Steps[object]:
        first = yield from ask(get("/a"))
        second = yield from ask(get(f"/b{first.response.status}"))
        return [first.response.status, second.response.status]

    target = Target([answer(200), answer(404)])
    came = followed(steps(), target)
    assert came.value == [200, 404]
    assert target.paths == ["GET /a", "GET /b200"]
    assert [one.request.recipe for one in came.exchanges] == ["tests.recipe"] * 2
    assert (came.bug, came.unavailable, came.not_applicable) == (None, None, None)


def test_a_generator_that_asks_nothing_has_a_value_all_the_same() -> None:
    assert followed(asking(0)).value == 0


def test_requests_beyond_the_bound_are_not_sent() -> None:
    target = Target()
    came = followed(asking(4), target, bound=Bound(requests=3))
    assert len(target.asked) == 3
    assert came.unavailable is not None
    assert "budget: the recipe's 3 requests" in came.unavailable.reason
    assert len(came.exchanges) == 3


def test_what_just_fits_the_bound_is_sent() -> None:
    assert followed(asking(3), bound=Bound(requests=3)).value == 3


def test_together_takes_from_the_bound_at_once() -> None:
    def steps() -> Steps[object]:
        yield get()
        yield Together((get(), get(), get()))
        return "sent"

    target = Target()
    assert followed(steps(), target, bound=Bound(requests=3)).unavailable is not None
    assert len(target.asked) == 1


def test_together_answers_in_the_order_of_its_requests() -> None:
    def steps() -> Steps[object]:
        came: tuple[Exchange, ...] = yield Together(tuple(get(f"/{number}") for number in range(12)))
        return [(one.request.path, one.request.recipe) for one in came]

    assert followed(steps()).value == [(f"/{number}", "tests.recipe") for number in range(12)]


def test_silence_in_a_race_is_an_answer() -> None:
    def steps() -> Steps[object]:
        came: tuple[Exchange, ...] = yield Together((get(), get()))
        return sorted(one.response.status for one in came)

    target = Target([httpx.ReadError("reset"), answer(200)])
    assert followed(steps(), target).value == [0, 200]


def test_silence_elsewhere_is_thrown_into_the_generator() -> None:
    def steps() -> Steps[object]:
        try:
            yield get()
        except Unavailable as silence:
            return silence.reason
        return "answered"

    assert followed(steps(), Target([httpx.ReadError("reset")])).value == "no answer: ReadError"


def test_silence_that_nobody_catches_is_unavailable() -> None:
    came = followed(asking(1), Target([httpx.ReadTimeout("slow")]))
    assert came.unavailable is not None
    assert came.unavailable.reason == "no answer: timeout"


def polling(until: Callable[[Exchange], bool], deadline_seconds: float = 5.0) -> Steps[object]:
    last: Exchange = yield Poll(get(), until, deadline_seconds=deadline_seconds, interval_seconds=0.0)
    return last.response.status


def test_a_poll_repeats_until_what_it_waits_for() -> None:
    target = Target([answer(202), answer(202), answer(200), answer(500)])
    assert followed(polling(lambda one: one.response.status == 200), target).value == 200
    assert len(target.asked) == 3


def test_a_poll_answers_with_the_last_exchange_when_its_time_is_up() -> None:
    assert followed(polling(lambda one: False, deadline_seconds=0.0), Target([answer(202)])).value == 202


def test_a_poll_is_bounded_as_well() -> None:
    came = followed(polling(lambda one: False), bound=Bound(requests=5))
    assert came.unavailable is not None
    assert len(came.exchanges) == 5


def waiting(seconds: float) -> Steps[object]:
    yield Wait(seconds)
    yield get()
    return "waited"


def test_a_wait_of_nothing_is_no_obstacle() -> None:
    assert followed(waiting(0), bound=Bound(requests=1)).value == "waited"


def test_a_wait_beyond_the_bound_is_not_begun() -> None:
    target = Target()
    came = followed(waiting(1e9), target, bound=Bound(requests=1, seconds=1))
    assert came.unavailable is not None
    assert came.unavailable.reason == "budget: the recipe's 1 s are over"
    assert not target.asked


def throttled(exchange: Exchange, _sent: tuple[Exchange, ...]) -> str:
    return "throttled" if exchange.response.status == 429 else ""


def test_interference_is_thrown_into_the_generator() -> None:
    def steps() -> Steps[object]:
        try:
            yield get()
        except Unavailable as reason:
            return f"so it was {reason.reason}"
        return "answered"

    assert (
        followed(steps(), Target([answer(429, retry_after="0")]), interference=throttled).value == "so it was throttled"
    )


def test_one_interfering_answer_spoils_all_that_was_sent_together() -> None:
    def steps() -> Steps[object]:
        yield Together((get(), get()))
        return "answered"

    came = followed(steps(), Target([answer(200), answer(429)]), interference=throttled)
    assert came.unavailable is not None
    assert len(came.exchanges) == 2


@pytest.mark.parametrize(("status", "kind"), [(429, Unavailable), (503, Overloaded), (504, Overloaded)])
def test_what_a_target_could_not_serve_just_then_is_told_from_what_it_refuses(
    status: int, kind: type[Unavailable]
) -> None:
    came = followed(asking(1), Target([answer(status, retry_after="0")] * 3), interference=lambda *_: "in the way")
    assert type(came.unavailable) is kind


def test_interference_is_told_what_was_sent_before() -> None:
    seen: list[int] = []

    def counting(_exchange: Exchange, sent: tuple[Exchange, ...]) -> str:
        seen.append(len(sent))
        return ""

    followed(asking(3), interference=counting)
    assert seen == [1, 2, 3]


def test_what_does_not_apply_is_a_value() -> None:
    def steps() -> Steps[object]:
        yield get()
        raise NotApplicable("nothing to protect")

    came = followed(steps())
    assert str(came.not_applicable) == "nothing to protect"
    assert len(came.exchanges) == 1


@pytest.mark.parametrize(
    "bug", [KeyError("id"), ZeroDivisionError(), RecursionError(), OSError("disk"), StopIteration()]
)
def test_a_bug_in_the_generator_is_a_value(bug: Exception) -> None:
    def steps() -> Steps[object]:
        yield get()
        raise bug

    came = followed(steps())
    assert came.bug is bug or (isinstance(bug, StopIteration) and isinstance(came.bug, RuntimeError))
    assert len(came.exchanges) == 1


def test_a_step_that_is_none_of_ours_is_a_bug_of_the_generator() -> None:
    def steps() -> Steps[object]:
        yield cast("Wait", "a careless third party")
        return "unreached"

    assert isinstance(followed(steps()).bug, AssertionError)


def test_an_unhealthy_target_is_nobody_s_value_and_closes_the_generator() -> None:
    closed: list[bool] = []

    def steps() -> Steps[object]:
        try:
            while True:
                try:
                    yield get()
                except Unavailable:
                    continue
        finally:
            closed.append(True)

    target = Target([httpx.ConnectError("refused")])
    with pytest.raises(TargetUnhealthy):
        followed(steps(), target)
    assert len(target.asked) == SILENCES_TO_GIVE_UP
    assert closed == [True]


def test_an_unhealthy_target_ends_a_race_too() -> None:
    def steps() -> Steps[object]:
        yield Together(tuple(get() for _ in range(SILENCES_TO_GIVE_UP)))
        return "answered"

    with pytest.raises(ExceptionGroup) as raised:
        followed(steps(), Target([httpx.ConnectError("refused")]))
    assert raised.value.subgroup(TargetUnhealthy) is not None
