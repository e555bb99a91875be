"""Writes the OpenAPI document of a drawn backend, 3.0 or 3.1."""

from __future__ import annotations

import re
from collections.abc import Mapping

from auditor.model import Json
from tests.random_backends.drawn import Answer, Backend, Case, Entry, Kind, cased
from tests.random_backends.routes import PUBLIC, Deed, Route, routes
from tests.random_backends.shapes import (
    TEXT,
    item_schema,
    list_wrapper,
    parameter_schema,
    sent_schema,
    wrapped_schema,
    wrapper,
)


def document(backend: Backend) -> Json:
    """Return the decoded document."""
    paths: dict[str, Json] = {}
    for route in routes(backend):
        paths.setdefault(route.path, {})[route.method.lower()] = operation(backend, route)
    schemes = security_schemes(backend)
    return in_version(
        {
            "openapi": backend.openapi,
            "info": {"title": "Drawn", "version": "1"},
            "paths": paths,
            "components": {"schemas": dict(schemas(backend)), "securitySchemes": schemes},
            **({"security": [{name: []} for name in schemes]} if schemes else {}),
        }
    )


def schema_name(kind: Kind) -> str:
    camel = cased(kind.noun, Case.CAMEL)
    return camel[0].upper() + camel[1:]


def schemas(backend: Backend) -> Mapping[str, Json]:
    found: dict[str, Json] = {}
    for kind in backend.kinds:
        name = schema_name(kind)
        found[name] = item_schema(backend, kind)
        if not shares(backend):
            found[f"{name}Create"] = sent_schema(backend, kind)
        if kind.update == "PATCH":
            found[f"{name}Update"] = sent_schema(backend, kind, whole=False)
    return found


def shares(backend: Backend) -> bool:
    wrapped = backend.answer is Answer.JSON_API or backend.enveloped
    return backend.shared_schema and not wrapped and not backend.strict


def operation(backend: Backend, route: Route) -> Json:
    found: dict[str, Json] = {"operationId": operation_id(route), "responses": answers(backend, route)}
    preconditions = [IF_MATCH] if is_guarded(route) else []
    if parameters := [*path_parameters(backend, route), *query_parameters(backend, route), *preconditions]:
        found["parameters"] = parameters
    if body := request_body(backend, route):
        found["requestBody"] = {"required": True, "content": body}
    if route.deed in PUBLIC and backend.access.entry is not Entry.OPEN:
        found["security"] = []
    return found


IF_MATCH: Json = {"name": "If-Match", "in": "header", "required": False, "schema": TEXT}


def is_guarded(route: Route) -> bool:
    """Say whether the operation wants to know which version of the item is meant."""
    return route.kind is not None and route.kind.guarded and route.deed in (Deed.CHANGE, Deed.REMOVE)


def operation_id(route: Route) -> str:
    spoken = "_".join(re.findall(r"[A-Za-z0-9]+", route.path))
    return f"{route.method.lower()}_{spoken}"


def path_parameters(backend: Backend, route: Route) -> list[Json]:
    if route.kind is None:
        return []
    named = {backend.parameter(one): one for one in (*backend.ancestors(route.kind), route.kind)}
    return [
        {"name": name, "in": "path", "required": True, "schema": parameter_schema(kind.ids)}
        for name, kind in named.items()
        if f"{{{name}}}" in route.path
    ]


def query_parameters(backend: Backend, route: Route) -> list[Json]:
    kind = route.kind
    if route.deed is not Deed.LIST or kind is None or kind.filtered_by is None:
        return []
    target = backend.kinds[kind.filtered_by]
    name = backend.member(f"{target.noun} id")
    return [{"name": name, "in": "query", "required": True, "schema": parameter_schema(target.ids)}]


def request_body(backend: Backend, route: Route) -> Json:
    """Return the content of the request; {} where there is none."""
    if route.deed in PUBLIC:
        return {media_of(backend, route): {"schema": credentials_schema(backend, route)}}
    if route.kind is None or route.deed not in (Deed.CREATE, Deed.CHANGE):
        return {}
    name = schema_name(route.kind)
    if route.method == "PATCH":
        name += "Update"
    elif not shares(backend):
        name += "Create"
    return {media_of(backend, route): {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def media_of(backend: Backend, route: Route) -> str:
    """Return the media type in which the server wants a body."""
    if route.deed is Deed.LOGIN and backend.access.entry is Entry.FORM:
        return "application/x-www-form-urlencoded"
    if backend.answer is Answer.JSON_API and route.deed not in PUBLIC:
        return "application/vnd.api+json"
    return "application/json"


def credentials_schema(backend: Backend, route: Route) -> Json:
    access = backend.access
    name = "username" if access.entry is Entry.FORM and route.deed is Deed.LOGIN else access.username
    called: Json = {"type": "string", "format": "email"} if name == "email" else {"type": "string", "minLength": 3}
    secret = {"type": "string", "minLength": 8, "format": "password"}
    members = {name: called, "password": secret}
    if route.deed is Deed.REGISTER:
        members |= {access.again: secret} if access.again else {}
        members |= {access.also: {"type": "string", "minLength": 1}} if access.also else {}
    return {"type": "object", "properties": members, "required": list(members)}


# --- answers ------------------------------------------------------------------------------------------------


def answers(backend: Backend, route: Route) -> Json:
    refused = {"4XX": {"description": "refused"}}
    return {**dict(accepted(backend, route)), **refused}


def accepted(backend: Backend, route: Route) -> list[tuple[str, Json]]:
    kind = route.kind
    if kind is None:
        return [access_answer(route)]
    item = {"$ref": f"#/components/schemas/{schema_name(kind)}"}
    one = wrapped_schema(item, [name for name in [wrapper(backend, kind)] if name])
    media = "application/vnd.api+json" if backend.answer is Answer.JSON_API else "application/json"
    many = wrapped_schema({"type": "array", "items": item}, list_wrapper(backend, kind))
    if route.deed is Deed.REMOVE:
        return [(str(kind.removed), {"description": "removed"})]
    if route.deed is Deed.CREATE and backend.answer is Answer.LOCATION:
        return [("201", {"description": "made", "headers": {"Location": {"schema": TEXT}}})]
    if route.deed is Deed.WIPE or (route.deed is Deed.CHANGE and kind.changed == 204):
        return [("204", {"description": "done"})]
    status = str(kind.made) if route.deed is Deed.CREATE else "200"
    schema = many if route.deed is Deed.LIST else one
    return [(status, {"description": "done", "content": {media: {"schema": schema}}})]


def access_answer(route: Route) -> tuple[str, Json]:
    status = {Deed.REGISTER: "201", Deed.LEAVE: "204"}.get(route.deed, "200")
    described: Json = {"description": "done"}
    if route.deed is not Deed.LEAVE:
        described["content"] = {"application/json": {"schema": {"type": "object"}}}
    return status, described


def security_schemes(backend: Backend) -> Json:
    base = backend.prefix + backend.access.base
    flow = {"tokenUrl": f"{base}/{backend.access.login}", "scopes": {}}
    return {
        Entry.OPEN: {},
        Entry.BEARER: {"bearerAuth": {"type": "http", "scheme": "bearer"}},
        Entry.FORM: {"passwordFlow": {"type": "oauth2", "flows": {"password": flow}}},
        Entry.BASIC: {"basicAuth": {"type": "http", "scheme": "basic"}},
        Entry.COOKIE: {"session": {"type": "apiKey", "in": "cookie", "name": "session"}},
        Entry.KEY: {"apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
    }[backend.access.entry]


# --- versions -----------------------------------------------------------------------------------------------


def in_version(raw: Json) -> Json:
    """Write 2020-12 schemas as OpenAPI 3.0 has them, where the document is of that version."""
    return older(raw) if raw["openapi"].startswith("3.0") else raw


def older(node: Json) -> Json:
    """Replace nullable types and exclusive bounds, which 3.0 spells otherwise."""
    if isinstance(node, list):
        return [older(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {key: older(value) for key, value in node.items()}
    if isinstance(found.get("type"), list):
        found |= {"type": next(one for one in found["type"] if one != "null"), "nullable": True}
    for bound in ("Minimum", "Maximum"):
        value = found.get(f"exclusive{bound}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            found |= {bound.lower(): value, f"exclusive{bound}": True}
    return found
