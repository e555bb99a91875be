"""`?fields=`: less of a product, and a document that stays true of it."""

from __future__ import annotations

import pytest

from reference_app import calibration_settings, create_app
from reference_app.schemas.marketplace import ProductOut
from reference_app.schemas.projection import ProductField, ProjectedProductOut
from tests.reference_app.asking import Api, tell
from tests.reference_app.conformance import complaints

PRODUCTS = "/api/v1/products"


def test_only_the_named_members_are_answered_and_always_the_id() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        made = await ann.new_product()
        path = f"{PRODUCTS}/{made['id']}"
        for fields, expected in (
            ("name,price_cents", {"id", "name", "price_cents"}),
            ("description", {"id", "description"}),
            ("id", {"id"}),
            ("sku,sku", {"id", "sku"}),
            (",".join(ProductField), set(made)),
        ):
            one = (await api.get(path, params={"fields": fields})).json()
            (listed,) = (await api.get(PRODUCTS, params={"fields": fields})).json()["items"]
            assert one == listed == {name: made[name] for name in expected}
        assert (await api.get(path)).json() == made
        assert (await api.get(PRODUCTS)).json() == {"items": [made], "next_cursor": None}

    tell(story)


@pytest.mark.parametrize("fields", ["", "name,", "hashed_password", "seq", "name,Name", "name price_cents", "%00"])
def test_an_unknown_name_is_refused(fields: str) -> None:
    async def story(api: Api) -> None:
        made = await (await api.new_user()).new_product()
        for path in (PRODUCTS, f"{PRODUCTS}/{made['id']}"):
            answer = await api.get(f"{path}?fields={fields}")
            assert answer.status_code == 422
            assert answer.json()["error"]["details"][0]["field"].startswith("query.fields.")

    tell(story)


def test_each_projection_has_a_tag_of_its_own_and_none_poisons_the_cache() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        path = f"{PRODUCTS}/{(await ann.new_product())['id']}"
        less, whole = await api.get(f"{path}?fields=name"), await api.get(path)
        assert len(whole.json()) == len(ProductField)
        assert less.headers["ETag"] != whole.headers["ETag"]
        same = {"If-None-Match": less.headers["ETag"]}
        assert (await api.get(f"{path}?fields=name", headers=same)).status_code == 304
        assert (await api.get(path, headers=same)).status_code == 200
        await ann.patch(path, json={"name": "Oak desk"})
        assert (await api.get(f"{path}?fields=name", headers=same)).json()["name"] == "Oak desk"

    tell(story)


def test_pages_of_projections_read_on() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        made = [(await ann.new_product())["id"] for _ in range(3)]
        query = {"fields": "name", "limit": "2"}
        first = (await api.get(PRODUCTS, params=query)).json()
        second = (await api.get(PRODUCTS, params=query | {"cursor": first["next_cursor"]})).json()
        assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
        assert second["next_cursor"] is None

    tell(story)


def test_the_document_is_true_of_both() -> None:
    async def story(api: Api) -> None:
        document = (await api.get("/openapi.json")).json()
        made = await (await api.new_user()).new_product()
        for path in (PRODUCTS, f"{PRODUCTS}/{made['id']}"):
            for query in ("", "?fields=name", "?fields=nope"):
                assert complaints(document, await api.get(path + query)) == []

    tell(story)


def test_the_document_tells_of_the_parameter_once_and_exactly() -> None:
    document = create_app(calibration_settings()).openapi()
    for path in (PRODUCTS, PRODUCTS + "/{product_id}"):
        (told,) = [one for one in document["paths"][path]["get"]["parameters"] if one["name"] == "fields"]
        assert (told["style"], told["explode"], told["schema"]["type"]) == ("form", False, "array")
        assert told["schema"]["items"]["enum"] == list(ProductField)
    assert set(ProductField) == set(ProductOut.model_fields) == set(ProjectedProductOut.model_fields)
    assert document["components"]["schemas"]["ProjectedProductOut"]["required"] == ["id"]
    assert "name" in document["components"]["schemas"]["ProductOut"]["required"]
