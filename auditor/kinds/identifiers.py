"""Identifiers in answers: what a create says it made, by which names one object goes, what a list holds.

Read from actual answers: `id`, `_id`, `uuid`, slugs, numbers and numerals, wrapped, nested, HAL and JSON:API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from auditor.compare import walk
from auditor.document.schemas import mapping
from auditor.document.templates import path_values
from auditor.kinds.naming import ID_WORDS, KEY_WORDS, is_called, spoken_names
from auditor.model import NOT_JSON, Json, Resource
from auditor.values.makers import words

ID_KEYS = ("id", "_id", "uuid", "guid", "Id", "ID", "pk", "uid", "identifier")
NAME_KEYS = ("slug", "key", "name", "handle", "username")
"""By what an object is told where it has no identifier proper; the first that is there. A `code` is often a status."""
WRAPPERS = (
    "data", "result", "item", "object", "attributes", "response", "payload", "body", "content", "record", "resource",
    "entity", "value", "document", "doc", "created", "d",
)  # fmt: skip
ROWS = (
    "data", "items", "results", "content", "records", "rows", "list", "entries", "objects", "values", "value",
    "hydra:member", "member", "edges", "nodes", "hits", "docs", "elements", "resources", "entities", "collection",
)  # fmt: skip
BESIDE_ROWS = ("_embedded", "_links", "links", "meta", "page", "pagination", "paging", "error", "errors", "included")
SELF_LINKS = ("self", "href", "url", "uri", "@id", "@odata.id", "location", "link")
MOST_DEPTH = 4
LONGEST = 200


def identifier(body: Json, resource: Resource) -> str | None:
    """Find the identifier in what a create answered with; None when it names nothing."""
    return certain(body, resource) or likely(body, resource)


def certain(body: Json, resource: Resource) -> str | None:
    """Read it where it is the item's by its place: at the top, in a wrapper, in what bears the resource's name."""
    nodes = list(candidates(body, resource))
    for node in nodes:
        named = parameter_of(node, resource) or own_key_of(node, resource)
        if named is not None:
            return named
    for node in nodes:
        found = own_identifier(node, resource)
        if found is not None:
            return found
    top = mapping(body)
    return parameter_of(mapping(top.get("metadata")), resource) if "kind" in top else None


def likely(body: Json, resource: Resource) -> str | None:
    """Read it from the one object that the answer holds, whatever that is called."""
    nodes = only_member(list(candidates(body, resource)))
    return next((found for node in nodes if (found := own_identifier(node, resource)) is not None), None)


BARE = re.compile(r"\d{1,20}|[0-9a-fA-F]{16,64}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def name_like(body: Json, resource: Resource) -> str | None:
    """Find by what an object is told that has no identifier proper: its slug, code, name, or the bare answer."""
    if is_identifier(body) and BARE.fullmatch(text_of(body)):
        return text_of(body)
    nodes = candidates(body, resource)
    found = (node[key] for node in nodes for key in NAME_KEYS if isinstance(node.get(key), str))
    return next((one for one in found if is_identifier(one)), None)


def candidates(body: Json, resource: Resource, depth: int = 0) -> Iterator[Mapping[str, Json]]:
    """Yield the objects that may be the item itself: the whole, what bears its name, what wrappers hold."""
    node = body[0] if isinstance(body, list) and body else body
    if not isinstance(node, Mapping) or depth > MOST_DEPTH:
        return
    yield node
    inner = [value for key, value in node.items() if is_called(str(key), resource) and holds_objects(value)]
    inner += [node[key] for key in WRAPPERS if key in node and holds_objects(node[key])]
    for one in inner:
        yield from candidates(one, resource, depth + 1)


def holds_objects(value: Json) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def only_member(nodes: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """Return the one object beside plain values: `{"ok": true, "anything": {…}}`."""
    inner = [one for one in nodes[0].values() if isinstance(one, Mapping)] if nodes else []
    return inner if len(inner) == 1 else []


def parameter_of(node: Mapping[str, Json], resource: Resource) -> str | None:
    """Read the member that the item's path parameter is called after; not `id`, which everything has.

    Of `metadata` nothing else is taken, and only beside `kind` (objects as Kubernetes has them): elsewhere it
    describes the request.
    """
    spoken = words(resource.parameter)
    if not spoken:
        return None
    return next((text_of(value) for key, value in node.items() if words(key) == spoken and is_identifier(value)), None)


def own_key_of(node: Mapping[str, Json], resource: Resource) -> str | None:
    """Read what the parameter names with its thing before it: {article_slug} and a member `slug`."""
    spoken = words(resource.parameter)
    if len(spoken) < 2 or spoken[-1] in {"id", "ids", "identifier"}:
        return None
    wanted = {spoken[-1:], spoken[-2:]}
    return next((text_of(value) for key, value in node.items() if words(key) in wanted and is_identifier(value)), None)


def own_identifier(node: Mapping[str, Json], resource: Resource) -> str | None:
    """Read the identifier among an object's own members."""
    named = parameter_of(node, resource)
    if named is not None:
        return named
    for key in ID_KEYS:
        if is_identifier(node.get(key)):
            return text_of(node[key])
    for key, value in node.items():
        parts = words(key)
        named_id = len(parts) > 1 and parts[-1] in {"id", "uuid", "guid"}
        if named_id and is_identifier(value) and " ".join(parts[:-1]) in spoken_names(resource):
            return text_of(value)
    return None


def anywhere(body: Json, resource: Resource) -> str | None:
    """Find it at any depth under the parameter's name, or its thing's with `id` behind: `context.span_id`."""
    wanted = {words(resource.parameter), *((*name.split(), "id") for name in spoken_names(resource))} - {("id",), ()}
    leaves = walk(body) if isinstance(body, dict | list) else ()
    found = (value for pointer, value in leaves if words(pointer.rpartition("/")[2]) in wanted)
    return next((text_of(value) for value in found if is_identifier(value)), None)


def is_identifier(value: Json) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) or (isinstance(value, str) and 0 < len(value) <= LONGEST)


def text_of(value: Json) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


# --- by which names one object goes -------------------------------------------------------------------------


def names(body: Json, resource: Resource) -> dict[str, str]:
    """Return member → text of everything that may name the object: its ids and its natural keys, outermost first.

    An id that says whose it is may lie a level deeper: `context.span_id` of a span.
    """
    found: dict[str, str] = {}
    nodes = list(candidates(body, resource))
    for node in nodes:
        for key, value in node.items():
            if names_object(str(key), resource) and is_identifier(value):
                found.setdefault(str(key), text_of(value))
    own = {(*name.split(), "id") for name in spoken_names(resource)}
    for inner in (inner for node in nodes for inner in node.values() if isinstance(inner, Mapping)):
        for key, value in inner.items():
            if words(str(key)) in own and is_identifier(value):
                found.setdefault(str(key), text_of(value))
    return found


def names_object(key: str, resource: Resource) -> bool:
    spoken = words(key)
    if not spoken:
        return False
    known = spoken[-1] in ID_WORDS | KEY_WORDS | {"title", "identifier", "uid"}
    if len(spoken) == 1:
        return known or words(resource.parameter) == spoken
    return known and (" ".join(spoken[:-1]) in spoken_names(resource) or words(resource.parameter) == spoken)


def fitting(known: Mapping[str, str], parameter: str, usual: str) -> str:
    """Choose among an object's names the one that a parameter asks for; `usual` where it says nothing.

    {slug}, {article_slug}, {uuid} name their member; {id}, {article_id} and {article} do not.
    """
    spoken = words(parameter)
    if not spoken or spoken[-1] in {"id", "ids", "pk", "ref", "identifier"}:
        return usual
    exact = (text for key, text in known.items() if words(key) == spoken)
    last = (text for key, text in known.items() if words(key)[-1:] == spoken[-1:] and is_key(spoken[-1]))
    return next(exact, None) or next(last, None) or usual


def is_key(word: str) -> bool:
    return word in KEY_WORDS or word in ID_WORDS


def others(known: Mapping[str, str], tried: str) -> list[tuple[str, str]]:
    """Return (member, text) of what else may address an object, ids before natural keys, no text twice."""
    ranked = sorted(known.items(), key=lambda pair: words(pair[0])[-1:] and words(pair[0])[-1] not in ID_WORDS)
    found: dict[str, str] = {}
    for member, text in ranked:
        if text != tried and "://" not in text:
            found.setdefault(text, member)
    return [(member, text) for text, member in found.items()]


# --- lists --------------------------------------------------------------------------------------------------


def rows(body: Json, depth: int = 0) -> list[Json]:
    """Return the rows of a list, however it is wrapped: envelopes, HAL, Hydra, OData, edges, maps by id."""
    if isinstance(body, list):
        return [unwrapped(one) for one in body]
    if not isinstance(body, Mapping) or depth > MOST_DEPTH:
        return []
    embedded = mapping(body.get("_embedded"))
    named = [body[key] for key in ROWS if key in body]
    rest = [value for key, value in body.items() if key not in ROWS]
    for value in (*embedded.values(), *named, *rest):
        if isinstance(value, list) and value and isinstance(value[0], Mapping | str | int):
            return [unwrapped(one) for one in value]
    for value in (*named, *rest):
        if isinstance(value, Mapping) and (found := rows(value, depth + 1)):
            return found
    return by_key(body)


def unwrapped(row: Json) -> Json:
    """Open a row that is but an envelope (`{"node": {…}}` of GraphQL's edges)."""
    inner = [value for value in row.values() if isinstance(value, Mapping)] if isinstance(row, Mapping) else []
    return inner[0] if len(inner) == 1 and set(row) <= {"node", "cursor"} else row


def by_key(body: Mapping[str, Json]) -> list[Json]:
    """Read a map from id to object as rows that hold their id."""
    telling = not body.keys() & {*ROWS, *WRAPPERS, *BESIDE_ROWS}
    if body and telling and all(isinstance(value, Mapping) for value in body.values()):
        return [{"id": key, **value} for key, value in body.items()]
    return []


def row_identifier(row: Json, resource: Resource) -> str | None:
    """Return the identifier of one row; rows may be bare identifiers."""
    if isinstance(row, Mapping):
        return identifier(row, resource) or anywhere(row, resource) or name_like(row, resource)
    return text_of(row) if is_identifier(row) else None


# --- links --------------------------------------------------------------------------------------------------


def linked(body: Json, item: str, parameter: str) -> str | None:
    """Return the parameter as an object's link to itself has it: `_links.self.href`, `href`, `url`, `@id`."""
    if body is NOT_JSON:
        return None
    node = mapping(body[0] if isinstance(body, list) and body else body)
    inner = [mapping(node.get(key)) for key in ("_links", "links", "data", "meta")]
    inner += [mapping(one.get("links")) for one in inner]
    listed = [one for one in node.get("links", ()) if isinstance(one, Mapping)] if listable(node.get("links")) else []
    own = [one.get("href") for one in listed if one.get("rel") == "self"]
    direct = [place.get(key) for place in (*inner, node) for key in SELF_LINKS]
    targets = [mapping(one).get("href", one) for one in (*own, *direct)]
    found = (addressed(one, item).get(parameter) for one in targets if isinstance(one, str))
    return next((one for one in found if one), None)


def listable(value: Json) -> bool:
    return isinstance(value, list)


def addressed(target: str, item: str) -> dict[str, str]:
    """Read an item's path parameters from a link to it, whatever the path before; {} where it leads elsewhere."""
    parts = urlsplit(target).path.strip("/").split("/")
    tails = ("/" + "/".join(parts[start:]) for start in range(len(parts)))
    return next((found for tail in tails if (found := path_values(item.rstrip("/"), tail))), {})
