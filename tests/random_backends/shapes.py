"""What bodies look like: schemas of what is sent and answered, and how one item is wrapped. JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.model import Json
from tests.random_backends.drawn import Answer, Backend, Case, Form, Ids, Kind, Listing, Reference, cased

TEXT: Json = {"type": "string"}
SLUG: Json = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 60}
STATES = ("new",)
"""What the state of an item is called before any action; afterwards it is called after the last one."""


def id_schema(backend: Backend, ids: Ids) -> Json:
    """Return the schema of an id in a body; JSON:API knows texts only."""
    if ids is Ids.INTEGER and backend.answer is not Answer.JSON_API:
        return {"type": "integer"}
    return {
        Ids.UUID: {"type": "string", "format": "uuid"},
        Ids.HEX: {"type": "string", "pattern": "^[0-9a-f]{24}$"},
    }.get(ids, TEXT)


def parameter_schema(ids: Ids) -> Json:
    return id_schema(Backend(), ids)


def id_value(backend: Backend, ids: Ids, text: str) -> Json:
    return int(text) if id_schema(backend, ids) == {"type": "integer"} else text


def sent_schema(backend: Backend, kind: Kind, *, whole: bool = True) -> Json:
    """Return what a create (or, not `whole`, a PATCH) takes."""
    schema = attributes_schema(backend, kind, whole=whole)
    if backend.enveloped:
        name = envelope(backend, kind)
        return closed(backend, {name: schema}, [name])
    if backend.answer is not Answer.JSON_API:
        return schema
    related = {backend.pointing(one): relationship(backend, one) for one in kind.references}
    needed = [backend.pointing(one) for one in kind.references if one.required and whole]
    data: Json = {"type": {"type": "string", "enum": [backend.segment(kind)]}, "attributes": schema}
    required = ["type", "attributes"]
    if related:
        data["relationships"] = closed(backend, related, needed)
        required += ["relationships"] if needed else []
    return closed(backend, {"data": closed(backend, data, required)}, ["data"])


def relationship(backend: Backend, reference: Reference) -> Json:
    target = backend.kinds[reference.target]
    linkage = closed(
        backend,
        {"type": {"type": "string", "enum": [backend.segment(target)]}, "id": id_schema(backend, target.ids)},
        ["type", "id"],
    )
    many = {"type": "array", "items": linkage, **({"minItems": 1} if reference.required else {})}
    return closed(backend, {"data": many if reference.form is Form.MANY else linkage}, ["data"])


def attributes_schema(backend: Backend, kind: Kind, *, whole: bool) -> Json:
    members = {backend.member(one.words): one.schema for one in kind.members}
    needed = [backend.member(one.words) for one in kind.members if one.required]
    if kind.chosen:
        members["slug"] = SLUG
        needed.append("slug")
    if backend.answer is not Answer.JSON_API:
        members |= {backend.pointing(one): reference_schema(backend, one) for one in kind.references}
        needed += [backend.pointing(one) for one in kind.references if one.required]
    return closed(backend, members, needed if whole else [])


def reference_schema(backend: Backend, reference: Reference) -> Json:
    own = id_schema(backend, backend.kinds[reference.target].ids)
    if reference.form is not Form.MANY:
        return own
    return {"type": "array", "items": own, **({"minItems": 1} if reference.required else {})}


def closed(backend: Backend, members: Mapping[str, Json], required: Sequence[str]) -> Json:
    """Write an object's schema, closed where the backend is strict."""
    schema: Json = {"type": "object", "properties": dict(members)}
    if required:
        schema["required"] = list(required)
    if backend.strict:
        schema["additionalProperties"] = False
    return schema


# --- answers ------------------------------------------------------------------------------------------------


def item_schema(backend: Backend, kind: Kind) -> Json:
    """Return an item as it is answered, without wrapper."""
    state = {"state": {"type": "string", "enum": [*STATES, *kind.actions], "readOnly": True}} if kind.actions else {}
    own = {} if kind.chosen else {backend.key(kind): {**id_schema(backend, kind.ids), "readOnly": True}}
    if backend.answer is Answer.JSON_API:
        attributes = attributes_schema(backend, kind, whole=True)
        attributes["properties"] |= state
        data = {"id": TEXT, "type": TEXT, "attributes": attributes}
        data |= {"relationships": {"type": "object"}} if kind.references else {}
        return {"type": "object", "properties": data, "required": ["id", "type", "attributes"]}
    found = attributes_schema(backend, kind, whole=True)
    found["properties"] = {**own, **found["properties"], **state}
    return found


def wrapper(backend: Backend, kind: Kind) -> str:
    """Return the member in which an item is answered; "" where it is bare."""
    named = envelope(backend, kind)
    return {Answer.DATA: "data", Answer.JSON_API: "data", Answer.NAMED: named}.get(backend.answer, "")


def envelope(backend: Backend, kind: Kind) -> str:
    return cased(kind.noun, Case.SNAKE if backend.member_case is Case.SNAKE else Case.CAMEL)


def list_wrapper(backend: Backend, kind: Kind) -> tuple[str, ...]:
    """Return the members in which the rows of a list lie, outermost first."""
    if backend.answer is Answer.JSON_API:
        return ("data",)
    inner = backend.segment(kind)
    return {
        Listing.PLAIN: (),
        Listing.ITEMS: ("items",),
        Listing.DATA: ("data",),
        Listing.RESULTS: ("results",),
        Listing.HAL: ("_embedded", inner),
    }[backend.listing]


def wrapped(value: Json, names: Sequence[str]) -> Json:
    for name in reversed(names):
        value = {name: value}
    return value


def wrapped_schema(schema: Json, names: Sequence[str]) -> Json:
    for name in reversed(names):
        schema = {"type": "object", "properties": {name: schema}, "required": [name]}
    return schema
