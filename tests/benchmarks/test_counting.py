"""The proxy passes bytes on as they are, and notes what they said."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.counting import Conversation, Noted, Witness


def noted(requests: bytes, answers: bytes, size: int = 1 << 16) -> list[tuple[str, str, int]]:
    """What is noted of one connection whose bytes arrive in pieces of `size`."""
    found: list[Noted] = []
    talk = Conversation(note=found.append)
    there, back = talk.streams()
    for stream, data in ((there, requests), (back, answers)):
        for start in range(0, len(data), size):
            stream.feed(data[start : start + size])
    talk.done()
    return [(one.method, one.target, one.status) for one in found]


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_bodies_are_skipped_whatever_frames_them(size: int) -> None:
    requests = (
        b"POST /a HTTP/1.1\r\nContent-Length: 19\r\n\r\nGET /no HTTP/1.1\r\n\r"
        b"PUT /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nGET /\r\n0\r\nTrailer: 1\r\n\r\n"
        b"HEAD /c HTTP/1.1\r\n\r\nGET /d HTTP/1.1\r\n\r\n"
    )
    answers = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nHTTP"
        b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    )
    assert noted(requests, answers, size) == [
        ("POST", "/a", 201),
        ("PUT", "/b", 400),
        ("HEAD", "/c", 200),
        ("GET", "/d", 204),
    ]


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    assert noted(b"GET /a HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nHTTP/1.0 500 no\r\n\r\n") == [("GET", "/a", 200)]


def test_what_cannot_be_followed_is_not_noted() -> None:
    assert noted(b"nonsense\r\n\r\nGET /a HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == []


@contextmanager
def server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answers the first bytes of each connection with `answer` and closes."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                received.append(connection.recv(65536))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], received
        thread.join()


@pytest.mark.parametrize("request_bytes", [b"GET /x HTTP/1.1\r\nHost:  odd\r\n\r\n", b"\x00\xff nonsense\r\n\r\n"])
def test_bytes_pass_unchanged(request_bytes: bytes) -> None:
    answer = b"HTTP/1.1 418 Teapot\r\nX-Odd:   y\r\nContent-Length: 2\r\n\r\nok"
    with (
        server(answer) as (port, received),
        Witness(port) as witness,
        socket.create_connection(("127.0.0.1", witness.port), timeout=10) as client,
    ):
        client.sendall(request_bytes)
        got = b""
        while data := client.recv(65536):
            got += data
    assert (received, got) == ([request_bytes], answer)
    assert [(one.status, one.answer) for one in witness.noted] == ([(418, b"ok")] if b"GET" in request_bytes else [])
