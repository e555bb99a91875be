"""What `auditor config show` says: every effective value, where it came from, no secret."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from auditor import cli
from auditor.settings import config, showing

TOKEN = "alice-token-0123456789"
WRITTEN = """\
target: {base_url: "${STAGING:-http://127.0.0.1:8000}"}
identities:
  alice: {bearer: "${ALICE_TOKEN}"}
  bob:
    login:
      operation: POST /login
      body:
        email: bob@example.com
        password: "${BOB_PASSWORD}"
safety: {rate: 40/s, max_time: 15m}
checks:
  skip: [perf.load, cors]
  perf.latency: {p95_ms: 300}
suppressions:
  - {check: headers.hsts, reason: "as alice-token-0123456789 says", permanent: true}
"""
ENVIRON = {"ALICE_TOKEN": TOKEN, "BOB_PASSWORD": "bob-password-0123"}


def shown(folder: Path, text: str) -> dict[str, tuple[str, str]]:
    (folder / "auditor.yaml").write_text(text, "utf-8")
    loaded = config.load(folder / "auditor.yaml", cwd=folder, environ=ENVIRON)
    return {key: (value, origin) for key, value, origin in showing.rows(loaded)}


def test_every_value_names_its_line_and_its_variables(tmp_path: Path) -> None:
    rows = shown(tmp_path, WRITTEN)
    assert rows["target.base_url"] == ("http://127.0.0.1:8000", "auditor.yaml:1 (STAGING)")
    assert rows["identities.alice.bearer"] == ("**********", "auditor.yaml:3 (ALICE_TOKEN)")
    assert rows["checks.skip"] == ("perf.load, cors", "auditor.yaml:12")
    assert rows["checks.perf.latency.p95_ms"] == ("300", "auditor.yaml:13")
    assert rows["safety.rate"] == ("40/s", "auditor.yaml:10")
    assert rows["safety.max_time"] == ("900 s", "auditor.yaml:10")


def test_what_is_masked_as_a_whole_names_all_its_lines(tmp_path: Path) -> None:
    body = shown(tmp_path, WRITTEN)["identities.bob.login.body"]
    assert body == ("**********", "auditor.yaml:8, auditor.yaml:9 (BOB_PASSWORD)")


def test_what_was_left_out_shows_what_a_run_would_take(tmp_path: Path) -> None:
    rows = shown(tmp_path, "profile: quick\n")
    assert rows["profile"] == ("quick", "auditor.yaml:1")
    assert rows["safety.max_requests"] == ("6000", "default")
    assert rows["safety.writes"] == ("only where the target is this machine", "default")
    assert rows["gates[0].findings"] == ("none that is new, of severity high or above", "default")
    assert rows["target.document"] == ("looked for at the address", "default")


def test_read_only_shows_that_nothing_is_written(tmp_path: Path) -> None:
    assert shown(tmp_path, "safety: {read_only: true}\n")["safety.writes"] == ("no: read_only", "default")


def test_no_secret_is_shown_wherever_it_stands(tmp_path: Path) -> None:
    text = repr(shown(tmp_path, WRITTEN))
    assert TOKEN not in text
    assert "bob-password-0123" not in text
    assert "bob@example.com" not in text


def test_a_value_cannot_move_the_cursor() -> None:
    assert showing.written((), "a\x1b[31m\nb") == '"a\\u001b[31m\\nb"'
    assert showing.written((), False) == "false"


def typed(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["auditor", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_the_command_fits_80_columns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "auditor.yaml").write_text(WRITTEN, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert typed(["config", "show", "--config", "auditor.yaml"], monkeypatch) == 0
    out = capsys.readouterr().out
    table = out.partition("Key ")[2]
    assert max(map(len, table.splitlines())) <= 80
    assert "ALICE_TOKEN" in out
    assert TOKEN not in out


def test_without_a_file_all_is_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUDITOR_CONFIG", raising=False)
    assert typed(["config", "show"], monkeypatch) == 0
    assert capsys.readouterr().out.startswith("no auditor.yaml: all is default\n")
