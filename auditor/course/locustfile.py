"""The load child: a Locust file with its plan inside, which needs nothing but `locust` where it runs.

`auditor.course.load` copies it, puts the plan in place of the marker and runs it. A copy also serves other machines
(`locust -f - --worker --master-host HOST` fetches it from the master). Once a second it writes what it counted to
stdout, one JSON object a line; the log goes to stderr. Not to be imported: Locust patches sockets, threads and time.
"""

from __future__ import annotations

import base64
import bisect
import functools
import itertools
import json
import math
import os
import random
import signal
import sys
import time
from typing import Any

import gevent
import locust.runners
from gevent import ssl
from locust import FastHttpUser, LoadTestShape, events, task
from locust.contrib.fasthttp import LocustBadStatusCode, insecure_ssl_context_factory
from locust.exception import StopUser
from locust.runners import LocalRunner, WorkerRunner

PLAN: dict[str, Any] = json.loads("__PLAN__")
REPORTING = "AUDITOR_PARENT" in os.environ
"""Set where the counts are wanted (a single process, or the master), not on workers."""
PARENT = int(os.environ.get("AUDITOR_PARENT", os.getppid()))
ENDS = list(itertools.accumulate(seconds for _, seconds in PLAN["stages"]))
"""Seconds from the start at which each stage ends."""
ENOUGH = 20
"""Answers in a stage before its share of errors means anything."""
PARENT_SECONDS = 0.2
"""How often this process looks whether the auditor still lives."""
LAST_WORDS_SECONDS = 2.0
"""How long requests in flight are waited for after SIGTERM."""
MEMORY_BYTES = 4 << 30
"""A target may answer without end; Locust reads whole bodies."""

DATA: dict[tuple[int, int, str], dict[str, Any]] = {}
"""Counts since the last report, by second of the run, stage (both counted from 0) and operation."""
LAG: dict[int, int] = {}
"""How late this process itself was, in buckets of microseconds; none of it is the target's doing."""
SEEN: dict[int, list[int]] = {}
"""By stage: requests that were not refused, and failures among them."""
STOP: list[str] = []
CLOCK: dict[str, float] = {}

locust.runners.WORKER_REPORT_INTERVAL = 1.0
locust.runners.CPU_MONITOR_INTERVAL = 1.0  # Locust's 5 s would never look at a stage of 2 s


# --- counting -----------------------------------------------------------------------------------------------


def bucket(microseconds: float) -> int:
    """Round to three significant digits: at most 0.5 % off from 100 µs up, 0.5 µs below."""
    step = 10 ** max(0, int(math.log10(microseconds)) - 2) if microseconds >= 1 else 1
    return int(microseconds / step + 0.5) * step


def add(mine: dict[Any, int], theirs: dict[Any, int]) -> None:
    for key, count in theirs.items():
        mine[key] = mine.get(key, 0) + count


def merge(second: int, stage: int, operation: str, counts: dict[str, Any]) -> None:
    empty: dict[str, Any] = {"n": {}, "latency": {}, "answers": {}}
    mine = DATA.setdefault((second, stage, operation), empty)
    for part, theirs in counts.items():
        add(mine[part], theirs)
    watch(stage, counts["n"])


def watch(stage: int, counts: dict[str, int]) -> None:
    """Stop at more than the plan's share of errors in a stage; refusals are no errors."""
    seen = SEEN.setdefault(stage, [0, 0])
    seen[0] += counts["requests"] - counts["refused"]
    seen[1] += counts["failures"]
    if seen[0] >= ENOUGH and seen[1] > PLAN["stop_at_failed"] * seen[0]:
        STOP.append("errors")


def drained() -> dict[str, Any]:
    """Hand over what was counted since the last time."""
    rows = [[*place, counts] for place, counts in DATA.items()]
    lag = dict(LAG)
    DATA.clear()
    LAG.clear()
    return {"rows": rows, "lag": lag}


def on_request(
    *, name: str, response_time: float, exception: Any, context: dict[str, Any], response: Any = None, **_: Any
) -> None:
    status = getattr(response, "status_code", 0) or 0
    broken = exception is not None and not isinstance(exception, LocustBadStatusCode)
    expected = not broken and (status in context["expect"] if context["expect"] else 200 <= status < 400)
    refused = status == 429 and not broken and not expected
    latency = {} if refused else {bucket(response_time * 1e3 + context["late"] * 1e6): 1}
    counts = {"requests": 1, "failures": int(not expected and not refused), "refused": int(refused)}
    answer = type(exception).__name__ if broken else str(status)
    merge(int(elapsed()), context["stage"], name, {"n": counts, "latency": latency, "answers": {answer: 1}})


# --- time ---------------------------------------------------------------------------------------------------


def elapsed() -> float:
    """Seconds since this process began to send; each worker has its own clock, so none need agree."""
    return time.perf_counter() - CLOCK["start"] if "start" in CLOCK else 0.0


def stage_at(seconds: float) -> int:
    return bisect.bisect_right(ENDS, seconds)


def over() -> bool:
    """Through all stages, asked to stop, or too many errors."""
    return bool(STOP) or stage_at(elapsed()) >= len(ENDS)


def end_with_parent() -> None:
    """Stop at once when the auditor died, however it died: nobody else ends the load, and nobody hears of it."""
    while os.getppid() == PARENT:
        gevent.sleep(PARENT_SECONDS)
    os._exit(1)


class Stages(LoadTestShape):
    stage = -1

    def tick(self) -> tuple[int, float] | None:
        """Block until the next stage begins: Locust asks once a second, which is too coarse for a boundary."""
        while not over() and stage_at(elapsed()) == self.stage:
            gevent.sleep(0.05)
        if over():
            CLOCK.setdefault("end", elapsed())
            return None
        self.stage = stage_at(elapsed())
        return PLAN["stages"][self.stage][0], 1000


# --- sending ------------------------------------------------------------------------------------------------


class Caller(FastHttpUser):
    """One connection. With a rate it has its own schedule: no turn is skipped, a late one starts at once.

    A request's time then counts from when it was due, so a stalled target is charged for those it kept waiting
    (coordinated omission). Locust's own `constant_throughput` skips missed turns.
    """

    host = PLAN["host"]
    insecure = not PLAN["verify_tls"]
    network_timeout = connection_timeout = PLAN["timeout"]
    # One context for all: making one costs 30 ms of CPU, in the midst of the measurement.
    ssl_context_factory = staticmethod(
        functools.lru_cache(insecure_ssl_context_factory if insecure else ssl.create_default_context)
    )
    rate: float | None = PLAN["rate_per_user"]
    calls = tuple(
        {**call, "data": base64.b64decode(call["body"]) or None, "headers": dict(call["headers"])}
        for call in PLAN["requests"]
    )
    shares = tuple(itertools.accumulate(call["weight"] for call in PLAN["requests"]))

    def on_start(self) -> None:
        self.due, self.late = time.perf_counter(), 0.0
        if self.rate:  # a random phase, so that users do not march in step
            self.due += random.random() / self.rate
            gevent.sleep(self.due - time.perf_counter())

    def wait_time(self) -> float:
        """Seconds until the next turn. Asked when the last answer is in: what is overdue is the target's doing."""
        if not self.rate:
            return float(PLAN["think"])
        self.due += 1 / self.rate
        wait = self.due - time.perf_counter()
        self.late = max(0.0, -wait)
        return max(0.0, wait)

    @task
    def call(self) -> None:
        if STOP:
            raise StopUser
        if self.rate:  # gevent wakes about 1 ms late: ours, not to be counted as latency
            late = time.perf_counter() - self.due - self.late
            add(LAG, {bucket(max(0.0, late) * 1e6): 1})
        self.send(random.choices(self.calls, cum_weights=self.shares)[0])

    def send(self, call: dict[str, Any]) -> None:
        """Send and count, whatever a hostile answer does to Locust: trickle, broken compression, no end."""
        context = {"late": self.late, "stage": stage_at(elapsed()), "expect": call["expect"]}
        began = time.perf_counter()
        try:
            with gevent.Timeout(PLAN["timeout"]):
                self.client.request(
                    call["method"],
                    call["url"],
                    name=call["name"],
                    data=call["data"],
                    headers=call["headers"],
                    allow_redirects=False,
                    context=context,
                )
        except (Exception, gevent.Timeout) as error:
            took = (time.perf_counter() - began) * 1e3
            on_request(name=call["name"], response_time=took, exception=error, context=context)


def feel_lag() -> None:
    """Without a schedule to be late for, measure how late a sleep of 10 ms ends."""
    while True:
        due = time.perf_counter() + 0.01
        gevent.sleep(0.01)
        add(LAG, {bucket(max(0.0, time.perf_counter() - due) * 1e6): 1})


# --- reporting ----------------------------------------------------------------------------------------------


def on_report_to_master(client_id: str, data: dict[str, Any], **_: Any) -> None:
    data["auditor"] = drained()


def on_worker_report(client_id: str, data: dict[str, Any], **_: Any) -> None:
    theirs = data.get("auditor", {"rows": (), "lag": {}})
    for second, stage, operation, counts in theirs["rows"]:
        merge(second, stage, operation, counts)
    add(LAG, theirs["lag"])


def tell(**more: Any) -> None:
    sys.stdout.write(json.dumps(drained() | more) + "\n")
    sys.stdout.flush()


def tell_every_second() -> None:
    while True:
        second = int(elapsed())
        gevent.sleep(second + 1.02 - elapsed())
        tell(second=second)


def tell_the_end(environment: Any) -> None:
    runner = environment.runner
    warned = runner.cpu_warning_emitted or getattr(runner, "worker_cpu_warning_emitted", False)
    tell(ended=CLOCK.get("end", elapsed()), cpu_warning=bool(warned), why=STOP[0] if STOP else "")


def on_test_start(environment: Any, **_: Any) -> None:
    CLOCK["start"] = time.perf_counter()
    if not PLAN["rate_per_user"]:
        gevent.spawn(feel_lag)
    if REPORTING and not isinstance(environment.runner, WorkerRunner):
        gevent.spawn(tell_every_second)


def on_init(environment: Any, runner: Any, **_: Any) -> None:
    environment.stop_timeout = PLAN["timeout"] + 1  # requests in flight end and are counted
    if REPORTING and not isinstance(runner, WorkerRunner):
        environment.events.quit.add_listener(lambda **_: tell_the_end(environment))
        # Locust handles SIGTERM only once a shape has ended; before that everything would be lost.
        gevent.signal_handler(signal.SIGTERM, asked_to_stop, environment)
    if REPORTING and isinstance(runner, LocalRunner):
        bound_memory()
        os.unlink(__file__)  # it holds credentials and was read; a master still has to serve it to workers


def asked_to_stop(environment: Any) -> None:
    STOP.append("asked")
    environment.stop_timeout = LAST_WORDS_SECONDS


def bound_memory() -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


LISTENERS = {
    "init": on_init,
    "request": on_request,
    "report_to_master": on_report_to_master,
    "test_start": on_test_start,
    "worker_report": on_worker_report,
}
for event, listener in LISTENERS.items():
    getattr(events, event).add_listener(listener)
if REPORTING:
    gevent.spawn(end_with_parent)
