"""Nothing that is sent makes the sound application answer 5xx, and nonsense is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.reference_app.asking import PRODUCT, Api, tell

JSON = {"Content-Type": "application/json"}
UNREADABLE = {
    "cut short": b'{"a":',
    "empty": b"",
    "a brace too many": b'{"a":1}}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "NaN": b'{"price_cents": NaN}',
    "Infinity": b'{"price_cents": -Infinity}',
    "a huge float": b'{"price_cents": 1e999}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "half a surrogate": b'{"name": "\\ud800"}',
    "half a surrogate as a key": b'{"\\udfff": 1}',
    "NUL": b'{"name": "a\\u0000b"}',
    "a raw control character": b'{"name": "a\x00b"}',
    "65 bits": b'{"price_cents": 18446744073709551616}',
    "4,999 digits": b'{"price_cents": ' + b"9" * 4999 + b"}",
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 2000 + b"]" * 2000,
    "a key twice": b'{"name": "a", "name": "b"}',
}
WRONG_ROOT = {"null": b"null", "list": b"[]", "string": b'"x"', "number": b"7", "true": b"true"}
HOSTILE_VALUES = [
    "", " ", "\t", "\x7f", "a" * 5000, "💥" * 200, "' OR 1=1 --", "{{7*7}}", "../../etc/passwd",
    "<script>", 0, -1, 2**31, 2**63 - 1, -(2**63) + 1, 1.5, 1e300, True, None, [], {}, ["x"],
    {"$ne": ""},
]  # fmt: skip
HOSTILE_QUERIES = [
    "limit=0", "limit=-1", "limit=101", "limit=1e3", "limit=" + "9" * 5000, "limit=%00", "limit=",
    "limit=5&limit=x", "cursor=x", "cursor=", "cursor=gggggggggggggggg", "cursor=%ff%fe", "search=",
    "search=%00", "search=%ed%a0%80", "search=" + "a" * 101, "category=", "category=cars",
]  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_not_portable_json_is_a_400(body: bytes) -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        answer = await ann.post("/api/v1/products", content=body, headers=JSON)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_body")

    tell(story)


@pytest.mark.parametrize("body", WRONG_ROOT.values(), ids=WRONG_ROOT)
def test_a_body_that_is_no_object_is_a_422(body: bytes) -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        answer = await ann.post("/api/v1/products", content=body, headers=JSON)
        assert answer.status_code == 422

    tell(story)


@pytest.mark.parametrize("media", [None, "text/plain", "application/xml", "application/jsonx", "x"])
def test_another_media_type_is_a_415(media: str | None) -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        headers = {} if media is None else {"Content-Type": media}
        answer = await ann.post("/api/v1/products", content=b"{}", headers=headers)
        assert answer.status_code == 415

    tell(story)


@pytest.mark.parametrize("field", PRODUCT)
def test_no_value_of_any_field_breaks_the_server(field: str) -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        path = f"/api/v1/products/{(await ann.new_product())['id']}"
        for value in HOSTILE_VALUES:
            body = PRODUCT | {field: value}
            made = await ann.post("/api/v1/products", json=body)
            changed = await ann.patch(path, json={field: value})
            assert made.status_code in (201, 422), (field, value)
            assert (changed.status_code == 200) == (made.status_code == 201), (field, value)
        missing = {name: value for name, value in PRODUCT.items() if name != field}
        assert (await ann.post("/api/v1/products", json=missing)).status_code == 422

    tell(story)


@pytest.mark.parametrize("query", HOSTILE_QUERIES, ids=lambda query: str(query)[:30])
def test_a_hostile_query_is_refused_or_matches_nothing(query: str) -> None:
    async def story(api: Api) -> None:
        answer = await api.get(f"/api/v1/products?{query}")
        assert answer.status_code == 422 or answer.json()["items"] == []

    tell(story)


@pytest.mark.parametrize("identifier", ["0", "-1", "%00", "x" * 3000, "%ff", "null", "%2e%2e%2f", "{}", "1;drop"])
def test_a_hostile_identifier_is_refused(identifier: str) -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        for kind in ("orders", "products", "reviews"):
            answer = await ann.get(f"/api/v1/{kind}/{identifier}")
            assert answer.status_code in (404, 422)

    tell(story)


@pytest.mark.parametrize(
    "header",
    [b"Bearer", b"Bearer ", b"Bearer a.b.c", b"Bearer " + b"a" * 5000, b"Basic YTpi", b"x \xff"],
)
def test_a_hostile_credential_is_a_401(header: bytes) -> None:
    async def story(api: Api) -> None:
        sent = {b"Authorization": header}
        answer = await api.client.get("/api/v1/users/me", headers=sent)
        assert answer.status_code == 401

    tell(story)


@pytest.mark.parametrize("password", ["short1A", "nodigitsHere", "nouppercase1", "NOLOWER123"])
def test_a_weak_password_is_refused(password: str) -> None:
    async def story(api: Api) -> None:
        body = {"email": "weak@example.com", "password": password}
        assert (await api.post("/api/v1/auth/register", json=body)).status_code == 422

    tell(story)


def test_a_chunked_body_cannot_grow_past_the_limit() -> None:
    async def story(api: Api) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 10_000

        answer = await api.post("/api/v1/auth/login", content=chunks(), headers=JSON)
        assert answer.status_code == 413

    tell(story)
