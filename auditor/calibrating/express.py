"""The API in Express that checks are calibrated against a second time: its packages, its switches, its processes.

Node looks for packages beside the file that imports them, and nothing is installed into our own folder: a copy of the
application's few files lies in a temporary room, beside a link to the packages, which are installed once in the
user's cache or lie where the user says.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from auditor.calibrating import serving
from auditor.calibrating.switches import Switches
from auditor.errors import AuditorError, UsageError

OLDEST_NODE = 20
INSTALL_SECONDS = 600
LIST_SECONDS = 60
INSTALL = (
    "install",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--omit=dev",
    "--loglevel=error",
)
PACKAGES = "node_modules"
APP = "express"

CALIBRATING = {
    "NODE_ENV": "production",
    "BCRYPT_COST": "4",
    "FIRST_ACCOUNT_IS_ADMIN": "true",
    "RATE_LIMIT": "100",
    "RATE_WINDOW_MS": "3000",
    "LOGIN_FAILURES": "5",
    "LOGIN_WINDOW_MS": "20000",
}
"""Short windows and cheap hashes, as for the API in process; who registers first may list all accounts."""
WIDE = {"RATE_LIMIT": "600"}
"""A limit that is real and honest, and wide enough not to be what a load waits for."""


@contextmanager
def room(modules: Path | None = None) -> Iterator[Path]:
    """Yield a folder in which the application can be started, packages and all.

    Raises `UsageError` without Node, and where the packages neither lie in `modules` nor can be installed.
    """
    require_node()
    packages = installed() if modules is None else given(modules)
    with tempfile.TemporaryDirectory(prefix="auditor-express-") as folder:
        place = Path(folder) / APP
        shutil.copytree(source(), place, ignore=shutil.ignore_patterns(PACKAGES))
        (place / PACKAGES).symlink_to(packages, target_is_directory=True)
        yield place


def source() -> Path:
    import reference_app

    return Path(reference_app.__file__).parent / APP


# --- Node and its packages ----------------------------------------------------------------------------------


def require_node() -> None:
    """Raises `UsageError` where Node is missing or too old."""
    node = shutil.which("node")
    if node is None:
        raise UsageError("the Express API needs Node, and there is no node on the PATH", f"install Node {OLDEST_NODE}")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=LIST_SECONDS, check=False).stdout
    found = re.match(r"v(\d+)\.", said)
    if found is None or int(found[1]) < OLDEST_NODE:
        raise UsageError(f"the Express API needs Node {OLDEST_NODE} or newer; this is {said.strip() or 'none'}")


def given(modules: Path) -> Path:
    """Return the packages in a folder that the user names, which may be `node_modules` itself."""
    places = (modules, modules / PACKAGES)
    found = next(
        (one for one in places if one.name == PACKAGES and all((one / name).is_dir() for name in wanted())), None
    )
    if found is None:
        raise UsageError(f"{modules} does not hold the packages of the Express API", "run npm install in it")
    return found.resolve()


def installed() -> Path:
    """Return the packages in the user's cache, installed there first where that is still to be done."""
    place = cache_folder() / f"{APP}-{hashlib.sha256(manifest().encode()).hexdigest()[:12]}"
    if not (place / PACKAGES).is_dir():
        install(place)
    return place / PACKAGES


def install(place: Path) -> None:
    """Install beside the place and move it there whole: no half of it is ever taken for the whole."""
    npm = shutil.which("npm")
    if npm is None:
        raise UsageError(
            "the packages of the Express API are not installed, and there is no npm on the PATH",
            "install npm, or name a folder that holds them: --express-modules DIR",
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    print(f"installing the packages of the Express API, once, in {place}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix=f"{APP}-", dir=place.parent) as folder:
        yard = Path(folder) / "yard"
        yard.mkdir()
        (yard / "package.json").write_text(manifest(), encoding="utf-8")
        run_npm(npm, yard)
        try:
            yard.rename(place)
        except OSError:
            if not (place / PACKAGES).is_dir():  # somebody else was quicker
                raise


def run_npm(npm: str, yard: Path) -> None:
    try:
        ended = subprocess.run([npm, *INSTALL], cwd=yard, capture_output=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise UsageError(f"npm install did not end within {INSTALL_SECONDS} s", HINT) from late
    if ended.returncode != 0:
        raise UsageError(f"npm install failed (exit {ended.returncode})", HINT)


HINT = "npm install in a folder with reference_app/express/package.json shows why; then --express-modules DIR"


def manifest() -> str:
    return (source() / "package.json").read_text(encoding="utf-8")


def wanted() -> tuple[str, ...]:
    return tuple(json.loads(manifest())["dependencies"])


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return where programs of this user keep what can be made anew (XDG base directories)."""
    known = os.environ if environ is None else environ
    base = known.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "auditor"


# --- switches and processes ---------------------------------------------------------------------------------


def switches(place: Path) -> Switches:
    """Ask the application what it can be told to do wrong."""
    ended = subprocess.run(
        ["node", "server.js", "--list"], cwd=place, capture_output=True, text=True, timeout=LIST_SECONDS, check=False
    )
    if ended.returncode != 0:
        raise AuditorError("the Express API does not start", HINT)
    said = json.loads(ended.stdout)
    return Switches(
        trips={one["name"]: frozenset(one["trips"]) for one in said["defects"]},
        decoys={one["name"]: one["check"] for one in said["decoys"]},
        stories={one["name"]: one["story"] for one in (*said["defects"], *said["decoys"])},
    )


@contextmanager
def running(place: Path, defects: Sequence[str], decoys: Sequence[str] = (), *, wide: bool = False) -> Iterator[str]:
    """Run the application in a child process on a free loopback port; yields its address, ends it by its id."""
    command = ["node", "server.js", "--port", "0"]
    command += [word for name in defects for word in ("--defect", name)]
    command += [word for name in decoys for word in ("--decoy", name)]
    settings = {**os.environ, **CALIBRATING, **(WIDE if wide else {}), "HOST": "127.0.0.1"}
    with serving.child(command, cwd=place, environment=settings, hint=HINT) as address:
        yield address
