"""Builds the wheel, installs it with its `reference` extra in an empty environment and runs the demo from there."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="auditor-wheel-") as folder:
        room = Path(folder)
        run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(room / "dist"), str(ROOT)], cwd=room)
        wheel = next((room / "dist").glob("*.whl"))
        venv.create(room / "env", with_pip=True)
        python = room / "env" / "bin" / "python"
        constraints = str(ROOT / "constraints.txt")
        run([str(python), "-m", "pip", "install", "-q", "-c", constraints, f"{wheel}[reference]"], cwd=room)
        run([str(room / "env" / "bin" / "auditor"), "demo", "--output", "out"], cwd=room)
        return 0 if (room / "out" / "report.html").is_file() and (room / "out" / "run.json").is_file() else 1


def run(command: list[str], *, cwd: Path) -> None:
    print("+", " ".join(Path(word).name if "/" in word else word for word in command), flush=True)
    subprocess.run(command, cwd=cwd, check=True)


if __name__ == "__main__":
    sys.exit(main())
