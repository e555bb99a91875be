"""Reads the body of an answer up to a cap, counted after decompression, whatever the target sends.

httpx decompresses a whole network chunk at once: 64 KiB of gzip may become 64 MiB, the same of Brotli gigabytes. So
only what zlib can unpack piece by piece is asked for (`ACCEPTED`) and unpacked here; other encodings stay as sent.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Iterable, Iterator, Sequence
from typing import Protocol

ACCEPTED = "gzip, deflate"
PIECE = 64 * 1024
MOST_LAYERS = 4
"""More content codings than anybody means: the answer is left as it was sent."""


class BrokenEncoding(Exception):
    """The body is not in the encoding that its answer names."""


class Unpack(Protocol):
    """Undoes one content coding, piece by piece."""

    def __call__(self, data: bytes) -> Iterator[bytes]: ...


async def read(sent: AsyncIterable[bytes], encodings: Sequence[str], *, cap: int) -> tuple[bytes, bool]:
    """Return at most `cap` bytes of the decoded body, and whether there was more. Raises `BrokenEncoding`."""
    layers = unpackers(encodings)
    parts: list[bytes] = []
    size = received = 0
    async for chunk in sent:
        received += len(chunk)
        for part in unpacked((chunk,), layers):
            parts.append(part)
            size += len(part)
            if size >= cap:
                return b"".join(parts)[:cap], True
        if received >= cap:
            return b"".join(parts), True
    return b"".join(parts), False


def unpackers(encodings: Sequence[str]) -> tuple[Unpack, ...]:
    """Return what undoes the values of `Content-Encoding`, last applied first; none where one is unknown to us."""
    named = [one.strip().lower() for one in encodings if one.strip().lower() not in {"", "identity"}]
    if len(named) > MOST_LAYERS or not all(one in {"gzip", "x-gzip", "deflate"} for one in named):
        return ()
    return tuple(inflate() if one == "deflate" else gunzip() for one in reversed(named))


def unpacked(pieces: Iterable[bytes], layers: Sequence[Unpack]) -> Iterator[bytes]:
    """Pass pieces through every layer, one small piece at a time."""
    if not layers:
        yield from pieces
        return
    for piece in pieces:
        yield from unpacked(layers[0](piece), layers[1:])


def gunzip() -> Unpack:
    packed = zlib.decompressobj(zlib.MAX_WBITS | 16)
    return lambda data: _pieces(packed, data)


def inflate() -> Unpack:
    """Undo `deflate`, which some servers send without the zlib header that RFC 9110 §8.4.1.2 asks for."""
    packed = zlib.decompressobj()
    begun = False

    def unpack(data: bytes) -> Iterator[bytes]:
        nonlocal packed, begun
        if data and not begun:
            begun = True
            packed = zlib.decompressobj() if data[0] & 0x0F == 8 else zlib.decompressobj(-zlib.MAX_WBITS)
        return _pieces(packed, data)

    return unpack


def _pieces(packed: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    piece = b""
    while (data or len(piece) == PIECE) and not packed.eof:
        try:
            piece = packed.decompress(data, PIECE)
        except zlib.error as broken:
            raise BrokenEncoding(str(broken)) from broken
        data = packed.unconsumed_tail
        if piece:
            yield piece
