"""`--dry-run` asks for the document, prints the plan, and sends and writes nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.end_to_end.commands import auditor, site

ANSWERS = {"200": {"description": "it"}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "A small shop", "version": "1"},
    "paths": {
        "/articles": {
            "get": {
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                "responses": ANSWERS,
            },
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["title"]}}}},
                "responses": ANSWERS,
            },
        },
        "/articles/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": ANSWERS,
            }
        },
    },
}
OPERATIONS = ("GET /articles", "POST /articles", "GET /articles/{id}")


def pages(document: object) -> dict[str, tuple[str, bytes]]:
    return {"/openapi.json": ("application/json", json.dumps(document).encode())}


def test_the_plan_names_operations_families_and_what_cannot_be_judged(tmp_path: Path) -> None:
    with site(pages(DOCUMENT)) as target:
        ended = auditor("run", f"{target.address}/openapi.json", "--dry-run", cwd=tmp_path)
        assert target.requests == ["GET /openapi.json"]
    assert (ended.returncode, ended.stderr) == (0, "")
    title, total, header, *rows = ended.stdout.splitlines()
    assert title == f"A small shop  {target.address}"
    assert header.split() == ["Family", "Checks", "Recipes", "Subjects", "Requests", "at", "most"]
    at_most = {row.split()[0]: number(row.split()[-1]) for row in rows if not row.startswith(("cannot", " "))}
    assert {"seeding", "auth", "authz", "headers", "injection", "input"} <= at_most.keys()
    assert total.startswith(f"3 operations · at most {sum(at_most.values()):,} requests")
    reasons = "\n".join(row for row in rows if row.startswith("cannot judge "))
    assert "0 of 2 users are configured, and no registration is recognised → identities" in reasons
    assert "under load: not permitted → --load" in reasons
    assert rows[-3:] == [f"  {one}" for one in OPERATIONS]
    assert list(tmp_path.iterdir()) == []


def test_a_document_in_a_file_is_planned_without_a_request(tmp_path: Path) -> None:
    with site({}) as target:
        (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT | {"servers": [{"url": target.address}]}), "utf-8")
        ended = auditor("run", "openapi.json", "--dry-run", cwd=tmp_path)
        assert target.requests == []
    assert (ended.returncode, ended.stderr) == (0, "")
    assert target.address in ended.stdout
    assert [one.name for one in tmp_path.iterdir()] == ["openapi.json"]


def test_an_address_is_only_searched_for_its_document(tmp_path: Path) -> None:
    with site(pages(DOCUMENT)) as target:
        ended = auditor("run", target.address, "--dry-run", cwd=tmp_path)
        assert target.requests == ["GET /", "GET /openapi.json"]
    assert ended.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_the_plan_holds_only_what_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT), "utf-8")
    chosen = ("--only", "injection", "--include", "GET /articles", "--base-url", "http://192.0.2.1")
    ended = auditor("run", "openapi.json", "--dry-run", *chosen, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert [one.split()[0] for one in ended.stdout.splitlines()[3:5]] == ["seeding", "injection"]
    assert "  GET /articles" in ended.stdout.splitlines()
    assert "POST /articles" not in ended.stdout
    assert "everything that writes: the target is not this machine → safety.writes" in ended.stdout


def number(text: str) -> int:
    return int(text.replace(",", ""))
