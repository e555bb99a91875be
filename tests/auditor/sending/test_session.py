"""The only door to the target: what leaves by it, what is waited for, what is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from auditor.errors import TargetUnhealthy
from auditor.evidence import Unavailable
from auditor.model import ANONYMOUS, Credential, Exchange, Identity, Operation, Request, Role
from auditor.secrecy.redaction import Redactor
from auditor.sending.session import (
    SILENCES_TO_GIVE_UP,
    Bounds,
    BudgetSpent,
    NoAnswer,
    Session,
    WritesForbidden,
    is_loopback,
)
from tests.auditor.building import ALICE, BOB, RUN, Target, answer, bearer, get, post, run, sent, session, within

# --- what every request carries -----------------------------------------------------------------------------


def test_a_request_carries_its_callers_credential_and_nobody_elses() -> None:
    target = Target()
    opened = session(target, credentials={"alice": bearer("alice-token"), "bob": bearer("bob-token")})
    sent(opened, [get(identity=ALICE), get(identity=BOB), get(identity=ANONYMOUS), get(identity=Identity("eve"))])
    assert [one.headers.get("authorization") for one in target.asked] == [
        "Bearer alice-token",
        "Bearer bob-token",
        None,
        None,
    ]


def test_a_credential_may_be_headers_query_and_cookies() -> None:
    credential = Credential(headers=(("x-api-key", "k1"),), query=(("key", "k 2"),), cookies=(("sid", "a"), ("t", "b")))
    target = Target()
    sent(session(target, credentials={"alice": credential}), [get("/a", query=(("q", "1"),), identity=ALICE)])
    (asked,) = target.asked
    assert (asked.headers["x-api-key"], asked.headers["cookie"]) == ("k1", "sid=a; t=b")
    assert asked.extensions["target"] == b"/a?q=1&key=k%202"


def test_a_credential_of_the_requests_own_is_sent_instead() -> None:
    target = Target()
    opened = session(target, credentials={"alice": bearer("alice-token")})
    sent(opened, [get(identity=ALICE, credential=bearer("forged")), get(identity=ALICE, credential=Credential())])
    assert [one.headers.get("authorization") for one in target.asked] == ["Bearer forged", None]


def test_a_header_of_the_requests_own_stands_before_the_credentials() -> None:
    target = Target()
    opened = session(target, credentials={"alice": bearer("alice-token")})
    sent(opened, [get(identity=ALICE, headers=(("Authorization", "nonsense"),))])
    assert target.asked[0].headers.get_list("authorization") == ["nonsense"]


def test_the_run_and_the_users_headers_are_on_every_request() -> None:
    target = Target()
    sent(session(target, headers=(("X-Tenant", "acme"),)), [get(), post(), get(identity=ALICE)])
    for one in target.asked:
        assert (one.headers["x-auditor"], one.headers["x-tenant"]) == (RUN, "acme")
        assert one.headers["user-agent"] == f"auditor ({RUN})"


def test_no_cookie_wanders_from_one_caller_to_the_next() -> None:
    target = Target([answer(200, {}, set_cookie="session=of-alice; Path=/"), answer(200, {})])
    sent(session(target), [get(identity=ALICE), get(identity=ALICE), get(identity=BOB), get()])
    assert [one.headers.get("cookie") for one in target.asked] == [None] * 4


def test_header_values_need_not_be_ascii() -> None:
    target = Target()
    (seen,) = sent(session(target), [get(headers=(("X-Name", "Zoë «x»"),))])
    assert seen.response.status == 200
    assert dict(target.asked[0].headers.raw)[b"X-Name"].decode("utf-8") == "Zoë «x»"


@pytest.mark.parametrize(
    ("base", "request_", "expected"),
    [
        ("http://api.test", get("/a"), "/a"),
        ("http://api.test/", get("/a"), "/a"),
        ("http://api.test/v1", get("/a"), "/v1/a"),
        ("http://api.test/v1", get("/health", absolute=True), "/health"),
        ("http://kat:secret@api.test/v1", get("/a"), "/v1/a"),
        ("http://kat:secret@api.test", get("/a", absolute=True), "/a"),
        ("http://api.test", get("/a", query=(("a b", "c/d"), ("x[]", "ü"))), "/a?a%20b=c%2Fd&x[]=%C3%BC"),
        ("http://api.test", get(""), "/"),
    ],
)
def test_a_path_is_relative_to_the_base_or_to_the_host(base: str, request_: Request, expected: str) -> None:
    target = Target()
    sent(session(target, base=base), [request_])
    assert target.asked[0].extensions["target"] == expected.encode()


def test_a_password_in_the_address_is_kept_to_itself() -> None:
    opened = session(Target(), base="http://kat:secret@api.test/v1/")
    assert (opened.base_url, opened.root, opened.host) == ("http://api.test/v1", "http://api.test", "api.test")


# --- what comes back ----------------------------------------------------------------------------------------


def test_redirects_are_answers() -> None:
    target = Target([answer(302, location="http://elsewhere.test/")])
    (seen,) = sent(session(target), [get()])
    assert (seen.response.status, seen.response.header("location")) == (302, "http://elsewhere.test/")
    assert len(target.asked) == 1


def test_headers_are_lower_case_in_order_and_repeated() -> None:
    raw = httpx.Response(200, headers=[("Set-Cookie", "a=1"), ("X-One", "1"), ("SET-COOKIE", "b=2")])
    (seen,) = sent(session(lambda _request: raw), [get()])
    assert [name for name, _ in seen.response.headers] == ["set-cookie", "x-one", "set-cookie"]


def test_exchanges_are_numbered_timed_and_counted() -> None:
    reads = Operation(method="GET", path="/things")
    opened = session(Target([answer(200), answer(404)]))
    opened.phase = "probing"
    first, second = sent(opened, [get(operation=reads, identity=ALICE), get(operation=reads)])
    assert (first.id, second.id) == ("x1", "x2")
    assert second.sent_at >= first.sent_at >= 0
    assert 0 < first.first_byte_ms <= first.elapsed_ms
    counted = opened.statistics
    assert (counted.requests, counted.by_status, counted.by_phase) == (2, {"200": 1, "404": 1}, {"probing": 2})
    assert counted.by_operation == {"GET /things": {"200": 1, "404": 1}}
    assert counted.identities == {"GET /things": {"alice"}}


def test_learners_see_the_raw_exchange_and_observers_the_redacted_one() -> None:
    redactor = Redactor()
    redactor.know("alice", "token", "alice-token-0123456789")
    transport = httpx.MockTransport(Target([answer(200, {"echo": "alice-token-0123456789"})]))
    opened = Session("http://api.test", run_id=RUN, redactor=redactor, transport=transport)
    opened.credentials["alice"] = bearer("alice-token-0123456789")
    learned: list[Exchange] = []
    observed: list[Exchange] = []
    opened.learners.append(learned.append)
    opened.observers.append(observed.append)
    (seen,) = sent(opened, [get(identity=ALICE)])
    assert b"alice-token-0123456789" in learned[0].response.body
    assert observed == [seen]
    assert "alice-token-0123456789" not in repr(seen)
    assert seen.request.header("authorization") == "Bearer «alice.token#1»"


@pytest.mark.parametrize(
    ("silence", "problem"),
    [
        (httpx.ReadTimeout("slow"), "timeout"),
        (httpx.ConnectError("refused"), "connection refused"),
        (httpx.RemoteProtocolError("garbage"), "RemoteProtocolError"),
        (httpx.InvalidURL("odd"), "InvalidURL"),
        (OSError("broken pipe"), "OSError"),
    ],
)
def test_silence_is_counted_recorded_and_raised(silence: Exception, problem: str) -> None:
    opened = session(Target([silence]))
    observed: list[Exchange] = []
    opened.observers.append(observed.append)
    with pytest.raises(NoAnswer, match=problem):
        sent(opened, [get()])
    assert [(one.response.status, one.response.problem) for one in observed] == [(0, problem)]
    assert opened.statistics.by_status == {problem: 1}


def test_connections_refused_in_a_row_end_the_run() -> None:
    async def course(opened: Session) -> int:
        for number in range(SILENCES_TO_GIVE_UP + 1):
            try:
                await opened.send(get())
            except NoAnswer:
                continue
            except TargetUnhealthy:
                return number + 1
        return 0

    assert run(within(session(Target([httpx.ConnectError("refused")])), course)) == SILENCES_TO_GIVE_UP


def test_one_answer_among_refused_connections_is_a_sign_of_life() -> None:
    refused = [httpx.ConnectError("refused")] * (SILENCES_TO_GIVE_UP - 1)

    async def course(opened: Session) -> int:
        for _ in range(2 * SILENCES_TO_GIVE_UP - 1):
            try:
                await opened.send(get())
            except NoAnswer:
                continue
        return opened.statistics.requests

    assert run(within(session(Target([*refused, answer(500), *refused])), course)) == 2 * SILENCES_TO_GIVE_UP - 1


# --- limits -------------------------------------------------------------------------------------------------


def refusing(times: int, **headers: str) -> Target:
    return Target([*[answer(429, **headers) for _ in range(times)], answer(200)])


def test_a_patient_request_waits_out_the_targets_limit() -> None:
    target = refusing(1, retry_after="0")
    (seen,) = sent(session(target), [get()])
    assert (seen.response.status, len(target.asked)) == (200, 2)


def test_patience_has_an_end() -> None:
    target = refusing(9, retry_after="0")
    (seen,) = sent(session(target), [get()])
    assert (seen.response.status, len(target.asked)) == (429, 3)


def test_an_impatient_request_takes_the_refusal() -> None:
    target = refusing(1, retry_after="0")
    (seen,) = sent(session(target), [get()], patient=False)
    assert (seen.response.status, len(target.asked)) == (429, 1)


@pytest.mark.parametrize(("headers", "asked"), [({"retry_after": "0"}, 2), ({}, 1)])
def test_503_is_waited_out_where_it_says_how_long(headers: dict[str, str], asked: int) -> None:
    target = Target([answer(503, **headers), answer(200)])
    sent(session(target), [get()])
    assert len(target.asked) == asked


def test_a_limit_that_asks_for_too_long_makes_the_request_unavailable() -> None:
    target = refusing(9, retry_after="3600")
    opened = session(target)
    with pytest.raises(Unavailable, match="asks to wait 3600 s"):
        sent(opened, [get(identity=ALICE)])
    assert len(target.asked) == 1


def test_one_callers_limit_keeps_no_other_waiting() -> None:
    target = Target([answer(429, retry_after="3600"), answer(200)])

    async def course(opened: Session) -> int:
        with pytest.raises(Unavailable):
            await opened.send(get(identity=ALICE))
        return (await opened.send(get(identity=BOB))).response.status

    assert run(within(session(target), course)) == 200


def test_a_declared_window_is_waited_for_before_it_is_overrun() -> None:
    """The next request leaves after the window has rolled: the target sees a pause, nobody a 429."""
    times: list[float] = []

    def limited(_request: httpx.Request) -> httpx.Response:
        times.append(time.monotonic())
        return answer(200, x_ratelimit_limit="1", x_ratelimit_remaining="0", x_ratelimit_reset="0.05")

    sent(session(limited), [get(identity=ALICE), get(identity=ALICE)])
    assert times[1] - times[0] >= 0.05


def test_a_rate_keeps_requests_apart() -> None:
    times: list[float] = []

    def noting(_request: httpx.Request) -> httpx.Response:
        times.append(time.monotonic())
        return answer(200)

    sent(session(noting, bounds=Bounds(rate=50)), [get(), get(), get()])
    assert times[2] - times[0] >= 0.03


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    flying = most = 0

    async def slow(_request: httpx.Request) -> httpx.Response:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        for _ in range(5):
            await asyncio.sleep(0)
        flying -= 1
        return answer(200)

    opened = Session(
        "http://api.test",
        run_id=RUN,
        redactor=Redactor(),
        bounds=Bounds(concurrency=3),
        transport=httpx.MockTransport(slow),
    )

    async def course(opened: Session) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(opened.send(get()))

    run(within(opened, course))
    assert most == 3


# --- budgets and safety -------------------------------------------------------------------------------------


def test_a_spent_budget_is_unavailable_but_not_for_cleaning_up() -> None:
    opened = session(Target(), bounds=Bounds(max_requests=2))

    async def course(opened: Session) -> int:
        await opened.send(get())
        await opened.send(get())
        with pytest.raises(BudgetSpent, match="2 requests are spent"):
            await opened.send(get())
        with pytest.raises(BudgetSpent):
            await opened.together([get()])
        opened.phase = "cleanup"
        return (await opened.send(get())).response.status

    assert run(within(opened, course)) == 200


def test_time_is_a_budget_too() -> None:
    with pytest.raises(BudgetSpent, match="0 s are over"):
        sent(session(Target(), bounds=Bounds(max_seconds=0.0)), [get()])


LOGIN = Operation(method="POST", path="/login")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_a_read_only_audit_writes_nothing(method: str) -> None:
    target = Target()
    with pytest.raises(WritesForbidden) as refused:
        sent(session(target, bounds=Bounds(writes=False)), [Request(method=method, path="/things")])
    assert "allow-writes" in refused.value.unlock
    assert not target.asked


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "QUERY"])
def test_a_read_only_audit_reads(method: str) -> None:
    (seen,) = sent(session(Target(), bounds=Bounds(writes=False)), [Request(method=method, path="/things")])
    assert seen.response.status == 200


@pytest.mark.parametrize(
    ("role", "known", "sent_at_all"), [(Role.SETUP, True, True), (Role.PROBE, True, False), (Role.SETUP, False, False)]
)
def test_a_read_only_audit_may_log_in_but_try_no_wrong_password(role: Role, known: bool, sent_at_all: bool) -> None:
    target = Target()
    opened = session(target, bounds=Bounds(writes=False))
    opened.always_allowed = lambda request: known and request.operation is LOGIN

    async def course(opened: Session) -> None:
        try:
            await opened.send(post("/login", operation=LOGIN, role=role))
        except WritesForbidden:
            return

    run(within(opened, course))
    assert bool(target.asked) is sent_at_all


def test_no_write_slips_through_in_company() -> None:
    target = Target()

    async def course(opened: Session) -> None:
        with pytest.raises(WritesForbidden):
            await opened.together([get(), post()])

    run(within(session(target, bounds=Bounds(writes=False)), course))
    assert not target.asked


# --- shared controls ----------------------------------------------------------------------------------------


def test_a_fresh_control_is_sent_once_however_many_ask() -> None:
    target = Target()

    async def course(opened: Session) -> set[str]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(opened.send(get(shared=True, identity=ALICE))) for _ in range(5)]
        return {task.result().id for task in tasks} | {(await opened.send(get(shared=True, identity=ALICE))).id}

    assert run(within(session(target), course)) == {"x1"}
    assert len(target.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        get(shared=True, identity=BOB),
        get("/others", shared=True, identity=ALICE),
        get(shared=True, identity=ALICE, query=(("a", "1"),)),
        get(shared=True, identity=ALICE, headers=(("accept", "text/csv"),)),
        get(shared=True, identity=ALICE, credential=Credential()),
        get(shared=True, identity=ALICE, absolute=True),
        get(shared=False, identity=ALICE),
        Request(method="HEAD", path="/things", shared=True, identity=ALICE),
    ],
)
def test_what_differs_in_anything_is_sent(other: Request) -> None:
    target = Target()
    sent(session(target, base="http://api.test/v1"), [get(shared=True, identity=ALICE), other])
    assert len(target.asked) == 2


def test_a_control_that_failed_is_asked_again() -> None:
    target = Target([httpx.ReadError("reset"), answer(200)])

    async def course(opened: Session) -> int:
        with pytest.raises(NoAnswer):
            await opened.send(get(shared=True))
        return (await opened.send(get(shared=True))).response.status

    assert run(within(session(target), course)) == 200


def test_an_interrupted_asker_does_not_take_the_others_answer_away() -> None:
    release = asyncio.Event()

    async def slow(_request: httpx.Request) -> httpx.Response:
        await release.wait()
        return answer(200)

    async def course() -> int:
        opened = Session("http://api.test", run_id=RUN, redactor=Redactor(), transport=httpx.MockTransport(slow))
        async with opened:
            first = asyncio.create_task(opened.send(get(shared=True)))
            second = asyncio.create_task(opened.send(get(shared=True)))
            await asyncio.sleep(0)
            first.cancel()
            release.set()
            return (await second).response.status

    assert run(course()) == 200


def test_closing_ends_what_is_still_on_its_way() -> None:
    async def endless(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return answer(200)

    async def course() -> bool:
        opened = Session("http://api.test", run_id=RUN, redactor=Redactor(), transport=httpx.MockTransport(endless))
        async with opened:
            waiting = asyncio.create_task(opened.send(get(shared=True)))
            for _ in range(5):
                await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return True

    assert run(course())


# --- renewal ------------------------------------------------------------------------------------------------


def token_gate(valid: str) -> Target:
    def gate(request: httpx.Request) -> httpx.Response:
        return answer(200 if request.headers.get("authorization") == f"Bearer {valid}" else 401)

    return Target([gate])


def renewable(target: Target, *, works: bool = True) -> tuple[Session, list[str]]:
    opened = session(target, credentials={"alice": bearer("old")})
    renewals: list[str] = []

    async def renew(refused: Exchange, used: Credential) -> bool:
        renewals.append(f"{refused.request.identity.name}: {used.token}")
        if works:
            opened.credentials["alice"] = bearer("new")
        return works

    opened.renew = renew
    return opened, renewals


def test_a_dead_token_is_renewed_and_the_request_sent_again() -> None:
    target = token_gate("new")
    opened, renewals = renewable(target)
    (seen,) = sent(opened, [get(identity=ALICE)])
    assert (seen.response.status, renewals, len(target.asked)) == (200, ["alice: old"], 2)


def test_a_request_is_renewed_once() -> None:
    target = token_gate("never")
    opened, renewals = renewable(target)
    (seen,) = sent(opened, [get(identity=ALICE)])
    assert (seen.response.status, len(renewals), len(target.asked)) == (401, 1, 2)


def test_without_a_new_token_the_refusal_stands() -> None:
    target = token_gate("new")
    opened, _ = renewable(target, works=False)
    (seen,) = sent(opened, [get(identity=ALICE)])
    assert (seen.response.status, len(target.asked)) == (401, 1)


def test_a_token_that_ends_while_a_limit_is_waited_out_is_renewed_too() -> None:
    target = Target([answer(429, retry_after="0"), answer(401), answer(200)])
    opened, renewals = renewable(target)
    (seen,) = sent(opened, [get(identity=ALICE)])
    assert (seen.response.status, len(renewals)) == (200, 1)


@pytest.mark.parametrize("request_", [get(), get(identity=BOB), get(identity=ALICE, credential=bearer("forged"))])
def test_a_refusal_that_was_asked_for_renews_nothing(request_: Request) -> None:
    opened, renewals = renewable(token_gate("new"))
    sent(opened, [request_])
    assert not renewals


# --- over a socket ------------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(lines: list[str]) -> AsyncIterator[str]:
    """A server that notes request lines and answers 204; yields its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines.append(head.split(b"\r\n")[0].decode("latin-1"))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.parametrize(
    "path",
    [
        "/a/./b",
        "/a/../b",
        "//x",
        "/a%2Fb",
        "/a%2fb",
        "/%2e%2e/etc/passwd",
        "/a//b/",
        "/a;b=c",
        "/{x}",
        "/a?b?c",
        "/%00",
        "/",
    ],
)
def test_odd_targets_arrive_as_they_are_written(path: str) -> None:
    lines: list[str] = []

    async def course() -> int:
        async with listening(lines) as address, Session(address, run_id=RUN, redactor=Redactor()) as opened:
            return (await opened.send(get(path))).response.status

    assert run(course()) == 204
    assert lines == [f"GET {path} HTTP/1.1"]


def test_a_target_with_a_line_break_never_becomes_a_second_request() -> None:
    lines: list[str] = []

    async def course() -> None:
        async with listening(lines) as address, Session(address, run_id=RUN, redactor=Redactor()) as opened:
            with pytest.raises(NoAnswer):
                await opened.send(get("/a HTTP/1.1\r\nX: y\r\n\r\nGET /b"))

    run(course())
    assert not lines


def test_many_can_be_in_flight_at_once() -> None:
    """A race needs all its requests on the way: each of twenty waits for the other nineteen."""
    arrived = asyncio.Barrier(20)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await arrived.wait()
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def course() -> list[int]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        bounds = Bounds(concurrency=20, deadline_seconds=5)
        try:
            async with Session(address, run_id=RUN, redactor=Redactor(), bounds=bounds) as opened:
                return [one.response.status for one in await opened.together([get()] * 20)]
        finally:
            server.close()

    assert run(course()) == [204] * 20


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", True),
        ("10.0.0.1", False),
        ("example.com", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_this_machine_is_known_by_its_addresses(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
