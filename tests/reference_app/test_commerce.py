"""What sellers, programs and browsers are promised: states, shelves, shops, promotions, money, keys, sessions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from reference_app.core.cache import LARGEST, Cache
from reference_app.services.webhooks import is_public, leads_outside
from tests.reference_app.asking import PASSWORD, Api, tell

ADMIN = {"admin_email": "admin@example.com", "admin_password": "Calibrat1on-admin"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


async def made(api: Api, path: str, **body: object) -> dict[str, Any]:
    answer = await api.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def admin_of(api: Api) -> Api:
    return await api.login(ADMIN["admin_email"], ADMIN["admin_password"])


# --- orders move --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "statuses"),
    [
        (("confirm", "ship", "deliver"), (200, 200, 200)),
        (("ship",), (409,)),
        (("confirm", "confirm"), (200, 409)),
        (("cancel", "confirm"), (200, 409)),
        (("confirm", "ship", "cancel"), (200, 200, 409)),
    ],
)
def test_an_order_moves_only_along_its_states(steps: tuple[str, ...], statuses: tuple[int, ...]) -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        order = await ann.new_order()
        answers = [await ann.post(f"/api/v1/orders/{order['id']}/{step}") for step in steps]
        assert tuple(answer.status_code for answer in answers) == statuses

    tell(story)


def test_nobody_else_moves_an_order() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        order = await ann.new_order()
        assert (await bob.post(f"/api/v1/orders/{order['id']}/confirm")).status_code == 404
        assert (await ann.get(f"/api/v1/orders/{order['id']}")).json()["status"] == "placed"

    tell(story)


def test_of_two_who_confirm_at_once_one_does() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        order = await ann.new_order()
        path = f"/api/v1/orders/{order['id']}/confirm"
        answers = await asyncio.gather(*(ann.post(path) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]

    tell(story)


# --- warehouses, shelves, stock -----------------------------------------------------------------------------


async def shelf_of(api: Api, seller: Api) -> dict[str, Any]:
    warehouse = await made(await admin_of(api), "/warehouses", name="North hall", city="Sampleton")
    return await made(seller, f"/warehouses/{warehouse['id']}/shelves", label="A-17")


def test_only_admins_open_warehouses() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        refused = await ann.post("/api/v1/warehouses", json={"name": "Mine", "city": "Sampleton"})
        assert refused.status_code == 403
        shelf = await shelf_of(api, ann)
        assert (await ann.get(f"/api/v1/shelves/{shelf['id']}")).status_code == 200
        assert (await (await api.new_user()).get(f"/api/v1/shelves/{shelf['id']}")).status_code == 404

    tell(story, settings=ADMIN)


def test_stock_is_counted_by_whoever_read_it_last() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        shelf, product = await shelf_of(api, ann), await ann.new_product()
        item = await made(ann, "/stock", shelf_id=shelf["id"], product_id=product["id"], quantity=4)
        path = f"/api/v1/stock/{item['id']}"
        tag = (await ann.get(path)).headers["ETag"]
        assert (await ann.patch(path, json={"quantity": 5})).status_code == 428
        assert (await ann.patch(path, json={"quantity": 5}, headers={"If-Match": '"0"'})).status_code == 412
        assert (await ann.patch(path, json={"quantity": 5}, headers={"If-Match": f"W/{tag}"})).status_code == 412
        changed = await ann.patch(path, json={"quantity": 5}, headers={"If-Match": tag})
        assert (changed.status_code, changed.json()["quantity"]) == (200, 5)
        assert (await ann.patch(path, json={"quantity": 6}, headers={"If-Match": tag})).status_code == 412
        assert (await ann.patch(path, json={"quantity": 6}, headers={"If-Match": changed.headers["ETag"]})).is_success

    tell(story, settings=ADMIN)


def test_a_product_lies_on_a_shelf_once_and_only_ones_own() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        shelf, product = await shelf_of(api, ann), await ann.new_product()
        body = {"shelf_id": shelf["id"], "product_id": product["id"], "quantity": 1}
        assert (await ann.post("/api/v1/stock", json=body)).status_code == 201
        assert (await ann.post("/api/v1/stock", json=body)).status_code == 409
        other = await bob.new_product()
        assert (await ann.post("/api/v1/stock", json=body | {"product_id": other["id"]})).status_code == 403
        assert (await bob.post("/api/v1/stock", json=body | {"product_id": other["id"]})).status_code == 422

    tell(story, settings=ADMIN)


# --- shops and promotions -----------------------------------------------------------------------------------


def test_a_slug_is_taken_once() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        shop = await made(ann, "/shops", slug="anns-desks", name="Ann's desks")
        assert (await bob.post("/api/v1/shops", json={"slug": "anns-desks", "name": "Mine"})).status_code == 409
        assert (await api.get(f"/api/v1/shops/{shop['slug']}")).json()["name"] == "Ann's desks"
        assert (await bob.patch("/api/v1/shops/anns-desks", json={"name": "Mine"})).status_code == 403
        assert (await ann.delete("/api/v1/shops/anns-desks")).status_code == 204

    tell(story)


@pytest.mark.parametrize(
    ("starts", "ends", "status"), [(1, 2, 201), (2, 1, 422), (-1, 2, 422)], ids=["in order", "backwards", "past"]
)
def test_a_promotion_lies_ahead_and_ends_after_it_starts(starts: int, ends: int, status: int) -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        product = await ann.new_product()
        times = {name: (datetime.now(UTC) + timedelta(days=days)).isoformat() for name, days in
                 (("starts_at", starts), ("ends_at", ends))}  # fmt: skip
        answer = await ann.post("/api/v1/promotions", json={"product_id": product["id"], "percent": 10} | times)
        assert answer.status_code == status, answer.text

    tell(story)


# --- money --------------------------------------------------------------------------------------------------


async def wallets(ann: Api, cents: int) -> tuple[str, str]:
    full, empty = await made(ann, "/wallets", name="Full"), await made(ann, "/wallets", name="Empty")
    await made(ann, f"/wallets/{full['id']}/deposits", amount_cents=cents)
    return full["id"], empty["id"]


async def balances(ann: Api, *ids: str) -> list[int]:
    return [(await ann.get(f"/api/v1/wallets/{one}")).json()["balance_cents"] for one in ids]


async def moved(ann: Api, source: str, target: str, cents: int, **headers: str) -> httpx.Response:
    body = {"from_wallet_id": source, "to_wallet_id": target, "amount_cents": cents}
    return await ann.post("/api/v1/transfers", json=body, headers=headers)


def test_a_transfer_moves_all_or_nothing_and_is_booked_twice() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        full, empty = await wallets(ann, 1000)
        assert (await moved(ann, full, empty, 1001)).status_code == 409
        assert await balances(ann, full, empty) == [1000, 0]
        answer = await moved(ann, full, empty, 400)
        assert answer.status_code == 201
        assert await balances(ann, full, empty) == [600, 400]
        for wallet, amounts in ((full, [-400, 1000]), (empty, [400])):
            entries = (await ann.get(f"/api/v1/wallets/{wallet}/entries")).json()["items"]
            assert [one["amount_cents"] for one in entries] == amounts
        assert (await ann.get(answer.headers["Location"])).json()["amount_cents"] == 400

    tell(story)


def test_who_spends_the_same_money_at_once_spends_it_once() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        full, empty = await wallets(ann, 1000)
        answers = await asyncio.gather(*(moved(ann, full, empty, 600) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
        assert await balances(ann, full, empty) == [400, 600]

    tell(story)


def test_a_repeated_transfer_with_its_key_moves_nothing() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        full, empty = await wallets(ann, 1000)
        key = {"Idempotency-Key": "transfer-0001"}
        first, again = [await moved(ann, full, empty, 300, **key) for _ in range(2)]
        assert first.json()["id"] == again.json()["id"]
        assert await balances(ann, full, empty) == [700, 300]
        assert (await moved(ann, full, empty, 301, **key)).status_code == 422

    tell(story)


def test_money_leaves_ones_own_wallet_only() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        full, empty = await wallets(ann, 1000)
        assert (await moved(bob, full, empty, 10)).status_code == 422
        assert (await moved(ann, full, full, 10)).status_code == 422
        transfer = (await moved(ann, full, empty, 10)).json()
        assert (await bob.get(f"/api/v1/transfers/{transfer['id']}")).status_code == 404

    tell(story)


# --- programs and browsers ----------------------------------------------------------------------------------


def test_a_key_is_shown_once_reads_the_feed_and_can_be_revoked() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        await ann.new_order()
        key = await made(ann, "/api-keys", name="nightly export")
        listed = (await ann.get("/api/v1/api-keys")).json()["items"]
        assert [one["id"] for one in listed] == [key["id"]]
        assert "key" not in listed[0]
        program = {"X-API-Key": key["key"]}
        assert len((await api.get("/api/v1/feed", headers=program)).json()["items"]) == 1
        assert (await ann.get("/api/v1/feed")).status_code == 401
        assert (await ann.delete(f"/api/v1/api-keys/{key['id']}")).status_code == 204
        assert (await api.get("/api/v1/feed", headers=program)).status_code == 401

    tell(story)


def test_a_session_reads_by_its_cookie_and_writes_with_its_csrf_token() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        begun = await api.post("/api/v1/auth/session", json={"email": ann.email, "password": PASSWORD})
        assert begun.status_code == 201
        cookie = begun.headers["Set-Cookie"]
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax"))
        body = {"name": "Savings"}
        assert (await api.get("/api/v1/users/me")).json()["email"] == ann.email
        assert (await api.post("/api/v1/wallets", json=body)).status_code == 403
        forged = {"X-CSRF-Token": "0" * 64}
        assert (await api.post("/api/v1/wallets", json=body, headers=forged)).status_code == 403
        token = {"X-CSRF-Token": begun.json()["csrf_token"]}
        assert (await api.post("/api/v1/wallets", json=body, headers=token)).status_code == 201
        assert (await api.delete("/api/v1/auth/session", headers=token)).status_code == 204
        api.client.cookies.set("session", cookie.partition("=")[2].partition(";")[0], domain="api.example.test")
        assert (await api.get("/api/v1/users/me")).status_code == 401

    tell(story)


def test_a_cookie_is_no_access_token_and_the_other_way_round() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        begun = await api.post("/api/v1/auth/session", json={"email": ann.email, "password": PASSWORD})
        value = begun.cookies["session"]
        api.client.cookies.clear()
        assert (await Api(api.client, value).get("/api/v1/users/me")).status_code == 401
        api.client.cookies.set("session", ann.token or "", domain="api.example.test")
        assert (await api.get("/api/v1/users/me")).status_code == 401

    tell(story)


# --- long work, pictures, webhooks, the first account --------------------------------------------------------


def test_an_export_is_accepted_and_ends() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        await ann.new_order()
        asked = await ann.post("/api/v1/exports")
        assert (asked.status_code, asked.json()["status"]) == (202, "running")
        done = (await ann.get(asked.headers["Location"])).json()
        assert (done["status"], done["orders"]) == ("done", 1)

    tell(story)


@pytest.mark.parametrize(
    ("media", "content", "status"),
    [
        ("image/png", PNG, 204),
        ("image/png", b"\xff\xd8\xff" + bytes(20), 422),
        ("image/svg+xml", b"<svg/>", 415),
        ("text/html", PNG, 415),
        ("image/png", PNG + bytes(2000), 413),
    ],
)
def test_a_picture_is_what_it_says_and_small(media: str, content: bytes, status: int) -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        path = f"/api/v1/products/{(await ann.new_product())['id']}/image"
        put = await ann.ask("PUT", path, content=content, headers={"Content-Type": media})
        assert put.status_code == status
        shown = await api.get(path)
        assert (shown.status_code, shown.content == content) == ((200, True) if status == 204 else (404, False))

    tell(story, settings={"max_image_bytes": 1024})


@pytest.mark.parametrize(
    ("url", "outside"),
    [
        ("https://example.com/hook", True),
        ("https://example.com:443/hook", True),
        ("http://example.com/hook", False),
        ("https://user:pass@example.com/", False),
        ("https://example.com:8443/", False),
        ("https://localhost/", False),
        ("https://127.0.0.1/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1]/", False),
        ("https://0x7f000001/", False),
        ("https://2130706433/", False),
        ("https://db.internal/", False),
        ("https://intranet/", False),
        ("https://[", False),
    ],
)
def test_webhooks_lead_outside(url: str, outside: bool) -> None:
    assert leads_outside(url) is outside


def test_addresses_of_our_own_network_are_not_public() -> None:
    assert [is_public(one) for one in ("93.184.215.14", "10.0.0.1", "127.0.0.1", "::1", "169.254.169.254")] == [
        True, False, False, False, False
    ]  # fmt: skip


def test_the_first_account_may_be_the_admin_and_no_other() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        roles = [(await one.get("/api/v1/users/me")).json()["role"] for one in (ann, bob)]
        assert roles == ["admin", "user"]

    tell(story, settings={"admin_email": None, "admin_password": None, "first_account_is_admin": True})


# --- caches -------------------------------------------------------------------------------------------------


def test_an_unchanged_product_is_not_sent_twice_and_a_changed_one_is() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        path = f"/api/v1/products/{(await ann.new_product())['id']}"
        first = await api.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=300"
        again = await api.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        await ann.patch(path, json={"name": "Oak desk"})
        changed = await api.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (changed.status_code, changed.json()["name"]) == (200, "Oak desk")
        assert (await ann.delete(path)).status_code == 204
        gone = await api.get(path)
        assert (gone.status_code, gone.headers["Cache-Control"]) == (404, "no-store")

    tell(story)


def test_what_is_ones_own_is_no_caches() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        answer = await ann.get(f"/api/v1/orders/{(await ann.new_order())['id']}")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers

    tell(story)


def test_a_cache_forgets_what_is_old_what_was_changed_and_what_is_too_much() -> None:
    async def story() -> None:
        now, loaded = [0.0], count(1)
        cache = Cache[int](10, clock=lambda: now[0])

        async def load() -> int:
            return next(loaded)

        assert [await cache.get("a", load), await cache.get("a", load)] == [1, 1]
        now[0] = 10
        assert await cache.get("a", load) == 2
        cache.forget("a")
        assert await cache.get("a", load) == 3
        for key in range(LARGEST):
            await cache.get(key, load)
        assert await cache.get("a", load) > LARGEST

    asyncio.run(story())
