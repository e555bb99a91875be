"""Made values: valid by the document, natural by their names, unique where it matters, the same for the same seed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.document.openapi import Description, read
from auditor.document.schemas import is_nullable
from auditor.evidence import ABSENT
from auditor.model import Field, Json, Location, Operation, Schema
from auditor.values.examples import Sampler, canary_of
from auditor.values.patterns import matches, size, texts
from auditor.values.serialising import Values, serialise

SPECS = Path(__file__).parents[2] / "specs"
CANARY = "aud0123456789ab"
TODAY = date(2026, 6, 15)


def described(operation: Json, version: str = "3.1.0", method: str = "post", **parts: Json) -> Description:
    tree = {"openapi": version, "paths": {"/things/{id}": {method: operation}}, **parts}
    return read(json.dumps(tree).encode(), source="test")


def with_body(schema: Json, version: str = "3.1.0", media: str = "application/json", **parts: Json) -> Description:
    media_parts = {key: parts.pop(key) for key in ("example", "examples") if key in parts}
    return described({"requestBody": {"content": {media: {"schema": schema, **media_parts}}}}, version, **parts)


def sampler_of(description: Description, seed: str = "1", run_id: str = CANARY) -> Sampler:
    return Sampler(description, seed=seed, run_id=run_id, today=TODAY)


def only(description: Description) -> Operation:
    (operation,) = description.document.operations
    return operation


def made(description: Description, n: int = 0, *, minimal: bool = False) -> Values:
    return sampler_of(description).fresh(only(description), n, minimal=minimal)


def body_of(values: Values) -> Json:
    return values.body


def body(schema: Json, version: str = "3.1.0", **parts: Json) -> Json:
    return made(with_body(schema, version, **parts)).body


def body_fields(description: Description) -> list[Field]:
    return [one for one in description.fields(only(description)) if one.location is Location.BODY]


def member(name: str, **schema: Json) -> Json:
    return body({"type": "object", "required": [name], "properties": {name: {"type": "string", **schema}}})[name]


# --- choosing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "example": "e", "default": "d", "enum": ["x"]}, "x"),
        ({"type": "string", "example": "e", "default": "d"}, "e"),
        ({"type": "string", "examples": ["es"], "default": "d"}, "es"),
        ({"type": "string", "default": "d"}, "d"),
        ({"type": "string", "enum": ["x", "y"]}, "x"),
        ({"const": 7, "example": 8}, 7),
        ({"type": "integer", "example": "seven"}, 1),
        ({"type": "integer", "minimum": 5, "default": 0}, 5),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "null"}, None),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"oneOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"anyOf": [{"$ref": "#/nowhere"}, {"type": "integer"}]}, 1),
    ],
)
def test_examples_come_first_unless_they_are_wrong(schema: Json, value: Json) -> None:
    assert body(schema) == value


def test_an_example_of_the_whole_body_is_taken_but_its_identity_is_ours() -> None:
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "email": {"type": "string"},
            "age": {"type": "integer"},
        },
    }
    value = body(schema, example={"id": 1, "email": "real@company.com", "age": 44})
    assert value["age"] == 44
    assert "id" not in value
    assert re.fullmatch(rf"{CANARY}[0-9a-f]+@example\.com", value["email"])


def test_an_example_beside_a_broken_reference_is_still_taken() -> None:
    schema = {"type": "object", "properties": {"note": {"$ref": "#/nowhere"}}}
    assert body(schema, example={"note": "x"}) == {"note": "x"}


def test_a_wrong_example_is_replaced_whole() -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    assert body(schema, example={"thing": {"n": 3}}) == {"n": 1}


def test_optional_members_that_stand_for_themselves_are_sent_unless_minimal() -> None:
    schema = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "note": {"type": "string"},
            "stock": {"type": "integer"},
            "owner_id": {"type": "string"},
            "old": {"type": "string", "deprecated": True},
            "nested": {"type": "object", "properties": {}},
            "seen_at": {"type": "string", "readOnly": True},
        },
    }
    description = with_body(schema)
    assert set(body_of(made(description))) == {"name", "note", "stock"}
    assert set(body_of(made(description, minimal=True))) == {"name"}


def test_read_only_members_are_not_sent_though_required_even_behind_a_reference() -> None:
    schema = {"type": "object", "required": ["id", "n"],
              "properties": {"id": {"$ref": "#/components/schemas/Id"}, "n": {"type": "integer"}}}  # fmt: skip
    description = with_body(schema, components={"schemas": {"Id": {"type": "string", "readOnly": True}}})
    values = made(description)
    assert values.body == {"n": 1}
    assert sampler_of(description).fits(only(description), values)


@pytest.mark.parametrize(
    ("spelled", "kind"),
    [("int", int), ("long", int), ("Float", float | int), ("str", str), ("bool", bool), ("list", list)],
)
def test_types_spelled_as_in_programs_are_understood(spelled: str, kind: type) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": spelled}}}
    assert isinstance(body(schema)["n"], kind)


@pytest.mark.parametrize(("method", "sent"), [("get", False), ("delete", False), ("post", True), ("patch", True)])
def test_an_optional_body_is_left_out_where_bodies_are_not_expected(method: str, sent: bool) -> None:
    raw = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    assert (made(described(raw, method=method)).body is not ABSENT) is sent


def test_json_is_preferred_then_forms() -> None:
    schema = {"schema": {"type": "object"}}
    content = dict.fromkeys(("application/xml", "multipart/form-data", "application/x-www-form-urlencoded"), schema)
    assert made(described({"requestBody": {"content": content}})).media_type == "application/x-www-form-urlencoded"
    content["application/vnd.a+json"] = schema
    assert made(described({"requestBody": {"content": content}})).media_type == "application/vnd.a+json"


def test_files_of_a_multipart_body_are_known() -> None:
    schema = {"type": "object", "required": ["photo", "name"],
              "properties": {"photo": {"type": "string", "format": "binary"}, "name": {"type": "string"}}}  # fmt: skip
    assert made(with_body(schema, media="multipart/form-data")).files == {"photo"}


def test_required_parameters_are_filled_and_optional_ones_left_out() -> None:
    raw = {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 42},
            {"name": "page", "in": "query", "required": True, "schema": {"type": "integer", "minimum": 3}},
            {"name": "q", "in": "query", "schema": {"type": "string"}},
            {"name": "X-Key", "in": "header", "required": True, "schema": {"type": "string", "enum": ["k"]}},
        ]
    }
    values = made(described(raw))
    assert (values.path, values.query, values.header) == ({"id": 42}, {"page": 3}, {"X-Key": "k"})


def test_a_branch_with_a_discriminator_carries_its_name() -> None:
    cat = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
    }
    union = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat!": "#/components/schemas/Cat"}},
    }
    assert body(union, components={"schemas": {"Cat": cat}})["kind"] == "cat!"


def test_branches_are_tried_until_exactly_one_fits() -> None:
    first = {"type": "object", "properties": {"a": {"type": "integer"}}}
    second = {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}, "a": {"type": "string"}}}
    schema = {"oneOf": [first, {**first, "required": ["a"]}, second]}
    description = with_body(schema)
    assert sampler_of(description).fits(only(description), made(description))


def test_schemas_that_contain_themselves_end() -> None:
    children = {"type": "array", "items": {"$ref": "#/components/schemas/N"}}
    node = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "children": children}}
    endless = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/E"}}}
    components = {"schemas": {"N": node, "E": endless}}
    assert "name" in body({"$ref": "#/components/schemas/N"}, components=components)
    assert body({"$ref": "#/components/schemas/E"}, components=components) is ABSENT


# --- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("email", rf"{CANARY}\w+@example\.com"),
        ("userEmailAddress", r".+"),
        ("username", rf"{CANARY}\w+"),
        ("password", r"(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^\w]).{12,}"),
        ("first_name", r"[A-Z][a-z]+"),
        ("lastName", r"[A-Z][a-z]+"),
        ("phone_number", r"\+1202555010\d|\+120255501\d\d"),
        ("birthDate", r"19\d\d-\d\d-\d\d"),
        ("start_date", r"2026-07-\d\d"),
        ("endDate", r"2026-07-\d\d"),
        ("country_code", r"[A-Z]{2}"),
        ("currency", r"[A-Z]{3}"),
        ("language", r"[a-z]{2}"),
        ("zip_code", r"\d{5}"),
        ("slug", rf"{CANARY}\w+"),
        ("sku", r"SKU-[0-9A-Z]+"),
        ("homepage", r"https://example\.com/\w+"),
        ("avatar_url", r"https://example\.com/\w+"),
        ("color", r"#[0-9a-f]{6}"),
        ("title", rf"Title {CANARY}\w+"),
        ("productName", rf"Name {CANARY}\w+"),
        ("external_uuid", r"[0-9a-f-]{36}"),
    ],
)
def test_a_name_says_what_a_text_looks_like(name: str, expression: str) -> None:
    assert re.fullmatch(expression, member(name))


def test_dates_follow_the_format_and_the_name_together() -> None:
    assert member("birth_date", format="date") < "2000"
    assert member("expires_at", format="date-time") > "2026-06-15"
    assert member("start_date", format="date-time").endswith("T12:00:00Z")
    assert member("start_date", format="date") < member("end_date", format="date")


@pytest.mark.parametrize(
    ("name", "bounds", "longest"),
    [
        ("email", {"maxLength": 24}, 24),
        ("username", {"maxLength": 8}, 8),
        ("title", {"minLength": 80, "maxLength": 90}, 90),
        ("slug", {"pattern": "^[a-z0-9-]{3,12}$"}, 12),
        ("code", {"pattern": "^[A-Z]{3}-[0-9]{4}$"}, 8),
    ],
)
def test_lengths_and_patterns_hold_for_named_texts_too(name: str, bounds: Mapping[str, Json], longest: int) -> None:
    value = member(name, **bounds)
    assert bounds.get("minLength", 1) <= len(value) <= longest
    assert matches(str(bounds.get("pattern", "")), value)


DISTINCT = ("email", "username", "title", "sku")
UNIQUE = {
    "type": "object",
    "required": list(DISTINCT),
    "properties": {name: {"type": "string", "maxLength": 40} for name in DISTINCT},
}


def test_fresh_values_differ_where_uniqueness_is_likely() -> None:
    rows = [body_of(made(with_body(UNIQUE), n)) for n in range(20)]
    assert all(len({row[name] for row in rows}) == 20 for name in rows[0])


def test_two_operations_do_not_make_the_same_unique_values() -> None:
    content = {"requestBody": {"content": {"application/json": {"schema": UNIQUE}}}}
    tree = {"openapi": "3.1.0", "paths": {"/a": {"post": content}, "/b": {"post": content}}}
    description = read(json.dumps(tree).encode(), source="test")
    first, second = (body_of(sampler_of(description).golden_values(one)) for one in description.document.operations)
    assert not set(first.values()) & set(second.values())


def test_the_same_seed_and_run_make_the_same_whatever_came_before() -> None:
    schema = {"type": "object", "properties": {"email": {"type": "string"}, "code": {"pattern": "^x{3,9}$"}}}
    description = with_body(schema)
    one, other = sampler_of(description), sampler_of(description)
    other.fresh(only(description), 3)
    assert one.fresh(only(description), 7) == other.fresh(only(description), 7)
    assert one.fresh(only(description), 7) != sampler_of(description, run_id="other").fresh(only(description), 7)


def test_the_canary_is_that_of_the_run() -> None:
    assert canary_of(CANARY) == CANARY
    assert re.fullmatch("aud[0-9a-f]{12}", canary_of("run-1"))
    assert canary_of("run-1") != canary_of("run-2")


def test_samples_of_a_field_go_through_what_the_schema_offers() -> None:
    parts = {"kind": {"enum": ["a", "b", "c"]}, "on": {"type": "boolean"}}
    description = with_body({"type": "object", "properties": parts})
    sampler = sampler_of(description)
    kind, on = body_fields(description)
    assert {sampler.sample(kind, n) for n in range(3)} == {"a", "b", "c"}
    assert {sampler.sample(on, n) for n in range(2)} == {True, False}


# --- any schema ---------------------------------------------------------------------------------------------

BOUND = st.integers(-50, 50)
PATTERN = st.sampled_from(["^[a-z]{2,5}$", r"^\d{3}-\d{4}$", "^(a|b)+c?$", r"^\S+@\S+\.\w+$", "x", r"^[\w-]{8,}$"])


def numbers(whole: bool, least: int, above: int | None, factor: float | None) -> Schema:
    schema: dict[str, Json] = {"type": "integer" if whole else "number", "minimum": least}
    schema |= {} if above is None else {"exclusiveMinimum": above}
    schema |= {} if factor is None else {"multipleOf": factor}
    return {**schema, "maximum": max(least, least if above is None else above) + 7}


def plain_texts(least: int, form: str | None, example: Json) -> Schema:
    schema: dict[str, Json] = {"type": "string", "minLength": least, "maxLength": least + 40, "example": example}
    return schema if form is None or least > 8 else {**schema, "format": form}


NUMBERS = st.builds(numbers, st.booleans(), BOUND, st.none() | BOUND, st.none() | st.sampled_from([1, 3, 0.5, 0.01]))
FORMATS = st.none() | st.sampled_from(["date", "date-time", "uuid", "ipv4", "email", "unheard-of"])
TEXTS = st.builds(plain_texts, st.integers(0, 30), FORMATS, st.text(max_size=3) | st.integers() | st.none())
PATTERNS = PATTERN.map(lambda pattern: {"type": "string", "pattern": pattern})
LEAVES = NUMBERS | TEXTS | PATTERNS | st.just({"type": "boolean"}) | st.just({"enum": ["a", 1, None]})
NAMES = st.sampled_from(["email", "name", "price", "kind", "when", "x y"])


def closed(parts: dict[str, Schema], required: list[str]) -> Schema:
    names = [name for name in required if name in parts]
    return {"type": "object", "properties": parts, "required": names, "additionalProperties": False}


def objects(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(closed, st.dictionaries(NAMES, inner, max_size=4), st.lists(NAMES, unique=True, max_size=3))


def lists(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.builds(lambda items, n: {"type": "array", "items": items, "minItems": n}, inner, st.integers(0, 3))


def unions(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options})


SCHEMAS = st.recursive(LEAVES, lambda inner: objects(inner) | lists(inner) | unions(inner), max_leaves=8)


@settings(max_examples=400, deadline=None)
@given(SCHEMAS, st.integers(0, 3))
def test_a_value_of_any_satisfiable_schema_is_valid_and_can_be_sent(schema: Schema, n: int) -> None:
    description = with_body(schema)
    values = made(description, n)
    assert sampler_of(description).fits(only(description), values)
    assert json.loads(serialise(only(description), values).body) == values.body


@settings(max_examples=300, deadline=None)
@given(LEAVES | lists(LEAVES))
def test_violations_break_one_constraint_and_their_twins_none(schema: Schema) -> None:
    description = with_body({"type": "object", "properties": {"f": schema}})
    sampler = sampler_of(description)
    for field in body_fields(description):
        found = sampler.violations(field)
        assert len({one.kind for one in found}) == len(found)
        for one in found:
            refused = not description.validators.valid(field.schema, one.value)
            assert refused or one.kind.startswith("format-")
            assert one.twin is None or description.validators.valid(field.schema, one.twin)


def broken(location: Location = Location.BODY, **schema: Json) -> dict[str, tuple[Json, Json]]:
    field = Field(location=location, pointer="/f", name="f", required=True, nullable=is_nullable(schema), schema=schema)
    return {one.kind: (one.value, one.twin) for one in sampler_of(with_body({})).violations(field)}


@pytest.mark.parametrize(
    ("schema", "kind", "value", "twin"),
    [
        ({"type": "integer", "minimum": 1}, "below-minimum", 0, 1),
        ({"type": "integer", "maximum": 9}, "above-maximum", 10, 9),
        ({"type": "integer", "exclusiveMinimum": 0}, "below-minimum", 0, 1),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, "below-minimum", 0, 1),
        ({"type": "number", "exclusiveMinimum": 0}, "below-minimum", 0, 0.01),
        ({"type": "number", "minimum": 0, "maximum": 1}, "above-maximum", 1.01, 1),
        ({"type": "number", "minimum": 0.5, "multipleOf": 0.5}, "below-minimum", 0, 0.5),
        ({"type": "string", "minLength": 1}, "too-short", "", None),
        ({"type": "string", "maxLength": 5, "pattern": "^[a-z]+$"}, "too-long", "audabc", None),
        ({"type": "string", "enum": ["a", "b"]}, "not-in-enum", "not-a", "b"),
        ({"type": "integer", "enum": [1, 5]}, "not-in-enum", 6, 5),
        ({"type": "string", "format": "email"}, "format-email", "not-an-email", None),
        ({"type": "string", "format": "date"}, "format-date", "not-a-date", None),
        ({"type": "string", "format": "uuid"}, "format-uuid", "not-a-uuid", None),
        ({"type": "string", "format": "url"}, "format-uri", "not a uri", None),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, "too-few-items", None, None),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 2}, "too-many-items", None, None),
        ({"type": "integer", "multipleOf": 5}, "not-a-multiple", None, None),
        ({"type": "string", "pattern": "^[0-9]{4}$"}, "pattern", None, None),
    ],
)  # fmt: skip
def test_each_constraint_has_its_violation_and_its_boundary(schema: Json, kind: str, value: Json, twin: Json) -> None:
    found = broken(**schema)
    assert list(found) == [kind] or kind == "too-long" or "minimum" in schema or "maximum" in schema
    assert value is None or kind == "too-long" or found[kind][0] == value
    assert found[kind][1] is not None
    assert twin is None or found[kind][1] == twin


def test_a_text_that_is_too_long_keeps_pattern_and_format() -> None:
    value, twin = broken(type="string", maxLength=5, pattern="^[a-z]+$")["too-long"]
    assert (len(value), len(twin)) == (6, 5)
    assert matches("^[a-z]+$", value)
    address, longest = broken(type="string", maxLength=120, format="email")["too-long"]
    assert (len(address), len(longest)) == (121, 120)
    assert all(0 < len(label) <= 63 for label in address.partition("@")[2].split("."))
    assert "too-long" not in broken(type="string", maxLength=254, format="email")


@pytest.mark.parametrize("form", ["password", "byte", "binary"])
def test_secrets_and_encoded_bytes_are_not_bent(form: str) -> None:
    assert broken(type="string", format=form, minLength=3) == {}


def test_what_another_alternative_allows_is_no_violation() -> None:
    schema = {"anyOf": [{"type": "string", "format": "uuid", "maxLength": 36}, {"type": "string"}]}
    description = with_body({"type": "object", "properties": {"f": schema}})
    (field,) = body_fields(description)
    assert sampler_of(description).violations(field) == ()


def test_an_empty_path_segment_or_query_list_is_never_a_violation() -> None:
    assert "too-short" not in broken(Location.PATH, type="string", minLength=1)
    assert "too-few-items" not in broken(Location.QUERY, type="array", items={"type": "string"}, minItems=1)


# --- patterns -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [r"^\p{L}{3}$", r"^[\p{L}\d]{3}$", r"^(?<year>\d{4})$", r"^https?:\/\/x$", "^(?:a|b){2}$", "[A-Z]", r"^[^\s]+$"],
)
def test_texts_are_made_from_patterns_of_other_dialects(pattern: str) -> None:
    assert next(iter(texts(pattern, Random(1), 0, 100)), None) is not None


@pytest.mark.parametrize("pattern", ["^((a{1,1000}){1,1000}){1,1000}$", "(" * 600, "[z-a]", "^(a+)+$" * 200])
def test_patterns_that_cannot_or_should_not_be_made_end_quickly(pattern: str) -> None:
    assert list(texts(pattern, Random(1), 0, 100)) == [] or size(pattern) <= 20_000


def test_matching_never_backtracks_without_end() -> None:
    assert matches("^(a+)+$", "a" * 5_000 + "!") is False


@pytest.mark.parametrize("name", ["crapi.json", "dj-rest-auth.yaml"])
def test_every_operation_of_a_real_document_gets_a_valid_request(name: str) -> None:
    description = read((SPECS / name).read_bytes(), source=name)
    sampler = sampler_of(description)
    for operation in description.document.operations:
        values = sampler.golden_values(operation)
        assert sampler.fits(operation, values), operation.label
        assert serialise(operation, values).path.startswith("/")
