"""A fake for the templates: an auditor that writes down what it was told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

from auditor.model import Json

ROOT = Path(__file__).parents[2]
FAKE = """\
import json, os, pathlib, sys

words = sys.argv[1:]
pathlib.Path(os.environ["HEARD"]).write_text(json.dumps(words), encoding="utf-8")
folder = pathlib.Path(words[words.index("--output") + 1])
folder.mkdir(exist_ok=True)
(folder / "report.sarif").write_text("{}", encoding="utf-8")
if path := os.environ.get("GITHUB_OUTPUT"):
    with open(path, "a", encoding="utf-8") as file:
        file.write("complete=true\\n")
sys.exit(int(os.environ.get("CODE", "0")))
"""


def fake(folder: Path) -> Path:
    """Make an importable `auditor.cli`, and a command `auditor`, that write to $HEARD and exit with $CODE."""
    (folder / "auditor").mkdir()
    (folder / "auditor" / "__init__.py").touch()
    (folder / "auditor" / "cli.py").write_text(FAKE, encoding="utf-8")
    command = folder / "bin" / "auditor"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\n{FAKE}", encoding="utf-8")
    command.chmod(0o755)
    return folder


def heard(path: Path) -> list[str]:
    words: list[str] = json.loads(path.read_text("utf-8"))
    return words


def loaded(name: str) -> Json:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))
