"""Time and memory to load a description and plan a request for every operation, each in a fresh process.

    python benchmarks/planning.py FOLDER_OR_FILE...

Documents may be plain, gzipped or, when of several files, a tar.gz. "all" is wall time with the interpreter's start,
"cpu" processor time with imports, which other work on the machine does not change much; "worst" is the slowest
operation's; "valid" the share of operations whose request fits the document.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = (".json", ".yaml", ".yml", ".json.gz", ".yaml.gz", ".tar.gz")
HOME = Path(__file__).parent.parent
DEFAULT = HOME / "tests" / "specs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", type=Path, default=[DEFAULT])
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one)))
        return
    print(
        f"{'document':34}{'ops':>6}{'load s':>8}{'plan s':>8}{'all s':>7}"
        f"{'cpu s':>7}{'MB':>6}{'worst ms':>10}{'valid':>9}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for path in documents(options.places, Path(scratch)):
            report(path)


def documents(places: list[Path], scratch: Path) -> Iterator[Path]:
    """Yield every document, packed ones unpacked into `scratch`."""
    for place in places:
        for path in sorted(place.iterdir()) if place.is_dir() else [place]:
            if path.name.endswith(SUFFIXES):
                yield unpacked(path, scratch)


def unpacked(path: Path, scratch: Path) -> Path:
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            archive.extractall(scratch / path.stem, filter="data")
        return max((scratch / path.stem).glob("*/*.y*ml"), key=lambda one: one.stat().st_size)
    if path.suffix == ".gz":
        target = scratch / path.stem
        target.write_bytes(gzip.decompress(path.read_bytes()))
        return target
    return path


def report(path: Path) -> None:
    started = time.perf_counter()
    command = [sys.executable, __file__, "--one", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    took = time.perf_counter() - started
    if done.returncode:
        print(f"{path.name:34}failed: {(done.stderr.strip().splitlines() or ['?'])[-1][:80]}")
        return
    row = json.loads(done.stdout)
    share = f"{100 * row['valid'] / max(row['operations'], 1):.2f} %"
    print(
        f"{path.name[:33]:34}{row['operations']:6}{row['load']:8.2f}{row['plan']:8.2f}{took:7.2f}"
        f"{row['cpu']:7.2f}{row['megabytes']:6}{row['worst_ms']:10.0f}{share:>9}  {', '.join(row['invalid'][:3])}"
    )


def measure(path: Path) -> dict[str, object]:
    """Load and plan one document in this process."""
    from auditor.document.openapi import read
    from auditor.kinds.resources import infer
    from auditor.values.examples import Sampler
    from auditor.values.serialising import serialise

    started = time.perf_counter()
    description = read(path.read_bytes(), source=path.name, folder=path.parent)
    loaded = time.perf_counter()
    infer(description.document)
    sampler = Sampler(description, seed="benchmark", run_id="aud0123456789ab")
    worst, invalid = 0.0, []
    for operation in description.document.operations:
        begun = time.process_time()
        description.fields(operation)
        values = sampler.golden_values(operation)
        serialise(operation, values)
        worst = max(worst, time.process_time() - begun)
        if not sampler.fits(operation, values):
            invalid.append(operation.label)
    return {
        "operations": len(description.document.operations),
        "load": loaded - started,
        "plan": time.perf_counter() - loaded,
        "cpu": time.process_time(),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "worst_ms": worst * 1000,
        "valid": len(description.document.operations) - len(invalid),
        "invalid": invalid,
    }


if __name__ == "__main__":
    main()
