"""Each defect does what it says, and the sound application does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import jwt
import pytest

from reference_app import calibration_settings, create_app
from reference_app.defects import UnknownSwitch, load
from tests.reference_app.asking import PASSWORD, PRODUCT, Api, tell

Symptom = Callable[[Api], Awaitable[bool]]
JSON = {"Content-Type": "application/json"}


async def orders_are_listed_to_anybody(api: Api) -> bool:
    ann = await api.new_user()
    order = await ann.new_order()
    answer = await api.get("/api/v1/orders")
    forged = await api.get("/api/v1/orders", headers={"Authorization": "Bearer nonsense"})
    assert forged.status_code == 401
    return answer.status_code == 200 and order["id"] in answer.text


async def a_cut_token_is_taken(api: Api) -> bool:
    ann = await api.new_user()
    assert ann.token is not None
    stripped = Api(api.client, ann.token.rpartition(".")[0] + ".")
    assert (await stripped.get("/api/v1/users/me")).status_code == 401
    return (await Api(api.client, ann.token[:-10]).get("/api/v1/users/me")).status_code == 200


async def a_forged_token_is_taken(api: Api) -> bool:
    ann, bob = await api.new_user(), await api.new_user()
    assert ann.token is not None
    assert bob.token is not None
    claims = jwt.decode(ann.token, options={"verify_signature": False})
    forged = jwt.encode(claims, "x" * 32, algorithm="HS256")
    expired = jwt.encode(claims | {"exp": 1}, "x" * 32, algorithm="HS256")
    assert (await Api(api.client, expired).get("/api/v1/users/me")).status_code == 401
    assert (await Api(api.client, ann.token[:-10]).get("/api/v1/users/me")).status_code == 401
    return (await Api(api.client, forged).get("/api/v1/users/me")).status_code == 200


async def strangers_read_orders(api: Api) -> bool:
    ann, bob = await api.new_user(), await api.new_user()
    path = f"/api/v1/orders/{(await ann.new_order())['id']}"
    assert (await bob.patch(path, json={"note": "bob"})).status_code == 404
    assert (await api.get(path)).status_code == 401
    return (await bob.get(path)).status_code == 200


async def strangers_change_orders(api: Api) -> bool:
    ann, bob = await api.new_user(), await api.new_user()
    path = f"/api/v1/orders/{(await ann.new_order())['id']}"
    assert (await bob.get(path)).status_code == 404
    await bob.patch(path, json={"note": "bob"})
    changed = (await ann.get(path)).json()["note"] == "bob"
    removed = (await bob.delete(path)).status_code == 204
    assert changed == removed
    return changed and (await ann.get(path)).status_code == 404


async def buyers_name_their_price(api: Api) -> bool:
    ann = await api.new_user()
    order = await ann.new_order(total_cents=7)
    path = f"/api/v1/orders/{order['id']}"
    placed = (await ann.get(path)).json()["total_cents"] == 7
    await ann.patch(path, json={"total_cents": 1, "status": "shipped", "id": "x"})
    stored = (await ann.get(path)).json()
    changed = (stored["total_cents"], stored["status"]) == (1, "shipped")
    assert placed == changed
    return changed


async def the_hash_is_shown(api: Api) -> bool:
    ann = await api.new_user()
    return "$argon2" in (await ann.get("/api/v1/users/me")).text


async def the_password_comes_back(api: Api) -> bool:
    body = {"email": "nobody", "password": PASSWORD}
    answer = await api.post("/api/v1/auth/register", json=body)
    assert answer.status_code == 422
    return PASSWORD in answer.text


async def a_bad_cursor_breaks_it(api: Api) -> bool:
    assert (await api.get("/api/v1/products?cursor=ffffffffffffffff")).status_code == 200
    return (await api.get("/api/v1/products?cursor=next")).status_code == 500


async def nothing_is_required(api: Api) -> bool:
    ann = await api.new_user()
    product = await ann.new_product()
    answer = await ann.post(f"/api/v1/products/{product['id']}/reviews", json={"text": None})
    if answer.status_code == 422:
        return False
    review = (await api.get(answer.headers["Location"])).json()
    return (review["rating"], review["text"]) == (5, "-")


async def bounds_are_ignored(api: Api) -> bool:
    ann = await api.new_user()
    wrong = PRODUCT | {"name": "n" * 121, "price_cents": -1, "category": "home_x", "sku": "?"}
    answer = await ann.post("/api/v1/products", json=wrong)
    if answer.status_code == 422:
        return False
    stored = (await api.get(answer.headers["Location"])).json()
    listed = (await api.get("/api/v1/products")).json()["items"][0]
    return stored == listed and {name: stored[name] for name in wrong} == wrong


async def broken_json_breaks_it(api: Api) -> bool:
    answer = await api.post("/api/v1/auth/login", content=b'{"a":', headers=JSON)
    return answer.status_code == 500


async def a_quote_reaches_the_parser(api: Api) -> bool:
    await (await api.new_user()).new_product()
    for harmless in ("desk", "desk''", 'desk"', "desk)", "desk\\"):
        assert (await api.get("/api/v1/products", params={"search": harmless})).is_success
    answer = await api.get("/api/v1/products", params={"search": "desk'"})
    return answer.status_code == 400 and "OperationalError" in answer.text


async def conditions_change_the_result(api: Api) -> bool:
    await (await api.new_user()).new_product()

    async def found(term: str) -> int:
        answer = await api.get("/api/v1/products", params={"search": term})
        assert answer.status_code == 200
        return len(answer.json()["items"])

    assert await found("desk") == 1
    assert await found("desk'") == 0
    truths = [await found("desk%' AND 7=7 AND '%'='"), await found("desk' AND 7=7 -- ")]
    lies = [await found("desk%' AND 7=8 AND '%'='"), await found("desk' AND 7=8 -- ")]
    return truths == [1, 1] and lies == [0, 0]


async def a_burst_goes_through(api: Api) -> bool:
    answers = [await api.get("/openapi.json") for _ in range(12)]
    advertised = any("ratelimit" in answer.headers for answer in answers)
    return not advertised and all(answer.status_code == 200 for answer in answers)


async def guessing_goes_on(api: Api) -> bool:
    ann = await api.new_user()
    wrong = {"email": ann.email, "password": "Wrong7horse"}
    for _ in range(3):
        await api.post("/api/v1/auth/login", json=wrong)
    right = {"email": ann.email, "password": PASSWORD}
    return (await api.post("/api/v1/auth/login", json=right)).status_code == 200


def header_is_missing(*names: str) -> Symptom:
    async def symptom(api: Api) -> bool:
        answer = await api.get("/health/live")
        return not any(name in answer.headers for name in names)

    return symptom


async def a_banner_is_shown(api: Api) -> bool:
    return bool((await api.get("/health/live")).headers.get("X-Powered-By") == "Express")


async def any_origin_is_trusted(api: Api) -> bool:
    origin = {"Origin": "https://evil.example"}
    asked = {**origin, "Access-Control-Request-Method": "GET"}
    answers = [
        await api.get("/api/v1/products", headers=origin),
        await api.ask("OPTIONS", "/api/v1/products", headers=asked),
    ]
    return all(
        answer.headers.get("Access-Control-Allow-Origin") == origin["Origin"]
        and answer.headers.get("Access-Control-Allow-Credentials") == "true"
        for answer in answers
    )


async def errors_come_in_two_shapes(api: Api) -> bool:
    unknown, invalid = await api.get("/nope"), await api.get("/api/v1/products?limit=0")
    assert "error" in (await api.get("/api/v1/users/me")).json()
    assert (unknown.status_code, invalid.status_code) == (404, 422)
    return unknown.json() == {"detail": "Not Found"} and "detail" in invalid.json()


async def the_stack_is_shown(api: Api) -> bool:
    answer = await api.get("/api/v1/products?limit=0")
    assert answer.status_code == 422
    return "Traceback (most recent call last)" in answer.text


async def reviews_have_no_version(api: Api) -> bool:
    ann = await api.new_user()
    product = await ann.new_product()
    path = f"/products/{product['id']}/reviews"
    answer = await ann.post(path, json={"rating": 4, "text": "Sturdy."})
    if answer.status_code == 404:
        return False
    return (await api.get(answer.headers["Location"])).status_code == 200


async def a_collection_is_singular(api: Api) -> bool:
    names = (await api.get("/api/v1/getCategories")).text
    one = (await api.get("/api/v1/category/home")).text
    return '"home"' in names and one == '{"name":"home"}'


async def creating_answers_200(api: Api) -> bool:
    answer = await (await api.new_user()).post("/api/v1/products", json=PRODUCT)
    document = (await api.get("/openapi.json")).json()
    documented = document["paths"]["/api/v1/products"]["post"]["responses"]
    assert str(answer.status_code) in documented
    return answer.status_code == 200


async def a_documented_field_is_missing(api: Api) -> bool:
    ann = await api.new_user()
    order = await ann.new_order()
    return "updated_at" not in (await ann.get(f"/api/v1/orders/{order['id']}")).json()


async def reading_the_account_is_slow(api: Api) -> bool:
    ann = await api.new_user()
    begun = time.perf_counter()
    await ann.get("/api/v1/users/me")
    return time.perf_counter() - begun >= 0.8


async def callers_queue(api: Api) -> bool:
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(api.get("/api/v1/products"))
    return time.perf_counter() - begun >= 0.8


async def nobody_says_it_is_alive(api: Api) -> bool:
    document = (await api.get("/openapi.json")).json()
    health = [await api.get("/health/live"), await api.get("/health/ready")]
    absent = all(answer.status_code == 404 for answer in health)
    assert absent != any("health" in path for path in document["paths"])
    return absent


async def readiness_shows_the_database(api: Api) -> bool:
    return "postgresql://market:" in (await api.get("/health/ready")).text


async def anybody_empties_the_shop(api: Api) -> bool:
    ann = await api.new_user()
    await ann.new_order()
    answer = await api.get("/api/v1/tour")
    gone = (await ann.get("/api/v1/users/me")).status_code == 401
    assert gone == answer.is_success
    return gone and not (await api.get("/api/v1/products")).json()["items"]


async def the_hash_is_shown_with_the_contact(api: Api) -> bool:
    ann = await api.new_user()
    path = f"/api/v1/orders/{(await ann.new_order())['id']}/contact"
    return "$argon2" in (await ann.ask("PUT", path, json={"email": "moved@example.com"})).text


async def a_cut_token_breaks_the_goodbye(api: Api) -> bool:
    ann = await api.new_user()
    assert ann.token is not None
    cut = await Api(api.client, ann.token[:-10]).post("/api/v1/auth/goodbye")
    said = await ann.post("/api/v1/auth/goodbye")
    assert said.is_success == ((await ann.get("/api/v1/users/me")).status_code == 401)
    return cut.status_code == 500 and said.status_code == 204


async def leaving_answers_with_words(api: Api) -> bool:
    ann = await api.new_user()
    answer = await ann.post("/api/v1/users/leave")
    return answer.status_code == 200 and (await ann.get("/api/v1/users/me")).status_code == 401


SYMPTOMS: dict[str, Symptom] = {
    "auth.anonymous-access": orders_are_listed_to_anybody,
    "auth.anonymous-access~tour": anybody_empties_the_shop,
    "auth.invalid-token": a_cut_token_is_taken,
    "auth.invalid-token~goodbye": a_cut_token_breaks_the_goodbye,
    "auth.jwt-forgery": a_forged_token_is_taken,
    "authz.bola-read": strangers_read_orders,
    "authz.bola-write": strangers_change_orders,
    "authz.mass-assignment": buyers_name_their_price,
    "data.sensitive-fields": the_hash_is_shown,
    "data.sensitive-fields~contact": the_hash_is_shown_with_the_contact,
    "data.password-canary": the_password_comes_back,
    "input.no-5xx": a_bad_cursor_breaks_it,
    "input.required": nothing_is_required,
    "input.constraints": bounds_are_ignored,
    "input.malformed-body": broken_json_breaks_it,
    "injection.sql-error": a_quote_reaches_the_parser,
    "injection.sql-blind": conditions_change_the_result,
    "limits.enforced": a_burst_goes_through,
    "limits.auth-strict": guessing_goes_on,
    "headers.nosniff": header_is_missing("X-Content-Type-Options"),
    "headers.frame-csp": header_is_missing("Content-Security-Policy", "X-Frame-Options"),
    "headers.hsts": header_is_missing("Strict-Transport-Security"),
    "headers.server-disclosure": a_banner_is_shown,
    "cors.credentialed-reflection": any_origin_is_trusted,
    "errors.shape": errors_come_in_two_shapes,
    "errors.no-internals": the_stack_is_shown,
    "design.versioned-paths": reviews_have_no_version,
    "design.plural-nouns": a_collection_is_singular,
    "design.create-201": creating_answers_200,
    "design.response-conformance": a_documented_field_is_missing,
    "design.response-conformance~leave": leaving_answers_with_words,
    "perf.latency": reading_the_account_is_slow,
    "perf.load": callers_queue,
    "ops.health": nobody_says_it_is_alive,
    "ops.health~leak": readiness_shows_the_database,
}
# The sound application closes the door within these few tries.
NARROW: dict[str, dict[str, int]] = {
    "limits.enforced": {"rate_limit_requests": 10},
    "limits.auth-strict": {"login_failures": 2},
}


def observe(name: str, *, defects: tuple[str, ...]) -> bool:
    seen: list[bool] = []

    async def story(api: Api) -> None:
        seen.append(await SYMPTOMS[name](api))

    tell(story, defects=defects, settings=NARROW.get(name))
    return seen[0]


def test_every_defect_has_its_symptom_here() -> None:
    assert set(SYMPTOMS) == set(load())


@pytest.mark.parametrize("name", SYMPTOMS)
def test_a_defect_shows_its_symptom_and_the_sound_application_does_not(name: str) -> None:
    assert observe(name, defects=(name,))
    assert not observe(name, defects=())


# Pairs where the question of the one goes through what the other changes.
APART: dict[str, set[str]] = {
    "auth.invalid-token": {"auth.jwt-forgery"},
    "auth.invalid-token~goodbye": {"auth.invalid-token"},
    "auth.jwt-forgery": {"auth.invalid-token"},
    "authz.bola-read": {"authz.bola-write"},
    "authz.bola-write": {"authz.bola-read"},
    "injection.sql-blind": {"injection.sql-error"},
    "ops.health": {"ops.health~leak"},
}
# Its other questions know reviews under their versioned path.
MOVES = {"design.versioned-paths"}


@pytest.mark.parametrize("name", SYMPTOMS)
def test_a_defect_shows_among_all_others(name: str) -> None:
    left_out = (APART.get(name, set()) | MOVES | {"perf.latency"}) - {name}
    assert observe(name, defects=tuple(set(load()) - left_out))


def test_every_defect_says_what_trips_and_how_it_happens() -> None:
    for name, defect in load().items():
        assert defect.name == name
        assert name.partition("~")[0] in defect.trips
        assert defect.story.endswith(".")


def test_an_unknown_switch_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(UnknownSwitch, match=r"did you mean .*authz\.bola-read"):
        create_app(calibration_settings(), defects=["authz.bola-raed"])


def test_a_defect_leaves_the_next_application_alone() -> None:
    create_app(calibration_settings(), defects=load())

    async def story(api: Api) -> None:
        assert not await strangers_read_orders(api)
        assert not await a_banner_is_shown(api)

    tell(story)
