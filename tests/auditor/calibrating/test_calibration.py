"""Calibration: which cells there are, what becomes of them, and that an instrument is data."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response

import checks as bundled
from auditor import cli
from auditor.calibrating import calibration, instruments, matrix, serving
from auditor.calibrating.cells import DECOYS_TOGETHER, LONE, Cell, cells
from auditor.calibrating.instruments import Instrument, Served
from auditor.calibrating.matrix import CellResult
from auditor.calibrating.switches import Switches
from auditor.check import Check
from auditor.errors import AuditorError, UsageError

CHECKS: tuple[Check[Any], ...] = tuple(bundled.load())
BANNER, NOSNIFF, LOAD, LATENCY = "headers.server-disclosure", "headers.nosniff", "perf.load", "perf.latency"
QUOTA = "limits.enforced"
KNOWN = Switches(
    trips={BANNER: frozenset({BANNER}), LOAD: frozenset({LOAD})},
    decoys={f"decoy:{BANNER}:1": BANNER},
    stories={BANNER: "Nobody looked.", LOAD: "One at a time.", f"decoy:{BANNER}:1": "A name without a version."},
)


# --- a small instrument -------------------------------------------------------------------------------------


@contextmanager
def shown(cell: Cell, *, banner: str) -> Iterator[Served]:
    """Serve one open read, whose answers carry a banner where the cell says so."""
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.get("/v1/words")
    def words(response: Response) -> list[str]:
        response.headers["X-Content-Type-Options"] = "nosniff"
        if BANNER in cell.defects:
            response.headers["X-Powered-By"] = banner
        return ["one"]

    yield Served(address="http://api.example.test", transport=httpx.ASGITransport(app=app))


def instrument(*, banner: str = "Tin 1.0", every: bool = False, known: Switches = KNOWN) -> Instrument:
    serve = partial(shown, banner=banner)
    return Instrument(name="tin", switches=known, serve=serve, breaks_every_check=every, intro=("Of tin.",))


def cell(kind: Any = "defect", name: str = BANNER, **changes: Any) -> Cell:
    expected = frozenset({BANNER}) if kind == "defect" else frozenset[str]()
    return Cell(**({"kind": kind, "name": name, "checks": (BANNER,), "expected": expected} | changes))


def test_a_defect_that_raises_what_it_declares_is_right() -> None:
    result = calibration.one_cell(cell(), instrument())
    assert (result.right, result.missing, result.unexpected) == (True, (), ())
    assert (result.reached, result.operations) == (1, 1)


def test_a_defect_that_raises_nothing_is_off_and_says_what_became_of_the_check() -> None:
    result = calibration.one_cell(cell(), instrument(banner=""))
    assert (result.right, result.missing) == (False, (BANNER,))
    assert any(one.startswith(f"missed {BANNER}: pass") for one in result.details)


def test_a_clean_build_that_raises_something_is_off() -> None:
    result = calibration.one_cell(cell(expected=frozenset()), instrument())
    assert (result.right, result.unexpected) == (False, (BANNER,))


def test_a_build_that_does_not_start_is_off_and_says_why() -> None:
    result = calibration.one_cell(cell(), Instrument(name="dead", switches=KNOWN, serve=dead, intro=()))
    assert (result.right, result.errors) == (False, ("it did not start",))


@contextmanager
def dead(_: Cell) -> Iterator[Served]:
    raise AuditorError("it did not start", "look at its log")
    yield


def test_an_instrument_travels_to_child_processes() -> None:
    ours = pickle.loads(pickle.dumps(instruments.in_fastapi()))
    assert ours.breaks_every_check
    assert pickle.loads(pickle.dumps(instrument())).serve.keywords == {"banner": "Tin 1.0"}


# --- which cells there are ----------------------------------------------------------------------------------


def test_each_switch_of_a_wanted_check_is_a_cell_and_the_clean_build_is_held_against_all() -> None:
    found = list(cells(CHECKS, (BANNER,), KNOWN, full=False))
    assert [(one.kind, one.name) for one in found] == [
        ("clean", "clean"),
        ("decoy", f"decoy:{BANNER}:1"),
        ("defect", BANNER),
    ]
    clean, _, broken = found
    assert set(clean.checks) == {one.id for one in CHECKS if one.mode != "load"}
    assert broken.expected == {BANNER}


def test_a_cell_holds_the_families_concerned_and_what_costs_nothing() -> None:
    _, broken = cells(
        CHECKS, (BANNER,), Switches(trips={BANNER: frozenset({BANNER})}, decoys={}, stories={}), full=False
    )
    assert {BANNER, NOSNIFF} <= set(broken.checks)
    assert not {"authz.bola-read", LATENCY, LOAD} & set(broken.checks)


def test_one_area_that_no_switch_is_about_comes_along_in_turn() -> None:
    known = replace(KNOWN, areas=(("/a*",), ("/b*", "/c*"), ("/d*",)))
    clean, decoy, defect = cells(CHECKS, (BANNER,), known, full=False, turn=1)
    assert clean.left_out == ()
    assert decoy.left_out == ("/a*", "/b*", "/c*")
    assert defect.left_out == ("/b*", "/c*", "/d*")
    assert {one.left_out for one in cells(CHECKS, (BANNER,), known, full=True)} == {()}


def test_full_cells_hold_every_check_but_those_that_are_held_alone() -> None:
    _, decoy, broken = cells(CHECKS, (BANNER,), KNOWN, full=True)
    beside = {one.id for one in CHECKS if one.family not in LONE or (not one.recipes and one.mode != "load")}
    assert set(decoy.checks) == set(broken.checks) == beside
    assert LONE & {one.family for one in CHECKS if one.id not in beside}
    assert not decoy.under_load


def test_what_is_held_alone_stays_so_in_full_cells() -> None:
    known = replace(KNOWN, trips={QUOTA: frozenset({QUOTA})}, decoys={}, areas=(("/a*",), ("/b*",)))
    _, broken = cells(CHECKS, (QUOTA,), known, full=True)
    assert set(broken.checks) == {QUOTA, *(one.id for one in CHECKS if not one.recipes and one.mode != "load")}
    assert broken.left_out


def test_full_cells_have_several_decoys_on_each_once_and_never_two_of_one_check() -> None:
    known = serving.switches()
    steady = {name: check for name, check in known.decoys.items() if check.partition(".")[0] not in LONE}
    found = [one for one in cells(CHECKS, set(known.decoys.values()), known, full=True) if one.kind == "decoy"]
    assert sorted(name for one in found for name in one.decoys) == sorted(known.decoys)
    assert all(len({known.decoys[name] for name in one.decoys}) == len(one.decoys) for one in found)
    alone = [one for one in found if not set(one.decoys) & set(steady)]
    assert {len(one.decoys) for one in alone} == {1}
    assert len(found) - len(alone) == ceil(len(steady) / DECOYS_TOGETHER)


def test_only_what_judges_limits_waits_for_them() -> None:
    assert instruments.throttled(cell(checks=(BANNER, "limits.enforced")))
    assert not instruments.throttled(cell())


def test_load_is_put_on_cells_that_are_about_it_and_on_a_clean_one() -> None:
    found = list(cells(CHECKS, (LOAD,), KNOWN, full=False))
    assert [(one.name, one.under_load) for one in found] == [
        ("clean", False),
        ("clean, under load", True),
        (LOAD, True),
    ]


# --- what is refused ----------------------------------------------------------------------------------------


def test_a_check_without_a_defect_does_not_ship_from_the_instrument_that_breaks_every_check() -> None:
    calibration.complete(CHECKS, instrument())
    with pytest.raises(UsageError, match=r"no defect breaks .*authz\.bola-read"):
        calibration.complete(CHECKS, instrument(every=True))


def test_a_defect_of_no_check_is_refused() -> None:
    odd = Switches(trips={"auth.telepathy": frozenset({BANNER})}, decoys={}, stories={})
    with pytest.raises(UsageError, match=r"the tin API names checks that do not exist: auth.telepathy"):
        calibration.complete(CHECKS, instrument(known=odd))


def test_only_what_an_instrument_breaks_is_calibrated_with_it() -> None:
    assert calibration.breakable((BANNER, NOSNIFF), KNOWN) == (BANNER,)
    with pytest.raises(UsageError, match=f"nothing in this API breaks {NOSNIFF}"):
        calibration.breakable((NOSNIFF,), KNOWN)


def test_the_packages_of_express_are_for_express(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="--express-modules"),
        instruments.opened(instruments.Name.FASTAPI, express_modules=tmp_path),
    ):
        pass


def test_the_command_offers_every_instrument() -> None:
    assert [one.value for one in cli.CalibrationTarget] == [one.value for one in instruments.Name]


# --- what it came to ----------------------------------------------------------------------------------------


def result(
    kind: str,
    name: str,
    *,
    missing: tuple[str, ...] = (),
    unexpected: tuple[str, ...] = (),
    defects: tuple[str, ...] = (),
) -> CellResult:
    return CellResult(
        kind=kind,
        name=name,
        missing=missing,
        unexpected=unexpected,
        errors=(),
        reached=1,
        operations=1,
        judged=(BANNER, NOSNIFF),
        requests=9,
        seconds=1.0,
        defects=(name,) if kind == "defect" else defects,
    )


def test_rates_count_found_defects_and_alarms_in_sound_cells() -> None:
    every = [result("clean", "clean", unexpected=(NOSNIFF,)), result("defect", BANNER, missing=(BANNER,))]
    found = matrix.rates(every, KNOWN.trips)
    assert (found[BANNER].found, found[BANNER].defects, found[BANNER].alarms, found[BANNER].sound) == (0, 1, 0, 1)
    assert (found[NOSNIFF].alarms, found[NOSNIFF].sound) == (1, 2)


def test_the_page_is_the_same_whatever_there_was_time_to_judge() -> None:
    sound, broken = result("clean", "clean"), result("defect", BANNER)
    pages = {
        matrix.page_of(
            [replace(sound, held=(BANNER, NOSNIFF), judged=judged), broken], (BANNER, NOSNIFF), KNOWN, intro=()
        )
        for judged in ((), (BANNER,), (BANNER, NOSNIFF))
    }
    assert len(pages) == 1
    assert f"| {BANNER} | 1 of 1 | 0 of 1 |" in pages.pop()


def test_a_set_counts_for_each_check_that_one_of_its_defects_trips() -> None:
    every = [result("set", "both", missing=(BANNER,), defects=(BANNER, LOAD))]
    found = matrix.rates(every, KNOWN.trips)
    assert (found[BANNER].found, found[BANNER].defects, found[BANNER].sound) == (0, 1, 0)
    assert (found[NOSNIFF].defects, found[NOSNIFF].alarms, found[NOSNIFF].sound) == (0, 0, 1)
    assert f"| both | {BANNER}, {LOAD} |" in matrix.page_of(every, (BANNER,), KNOWN, intro=())


def test_the_page_tells_rates_defects_and_decoys() -> None:
    page = matrix.page_of([result("defect", BANNER)], (BANNER,), KNOWN, intro=("Of tin.",))
    assert page.startswith("# Calibration\n\nOf tin.\n")
    assert f"| {BANNER} | 1 of 1 | 0 of 0 |" in page
    assert f"| {BANNER} | Nobody looked. | {BANNER} |" in page
    assert f"| decoy:{BANNER}:1 | A name without a version. |" in page
    assert "## Decoys" not in matrix.page_of([], (), Switches(trips={}, decoys={}, stories={}), intro=())
