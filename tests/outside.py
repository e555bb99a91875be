"""Validators that others wrote: where they are, and a test that says so and ends where they are not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
TOOLS: Final = ROOT / ".tools"
"""What `.ci/tools` (`make tools`) installs."""


def found(tool: str) -> str | None:
    """Return the path of a command: one of our environment, of `.tools/`, or of the machine."""
    places = (Path(sys.executable).parent, TOOLS / "bin")
    return next((path for one in places if (path := shutil.which(tool, path=str(one)))), None) or shutil.which(tool)


def require(tool: str) -> str:
    """Return the path of a command; without it the test is skipped."""
    path = found(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed: make tools")
    return path


def require_file(name: str) -> Path:
    """Return a file that `.ci/tools` fetches; without it the test is skipped."""
    path = TOOLS / name
    if not path.is_file():
        pytest.skip(f"{name} is not there: make tools")
    return path


def assert_silent(*command: str, cwd: Path = ROOT) -> None:
    """A linter has nothing to say."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
