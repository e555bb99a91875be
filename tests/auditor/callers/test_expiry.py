"""How long a credential is good for, as tokens, answers and cookies say it."""

from __future__ import annotations

import base64
import json
import time
from math import inf

import pytest

from auditor.callers import cookies
from auditor.callers.expiry import by_answer, by_claims, lifetime, margin
from auditor.model import Credential, Json, Response
from tests.checks.building import reply


def signed(claims: Json) -> str:
    def part(value: Json) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part(claims)}.c2lnbmF0dXJl"


def bearer(token: str) -> Credential:
    return Credential(headers=(("authorization", f"Bearer {token}"),))


def good_for(answer: Response, credential: Credential) -> float:
    return lifetime(answer, credential, cookies.kept({}, cookies.set_by(answer)).values())


@pytest.mark.parametrize(
    ("answer", "credential", "seconds"),
    [
        (reply(200, {"expires_in": 300}), bearer("opaque"), 300),
        (reply(200, {"data": {"expiresIn": "300"}}), bearer("opaque"), 300),
        (reply(200, {"id": "x", "ttl": 1209600}), bearer("opaque"), 1209600),
        (reply(200, {"expires_in": 300}), bearer(signed({"iat": 1_000, "exp": 1_060})), 60),
        (reply(200, {"refresh_expires_in": 1800, "expires_in": 300}), bearer("opaque"), 300),
        (reply(200, {"expires": 900000}), bearer("opaque"), inf),
        (reply(200, {"expires_at": 1795000000}), bearer("opaque"), inf),
        (reply(200, {"expires_in": 0}), bearer("opaque"), inf),
        (reply(200, {"expires_in": -5}), bearer("opaque"), inf),
        (reply(200, {"expires_in": True}), bearer("opaque"), inf),
        (reply(200, {"expires_in": 10**400}), bearer("opaque"), inf),
        (reply(200, {}), bearer(signed({"iat": 1_060, "exp": 1_000})), inf),
        (reply(headers={"set-cookie": "sid=abc; Max-Age=60"}), Credential(cookies=(("sid", "abc"),)), 60),
        (reply(headers={"set-cookie": "sid=abc; Max-Age=60"}), bearer("opaque"), inf),
        (reply(headers={"set-cookie": "sid=abc"}), Credential(cookies=(("sid", "abc"),)), inf),
        (reply(), Credential(cookies=(("sid", signed({"iat": 1_000, "exp": 1_100})),)), 100),
    ],
)
def test_the_surest_word_counts(answer: Response, credential: Credential, seconds: float) -> None:
    assert good_for(answer, credential) == seconds


def test_a_token_without_its_beginning_is_measured_by_our_clock() -> None:
    left = by_claims(signed({"exp": time.time() + 600}))
    assert left is not None
    assert 0 < left <= 600


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque",
        "a.b.c",
        "a.!!.c",
        f"a.{base64.urlsafe_b64encode(b'[1]').decode()}.c",
        signed({}),
        signed({"exp": "x"}),
    ],
)
def test_what_is_no_signed_token_says_nothing(token: str) -> None:
    assert by_claims(token) is None


def test_an_answer_that_is_no_json_says_nothing() -> None:
    assert by_answer(reply(text="<html>").json()) is None


def test_renewal_comes_half_a_minute_before_the_end_or_a_fifth_of_a_short_life() -> None:
    assert (margin(3_600), margin(60), margin(inf)) == (30, 12, 30)
