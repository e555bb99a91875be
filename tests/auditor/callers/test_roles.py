"""What an API says of an account tells an administrator from a user."""

from __future__ import annotations

import pytest

from auditor.callers.roles import privileged
from auditor.model import NOT_JSON, Json


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"id": 1, "role": "admin"}, True),
        ({"id": 1, "role": "user"}, False),
        ({"user": {"roles": ["ROLE_ADMIN", "ROLE_USER"]}}, True),
        ({"user": {"roles": ["member"]}}, False),
        ({"data": {"role": {"id": 3, "name": "Administrator"}}}, True),
        ({"data": {"role": {"id": 3, "name": "Editor"}}}, False),
        ({"isAdmin": True}, True),
        ({"is_superuser": False, "is_staff": False}, False),
        ({"userType": "OWNER"}, True),
        ({"groups": ["staff"]}, False),
        ({"id": 1, "name": "admin", "email": "admin@example.com"}, None),
        ({"role": None}, None),
        ({"admin": "ada@example.com"}, None),
        ([], None),
        (NOT_JSON, None),
    ],
)
def test_rights_are_read_from_roles_and_flags(body: Json, said: bool | None) -> None:
    assert privileged(body) is said
