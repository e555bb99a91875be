"""What a waiting person sees while an audit runs: bars on a terminal, plain lines in CI, nothing when asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

HEARTBEAT_SECONDS: Final = 30.0
"""A silent job may be taken for dead; one line as often as this says otherwise."""
_BAR: Final = 28
Clock: TypeAlias = Callable[[], float]


class Progress(Protocol):
    """What the engine tells of itself. Never raises, never slows the audit down, writes to stderr only."""

    def __enter__(self) -> Progress: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def phase(self, name: str, total: int) -> None:
        """Announce a family or phase and how many steps it has; announced again, the total is corrected."""
        ...

    def advance(self, name: str, n: int = 1) -> None: ...

    def failed(self, name: str) -> None:
        """Count a failure of the phase."""
        ...

    def traffic(self, requests: int, rate: float, by_status: Mapping[str, int]) -> None:
        """Say how many requests were sent so far, how many per second, and what was answered."""
        ...

    def note(self, text: str) -> None:
        """Say something that must not be missed: it stays on the screen."""
        ...

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold still: redrawing takes time from this very process, which would show in latencies."""
        ...


def choose(console: Console, *, quiet: bool, environ: Mapping[str, str]) -> Progress:
    """Return bars for a terminal, lines for CI and pipes, silence on request."""
    if quiet:
        return SilentProgress()
    if not console.is_terminal or environ.get("TERM") == "dumb" or environ.get("CI", "") not in {"", "0", "false"}:
        return PlainProgress(console)
    return LiveProgress(console)


@dataclass(slots=True)
class _Phase:
    """How far one family is."""

    total: int
    started: float
    done: int = 0
    failures: int = 0
    told: bool = False


class _Counting:
    """The numbers that every visible progress keeps."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self.console = console
        self.clock = clock
        self.started = clock()
        self.phases: dict[str, _Phase] = {}
        self.line = ""

    def phase(self, name: str, total: int) -> None:
        known = self.phases.setdefault(name, _Phase(total, self.clock()))
        known.total = total

    def advance(self, name: str, n: int = 1) -> None:
        self._at(name).done += n

    def failed(self, name: str) -> None:
        self._at(name).failures += 1

    def traffic(self, requests: int, rate: float, by_status: Mapping[str, int]) -> None:
        errors = sum(number for status, number in by_status.items() if status.startswith("5"))
        limited = by_status.get("429", 0)
        self.line = f"{requests:,} requests · {rate:.0f}/s · 5xx {errors} · 429 {limited}"

    def note(self, text: str) -> None:
        self.say(text)

    def say(self, text: str) -> None:
        """Print foreign text as it is: no markup, no colours, no control characters."""
        clean = "".join(char if char.isprintable() else " " for char in text)
        self.console.print(clean, markup=False, highlight=False, soft_wrap=True)

    def _at(self, name: str) -> _Phase:
        return self.phases.setdefault(name, _Phase(0, self.clock()))


class PlainProgress(_Counting):
    """One line when a family is through, and one every 30 seconds."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        super().__init__(console, clock)
        self.last_said = clock()

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, phase in self.phases.items():
            if phase.done and not phase.told:
                self._tell(name, phase)

    def advance(self, name: str, n: int = 1) -> None:
        super().advance(name, n)
        phase = self._at(name)
        if phase.done >= phase.total and not phase.told:
            self._tell(name, phase)
        self._beat()

    def traffic(self, requests: int, rate: float, by_status: Mapping[str, int]) -> None:
        super().traffic(requests, rate, by_status)
        self._beat()

    @contextmanager
    def paused(self) -> Iterator[None]:
        yield

    def say(self, text: str) -> None:
        super().say(text)
        self.last_said = self.clock()

    def _tell(self, name: str, phase: _Phase) -> None:
        phase.told = True
        failures = f", {phase.failures} failed" if phase.failures else ""
        self.say(
            f"{name}: {phase.done}/{max(phase.total, phase.done)}{failures}, {_clock(self.clock() - phase.started)}"
        )

    def _beat(self) -> None:
        if self.clock() - self.last_said < HEARTBEAT_SECONDS:
            return
        running = [f"{name} {one.done}/{one.total}" for name, one in self.phases.items() if not one.told]
        self.say(" · ".join(["still running", *running[:3], self.line or "no request yet"]))


class LiveProgress(_Counting):
    """A bar per family, redrawn four times a second, gone when the audit is over."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        super().__init__(console, clock)
        self.live: Live | None = None

    def __enter__(self) -> LiveProgress:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bars away and stop the thread that draws them, until the block ends."""
        running = self.live is not None
        self._stop()
        try:
            yield
        finally:
            if running:
                self._start()

    def _start(self) -> None:
        from rich.live import Live

        self.live = Live(console=self.console, get_renderable=self._picture, transient=True, refresh_per_second=4)
        self.live.start()

    def _stop(self) -> None:
        if self.live is not None:
            self.live.stop()
        self.live = None

    def _picture(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        rows = list(self.phases.items())
        room = max(self.console.height - 3, 3)
        shown = [pair for pair in rows if pair[1].done < pair[1].total][:room] or rows[-1:]
        through = len(rows) - len([1 for _, one in rows if one.done < one.total])
        elapsed = _clock(self.clock() - self.started)
        last = f"  {self.line or 'no request yet'} · {through}/{len(rows)} families · {elapsed} · Ctrl-C stops cleanly"
        return Group(*(self._row(name, one) for name, one in shown), Text(last, style="dim", no_wrap=True))

    def _row(self, name: str, phase: _Phase) -> Text:
        from rich.text import Text

        filled = _BAR * min(phase.done, phase.total) // max(phase.total, 1)
        row = Text(f"  {name:12.12} ", no_wrap=True)
        row.append("━" * filled, style="cyan").append("━" * (_BAR - filled), style="bright_black")
        row.append(f" {phase.done}/{phase.total}")
        if phase.failures:
            row.append(f" ✗{phase.failures}", style="red")
        return row.append(f" {_clock(self.clock() - phase.started)}", style="dim")


class SilentProgress:
    """Says nothing."""

    def __enter__(self) -> SilentProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def phase(self, name: str, total: int) -> None:
        return None

    def advance(self, name: str, n: int = 1) -> None:
        return None

    def failed(self, name: str) -> None:
        return None

    def traffic(self, requests: int, rate: float, by_status: Mapping[str, int]) -> None:
        return None

    def note(self, text: str) -> None:
        return None

    @contextmanager
    def paused(self) -> Iterator[None]:
        yield


def _clock(seconds: float) -> str:
    """Name a time span as a stopwatch does: "2:14"."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}"
