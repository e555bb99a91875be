"""Which fields point to other things: certainly, perhaps, or to whoever asks."""

from __future__ import annotations

import pytest

from auditor.kinds.foreign_keys import foreign_keys, names_caller, references
from auditor.model import Field, Json, Location, Resource

NAMES = ("categories", "doctors", "tenants", "teams", "authors", "items")
KINDS = tuple(Resource(name=f"/{name}", parameter="id") for name in NAMES)


def field(pointer: str, *, location: Location = Location.BODY, **schema: Json) -> Field:
    name = next(one for one in reversed(pointer.split("/")) if not one.isdigit())
    return Field(location=location, pointer=pointer, name=name, required=True, nullable=False, schema=schema)


@pytest.mark.parametrize(
    ("field", "target"),
    [
        (field("/doctor/id", type="integer"), "/doctors"),
        (field("/data/relationships/author/data/id", type="string"), "/authors"),
        (field("/data/id", type="string"), None),
        (field("/assignment/team/uuid", type="string"), "/teams"),
        (field("/doctorIds/0", type="string"), "/doctors"),
        (field("/doctors/0", type="string", format="uuid"), "/doctors"),
        (field("/visits/0/doctor_id", type="integer"), "/doctors"),
        (field("/X-Tenant-Id", location=Location.HEADER, type="string"), "/tenants"),
        (field("/team_id", location=Location.QUERY, type="integer"), "/teams"),
        (field("/team_id", location=Location.PATH, type="integer"), None),
        (field("/home_team_id", type="integer"), "/teams"),
        (field("/doctor_identifier", type="string"), "/doctors"),
        (field("/doctor", type="string", enum=["a"]), None),
        (field("/doctor", type="string"), None),
        (field("/items", type="integer"), "/items"),
        (field("/items/0", type="integer"), None),
    ],
)
def test_certain_references(field: Field, target: str | None) -> None:
    assert foreign_keys([field], KINDS) == ({} if target is None else {field.pointer: target})


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (field("/category", type="string"), ("/categories", "")),
        (field("/category_slug", type="string"), ("/categories", "slug")),
        (field("/author_email", type="string", format="email"), ("/authors", "email")),
        (field("/doctorName", type="string"), ("/doctors", "name")),
        (field("/categories/0", type="string"), ("/categories", "")),
        (field("/items/0", type="integer"), ("/items", "")),
        (field("/title", type="string"), None),
        (field("/slug", type="string"), None),
        (field("/team", type="boolean"), None),
        (field("/team", type="string", enum=["a", "b"]), None),
    ],
)
def test_what_may_as_well_be_a_plain_text(field: Field, expected: tuple[str, str] | None) -> None:
    found = [one for one in references([field], KINDS) if not one.certain]
    assert [(one.target.name, one.key) for one in found] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (field("/user_id", type="string"), True),
        (field("/ownerId", type="integer"), True),
        (field("/author", type="string", format="uuid"), True),
        (field("/created_by", type="string"), True),
        (field("/customer", type="integer"), True),
        (field("/owner", type="string"), False),
        (field("/user_id", location=Location.PATH, type="string"), False),
        (field("/user_role_id", type="string"), False),
        (field("/user_id", type="string", enum=["a"]), False),
    ],
)
def test_fields_that_name_whoever_asks(field: Field, expected: bool) -> None:
    assert names_caller(field) is expected
