"""Sign-in operations on real shapes."""

from __future__ import annotations

import pytest

from auditor.kinds import sign_in
from auditor.kinds.sign_in import SignIn, harms_identity, is_password, is_username, recognise, signs_in
from auditor.model import Body, Field, Location, Operation, Parameter


def operation(text: str) -> Operation:
    """Read `POST /login username password`: method, path and members of the body; a path with `!` is protected."""
    method, path, *names = text.split()
    members = {name: {"type": "string"} for name in names}
    return Operation(
        method=method,
        path=path.rstrip("!"),
        parameters=tuple(
            Parameter(name=part[1:-1], location=Location.PATH) for part in path.split("/") if part.startswith("{")
        ),
        body=Body(content={"application/json": {"properties": members}}) if names else None,
        security=(("bearer",),) if path.endswith("!") else (),
    )


def fields(one: Operation) -> tuple[Field, ...]:
    schema = next(iter(one.body.content.values())) if one.body is not None else {}
    return tuple(
        Field(location=Location.BODY, pointer=f"/{n}", name=n, required=True, nullable=False, schema={})
        for n in schema.get("properties", {})
    )


def found(*labels: str) -> SignIn:
    return recognise([operation(one) for one in labels], fields)


def label(one: Operation | None) -> str:
    return one.label if one is not None else ""


DOCUMENTS = {
    "plain": ("POST /auth/register email password", "POST /auth/login email password"),
    "fastapi template": (
        "POST /api/v1/users/signup email password full_name",
        "POST /api/v1/login/access-token username password",
        "POST /api/v1/login/test-token!",
        "POST /api/v1/users/! email password",
        "POST /api/v1/reset-password/ token new_password",
    ),
    "fastapi-users": (
        "POST /auth/register email password",
        "POST /auth/jwt/login username password",
        "POST /auth/jwt/logout!",
        "POST /auth/forgot-password email",
        "POST /auth/reset-password token password",
    ),
    "oauth form": ("POST /register username password", "POST /oauth/token grant_type username password"),
    "rest sessions": ("POST /users email password", "POST /sessions email password", "GET /sessions!"),
    "devise": ("POST /users email password password_confirmation", "POST /users/sign_in email password"),
    "simplejwt": (
        "POST /api/register/ username password",
        "POST /api/token/ username password",
        "POST /api/token/refresh/ refresh",
    ),
    "djoser": (
        "POST /auth/users/ email username password re_password",
        "POST /auth/jwt/create/ username password",
        "POST /auth/jwt/refresh/ refresh",
        "POST /auth/users/reset_password_confirm/ uid token new_password",
    ),
    "djoser tokens": ("POST /auth/users/ username password", "POST /auth/token/login/ username password"),
    "dj-rest-auth": (
        "POST /dj-rest-auth/registration/ username email password1 password2",
        "POST /dj-rest-auth/login/ username email password",
        "POST /dj-rest-auth/password/change/! new_password1 new_password2",
    ),
    "crapi": (
        "POST /identity/api/auth/signup name email number password",
        "POST /identity/api/auth/login email password",
        "POST /identity/api/auth/forget-password email",
        "POST /identity/api/auth/v3/check-otp email otp password",
    ),
    "vampi": ("POST /users/v1/register username password email", "POST /users/v1/login username password"),
    "realworld": (
        "POST /users email password username",
        "POST /users/login email password",
        "PUT /user! email password",
    ),
    "symfony": ("POST /api/users email password", "POST /api/login_check username password"),
    "laravel": (
        "POST /api/register name email password password_confirmation",
        "POST /api/login email password",
        "POST /api/email/verification-notification!",
    ),
    "spring": ("POST /api/auth/signup username email password", "POST /api/auth/signin username password"),
    "jhipster": ("POST /api/register login email password", "POST /api/authenticate username password rememberMe"),
    "aspnet identity": ("POST /register email password", "POST /login email password", "POST /refresh refreshToken"),
    "aspnet accounts": ("POST /api/Account/Register userName password", "POST /api/Account/Login userName password"),
    "nest": ("POST /auth/sign-up email password", "POST /auth/sign-in email password"),
    "camel case": ("POST /createAccount userEmail userPassword", "POST /v1/signIn userEmail userPassword"),
    "juice shop": ("POST /api/Users email password passwordRepeat", "POST /rest/user/login email password"),
    "supabase": ("POST /auth/v1/signup email password", "POST /auth/v1/token email password"),
    "pocketbase": (
        "POST /api/members email password passwordConfirm",
        "POST /api/members/authenticate identity password",
    ),
    "accounts": ("POST /accounts email password", "POST /auth email password"),
    "tokens": ("POST /v2/customers email password", "POST /v2/tokens email password"),
    "flask": ("POST /api/users username password", "POST /api/session username password"),
    "versioned": ("POST /v1/members email pwd", "POST /v1/login email pwd"),
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_registration_and_login_are_recognised(document: tuple[str, ...]) -> None:
    """The first two of each document are its registration and its login, by whatever name."""
    read = found(*document)
    register, login = (" ".join(one.split()[:2]) for one in document[:2])
    assert (label(read.register), label(read.login)) == (register, login)


def test_a_login_by_get_is_none_of_ours() -> None:
    read = found(
        "POST /user username password", "POST /user/createWithList", "GET /user/login", "PUT /user/{name} password"
    )
    assert (label(read.register), read.login) == ("POST /user", None)


def test_what_needs_credentials_or_a_parameter_registers_nobody() -> None:
    read = found("POST /users! email password", "POST /teams/{id}/members email password")
    assert (read.register, label(read.enrol)) == (None, "POST /users")


@pytest.mark.parametrize(
    ("role", "labels", "expected"),
    [
        ("refresh", ("POST /token/refresh/ refresh", "POST /auth/refresh"), "POST /auth/refresh"),
        ("refresh", ("POST /auth/renew-token", "GET /auth/refresh"), "POST /auth/renew-token"),
        ("whoami", ("GET /users/me!", "GET /profile!", "GET /users/{id}!"), "GET /users/me"),
        ("whoami", ("GET /me",), ""),
        ("whoami", ("GET /user!",), "GET /user"),
        ("remove_self", ("DELETE /users/me!", "DELETE /users/{id}!"), "DELETE /users/me"),
        ("remove_self", ("DELETE /account!", "DELETE /settings!"), "DELETE /account"),
        ("remove_self", ("DELETE /me/settings!", "DELETE /profile!"), ""),
    ],
)
def test_the_other_operations_of_a_caller_are_recognised(role: str, labels: tuple[str, ...], expected: str) -> None:
    assert label(getattr(found(*labels), role)) == expected


@pytest.mark.parametrize(
    "path",
    [
        "POST /logout", "GET /logout", "POST /auth/sign-out", "POST /auth/signOut", "POST /api/logout_all",
        "POST /auth/jwt/logout", "POST /auth/refresh", "POST /token/revoke", "POST /me/deactivate",
        "POST /users/change-password", "POST /changePassword", "PUT /me/password", "POST /auth/forgot-password",
        "POST /auth/password/change/", "PUT /me/password/update", "POST /password/reset", "POST /mfa/enable",
        "POST /mfa", "POST /2fa", "DELETE /auth/totp", "DELETE /me", "DELETE /users/me", "PATCH /me", "PUT /user",
        "PATCH /account/settings", "POST /account/delete", "POST /users/me/close", "POST /users/{id}/disable",
        "DELETE /session", "DELETE /sessions/current", "DELETE /sessions/{id}", "DELETE /api/auth/tokens/{token_id}",
    ],
)  # fmt: skip
def test_what_ends_or_alters_its_caller_harms_the_identity(path: str) -> None:
    assert harms_identity(operation(path))


@pytest.mark.parametrize(
    "path",
    [
        "GET /me", "GET /users/me", "GET /sessions", "GET /password-policy", "GET /mfa", "POST /password-strength",
        "POST /users", "PATCH /users/{id}", "PUT /user/{username}", "DELETE /users/{id}", "POST /user", "POST /me",
        "POST /login", "POST /sessions", "POST /feeds/{id}/refresh", "POST /subscriptions/{id}/renew",
        "DELETE /courses/{id}/sessions/{session_id}", "POST /orders/{id}/cancel", "DELETE /menu", "GET /",
        "POST /me/avatar", "DELETE /orders/{id}", "POST /orders/{id}/change", "GET /auth/password/verify",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_harms_nobody(path: str) -> None:
    assert not harms_identity(operation(path))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("POST /login", True),
        ("POST /auth/jwt/create", True),
        ("POST /api/token/", True),
        ("POST /auth/refresh", True),
        ("POST /users/sign_in", True),
        ("POST /realms/{realm}/login", True),
        ("POST /loginUser", True),
        ("GET /sessions", False),
        ("GET /login", False),
        ("DELETE /sessions", False),
        ("POST /courses/{id}/sessions", False),
        ("POST /feeds/{id}/refresh", False),
        ("POST /devices/{id}/tokens", False),
        ("POST /users", False),
        ("POST /tokenize", False),
        ("POST /authors", False),
        ("POST /", False),
    ],
)
def test_signing_in_is_told_from_what_shares_its_words(path: str, expected: bool) -> None:
    assert signs_in(operation(path)) is expected


@pytest.mark.parametrize(
    "name",
    [
        "password", "Password", "userPassword", "passwd", "pwd", "pass", "passphrase", "password1", "password_2",
        "password_confirmation", "confirmPassword", "passwordRepeat", "repeat-password", "re_password", "rePassword",
        "verify_password", "plainPassword", "login_password",
    ],
)  # fmt: skip
def test_fields_that_take_a_password(name: str) -> None:
    assert is_password(name)


@pytest.mark.parametrize(
    "name",
    ["new_password", "passport", "compass", "password_hash", "bypass", "passengers", "pass_count", "old_password"],
)
def test_fields_that_take_none(name: str) -> None:
    assert not is_password(name)


def test_a_password_to_come_is_told_from_the_present_one() -> None:
    assert all(map(sign_in.is_new_password, ("new_password", "newPassword1", "new_pwd", "password_new", "NewPassword")))
    assert not any(
        map(sign_in.is_new_password, ("password", "old_password", "current_password", "renewal", "newsletter"))
    )


def test_names_of_accounts_are_known_in_every_spelling() -> None:
    assert all(map(is_username, ("email", "userName", "e-mail", "emailAddress", "login", "identifier")))
    assert not any(map(is_username, ("name", "user_id", "emails", "email_verified")))


def test_words_of_a_path_are_read_in_every_spelling() -> None:
    assert sign_in.last_words(operation("POST /auth/sign-In")) == {"sign-in", "sign", "in", "signin"}
    assert sign_in.last_words(operation("GET /users/{id}")) == {"users"}
    assert sign_in.last_words(operation("GET /{id}")) == frozenset()
