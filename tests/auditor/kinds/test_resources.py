"""Resources from paths, references from names, identifiers from answers."""

from __future__ import annotations

import pytest

from auditor.kinds.resources import foreign_keys, identifier, infer
from auditor.model import Document, Field, Json, Location, Operation, Resource

EVERY = ("create", "list", "read", "replace", "modify", "remove")


def document(*labels: str) -> Document:
    return Document(operations=tuple(Operation(method=m, path=p) for m, _, p in (one.partition(" ") for one in labels)))


def found(*labels: str) -> dict[str, Resource]:
    return {one.name: one for one in infer(document(*labels))}


def parts(resource: Resource) -> dict[str, str]:
    return {name: one.label for name in EVERY if (one := getattr(resource, name)) is not None}


@pytest.mark.parametrize(
    ("collection", "item", "parameter"),
    [
        ("/cats", "/cats/{id}", "id"),
        ("/api/v1/cats", "/api/v1/cats/{catId}", "catId"),
        ("/cats/", "/cats/{cat_id}/", "cat_id"),
        ("/v2/cats", "/v2/cats/{name}", "name"),
    ],
)
def test_a_collection_and_its_items_are_one_resource(collection: str, item: str, parameter: str) -> None:
    labels = [f"POST {collection}", f"GET {collection}", *(f"{m} {item}" for m in ("GET", "PUT", "PATCH", "DELETE"))]
    (resource,) = infer(document(*labels))
    assert (resource.name, resource.parameter) == (collection.rstrip("/"), parameter)
    assert list(parts(resource).values()) == labels


def test_nested_collections_name_the_resource_that_fills_each_parameter() -> None:
    resources = found(
        "POST /shops", "GET /shops/{shop_id}",
        "POST /shops/{shop_id}/cats", "GET /shops/{shop_id}/cats/{id}",
        "POST /shops/{shopId}/cats/{catId}/toys", "DELETE /shops/{shopId}/cats/{catId}/toys/{toyId}",
    )  # fmt: skip
    assert resources["/shops/{shop_id}/cats"].parents == {"shop_id": "/shops"}
    assert resources["/shops/{shopId}/cats/{catId}/toys"].parents == {
        "shopId": "/shops",
        "catId": "/shops/{shop_id}/cats",
    }


def test_parents_stand_before_their_children() -> None:
    names = [one.name for one in infer(document("POST /a/{id}/b", "GET /a/{id}/b", "POST /a", "GET /a/{id}"))]
    assert names == ["/a", "/a/{id}/b"]


def test_shallow_items_join_the_collection_that_creates_them() -> None:
    resources = found(
        "POST /shops", "GET /shops/{id}", "POST /shops/{id}/toys", "GET /toys/{toy_id}", "PATCH /toys/{toy_id}"
    )
    toys = resources["/shops/{id}/toys"]
    assert parts(toys) == {
        "create": "POST /shops/{id}/toys",
        "read": "GET /toys/{toy_id}",
        "modify": "PATCH /toys/{toy_id}",
    }
    assert (toys.parameter, toys.parents) == ("toy_id", {"id": "/shops"})


def test_shallow_items_with_two_possible_collections_stay_apart() -> None:
    resources = found("POST /shops/{id}/toys", "POST /cats/{id}/toys", "GET /toys/{toy_id}")
    assert parts(resources["/toys"]) == {"read": "GET /toys/{toy_id}"}


def test_what_there_is_only_one_of_is_never_created() -> None:
    resource = found("GET /people/me", "PATCH /people/me", "POST /people", "GET /people/{id}")["/people/me"]
    assert parts(resource) == {"read": "GET /people/me", "modify": "PATCH /people/me"}
    assert resource.parameter == ""


def test_deeds_are_no_resources() -> None:
    assert set(found("POST /login", "POST /cats/search", "GET /cats/search", "GET /health")) == set()


def test_a_path_of_parameters_alone_is_no_resource() -> None:
    assert infer(document("GET /{a}", "GET /", "POST /")) == ()


# --- references ---------------------------------------------------------------------------------------------

KINDS = infer(
    document(
        *(f"{m} /{name}{tail}" for name in ("categories", "boxes", "people", "order-items", "doctors", "addresses")
          for m, tail in (("POST", ""), ("GET", "/{id}"))),
    )
)  # fmt: skip


def field(pointer: str, **schema: Json) -> Field:
    name = next(one for one in reversed(pointer.split("/")) if not one.isdigit())
    return Field(location=Location.BODY, pointer=pointer, name=name, required=True, nullable=False, schema=schema)


@pytest.mark.parametrize(
    ("field", "target"),
    [
        (field("/category_id", type="string"), "/categories"),
        (field("/categoryId", type="integer"), "/categories"),
        (field("/category", type="string", format="uuid"), "/categories"),
        (field("/category", type="integer"), "/categories"),
        (field("/category", type="string"), None),
        (field("/category", type="string", enum=["a"]), None),
        (field("/categoryIds/0", type="string"), "/categories"),
        (field("/items/0/box_id", type="string"), "/boxes"),
        (field("/personUUID", type="string"), "/people"),
        (field("/orderItemId", type="string"), "/order-items"),
        (field("/primary_doctor_id", type="string"), "/doctors"),
        (field("/billing_address_id", type="string"), "/addresses"),
        (field("/id", type="string"), None),
        (field("/unknown_id", type="string"), None),
        (field("/quantity", type="integer"), None),
        (field("/doctor_id", type="object"), None),
    ],
)
def test_fields_point_to_the_resource_they_are_called_after(field: Field, target: str | None) -> None:
    assert foreign_keys([field], KINDS) == ({} if target is None else {field.pointer: target})


# --- identifiers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "body", "expected"),
    [
        ("id", {"id": 7}, "7"),
        ("id", {"_id": "a1"}, "a1"),
        ("id", {"uuid": "u"}, "u"),
        ("cat_id", {"catId": "c", "id": "other"}, "c"),
        ("id", {"cat_id": 3, "owner_id": 4}, "3"),
        ("id", {"data": {"id": "d"}}, "d"),
        ("id", {"result": {"id": "r"}, "meta": {"id": "m"}}, "r"),
        ("id", {"cat": {"id": "w"}, "owner": {"id": "o"}}, "w"),
        ("id", {"ok": True, "anything": {"id": 5}}, "5"),
        ("name", {"kind": "Cat", "metadata": {"name": "tom", "uid": "u1"}, "spec": {}, "status": {}}, "tom"),
        ("id", {"metadata": {"id": "of the request"}, "links": {}}, None),
        ("slug", {"slug": "tom", "id": 1}, "tom"),
        ("cat_slug", {"slug": "tom"}, "tom"),
        ("number", {"number": 12}, "12"),
        ("id", [{"id": 1}], "1"),
        ("id", {"id": True}, None),
        ("id", {"id": ""}, None),
        ("id", {"id": None, "name": "x"}, None),
        ("id", {"owner_id": 3}, None),
        ("id", "text", None),
        ("id", [], None),
    ],
)
def test_an_identifier_is_found_where_apis_put_it(parameter: str, body: Json, expected: str | None) -> None:
    assert identifier(body, Resource(name="/v1/cats", parameter=parameter)) == expected
