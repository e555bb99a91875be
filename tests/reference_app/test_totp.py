"""The second factor: begun, confirmed, asked for at the login, switched off."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from reference_app import calibration_settings
from reference_app.core.totp import Totp
from reference_app.parts import Parts
from tests.reference_app.asking import PASSWORD, Api, Story, tell

STEP = 30
TOTP = "/api/v1/users/me/totp"


@dataclass(slots=True)
class Clock:
    """A time that moves when the test says so: seconds since the epoch, in the middle of a step."""

    now: float = 1_800_000_015.0

    def __call__(self) -> float:
        return self.now

    def arrange(self, parts: Parts) -> None:
        parts.totp = Totp(parts.settings, clock=self)


def code_of(secret: str, clock: Clock, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(clock.now) + steps * STEP)


def wrong_code(secret: str, clock: Clock) -> str:
    """One that fits none of the steps around."""
    near = {code_of(secret, clock, steps=steps) for steps in range(-5, 6)}
    return next(code for code in map("{:06}".format, range(20)) if code not in near)


async def begun(user: Api) -> str:
    answer = await user.post(TOTP, json={})
    assert (answer.status_code, answer.headers["Location"]) == (201, TOTP), answer.text
    uri: str = answer.json()["otpauth_uri"]
    return parse_qs(urlsplit(uri).query)["secret"][0]


async def enrolled(api: Api, clock: Clock) -> tuple[Api, str]:
    """A user whose second factor is on, and its secret; the next code is that of the next step."""
    ann = await api.new_user()
    secret = await begun(ann)
    answer = await ann.post(TOTP, json={"code": code_of(secret, clock)})
    assert (answer.status_code, answer.json()) == (200, {"status": "on", "otpauth_uri": None})
    clock.now += STEP
    return ann, secret


async def sign_in(
    api: Api, email: str, *, password: str = PASSWORD, door: str = "login", **more: Any
) -> httpx.Response:
    return await Api(api.client).post(f"/api/v1/auth/{door}", json={"email": email, "password": password, **more})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def tell_at(clock: Clock, story: Story, **settings: object) -> None:
    tell(story, settings=settings, arrange=clock.arrange)


def test_what_is_not_confirmed_is_not_on() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann = await api.new_user()
        assert (await ann.get(TOTP)).json() == {"status": "off"}
        first = await begun(ann)
        assert (await ann.get(TOTP)).json() == {"status": "pending"}
        plain = await sign_in(api, ann.email)
        assert plain.status_code == 200
        assert list(plain.json()) == ["access_token", "refresh_token", "token_type", "expires_in"]
        second = await begun(ann)
        assert second != first
        forgotten = await ann.post(TOTP, json={"code": code_of(first, clock)})
        assert refusal(forgotten) == (422, "invalid_input")
        assert (await ann.get(TOTP)).json() == {"status": "pending"}

    tell_at(clock, story)


@pytest.mark.parametrize("door", ["login", "session"])
def test_the_right_password_alone_is_challenged_and_a_code_opens(door: str) -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        asked = await sign_in(api, ann.email, door=door)
        assert refusal(asked) == (401, "second_factor_required")
        assert "token" not in asked.text
        assert "set-cookie" not in asked.headers
        assert refusal(await sign_in(api, ann.email, door=door, password="Wrong7horse")) == (401, "unauthenticated")
        wrong = await sign_in(api, ann.email, door=door, code=wrong_code(secret, clock))
        assert refusal(wrong) == (401, "second_factor_refused")
        assert (await sign_in(api, ann.email, door=door, code=code_of(secret, clock))).is_success

    tell_at(clock, story)


def test_a_code_is_taken_once_and_none_older_after_it() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        confirming = code_of(secret, clock, steps=-1)
        assert refusal(await sign_in(api, ann.email, code=confirming)) == (401, "second_factor_refused")
        early = code_of(secret, clock, steps=1)
        assert (await sign_in(api, ann.email, code=early)).status_code == 200
        assert refusal(await sign_in(api, ann.email, code=early)) == (401, "second_factor_refused")
        older = code_of(secret, clock)
        assert refusal(await sign_in(api, ann.email, code=older)) == (401, "second_factor_refused")

    tell_at(clock, story)


def test_of_many_who_send_one_code_at_once_one_gets_in() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        code = code_of(secret, clock)
        answers = await asyncio.gather(*(sign_in(api, ann.email, code=code) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]

    tell_at(clock, story)


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_clocks_may_differ_by_one_step(steps: int, status: int) -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        clock.now += 10 * STEP
        assert (await sign_in(api, ann.email, code=code_of(secret, clock, steps=steps))).status_code == status

    tell_at(clock, story)


def test_wrong_codes_at_the_login_close_the_door() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        assert (await sign_in(api, ann.email)).status_code == 401  # a challenge is no failure
        wrong = [await sign_in(api, ann.email, code=wrong_code(secret, clock)) for _ in "123"]
        assert [answer.status_code for answer in wrong] == [401, 401, 429]
        assert (await sign_in(api, ann.email, code=code_of(secret, clock))).status_code == 429

    tell_at(clock, story, login_failures=2)


def test_wrong_codes_at_the_confirmation_close_the_door_too() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann = await api.new_user()
        secret = await begun(ann)
        wrong = [await ann.post(TOTP, json={"code": wrong_code(secret, clock)}) for _ in "123"]
        assert [answer.status_code for answer in wrong] == [422, 422, 429]
        assert (await sign_in(api, ann.email)).status_code == 429

    tell_at(clock, story, login_failures=2)


def test_what_is_on_is_neither_begun_nor_confirmed_again() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        assert refusal(await ann.post(TOTP, json={})) == (409, "conflict")
        assert refusal(await ann.post(TOTP, json={"code": code_of(secret, clock)})) == (409, "conflict")
        assert refusal(await (await api.new_user()).post(TOTP, json={"code": "123456"})) == (409, "conflict")
        assert (await sign_in(api, ann.email, code=code_of(secret, clock))).status_code == 200

    tell_at(clock, story)


def test_switching_off_needs_the_password_and_a_fresh_code() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        code, used = code_of(secret, clock), code_of(secret, clock, steps=-1)
        for proof in (
            {},
            {"password": PASSWORD},
            {"code": code},
            {"password": "Wrong7horse", "code": code},
            {"password": PASSWORD, "code": used},
        ):
            assert refusal(await ann.post(f"{TOTP}/disable", json=proof)) == (403, "forbidden"), proof
        assert (await ann.get(TOTP)).json() == {"status": "on"}
        gone = await ann.post(f"{TOTP}/disable", json={"password": PASSWORD, "code": code})
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await ann.get(TOTP)).json() == {"status": "off"}
        assert (await sign_in(api, ann.email)).status_code == 200

    tell_at(clock, story)


def test_wrong_proofs_count_as_failed_logins() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        body = {"password": PASSWORD, "code": wrong_code(secret, clock)}
        answers = [await ann.post(f"{TOTP}/disable", json=body) for _ in "123"]
        assert [answer.status_code for answer in answers] == [403, 403, 429]

    tell_at(clock, story, login_failures=2)


def test_a_pending_one_is_given_up_without_proof() -> None:
    async def story(api: Api) -> None:
        ann = await api.new_user()
        await begun(ann)
        for _ in "12":
            assert (await ann.post(f"{TOTP}/disable", json={})).status_code == 204
        assert (await ann.get(TOTP)).json() == {"status": "off"}

    tell(story)


def test_everybodys_second_factor_is_ones_own() -> None:
    clock = Clock()

    async def story(api: Api) -> None:
        ann, _ = await enrolled(api, clock)
        bob = await api.new_user()
        assert (await bob.get(TOTP)).json() == {"status": "off"}
        assert (await bob.post(f"{TOTP}/disable", json={})).status_code == 204
        assert (await ann.get(TOTP)).json() == {"status": "on"}
        assert (await api.get(TOTP)).status_code == 401
        assert (await ann.delete("/api/v1/users/me")).status_code == 204

    tell_at(clock, story)


def test_the_secret_is_told_once_and_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    clock, kept = Clock(), list[str]()

    async def story(api: Api) -> None:
        ann, secret = await enrolled(api, clock)
        kept.append(secret)
        later = [
            await ann.get(TOTP),
            await ann.get("/api/v1/users/me"),
            await ann.post(TOTP, json={}),
            await sign_in(api, ann.email),
            await sign_in(api, ann.email, code=code_of(secret, clock)),
        ]
        assert [answer.status_code for answer in later] == [200, 200, 409, 401, 200]
        assert not any(secret in answer.text or "otpauth:" in answer.text for answer in later)

    with caplog.at_level(logging.DEBUG):
        tell_at(clock, story)
    assert "reference_app.access" in {record.name for record in caplog.records}
    assert kept[0] not in caplog.text


def test_the_database_keeps_no_secret_and_another_key_opens_none(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    mine = Totp(calibration_settings(totp_key="k" * 32), clock=clock)
    secret = mine.new_secret()
    sealed, code = mine.seal(secret), code_of(secret, clock)
    assert secret not in sealed
    assert len(sealed) <= 255
    assert mine.step_of(sealed, code) == int(clock.now) // STEP
    assert Totp(calibration_settings(totp_key="l" * 32), clock=clock).step_of(sealed, code) is None
    assert "cannot be opened" in caplog.text
    assert secret not in caplog.text


def test_the_key_is_that_of_the_tokens_where_none_is_set() -> None:
    clock = Clock()
    held = Totp(calibration_settings(jwt_secret="j" * 32), clock=clock)
    secret = held.new_secret()
    moved = Totp(calibration_settings(jwt_secret="n" * 32, totp_key="j" * 32), clock=clock)
    assert moved.step_of(held.seal(secret), code_of(secret, clock)) is not None


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, SHA-1: the last six of eight digits."""
    rfc = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for now, code in ((59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")):
        totp = Totp(calibration_settings(), clock=Clock(now))
        assert totp.step_of(totp.seal(rfc), code) == now // STEP
