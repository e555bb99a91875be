"""Sets of switches: drawn with a seed, never with a decoy that cannot stand beside a defect."""

from __future__ import annotations

from dataclasses import replace

import checks as bundled
from auditor.calibrating import switch_sets
from auditor.calibrating.cells import SETS, SETS_OF_ALL, cells
from auditor.calibrating.switch_sets import SwitchSet
from auditor.calibrating.switches import Switches

CHECKS = tuple(bundled.load())
IDS = ("headers.hsts", "headers.nosniff", "input.required", "ops.health")
KNOWN = Switches(
    trips={name: frozenset({name}) for name in IDS}
    | {
        "perf.latency": frozenset({"perf.latency"}),
        "ops.health~leak": frozenset({"ops.health", "data.sensitive-fields"}),
    },
    decoys={"decoy:headers.hsts:1": "headers.hsts", "decoy:ops.health:1": "ops.health"},
    stories={},
    composed=True,
    excludes={"decoy:headers.hsts:1": frozenset({"headers.hsts"})},
)


def drawn(known: Switches = KNOWN, *, number: int = 50, seed: int = 0) -> list[SwitchSet]:
    return list(switch_sets.drawn(known, IDS, number=number, seed=seed))


def test_a_decoy_is_not_on_beside_a_defect_that_it_excludes() -> None:
    of = switch_sets.of(KNOWN, ("ops.health", "headers.hsts"), KNOWN.decoys)
    assert (of.defects, of.decoys) == (("headers.hsts", "ops.health"), ("decoy:ops.health:1",))
    assert switch_sets.of(KNOWN, ("ops.health",), KNOWN.decoys).decoys == tuple(KNOWN.decoys)
    assert of.name == "headers.hsts + ops.health + decoy:ops.health:1"


def test_a_set_raises_what_its_defects_raise() -> None:
    assert switch_sets.raised(KNOWN, ("ops.health~leak", "headers.hsts")) == {
        "data.sensitive-fields",
        "headers.hsts",
        "ops.health",
    }


def test_a_defect_that_a_check_notices_which_is_not_held_is_not_drawn() -> None:
    defects, decoys = switch_sets.drawable(KNOWN, IDS)
    assert "ops.health~leak" not in defects
    assert decoys == tuple(KNOWN.decoys)
    assert switch_sets.drawable(KNOWN, ("ops.health",)) == (("ops.health",), ("decoy:ops.health:1",))


def test_the_same_seed_draws_the_same_sets_and_another_others() -> None:
    assert drawn() == drawn()
    assert drawn() != drawn(seed=1)


def test_every_set_has_several_defects_and_each_is_drawn_once() -> None:
    found = drawn(number=200)
    assert len(set(found)) == len(found)
    assert all(2 <= len(one.defects) <= switch_sets.MOST_DEFECTS for one in found)
    assert {name for one in found for name in one.decoys} == set(KNOWN.decoys)


def test_nothing_is_drawn_of_switches_that_do_not_build_on_each_other_nor_of_one_defect() -> None:
    assert not drawn(replace(KNOWN, composed=False))
    assert not list(switch_sets.drawn(KNOWN, ("ops.health",), number=5, seed=0))


def test_calibration_holds_sets_to_the_union_and_more_of_them_when_full() -> None:
    wanted = (*IDS, "perf.latency")
    some = [one for one in cells(CHECKS, wanted, KNOWN, full=False) if one.kind == "set"]
    every = [one for one in cells(CHECKS, wanted, KNOWN, full=True) if one.kind == "set"]
    others = [one for one in cells(CHECKS, wanted, KNOWN, full=False, turn=1) if one.kind == "set"]
    assert 1 <= len(some) <= SETS < len(every) <= SETS_OF_ALL
    assert all(one.expected == switch_sets.raised(KNOWN, one.defects) for one in every)
    assert all(one.expected <= set(one.checks) for one in every)
    assert [one.name for one in some] != [one.name for one in others]
    assert not any("perf.latency" in one.defects for one in every)
