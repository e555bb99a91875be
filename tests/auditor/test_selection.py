"""Checks and operations are chosen by what the user typed."""

from __future__ import annotations

from typing import Any

import pytest

from auditor import selection
from auditor.check import Check, check
from auditor.errors import UsageError
from auditor.evidence import EVERY_EXCHANGE
from auditor.model import Operation, Severity, passed


def a_check(id: str, *standards: str) -> Check[Any]:
    return check(id, severity=Severity.LOW, standards=standards, on=EVERY_EXCHANGE)(lambda _one: passed())


CHECKS = (
    a_check("auth.anonymous-access", "AUTH-1", "AUTH-9"),
    a_check("auth.expired", "AUTH-2"),
    a_check("authz.other", "AUTHZ-1"),
    a_check("input.extra", "DATA-1", "AUTH-1"),
)
OPERATIONS = tuple(
    Operation(method=method, path=path)
    for method, path in (
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", "/users/{id}"),
        ("DELETE", "/users/{id}/tags[]"),
        ("GET", "/health"),
    )
)


@pytest.mark.parametrize(
    ("only", "skip", "expected"),
    [
        ((), (), ["auth.anonymous-access", "auth.expired", "authz.other", "input.extra"]),
        (("auth.expired",), (), ["auth.expired"]),
        (("auth",), (), ["auth.anonymous-access", "auth.expired"]),
        (("auth*",), (), ["auth.anonymous-access", "auth.expired", "authz.other"]),
        (("AUTH-1",), (), ["auth.anonymous-access", "input.extra"]),
        (("auth-9",), (), ["auth.anonymous-access"]),
        (("*.e*",), (), ["auth.expired", "input.extra"]),
        (("input", "auth.expired"), (), ["auth.expired", "input.extra"]),
        ((), ("auth",), ["authz.other", "input.extra"]),
        (("auth",), ("AUTH-1",), ["auth.expired"]),
        (("auth",), ("auth.*",), []),
    ],
)
def test_checks_are_named_by_id_glob_family_or_standard(
    only: tuple[str, ...], skip: tuple[str, ...], expected: list[str]
) -> None:
    assert [one.id for one in selection.checks(CHECKS, only=only, skip=skip)] == expected


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("auth.anonymus-access", "did you mean auth.anonymous-access?"),
        ("inputs", "did you mean input"),
        ("zzz", "`auditor checks` lists them all"),
        ("", "`auditor checks` lists them all"),
    ],
)
@pytest.mark.parametrize("side", ["only", "skip"])
def test_a_selector_that_matches_nothing_is_an_error_with_a_suggestion(side: str, word: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no check matches {word!r}") as raised:
        selection.checks(CHECKS, **{side: (word,)})
    assert raised.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ((), (), [one.label for one in OPERATIONS]),
        (("GET /users",), (), ["GET /users"]),
        (("GET *",), (), ["GET /users", "GET /users/{id}", "GET /health"]),
        (("/users",), (), ["GET /users", "POST /users"]),
        (("/users/*",), (), ["GET /users/{id}", "DELETE /users/{id}/tags[]"]),
        (("/users/{id}",), (), ["GET /users/{id}"]),
        (("*tags[]",), (), ["DELETE /users/{id}/tags[]"]),
        ((), ("GET *", "/users"), ["DELETE /users/{id}/tags[]"]),
        (("GET *",), ("/health",), ["GET /users", "GET /users/{id}"]),
    ],
)
def test_operations_are_named_as_in_the_document(
    include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]
) -> None:
    assert [one.label for one in selection.operations(OPERATIONS, include=include, exclude=exclude)] == expected


@pytest.mark.parametrize(
    ("word", "hint"), [("get /users", "did you mean 'GET /users'?"), ("#", "write it as in the document")]
)
def test_an_operation_that_is_not_there_is_an_error_with_a_suggestion(word: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        selection.operations(OPERATIONS, exclude=(word,))
    assert raised.value.hint.startswith(hint)


def test_without_a_document_there_is_nothing_to_mistype() -> None:
    assert selection.operations((), include=("GET /users",)) == ()
