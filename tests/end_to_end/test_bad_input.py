"""Whatever is wrong with what was typed or configured: one message, which says what, where and what to do."""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.commands import Site, auditor, site

DOCUMENT = json.dumps(
    {
        "openapi": "3.0.3",
        "info": {"title": "Small", "version": "1"},
        "paths": {"/articles": {"get": {"responses": {"200": {"description": "all"}}}}},
    }
).encode()
FETCHED = ("GET /openapi.json",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command, what it must say, its exit code, and what of it may reach the target."""

    words: str
    says: tuple[str, ...]
    code: int = 2
    config: str = ""
    requests: tuple[str, ...] = ()


CASES = {
    "nothing listens": Case(words="run {closed}", code=3, says=("nothing answers at", "is it running")),
    "a web page instead of a document": Case(
        words="run {site}/page.json", says=("/page.json is a web page", "JSON or YAML"), requests=("GET /page.json",)
    ),
    "a web page named as the document": Case(
        words="run {site} --document page.html", says=("page.html is a web page", "JSON or YAML")
    ),
    "a truncated document": Case(words="run cut.json", says=("cut.json is cut off", "line 1", "Fetch it again")),
    "no such document": Case(
        words="run absent.json", says=("absent.json cannot be read", "No such file", "Check the path")
    ),
    "a check that does not exist": Case(
        words="run {site} --only authz.bola-raed", says=("'authz.bola-raed'", "did you mean authz.bola-read?")
    ),
    "a check to skip that does not exist": Case(
        words="run {site} --skip heders", says=("'heders'", "did you mean headers?")
    ),
    "a selector that matches no operation": Case(
        words="run {site}/openapi.json --include 'GET /artcles'",
        says=("no operation matches 'GET /artcles'", "did you mean 'GET /articles'?"),
        requests=FETCHED,
    ),
    "an unknown key": Case(
        words="run",
        config="version: 1\ntarget:\n  base_url: {site}\n  documnt: openapi.json\n",
        says=("auditor.yaml:4: unknown key target.documnt", "did you mean document?", "config schema"),
    ),
    "a setting of a check that does not exist": Case(
        words="run {site}",
        config="version: 1\nchecks:\n  headers.hst: {{severity: low}}\n",
        says=("auditor.yaml: there is no check headers.hst", "did you mean headers.hsts?"),
    ),
    "a variable that is not set": Case(
        words="run {site}",
        config='version: 1\nidentities:\n  alice:\n    bearer: "${{ALICE_TOKEN}}"\n',
        says=("auditor.yaml:4: identities.alice.bearer", "ALICE_TOKEN is not set", "set it, or give a default"),
    ),
    "no such configuration": Case(words="run {site} -c absent.yaml", says=("absent.yaml", "--config names it")),
    "an unknown format": Case(words="run {site} -f htlm", says=("no report format 'htlm'", "did you mean html?")),
    "writes allowed and forbidden": Case(
        words="run {site} --allow-writes --read-only", says=("--allow-writes and --read-only", "keep one")
    ),
    "a rate that is none": Case(words="run {site} --rate nonsense", says=("--rate nonsense", "40/s")),
    "a duration that is none": Case(words="run {site} --max-time soon", says=("--max-time soon", "15m")),
    "a header that is none": Case(words="run {site} -H nonsense", says=("-H takes 'Name: value'", "for instance")),
    "an identity that is none": Case(words="run {site} --identity alice", says=("NAME=TOKEN", "for instance")),
    "a file where the folder should be": Case(
        words="run {site} -o taken", says=("taken cannot be a folder", "is a file", "--output")
    ),
    "a report below a file": Case(
        words="run {site} -f html=taken/report.html", says=("taken cannot be a folder", "is a file")
    ),
    "no target": Case(words="run", says=("no target was given", "auditor run http")),
    "checks that are not there": Case(words="run {site} --checks absent.py", says=("--checks absent.py", "no Python")),
    "no run to report": Case(words="report absent", says=("absent holds no run.json", "name the folder of a run")),
}


@pytest.fixture(scope="module")
def target() -> Iterator[Site]:
    page = ("text/html", b"<!doctype html><title>Welcome</title><p>Hello</p>")
    pages = {"/openapi.json": ("application/json", DOCUMENT), "/page.json": page}
    with site(pages) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cut.json").write_bytes(DOCUMENT[:60])
    (tmp_path / "page.html").write_text("<html><p>Hello</p></html>", "utf-8")
    (tmp_path / "taken").touch()
    return tmp_path


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_said_once_with_its_place_and_remedy(case: Case, folder: Path, target: Site) -> None:
    places = {"site": target.address, "closed": closed_address()}
    if case.config:
        (folder / "auditor.yaml").write_text(case.config.format(**places), "utf-8")
    before = sorted(folder.iterdir())
    target.requests.clear()
    ended = auditor(*shlex.split(case.words.format(**places)), cwd=folder)
    assert ended.returncode == case.code, ended.stderr
    message, remedy = ended.stderr.splitlines()
    assert message.startswith("error: ")
    assert remedy.startswith("  → ")
    assert [part for part in case.says if part not in ended.stderr] == []
    assert ended.stdout == ""
    assert tuple(target.requests) == case.requests
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("words", [("run", "--nonsense"), ("nonsense",), ("run", "--profile", "fast")])
def test_words_that_are_no_command_are_named_beside_the_way_to_help(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = auditor(*words, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words[-1] in ended.stderr
    assert "-h" in ended.stderr
    assert "Traceback" not in ended.stderr


LOGIN_ELSEWHERE = "identities:\n  bob: {login: {operation: POST /nope, body: {name: bob}, token: /token}}\n"


def test_a_login_that_is_not_in_the_document_is_refused_and_the_last_run_stays(folder: Path, target: Site) -> None:
    (folder / "auditor.yaml").write_text(f"version: 1\n{LOGIN_ELSEWHERE}", "utf-8")
    last = folder / "auditor-out" / "run.json"
    last.parent.mkdir()
    last.write_text("{}", "utf-8")
    target.requests.clear()
    ended = auditor("run", f"{target.address}/openapi.json", cwd=folder)
    assert (ended.returncode, ended.stdout) == (2, "")
    message, remedy = ended.stderr.splitlines()
    assert message.startswith("error: ")
    assert "'POST /nope'" in message
    assert remedy.startswith("  → ")
    assert tuple(target.requests) == FETCHED
    assert [one.name for one in last.parent.iterdir()] == ["run.json"]


def closed_address() -> str:
    """Return an address where nobody listens: the port was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
