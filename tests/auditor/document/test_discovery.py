"""From an address to a document, with a table for a web server."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.document.discovery import Fetched, Found, find
from auditor.errors import DocumentError, TargetUnreachable

HOST = "http://127.0.0.1:8000"


def document(**parts: object) -> bytes:
    return json.dumps({"openapi": "3.1.0", "paths": {}, **parts}).encode()


def looked_up(
    target: str, pages: Mapping[str, bytes | int], document: str | None = None, base_url: str | None = None
) -> Found:
    async def fetch(url: str) -> Fetched:
        answer = pages.get(url, 404)
        if answer == 0:
            raise TargetUnreachable("nothing answers")
        if isinstance(answer, int):
            return Fetched(answer, "text/plain", b"", url)
        media = "text/javascript" if url.endswith(".js") else "text/html" if answer[:1] == b"<" else "application/json"
        return Fetched(200, media, answer, url)

    return asyncio.run(find(target, fetch=fetch, document=document, base_url=base_url))


@pytest.mark.parametrize(
    "place",
    ["/openapi.json", "/v3/api-docs", "/swagger.json", "/swagger/v1/swagger.json", "/api/schema/", "/apispec_1.json"],
)
def test_the_usual_places_are_tried_below_a_bare_address(place: str) -> None:
    found = looked_up(HOST, {HOST: b"hello", HOST + place: document()})
    assert (found.source, found.base_url) == (HOST + place, HOST)
    assert HOST + place in found.tried


@pytest.mark.parametrize(
    "page",
    [
        b'<redoc spec-url="/hidden/spec"></redoc>',
        b"<redoc spec-url=/hidden/spec></redoc>",
        b"<script>SwaggerUIBundle({url: '/hidden/spec', dom_id: '#ui'})</script>",
        b'<script>const ui = {"url": "http:\\/\\/127.0.0.1:8000\\/hidden\\/spec"}</script>',
        b'<script>urls: [{url: "https://elsewhere.example/spec", name: "x"}, {url: "/hidden/spec"}]</script>',
        b'<a href="/hidden/spec">OpenAPI</a>',
    ],
    ids=["redoc", "redoc-unquoted", "swagger-ui", "escaped", "another-host-first", "plain-link"],
)
def test_what_a_docs_page_links_to_is_followed(page: bytes) -> None:
    found = looked_up(HOST, {HOST: b"hello", f"{HOST}/docs": page, f"{HOST}/hidden/spec": document()})
    assert found.source == f"{HOST}/hidden/spec"
    assert not any("elsewhere" in one for one in found.tried)


def test_the_script_and_the_configuration_of_swagger_ui_are_followed() -> None:
    pages = {
        HOST: b"hello",
        f"{HOST}/swagger-ui/index.html": b'<script src="./swagger-initializer.js"></script>',
        f"{HOST}/swagger-ui/swagger-initializer.js": b'ui({"configUrl": "/hidden/config"})',
    }
    config = {f"{HOST}/hidden/config": b"{}", f"{HOST}/hidden/spec": document()}
    assert looked_up(HOST, {**pages, **config}).document_bytes is None
    direct = {f"{HOST}/swagger-ui/swagger-initializer.js": b'ui({url: "/hidden/spec"})'}
    assert looked_up(HOST, {**pages, **config, **direct}).source == f"{HOST}/hidden/spec"


def test_a_document_inside_the_script_is_taken_out() -> None:
    script = b'var options = {"swaggerDoc": ' + document(info={"title": "inside"}) + b', "x": 1}'
    pages = {
        HOST: b"hello",
        f"{HOST}/api/docs": b'<script src="/api/docs/swagger-ui-init.js">',
        f"{HOST}/api/docs/swagger-ui-init.js": script,
    }
    found = looked_up(HOST, pages)
    assert json.loads(found.document_bytes or b"")["info"]["title"] == "inside"


def test_an_address_without_a_document_is_audited_without_one() -> None:
    found = looked_up(HOST + "/", {HOST + "/": b"<html></html>"})
    assert (found.document_bytes, found.base_url) == (None, HOST)
    assert len(found.tried) == len(set(found.tried)) > 10


def test_nothing_that_answers_ends_the_search_at_once() -> None:
    with pytest.raises(TargetUnreachable):
        looked_up(HOST, {HOST: 0})


def test_a_place_that_does_not_answer_is_passed_over() -> None:
    found = looked_up(HOST, {HOST: b"hi", f"{HOST}/openapi.json": 0, f"{HOST}/swagger.json": document()})
    assert found.source == f"{HOST}/swagger.json"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (404, "answered 404"),
        (401, "not public"),
        (b"", "empty"),
        (b"<html>", "web page"),
        (b'{"openapi": "3.1.0"', "cut off"),
    ],
)
def test_a_document_that_was_named_must_be_one(answer: bytes | int, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        looked_up(f"{HOST}/spec.json", {f"{HOST}/spec.json": answer})


# --- where the API is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("servers", "base", "problems"),
    [
        (None, HOST, 0),
        ([{"url": "/api/v1"}], f"{HOST}/api/v1", 0),
        ([{"url": "v1/"}], f"{HOST}/docs/v1", 0),
        ([{"url": "https://api.example.com/v1"}, {"url": "http://localhost:8000/v2"}], f"{HOST}/v2", 0),
        ([{"url": "https://api.example.com/v1"}], f"{HOST}/v1", 1),
        ([{"url": "http://127.0.0.1:9999/v1"}], f"{HOST}/v1", 1),
        ([{"url": "/{v}", "variables": {"v": {"default": "v3"}}}], f"{HOST}/v3", 0),
        ([{"url": "https://{unknown}/x"}], HOST, 0),
        ([{"url": "http://[broken"}], HOST, 1),
    ],
)
def test_the_audited_host_is_the_one_that_was_named(servers: object, base: str, problems: int) -> None:
    raw = document() if servers is None else document(servers=servers)
    found = looked_up(f"{HOST}/docs/spec.json", {f"{HOST}/docs/spec.json": raw})
    assert (found.base_url, len(found.problems)) == (base, problems)


def test_a_base_address_below_the_root_is_kept() -> None:
    pages = {f"{HOST}/shop": b"hi", f"{HOST}/shop/openapi.json": document()}
    assert looked_up(f"{HOST}/shop", pages).base_url == f"{HOST}/shop"


def test_the_base_address_of_the_command_line_overrides_everything() -> None:
    pages = {f"{HOST}/spec.json": document(servers=[{"url": "/v1"}])}
    assert looked_up(f"{HOST}/spec.json", pages, base_url="http://other:1/x/").base_url == "http://other:1/x"


def test_swagger_2_says_its_base_path() -> None:
    raw = json.dumps({"swagger": "2.0", "host": "api.example.com", "basePath": "/v2", "paths": {}}).encode()
    found = looked_up(f"{HOST}/spec.json", {f"{HOST}/spec.json": raw})
    assert (found.base_url, len(found.problems)) == (f"{HOST}/v2", 1)


def test_a_file_is_read_with_its_folder_and_its_own_server(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    path.write_bytes(document(servers=[{"url": "/x"}, {"url": "http://localhost:1/v1/"}]))
    found = looked_up(str(path), {})
    assert (found.base_url, found.folder) == ("http://localhost:1/v1", tmp_path)


def test_a_file_beside_an_address_describes_that_address(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    path.write_bytes(document(servers=[{"url": "https://api.example.com/v1"}]))
    found = looked_up(HOST, {}, document=str(path))
    assert (found.base_url, len(found.problems)) == (f"{HOST}/v1", 1)


def test_a_file_that_names_no_host_asks_for_one(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    path.write_bytes(document())
    with pytest.raises(DocumentError, match="does not say where the API is") as caught:
        looked_up(str(path), {})
    assert "--base-url" in caught.value.hint


def test_a_missing_file_says_so() -> None:
    with pytest.raises(DocumentError, match="cannot be read: No such file"):
        looked_up("nowhere/api.yaml", {})


def test_an_address_without_a_scheme_is_an_address() -> None:
    assert looked_up("127.0.0.1:8000", {HOST: b"hi", f"{HOST}/openapi.json": document()}).base_url == HOST


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = document(servers=[{"url": "http://localhost:1"}])
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    found = looked_up("-", {})
    assert (found.document_bytes, found.source) == (raw, "standard input")
