"""The API in Express keeps its promises: it starts, its document is true, and what is refused is refused in one shape.

Needs Node and npm; without them every test here is skipped.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

import checks
from auditor.calibrating import express
from auditor.document import openapi
from auditor.errors import UsageError
from tests.reference_app.conformance import Document, complaints

PASSWORD = "correct horse battery"
ACCOUNTS = count(1)
LOGIN = "/api/v1/auth/login"
TASKS = "/api/v1/tasks"
SECONDS = 20


@dataclass(frozen=True, slots=True)
class Caller:
    """A client of the API, signed in as somebody."""

    client: httpx.Client
    email: str

    # JSON answers are of any shape; each test says which it expects.
    def task(self, **fields: Any) -> dict[str, Any]:
        answer = self.client.post(TASKS, json={"title": "Water the plants"} | fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()["data"]
        return made


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    try:
        with express.room() as place:
            yield place
    except UsageError as missing:
        pytest.skip(missing.message)


@pytest.fixture(scope="module")
def address(room: Path) -> Iterator[str]:
    with express.running(room, (), wide=True) as found:
        first = registered(found)  # who comes first is the administrator, which nobody else shall be by chance
        assert first.client.get("/api/v1/me").json()["data"]["role"] == "admin"
        first.client.close()
        yield found


@pytest.fixture(scope="module")
def anybody(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=SECONDS) as client:
        yield client


def registered(address: str) -> Caller:
    client = httpx.Client(base_url=address, timeout=SECONDS)
    email = f"user{next(ACCOUNTS)}@example.com"
    answer = client.post(
        "/api/v1/auth/register", json={"email": email, "displayName": "A. Tester", "password": PASSWORD}
    )
    assert answer.status_code == 201, answer.text
    grant = client.post(LOGIN, json={"email": email, "password": PASSWORD}).json()
    client.headers["Authorization"] = f"{grant['tokenType']} {grant['accessToken']}"
    return Caller(client, email)


@pytest.fixture
def ann(address: str) -> Iterator[Caller]:
    caller = registered(address)
    yield caller
    caller.client.close()


@pytest.fixture
def bob(address: str) -> Iterator[Caller]:
    caller = registered(address)
    yield caller
    caller.client.close()


def document_of(client: httpx.Client) -> Document:
    """The document without its server, which is the root."""
    found: Document = client.get("/openapi.json").json()
    return {**found, "servers": []}


# --- the document -------------------------------------------------------------------------------------------


def test_the_document_is_valid_and_names_every_operation_once(anybody: httpx.Client) -> None:
    served = anybody.get("/openapi.json")
    read = openapi.read(served.content, source="openapi.json")
    assert read.document.problems == ()
    assert len(read.document.operations) == 19
    for name, schema in served.json()["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), name


def test_only_signing_in_and_operations_are_open(anybody: httpx.Client) -> None:
    read = openapi.read(anybody.get("/openapi.json").content, source="openapi.json")
    assert {one.path for one in read.document.operations if not one.protected} == {
        "/api/v1/auth/register",
        LOGIN,
        "/livez",
        "/readyz",
        "/metrics",
    }


def test_answers_are_those_of_the_document(anybody: httpx.Client, ann: Caller) -> None:
    document, task = document_of(anybody), ann.task(notes=None, estimateMinutes=30, dueDate="2026-02-28")
    item = f"{TASKS}/{task['id']}"
    comment = f"{item}/comments/{ann.client.post(f'{item}/comments', json={'text': 'one'}).json()['data']['id']}"
    answers = [
        ann.client.get("/api/v1/me"),
        ann.client.patch("/api/v1/me", json={"displayName": "Ann"}),
        ann.client.get(TASKS, params={"status": "open", "limit": 1}),
        ann.client.patch(item, json={"status": "done"}),
        ann.client.get(item),
        ann.client.get(f"{item}/comments"),
        ann.client.put(comment, json={"text": "two\nlines"}),
        ann.client.get(comment),
        ann.client.delete(comment),
        ann.client.delete(item),
        ann.client.get(item),
        ann.client.get("/api/v1/admin/users"),
        ann.client.post(TASKS, json={"title": ""}),
        anybody.post(LOGIN, json={"email": ann.email, "password": "wrong"}),
        anybody.get(TASKS),
        anybody.get("/livez"),
        anybody.get("/readyz"),
        anybody.get("/metrics"),
    ]
    assert [complaint for answer in answers for complaint in complaints(document, answer)] == []


# --- who may what -------------------------------------------------------------------------------------------


def test_without_credentials_there_is_nothing(anybody: httpx.Client) -> None:
    answer = anybody.get(TASKS)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_foreign_task_is_not_found(ann: Caller, bob: Caller, method: str) -> None:
    path = f"{TASKS}/{ann.task()['id']}"
    body: dict[str, Any] = {"json": {"title": "mine now"}} if method == "PATCH" else {}
    assert bob.client.request(method, path, **body).status_code == 404
    assert ann.client.get(path).json()["data"]["title"] == "Water the plants"


def test_comments_are_as_private_as_their_task(ann: Caller, bob: Caller) -> None:
    path = f"{TASKS}/{ann.task()['id']}/comments"
    number = ann.client.post(path, json={"text": "private"}).json()["data"]["id"]
    assert bob.client.get(f"{path}/{number}").status_code == 404
    assert bob.client.get(f"{TASKS}/{bob.task()['id']}/comments/{number}").status_code == 404


def test_only_the_administrator_lists_accounts(ann: Caller) -> None:
    refused = ann.client.get("/api/v1/admin/users")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_what_only_the_server_sets_is_not_taken_from_a_body(ann: Caller, bob: Caller) -> None:
    stranger = bob.client.get("/api/v1/me").json()["data"]["id"]
    task = ann.task(ownerId=stranger, createdAt="2001-02-03T04:05:06.000Z")
    assert task["ownerId"] != stranger
    assert not task["createdAt"].startswith("2001")


def test_who_leaves_takes_everything_along(ann: Caller) -> None:
    ann.task()
    assert ann.client.delete("/api/v1/me").status_code == 204
    assert ann.client.get(TASKS).status_code == 401


def test_wrong_passwords_are_counted_for_each_account(anybody: httpx.Client, ann: Caller, bob: Caller) -> None:
    wrong = [anybody.post(LOGIN, json={"email": ann.email, "password": "wrong"}) for _ in range(6)]
    assert [one.status_code for one in wrong] == [401] * 5 + [429]
    assert int(wrong[-1].headers["retry-after"]) > 0
    assert anybody.post(LOGIN, json={"email": bob.email, "password": PASSWORD}).status_code == 200


# --- what is refused, and how -------------------------------------------------------------------------------


def shape(answer: httpx.Response) -> tuple[int, str]:
    said = answer.json()
    assert {"code", "message", "requestId"} <= set(said)
    assert said["requestId"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "x-powered-by" not in answer.headers
    return answer.status_code, said["code"]


JSON = {"Content-Type": "application/json"}
REFUSED: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "no JSON": ({"content": b"{", "headers": JSON}, (400, "malformed_body")),
    "no UTF-8": ({"content": b'{"title": "\xff"}', "headers": JSON}, (400, "malformed_body")),
    "no object": ({"content": b"[]", "headers": JSON}, (400, "validation_failed")),
    "nothing": ({}, (400, "validation_failed")),
    "nothing that is called JSON": ({"headers": JSON}, (400, "validation_failed")),
    "another type": (
        {"content": b"title=x", "headers": {"Content-Type": "text/plain"}},
        (415, "unsupported_media_type"),
    ),
    "too much": ({"content": b" " * 100_001, "headers": JSON}, (413, "body_too_large")),
    "half a surrogate": ({"content": b'{"title": "\\ud800"}', "headers": JSON}, (400, "validation_failed")),
    "no number": ({"json": {"title": "x", "estimateMinutes": "30"}}, (400, "validation_failed")),
    "no day": ({"json": {"title": "x", "dueDate": "2026-02-30"}}, (400, "validation_failed")),
}


@pytest.mark.parametrize(("body", "refusal"), REFUSED.values(), ids=REFUSED)
def test_a_bad_body_is_refused_in_the_house_shape(ann: Caller, body: dict[str, Any], refusal: tuple[int, str]) -> None:
    assert shape(ann.client.post(TASKS, **body)) == refusal


def test_a_refused_value_is_named(ann: Caller) -> None:
    said = ann.client.post(TASKS, json={"title": "x" * 121, "priority": "urgent"}).json()["errors"]
    assert [(one["in"], one["path"]) for one in said] == [("body", "title"), ("body", "priority")]


def test_unknown_paths_and_methods_are_refused_in_the_house_shape(anybody: httpx.Client, ann: Caller) -> None:
    assert shape(anybody.get("/nowhere")) == (404, "not_found")
    other = ann.client.put(TASKS, json={})
    assert (*shape(other), other.headers["allow"]) == (405, "method_not_allowed", "GET, HEAD, POST")


@pytest.mark.parametrize(
    "path", [f"{TASKS}/%ff", f"{TASKS}/..%2f", f"{TASKS}/x", f"{TASKS}?cursor=x", f"{TASKS}?limit=0"]
)
def test_a_hostile_path_or_query_is_refused(ann: Caller, path: str) -> None:
    assert shape(ann.client.get(path))[0] == 400


def test_pages_show_each_task_once_newest_first(ann: Caller) -> None:
    made = [ann.task(title=f"task {number}")["id"] for number in range(5)]
    pages = [ann.client.get(TASKS, params={"limit": 2}).json()]
    while pages[-1]["nextCursor"] is not None:
        pages.append(ann.client.get(TASKS, params={"limit": 2, "cursor": pages[-1]["nextCursor"]}).json())
    assert [len(page["data"]) for page in pages] == [2, 2, 1]
    assert sorted(one["id"] for page in pages for one in page["data"]) == sorted(made)
    times = [one["createdAt"] for page in pages for one in page["data"]]
    assert times == sorted(times, reverse=True)


def test_a_search_is_a_value(ann: Caller) -> None:
    ann.task(title="100% done")
    found = {words: len(ann.client.get(TASKS, params={"q": words}).json()["data"]) for words in ("100%", "%", "_", "'")}
    assert found == {"100%": 1, "%": 1, "_": 0, "'": 0}


def test_metrics_tell_routes_and_no_ids(anybody: httpx.Client, ann: Caller) -> None:
    task = ann.task()["id"]
    ann.client.get(f"{TASKS}/{task}")
    said = anybody.get("/metrics").text
    assert 'route="/api/v1/tasks/:taskId"' in said
    assert task not in said


# --- defects ------------------------------------------------------------------------------------------------


def test_every_defect_says_how_it_happens_and_which_checks_notice(room: Path) -> None:
    known, ids = express.switches(room), {one.id for one in checks.load()}
    assert len(known.broken) >= 14
    assert known.broken <= ids
    for name, trips in known.trips.items():
        assert name.partition("~")[0] in trips <= ids
        assert known.stories[name].endswith(".")


def test_every_decoy_says_what_is_sound_about_it_and_which_check_must_be_silent(room: Path) -> None:
    known, ids = express.switches(room), {one.id for one in checks.load()}
    for name, check in known.decoys.items():
        assert name.startswith(f"decoy:{check}:")
        assert check in ids
        assert known.stories[name].endswith(".")


@pytest.mark.parametrize("kind", ["defect", "decoy"])
def test_an_unknown_switch_is_refused(room: Path, kind: str) -> None:
    ended = subprocess.run(
        ["node", "server.js", "--port", "0", f"--{kind}", "authz.bola-raed"],
        cwd=room,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"no {kind} authz.bola-raed" in ended.stderr


def test_a_defect_shows(room: Path) -> None:
    with express.running(room, ("authz.bola-read", "headers.server-disclosure")) as address:
        ann, bob = registered(address), registered(address)
        answer = bob.client.get(f"{TASKS}/{ann.task()['id']}")
        ann.client.close()
        bob.client.close()
    assert (answer.status_code, answer.headers["x-powered-by"]) == (200, "Express")


def test_the_document_of_every_decoy_is_valid_and_true(room: Path) -> None:
    for name in ("decoy:errors.shape:1", "decoy:errors.shape:3", "decoy:ops.health:1", "decoy:design.create-201:1"):
        with express.running(room, (), (name,)) as address, httpx.Client(base_url=address, timeout=SECONDS) as client:
            document = document_of(client)
            caller = registered(address)
            answers = [client.get(TASKS), caller.client.post(TASKS, json={"title": "x"}), client.get("/api/v1/me")]
            answers.append(caller.client.post(TASKS, json={"title": ""}))
            caller.client.close()
            assert openapi.read(client.get("/openapi.json").content, source=name).document.problems == (), name
            assert [complaint for one in answers for complaint in complaints(document, one)] == [], name


def test_packages_are_named_with_their_version_and_without_an_address() -> None:
    manifest = json.loads((express.source() / "package.json").read_text(encoding="utf-8"))
    assert all(version.replace(".", "").isdigit() for version in manifest["dependencies"].values())
    assert not list(express.source().glob("*lock*"))
