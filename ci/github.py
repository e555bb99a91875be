"""What action.yml runs: reads its inputs from the environment, audits, and leaves the exit code to a later step.

No shell reads an input: a target or an option may hold whatever it likes.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

OPTIONS = {"CONFIG": "--config", "FAIL_ON": "--fail-on", "BASELINE": "--baseline"}
FORMATS = ("html", "sarif", "junit", "md", "github")
"""`github` also makes the summary, the annotations and the outputs verdict, complete, new-findings and report."""
MISUSED = 2


def main() -> int:
    """Audit, and tell later steps the exit code and the folder. Always 0: the last step of action.yml gates."""
    folder = Path(tempfile.mkdtemp(prefix="auditor-", dir=os.environ.get("RUNNER_TEMP")))
    try:
        words = command(os.environ, folder)
    except ValueError as problem:
        print(f"::error title=auditor::args: {problem}", flush=True)
        tell({"exit-code": str(MISUSED)}, os.environ)
        return 0
    # -P: folders of the project's own that are called checks or reports must not be taken for ours.
    code = ended([sys.executable, "-P", "-m", "auditor.cli", *words])
    tell({"exit-code": str(code), "folder": str(folder)}, os.environ)
    return 0


def ended(words: Sequence[str]) -> int:
    """Run to the end. A workflow that is cancelled interrupts the audit, which then removes what it made."""
    with subprocess.Popen(words, start_new_session=True) as audit:

        def passed_on(number: int, _: FrameType | None) -> None:
            audit.send_signal(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, passed_on)
        code = audit.wait()
    return code if code >= 0 else 128 - code


def command(environ: Mapping[str, str], folder: Path) -> list[str]:
    """Return the words of `auditor run`; our folder comes last and so counts. Raises `ValueError` for open quotes."""
    named = [word for name, option in OPTIONS.items() if environ.get(name) for word in (option, environ[name])]
    formats = [word for one in FORMATS for word in ("--format", one)]
    target = ["--", environ["TARGET"]] if environ.get("TARGET") else []
    return ["run", *named, *formats, *shlex.split(environ.get("ARGS", "")), "--output", str(folder), *target]


def tell(outputs: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Append to the file that the runner reads outputs from."""
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in outputs.items())


if __name__ == "__main__":
    sys.exit(main())
