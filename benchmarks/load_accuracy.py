"""How near the measured percentiles are to the truth on a target that stalls 1 s in every 5 s.

Prints measured / true for the closed model and for the schedule, 15 s each:

    python -m benchmarks.load_accuracy [SECONDS]

The truth is arithmetic. Of arrivals spread evenly, a fifth fall into the stall and wait for its end, evenly between
0 and 1 s; so p90 is 500 ms, p95 750 ms and p99 950 ms. The machine's own time (under 2 ms) is neglected, which is
why p50 has no ratio.
"""

from __future__ import annotations

import asyncio
import sys
import time

from auditor.course.load import LoadPlan, LoadRequest, run
from auditor.model import Load, LoadStage

PERIOD_SECONDS, STALL_SECONDS = 5.0, 1.0
USERS, RATE_PER_USER = 10, 20.0
REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok"


def true_ms(percent: int) -> float:
    """Return the percentile of the waits, in milliseconds."""
    free = 1 - STALL_SECONDS / PERIOD_SECONDS
    return max(0.0, (percent / 100 - free) * PERIOD_SECONDS * 1000)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            phase = time.monotonic() % PERIOD_SECONDS
            if phase < STALL_SECONDS:
                await asyncio.sleep(STALL_SECONDS - phase)
            writer.write(REPLY)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def measured(host: str, seconds: float, rate_per_user: float | None) -> Load:
    return await run(
        LoadPlan(
            host=host,
            requests=(LoadRequest(name="GET /", method="GET", url="/"),),
            stages=(LoadStage(users=USERS, seconds=seconds),),
            rate_per_user=rate_per_user,
        )
    )


def show(model: str, load: Load) -> None:
    stage = load.stages[0]
    for percent, got in ((50, stage.p50_ms), (95, stage.p95_ms), (99, stage.p99_ms)):
        true = true_ms(percent)
        value = "n/a" if got is None else f"{got:.1f}"
        ratio = "–" if got is None or not true else f"{got / true:.3f}"
        print(f"{model:9} {stage.requests:7} {percent:4} {true:9.0f} {value:>12} {ratio:>8}")


async def main(seconds: float) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        host = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        print(f"{'model':9} {'sent':>7} {'p':>4} {'true ms':>9} {'measured ms':>12} {'ratio':>8}")
        for model, rate in (("closed", None), ("scheduled", RATE_PER_USER)):
            load = await measured(host, seconds, rate)
            show(model, load)
            if load.client_limited:
                print(f"{model:9} limited by the generator: not the target's numbers")


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 15.0))
