"""A hostile target, over a real socket: the auditor neither hangs, crashes nor swells."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import compare
from auditor.model import NOT_JSON, Exchange
from auditor.secrecy.redaction import Redactor
from auditor.sending import bodies
from auditor.sending.session import BODY_CAP, Bounds, NoAnswer, Session
from tests.auditor.building import RUN, get, run

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"Content-Type: application/json\r\n"


@asynccontextmanager
async def hostile(serve: Serve) -> AsyncIterator[str]:
    """A server that answers every connection as it likes; yields its address."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()


def met(serve: Serve, *, deadline_seconds: float = 5.0) -> Exchange:
    """Ask once; return what was recorded, an answer or the lack of one."""
    seen: list[Exchange] = []

    async def course() -> None:
        bounds = Bounds(deadline_seconds=deadline_seconds)
        async with (
            hostile(serve) as address,
            Session(address, run_id=RUN, redactor=Redactor(), bounds=bounds) as opened,
        ):
            opened.observers.append(seen.append)
            try:
                await opened.send(get("/"))
            except NoAnswer:
                return

    run(course())
    (exchange,) = seen
    assert bool(exchange.response.problem) is (exchange.response.status == 0)
    return exchange


def says(*parts: bytes) -> Serve:
    async def serve(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return serve


def with_body(body: bytes, *headers: bytes) -> Serve:
    return says(JSON, *(one + b"\r\n" for one in headers), b"Content-Length: %d\r\n\r\n" % len(body), body)


# --- size and time ------------------------------------------------------------------------------------------


def test_an_endless_body_is_cut() -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    answer = met(serve).response
    assert (answer.status, len(answer.body), answer.truncated) == (200, BODY_CAP, True)


def test_one_byte_at_a_time_meets_the_deadline() -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    assert met(serve, deadline_seconds=0.2).response.problem == "timeout"


def test_headers_that_never_end_meet_the_deadline_or_the_cap() -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        while True:
            writer.write(b"X-More: more\r\n")
            await writer.drain()

    assert met(serve, deadline_seconds=2.0).response.problem in {"timeout", "RemoteProtocolError"}


def test_a_silent_target_meets_the_deadline() -> None:
    async def serve(_writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    assert met(serve, deadline_seconds=0.1).response.problem == "timeout"


def test_a_header_of_ten_megabytes_is_refused() -> None:
    assert met(says(OK, b"X-Large: " + b"x" * 10_000_000, b"\r\n\r\n")).response.problem == "RemoteProtocolError"


def bomb(encoding: str, size: int) -> bytes:
    """A stream of zeros, packed a thousand to one; three layers deep for `gzip, gzip, gzip`."""
    packed = b"\0" * size
    for one in encoding.split(", "):
        packed = gzip.compress(packed) if one == "gzip" else zlib.compress(packed)
    return packed


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip", "deflate, gzip, gzip"])
def test_a_bomb_goes_off_only_as_far_as_the_cap(encoding: str) -> None:
    served = with_body(bomb(encoding, 64 * 1024 * 1024), b"Content-Encoding: " + encoding.encode())
    tracemalloc.start()
    try:
        answer = met(served).response
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (answer.status, len(answer.body), answer.truncated) == (200, BODY_CAP, True)
    assert peak < 6 * BODY_CAP


def test_an_encoding_that_was_not_asked_for_is_not_unpacked() -> None:
    answer = met(with_body(b"\x1f\x8b whatever", b"Content-Encoding: br")).response
    assert answer.body == b"\x1f\x8b whatever"


def test_what_is_not_what_it_says_is_a_problem() -> None:
    assert met(with_body(b"no gzip at all", b"Content-Encoding: gzip")).response.problem == "DecodingError"


# --- the protocol -------------------------------------------------------------------------------------------

BROKEN: dict[str, Serve] = {
    "no HTTP": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "nothing": says(),
    "a status that is none": says(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a header without a colon": says(OK, b"nonsense\r\n\r\n"),
    "a folded NUL": says(OK, b"X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n"),
    "a length that is no number": says(OK, b"Content-Length: many\r\n\r\n"),
    "two lengths": says(OK, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "fewer bytes than promised": says(OK, b"Content-Length: 100\r\n\r\n", b"only this"),
    "a chunk that is none": says(OK, b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\nhello\r\n"),
    "an end within the headers": says(OK, b"Content-Le"),
}


@pytest.mark.parametrize("serve", BROKEN.values(), ids=BROKEN)
def test_invalid_http_is_a_problem_and_no_crash(serve: Serve) -> None:
    assert met(serve).response.problem == "RemoteProtocolError"


def test_more_bytes_than_promised_are_not_read() -> None:
    assert met(says(OK, b"Content-Length: 2\r\n\r\n", b"{}HTTP/1.1 200 OK\r\n\r\n")).response.body == b"{}"


def test_a_reset_in_the_middle_of_a_body_is_a_problem() -> None:
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 1000\r\n\r\nbeginning")
        await writer.drain()
        writer.transport.abort()

    assert met(serve).response.problem in {"ReadError", "RemoteProtocolError"}


def test_terminal_escapes_in_headers_stay_data() -> None:
    answer = met(says(OK, b"X-Title: \x1b[2Jgone\r\nContent-Length: 0\r\n\r\n")).response
    assert answer.problem or answer.header("x-title") == "\x1b[2Jgone"


def test_bytes_beyond_ascii_in_headers_are_read() -> None:
    assert met(says(OK, b"X-Name: Zo\xeb\r\nContent-Length: 0\r\n\r\n")).response.header("x-name") == "Zoë"


@pytest.mark.parametrize(
    "location",
    [
        b"http://169.254.169.254/latest/meta-data/",
        b"file:///etc/passwd",
        b"//evil.example/",
        b"/",
        b"javascript:alert(1)",
        b"http://[",
        b"http://evil\xeb.example:99999/",
    ],
)
def test_redirects_are_recorded_and_never_followed(location: bytes) -> None:
    asked = 0

    async def serve(writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    answer = met(serve).response
    assert (answer.status, answer.header("location")) == (302, location.decode("latin-1"))
    assert asked == 1


# --- bodies that hurt parsers -------------------------------------------------------------------------------


def test_json_nested_a_hundred_thousand_deep_is_no_json_to_us() -> None:
    answer = met(with_body(b"[" * 100_000 + b"]" * 100_000)).response
    assert answer.status == 200
    assert answer.json() is NOT_JSON


def test_objects_nested_a_hundred_thousand_deep_are_none_either() -> None:
    assert met(with_body(b'{"password":' * 100_000 + b"1" + b"}" * 100_000)).response.json() is NOT_JSON


def test_of_duplicate_keys_the_last_counts() -> None:
    assert met(with_body(b'{"a": 1, "a": 2}')).response.json() == {"a": 2}


@pytest.mark.parametrize("digits", [400, 5_000])
def test_a_number_of_many_digits_breaks_nothing(digits: int) -> None:
    answer = met(with_body(b'{"id": ' + b"9" * digits + b', "at": 1e999}')).response
    assert answer.status == 200
    assert compare.same(answer, answer)


def test_a_null_byte_and_an_escape_in_a_body_are_bytes_like_others() -> None:
    body = json.dumps({"a": "\0\x1b[31m<script>"}).encode()
    assert met(with_body(body)).response.json() == {"a": "\0\x1b[31m<script>"}


def test_a_lone_surrogate_is_kept() -> None:
    assert met(with_body(b'{"a": "\\ud800"}')).response.json() == {"a": "\ud800"}


@pytest.mark.parametrize("name", ["X-RateLimit-Remaining", "RateLimit", "Retry-After"])
def test_a_quota_of_four_hundred_digits_is_ignored(name: str) -> None:
    answer = met(says(OK, f"{name}: {'9' * 400}\r\nContent-Length: 0\r\n\r\n".encode())).response
    assert answer.status == 200


# --- unpacking ----------------------------------------------------------------------------------------------


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, tuple[tuple[str, ...], Callable[[bytes], bytes]]] = {
    "none": ((), bytes),
    "identity": (("identity",), bytes),
    "gzip": (("gzip",), gzip.compress),
    "x-gzip": (("X-GZIP",), gzip.compress),
    "deflate": (("deflate",), zlib.compress),
    "raw deflate": (("deflate",), raw_deflate),
    "both": (("deflate", "gzip"), lambda data: gzip.compress(zlib.compress(data))),
}


@pytest.mark.parametrize(("encodings", "pack"), PACKERS.values(), ids=PACKERS)
@given(
    data=st.binary(max_size=3_000) | st.binary(min_size=1, max_size=9).map(lambda one: one * 40_000),
    size=st.integers(1, 700),
)
@settings(max_examples=20)
def test_what_was_packed_is_unpacked(
    encodings: tuple[str, ...], pack: Callable[[bytes], bytes], data: bytes, size: int
) -> None:
    packed = pack(data)
    size = max(size, len(packed) // 50)
    assert run(bodies.read(pieces(packed, size), encodings, cap=10**9)) == (data, False)


@pytest.mark.parametrize("encodings", [("br",), ("gzip", "br"), ("gzip",) * 9])
def test_what_cannot_be_unpacked_safely_stays_packed(encodings: tuple[str, ...]) -> None:
    assert run(bodies.read(pieces(b"packed", 2), encodings, cap=100)) == (b"packed", False)


def test_a_stream_that_unpacks_to_nothing_is_cut_as_well() -> None:
    nothing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    empty_block = nothing.flush(zlib.Z_FULL_FLUSH)
    assert run(bodies.read(pieces(empty_block * 1_000, 100), ("deflate",), cap=2_000)) == (b"", True)


def test_no_answer_touches_the_disk(tmp_path: Path) -> None:
    met(says(b"HTTP/1.1 302 Found\r\nLocation: file://" + bytes(tmp_path) + b"\r\nContent-Length: 0\r\n\r\n"))
    assert not list(tmp_path.iterdir())
