"""Whatever small backend is drawn: all of it is reached, nothing is left behind, nobody's things are touched.

The examples are always the same few. Many others, or those of a seed:

    pytest tests/random_backends --hypothesis-profile=wide [--hypothesis-seed=17]
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from auditor.document import openapi
from tests.random_backends import words
from tests.random_backends.auditing import TARGET, altered, audited, left, overtold, requests, unreached, untold
from tests.random_backends.describing import document
from tests.random_backends.drawn import Backend, Demand, Ids, Kind, Member, Rule
from tests.random_backends.serving import Server
from tests.random_backends.strategies import backends

ROOT = Path(__file__).parents[2]
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


def examples(number: int) -> settings:
    """Take so many examples, always the same; those of the profile where another than the default is chosen."""
    if settings.get_current_profile_name() == "wide":
        return settings()
    return settings(max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=QUIET)


@examples(40)
@given(backends())
def test_the_document_holds_what_was_drawn(backend: Backend) -> None:
    description = openapi.read(json.dumps(document(backend)).encode(), source="drawn.json")
    assert not description.document.problems
    assert {one.label for one in description.document.operations} == {one.label for one in Server(backend).routes}


@examples(100)
@given(backends())
def test_every_operation_is_reached_and_nothing_is_left(backend: Backend) -> None:
    course = audited(backend)
    assert not unreached(course)
    assert not left(course)
    assert not untold(course)
    assert not overtold(course)
    assert not altered(course)
    assert course.audit.run.complete


@examples(40)
@given(backends())
def test_two_runs_with_one_seed_send_the_same(backend: Backend) -> None:
    first, second = (audited(backend, salt=salt) for salt in ("one", "two"))
    assert requests(first) == requests(second)


@examples(20)
@given(backends())
def test_beside_one_another_requests_are_of_the_same_operations(backend: Backend) -> None:
    """Eight at a time, order and numbers may change; who is asked for what may not."""
    course = audited(backend, concurrency=8)
    assert not unreached(course)
    assert not left(course)
    assert not altered(course)


def test_two_processes_with_one_seed_send_the_same() -> None:
    """Sets of text have another order in every process."""
    command = [sys.executable, "-m", "tests.random_backends.sequences", "8"]
    found = [
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True)
        for seed in ("1", "2")
    ]
    assert found[0].stdout == found[1].stdout
    assert found[0].stdout.count(b"\n") == 8


# --- these tests would notice -------------------------------------------------------------------------------

NAMED = words.naming()[0]
MODE = next(one for one in words.describing() if one.words == "mode")
DOCTORS = Kind(noun="doctor", plural="doctors", members=(NAMED,))


def one_kind(**changes: object) -> Backend:
    return Backend(kinds=(replace(DOCTORS, **changes),))  # type: ignore[arg-type]


def test_an_operation_that_nobody_can_reach_is_noticed() -> None:
    unknown = Rule(demand=Demand.ONE_OF, words="mode", limit=())
    members: tuple[Member, ...] = (NAMED, MODE)
    assert set(unreached(audited(one_kind(members=members, rules=(unknown,))))) >= {
        "POST /doctors",
        "PUT /doctors/{id}",
    }


def test_what_stays_is_noticed_and_told() -> None:
    kept = audited(one_kind(removed=0))
    assert not left(kept)
    assert not untold(kept)
    kept.server.backend = one_kind()
    assert left(kept)
    assert untold(replace(kept, audit=replace(kept.audit, leftovers=())))


def test_an_altered_row_of_somebody_else_is_noticed() -> None:
    course = audited(one_kind(ids=Ids.UUID))
    stranger = course.server.store.first(DOCTORS)

    async def written() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=course.server), base_url=TARGET) as client:
            return await client.put(f"/doctors/{stranger}", json={"name": "Mine now"})

    assert asyncio.run(written()).status_code == 200
    assert altered(course) == {"doctor": [stranger]}


def test_another_seed_sends_another_sequence() -> None:
    coded = next(one for one in words.describing() if one.words == "code")
    backend = one_kind(members=(NAMED, coded))
    assert requests(audited(backend, seed="0")) != requests(audited(backend, seed="1"))


@pytest.mark.parametrize("ids", Ids)
def test_ids_of_two_servers_are_compared_by_when_they_were_given(ids: Ids) -> None:
    first, second = (audited(one_kind(ids=ids, key="slug" if ids is Ids.SLUG else "id"), salt=salt) for salt in "ab")
    assert requests(first) == requests(second)
    opaque = ids in (Ids.UUID, Ids.ULID, Ids.HEX)
    assert (Counter(first.server.store.given) == Counter(second.server.store.given)) is not opaque
