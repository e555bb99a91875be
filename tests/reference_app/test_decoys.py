"""Each decoy is sound: it serves, keeps its document's word, and does what it is for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from unittest.mock import AsyncMock, patch

import httpx
import jsonschema_rs
import pytest

from reference_app import calibration_settings, create_app
from reference_app.core.errors import ApiError
from reference_app.core.json_body import read_json
from reference_app.decoys import load
from tests.reference_app.asking import PASSWORD, PRODUCT, Api, tell
from tests.reference_app.conformance import complaints

Behaviour = Callable[[Api], Awaitable[bool]]
JSON = {"Content-Type": "application/json"}


async def journey(api: Api) -> list[httpx.Response]:
    """Through every resource and back, with a few mistakes on the way."""
    ann, bob = await api.new_user(), await api.new_user()
    product = (await ann.post("/api/v1/products", json=PRODUCT)).json()
    item = f"/api/v1/products/{product['id']}"
    review = await bob.post(f"{item}/reviews", json={"rating": 4, "text": "Sturdy."})
    about = review.headers["Location"]
    wanted = {"items": [{"product_id": product["id"], "quantity": 2}]}
    order = await bob.post("/api/v1/orders", json=wanted)
    mine = order.headers["Location"]
    return [
        review,
        order,
        await api.get("/health/live"),
        await api.get("/api/v1/products?search=desk&limit=1"),
        await api.get("/api/v1/products?limit=none"),
        await api.get(item),
        await ann.get(item),
        await ann.patch(item, json={"price_cents": 1, "seller_id": "x"}),
        await bob.patch(item, json={"price_cents": 2}),
        await api.get(f"{item}/reviews"),
        await api.get(about),
        await bob.patch(about, json={"rating": 5}),
        await bob.get("/api/v1/orders"),
        await bob.get(mine),
        await ann.get(mine),
        await api.get(mine),
        await bob.patch(mine, json={"note": "Please ring.", "total_cents": 1}),
        await ann.delete(mine),
        await bob.get(mine),
        await bob.delete(mine),
        await bob.delete(about),
        await ann.delete(item),
        await api.get(item),
        await bob.get("/api/v1/users/me"),
        await bob.patch("/api/v1/users/me", json={"full_name": "Bob"}),
        await bob.get("/api/v1/admin/users"),
        await api.post("/api/v1/auth/login", json={"email": ann.email, "password": "wrong"}),
        await api.post("/api/v1/auth/register", json={"email": "x", "password": PASSWORD}),
        await ann.post("/api/v1/auth/logout"),
        await bob.delete("/api/v1/users/me"),
    ]


BY_THE_CLOCK = "decoy:input.no-5xx:1"
"""Sheds load by the second: how much of a journey it lets through is the machine's doing."""


@pytest.mark.parametrize("name", [None, *(one for one in load() if one != BY_THE_CLOCK)])
def test_every_answer_keeps_the_documents_word(name: str | None) -> None:
    async def story(api: Api) -> None:
        document = (await api.get("/openapi.json")).json()
        jsonschema_rs.meta.validate(document.get("components", {}).get("schemas", {}))
        answers = await journey(api)
        if name == "decoy:design.versioned-paths:2":
            answers = [each for each in answers if "/health/" not in str(each.request.url)]
        assert [each for answer in answers for each in complaints(document, answer)] == []
        assert max(answer.status_code for answer in answers) < 500

    tell(story, decoys=() if name is None else (name,))


async def strangers_see_less(api: Api) -> bool:
    ann, bob = await api.new_user(), await api.new_user()
    path = f"/api/v1/products/{(await ann.new_product())['id']}"
    mine = [(await each.get(path)).json()["mine"] for each in (ann, bob, api)]
    security = (await api.get("/openapi.json")).json()["paths"]["/api/v1/products/{product_id}"]
    wrong = await api.get(path, headers={"Authorization": "Bearer nonsense"})
    optional = {} in security["get"]["security"] and wrong.status_code == 401
    return mine == [True, False, False] and optional


async def strangers_find_nothing(api: Api) -> bool:
    path = f"/api/v1/orders/{(await (await api.new_user()).new_order())['id']}"
    return (await api.get(path)).status_code == 404


def shelf_is_shared(plural: str, *, anonymous: int) -> Behaviour:
    async def behaviour(api: Api) -> bool:
        ann, bob = await api.new_user(), await api.new_user()
        made = await ann.post(f"/api/v1/{plural}", json={"title": "Hello"})
        path = made.headers["Location"]
        listed = (await bob.get(f"/api/v1/{plural}?limit=1")).json()["items"]
        read = (await bob.get(path)).json()
        assert (await api.get(path)).status_code == anonymous
        assert (await bob.delete(path)).status_code == 403
        assert (await ann.delete(path)).status_code == 204
        assert (await ann.get(path)).status_code == 404
        return bool(listed == [read] and read == made.json())

    return behaviour


async def strangers_delete_nothing(api: Api) -> bool:
    ann, bob = await api.new_user(), await api.new_user()
    path = f"/api/v1/orders/{(await ann.new_order())['id']}"
    answer = await bob.delete(path)
    return answer.status_code == 204 and (await ann.get(path)).status_code == 200


async def the_change_is_echoed_only(api: Api) -> bool:
    ann = await api.new_user()
    path = f"/api/v1/orders/{(await ann.new_order())['id']}"
    echo = (await ann.patch(path, json={"total_cents": 1})).json()["received"]
    return bool(echo == {"total_cents": 1} and (await ann.get(path)).json()["total_cents"] > 1)


def account_shows(field: str, value: object) -> Behaviour:
    async def behaviour(api: Api) -> bool:
        me = (await (await api.new_user()).get("/api/v1/users/me")).json()
        return bool(me[field] == value)

    return behaviour


async def the_address_is_echoed(api: Api) -> bool:
    body = {"email": "new@example.com", "password": PASSWORD}
    answer = await api.post("/api/v1/auth/register", json=body)
    return "We wrote to new@example.com" in answer.text


async def bursts_are_shed(api: Api) -> bool:
    answers = [await api.get("/nope") for _ in range(60)]
    shed = [answer for answer in answers if answer.status_code == 503]
    return bool(shed) and all(answer.headers["Retry-After"] == "1" for answer in shed)


async def the_category_is_filled_in(api: Api) -> bool:
    body = {name: value for name, value in PRODUCT.items() if name != "category"}
    answer = await (await api.new_user()).post("/api/v1/products", json=body)
    return answer.status_code == 201 and answer.json()["category"] == "home"


async def the_limit_is_clamped(api: Api) -> bool:
    return (await api.get("/api/v1/products?limit=1000")).status_code == 200


async def the_name_is_trimmed(api: Api) -> bool:
    made = await (await api.new_user()).new_product(name="  Walnut desk ")
    return bool(made["name"] == "Walnut desk")


async def broken_json_is_422(api: Api) -> bool:
    answer = await api.post("/api/v1/auth/login", content=b'{"a":', headers=JSON)
    return answer.status_code == 422


async def a_bom_is_skipped(api: Api) -> bool:
    with pytest.raises(ApiError):
        read_json(b"\xef\xbb\xbf{}")
    answer = await api.post("/api/v1/auth/login", content=b"\xef\xbb\xbf{}", headers=JSON)
    return answer.status_code == 422 and "missing" in answer.text


async def obrien_is_found(api: Api) -> bool:
    await (await api.new_user()).new_product(name="O'Brien's desk")
    answer = await api.get("/api/v1/products", params={"search": "O'Brien"})
    return len(answer.json()["items"]) == 1


async def a_quote_is_refused(api: Api) -> bool:
    return (await api.get("/api/v1/products?search='")).status_code == 400


async def the_query_is_echoed(api: Api) -> bool:
    return bool((await api.get("/api/v1/products?search=abc")).json()["query"] == "abc")


async def any_word_finds_it(api: Api) -> bool:
    await (await api.new_user()).new_product()
    return len((await api.get("/api/v1/products?search=desk%20zebra")).json()["items"]) == 1


async def a_thousand_is_declared(api: Api) -> bool:
    answers = [await api.get("/nope") for _ in range(2)]
    told = [answer.headers["RateLimit"].partition(";t=")[0] for answer in answers]
    policy = answers[0].headers["RateLimit-Policy"] == '"default";q=1000;w=3600'
    return policy and told == ['"default";r=999', '"default";r=998']


async def guessing_gets_slower(api: Api) -> bool:
    wrong = {"email": "nobody@example.com", "password": "x"}
    with patch("reference_app.decoys.limits.asyncio", sleep=AsyncMock()) as clock:
        statuses = [(await api.post("/api/v1/auth/login", json=wrong)).status_code for _ in range(4)]
    pauses = [call.args[0] for call in clock.sleep.await_args_list]
    return statuses == [401] * 4 and len(pauses) == 4 and pauses == sorted(set(pauses))


async def the_account_is_locked(api: Api) -> bool:
    ann = await api.new_user()
    wrong = {"email": ann.email, "password": "x"}
    statuses = {(await api.post("/api/v1/auth/login", json=wrong)).status_code for _ in range(6)}
    return statuses == {401, 423}


def header_is(name: str, value: str | None) -> Behaviour:
    async def behaviour(api: Api) -> bool:
        return bool((await api.get("/nope")).headers.get(name) == value)

    return behaviour


def origin_gets(origin: str, value: str) -> Behaviour:
    async def behaviour(api: Api) -> bool:
        answer = await api.get("/nope", headers={"Origin": origin})
        return bool(answer.headers.get("Access-Control-Allow-Origin") == value)

    return behaviour


async def errors_are_problems(api: Api) -> bool:
    answers = [await api.get("/nope"), await api.get("/api/v1/products?limit=0")]
    return all(
        answer.headers["Content-Type"] == "application/problem+json" and answer.json()["status"] == answer.status_code
        for answer in answers
    )


async def head_errors_are_empty(api: Api) -> bool:
    answer = await api.ask("HEAD", "/nope")
    return answer.status_code == 404 and answer.content == b""


async def the_code_is_timeout_error(api: Api) -> bool:
    return bool((await api.get("/nope")).json()["error"]["code"] == "TimeoutError")


async def the_path_is_echoed(api: Api) -> bool:
    return "/etc/passwd" in (await api.get("/etc/passwd")).json()["error"]["message"]


async def machines_are_at_the_root(api: Api) -> bool:
    answers = [await api.get("/health/live"), await api.get("/metrics")]
    return all(answer.status_code == 200 for answer in answers)


async def paths_have_no_version(api: Api) -> bool:
    document = (await api.get("/openapi.json")).json()
    return document["servers"] == [{"url": "/api/v1"}] and "/products" in document["paths"]


async def an_order_can_be_cancelled(api: Api) -> bool:
    ann = await api.new_user()
    path = f"/api/v1/orders/{(await ann.new_order())['id']}"
    assert (await ann.post(f"{path}/cancel")).status_code == 200
    return bool((await ann.get(path)).json()["status"] == "cancelled")


async def there_is_me_and_news(api: Api) -> bool:
    ann = await api.new_user()
    news = (await api.get("/api/v1/news")).json()["items"]
    one = (await api.get(f"/api/v1/news/{news[0]['id']}")).json()
    me = (await ann.get("/api/v1/me")).json()["email"]
    return (one, me) == (news[0], ann.email)


async def searching_answers_200(api: Api) -> bool:
    await (await api.new_user()).new_product()
    answer = await api.post("/api/v1/products/search", json={"text": "desk"})
    return answer.status_code == 200 and len(answer.json()["items"]) == 1


async def a_job_ends(api: Api) -> bool:
    ann = await api.new_user()
    begun = await ann.post("/api/v1/exports", json={"kind": "orders"})
    path = begun.headers["Location"]
    seen = [(await ann.get(path)).json()["status"] for _ in range(2)]
    assert (await api.get(path)).status_code == 401
    assert (await ann.delete(path)).status_code == 204
    return begun.status_code == 202 and seen == ["running", "done"]


async def the_document_is_3_0(api: Api) -> bool:
    document = (await api.get("/openapi.json")).json()
    text = str(document)
    return document["openapi"] == "3.0.3" and "'nullable': True" in text and "'null'" not in text


async def too_many_is_undocumented(api: Api) -> bool:
    document = (await api.get("/openapi.json")).json()
    return "429" not in document["paths"]["/api/v1/products"]["get"]["responses"]


async def one_read_is_slow(api: Api) -> bool:
    ann = await api.new_user()
    with patch("reference_app.decoys.perf.asyncio", sleep=AsyncMock()) as clock:
        statuses = [(await ann.get("/api/v1/users/me")).status_code for _ in range(20)]
    return statuses == [200] * 20 and clock.sleep.await_count == 1


async def load_is_turned_away(api: Api) -> bool:
    statuses = [(await api.get("/nope")).status_code for _ in range(7)]
    return statuses == [404] * 6 + [429]


async def readiness_comes_later(api: Api) -> bool:
    return [(await api.get("/health/ready")).status_code for _ in range(3)] == [503, 503, 200]


async def a_tour_opens_anew(api: Api) -> bool:
    ann, root = await api.new_user(), await api.login(*administrator())
    await ann.new_order()
    assert (await api.get("/openapi.json")).json()["paths"]["/api/v1/tour"]["get"].get("security") is None
    assert (await api.get("/api/v1/tour")).json() == {"products": 0}
    left = (await root.get("/api/v1/admin/users")).json()["items"]
    shelf = (await api.get("/api/v1/products")).json()["items"]
    return [each["role"] for each in left] == ["admin"] and not shelf


def administrator() -> tuple[str, str]:
    settings = calibration_settings()
    assert settings.admin_email is not None
    assert settings.admin_password is not None
    return settings.admin_email, settings.admin_password.get_secret_value()


async def the_contact_is_the_account(api: Api) -> bool:
    ann, bob = await api.new_user(), await api.new_user()
    path = f"/api/v1/orders/{(await ann.new_order())['id']}/contact"
    assert (await bob.ask("PUT", path, json={"email": "eve@example.com"})).status_code == 404
    assert (await ann.ask("PUT", path, json={"email": bob.email})).status_code == 409
    assert (await ann.ask("PUT", path, json={"email": "moved@example.com"})).status_code == 200
    assert (await ann.get("/api/v1/users/me")).status_code == 401
    return (await (await api.login("moved@example.com")).get("/api/v1/users/me")).is_success


async def goodbye_ends_the_login(api: Api) -> bool:
    ann = await api.new_user()
    again = await api.login(ann.email)
    answers = [await ann.post("/api/v1/auth/goodbye") for _ in range(2)]
    assert [each.status_code for each in answers] == [204, 401]
    return (await again.get("/api/v1/users/me")).is_success


async def the_account_is_left(api: Api) -> bool:
    ann = await api.new_user()
    answers = [await ann.post("/api/v1/users/leave") for _ in range(2)]
    return [each.status_code for each in answers] == [204, 401]


BEHAVIOURS: dict[str, Behaviour] = {
    "auth.anonymous-access:1": strangers_see_less,
    "auth.anonymous-access:2": strangers_find_nothing,
    "auth.anonymous-access:3": a_tour_opens_anew,
    "auth.invalid-token:1": goodbye_ends_the_login,
    "auth.jwt-forgery:1": the_account_is_left,
    "authz.bola-read:1": shelf_is_shared("articles", anonymous=200),
    "authz.bola-read:2": shelf_is_shared("announcements", anonymous=401),
    "authz.bola-write:1": strangers_delete_nothing,
    "authz.bola-write:2": the_contact_is_the_account,
    "authz.mass-assignment:2": the_change_is_echoed_only,
    "data.sensitive-fields:1": account_shows("has_password", True),
    "data.sensitive-fields:2": account_shows("api_secret", "****"),
    "data.password-canary:1": the_address_is_echoed,
    "input.no-5xx:1": bursts_are_shed,
    "input.required:1": the_category_is_filled_in,
    "input.constraints:1": the_limit_is_clamped,
    "input.constraints:2": the_name_is_trimmed,
    "input.malformed-body:1": broken_json_is_422,
    "input.malformed-body:2": a_bom_is_skipped,
    "injection.sql-error:1": obrien_is_found,
    "injection.sql-error:2": a_quote_is_refused,
    "injection.sql-blind:1": the_query_is_echoed,
    "injection.sql-blind:2": any_word_finds_it,
    "limits.enforced:1": a_thousand_is_declared,
    "limits.auth-strict:1": guessing_gets_slower,
    "limits.auth-strict:2": the_account_is_locked,
    "headers.frame-csp:1": header_is("Content-Security-Policy", None),
    "headers.hsts:1": header_is("Strict-Transport-Security", "max-age=63072000"),
    "headers.server-disclosure:1": header_is("Server", "uvicorn"),
    "headers.server-disclosure:2": header_is("Via", "1.1 proxy"),
    "cors.credentialed-reflection:1": origin_gets("https://evil.example", "*"),
    "cors.credentialed-reflection:2": origin_gets("https://partner.example", "https://partner.example"),
    "errors.shape:1": errors_are_problems,
    "errors.shape:2": head_errors_are_empty,
    "errors.no-internals:1": the_code_is_timeout_error,
    "errors.no-internals:2": the_path_is_echoed,
    "design.versioned-paths:1": machines_are_at_the_root,
    "design.versioned-paths:2": paths_have_no_version,
    "design.plural-nouns:1": an_order_can_be_cancelled,
    "design.plural-nouns:2": there_is_me_and_news,
    "design.create-201:1": searching_answers_200,
    "design.create-201:2": a_job_ends,
    "design.response-conformance:1": the_document_is_3_0,
    "design.response-conformance:2": too_many_is_undocumented,
    "perf.latency:1": one_read_is_slow,
    "perf.load:1": load_is_turned_away,
    "ops.health:1": readiness_comes_later,
}
NARROW: dict[str, dict[str, int]] = {
    "limits.auth-strict:2": {"login_failures": 3},
    "perf.load:1": {"rate_limit_requests": 10},
}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_decoy_does_what_it_is_for(name: str) -> None:
    async def story(api: Api) -> None:
        assert await BEHAVIOURS[name](api)

    tell(story, decoys=(f"decoy:{name}",), settings=NARROW.get(name))


def test_every_decoy_is_tried_here_but_the_one_that_is_no_change() -> None:
    ignored = {"decoy:authz.mass-assignment:1"}
    assert {f"decoy:{name}" for name in BEHAVIOURS} == set(load()) - ignored


def test_all_decoys_build_together() -> None:
    app = create_app(calibration_settings(), decoys=load())
    assert app.openapi()["openapi"] == "3.0.3"


def test_every_decoy_names_its_check_and_its_story() -> None:
    for name, decoy in load().items():
        assert decoy.name == name
        assert name.split(":")[1] == decoy.check
        assert decoy.story.endswith(".")
