"""One audit of a backend that runs already: what it reached, sent, took and found, and which recipe asked how much.

    python benchmarks/foreign.py http://127.0.0.1:8000 [--document FILE] [any other option of `auditor run`]

Starts and installs nothing but the auditor. The first table is one row of those in benchmarks/README.md; the second
counts findings per check; the third says what each recipe sent and how long its answers took together.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

HOME = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Target:
    title: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Reach:
    operations: int
    succeeded: int


@dataclass(frozen=True, slots=True)
class Traffic:
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    severity: str


@dataclass(frozen=True, slots=True)
class Result:
    outcome: str


@dataclass(frozen=True, slots=True)
class Run:
    """The part of run.json that is shown."""

    target: Target
    reach: Reach
    traffic: Traffic
    findings: list[Finding]
    results: list[Result]
    exit_code: int


@dataclass(frozen=True, slots=True)
class Asked:
    recipe: str


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The part of a recorded exchange that is counted."""

    request: Asked
    phase: str
    elapsed_ms: float


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [sys.executable, "-m", "auditor.cli", "run", *arguments, "-q", "-o", scratch]
        ended = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": str(HOME)}, capture_output=True, text=True, check=False
        )
        if not (folder / "run.json").exists():
            print(ended.stderr or ended.stdout, file=sys.stderr)
            return ended.returncode or 1
        run = TypeAdapter(Run).validate_python(json.loads((folder / "run.json").read_text("utf-8")))
        summary(run)
        per_check(run)
        per_recipe(folder / "exchanges.ndjson", run)
    return 0


def summary(run: Run) -> None:
    outcomes = Counter(one.outcome for one in run.results)
    print(
        f"{'backend':30}{'ops':>6}{'reached':>9}{'requests':>10}{'seconds':>9}"
        f"{'findings':>10}{'unsure':>8}{'error':>7}{'exit':>6}"
    )
    print(
        f"{(run.target.title or run.target.base_url)[:29]:30}{run.reach.operations:6}{run.reach.succeeded:9}"
        f"{run.traffic.requests:10}{run.traffic.seconds:9.0f}{len(run.findings):10}"
        f"{outcomes['unsure']:8}{outcomes['error']:7}{run.exit_code:6}"
    )


def per_check(run: Run) -> None:
    print(f"\n{'check':40}{'severity':>10}{'findings':>10}")
    for (check, severity), count in sorted(Counter((one.check, one.severity) for one in run.findings).items()):
        print(f"{check:40}{severity:>10}{count:10}")


def per_recipe(path: Path, run: Run) -> None:
    requests: Counter[str] = Counter()
    waited: Counter[str] = Counter()
    for one in exchanges(path):
        name = one.request.recipe or one.phase
        requests[name] += 1
        waited[name] += round(one.elapsed_ms)
    print(f"\n{'asked by':40}{'requests':>10}{'per op':>10}{'waited s':>10}")
    for name, count in requests.most_common():
        share = count / max(1, run.reach.operations)
        print(f"{name:40}{count:10}{share:10.2f}{waited[name] / 1000:10.1f}")


def exchanges(path: Path) -> Iterator[Exchanged]:
    reader = TypeAdapter(Exchanged)
    with path.open() as lines:
        for line in lines:
            yield reader.validate_python(json.loads(line))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
