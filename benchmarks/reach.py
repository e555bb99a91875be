"""How many documented operations of real backends answer 2xx: to auditor, and to Schemathesis at its defaults.

    python -m benchmarks.reach [--only NAME,NAME] [--tools doctor,auditor,schemathesis] [--folder FOLDER] [--json FILE]

Installs each backend into an environment of its own below FOLDER (~/.cache/auditor-benchmarks), and keeps it. For each
tool anew it starts the backend empty on loopback, makes the users, and lets the tool loose on it through a proxy that
notes every request and its answer. All get the same document, the same address and the same credentials; `doctor` is
`auditor doctor`, which only reaches, and `auditor` a whole audit with `auditor run`. What is there is made for this,
so both may change all of it (`safety.throwaway`); Schemathesis does so anyway. An operation
counts when one answer to it was 2xx, or a 3xx that the document lists for it; what a tool says about itself does not.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import yaml

from benchmarks.backends import BACKENDS
from benchmarks.backends.recipe import Backend, Credentials, Npm, Pip, Site, call, free_port, must, started
from benchmarks.counting import Noted, Witness
from benchmarks.operations import Operation, Operations

HOME = Path(__file__).parent.parent
CACHE = Path.home() / ".cache" / "auditor-benchmarks"
SCHEMATHESIS = Pip("schemathesis.txt")


@dataclass(frozen=True, slots=True)
class Job:
    """What a tool is given."""

    address: str
    """Where the document's paths begin."""
    document: Path
    credentials: Credentials
    folder: Path
    """For what it writes."""
    environment: Path
    """The virtual environment of Schemathesis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What the proxy saw of one tool on one backend."""

    tool: str
    operations: int
    reached: int
    excluded: int
    requests: int
    seconds: float
    ended: str
    """The tool's exit code, or that its time was up."""
    void: tuple[str, ...]
    """Exclusions that are wrong: it did succeed."""
    by_operation: Mapping[str, Mapping[str, int]]
    """How often each status came, per operation."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of backends, or parts of them, separated by commas")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--folder", type=Path, default=CACHE)
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which a tool is stopped (1800)")
    parser.add_argument("--json", type=Path, help="write every operation's statuses there")
    options = parser.parse_args()
    wanted = [one.lower() for one in options.only.split(",")]
    results: dict[str, list[Reached]] = {}
    print(heading(options.tools.split(",")), flush=True)
    for backend in BACKENDS:
        if not any(one in backend.name.lower() for one in wanted):
            continue
        try:
            results[backend.name] = [
                measured(backend, tool, options.folder, options.limit) for tool in options.tools.split(",")
            ]
        except (RuntimeError, OSError, subprocess.CalledProcessError) as failed:
            print(f"{backend.name:20}{failed}", flush=True)
            continue
        print(row(backend, results[backend.name]), flush=True)
    print(total(results))
    for name, each in results.items():
        for one in each:
            for label in one.void:
                print(f"{name}: {one.tool} reached {label}, which was excluded")
    for backend in BACKENDS:
        for exclusion in backend.exclusions if backend.name in results else ():
            print(f"{backend.name}: {exclusion.operation} is left out: {exclusion.reason} ({exclusion.status})")
    if options.json:
        content = {name: [asdict(one) for one in each] for name, each in results.items()}
        options.json.write_text(json.dumps(content, indent=1))
    return 0 if len(results) == sum(any(w in b.name.lower() for w in wanted) for b in BACKENDS) else 1


def measured(backend: Backend, tool: str, folder: Path, limit: float) -> Reached:
    """Start the backend empty, let one tool loose on it, count what the proxy saw."""
    environment = installed(slug(backend.name), backend.packages, folder)
    schemathesis = installed("schemathesis", SCHEMATHESIS, folder)
    port = free_port()
    with workplace(folder / "runs" / slug(backend.name), tool) as work, Witness(port) as witness:
        site = Site(environment, work / "data", port, f"http://127.0.0.1:{witness.port}")
        with started(backend, site, work / "backend.log") as credentials:
            fetched = must(call("GET", site.address + backend.document, headers=credentials.headers)).body
            document = yaml.safe_load(fetched)
            path = work / f"document.{'json' if fetched.lstrip()[:1] == b'{' else 'yaml'}"
            path.write_bytes(fetched)
            job = Job(site.address + backend.mounted_at, path, credentials, work / "tool", schemathesis)
            witness.noted.clear()
            begun = time.monotonic()
            ended = TOOLS[tool](job, limit)
            seconds = time.monotonic() - begun
            noted = tuple(witness.noted)
    return counted(tool, backend, Operations(document, backend.mounted_at), noted, seconds, ended)


@contextmanager
def workplace(parent: Path, tool: str) -> Iterator[Path]:
    """An empty folder that stays until the next run of the same; another run at the same time gets another one."""
    for number in count(1):
        work = parent / (tool if number == 1 else f"{tool}-{number}")
        with locked(work.with_suffix(".lock"), wait=False) as mine:
            if mine:
                shutil.rmtree(work, ignore_errors=True)
                (work / "data").mkdir(parents=True)
                (work / "tool").mkdir()
                yield work
                return


@contextmanager
def locked(path: Path, wait: bool) -> Iterator[bool]:
    """Yields whether this process holds the lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def counted(
    tool: str, backend: Backend, operations: Operations, noted: Sequence[Noted], seconds: float, ended: str
) -> Reached:
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    reached: set[str] = set()
    for one in noted:
        operation = operations.match(one.method, one.target)
        if operation is not None:
            seen[operation.label][str(one.status)] += 1
            if succeeded(operation, one.status):
                reached.add(operation.label)
    excluded = {one.operation for one in backend.exclusions}
    void = excluded & reached
    left = [one.label for one in operations.all if one.label not in excluded or one.label in void]
    return Reached(
        tool=tool,
        operations=len(left),
        reached=sum(label in reached for label in left),
        excluded=len(excluded - void),
        requests=len(noted),
        seconds=round(seconds, 1),
        ended=ended,
        void=tuple(sorted(void)),
        by_operation={one.label: dict(seen[one.label]) for one in operations.all},
    )


def succeeded(operation: Operation, status: int) -> bool:
    return 200 <= status < 300 or status in operation.redirects


def run_auditor(job: Job, limit: float) -> str:
    """A whole audit, as a user would: identities in auditor.yaml, the rest left to it but that all may be changed."""
    return by_auditor("run", job, limit)


def run_doctor(job: Job, limit: float) -> str:
    """The part of an audit that reaches: sign in, make objects, call everything once, remove what was made."""
    return by_auditor("doctor", job, limit)


def by_auditor(subcommand: str, job: Job, limit: float) -> str:
    config = {"version": 1, "identities": job.credentials.identities, "safety": {"throwaway": True}}
    (job.folder / "auditor.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    command = [sys.executable, "-m", "auditor.cli", subcommand, job.address, "--document", str(job.document)]
    command += ["--config", str(job.folder / "auditor.yaml"), "--output", str(job.folder / "out")]
    return ended_with(command, job, limit, {"PYTHONPATH": str(HOME), **job.credentials.secrets})


def run_schemathesis(job: Job, limit: float) -> str:
    """Its defaults, the credentials as headers."""
    command = [str(job.environment / "bin" / "schemathesis"), "run", str(job.document), "--url", job.address]
    for name, value in job.credentials.headers.items():
        command += ["--header", f"{name}: {value}"]
    return ended_with(command, job, limit, {})


TOOLS: Mapping[str, Callable[[Job, float], str]] = {
    "doctor": run_doctor,
    "auditor": run_auditor,
    "schemathesis": run_schemathesis,
}


def ended_with(command: Sequence[str], job: Job, limit: float, environment: Mapping[str, str]) -> str:
    with (job.folder / "output.txt").open("w") as output:
        try:
            ended = subprocess.run(
                command,
                cwd=job.folder,
                env={**os.environ, "NO_COLOR": "1", **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "time was up"
    return str(ended.returncode)


def installed(name: str, packages: Pip | Npm, folder: Path) -> Path:
    """The environment of these packages, made when it is not there or was made of others."""
    place, stamp = folder / "environments" / name, folder / "environments" / f"{name}.stamp"
    wanted = packages.stamp()
    with locked(place.with_suffix(".lock"), wait=True):
        if not (stamp.exists() and stamp.read_text() == wanted and place.exists()):
            shutil.rmtree(place, ignore_errors=True)
            print(f"installing {name} …", file=sys.stderr, flush=True)
            with place.with_suffix(".log").open("w") as log:
                packages.install(place, log)
            stamp.write_text(wanted)
    return place


def slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())


def heading(tools: Iterable[str]) -> str:
    first = f"{'':20}{'':11}{'':>11}"
    second = f"{'backend':20}{'framework':11}{'operations':>11}"
    for tool in tools:
        first += f"{tool:>32}"
        second += f"{'2xx':>8}{'share':>8}{'requests':>9}{'s':>7}"
    return f"{first}\n{second}"


def row(backend: Backend, each: Sequence[Reached]) -> str:
    line = f"{backend.name:20}{backend.framework:11}{each[0].operations:11}"
    for one in each:
        share = one.reached / max(1, one.operations)
        line += f"{one.reached:8}{share:8.0%}{one.requests:9}{one.seconds:7.0f}"
    return line + ("  (time was up)" if any(one.ended == "time was up" for one in each) else "")


def total(results: Mapping[str, Sequence[Reached]]) -> str:
    runs = list(zip(*results.values(), strict=True))
    line = f"{'all':20}{'':11}{sum(one.operations for one in runs[0]) if runs else 0:11}"
    for of_one_tool in runs:
        operations, reached = sum(one.operations for one in of_one_tool), sum(one.reached for one in of_one_tool)
        line += f"{reached:8}{reached / max(1, operations):8.0%}{sum(one.requests for one in of_one_tool):9}"
        line += f"{sum(one.seconds for one in of_one_tool):7.0f}"
    return line


if __name__ == "__main__":
    raise SystemExit(main())
