"""examples/: reports of a real audit, readable by this version, with nothing in them of where they were made."""

from __future__ import annotations

import re
import sys

import pytest

from auditor.commands.demo import DEFECTS
from reports import run_json
from tests.ci import building

FOLDER = building.ROOT / "examples"
WRITTEN = sorted(one for one in FOLDER.iterdir() if one.name.startswith(("report.", "run.")))


def test_they_are_what_the_demo_finds() -> None:
    audit = run_json.parse((FOLDER / "run.json").read_text("utf-8"))
    assert (audit.verdict, audit.exit_code, audit.run.complete) == ("fail", 1, True)
    assert set(DEFECTS) <= {one.check for one in audit.findings}


def test_every_file_is_explained_and_every_link_leads_somewhere() -> None:
    page = (FOLDER / "README.md").read_text("utf-8")
    linked = set(re.findall(r"\]\(([^)]+)\)", page))
    assert {one.name for one in WRITTEN} <= linked
    assert all((FOLDER / name).exists() for name in linked)


@pytest.mark.parametrize("name", [one.name for one in WRITTEN])
def test_nothing_tells_where_they_were_made(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert str(building.ROOT) not in text
    assert f"{sys.prefix}/" not in text
    assert set(re.findall(r"127\.0\.0\.1:\d+", text)) <= {"127.0.0.1:8000"}
