"""The standards are complete, and the deliverables refer to nothing else."""

from __future__ import annotations

from itertools import groupby

import pytest

from auditor.verdicts.standards import DELIVERABLES, STANDARDS, Standard

ROWS = {
    "API": 10, "GQL": 6, "DB": 8, "AUTH": 12, "DATA": 4, "VAL": 5, "RATE": 4, "HDR": 3,
    "ERR": 3, "PERF": 7, "EVT": 2, "OPS": 4, "SRC": 7,
}  # fmt: skip


def test_every_family_has_all_its_rows_in_order() -> None:
    ids = [one.id for one in STANDARDS]
    assert ids == [f"{family}-{number}" for family, count in ROWS.items() for number in range(1, count + 1)]


def test_each_family_stands_under_one_heading() -> None:
    headings = [key for key, _ in groupby(STANDARDS, key=lambda one: (one.id.partition("-")[0], one.heading))]
    assert len(headings) == len(ROWS) == len({heading for _, heading in headings})


@pytest.mark.parametrize("row", STANDARDS, ids=lambda row: row.id)
def test_a_row_says_what_must_hold_and_what_can_show_it(row: Standard) -> None:
    assert len(row.text) > 20
    assert row.seen_from
    assert set(row.seen_from) <= {"http", "graphql", "db", "source", "broker", "log file"}


def test_the_checklist_has_fifteen_rows() -> None:
    assert [one.id for one in DELIVERABLES] == [f"DEL-{number}" for number in range(1, 16)]
    assert len({one.title for one in DELIVERABLES}) == 15


def test_deliverables_are_answered_from_standards_that_exist() -> None:
    known = {one.id for one in STANDARDS}
    for one in DELIVERABLES:
        assert one.standards
        assert set(one.standards) <= known
        assert len(set(one.standards)) == len(one.standards)


def test_only_rows_about_the_source_tree_are_on_no_checklist_row() -> None:
    listed = {standard for one in DELIVERABLES for standard in one.standards}
    left = {one.id for one in STANDARDS} - listed
    assert left == {"SRC-1", "SRC-2", "SRC-3", "SRC-7"}
