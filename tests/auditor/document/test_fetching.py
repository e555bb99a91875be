"""Documents are fetched from where they are said to be, and from nowhere else."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest

from auditor.document import fetching
from auditor.document.discovery import Fetched
from auditor.document.fetching import document_fetcher
from auditor.errors import TargetUnreachable
from auditor.model import Credential
from auditor.settings.order import IdentityOrder, Order
from tests.auditor.building import RUN, Target, answer, run

HERE = "http://api.test"


def fetched(url: str, asked: Target, **options: Any) -> Fetched:
    order = Order(
        **{"target": HERE, "output": Path("/nonexistent"), "run_id": RUN, "seed": "0", **options},
        transport=httpx.MockTransport(asked),
    )

    async def course() -> Fetched:
        async with document_fetcher(order) as fetch:
            return await fetch(url)

    return run(course())


def test_a_document_is_fetched_with_its_type_and_its_place() -> None:
    target = Target([answer(200, {"openapi": "3.1.0"}, content_type="Application/JSON; charset=utf-8")])
    found = fetched(f"{HERE}/openapi.json", target)
    assert found == Fetched(200, "application/json", b'{"openapi": "3.1.0"}', f"{HERE}/openapi.json")
    assert target.asked[0].headers["x-auditor"] == RUN
    assert "openapi" in target.asked[0].headers["accept"]


@pytest.mark.parametrize(
    ("start", "location", "ends"),
    [
        ("http://api.test/a", "/b", "http://api.test/b"),
        ("http://api.test/a/", "b?c=d", "http://api.test/a/b?c=d"),
        ("http://api.test/a", "http://api.test/b", "http://api.test/b"),
        ("http://api.test/a", "https://api.test/b", "https://api.test/b"),
        ("https://api.test/a", "http://api.test/b", "https://api.test/a"),
        ("http://api.test/a", "http://evil.test/b", "http://api.test/a"),
        ("http://api.test/a", "//evil.test/b", "http://api.test/a"),
        ("http://api.test/a", "http://api.test:9/b", "http://api.test/a"),
        ("http://api.test/a", "http://api.test@evil.test/b", "http://api.test/a"),
        ("http://api.test/a", "file:///etc/passwd", "http://api.test/a"),
        ("http://api.test/a", "ftp://api.test/b", "http://api.test/a"),
        ("http://api.test/a", "http://[", "http://api.test/a"),
        ("http://api.test/a", "", "http://api.test/a"),
    ],
)
def test_redirects_are_followed_on_the_same_host_only(start: str, location: str, ends: str) -> None:
    target = Target([answer(302, location=location), answer(200, {})])
    found = fetched(start, target)
    assert found.url == ends
    assert found.status == (200 if ends != start else 302)


def test_a_redirect_loop_has_an_end() -> None:
    target = Target([answer(302, location="/again")])
    assert fetched(f"{HERE}/a", target).status == 302
    assert len(target.asked) == 1 + fetching.REDIRECTS


def test_a_location_without_a_redirect_is_not_followed() -> None:
    target = Target([answer(201, {}, location="/elsewhere")])
    assert fetched(f"{HERE}/a", target).status == 201


@pytest.mark.parametrize(
    ("silence", "why"),
    [
        (httpx.ConnectError("refused"), "connection refused"),
        (httpx.ReadTimeout("slow"), "no answer in time"),
        (httpx.RemoteProtocolError("garbage"), "RemoteProtocolError"),
        (OSError("disk"), "OSError"),
    ],
)
def test_silence_is_an_unreachable_target(silence: Exception, why: str) -> None:
    with pytest.raises(TargetUnreachable, match=why) as raised:
        fetched(f"{HERE}/a", Target([silence]))
    assert raised.value.hint


def test_an_address_that_is_none_is_unreachable() -> None:
    with pytest.raises(TargetUnreachable):
        fetched("http://[", Target())


def test_a_document_is_cut_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "DOCUMENT_CAP", 10)
    target = Target([lambda _request: httpx.Response(200, stream=httpx.ByteStream(b"x" * 100))])
    assert len(fetched(f"{HERE}/a", target).body) == 10


def test_a_packed_document_is_unpacked() -> None:
    packed = httpx.Response(200, headers={"content-encoding": "gzip"}, content=gzip.compress(b"{}"))
    assert fetched(f"{HERE}/a", Target([lambda _request: packed])).body == b"{}"


@pytest.mark.parametrize(
    ("url", "options", "told"),
    [
        ("http://api.test/openapi.json", {}, True),
        ("http://docs.test/openapi.json", {}, False),
        ("http://docs.test/openapi.json", {"target": "http://docs.test/openapi.json"}, True),
        ("http://api.test/a", {"target": "http://docs.test/openapi.json", "base_url": "http://api.test"}, True),
        ("http://api.test/a", {"target": "api.test"}, True),
        ("http://docs.test/a", {"target": "api.test"}, False),
    ],
)
def test_the_users_headers_go_to_the_target_alone(url: str, options: dict[str, Any], told: bool) -> None:
    target = Target()
    fetched(url, target, headers=(("X-Key", "secret"),), **options)
    assert ("x-key" in target.asked[0].headers) is told


ALICE = IdentityOrder(name="alice", credential=Credential(headers=(("authorization", "token secret"),)))


@pytest.mark.parametrize(
    ("refusal", "again"),
    [
        pytest.param([answer(401, {})], True, id="refused"),
        pytest.param([answer(403, {})], True, id="forbidden"),
        pytest.param(
            [answer(302, location="/login"), httpx.Response(200, html="<html>")], True, id="sent on to a page"
        ),
        pytest.param([answer(404, {})], False, id="not there"),
        pytest.param([answer(302, location="/b"), answer(200, {"openapi": "3.1.0"})], False, id="moved"),
    ],
)
def test_a_document_for_users_only_is_asked_for_as_the_first_configured_caller(
    refusal: list[httpx.Response], again: bool
) -> None:
    target = Target([*refusal, answer(200, {"openapi": "3.1.0"})])
    fetched(f"{HERE}/spec", target, identities=(ALICE,))
    told = [one.headers.get("authorization") for one in target.asked]
    assert told == [None] * len(refusal) + (["token secret"] if again else [])


def test_no_other_host_is_shown_a_callers_credential() -> None:
    target = Target([answer(401, {}), answer(200, {})])
    fetched("http://docs.test/spec", target, identities=(ALICE,))
    assert len(target.asked) == 1
