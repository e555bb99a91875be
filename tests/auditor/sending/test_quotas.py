"""Rate limits in every dialect."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.sending.quotas import Quota, quota, retry_after
from tests.checks.building import reply

NINES = "9" * 400


def declared(*headers: tuple[str, str]) -> Quota | None:
    return quota(reply(200, {}, headers=headers))


DIALECTS: dict[str, tuple[tuple[tuple[str, str], ...], Quota | None]] = {
    "draft 10, one policy": (
        (("RateLimit-Policy", '"default";q=100;w=10'), ("RateLimit", '"default";r=50;t=5')),
        Quota(limit=100, remaining=50, reset_seconds=5),
    ),
    "draft 10, the tightest of several policies": (
        (
            ("RateLimit-Policy", '"burst";q=100;w=60,"daily";q=1000;w=86400'),
            ("RateLimit", '"burst";r=80;t=10, "daily";r=3;t=4000'),
        ),
        Quota(limit=100, remaining=3, reset_seconds=4000),
    ),
    "draft 10 on two lines": (
        (("RateLimit", '"a";r=7;t=1'), ("RateLimit", '"b";r=2;t=9')),
        Quota(remaining=2, reset_seconds=9),
    ),
    "draft 10 without a time": ((("RateLimit", '"default";r=9'),), Quota(remaining=9)),
    "a policy whose name holds a number": ((("RateLimit", '"r=1";r=9;t=2'),), Quota(remaining=9, reset_seconds=2)),
    "draft 10 with a partition key": (
        (("RateLimit", '"default";r=50;pk=:cHsdsRa894==:;t=5'),),
        Quota(remaining=50, reset_seconds=5),
    ),
    "draft 07, one header": (
        (("RateLimit", "limit=100, remaining=50, reset=5"), ("RateLimit-Policy", "100;w=10")),
        Quota(limit=100, remaining=50, reset_seconds=5),
    ),
    "draft 07, the limit from the policy": (
        (("RateLimit", "remaining=4, reset=5"), ("RateLimit-Policy", "20;w=4, 100;w=3600")),
        Quota(limit=20, remaining=4, reset_seconds=5),
    ),
    "drafts 03-06": (
        (("RateLimit-Limit", "100, 100;w=10"), ("RateLimit-Remaining", "42"), ("RateLimit-Reset", "7")),
        Quota(limit=100, remaining=42, reset_seconds=7),
    ),
    "legacy": (
        (("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "30")),
        Quota(limit=60, remaining=0, reset_seconds=30),
    ),
    "legacy with a dash more": (
        (("X-Rate-Limit-Limit", "15"), ("X-Rate-Limit-Remaining", "14")),
        Quota(limit=15, remaining=14),
    ),
    "a limit alone": ((("X-RateLimit-Limit", "60"),), Quota(limit=60)),
    "the tighter of two dialects": (
        (("RateLimit-Limit", "100"), ("RateLimit-Remaining", "90"), ("X-RateLimit-Remaining", "2")),
        Quota(remaining=2),
    ),
    "a policy alone is no quota": ((("RateLimit-Policy", '"default";q=100;w=10'),), None),
    "a reset alone is no quota": ((("X-RateLimit-Reset", "30"),), None),
    "words": ((("RateLimit", "plenty"), ("X-RateLimit-Limit", "unlimited")), None),
    "negative": ((("X-RateLimit-Limit", "-1"), ("X-RateLimit-Remaining", "-1")), None),
    "empty": ((("RateLimit", ""), ("RateLimit-Policy", ""), ("X-RateLimit-Limit", "")), None),
    "numbers of 400 digits": (
        (("X-RateLimit-Limit", NINES), ("RateLimit", f'"default";r={NINES};t={NINES}'), ("RateLimit-Policy", NINES)),
        None,
    ),
    "one good number among bad ones": (
        (("X-RateLimit-Limit", NINES), ("X-RateLimit-Remaining", "5")),
        Quota(remaining=5),
    ),
    "none": ((), None),
}


@pytest.mark.parametrize(("headers", "expected"), DIALECTS.values(), ids=DIALECTS)
def test_a_quota_is_read_in_every_dialect(headers: tuple[tuple[str, str], ...], expected: Quota | None) -> None:
    assert declared(*headers) == expected


@pytest.mark.parametrize("factor", [1, 1000], ids=["seconds", "milliseconds"])
@pytest.mark.parametrize("name", ["X-RateLimit-Reset", "RateLimit-Reset"])
def test_a_reset_may_be_a_point_in_time(name: str, factor: int) -> None:
    ends = int((time.time() + 3600) * factor)
    found = declared((name.replace("Reset", "Limit"), "10"), (name, str(ends)))
    assert found is not None
    assert found.reset_seconds == pytest.approx(3600, abs=60)


def test_a_point_in_time_that_is_past_is_now() -> None:
    assert declared(("X-RateLimit-Limit", "10"), ("X-RateLimit-Reset", "1400000000")) == Quota(
        limit=10, reset_seconds=0
    )


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("Thu, 01 Jan 1970 00:10:00 GMT", 100.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (NINES, None),
        (f"1 Jan {NINES} 00:00:00 GMT", None),
        ("1 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(reply(429, headers={"Retry-After": value}), now=500.0) == seconds


def test_without_the_header_nothing_is_asked_for() -> None:
    assert retry_after(reply(429)) is None


@given(
    st.sampled_from(["ratelimit", "ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-reset", "retry-after"]),
    st.text(st.characters(max_codepoint=255)),
)
def test_no_header_whatever_is_too_much(name: str, value: str) -> None:
    answer = reply(429, headers={name: value})
    quota(answer)
    retry_after(answer)
