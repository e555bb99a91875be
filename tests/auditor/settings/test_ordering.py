"""The command line and the configuration become one order; the command line wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.errors import UsageError
from auditor.model import Credential, Severity
from auditor.settings import config, ordering
from auditor.settings.order import GrantOrder, IdentityOrder, LoadOrder, Order
from auditor.settings.ordering import Options, Ordered

TARGET = "http://127.0.0.1:8000"


def ordered(folder: Path, text: str = "", **options: Any) -> Ordered:
    if text:
        (folder / "auditor.yaml").write_text(f"version: 1\n{text}\n", "utf-8")
    loaded = config.load(cwd=folder, environ={})
    typed = Options(**{"target": TARGET, **options})
    return ordering.order(typed, loaded, curl=lambda _exchange, _base: "", run_id="aud0")


def order(folder: Path, text: str = "", **options: Any) -> Order:
    return ordered(folder, text, **options).order


def test_with_an_address_alone_everything_has_a_default(tmp_path: Path) -> None:
    found = order(tmp_path)
    assert (found.target, found.document, found.base_url, found.profile, found.seed) == (
        TARGET,
        None,
        None,
        "standard",
        "0",
    )
    assert (found.bounds.max_requests, found.bounds.max_seconds, found.bounds.concurrency) == (20_000, 1_800.0, 8)
    assert (found.writes, found.load, found.fail_on, found.identities) == (None, None, Severity.HIGH, ())


@pytest.mark.parametrize("option", ["target", "document", "base_url"])
def test_an_address_with_a_password_in_it_is_refused_and_not_repeated(tmp_path: Path, option: str) -> None:
    with pytest.raises(UsageError, match="holds a user name or password") as raised:
        order(tmp_path, **{option: "https://kat:hunter2@staging.test"})
    assert "hunter2" not in str(raised.value)


def test_without_any_target_there_is_nothing_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no target"):
        order(tmp_path, target=None)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("safety: {max_requests: 5, concurrency: 3, rate: 4/s, max_time: 1m}", {}, (5, 3, 4.0, 60.0)),
        (
            "safety: {max_requests: 5}",
            {"max_requests": 7, "concurrency": 2, "rate": "90/m", "max_time": "2h"},
            (7, 2, 1.5, 7200.0),
        ),
        ("profile: quick", {}, (6_000, 8, None, 600.0)),
        ("profile: quick", {"profile": "deep"}, (60_000, 8, None, 7_200.0)),
    ],
)
def test_bounds_come_from_the_command_line_then_the_configuration_then_the_profile(
    tmp_path: Path, text: str, options: dict[str, Any], expected: tuple[int, int, float | None, float]
) -> None:
    bounds = order(tmp_path, text, **options).bounds
    assert (bounds.max_requests, bounds.concurrency, bounds.rate, bounds.max_seconds) == expected


@pytest.mark.parametrize(("option", "value"), [("rate", "fast"), ("max_time", "soon"), ("load", "much")])
def test_an_option_that_makes_no_sense_is_named(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"--{option.replace('_', '-')} {value}"):
        order(tmp_path, **{option: value})


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("", {}, None),
        ("safety: {writes: true}", {}, True),
        ("safety: {writes: false}", {}, False),
        ("safety: {read_only: true}", {}, False),
        ("safety: {read_only: true}", {"allow_writes": True}, True),
        ("safety: {writes: true}", {"read_only": True}, False),
    ],
)
def test_writing_is_allowed_by_whoever_speaks_last(
    tmp_path: Path, text: str, options: dict[str, Any], expected: bool | None
) -> None:
    assert order(tmp_path, text, **options).writes is expected


def test_two_options_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="contradict"):
        order(tmp_path, allow_writes=True, read_only=True)
    with pytest.raises(UsageError, match="contradict"):
        order(tmp_path, throwaway=True, read_only=True)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [("", {}, False), ("safety: {throwaway: true}", {}, True), ("", {"throwaway": True}, True)],
)
def test_a_target_is_throwaway_where_the_user_says_so(
    tmp_path: Path, text: str, options: dict[str, Any], expected: bool
) -> None:
    assert order(tmp_path, text, **options).throwaway is expected


@pytest.mark.parametrize(
    ("text", "options", "stages"),
    [
        ("", {"load": "40s", "users": 8}, ((1, 10.0), (2, 10.0), (4, 10.0), (8, 10.0))),
        ("", {"load": "40s", "users": 1}, ((1, 40.0),)),
        ("load: {stages: [{users: 3, duration: 5s}]}", {}, ((3, 5.0),)),
        ("load: {users: 9, duration: 40s}", {}, ((1, 10.0), (9, 40.0))),
        ("load: {stages: [{users: 3, duration: 5s}]}", {"load": "9s", "users": 1}, ((1, 9.0),)),
        ("load: {}", {}, ()),
    ],
)
def test_load_goes_in_stages(
    tmp_path: Path, text: str, options: dict[str, Any], stages: tuple[tuple[int, float], ...]
) -> None:
    found = order(tmp_path, text, **options).load
    assert isinstance(found, LoadOrder)
    assert found.stages == stages


@pytest.mark.parametrize(
    ("text", "option", "expected"),
    [
        ("", None, Severity.HIGH),
        ("", "low", Severity.LOW),
        ("", "none", None),
        ("gates: [{findings: {at_least: low}, max: 3}]", None, None),
        ("gates: [{findings: {at_least: low}, max: 3}]", "critical", Severity.CRITICAL),
        ("gates: [{reach: {min: 0.5}}]", None, Severity.HIGH),
    ],
)
def test_the_default_gate_gives_way_to_one_on_findings(
    tmp_path: Path, text: str, option: str | None, expected: Severity | None
) -> None:
    assert order(tmp_path, text, fail_on=option).fail_on is expected


# --- identities and headers ---------------------------------------------------------------------------------


def header(name: str, value: str) -> Credential:
    return Credential(headers=((name, value),))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("alice=token", IdentityOrder(name="alice", credential=header("Authorization", "Bearer token"))),
        ("alice=a=b==", IdentityOrder(name="alice", credential=header("Authorization", "Bearer a=b=="))),
        ("alice=X-API-Key: k:1", IdentityOrder(name="alice", credential=header("X-API-Key", "k:1"))),
        (
            "alice=Authorization: Basic eA==",
            IdentityOrder(name="alice", credential=header("Authorization", "Basic eA==")),
        ),
        ("root:admin=t", IdentityOrder(name="root", role="admin", credential=header("Authorization", "Bearer t"))),
        ("eve:=t", IdentityOrder(name="eve", role="user", credential=header("Authorization", "Bearer t"))),
    ],
)
def test_an_identity_may_be_typed(typed: str, expected: IdentityOrder) -> None:
    found = ordering.typed_identity(typed)
    assert found == expected
    assert "token" not in repr(found)


@pytest.mark.parametrize("typed", ["alice", "alice=", "=token", ":admin=token", ""])
def test_an_identity_without_a_name_or_a_value_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="NAME=TOKEN"):
        ordering.typed_identity(typed)


def test_a_typed_identity_replaces_the_configured_one_of_its_name(tmp_path: Path) -> None:
    text = "identities: {alice: {bearer: configured-1}, bob: {bearer: configured-2}}"
    found = order(tmp_path, text, identities=("alice=typed",)).identities
    assert [(one.name, one.credential.token if one.credential else "") for one in found] == [
        ("alice", "typed"),
        ("bob", "configured-2"),
    ]


def test_a_configured_login_becomes_an_order_to_log_in(tmp_path: Path) -> None:
    text = "identities: {bob: {login: {operation: POST /login, body: {password: hunter2}, token: /t}}}"
    (found,) = order(tmp_path, text).identities
    assert found.login is not None
    assert (found.login.operation, found.login.token_pointer) == ("POST /login", "/t")
    assert found.login.body == {"password": "hunter2"}
    assert "hunter2" not in repr(found)


def test_a_configured_grant_becomes_an_order_for_a_token(tmp_path: Path) -> None:
    text = "identities: {bob: {oauth2: {client_id: app, client_secret: hunter2-3}, headers: {X-Tenant: acme}}}"
    (found,) = order(tmp_path, text).identities
    assert found.grant == GrantOrder(client_id="app", client_secret="hunter2-3")
    assert (found.credential, found.headers) == (None, (("X-Tenant", "acme"),))
    assert "hunter2-3" not in repr(found)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("X-Tenant: acme", ("X-Tenant", "acme")), ("X-Empty:", ("X-Empty", "")), ("A:b:c", ("A", "b:c"))],
)
def test_a_header_is_a_name_and_a_value(typed: str, expected: tuple[str, str]) -> None:
    assert ordering.header(typed) == expected


@pytest.mark.parametrize("typed", ["X-Tenant", ": acme", ""])
def test_a_header_without_a_name_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="Name: value"):
        ordering.header(typed)


# --- documents and checks -----------------------------------------------------------------------------------


def test_a_configured_document_lies_beside_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text("", "utf-8")
    text = "target: {document: api.yaml}"
    assert order(tmp_path, text, target=None).target == str(tmp_path / "api.yaml")
    assert order(tmp_path, text).document == str(tmp_path / "api.yaml")


def test_a_typed_document_lies_where_it_was_typed(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text("", "utf-8")
    assert order(tmp_path, "profile: quick", document="api.yaml").document == "api.yaml"


def test_a_configured_address_is_the_target_or_stands_in_for_the_servers(tmp_path: Path) -> None:
    text = "target: {base_url: 'http://staging.test'}"
    assert order(tmp_path, text, target=None).target == "http://staging.test"
    assert order(tmp_path, text, target=None).base_url is None
    assert order(tmp_path, text, target="api.yaml").base_url == "http://staging.test"


@pytest.mark.parametrize(
    ("text", "options", "only", "skip"),
    [
        ("", {}, (), ()),
        ("checks: {only: [auth]}", {}, ("auth",), ()),
        ("checks: {only: [auth]}", {"only": ("input",)}, ("input",), ()),
        ("checks: {skip: [auth.*]}", {"skip": ("perf",)}, (), ("auth.*", "perf")),
        ("", {"profile": "quick"}, (), ordering.QUICK_LEAVES_OUT),
        ("", {"profile": "quick", "only": ("perf",)}, ("perf",), ()),
    ],
)
def test_checks_to_run_and_to_leave_out(
    tmp_path: Path, text: str, options: dict[str, Any], only: tuple[str, ...], skip: tuple[str, ...]
) -> None:
    found = ordered(tmp_path, text, **options)
    assert (found.only, found.skip) == (only, skip)


def test_nothing_left_to_check_is_an_error() -> None:
    with pytest.raises(UsageError, match="nothing is left"):
        ordering.no_checks_left([])
    ordering.no_checks_left(["one"])


def test_every_run_has_a_marker_of_its_own() -> None:
    one, other = ordering.new_run_id(), ordering.new_run_id()
    assert one != other
    assert len(one) == 15
    assert one.startswith("aud")
    assert int(one[3:], 16) >= 0
