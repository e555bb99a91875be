from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Credential, Exchange
from reports.curl import curl
from tests.reports.building import BASE_URL, exchange

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0«»"), max_size=40)


def words(one: Exchange) -> list[str]:
    return shlex.split(curl(one, BASE_URL))


def test_a_get_is_short_and_its_token_a_variable() -> None:
    assert curl(exchange("e", "GET", "/orders/1", 200), BASE_URL) == (
        "curl --globoff --path-as-is http://127.0.0.1:8912/orders/1 \\\n"
        "  --header 'Authorization: Bearer '\"$AUDITOR_ALICE_TOKEN\" \\\n"
        "  --header 'Accept: application/json'"
    )


def test_a_body_is_sent_as_it_was() -> None:
    found = words(exchange("e", "POST", "/orders", 201, sent={"name": 'it\'s "quoted" $HOME `id`'}))
    assert found[found.index("--request") + 1] == "POST"
    assert found[found.index("--data-raw") + 1] == '{"name": "it\'s \\"quoted\\" $HOME `id`"}'


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"with\0nul"], ids=["not-utf-8", "nul"])
def test_a_body_no_argument_can_carry_is_piped(body: bytes) -> None:
    found = words(exchange("e", "POST", "/", 400, sent=body))
    assert found[:2] == ["printf", "%s"]
    assert found[-2:] == ["--data-binary", "@-"]


def test_head_asks_for_the_head() -> None:
    assert "--head" in words(exchange("e", "HEAD", "/", 200))


def test_the_second_token_of_its_kind_has_a_number_and_forms_have_names() -> None:
    one = exchange("e", "GET", "/", 200, headers=[("X-A", "«bob.api-key#2»"), ("X-B", "«bob.token#1:base64»")])
    assert "X-A: $AUDITOR_BOB_API_KEY_2" in words(one)
    assert "X-B: $AUDITOR_BOB_TOKEN_BASE64" in words(one)


def test_a_placeholder_in_the_query_is_a_variable_too() -> None:
    one = exchange("e", "GET", "/", 200)
    one = replace(one, request=replace(one.request, query=(("key", "«alice.api_key#1»"), ("q", "a b"))))
    assert '/?key=\'"$AUDITOR_ALICE_API_KEY"' in curl(one, BASE_URL)
    assert f"{BASE_URL}/?key=$AUDITOR_ALICE_API_KEY&q=a%20b" in words(one)


def test_a_credential_beside_the_request_stays_out() -> None:
    one = exchange("e", "GET", "/", 200)
    secret = Credential(headers=(("Authorization", "Bearer s3cr3t-value"),))
    assert "s3cr3t" not in curl(replace(one, request=replace(one.request, credential=secret)), BASE_URL)


def test_an_empty_header_is_sent_empty() -> None:
    assert "X-Empty;" in words(exchange("e", "GET", "/", 200, headers=[("X-Empty", "")]))


@given(TEXT, TEXT, st.binary(max_size=60))
def test_a_shell_reads_what_was_sent(path: str, value: str, body: bytes) -> None:
    found = words(exchange("e", "POST", "/" + path, 200, headers=[("X-Value", "v" + value)], sent=body or b"x"))
    assert f"{BASE_URL}/{path}" in found
    assert f"X-Value: v{value}" in found


def test_a_path_at_the_root_of_the_host_leaves_the_base_path_out() -> None:
    one = exchange("e1", "GET", "/health", 200)
    root = replace(one, request=replace(one.request, absolute=True))
    assert "http://127.0.0.1:8912/health " in curl(root, "http://127.0.0.1:8912/api/v1").replace("\\", "")
    assert "http://127.0.0.1:8912/api/v1/health " in curl(one, "http://127.0.0.1:8912/api/v1").replace("\\", "")
