from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given

from auditor.model import Audit
from reports.csv_table import COLUMNS, render
from tests.reports import building
from tests.reports.hostile import QUICK, TEXTS, is_harmless_to_terminals


def rows(audit: Audit) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(audit, {}), newline=""), strict=True))


def test_the_same_audit_gives_the_same_bytes() -> None:
    assert render(building.small(), {}) == render(building.small(), {})


def test_there_is_a_row_per_finding_worst_first() -> None:
    audit = building.small()
    found = rows(audit)
    assert tuple(found[0]) == COLUMNS
    assert len(found) == len(audit.findings)
    assert found[0] == {
        "id": audit.findings[0].fingerprint[:12],
        "severity": "critical",
        "check": "authz.bola-read",
        "operation": "GET /api/v1/orders/{id}",
        "message": "200 with bob's order, asked by alice",
        "status": "new",
        "confirmed": "yes",
        "fingerprint": audit.findings[0].fingerprint,
    }


def test_lines_end_as_rfc_4180_wants_it_and_every_cell_is_quoted() -> None:
    lines = render(building.small(), {}).split("\r\n")
    assert lines[-1] == ""
    assert all(line.startswith('"') and line.endswith('"') for line in lines[:-1])


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "|calc", "%0A=1"])
def test_what_a_spreadsheet_would_calculate_is_text(cell: str) -> None:
    plain = building.small()
    found = rows(replace(plain, findings=(replace(plain.findings[0], message=cell, confirmed=False),)))[0]
    assert found["message"] == f"'{cell.strip()}"
    assert found["confirmed"] == "no"


def test_a_cell_is_cut() -> None:
    plain = building.small()
    found = rows(replace(plain, findings=(replace(plain.findings[0], message="A" * 40_000),)))[0]
    assert len(found["message"]) < 2_100


@QUICK
@given(TEXTS)
def test_hostile_text_is_one_harmless_cell(payload: str) -> None:
    audit, _ = building.hostile(payload)
    odd = replace(audit.findings[0], check=payload, operation=payload, severity=payload, fingerprint=payload)
    found = rows(replace(audit, findings=(odd,)))
    assert [tuple(one) for one in found] == [COLUMNS]
    assert not [cell for cell in found[0].values() if cell[:1] in set("=+-@\t\r")]
    assert all(is_harmless_to_terminals(cell) and "\n" not in cell for cell in found[0].values())
