"""`make examples`: audits the bundled API as `auditor demo` does and writes what every kind of reader gets.

What differs from run to run and from machine to machine for no reason of the API's – its port, the run's name, the
folders in its tracebacks – is written the same each time, so that a change of these files is a change of the reports.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
REPORTS = {
    "html": "report.html",
    "sarif": "report.sarif",
    "junit": "report.junit.xml",
    "gitlab": "report.gitlab.json",
    "md": "report.md",
    "csv": "report.csv",
}
ADDRESS = "http://127.0.0.1:8000"
NAME = "aud0123456789ab"
HOME = "/srv/marketplace"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="auditor-examples-") as room:
        folder = Path(room)
        auditor("demo", "--quiet", "--output", str(folder))
        steadied(folder)
        auditor(
            "report", str(folder), *(word for kind, name in REPORTS.items() for word in ("-f", f"{kind}={HERE / name}"))
        )
        shutil.copyfile(folder / "run.json", HERE / "run.json")


def auditor(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "auditor.cli", *words], cwd=HERE.parent, check=True)


def steadied(folder: Path) -> None:
    """Give address, run and folders their usual names, in the recording too."""
    audit = json.loads((folder / "run.json").read_text("utf-8"))
    names = {audit["target"]["base_url"]: ADDRESS, audit["run"]["id"]: NAME}
    names |= {old.removeprefix("http://"): new.removeprefix("http://") for old, new in names.items()}
    names |= {sys.prefix: f"{HOME}/.venv", str(HERE.parent): HOME, sys.base_prefix: "/usr"}
    for file in ("run.json", "exchanges.ndjson"):
        rewritten(folder / file, names)


def rewritten(file: Path, names: Mapping[str, str]) -> None:
    text = file.read_text("utf-8")
    for old, new in names.items():
        text = text.replace(old, new)
    file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
