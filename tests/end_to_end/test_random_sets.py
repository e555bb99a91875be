"""Whatever defects of the reference API are on together: the checks that fail are those that any of them trips.

Up to six defects and some decoys beside them; a decoy is left out where it declares that it cannot stand beside one
of the defects. The API is audited in process, with its limits wide open, by all checks but those that are about limits
or take the time they measure, and of the areas that no switch is about one comes along. The examples are always the
same few. Many others, or those of a seed:

    pytest tests/end_to_end/test_random_sets.py --hypothesis-profile=wide [--hypothesis-seed=17]
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import checks
from auditor import progress
from auditor.calibrating import calibration, cells, serving, switch_sets
from auditor.calibrating.serving import administrator
from auditor.calibrating.switch_sets import MOST_DECOYS, MOST_DEFECTS, SwitchSet
from auditor.course import runner
from auditor.model import Audit, Outcome
from reference_app import decoys

ROOMY = {"rate_limit_requests": 1_000_000, "login_failures": 1_000_000}
CHECKS = tuple(one for one in checks.load() if one.family not in cells.LONE)
KNOWN = serving.switches()
DEFECTS, DECOYS = switch_sets.drawable(KNOWN, [one.id for one in CHECKS])
SLOW = [HealthCheck.too_slow]

settings.register_profile("wide", max_examples=1_000, deadline=None, suppress_health_check=SLOW)


def examples(number: int) -> settings:
    """Take so many examples, always the same; those of the profile where another than the default is chosen."""
    if settings.get_current_profile_name() == "wide":
        return settings(max_examples=100)
    return settings(max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW)


def some(names: tuple[str, ...], *, least: int = 0, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=least, max_size=most, unique=True)


sets = st.builds(
    switch_sets.of, st.just(KNOWN), some(DEFECTS, least=1, most=MOST_DEFECTS), some(DECOYS, most=MOST_DECOYS)
)


def audited(build: SwitchSet, *, turn: int) -> Audit:
    app = serving.build(build.defects, build.decoys, overrides=ROOMY)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with tempfile.TemporaryDirectory(prefix="auditor-set-") as folder:
        order = calibration.order(calibration.ADDRESS, transport, Path(folder), identities=(administrator(),))
        order = replace(order, exclude=cells.others(KNOWN.areas, turn))
        return asyncio.run(runner.audit(order, checks=CHECKS, progress=progress.SilentProgress()))


@examples(3)
@given(build=sets, turn=st.integers(0, len(KNOWN.areas) - 1))
def test_a_set_of_defects_fails_the_union_of_what_each_fails(build: SwitchSet, turn: int) -> None:
    audit = audited(build, turn=turn)
    assert audit.run.complete
    assert {one.check for one in audit.findings} == switch_sets.raised(KNOWN, build.defects)
    assert not [one for one in audit.results if one.outcome is Outcome.ERROR]


def test_what_a_decoy_excludes_is_a_defect_and_has_a_reason() -> None:
    excluded = [(name, reason) for one in decoys.load().values() for name, reason in one.excludes.items()]
    assert excluded
    assert all(name in KNOWN.trips and reason for name, reason in excluded)
