"""`auditor doctor` as a user meets it: on the bundled API, on one that misses something, on nothing at all."""

from __future__ import annotations

import json
from pathlib import Path

from tests.end_to_end.commands import auditor, site
from tests.end_to_end.reference import admin_credentials, served, stored

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Secrets", "version": "1"},
    "paths": {
        "/open": {"get": {"responses": {"200": {"description": "fine"}}}},
        "/secrets/{word}": {
            "get": {
                "parameters": [{"name": "word", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "fine"}},
            }
        },
    },
}


def test_the_bundled_api_is_reached_and_left_as_it_was(tmp_path: Path) -> None:
    login = {"operation": "POST /api/v1/auth/login", "body": admin_credentials()}
    root = {"identities": {"root": {"role": "admin", "login": login}}}
    (tmp_path / "auditor.yaml").write_text(json.dumps(root))
    with served() as (address, _):
        before = stored(address)
        ended = auditor("doctor", address, cwd=tmp_path, COLUMNS="80")
        assert stored(address) == before
    assert ended.returncode == 0, ended.stdout
    assert "· exit 0" in ended.stdout.splitlines()[-1]
    assert "alice (user): registered by the audit" in ended.stdout
    assert "made by POST /api/v1/orders; there was one for alice, bob" in ended.stdout
    assert "Out of reach" not in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert [one.name for one in tmp_path.iterdir()] == ["auditor.yaml"]


def test_what_is_missing_is_told_with_the_line_that_gives_it(tmp_path: Path) -> None:
    pages = {
        "/openapi.json": ("application/json", json.dumps(DOCUMENT).encode()),
        "/open": ("application/json", b"{}"),
        "/secrets/sesame": ("application/json", b"{}"),
    }
    with site(pages) as target:
        ended = auditor("doctor", target.address, "--json", cwd=tmp_path)
        assert ended.returncode == 1, ended.stderr
        (missing,) = [one for one in json.loads(ended.stdout)["reach"]["by_operation"] if not one["succeeded"]]
        assert missing["unlock"] == 'operations: [{match: "GET /secrets/{word}", values: {path/word: …}}]'
        (tmp_path / "auditor.yaml").write_text(missing["unlock"].replace("…", "sesame"))
        again = auditor("doctor", target.address, "-q", "-o", "kept", cwd=tmp_path)
    assert again.returncode == 0, again.stdout
    assert "2 of 2 operations reached (100 %)" in again.stdout
    assert json.loads((tmp_path / "kept" / "run.json").read_text())["reach"]["succeeded"] == 2


def test_without_a_document_nothing_can_be_said(tmp_path: Path) -> None:
    with site({}) as target:
        ended = auditor("doctor", target.address, "-q", cwd=tmp_path)
    assert ended.returncode == 4
    assert "none was found" in ended.stdout
    gone = auditor("doctor", target.address, "-q", cwd=tmp_path)
    assert gone.returncode == 3
    assert "nothing answers" in gone.stderr
