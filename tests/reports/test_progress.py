from __future__ import annotations

import io
from collections.abc import Mapping

import pytest
from rich.console import Console

from auditor.progress import HEARTBEAT_SECONDS, LiveProgress, PlainProgress, Progress, SilentProgress, choose


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def consoled(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=100, height=30, force_terminal=terminal, _environ={}), out


@pytest.mark.parametrize(
    ("terminal", "quiet", "environ", "kind"),
    [
        (True, False, {}, LiveProgress),
        (True, False, {"CI": "true"}, PlainProgress),
        (True, False, {"TERM": "dumb"}, PlainProgress),
        (True, False, {"CI": "false"}, LiveProgress),
        (False, False, {}, PlainProgress),
        (True, True, {}, SilentProgress),
    ],
)
def test_the_surroundings_choose(terminal: bool, quiet: bool, environ: Mapping[str, str], kind: type) -> None:
    assert type(choose(consoled(terminal=terminal)[0], quiet=quiet, environ=environ)) is kind


def run_through(progress: Progress) -> None:
    with progress:
        progress.phase("auth", 2)
        progress.phase("authz", 5)
        progress.advance("auth")
        progress.failed("auth")
        progress.traffic(1603, 38.2, {"200": 1500, "500": 6, "429": 3})
        progress.advance("auth")
        progress.advance("authz", 3)
        progress.note("rate \x1b[31mhalved[/bold]")
        with progress.paused():
            progress.advance("authz")


def test_plain_lines_tell_each_family_once() -> None:
    console, out = consoled()
    run_through(PlainProgress(console, Clock()))
    assert out.getvalue().splitlines() == [
        "auth: 2/2, 1 failed, 0:00",
        "rate  [31mhalved[/bold]",
        "authz: 4/5, 0:00",
    ]


def test_a_long_silence_is_broken() -> None:
    console, out = consoled()
    clock = Clock()
    with PlainProgress(console, clock) as progress:
        progress.phase("authz", 300)
        progress.advance("authz")
        clock.now = HEARTBEAT_SECONDS + 1
        progress.traffic(603, 38.0, {"503": 6})
        progress.traffic(604, 38.0, {"503": 6})
    assert out.getvalue().splitlines()[0] == "still running · authz 1/300 · 603 requests · 38/s · 5xx 6 · 429 0"
    assert len(out.getvalue().splitlines()) == 2


def test_bars_are_drawn_and_taken_away() -> None:
    console, out = consoled(terminal=True)
    progress = LiveProgress(console, Clock())
    run_through(progress)
    assert "1,603 requests" in out.getvalue()
    assert "4/5" in out.getvalue()
    assert progress.live is None


def test_nothing_is_drawn_during_a_pause() -> None:
    console, out = consoled(terminal=True)
    with LiveProgress(console, Clock()) as progress:
        progress.phase("auth", 3)
        with progress.paused():
            before = out.getvalue()
            progress.advance("auth")
            assert progress.live is None
            assert out.getvalue() == before
        assert progress.live is not None


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    run_through(SilentProgress())
    assert capsys.readouterr() == ("", "")
