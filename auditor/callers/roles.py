"""Reads from what an API says of an account whether it is privileged.

Fresh installations often make their first account the administrator. An audit that takes it for an ordinary user would
call every right it has a hole; one that knows it has the administrator that some operations ask for.
"""

from __future__ import annotations

from auditor.compare import walk
from auditor.kinds.sign_in import snake
from auditor.model import NOT_JSON, Json

ROLE_KEYS = frozenset({"role", "roles", "user_role", "account_role", "user_type", "account_type", "group", "groups"})
FLAGS = frozenset({"admin", "is_admin", "superuser", "is_superuser", "is_staff", "is_owner", "super_admin", "root"})
PRIVILEGED = frozenset(
    {"admin", "administrator", "superuser", "super_admin", "superadmin", "owner", "root", "role_admin"}
)


def privileged(body: Json) -> bool | None:
    """Return what the answer says of its account: True, False, or None where it says nothing."""
    if body is NOT_JSON:
        return None
    said: list[bool] = []
    for pointer, value in walk(body):
        parts = [snake(part) for part in pointer.split("/") if part and not part.isdigit()]
        if isinstance(value, bool) and parts and parts[-1] in FLAGS:
            said.append(value)
        elif (
            isinstance(value, str) and ROLE_KEYS & set(parts[-2:]) and parts[-1] in {*ROLE_KEYS, "name", "slug", "code"}
        ):
            said.append(snake(value) in PRIVILEGED)
    return any(said) if said else None
