"""The configuration is found, read strictly, and never gives a secret away."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ConfigError
from auditor.model import Severity
from auditor.settings import config
from auditor.settings.config import LoadedConfig
from auditor.verdicts.gates import CoverageGate, FindingsGate, ReachGate, ScoreGate

SECRET = "hunter2-and-more"
ENVIRONMENT = {"ALICE_TOKEN": "alice-token-1", "BOB_PASSWORD": "bob-password-1", "ADMIN_KEY": "admin-key-1"}

EXAMPLE = """\
version: 1
target:
  document: ./api/openapi.yaml
  base_url: "${STAGING_URL:-http://127.0.0.1:8000}"
identities:
  alice: {bearer: "${ALICE_TOKEN}"}
  bob:
    login: {operation: POST /login, body: {email: bob@example.com, password: "${BOB_PASSWORD}"}, token: /access_token}
  root: {role: admin, api_key: {header: X-API-Key, value: "${ADMIN_KEY}"}}
registration: {enabled: false}
safety: {writes: true, max_requests: 5000, max_time: 15m, rate: 40/s, concurrency: 4}
profile: standard
checks:
  skip: [graphql.*]
  input.malformed-body: {severity: medium}
  perf.latency: {p95_ms: 300}
operations:
  - match: "POST /payments*"
    skip: [injection.*, perf.load]
    reason: a real payment provider is behind it
load:
  stages: [{users: 5, duration: 10s}, {users: 10, duration: 10s}]
gates:
  - {findings: {at_least: high, status: new}, max: 0}
  - {coverage: {min: 0.9}, on_unmeasured: fail}
  - {reach: {min: 0.5}}
  - {score: {family: authz, min: 80}, level: warn}
baseline: auditor-baseline.json
suppressions:
  - {check: auth.anonymous-access, operation: GET /catalogue, reason: public, expires: "2027-03-01", owner: ops}
report: {formats: [html, sarif, junit], dir: auditor-out, redact: [ssn, "x-internal-*"]}
"""


def loaded(folder: Path, text: str, *, name: str = "auditor.yaml", **environ: str) -> LoadedConfig:
    (folder / name).write_text(text, encoding="utf-8")
    return config.load(cwd=folder, environ=environ)


def refusal(folder: Path, text: str, *, name: str = "auditor.yaml", **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, name=name, **environ)
    assert caught.value.hint
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None or "ValidationError" not in repr(caught.value.__context__)
    return caught.value.message


# --- what may be said ---------------------------------------------------------------------------------------


def test_the_example_says_what_it_means(tmp_path: Path) -> None:
    said = loaded(tmp_path, EXAMPLE, **ENVIRONMENT).config
    assert said.target.base_url == "http://127.0.0.1:8000"
    assert (said.safety.max_time, said.safety.rate, said.safety.concurrency) == (900.0, 40.0, 4)
    assert config.check_severities(said) == {"input.malformed-body": Severity.MEDIUM}
    assert said.checks.by_id["perf.latency"].options == {"p95_ms": 300.0}
    assert said.operations[0].skip == ("injection.*", "perf.load")
    assert said.load is not None
    assert [(stage.users, stage.duration) for stage in said.load.stages] == [(5, 10.0), (10, 10.0)]


def test_gates_become_what_is_evaluated(tmp_path: Path) -> None:
    assert config.gates(loaded(tmp_path, EXAMPLE, **ENVIRONMENT).config) == (
        FindingsGate(at_least=Severity.HIGH),
        CoverageGate(least=0.9, must_be_measured=True),
        ReachGate(least=0.5),
        ScoreGate(least=80, family="authz", warns=True),
    )


def test_nothing_written_is_all_defaults(tmp_path: Path) -> None:
    nothing = config.load(cwd=tmp_path, environ={})
    assert nothing == LoadedConfig(config=config.Config(), path=None, sources={})
    assert loaded(tmp_path, "# nothing yet\n").config == config.Config()


def test_a_section_left_empty_counts_as_left_out(tmp_path: Path) -> None:
    assert loaded(tmp_path, "load:\ntarget: {base_url: }\n").config == config.Config()


def test_sources_name_the_line_and_the_variables(tmp_path: Path) -> None:
    sources = loaded(tmp_path, EXAMPLE, **ENVIRONMENT).sources
    assert sources["identities.alice.bearer"] == "auditor.yaml:6 (ALICE_TOKEN)"
    assert sources["safety.rate"] == "auditor.yaml:11"
    assert sources["gates[1].coverage.min"] == "auditor.yaml:25"
    assert "safety.read_only" not in sources


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\ntaget: {}", "auditor.yaml:2: unknown key taget; did you mean target?"),
        ("safety:\n  max_tme: 3s", "auditor.yaml:2: unknown key safety.max_tme; did you mean max_time?"),
        ("checks: {skp: [a]}", "auditor.yaml:1: unknown key checks.skp; did you mean skip?"),
        ("checks: {a.b: {sevrity: low}}", "auditor.yaml:1: unknown key checks.a.b.sevrity; did you mean severity?"),
        ("gates:\n- coverage:\n    mn: 1", "unknown key gates[0].coverage.mn; did you mean min?"),
        ("load: {stages: [{user: 3, duration: 3s}]}", "unknown key load.stages[0].user; did you mean users?"),
        ("identities: {a: {berer: x}}", "unknown key identities.a.berer; did you mean bearer?"),
        ("checks: {a.b: {p95_ms: 3}}", "auditor.yaml:1: checks.a.b.p95_ms: a.b has no such option"),
        ("profile: fast", "profile: expected 'quick', 'standard' or 'deep', got \"fast\""),
        ("version: 2", "version: expected 1, got 2"),
        ("safety: {max_requests: '5'}", 'safety.max_requests: expected an integer, got "5"'),
        ("safety: {max_requests: 0}", "safety.max_requests: expected greater than or equal to 1, got 0"),
        ("safety: {writes: 1}", "safety.writes: expected a boolean, got 1"),
        ("safety: {writes: yes, read_only: yes}", "safety: writes and read_only contradict each other"),
        ("safety: {throwaway: yes, read_only: yes}", "safety: throwaway and read_only contradict each other"),
        ("safety: {rate: 40}", "safety.rate: expected a rate with its unit, such as 40/s or 600/m, got 40"),
        ("safety: {rate: 0/s}", 'safety.rate: expected a rate such as 40/s or 600/m, got "0/s"'),
        ("safety: {max_time: 22:30}", "safety.max_time: expected a duration with its unit, such as 30s, 15m or 1h"),
        ("safety: {max_time: 3 days}", "safety.max_time: expected a duration such as 30s, 15m or 1h"),
        ("load: {duration: 10ms}", "load.duration: expected at least 1s"),
        ("load: {users: 3, stages: [{users: 1, duration: 1s}]}", "load: stages say users and duration already"),
        ("load: true", "load: expected a mapping of keys, got true"),
        ("operations: {match: x}", "operations: expected a list, got a mapping"),
        ("operations: [{match: x, skip: []}]", "operations[0].skip: expected at least one"),
        ("operations: [{skip: [x]}]", "operations[0].match: expected a value, but the key is missing"),
        ("gates: [{max: 3}]", "gates[0]: expected exactly one of: findings, coverage, reach, score"),
        ("gates: [{coverage: {min: 1}, reach: {min: 1}}]", "gates[0]: expected exactly one of"),
        ("gates: [{coverage: {min: 1}, max: 3}]", "gates[0].max: max goes with findings"),
        ("gates: [{coverage: {min: 90}}]", "gates[0].coverage.min: expected less than or equal to 1, got 90"),
        ("gates: [{findings: {at_least: hgh}}]", "expected one of: critical, high, medium, low, info, got \"hgh\""),
        ("gates: [{findings: {at_least: 3}}]", "gates[0].findings.at_least: expected a severity, got 3"),
        ("report: {formats: [hmtl]}", "report.formats[0]: expected 'html', "),
        ("load: {users: 5}", "load: users and duration go together"),
        ("load: {duration: 5s}", "load: users and duration go together"),
        ("identities: {a: {login: {operation: login, body: {}}}}", "login.operation: expected a text that reads"),
        ("target: {base_url: staging.example.com}", "target.base_url: expected an address such as https://"),
        ("target: {base_url: 'https://h/?a=b'}", "target.base_url: expected an address without query and fragment"),
        ("suppressions: [{check: a.b, expires: 2027-03-01}]", "suppressions[0].reason: expected a value, but the key"),
        ("suppressions: [{check: a.b, reason: ' ', permanent: yes}]", "suppressions[0].reason: expected a text that"),
        ("suppressions: [{check: a.b, reason: x}]", "suppressions[0].expires: expected a day such as 2027-03-01"),
        ("suppressions: [{check: a.b, reason: x, expires: soon}]", 'expected a day such as 2027-03-01, got "soon"'),
        ("suppressions: [{check: a.b, reason: x, expires: 2027-03-01 10:00:00}]", "expected a day such as 2027-03-01"),
        ("suppressions: [{check: a.b, reason: x, expires: 2027-03-01, permanent: yes}]", "contradict each other"),
        ("suppressions: [{check: a.b, reason: x, expire: 2027-03-01}]", "expire; did you mean expires?"),
        ("baseline: ''", "baseline: expected a text that says something"),
        ("[1, 2]", "auditor.yaml:1: expected keys such as target and identities"),
        ("just text", "auditor.yaml:1: expected keys such as target and identities"),
        ("a: 1\na: 2", "auditor.yaml:2: this key is there twice in the file"),
        ("safety:\n  rate: 1/s\n  rate: 2/s", "auditor.yaml:3: this key is there twice in safety"),
        ("identities:\n  on: {bearer: x}", "auditor.yaml:2: a key must be a text"),
        ("identities: {a: {bearer: ''}}", "identities.a.bearer: expected a value, got an empty one"),
        ("a: [", "this is not YAML"),
        ("a: 2026-13-45", "a value cannot be read"),
    ],
)  # fmt: skip
def test_a_mistake_is_placed_and_explained(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "load: {rate: 50}",
        "registration: {operation: POST /users}",
        "load: {distributed: {expect_workers: 3}}",
        "load: {thresholds: {response: ['p(95)<300']}}",
        "gates: [{latency: {p95_ms: 300}}]",
    ],
)
def test_what_nobody_honours_yet_is_refused_rather_than_ignored(tmp_path: Path, text: str) -> None:
    assert "unknown key" in refusal(tmp_path, text)


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    lines = refusal(tmp_path, "taget: 1\nprofile: fast\nsafety: {rate: 4}\n").splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["auditor.yaml:1:", "auditor.yaml:2:", "auditor.yaml:3:"]


def test_a_great_many_mistakes_are_counted(tmp_path: Path) -> None:
    lines = refusal(tmp_path, "\n".join(f"k{number}: 1" for number in range(15))).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "… and 5 more"


def test_settings_of_checks_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    known = ["input.malformed-body", "perf.latency", "authz.bola-read", "auth.anonymous-access"]
    said = loaded(tmp_path, EXAMPLE, **ENVIRONMENT)
    config.require_known(said, checks=known)
    with pytest.raises(ConfigError, match=r"no check perf\.latency") as caught:
        config.require_known(said, checks=["input.malformed-body", "perf.latncy", "authz.bola-read"])
    assert caught.value.hint == "did you mean perf.latncy?"
    with pytest.raises(ConfigError, match="no family authz"):
        config.require_known(said, checks=known[:2])
    with pytest.raises(ConfigError, match=r"yaml:30: suppressions\[0\].check: no check matches auth.anonymous-access"):
        config.require_known(said, checks=known[:3])


# --- secrets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "identity",
    [
        f"{SECRET}",
        f"[{SECRET}]",
        f"{{bearer:{SECRET}}}",
        f"{{{SECRET}: x}}",
        f"{{bearer: [{SECRET}]}}",
        f"{{bearer: {SECRET}, cookie: {SECRET}}}",
        f"{{bearer: \"{SECRET}\\n\"}}",
        f"{{cookie: {SECRET}}}",
        f"{{headers: {SECRET}}}",
        f"{{headers: {{X-Key: \"{SECRET}\\r\\nX: y\"}}}}",
        f"{{api_key: {{value: {SECRET}}}}}",
        f"{{api_key: {SECRET}}}",
        f"{{basic: {{username: {SECRET}, pasword: {SECRET}}}}}",
        f"{{login: {{operation: {SECRET}, body: {SECRET}, token: {SECRET}}}}}",
        f"{{role: [{SECRET}], bearer: {SECRET}}}",
        f"{{oauth2: {{client_secret: {SECRET}}}}}",
        f"{{oauth2: {{client_id: c, client_secret: [{SECRET}]}}}}",
        f"{{oauth2: {{username: u, pasword: {SECRET}}}}}",
        f"{{bearer: *{SECRET}}}",
        f"{{bearer: !{SECRET} x}}",
        f"{{bearer: {SECRET}",
        f"{{bearer: \"{SECRET}",
    ],
)  # fmt: skip
def test_no_message_gives_a_secret_away(tmp_path: Path, identity: str) -> None:
    assert refusal(tmp_path, f"identities:\n  alice: {identity}\n").startswith("auditor.yaml:")


@pytest.mark.parametrize(
    "text", ["profile: $S", "safety: {rate: $S}", "target: {base_url: $S}", "report: {formats: [$S]}"]
)
def test_what_came_from_the_environment_is_not_quoted(tmp_path: Path, text: str) -> None:
    assert "the value of TOKEN" in refusal(tmp_path, text.replace("$S", '"${TOKEN}"'), TOKEN=SECRET)


def test_credentials_in_an_address_are_refused_unsaid(tmp_path: Path) -> None:
    for key in ("base_url", "document"):
        message = refusal(tmp_path, f"target: {{{key}: 'https://alice:{SECRET}@example.com'}}")
        assert "credentials do not belong in an address" in message


ALL_WAYS = f"""\
identities:
  bearer: {{bearer: {SECRET}-1}}
  key: {{api_key: {{query: key, value: {SECRET}-2}}}}
  basic: {{basic: {{username: {SECRET}-3, password: {SECRET}-4}}}}
  cookie: {{cookie: "session={SECRET}-5; theme={SECRET}-6", headers: {{X-CSRF: {SECRET}-7}}}}
  headers: {{headers: {{Authorization: "Token {SECRET}-8", Cookie: "a={SECRET}-9"}}}}
  login: {{login: {{operation: POST /login, body: {{user: u, deep: [{{password: {SECRET}-10}}], n: 1}}}}}}
  cookiekey: {{api_key: {{cookie: sid, value: {SECRET}-11}}}}
  client: {{oauth2: {{client_id: c, client_secret: {SECRET}-12, scope: read}}, headers: {{X-Tenant: {SECRET}-13}}}}
  granted: {{oauth2: {{username: kat, password: {SECRET}-14, token_url: /oauth/token}}}}
"""


def test_secrets_are_neither_in_repr_nor_in_what_is_recorded(tmp_path: Path) -> None:
    said = loaded(tmp_path, ALL_WAYS)
    for text in (repr(said), str(said.config), json.dumps(config.shown(said.config))):
        assert SECRET not in text
    assert config.shown(said.config)["identities"]["bearer"] == {"role": "user", "bearer": "**********", "headers": {}}


def test_the_redactor_learns_every_secret_by_name(tmp_path: Path) -> None:
    secrets = {name: (kind, value) for name, kind, value in config.secrets(loaded(tmp_path, ALL_WAYS).config)}
    assert secrets == {
        "bearer.token": ("token", f"{SECRET}-1"),
        "key.api_key": ("api_key", f"{SECRET}-2"),
        "basic.password": ("password", f"{SECRET}-4"),
        "basic.basic": ("password", "aHVudGVyMi1hbmQtbW9yZS0zOmh1bnRlcjItYW5kLW1vcmUtNA=="),
        "cookie.cookie.session": ("cookie", f"{SECRET}-5"),
        "cookie.cookie.theme": ("cookie", f"{SECRET}-6"),
        "cookie.x-csrf": ("api_key", f"{SECRET}-7"),
        "headers.token": ("token", f"{SECRET}-8"),
        "headers.cookie": ("cookie", f"a={SECRET}-9"),
        "login.password": ("password", f"{SECRET}-10"),
        "cookiekey.api_key": ("api_key", f"{SECRET}-11"),
        "client.client_secret": ("secret", f"{SECRET}-12"),
        "client.client": ("secret", "YzpodW50ZXIyLWFuZC1tb3JlLTEy"),
        "client.x-tenant": ("api_key", f"{SECRET}-13"),
        "granted.password": ("password", f"{SECRET}-14"),
    }


def test_an_identity_presents_its_credential(tmp_path: Path) -> None:
    identities = loaded(tmp_path, ALL_WAYS).config.identities
    sent = {name: config.credential(one) for name, one in identities.items()}
    assert [name for name, one in sent.items() if one is None] == ["login", "client", "granted"]
    told = {name: (one.headers, one.query, one.cookies) for name, one in sent.items() if one is not None}
    assert told == {
        "bearer": ((("Authorization", f"Bearer {SECRET}-1"),), (), ()),
        "key": ((), (("key", f"{SECRET}-2"),), ()),
        "basic": ((("Authorization", "Basic aHVudGVyMi1hbmQtbW9yZS0zOmh1bnRlcjItYW5kLW1vcmUtNA=="),), (), ()),
        "cookie": ((("X-CSRF", f"{SECRET}-7"),), (), (("session", f"{SECRET}-5"), ("theme", f"{SECRET}-6"))),
        "headers": ((("Authorization", f"Token {SECRET}-8"), ("Cookie", f"a={SECRET}-9")), (), ()),
        "cookiekey": ((), (), (("sid", f"{SECRET}-11"),)),
    }


def test_a_grant_says_everything_and_what_is_left_out_is_empty(tmp_path: Path) -> None:
    identities = loaded(tmp_path, ALL_WAYS).config.identities
    nothing = dict.fromkeys(("client_id", "client_secret", "username", "password", "token_url", "scope"), "")
    client = {**nothing, "client_id": "c", "client_secret": f"{SECRET}-12", "scope": "read"}
    user = {**nothing, "username": "kat", "password": f"{SECRET}-14", "token_url": "/oauth/token"}
    assert (config.grant(identities["client"]), config.grant(identities["granted"])) == (client, user)
    assert config.accompanying(identities["client"]) == (("X-Tenant", f"{SECRET}-13"),)
    assert config.grant(identities["login"]) is None


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        ("{client_id: c, client_secret: s, token_url: 'https://idp.example.com/token'}", ""),
        ("{client_id: c, username: u, password: p}", ""),
        ("{username: u}", "username and password go together"),
        ("{client_id: c, password: p}", "username and password go together"),
        ("{client_secret: s}", "expected client_id, or username and password"),
        ("{client_secret: s, username: u, password: p}", "expected client_id, or username and password"),
        ("{scope: read}", "expected client_id, or username and password"),
        ("{client_id: c, token_url: oauth/token}", "expected an address"),
        ("{client_id: c, token_url: '//idp.example.com/token'}", "expected an address"),
        ("{client_id: c, token_url: 'https://u:p@idp.example.com/token'}", "credentials do not belong in an address"),
        ("{client_id: c, grant: password}", "unknown key"),
    ],
)
def test_a_grant_is_whole_or_refused(tmp_path: Path, grant: str, said: str) -> None:
    text = f"identities: {{alice: {{oauth2: {grant}}}}}"
    if said:
        assert said in refusal(tmp_path, text)
    else:
        assert loaded(tmp_path, text).config.identities["alice"].oauth2 is not None


@pytest.mark.parametrize(
    ("value", "warned"),
    [
        ("ghp_0123456789abcdefghij0123456789", True),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x", True),
        ("8f14e45fceea167a5a36dedd4bea2543", True),
        ("${TOKEN}", False),
        ("changeme", False),
        ("correct horse battery staple", False),
    ],
)
def test_a_token_in_plain_text_is_warned_about(tmp_path: Path, value: str, warned: bool) -> None:
    warnings = loaded(tmp_path, f"identities:\n  al-ice: {{bearer: '{value}'}}\n", TOKEN="x").warnings
    assert len(warnings) == warned
    for warning in warnings:
        assert warning.startswith("auditor.yaml:2: identities.al-ice.bearer ")
        assert "${AL_ICE_BEARER}" in warning
        assert value not in warning


# --- the environment ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("${A}", "a"),
        ("x${A}y${B}", "xayb"),
        ("${MISSING:-fall back}", "fall back"),
        ("${MISSING:-}", ""),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY}", ""),
        ("${A:-default}", "a"),
        ("$${A}", "${A}"),
        ("$$$$", "$$"),
        ("5 $ and $A", "5 $ and $A"),
        ("${YAML}", "[1, {a: b}]"),
        ("${NESTED}", "${A}"),
    ],
)
def test_variables_are_filled_in_after_parsing_and_once(tmp_path: Path, written: str, read: str) -> None:
    environ = {"A": "a", "B": "b", "EMPTY": "", "YAML": "[1, {a: b}]", "NESTED": "${A}"}
    said = loaded(tmp_path, f"operations: [{{match: x, skip: [y], reason: '{written}'}}]", **environ)
    assert said.config.operations[0].reason == read


def test_a_missing_variable_is_named_with_its_place(tmp_path: Path) -> None:
    message = refusal(tmp_path, 'identities:\n  bob:\n    bearer: "x${BOB_TOKEN}"\n')
    assert message == "auditor.yaml:3: identities.bob.bearer: the environment variable BOB_TOKEN is not set"


@pytest.mark.parametrize("broken", ["${", "${1A}", "${A", "${A-b}"])
def test_half_a_reference_is_refused_rather_than_sent(tmp_path: Path, broken: str) -> None:
    assert "opens no variable" in refusal(tmp_path, f"operations: [{{match: '{broken}', skip: [y]}}]", A="a")


@given(st.text())
def test_no_value_of_a_variable_can_say_more_than_a_text(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    folder = tmp_path_factory.mktemp("any", numbered=True)
    said = loaded(folder, "operations: [{match: x, skip: [y], reason: '${ANY}'}]", ANY=value)
    assert said.config.operations[0].reason == value


# --- where it is found --------------------------------------------------------------------------------------


def test_the_nearest_file_up_to_the_repositorys_root_is_taken(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text("profile: deep")
    inside = tmp_path / "repository" / "api" / "tests"
    inside.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert config.load(cwd=inside, environ={}).path is None
    (tmp_path / "repository" / "auditor.yml").write_text("profile: quick")
    assert config.load(cwd=inside, environ={}).config.profile == "quick"
    (inside / "auditor.yaml").write_text("profile: deep")
    assert config.load(cwd=inside, environ={}).config.profile == "deep"


def test_outside_a_repository_only_the_working_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text("profile: deep")
    (tmp_path / "below").mkdir()
    assert config.load(cwd=tmp_path / "below", environ={}).path is None
    assert config.load(cwd=tmp_path, environ={}).config.profile == "deep"


def test_a_named_file_goes_before_the_environments_and_that_before_the_nearest(tmp_path: Path) -> None:
    for name in ("quick", "deep"):
        (tmp_path / f"{name}.yaml").write_text(f"profile: {name}")
    (tmp_path / "auditor.yaml").write_text("profile: standard")
    environ = {"AUDITOR_CONFIG": "deep.yaml"}
    assert config.load(Path("quick.yaml"), cwd=tmp_path, environ=environ).config.profile == "quick"
    assert config.load(cwd=tmp_path, environ=environ).config.profile == "deep"
    assert config.load(cwd=tmp_path, environ={"AUDITOR_CONFIG": ""}).config.profile == "standard"


@pytest.mark.parametrize(("path", "environ"), [(Path("no.yaml"), {}), (None, {"AUDITOR_CONFIG": "no.yaml"})])
def test_a_named_file_that_is_not_there_is_an_error(tmp_path: Path, path: Path | None, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="there is no configuration file") as caught:
        config.load(path, cwd=tmp_path, environ=environ)
    assert ("--config" if path else "AUDITOR_CONFIG") in caught.value.hint


def test_two_configurations_in_one_folder_are_an_error_naming_both(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.auditor.safety]\nwrites = true\n")
    assert "auditor.yaml and pyproject.toml" in refusal(tmp_path, "profile: deep")


def test_a_pyproject_without_our_table_is_none_of_our_business(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nbroken = \n")
    assert loaded(tmp_path, "profile: deep").config.profile == "deep"


TOML = """\
[project]
profile = "not ours"

[tool.auditor]
profile = "deep"

[tool.auditor.identities.alice]
bearer = "${TOKEN}"

[tool.auditor.checks."perf.latency"]
p95_ms = 300
"""


def test_a_table_of_pyproject_is_a_configuration(tmp_path: Path) -> None:
    said = loaded(tmp_path, TOML, name="pyproject.toml", TOKEN="t")
    assert said.config.profile == "deep"
    assert said.config.checks.by_id["perf.latency"].p95_ms == 300
    assert said.sources["identities.alice.bearer"] == "pyproject.toml:8 (TOKEN)"


def test_mistakes_in_a_table_are_placed_too(tmp_path: Path) -> None:
    text = TOML.replace("p95_ms", "p95") + "\n[[tool.auditor.gates]]\nmax = 3\n"
    told = refusal(tmp_path, text, name="pyproject.toml", TOKEN="t").splitlines()
    assert told[0] == "pyproject.toml:11: unknown key checks.perf.latency.p95; did you mean p95_ms?"
    assert told[1].startswith("pyproject.toml:13: gates[0]: expected exactly one of")


def test_a_table_that_is_not_toml_is_placed(tmp_path: Path) -> None:
    text = f"[tool.auditor.identities.a]\nbearer = {SECRET}\n"
    assert refusal(tmp_path, text, name="pyproject.toml") == "pyproject.toml:2: this is not TOML"


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_bytes(b"profile: \xff")
    with pytest.raises(ConfigError, match="it is not UTF-8"):
        config.load(cwd=tmp_path, environ={})


def test_merge_keys_and_aliases_are_yaml_too(tmp_path: Path) -> None:
    text = "identities:\n  a: &a {role: admin, bearer: x1}\n  b: {<<: *a, role: user}\n"
    assert loaded(tmp_path, text).config.identities["b"].role == "user"


def test_an_alias_inside_itself_ends_in_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path, "operations: &a [*a]\n")


# --- durations, rates, the schema ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"), [("500ms", 0.5), ("30s", 30), ("15m", 900), ("1h30m", 5400), ("1.5h", 5400)]
)
def test_durations_have_units(text: str, value: float) -> None:
    assert config.seconds(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "15", "m", "-3s", "0s", "3 s", "3d", "3sx"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        config.seconds(text)


@pytest.mark.parametrize(("text", "value"), [("40/s", 40), ("600/m", 10), ("0.5/s", 0.5), ("7200/h", 2)])
def test_rates_have_units(text: str, value: float) -> None:
    assert config.per_second(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "40", "0/s", "-1/s", "40/d", "/s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a rate"):
        config.per_second(text)


def test_the_schema_knows_every_key_and_no_other() -> None:
    schema = json.loads(config.schema())
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == set(config.Config.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Safety"]["properties"]["rate"]["anyOf"][0]["type"] == "string"


def test_the_example_satisfies_the_schema() -> None:
    import jsonschema_rs
    import yaml

    jsonschema_rs.validator_for(json.loads(config.schema())).validate(yaml.safe_load(EXAMPLE))
