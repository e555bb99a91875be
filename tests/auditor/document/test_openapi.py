"""Reading documents: what is wrong with one part costs that part and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.document.openapi import Description, read
from auditor.document.parsing import parse
from auditor.errors import DocumentError
from auditor.model import Json, Location, Operation

SPECS = Path(__file__).parents[2] / "specs"


def document(**parts: Json) -> dict[str, Json]:
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}, **parts}


def described(tree: Mapping[str, Json], folder: Path | None = None) -> Description:
    return read(json.dumps(tree).encode(), source="test", folder=folder)


def with_operation(operation: Json, path: str = "/things", method: str = "post", **parts: Json) -> Description:
    return described(document(paths={path: {method: operation}}, **parts))


def only(description: Description) -> Operation:
    (operation,) = description.document.operations
    return operation


def with_body(schema: Json, **parts: Json) -> Description:
    return with_operation({"requestBody": {"content": {"application/json": {"schema": schema}}}}, **parts)


def with_answer(schema: Json, version: str = "3.0.3", **parts: Json) -> Description:
    answers = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    return with_operation({"responses": answers}, openapi=version, **parts)


def departures(description: Description, value: Json, media: str = "application/json") -> list[tuple[str, str]]:
    body = json.dumps(value).encode()
    found = description.response_violations(only(description), 200, media, body)
    return [(one.pointer, one.keyword) for one in found]


# --- bytes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b'{"openapi": "3.0.0", "paths": {"/a": ', "is cut off"),
        (b'{"openapi": "3.0.0", "info": {"title": "unfin', "is cut off"),
        (b'{"openapi": nonsense here}}', "is not valid JSON"),
        (b"a: [1, 2\nb: }", "neither JSON nor YAML"),
        (b"\xff\xfe\x00\xd8", "is not utf-16"),
        (b"just words", "is not an OpenAPI document"),
        (b'{"info": {}}', "is not an OpenAPI document"),
        (b"[" * 100_000, "nested too deeply"),
        (b"a: " + b"[" * 100_000, "nested too deeply"),
        (b"- " * 100_000, "nested too deeply"),
        (b"a: &a [*a]\nopenapi: 3.0.0", "alias that contains itself"),
        (b"? [a, b]\n: c\n", "a key that is no text on line 1"),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(raw: bytes, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        read(raw, source="test")


def test_an_alias_bomb_is_refused_before_it_expands() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(DocumentError, match="expands to more than"):
        read("\n".join(lines).encode(), source="test")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("text", ['{"openapi": "3.1.0", "paths": {}}', "openapi: 3.1.0\npaths: {}\n"])
def test_every_unicode_encoding_is_read(encoding: str, text: str) -> None:
    assert read(text.encode(encoding), source="test").document.dialect == "OpenAPI 3.1.0"


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("22:30", "22:30"),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("1.5e3", 1500.0),
        ("~", None),
        ("", None),
        ('"12"', "12"),
        ("99999999999999999999999999", 99999999999999999999999999),
    ],
)
def test_yaml_scalars_are_those_of_yaml_1_2(scalar: str, value: Json) -> None:
    assert parse(f"a: {scalar}".encode()).tree == {"a": value}


def test_integer_keys_of_yaml_become_text() -> None:
    raw = b"swagger: '2.0'\npaths:\n  /a:\n    get:\n      responses:\n        200: {description: fine}\n"
    assert list(only(read(raw, source="test")).answers) == ["200"]


def test_merge_keys_of_yaml_are_merged_under_what_stands_beside() -> None:
    assert parse(b"x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n").tree["y"] == {"a": 1, "b": 3}


@pytest.mark.parametrize("indent", [None, 2])
def test_operations_know_their_line(indent: int | None) -> None:
    tree = document(paths={"/a~b": {"get": {"summary": "\ud83d\ude00"}, "post": {}}})
    text = json.dumps(tree, indent=indent)
    found = read(text.encode(), source="test")
    lines = {one.method: one.line for one in found.document.operations}
    expected = {m: text[: text.index(f'"{m.lower()}"')].count("\n") + 1 for m in ("GET", "POST")}
    assert lines == expected
    assert found.line_of("/paths/~1a~0b/get/responses/200") == expected["GET"]


def test_operations_of_yaml_know_their_line() -> None:
    found = read((SPECS / "dj-rest-auth.yaml").read_bytes(), source="test")
    text = (SPECS / "dj-rest-auth.yaml").read_text().splitlines()
    assert all(one.line and text[one.line - 1].strip() == f"{one.method.lower()}:" for one in found.document.operations)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60), st.integers(0, 11_000), st.sampled_from(["dj-rest-auth.yaml", "oas32-tags-example.yaml"])
)
def test_damaged_bytes_are_read_or_refused_and_never_crash(noise: bytes, at: int, name: str) -> None:
    raw = (SPECS / name).read_bytes()
    damaged = raw[: at % len(raw)] + noise + raw[at % len(raw) + len(noise) :]
    try:
        found = read(damaged, source="test")
    except DocumentError:
        return
    for operation in found.document.operations:
        found.fields(operation)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["$ref", "type", "properties", "items", "allOf", "oneOf", "get", "parameters", "name", "in", "schema",
         "required", "responses", "200", "content", "application/json", "requestBody", "enum", "security"]),
        inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(JSON_VALUES, JSON_VALUES, JSON_VALUES)
def test_documents_of_any_shape_lose_parts_and_not_the_run(item: Json, components: Json, operation: Json) -> None:
    tree = {"openapi": "3.1.0", "paths": {"/a": item, "/b": {"get": operation, "post": {}}}, "components": components}
    found = described(tree)
    assert any(one.label == "POST /b" for one in found.document.operations)
    for one in found.document.operations:
        found.fields(one)


# --- operations ---------------------------------------------------------------------------------------------


def test_a_bad_operation_costs_only_itself() -> None:
    found = described(document(paths={"/a": {"get": "oops", "post": {}}, "/b": None, "/c": {"put": {"parameters": 3}}}))
    assert [one.label for one in found.document.operations] == ["POST /a", "PUT /c"]
    assert [one.message for one in found.document.problems] == ["the operation is no object"]


@pytest.mark.parametrize("paths", [None, [], "x", 3])
def test_a_document_without_paths_is_an_empty_one(paths: Json) -> None:
    found = described(document(paths=paths))
    assert found.document.operations == ()
    assert "no paths" in found.document.problems[0].message


def test_parameters_of_the_operation_replace_those_of_its_path() -> None:
    item = {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "q", "in": "query", "schema": {"type": "string"}},
        ],
        "get": {"parameters": [{"name": "q", "in": "query", "required": True, "schema": {"type": "integer"}}]},
    }
    operation = only(described(document(paths={"/a/{id}": item})))
    assert [(one.name, one.required, one.schema["type"]) for one in operation.parameters] == [
        ("id", True, "string"),
        ("q", True, "integer"),
    ]


def test_headers_that_are_described_elsewhere_are_no_parameters() -> None:
    names = ["Authorization", "accept", "Content-Type", "X-Tenant"]
    raw = {"parameters": [{"name": name, "in": "header", "schema": {}} for name in names]}
    assert [one.name for one in only(with_operation(raw)).parameters] == ["X-Tenant"]


def test_template_and_parameters_are_made_to_agree() -> None:
    raw = {"parameters": [{"name": "other", "in": "path", "required": True, "schema": {"type": "string"}}]}
    found = with_operation(raw, path="/a/{id}", method="get")
    assert only(found).path_parameters == ("id",)
    assert {one.message for one in found.document.problems} == {
        "the path parameter other has no place in the path",
        "the path parameter id is not declared",
    }


@pytest.mark.parametrize(
    ("root", "own", "security", "protected"),
    [
        ([{"key": []}], None, (("key",),), True),
        ([{"key": []}], [], (), False),
        ([{"key": []}], [{}], ((),), False),
        (None, [{"key": [], "app": []}], (("key", "app"),), True),
        (None, [{"key": []}, {}], (("key",), ()), False),
        (None, None, (), False),
    ],
    ids=["inherited", "opted-out", "optional", "both-needed", "alternatively-none", "nothing-said"],
)
def test_security_is_inherited_replaced_or_opted_out_of(
    root: Json, own: Json, security: tuple[tuple[str, ...], ...], protected: bool
) -> None:
    parts = {} if root is None else {"security": root}
    operation = only(with_operation({} if own is None else {"security": own}, **parts))
    assert (operation.security, operation.protected) == (security, protected)


def test_query_and_additional_operations_of_3_2_are_operations() -> None:
    item = {"query": {}, "additionalOperations": {"COPY": {}, "LINK": "bad"}}
    found = described({**document(paths={"/a": item}), "openapi": "3.2.0"})
    assert [one.label for one in found.document.operations] == ["QUERY /a", "COPY /a"]
    assert found.document.operations[0].safe


def test_paths_that_differ_behind_the_hash_are_one_operation() -> None:
    found = described(document(paths={"/#Action=A": {"get": {}}, "/#Action=B": {"get": {}}}))
    assert [one.path for one in found.document.operations] == ["/#Action=A"]
    assert "only behind #" in found.document.problems[0].message


def test_repeated_templates_and_operation_ids_are_problems() -> None:
    tree = document(paths={"/a/{x}": {"get": {"operationId": "o"}}, "/a/{y}": {"get": {"operationId": "o"}}})
    messages = [one.message for one in described(tree).document.problems]
    assert any("by parameter names only" in one for one in messages)
    assert "the operationId o is used by GET /a/{x} too" in messages


def test_swagger_2_forms_bodies_and_collections_are_read() -> None:
    item = {
        "post": {
            "consumes": ["multipart/form-data"],
            "produces": ["application/json"],
            "parameters": [
                {"name": "photo", "in": "formData", "type": "file", "required": True},
                {
                    "name": "ids",
                    "in": "query",
                    "type": "array",
                    "items": {"type": "integer"},
                    "collectionFormat": "ssv",
                },
            ],
            "responses": {"200": {"description": "", "schema": {"type": "object"}}},
        },
        "put": {"parameters": [{"name": "b", "in": "body", "required": True, "schema": {"type": "object"}}]},
    }
    tree = {"swagger": "2.0", "host": "h", "basePath": "/v1", "schemes": ["https"], "paths": {"/a": item}}
    found = described(tree)
    put, post = found.document.operations
    assert found.document.servers == ("https://h/v1",)
    assert put.body is not None
    assert dict(put.body.content) == {"application/json": {"type": "object"}}
    assert post.body is not None
    assert post.body.content["multipart/form-data"]["properties"]["photo"]["format"] == "binary"
    assert (post.parameters[0].style, post.parameters[0].explode) == ("spaceDelimited", False)
    assert post.answers["200"].content == {"application/json": {"type": "object"}}


@pytest.mark.parametrize(
    ("raw", "kind", "parameter", "token_url"),
    [
        ({"type": "http", "scheme": "Bearer"}, "bearer", "Authorization", ""),
        ({"type": "http", "scheme": "basic"}, "basic", "Authorization", ""),
        ({"type": "basic"}, "basic", "Authorization", ""),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, "api_key", "sid", ""),
        (
            {"type": "oauth2", "flows": {"implicit": {}, "password": {"tokenUrl": "/t"}}},
            "oauth2",
            "Authorization",
            "/t",
        ),
        ({"type": "oauth2", "flow": "application", "tokenUrl": "/u"}, "oauth2", "Authorization", "/u"),
        ({"type": "openIdConnect"}, "openid", "Authorization", ""),
        ({"type": "mutualTLS"}, "mutual_tls", "", ""),
        ("nonsense", "other", "", ""),
    ],
)
def test_security_schemes_of_every_dialect(raw: Json, kind: str, parameter: str, token_url: str) -> None:
    scheme = described(document(components={"securitySchemes": {"s": raw}})).document.schemes["s"]
    assert (scheme.kind, scheme.parameter, scheme.token_url) == (kind, parameter, token_url)


def test_server_variables_take_their_defaults() -> None:
    server = {"url": "https://{host}/{v}", "variables": {"host": {"default": "h"}, "v": {"default": "v2"}}}
    assert described(document(servers=[server, "bad"])).document.servers == ("https://h/v2",)


# --- references ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ref",
    ["#/paths/~1a~1{id}/get/x-s", "#/paths/~1a~1%7Bid%7D/get/x-s", "#/components/schemas/Odd%20«name»"],
)
def test_references_follow_escapes_and_percent_encoding(ref: str) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    tree = document(
        paths={
            "/a/{id}": {"get": {"x-s": schema}},
            "/b": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": ref}}}}}},
        },
        components={"schemas": {"Odd «name»": schema}},
    )
    found = described(tree)
    post = next(one for one in found.document.operations if one.method == "POST")
    assert [one.pointer for one in found.fields(post)] == ["/n"]
    assert found.request_valid(post, "application/json", {"n": 1})
    assert not found.request_valid(post, "application/json", {"n": "x"})


def test_a_property_called_ref_is_a_property() -> None:
    found = with_body({"type": "object", "properties": {"$ref": {"type": "string"}, "a": {"type": "integer"}}})
    assert [one.pointer for one in found.fields(only(found))] == ["/$ref", "/a"]
    assert found.request_valid(only(found), "application/json", {"$ref": "x"})
    assert not found.request_valid(only(found), "application/json", {"$ref": 3})


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("#/components/schemas/None", "points to nothing"),
        ("https://elsewhere.example/s.json#/a", "not fetched"),
        ("//elsewhere.example/s.json", "not fetched"),
        ("other.yaml#/a", "not read from a folder"),
        ("#name", "names an anchor"),
    ],
)
def test_broken_references_are_problems_with_place_and_line(ref: str, said: str) -> None:
    found = with_body({"type": "object", "properties": {"a": {"$ref": ref}, "b": {"type": "string"}}})
    (problem,) = found.document.problems
    assert said in problem.message
    assert problem.pointer == "/paths/~1things/post/requestBody/content/application~1json/schema/properties/a"
    assert problem.line == 1
    assert found.request_valid(only(found), "application/json", {"a": 1, "b": "x"})


def test_what_looks_like_a_reference_in_an_example_is_data() -> None:
    found = with_body({"type": "object", "example": {"$ref": "#/nowhere"}})
    assert found.document.problems == ()


def test_circles_of_references_end() -> None:
    schemas = {
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
        "C": {"allOf": [{"$ref": "#/components/schemas/C"}]},
        "D": {"type": "object", "properties": {"d": {"$ref": "#/components/schemas/D"}}},
    }
    for name in schemas:
        found = with_body({"$ref": f"#/components/schemas/{name}"}, components={"schemas": schemas})
        assert len(found.fields(only(found))) <= 4


def test_an_operation_may_be_a_reference_to_another_file(tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "get.yml").write_text(
        "parameters: [{$ref: '../shared.yml#/q'}]\nresponses: {'200': {$ref: '#/x-a'}}\nx-a: {description: hi}\n"
    )
    (tmp_path / "shared.yml").write_text(
        "q: {name: q, in: query, required: true, schema: {$ref: '#/s'}}\ns: {type: integer}\n"
    )
    found = described(document(paths={"/a": {"get": {"$ref": "ops/get.yml"}}}), folder=tmp_path)
    operation = only(found)
    assert operation.answers["200"].description == "hi"
    assert [(one.name, one.type) for one in found.fields(operation)] == [("q", "integer")]
    assert found.document.problems == ()


@pytest.mark.parametrize(
    "ref", ["../secret.yml#/a", "link.yml#/a", "/etc/passwd", "sub/../../secret.yml", "%2e%2e/secret.yml"]
)
def test_file_references_never_leave_the_folder(tmp_path: Path, ref: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.yml").write_text("a: {type: object, properties: {leaked: {}}}\n")
    (inside / "link.yml").symlink_to(tmp_path / "secret.yml")
    schema = {"requestBody": {"content": {"application/json": {"schema": {"$ref": ref}}}}}
    found = described(document(paths={"/a": {"post": schema}}), folder=inside)
    assert found.fields(only(found)) == ()
    assert "out of the document's folder" in found.document.problems[0].message


# --- fields -------------------------------------------------------------------------------------------------


def test_fields_are_parameters_then_members_flattened() -> None:
    schema = {
        "allOf": [
            {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}, "required": ["name"]},
            {"properties": {"name": {"type": "string"}, "items": {"type": "array", "minItems": 1, "items": {
                "type": "object", "required": ["sku"], "properties": {"sku": {"type": "string", "nullable": True}}}}}},
        ]
    }  # fmt: skip
    raw = {
        "parameters": [{"name": "dry~run", "in": "query", "schema": {"type": "boolean"}}],
        "requestBody": {"content": {"text/plain": {}, "application/json": {"schema": schema}}},
    }
    found = with_operation(raw)
    rows = [(one.location, one.pointer, one.name, one.required, one.nullable) for one in found.fields(only(found))]
    assert rows == [
        (Location.QUERY, "/dry~0run", "dry~run", False, False),
        (Location.BODY, "/name", "name", True, False),
        (Location.BODY, "/items", "items", False, False),
        (Location.BODY, "/items/0", "items", True, False),
        (Location.BODY, "/items/0/sku", "sku", True, True),
    ]


def test_the_first_branch_that_is_not_null_is_opened() -> None:
    schema = {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}}]}
    found = described({**document(paths={"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {
        "type": "object", "properties": {"inner": schema}}}}}}}}), "openapi": "3.1.0"})  # fmt: skip
    inner, leaf = found.fields(only(found))
    assert (inner.nullable, inner.type, leaf.schema["maxLength"]) == (True, "object", 3)


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "string", "nullable": True}, None, []),
        ({"type": "string", "enum": ["a"], "nullable": True}, None, []),
        ({"allOf": [{"type": "string"}], "nullable": True}, None, []),
        ({"type": "string"}, None, [("", "type")]),
        ({"type": "integer"}, 1.0, []),
        ({"type": "integer"}, 1.5, [("", "type")]),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0, [("", "exclusiveMinimum")]),
        ({"type": "string", "format": "date-time"}, "yesterday", []),
        ({"type": "String"}, 3, [("", "type")]),
        ({"type": "unheard-of"}, 3, []),
        ({"required": True, "type": "object"}, {}, []),
        ({"required": [], "enum": []}, "x", []),
        ({"type": "string", "pattern": "(?<broken"}, "x", []),
        ({"type": "string", "pattern": r"^\p{L}+$"}, "é1", [("", "pattern")]),
        ({"type": "object", "required": ["p"], "properties": {"p": {"writeOnly": True}}}, {}, []),
        ({"type": "object", "required": ["p"], "properties": {"p": {"readOnly": True}}}, {}, [("", "required")]),
        ({"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
         [{"n": "a"}, {"n": "b"}, {"n": 1}], [("/*/n", "type")]),
    ],
)  # fmt: skip
def test_answers_are_judged_by_the_3_0_dialect(schema: Json, value: Json, expected: list[tuple[str, str]]) -> None:
    assert departures(with_answer(schema), value) == expected


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": ["string", "null"]}, None, []),
        ({"type": "integer", "exclusiveMinimum": 0}, 0, [("", "exclusiveMinimum")]),
        ({"$ref": "#/components/schemas/S", "maxLength": 1}, "ab", [("", "maxLength")]),
        ({"prefixItems": [{"type": "integer"}]}, ["a"], [("/*", "type")]),
        ({"const": "a"}, "b", [("", "const")]),
        ({"$dynamicRef": "#node"}, "b", []),
        (True, "b", []),
    ],
)
def test_answers_are_judged_by_the_3_1_dialect(schema: Json, value: Json, expected: list[tuple[str, str]]) -> None:
    components = {"schemas": {"S": {"type": "string"}}}
    assert departures(with_answer(schema, "3.1.0", components=components), value) == expected


def test_violations_are_grouped_bounded_and_tell_no_values() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    found = with_answer(schema)
    body = json.dumps({f"k{n}": "s3cret" for n in range(100)}).encode()
    violations = found.response_violations(only(found), 200, "application/json; charset=utf-8", body)
    assert len(violations) == 20
    assert not any("s3cret" in one.message for one in violations)


@pytest.mark.parametrize(
    ("status", "media", "body"),
    [(404, "application/json", b"1"), (200, "text/html", b"1"), (200, "application/json", b"")],
    ids=["undocumented-status", "another-media-type", "no-body"],
)
def test_nothing_is_said_where_nothing_is_documented(status: int, media: str, body: bytes) -> None:
    found = with_answer({"type": "string"})
    assert found.response_violations(only(found), status, media, body) == ()


def test_a_json_answer_that_is_no_json_is_a_violation() -> None:
    found = with_answer({"type": "string"})
    (violation,) = found.response_violations(only(found), 200, "application/json", b"{oops")
    assert violation.keyword == "json"


@pytest.mark.parametrize(
    ("key", "status", "told"), [("200", 200, True), ("4XX", 404, True), ("default", 500, True), ("200", 201, False)]
)
def test_a_status_is_documented_exactly_by_class_or_by_default(key: str, status: int, told: bool) -> None:
    found = with_operation({"responses": {key: {"description": ""}}})
    assert found.documented(only(found), status) is told


@pytest.mark.parametrize(
    ("name", "operations"), [("crapi.json", 44), ("dj-rest-auth.yaml", 11), ("oas32-tags-example.yaml", 4)]
)
def test_real_documents_are_read_whole(name: str, operations: int) -> None:
    found = read((SPECS / name).read_bytes(), source=name)
    assert len(found.document.operations) == operations
    assert found.document.problems == ()
