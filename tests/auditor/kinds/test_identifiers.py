"""Identifiers as real answers have them: of what was made, of the rows of a list, in links, among other names."""

from __future__ import annotations

import pytest

from auditor.compare import at
from auditor.kinds import identifiers
from auditor.kinds.identifiers import addressed, anywhere, fitting, likely, linked, name_like, names, others, rows
from auditor.model import NOT_JSON, Json, Resource

CATS = Resource(name="/v1/cats", parameter="id")
ULID, HEX = "01J9ZQ4T6Y8N3V5B7C2D1F0G9H", "65f1c0ffee0a1b2c3d4e5f60"


@pytest.mark.parametrize(
    ("parameter", "body", "expected"),
    [
        ("id", {"data": {"type": "cats", "id": "7", "attributes": {"slug": "tom"}}}, "7"),
        ("slug", {"data": {"type": "cats", "id": "7", "attributes": {"slug": "tom"}}}, "tom"),
        ("id", {"status": "ok", "data": {"cat": {"_id": HEX, "name": "tom"}}}, HEX),
        ("id", {"cats": [{"id": ULID}]}, ULID),
        ("id", {"items": {}, "result": [{"id": 3}, {"id": 4}]}, "3"),
        ("id", [{"id": 3}, {"id": 4}], "3"),
        ("id", {"id": 7.0}, "7"),
        ("id", {"Id": 9}, "9"),
        ("id", {"pk": 9}, "9"),
        ("catId", {"cat_id": 3, "id": 9}, "3"),
        ("cat_identifier", {"id": 9, "identifier": "c9"}, "9"),
        ("cat_identifier", {"data": {"cat_id": "c9"}}, "c9"),
        ("number", {"id": 9, "number": "C-9"}, "C-9"),
        ("cat_slug", {"id": 9, "slug": "tom"}, "tom"),
        ("id", {"response": {"payload": {"cat": {"uuid": "u"}}}}, "u"),
        ("id", {"message": "made", "kitten": {"id": 5}}, "5"),
        ("id", {"code": 201, "message": "made"}, None),
        ("id", {"owner": {"id": 1}, "shop": {"id": 2}}, None),
        ("id", {"data": None}, None),
        ("id", {"data": []}, None),
        ("id", "made", None),
        ("id", NOT_JSON, None),
    ],
)
def test_the_identifier_of_what_was_made(parameter: str, body: Json, expected: str | None) -> None:
    assert identifiers.identifier(body, Resource(name="/v1/cats", parameter=parameter)) == expected


def test_an_odd_place_is_no_certain_one() -> None:
    assert identifiers.certain({"message": "made", "owner": {"id": 5}}, CATS) is None
    assert likely({"message": "made", "owner": {"id": 5}}, CATS) == "5"
    assert identifiers.certain({"message": "made", "cat": {"id": 5}}, CATS) == "5"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "1", "last_activity": "2026-11-21T10:00:00Z"}, "1"),
        ({"slug": "tom", "name": "Tom"}, "tom"),
        (17, "17"),
        ("65f1c0ffee0a1b2c3d4e5f60", HEX),
        ("8b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "8b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"),
        ("created", None),
        ({"code": "201"}, None),
        ({"name": 5}, None),
        (True, None),
    ],
)
def test_what_has_no_identifier_goes_by_its_name(body: Json, expected: str | None) -> None:
    assert name_like(body, CATS) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": [{"context": {"span_id": "s1", "trace_id": "t1"}}]}, "s1"),
        ({"spanId": "s2"}, "s2"),
        ({"spans": [{"id": "s3"}]}, None),
        ({"parent_span_id": "s4"}, None),
    ],
)
def test_a_name_that_leaves_no_doubt_is_found_at_any_depth(body: Json, expected: str | None) -> None:
    assert anywhere(body, Resource(name="/spans", parameter="span_identifier")) == expected


# --- names --------------------------------------------------------------------------------------------------

TOM: Json = {"id": 7, "uuid": "u-7", "slug": "tom", "name": "Tom", "cat_number": "C-7", "owner_id": 3, "colour": "red"}


def test_everything_that_names_an_object_and_nothing_that_names_another() -> None:
    known = {"id": "7", "uuid": "u-7", "slug": "tom", "name": "Tom", "cat_number": "C-7"}
    assert names(TOM, CATS) == known
    assert names({"data": {"attributes": TOM}}, CATS) == known


def test_an_id_that_says_whose_it_is_may_lie_a_level_deeper() -> None:
    inner = {"cat_id": "abc", "id": 9, "dog_id": "d", "litter": {"cat_id": "x"}}
    assert names({"id": 7, "context": inner, "kittens": [{"cat_id": "k"}]}, CATS) == {"id": "7", "cat_id": "abc"}


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("id", "7"), ("cat_id", "7"), ("cat", "7"), ("catId", "7"), ("uuid", "u-7"), ("cat_uuid", "u-7"),
        ("slug", "tom"), ("catSlug", "tom"), ("name", "Tom"), ("cat_number", "C-7"), ("number", "C-7"),
        ("colour", "7"), ("ref", "7"),
        ("cat_identifier", "7"),
    ],
)  # fmt: skip
def test_a_parameter_says_by_which_name_it_wants_the_object(parameter: str, expected: str) -> None:
    assert fitting(names(TOM, CATS), parameter, "7") == expected


def test_other_names_are_tried_ids_first() -> None:
    assert others(names(TOM, CATS), "7") == [("uuid", "u-7"), ("slug", "tom"), ("name", "Tom"), ("cat_number", "C-7")]
    assert others({"id": "7", "url": "http://api.test/cats/7", "pk": "7"}, "8") == [("id", "7")]


# --- lists --------------------------------------------------------------------------------------------------

ROW: Json = {"id": 1}


@pytest.mark.parametrize(
    "body",
    [
        [ROW],
        {"data": [ROW]},
        {"items": [ROW], "total": 1},
        {"results": [ROW], "next": None},
        {"content": [ROW], "pageable": {"sort": {"sorted": True}}},
        {"cats": [ROW], "links": []},
        {"_embedded": {"cats": [ROW]}, "_links": {"self": {"href": "/cats"}}, "page": {"size": 20}},
        {"hydra:member": [ROW], "hydra:totalItems": 1},
        {"@odata.context": "…", "value": [ROW]},
        {"data": {"cats": [ROW], "pageInfo": {"total": 1}}},
        {"data": {"cats": {"edges": [{"cursor": "x", "node": ROW}]}}},
        {"response": {"docs": [ROW], "numFound": 1}},
        {"hits": {"hits": [ROW]}},
        {"1": {"id": 1}},
    ],
)
def test_the_rows_of_a_list_however_it_is_wrapped(body: Json) -> None:
    assert [one["id"] for one in rows(body)] == [1]


@pytest.mark.parametrize("body", [[], {}, {"items": []}, {"total": 0}, "none", 5, None, {"data": {"total": 0}}])
def test_what_holds_no_rows(body: Json) -> None:
    assert rows(body) == []


def test_a_map_is_a_list_by_its_keys() -> None:
    assert rows({"routes": {"size": 3}, "tracks": {"size": 4}}) == [
        {"id": "routes", "size": 3},
        {"id": "tracks", "size": 4},
    ]


def test_rows_may_be_bare_identifiers() -> None:
    assert [identifiers.row_identifier(one, CATS) for one in rows({"ids": ["a", "b"]})] == ["a", "b"]


# --- links --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Tom", "_links": {"self": {"href": "http://api.test/v1/cats/7"}, "owner": {"href": "/owners/1"}}},
        {"links": {"self": "/cats/7"}},
        {"links": [{"rel": "next", "href": "/cats/8"}, {"rel": "self", "href": "/cats/7"}]},
        {"data": {"type": "cats", "links": {"self": "https://api.test/cats/7?full=1"}}},
        {"url": "http://api.test/cats/7/"},
        {"@id": "/cats/7"},
        {"href": "/api/v1/cats/7"},
        {"meta": {"href": "/cats/7"}},
    ],
)
def test_a_link_to_itself_tells_the_identifier(body: Json) -> None:
    assert linked(body, "/cats/{id}", "id") == "7"


ELSEWHERE: list[Json] = [{"url": "https://example.com/"}, {"links": {"self": None}}, {"links": 5}, [], NOT_JSON]


@pytest.mark.parametrize("body", ELSEWHERE)
def test_links_elsewhere_tell_nothing(body: Json) -> None:
    assert linked(body, "/cats/{id}", "id") is None


def test_a_location_is_read_whatever_comes_before_it() -> None:
    item = "/shops/{shop_id}/cats/{id}"
    both = {"shop_id": "1", "id": "a b"}
    assert addressed("http://api.test/v1/shops/1/cats/a%20b?x=1", item) == both
    assert addressed("/shops/1/cats/a%20b", item) == both
    assert addressed("/cats/7", item) == {}


def test_deep_and_hostile_bodies_end() -> None:
    deep: Json = {"id": 1}
    for _ in range(200):
        deep = {"data": deep}
    assert identifiers.identifier(deep, CATS) is None
    assert rows(deep) == []
    assert at(deep, "/data") is not NOT_JSON
