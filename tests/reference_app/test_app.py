"""What the sound application promises, across all resources."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from itertools import pairwise

import httpx
import jwt
import pytest
from pydantic import ValidationError

from reference_app import calibration_settings, create_app
from reference_app.core.limits import WindowCounter
from reference_app.core.settings import Settings
from tests.reference_app.asking import PASSWORD, PRODUCT, Api, opened, tell

SECURITY = (
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "Content-Security-Policy",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Resource-Policy",
    "Cross-Origin-Opener-Policy",
    "X-Request-ID",
)


def test_every_answer_carries_the_security_headers_refusals_and_crashes_included() -> None:
    async def story(api: Api) -> None:
        answers = [
            await api.get("/health/live"),
            await api.get("/nope"),
            await api.get("/api/v1/users/me"),
            await api.post("/api/v1/auth/login", content=b"x" * 300_000),
            await api.get("/api/v1/products?cursor=broken"),
            await api.get("/nope"),
        ]
        assert [answer.status_code for answer in answers] == [200, 404, 401, 413, 500, 429]
        for answer in answers:
            assert [name for name in SECURITY if name not in answer.headers] == []
            assert answer.headers["Cache-Control"] == "no-store"

    tell(story, defects=["input.no-5xx"], settings={"rate_limit_requests": 4})


def test_hsts_is_said_over_https_only() -> None:
    async def story(api: Api) -> None:
        assert "Strict-Transport-Security" not in (await api.get("/health/live")).headers

    tell(story, scheme="http")


def test_a_request_id_is_kept_where_it_is_harmless_and_shown_in_errors() -> None:
    async def story(api: Api) -> None:
        kept = await api.get("/nope", headers={"X-Request-ID": "trace-0001"})
        assert kept.headers["X-Request-ID"] == kept.json()["error"]["id"] == "trace-0001"
        fresh = await api.get("/nope", headers={"X-Request-ID": "<script>alert(1)</script>"})
        assert fresh.headers["X-Request-ID"].isalnum()

    tell(story)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "not_found"),
        ("GET", "/api/v1/products/", 404, "not_found"),
        ("PUT", "/api/v1/products", 405, "method_not_allowed"),
        ("GET", "/api/v1/products?limit=101", 422, "invalid_input"),
        ("GET", "/api/v1/products/7", 422, "invalid_input"),
        ("GET", "/api/v1/orders", 401, "unauthenticated"),
    ],
)
def test_every_error_has_one_shape(method: str, path: str, status: int, code: str) -> None:
    async def story(api: Api) -> None:
        answer = await api.ask(method, path)
        assert answer.status_code == status
        error = answer.json()["error"]
        assert error["code"] == code
        assert set(error) - {"details"} == {"code", "message", "id"}

    tell(story)


def test_a_405_allows_what_all_routes_of_the_path_serve() -> None:
    async def story(api: Api) -> None:
        answer = await api.ask("PUT", "/api/v1/users/me")
        assert answer.headers["Allow"] == "DELETE, GET, HEAD, PATCH"

    tell(story)


def test_a_401_names_the_scheme() -> None:
    async def story(api: Api) -> None:
        for token in (None, "nonsense"):
            answer = await Api(api.client, token).get("/api/v1/users/me")
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")

    tell(story)


def test_a_validation_error_names_the_field_and_never_the_value() -> None:
    async def story(api: Api) -> None:
        body = {"email": "not-an-address", "password": "hunter2hunter2"}
        answer = await api.post("/api/v1/auth/register", json=body)
        fields = [fault["field"] for fault in answer.json()["error"]["details"]]
        assert fields == ["body.email", "body.password"]
        assert "hunter2" not in answer.text
        assert "not-an-address" not in answer.text

    tell(story)


def test_the_rate_limit_counts_down_and_then_refuses() -> None:
    async def story(api: Api) -> None:
        answers = [await api.get("/health/live") for _ in range(4)]
        left = [answer.headers["RateLimit"] for answer in answers]
        assert [each.split(";")[1] for each in left] == ["r=2", "r=1", "r=0", "r=0"]
        assert answers[0].headers["RateLimit-Policy"] == '"default";q=3;w=3'
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3

    tell(story, settings={"rate_limit_requests": 3})


def test_one_users_limit_does_not_starve_another_and_no_header_dodges_it() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        while (await ann.get("/api/v1/users/me")).status_code != 429:
            pass
        dodging = {"X-Forwarded-For": "203.0.113.9"}
        assert (await ann.get("/api/v1/users/me", headers=dodging)).status_code == 429
        assert (await bob.get("/api/v1/users/me")).status_code == 200

    tell(story, settings={"rate_limit_requests": 6})


def test_a_window_starts_anew_when_it_ends() -> None:
    times = iter([0.0, 1.0, 9.0, 10.0])
    counter = WindowCounter(2, 10, clock=lambda: next(times))
    usages = [counter.hit("ann") for _ in range(4)]
    assert [usage.exceeded for usage in usages] == [False, False, True, False]
    assert [usage.reset_seconds for usage in usages] == [10, 9, 1, 10]


def test_failed_logins_close_the_door_and_successes_do_not_count() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        for _ in range(4):
            await api.login(ann.email)
        body = {"email": ann.email, "password": "Wrong7horse"}
        statuses = [(await api.post("/api/v1/auth/login", json=body)).status_code for _ in "123"]
        assert statuses == [401, 401, 429]
        right = {"email": ann.email, "password": PASSWORD}
        closed = await api.post("/api/v1/auth/login", json=right)
        assert closed.status_code == 429
        assert int(closed.headers["Retry-After"]) >= 1

    tell(story, settings={"login_failures": 2})


def test_an_access_token_says_who_until_when_and_for_whom() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        assert ann.token is not None
        claims = jwt.decode(ann.token, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 900
        assert (claims["type"], claims["role"]) == ("access", "user")
        assert {"sub", "jti", "iss", "aud"} <= set(claims)

    tell(story)


def test_a_refresh_token_works_once_and_its_reuse_ends_the_login() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()

        async def refresh(token: str) -> httpx.Response:
            return await api.post("/api/v1/auth/refresh", json={"refresh_token": token})

        second = (await refresh(ann.refresh_token)).json()
        renewed = Api(api.client, second["access_token"])
        assert (await renewed.get("/api/v1/users/me")).status_code == 200
        assert (await refresh(ann.refresh_token)).status_code == 401
        assert (await refresh(second["refresh_token"])).status_code == 401
        assert (await renewed.get("/api/v1/users/me")).status_code == 401

    tell(story)


def test_tokens_work_only_where_they_belong() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        as_access = Api(api.client, ann.refresh_token)
        assert (await as_access.get("/api/v1/users/me")).status_code == 401
        body = {"refresh_token": ann.token}
        assert (await api.post("/api/v1/auth/refresh", json=body)).status_code in (401, 422)

    tell(story)


def test_logging_out_ends_both_tokens() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        assert (await ann.post("/api/v1/auth/logout")).status_code == 204
        assert (await ann.get("/api/v1/users/me")).status_code == 401
        body = {"refresh_token": ann.refresh_token}
        assert (await api.post("/api/v1/auth/refresh", json=body)).status_code == 401

    tell(story)


def test_products_are_everybodys_to_read_and_the_sellers_to_change() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        path = f"/api/v1/products/{(await ann.new_product())['id']}"
        assert (await api.get(path)).status_code == 200
        assert (await bob.patch(path, json={"price_cents": 1})).status_code == 403
        assert (await bob.delete(path)).status_code == 403
        changed = await ann.patch(path, json={"price_cents": 1})
        assert changed.json()["price_cents"] == 1
        assert changed.json()["name"] == PRODUCT["name"]
        assert (await ann.patch(path, json={"name": None})).status_code == 422
        assert (await ann.delete(path)).status_code == 204
        assert (await ann.delete(path)).status_code == 404

    tell(story)


def test_orders_exist_for_their_buyer_only() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        path = f"/api/v1/orders/{(await ann.new_order())['id']}"
        for answer in (
            await bob.get(path),
            await bob.patch(path, json={"note": "bob"}),
            await bob.delete(path),
        ):
            assert answer.status_code == 404
        assert (await bob.get("/api/v1/orders")).json()["items"] == []
        assert (await ann.get(path)).json()["note"] is None

    tell(story)


def test_an_order_is_priced_by_the_shop_and_outlives_the_product() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        order = await ann.new_order(total_cents=1, status="shipped")
        assert (order["total_cents"], order["status"]) == (49_800, "placed")
        await ann.delete(f"/api/v1/products/{order['items'][0]['product_id']}")
        kept = (await ann.get(f"/api/v1/orders/{order['id']}")).json()
        assert kept["items"][0]["product_id"] is None
        assert kept["total_cents"] == 49_800

    tell(story)


def test_an_order_of_an_unknown_product_is_refused() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        items = [{"product_id": "00000000-0000-4000-8000-000000000000", "quantity": 1}]
        answer = await ann.post("/api/v1/orders", json={"items": items})
        assert answer.status_code == 422
        assert answer.json()["error"]["details"][0]["field"] == "body.items.0.product_id"

    tell(story)


def test_reviews_are_everybodys_to_read_and_the_authors_to_change() -> None:
    async def story(api: Api) -> None:
        ann, bob = await api.new_user(), await api.new_user()
        product = await ann.new_product()
        body = {"rating": 4, "text": "Sturdy."}
        made = await bob.post(f"/api/v1/products/{product['id']}/reviews", json=body)
        path = made.headers["Location"]
        assert (await api.get(path)).json() == made.json()
        assert (await ann.patch(path, json={"rating": 1})).status_code == 403
        assert (await bob.patch(path, json={"rating": 5})).json()["rating"] == 5
        assert (await bob.delete(path)).status_code == 204

    tell(story)


def test_only_admins_list_accounts_and_nobody_registers_as_one() -> None:
    async def story(api: Api) -> None:
        settings = calibration_settings()
        assert settings.admin_email is not None
        assert settings.admin_password is not None
        admin = await api.login(settings.admin_email, settings.admin_password.get_secret_value())
        body = {"email": "eve@example.com", "password": PASSWORD, "role": "admin"}
        assert (await api.post("/api/v1/auth/register", json=body)).json()["role"] == "user"
        eve = await api.login("eve@example.com")
        await eve.patch("/api/v1/users/me", json={"role": "admin"})
        assert (await eve.get("/api/v1/admin/users")).status_code == 403
        listed = (await admin.get("/api/v1/admin/users")).json()["items"]
        assert [user["role"] for user in listed] == ["user", "admin"]

    tell(story)


def test_deleting_an_account_removes_all_it_owns() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        order = await ann.new_order()
        product = f"/api/v1/products/{order['items'][0]['product_id']}"
        assert (await ann.delete("/api/v1/users/me")).status_code == 204
        assert (await ann.get("/api/v1/users/me")).status_code == 401
        assert (await api.get(product)).status_code == 404
        again = {"email": ann.email, "password": PASSWORD}
        assert (await api.post("/api/v1/auth/register", json=again)).status_code == 201

    tell(story)


def test_of_ten_who_register_one_address_at_once_one_succeeds() -> None:
    async def story(api: Api) -> None:
        body = {"email": "race@example.com", "password": PASSWORD}
        async with asyncio.TaskGroup() as group:
            tries = [group.create_task(api.post("/api/v1/auth/register", json=body)) for _ in range(10)]
        statuses = sorted(each.result().status_code for each in tries)
        assert statuses == [201] + [409] * 9

    tell(story)


def test_pages_have_no_gaps_and_no_doubles_while_rows_arrive() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        made = [(await ann.new_product())["id"] for _ in range(7)]
        seen: list[str] = []
        path: str | None = "/api/v1/products?limit=3"
        while path is not None:
            page = (await api.get(path)).json()
            seen += [product["id"] for product in page["items"]]
            await ann.new_product()
            cursor = page["next_cursor"]
            path = None if cursor is None else f"/api/v1/products?limit=3&cursor={cursor}"
        assert seen == made[::-1]

    tell(story)


def test_a_search_takes_wildcards_and_quotes_literally() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        await ann.new_product(name="100% O'Brien_desk")
        for term, hits in (("%", 1), ("_", 1), ("O'B", 1), ("o'brien", 1), ("x%", 0), ("'", 1)):
            answer = await api.get("/api/v1/products", params={"search": term})
            assert len(answer.json()["items"]) == hits, term
        toys = await api.get("/api/v1/products?category=toys")
        assert toys.json()["items"] == []

    tell(story)


def test_only_listed_origins_are_let_in() -> None:
    async def story(api: Api) -> None:
        for origin, granted in (("https://shop.example", True), ("https://evil.example", False)):
            headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            asked = await api.ask("OPTIONS", "/api/v1/products", headers=headers)
            read = await api.get("/api/v1/products", headers={"Origin": origin})
            assert ("Access-Control-Allow-Origin" in asked.headers) is granted
            assert ("Access-Control-Allow-Origin" in read.headers) is granted
            assert asked.status_code == (204 if granted else 405)

    tell(story, settings={"cors_origins": ("https://shop.example",)})


def test_head_answers_as_get_does_without_the_body() -> None:
    async def story(api: Api) -> None:
        head, read = await api.ask("HEAD", "/health/live"), await api.get("/health/live")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == read.headers["Content-Length"]

    tell(story)


def test_a_caller_who_takes_no_json_is_told_so() -> None:
    async def story(api: Api) -> None:
        for accept, status in (("text/csv", 406), ("text/html, */*;q=0.8", 200), ("", 200)):
            answer = await api.get("/health/live", headers={"Accept": accept})
            assert answer.status_code == status

    tell(story)


def test_metrics_count_by_template_and_need_their_token_where_one_is_set() -> None:
    async def story(api: Api) -> None:
        await api.get("/api/v1/products/00000000-0000-4000-8000-000000000000")
        assert (await api.get("/metrics")).status_code == 401
        scraped = await api.get("/metrics", headers={"Authorization": "Bearer scrape-me"})
        label = 'method="GET",route="/api/v1/products/{product_id}",status="404"'
        assert f"http_requests_total{{{label}}} 1" in scraped.text
        assert f'http_request_duration_seconds_bucket{{{label},le="+Inf"}} 1' in scraped.text

    tell(story, settings={"metrics_token": "scrape-me"})


def test_the_document_tells_what_is_public_and_gives_each_operation_a_name() -> None:
    document = create_app(calibration_settings()).openapi()
    operations = {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    public = {name for name, operation in operations.items() if "security" not in operation}
    assert "get /api/v1/products/{product_id}" in public
    assert not any("orders" in name or "users" in name for name in public)
    for operation in operations.values():
        assert operation["summary"]
        assert operation["tags"]
        assert "HTTPValidationError" not in str(operation)


def test_the_document_states_every_bound_of_a_product() -> None:
    schemas = create_app(calibration_settings()).openapi()["components"]["schemas"]
    fields = schemas["ProductIn"]["properties"]
    assert (fields["price_cents"]["minimum"], fields["price_cents"]["maximum"]) == (1, 10_000_000)
    assert (fields["name"]["minLength"], fields["name"]["maxLength"]) == (1, 120)
    assert schemas["ReviewIn"]["properties"]["rating"]["maximum"] == 5
    assert schemas["OrderItemIn"]["properties"]["quantity"]["minimum"] == 1
    assert schemas["RegistrationIn"]["properties"]["email"]["format"] == "email"


def test_the_lifespan_prepares_and_closes_the_database() -> None:
    app = create_app(calibration_settings())

    async def run() -> None:
        async with app.router.lifespan_context(app), opened(app) as api:
            assert (await api.get("/health/ready")).status_code == 200

    asyncio.run(run())


def test_one_application_serves_in_one_event_loop_after_another() -> None:
    app = create_app(calibration_settings())

    async def read() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://a.test") as client:
            async with asyncio.TaskGroup() as group:
                reads = [group.create_task(client.get("/api/v1/products")) for _ in range(5)]
            return max(each.result().status_code for each in reads)

    assert [asyncio.run(read()) for _ in range(3)] == [200, 200, 200]


def test_an_application_that_is_dropped_leaves_nothing_open() -> None:
    async def use() -> None:
        transport = httpx.ASGITransport(create_app(calibration_settings()))
        async with httpx.AsyncClient(transport=transport, base_url="https://a.test") as client:
            assert (await client.get("/health/ready")).status_code == 200

    asyncio.run(use())
    gc.collect()


def test_a_cancelled_request_does_not_take_the_data_with_it() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        await ann.new_product()
        for microseconds in range(0, 5000, 250):
            try:
                async with asyncio.timeout(microseconds / 1e6):
                    await api.get("/api/v1/products")
            except TimeoutError:
                continue
        assert len((await api.get("/api/v1/products")).json()["items"]) == 1

    tell(story)


def test_settings_come_from_the_environment_and_are_validated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REFERENCE_RATE_LIMIT_REQUESTS", "7")
    assert Settings().rate_limit_requests == 7
    monkeypatch.setenv("REFERENCE_RATE_LIMIT_REQUESTS", "none")
    with pytest.raises(ValidationError):
        Settings()


def test_importing_the_package_imports_no_framework() -> None:
    code = "import sys, reference_app; sys.exit('fastapi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_layers_are_in_their_order() -> None:
    parts = create_app(calibration_settings()).state.parts
    order = ["context", "cors", "compression", "body_limit", "rate_limit"]
    places = [list(parts.layers).index(name) for name in order]
    assert all(before < after for before, after in pairwise(places))
