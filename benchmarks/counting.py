"""A reverse proxy on loopback that passes bytes on unchanged and notes each request line with its answer's status.

Between a tool and a backend it is a witness that neither of them controls: what the tool claims to have reached does
not matter. Bytes are relayed as they come, so a malformed request arrives malformed; where a conversation cannot be
followed any more (broken framing, an upgraded connection), it is relayed and no longer noted.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
LONGEST_HEAD = 1 << 20


@dataclass(frozen=True, slots=True)
class Noted:
    """One exchange as it went over the wire."""

    method: str
    target: str
    status: int
    answer: bytes
    """The first bytes of the answer's body, as they were sent."""


class Lost(Exception):
    """The framing cannot be followed."""


@dataclass
class Stream:
    """One direction of a connection. Calls `begun` with each head and `body` with what follows it."""

    begun: Callable[[list[str], dict[str, str]], int | None]
    """Gets the words of the first line and the headers; returns how many body bytes follow, None: see the headers,
    -1: everything until the connection closes."""
    body: Callable[[bytes], None] = lambda _: None
    ended: Callable[[], None] = lambda: None
    buffer: bytes = b""
    left: int = 0
    """Bytes of the body, or of the current chunk, still to come; -1 until close."""
    chunked: bool = False
    inside: bool = False
    lost: bool = False

    def feed(self, data: bytes) -> None:
        if self.lost:
            return
        self.buffer += data
        try:
            while self.step():
                pass
        except (Lost, ValueError, UnicodeDecodeError):
            self.lost = True
            self.buffer = b""

    def step(self) -> bool:
        """Consume something from the buffer; False when more bytes are needed."""
        if self.left:
            return self.consume_body()
        if self.inside and self.chunked:
            return self.next_chunk()
        if self.inside:
            self.inside = False
            self.ended()
        return self.next_head()

    def consume_body(self) -> bool:
        if not self.buffer:
            return False
        size = len(self.buffer) if self.left < 0 else min(self.left, len(self.buffer))
        self.body(self.buffer[:size])
        self.buffer = self.buffer[size:]
        if self.left > 0:
            self.left -= size
        return True

    def next_chunk(self) -> bool:
        line, found, rest = self.buffer.partition(b"\r\n")
        if not found:
            return False
        if not line:  # what ends the chunk before
            self.buffer = rest
            return True
        size = int(line.split(b";")[0].strip(), 16)
        if size == 0:
            if rest.startswith(b"\r\n"):
                after = rest[2:]
            elif HEAD_END in rest:
                after = rest.split(HEAD_END, 1)[1]
            else:
                return False
            self.buffer, self.chunked, self.inside = after, False, False
            self.ended()
            return True
        self.buffer, self.left = rest, size
        return True

    def next_head(self) -> bool:
        self.buffer = self.buffer.lstrip(b"\r\n")
        head, found, rest = self.buffer.partition(HEAD_END)
        if not found:
            if len(self.buffer) > LONGEST_HEAD:
                raise Lost
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        size = self.begun(first.split(" "), headers)
        self.buffer, self.inside = rest, True
        self.chunked = size is None and "chunked" in headers.get("transfer-encoding", "").lower()
        self.left = size if size is not None else 0 if self.chunked else int(headers.get("content-length", 0))
        return True


@dataclass
class Conversation:
    """Both directions of one connection: requests wait in line for their answers."""

    note: Callable[[Noted], None]
    waiting: deque[tuple[str, str]] = field(default_factory=deque)
    current: tuple[str, str, int] | None = None
    kept: bytes = b""

    def streams(self) -> tuple[Stream, Stream]:
        return Stream(begun=self.asked), Stream(begun=self.answered, body=self.keep, ended=self.done)

    def asked(self, words: list[str], headers: dict[str, str]) -> int | None:
        if len(words) < 3 or not words[-1].startswith("HTTP/1."):
            raise Lost
        self.waiting.append((words[0], " ".join(words[1:-1])))
        return None

    def answered(self, words: list[str], headers: dict[str, str]) -> int | None:
        self.done()
        if len(words) < 2 or not words[0].startswith("HTTP/1.") or not self.waiting:
            raise Lost
        status = int(words[1])
        if status == 101:
            raise Lost
        if status < 200:
            return 0
        method, target = self.waiting.popleft()
        self.current, self.kept = (method, target, status), b""
        if method == "HEAD" or status in {204, 304}:
            return 0
        has_length = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
        return None if has_length else -1

    def keep(self, data: bytes) -> None:
        if len(self.kept) < 300:
            self.kept += data[:300]

    def done(self) -> None:
        if self.current is not None:
            method, target, status = self.current
            self.current = None
            self.note(Noted(method, target, status, self.kept[:300]))


class Witness:
    """The proxy, in a thread of its own. `with Witness(port_of_backend) as witness: … witness.noted`."""

    def __init__(self, backend_port: int, port: int = 0) -> None:
        self.backend_port = backend_port
        self.port = port
        self.noted: list[Noted] = []
        self._open: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, ...]] = {}
        self._ready = threading.Event()
        self._stop: Callable[[], object] = self._ready.set
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Witness:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._thread.join()

    async def _run(self) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await stop.wait()
        server.close()
        talks = list(self._open)
        for writer in [writer for task in talks for writer in self._open[task]]:
            writer.close()
        if talks:
            await asyncio.wait(talks, timeout=5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.backend_port)
        except OSError:
            writer.close()
            return
        talk = Conversation(note=self.noted.append)
        requests, answers = talk.streams()
        there = asyncio.create_task(relay(reader, up_writer, requests))
        back = asyncio.create_task(relay(up_reader, writer, answers))
        talking = asyncio.create_task(self._talk(there, back, talk, (writer, up_writer)))
        self._open[talking] = (writer, up_writer)
        talking.add_done_callback(self._open.pop)

    async def _talk(
        self,
        there: asyncio.Task[None],
        back: asyncio.Task[None],
        talk: Conversation,
        writers: tuple[asyncio.StreamWriter, ...],
    ) -> None:
        await back  # a client that has said all may still wait for its answer
        talk.done()
        there.cancel()
        await asyncio.gather(there, return_exceptions=True)
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def relay(source: asyncio.StreamReader, sink: asyncio.StreamWriter, stream: Stream) -> None:
    """Pass bytes on until one side closes."""
    try:
        while data := await source.read(1 << 16):
            stream.feed(data)
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except OSError:
        return
