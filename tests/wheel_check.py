"""Builds the wheel, looks into it, installs it with its `reference` extra in an empty environment, runs the demo."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="auditor-wheel-") as folder:
        room = Path(folder)
        run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(room / "dist"), str(ROOT)], cwd=room)
        wheel = next((room / "dist").glob("*.whl"))
        if missing := problems(wheel):
            print(missing, file=sys.stderr)
            return 1
        venv.create(room / "env", with_pip=True)
        python = room / "env" / "bin" / "python"
        constraints = str(ROOT / "constraints.txt")
        run([str(python), "-m", "pip", "install", "-q", "-c", constraints, f"{wheel}[reference]"], cwd=room)
        run([str(room / "env" / "bin" / "auditor"), "demo", "--output", "out"], cwd=room)
        return 0 if (room / "out" / "report.html").is_file() and (room / "out" / "run.json").is_file() else 1


def problems(wheel: Path) -> str:
    """Say what the wheel lacks or should not hold; "" when it is as it must be."""
    names = set(zipfile.ZipFile(wheel).namelist())
    scripts = {str(path.relative_to(ROOT)) for path in (ROOT / "reference_app/express").rglob("*.js")}
    lacking = {one for one in scripts if "node_modules" not in one} - names
    foreign = {one for one in names if "node_modules" in one or one.startswith("tests/")}
    return f"not in the wheel: {sorted(lacking)}; to be left out: {sorted(foreign)[:5]}" if lacking or foreign else ""


def run(command: list[str], *, cwd: Path) -> None:
    print("+", " ".join(Path(word).name if "/" in word else word for word in command), flush=True)
    subprocess.run(command, cwd=cwd, check=True)


if __name__ == "__main__":
    sys.exit(main())
