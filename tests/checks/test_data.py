"""What answers give away, as frameworks word it; and the bad requests that provoke an echo."""

from __future__ import annotations

import pytest

from auditor.evidence import NotApplicable
from auditor.model import Exchange, Facts, Json, Outcome, Request, Role, SecretHit, Severity
from checks import data
from tests.checks.building import NOTHING, FakeWorld, drive, exchange, named_as_promised, operation, reply

ME = operation("GET", "/users/me")
BCRYPT = "$2b$12$" + "a" * 53
ARGON2 = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b"
PBKDF2 = "pbkdf2_sha256$720000$saltsaltsalt$bG9uZ2hhc2hsb25naGFzaA=="


def answered(
    body: Json, *, method: str = "GET", path: str = "/users/me", sent: Json = NOTHING, status: int = 200
) -> Exchange:
    asked = operation(method, path)
    return exchange(reply(status, body), operation=asked, method=method, path=path, json=sent)


def marks(one: Exchange) -> list[str]:
    return [verdict.signature for verdict in data.sensitive_fields(one) if verdict.outcome is Outcome.FAIL]


LEAKS = {
    "recorded": ({"id": 1, "hashed_password": "«value:97 chars»"}, ["key=hashed_password"]),
    "recorded shape": ({"note": "«shape:bcrypt»"}, ["shape=bcrypt"]),
    "mongoose": ({"_id": "64b", "password": BCRYPT, "__v": 0}, ["shape=bcrypt", "key=password"]),
    "django": ({"user": {"password": PBKDF2}}, ["shape=pbkdf2", "key=password"]),
    "fastapi": ([{"id": 1, "hashed_password": ARGON2}], ["shape=argon2", "key=hashed_password"]),
    "rails devise": ({"encrypted_password": "«value:60 chars»"}, ["key=encrypted_password"]),
    "spring": ({"passwordHash": "5f4dcc3b5aa765d6"}, ["key=password_hash"]),
    "kebab": ({"client-secret": "abcdef"}, ["key=client_secret"]),
    "secret of somebody": ({"data": {"apiKey": "k-12345"}}, ["key=api_key"]),
    "reset token": ({"resetToken": "abcd1234"}, ["key=reset_token"]),
    "one-time code": ({"otp": "123456"}, ["key=otp"]),
    "a stranger's token": ({"access_token": "«shape:jwt»"}, ["key=access_token"]),
    "list of codes": ({"recovery_codes": ["aaaa-bbbb"]}, ["key=recovery_codes"]),
    "private key": ({"pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIE"}, ["shape=pem"]),
    "cloud key": ({"s3": "AKIAIOSFODNN7ABCDEFG"}, ["shape=aws-key"]),
    "connection": ({"database": "postgres://app:hunter2@db:5432/app"}, ["shape=dsn"]),
    "payment key": ({"k": "sk_live_" + "4" * 24}, ["shape=stripe-key"]),
    "forge token": ({"k": "ghp_" + "a" * 36}, ["shape=github-token"]),
}


@pytest.mark.parametrize(("body", "expected"), LEAKS.values(), ids=LEAKS.keys())
def test_secrets_are_found_by_name_and_by_shape(body: Json, expected: list[str]) -> None:
    assert marks(answered(body)) == expected


HARMLESS = {
    "facts about a password": {"has_password": True, "password_changed_at": "2026-11-21", "password_policy": "strong"},
    "masked": {"secret": "****", "api_secret": "sk_***1234", "client_secret": "[FILTERED]", "password": "••••••••"},
    "no strings": {"password": None, "secret": True, "otp": 123456, "salt": ""},
    "bare words": {"key": "colour", "pin": "1234", "token": "next-page", "tokens": 5, "hash": "0" * 40},
    "own password": {"password": "«alice.password#1»"},
    "short": {"pwd": "abc"},
    "urls": {"url": "https://api.test:8080/things?q=a@b", "dsn": "postgres://app:****@db/app"},
    "an example": {"hint": "AKIAIOSFODNN7EXAMPLE"},
    "names of secrets": {"secret_name": "db-main", "password_hint": "my dog", "api_key_id": "k1234"},
}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_only_looks_like_a_secret_passes(body: Json) -> None:
    (verdict,) = data.sensitive_fields(answered(body))
    assert verdict.outcome is Outcome.PASS


TOKENS = {"access_token": "«alice.token#1»", "refresh_token": "«alice.token#2»", "token_type": "bearer"}

HANDED_OUT = {
    "login": answered(TOKENS, method="POST", path="/auth/login"),
    "oauth": answered(TOKENS, method="POST", path="/oauth/token"),
    "devise": answered(TOKENS, method="POST", path="/users/sign-in"),
    "refresh": answered(TOKENS, method="POST", path="/auth/refresh"),
    "one kind of token": answered(TOKENS, method="POST", path="/partner/token/bot"),
    "a provider": answered(TOKENS, method="POST", path="/auth/google"),
    "by its body": answered(
        TOKENS, method="POST", path="/users", sent={"email": "a@b.c", "password": "«alice.password#1»"}
    ),
    "a new key": answered({"id": 1, "api_key": "k-12345678"}, method="POST", path="/api-keys"),
    "a second factor": answered({"secret": "JBSWY3DPEHPK3PXP"}, method="POST", path="/users/me/totp"),
    "a second factor, by a verb": answered({"secret": "JBSWY3DPEHPK3PXP"}, method="POST", path="/auth/2fa/setup"),
    "a second factor, in two words": answered({"secret": "JBSWY3DP"}, method="POST", path="/two-factor/enable"),
}


@pytest.mark.parametrize("one", HANDED_OUT.values(), ids=HANDED_OUT.keys())
def test_tokens_and_new_keys_are_handed_out_on_purpose(one: Exchange) -> None:
    assert marks(one) == []


def test_a_grant_in_an_answer_is_handed_out_on_purpose_and_a_stored_token_is_not() -> None:
    grant = {"access_token": "c3FIOG9vSGV4VHo4QzAy", "token_type": "bearer", "expires_in": 3600}
    assert marks(answered({"id": 1, "embed_link": grant}, method="GET", path="/files/1")) == []
    stored = {**grant, "refresh_token": "c3FIOG9vSGV4VHo4QzAz"}
    assert marks(answered({"account": stored}, method="GET", path="/users/1")) == [
        "key=access_token",
        "key=refresh_token",
    ]
    user = {"access_token": "c3FIOG9vSGV4VHo4QzAy", "token_type": "bearer"}
    assert marks(answered({"user": user}, method="GET", path="/users/1")) == ["key=access_token"]


@pytest.mark.parametrize("path", ["/auth/2fa/verify", "/mfa/disable", "/totp/check", "/users/setup"])
def test_a_second_factor_that_is_not_begun_shows_no_secret(path: str) -> None:
    assert marks(answered({"secret": "JBSWY3DPEHPK3PXP"}, method="POST", path=path)) == ["key=secret"]


def test_a_form_login_hands_out_tokens_too() -> None:
    asked = operation("POST", "/enter")
    request = Request(method="POST", path="/enter", operation=asked, body=b"username=a&password=secret")
    assert marks(exchange(reply(200, TOKENS), request=request)) == []


def test_a_login_does_not_hand_out_hashes() -> None:
    user = {**TOKENS, "user": {"password_hash": "«value:60 chars»"}}
    assert marks(answered(user, method="POST", path="/auth/login")) == ["key=password_hash"]
    assert marks(answered({"salt": "abcdefgh"}, method="POST", path="/api-keys")) == ["key=salt"]


REFUSED = {
    "django rest": {"password": ["This field may not be blank."]},
    "laravel": {"errors": {"password": ["The password field is required."]}},
    "rails": {"password": "is too short"},
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_refusals_may_name_fields(body: Json) -> None:
    assert marks(answered(body, status=400)) == []


def test_a_shape_in_an_error_is_a_leak_unless_we_sent_it() -> None:
    assert marks(answered({"detail": f"near {BCRYPT}"}, status=500)) == ["shape=bcrypt"]
    assert marks(answered({"title": BCRYPT}, sent={"title": BCRYPT})) == []


def test_answers_beyond_the_document_and_without_a_body_say_nothing() -> None:
    assert data.sensitive_fields(exchange(reply(200, {"password": BCRYPT}))) == ()
    assert data.sensitive_fields(exchange(reply(204), operation=ME)) == ()


def test_text_is_searched_for_shapes() -> None:
    one = exchange(reply(200, text=f"user,hash\n1,{BCRYPT}", headers={"content-type": "text/csv"}), operation=ME)
    assert marks(one) == ["shape=bcrypt"]


# --- data.password-canary -----------------------------------------------------------------------------------


def hit(*, kind: str = "password", form: str = "plain", where: str = "body", sent_here: bool = False) -> SecretHit:
    return SecretHit(name="alice.password", kind=kind, form=form, where=where, sent_here=sent_here)


CANARIES = {
    "nothing": ((), Outcome.PASS, None, ""),
    "a token": ((hit(kind="token"),), Outcome.PASS, None, ""),
    "a 422 quotes it": ((hit(sent_here=True),), Outcome.FAIL, Severity.MEDIUM, "echo=body:plain"),
    "a profile shows it": ((hit(),), Outcome.FAIL, None, "leak=body:plain"),
    "hashed without salt": ((hit(form="md5", sent_here=True),), Outcome.FAIL, None, "leak=body:md5"),
    "in a header": ((hit(where="header:x-debug", form="base64"),), Outcome.FAIL, None, "leak=header:x-debug:base64"),
    "both": ((hit(sent_here=True), hit()), Outcome.FAIL, None, "leak=body:plain"),
}


@pytest.mark.parametrize(("hits", "outcome", "severity", "signature"), CANARIES.values(), ids=CANARIES.keys())
def test_a_password_that_comes_back(
    hits: tuple[SecretHit, ...], outcome: Outcome, severity: Severity | None, signature: str
) -> None:
    (verdict,) = data.password_canary(exchange(reply(422), facts=Facts(hits=hits)))
    assert (verdict.outcome, verdict.severity, verdict.signature) == (outcome, severity, signature)


LOGIN = operation("POST", "/login", body={"username": {}, "password": {}}, security=())
REGISTER = operation(
    "POST",
    "/register",
    body={"email": {"type": "string"}, "password": {"type": "string"}, "nick": {"type": "string"}},
    required=("email", "password"),
    security=(),
)


def test_a_password_without_a_name_is_sent_to_login_and_registration() -> None:
    world = FakeWorld(operations=(REGISTER,), login=LOGIN)
    driven = drive(data.provoked_echo.steps(world), [reply(422, {"detail": "…"})] * 2)
    login, register = driven.sent
    assert login.json() == {"password": "right password of throwaway1"}
    assert set(register.json()) == {"password", "nick"}
    assert register.json()["password"] == login.json()["password"]
    assert all(one.mutation and one.mutation.kind == "password-only" and one.identity.anonymous for one in driven.sent)
    assert {one.role for one in driven.sent} == {Role.PROBE}


def test_a_form_login_keeps_its_form() -> None:
    request = Request(method="POST", path="/login", body=b"username=a&password=s3cret%21")
    assert data.password_only(request) == b"password=s3cret%21"
    assert data.sent_password(request) == "s3cret!"


def test_registration_alone_is_tried_and_nothing_where_nothing_takes_a_password() -> None:
    driven = drive(data.provoked_echo.steps(FakeWorld(operations=(REGISTER,), registration=False)), [reply(422)])
    assert len(driven.sent[0].json()["password"]) == 24
    with pytest.raises(NotApplicable):
        drive(data.provoked_echo.steps(FakeWorld(operations=(ME,))), [])


def test_names_and_docs() -> None:
    assert named_as_promised(data) == ["data.password-canary", "data.sensitive-fields"]
