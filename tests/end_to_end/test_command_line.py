"""The command line: what each command prints, on which stream, with which exit code, and what it loads to do so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import auditor as package
import checks
from auditor.calibrating import serving
from tests.end_to_end.commands import SECONDS, auditor, environment
from tests.end_to_end.reference import served

HEAVY = ("httpx", "rich", "pydantic", "yaml", "jinja2", "locust", "fastapi", "asyncio", "sqlalchemy")
BY_TYPER = {"pydantic", "asyncio"}
"""What typer itself loads to read the options of a command."""
ESCAPE = "\x1b"
COMMANDS = ("run", "doctor", "demo", "serve", "calibrate", "checks", "explain", "report", "config")


@dataclass(frozen=True, slots=True)
class Audited:
    """A finished audit of the bundled API, its report sent to stdout."""

    folder: Path
    ended: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    place = tmp_path_factory.mktemp("audited")
    only = ("--only", "cors", "--only", "headers", "--fail-on", "medium")
    with served(["cors.credentialed-reflection"]) as (address, _):
        ended = auditor("run", address, *only, "-o", "out", "-f", "json=-", "-f", "html", cwd=place, NO_COLOR="1")
    return Audited(place / "out", ended)


# --- help -----------------------------------------------------------------------------------------------------


def test_help_names_every_command_and_exit_code(tmp_path: Path) -> None:
    ended = auditor("--help", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [one for one in COMMANDS if not re.search(rf"^  {one} ", ended.stdout, re.MULTILINE)] == []
    assert "130/143 interrupted" in " ".join(ended.stdout.split())


def test_help_of_run_names_every_option_of_the_design(tmp_path: Path) -> None:
    ended = auditor("run", "--help", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    wanted = (
        "--config --profile --only --skip --include --exclude --header --identity --allow-writes --read-only --load"
    )
    wanted += " --users --max-requests --max-time --rate --concurrency --seed --dry-run --fail-on --format --output"
    assert [one for one in wanted.split() if one not in ended.stdout] == []


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]], ids=" ".join)
def test_help_loads_nothing_that_it_does_not_need(words: list[str]) -> None:
    program = (
        "import sys; from auditor import cli\n"
        "try: cli.main()\n"
        f"except SystemExit: print(*(one for one in {HEAVY!r} if one in sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    allowed = BY_TYPER if words[0] == "run" else set[str]()
    assert set(ended.stderr.split()) <= allowed


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    ended = auditor("--version", cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"auditor {package.__version__}\n", "")


# --- checks ---------------------------------------------------------------------------------------------------


def test_checks_lists_every_check_once(tmp_path: Path) -> None:
    ended = auditor("checks", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    listed = re.findall(r"^([a-z]+\.[a-z0-9-]+) +(?:critical|high|medium|low|info) ", ended.stdout, re.MULTILINE)
    assert listed == sorted(one.id for one in checks.load())


def test_checks_of_a_family_are_listed_alone(tmp_path: Path) -> None:
    ended = auditor("checks", "auth", cwd=tmp_path)
    found = {line.split()[0] for line in ended.stdout.splitlines()[1:] if not line.startswith(" ")}
    assert found == {one.id for one in checks.load() if one.family == "auth"}


def test_a_family_that_does_not_exist_is_answered_with_those_that_do(tmp_path: Path) -> None:
    ended = auditor("checks", "nonsense", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "there is no family 'nonsense'" in ended.stderr
    assert "auth, authz, cors" in ended.stderr


def test_explain_says_why_and_how_to_mend(tmp_path: Path) -> None:
    ended = auditor("explain", "authz.bola-read", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("A user cannot read another user's object\nauthz.bola-read · critical")
    assert [one for one in ("\nWhy\n", "\nFix\n", "\nHow it asks\n", "References: ") if one not in ended.stdout] == []


@pytest.mark.parametrize(
    ("name", "hint"), [("authz.bola-raed", "did you mean authz.bola-read?"), ("nonsense", "auditor checks lists them")]
)
def test_a_check_that_does_not_exist_is_answered_with_the_way_to_it(name: str, hint: str, tmp_path: Path) -> None:
    ended = auditor("explain", name, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [f"error: there is no check '{name}'", f"  → {hint}"]


def test_serve_lists_every_defect_and_decoy(tmp_path: Path) -> None:
    ended = auditor("serve", "--list", cwd=tmp_path)
    known = serving.switches()
    assert ended.returncode == 0
    assert [one for one in (*known.trips, *known.decoys) if one not in ended.stdout] == []


# --- configuration --------------------------------------------------------------------------------------------


def test_the_schema_of_the_configuration_is_json_schema(tmp_path: Path) -> None:
    ended = auditor("config", "schema", cwd=tmp_path)
    schema = json.loads(ended.stdout)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (schema["title"], schema["type"]) == ("auditor.yaml", "object")
    assert {"target", "identities", "safety", "checks", "gates"} <= schema["properties"].keys()


def test_a_sound_configuration_is_named_valid(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text("version: 1\ntarget: {base_url: 'http://127.0.0.1:8000'}\n", "utf-8")
    ended = auditor("config", "validate", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{tmp_path / 'auditor.yaml'}: valid\n"


def test_a_token_in_plain_text_is_warned_about_and_not_shown(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 4
    (tmp_path / "auditor.yaml").write_text(f"version: 1\nidentities:\n  alice: {{bearer: {token}}}\n", "utf-8")
    ended = auditor("config", "validate", cwd=tmp_path)
    assert ended.returncode == 0
    assert "auditor.yaml:3: identities.alice.bearer holds what looks like a token" in ended.stderr
    assert token not in ended.stdout + ended.stderr


# --- reports --------------------------------------------------------------------------------------------------


def test_a_report_on_stdout_is_alone_there(audited: Audited) -> None:
    assert audited.ended.returncode == 1, audited.ended.stderr
    assert audited.ended.stdout.encode() == (audited.folder / "run.json").read_bytes()
    assert "FAIL" in audited.ended.stderr.splitlines()[-1]


def test_the_folder_holds_the_run_the_exchanges_and_the_report(audited: Audited) -> None:
    assert sorted(one.name for one in audited.folder.iterdir()) == [
        "evidence.ndjson",
        "exchanges.ndjson",
        "report.html",
        "run.json",
    ]


def test_the_report_of_a_folder_is_what_the_run_wrote(audited: Audited, tmp_path: Path) -> None:
    before = {one.name: one.read_bytes() for one in audited.folder.iterdir()}
    told = auditor("report", str(audited.folder), "-f", "json=-", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stdout.encode() == before["run.json"]
    assert {one.name: one.read_bytes() for one in audited.folder.iterdir()} == before


def test_two_reports_of_one_folder_are_equal_to_the_byte(audited: Audited, tmp_path: Path) -> None:
    for name in ("one.html", "deeper/two.html"):
        ended = auditor("report", str(audited.folder), "-f", f"html={name}", cwd=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.splitlines()[0] == name
    written = (audited.folder / "report.html").read_bytes()
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "deeper/two.html").read_bytes() == written


# --- colours --------------------------------------------------------------------------------------------------


def test_a_pipe_gets_no_escape_sequences(audited: Audited, tmp_path: Path) -> None:
    listed = auditor("checks", cwd=tmp_path, NO_COLOR="1")
    assert ESCAPE not in audited.ended.stdout + audited.ended.stderr + listed.stdout
    assert ESCAPE not in auditor("checks", cwd=tmp_path).stdout


def test_no_color_takes_the_colours_away_where_they_would_be(tmp_path: Path) -> None:
    colour = re.compile(rf"{ESCAPE}\[[0-9;]*(?:3[0-7]|9[0-7]|38;)[0-9;]*m")
    assert colour.search(auditor("checks", cwd=tmp_path, FORCE_COLOR="1").stdout)
    assert not colour.search(auditor("checks", cwd=tmp_path, FORCE_COLOR="1", NO_COLOR="1").stdout)
