"""What the README shows works."""

from __future__ import annotations

import re
from pathlib import Path

import checks
from auditor.settings import config

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")


def test_the_configuration_by_example_is_valid(tmp_path: Path) -> None:
    shown = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert shown is not None
    (tmp_path / "auditor.yaml").write_text(shown[1], "utf-8")
    environ = {"ALICE_TOKEN": "a", "BOB_PASSWORD": "b", "ADMIN_KEY": "c", "BATCH_SECRET": "d"}
    loaded = config.load(tmp_path / "auditor.yaml", cwd=tmp_path, environ=environ)
    config.require_known(loaded, checks=[one.id for one in checks.load()])
    assert loaded.config.target.base_url == "http://127.0.0.1:8000"


def test_every_file_it_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / link).exists(), link


def test_every_family_is_described() -> None:
    for family in {one.family for one in checks.load()}:
        assert f"`{family}`" in TEXT, family
