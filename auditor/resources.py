"""Finds what an API keeps: collections, their items, who is nested in whom, which fields point to which.

Judged by the shape of paths, which holds across frameworks; names decide only where shape leaves it open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from auditor.makers import words
from auditor.model import Document, Field, Json, Location, Operation, Resource
from auditor.schemas import mapping

PARAMETER = re.compile(r"\{([^{}]+)\}")
PREFIX = re.compile(r"v\d+(\.\d+)*|api|rest|latest|\d{4}-\d\d-\d\d")
"""Segments in front of a path that say nothing about what lies there."""
ID_KEYS = ("id", "_id", "uuid", "guid", "Id", "ID")
WRAPPERS = ("data", "result", "item", "object", "attributes")
ACTIONS = frozenset({"search", "login", "logout", "register", "refresh", "token", "export", "import", "count"})
"""Last segments that read as a deed, not as a thing."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A path as segments: names, and None for each parameter; `parameters` in order."""

    path: str
    segments: tuple[str | None, ...]
    parameters: tuple[str, ...]

    @property
    def names_item(self) -> bool:
        return bool(self.segments) and self.segments[-1] is None

    @property
    def last_name(self) -> str:
        return next((one for one in reversed(self.segments) if one is not None), "")

    @property
    def collection(self) -> tuple[str | None, ...]:
        return self.segments[:-1] if self.names_item else self.segments


@lru_cache(maxsize=4096)
def shape(path: str) -> Shape:
    """Read a path template; version prefixes, queries and trailing slashes left out."""
    plain = path.partition("#")[0].partition("?")[0].strip("/")
    parts = plain.split("/") if plain else []
    while len(parts) > 1 and PREFIX.fullmatch(parts[0].lower()):
        parts = parts[1:]
    parameters = tuple(found[1] for part in parts if (found := PARAMETER.fullmatch(part)))
    return Shape(path, tuple(None if PARAMETER.fullmatch(part) else part for part in parts), parameters)


def infer(document: Document) -> tuple[Resource, ...]:
    """Return the resources, parents before children, in the document's order otherwise."""
    by_collection: dict[tuple[str | None, ...], list[tuple[Shape, Operation]]] = {}
    for operation in document.operations:
        seen = shape(operation.path)
        if seen.segments and seen.collection:
            by_collection.setdefault(seen.collection, []).append((seen, operation))
    joined = shallow_items_joined(by_collection)
    made = [resource for key, members in joined.items() if (resource := _resource(key, members)) is not None]
    return tuple(sorted((with_parents(one, made) for one in made), key=lambda one: one.name.count("{")))


Members = list[tuple[Shape, Operation]]


def shallow_items_joined(found: Mapping[tuple[str | None, ...], Members]) -> dict[tuple[str | None, ...], Members]:
    """Join items at the top (`/reviews/{id}`) to the one collection of that name further down.

    `POST /products/{id}/reviews` creates what `GET /reviews/{id}` reads, when nothing at `/reviews` creates.
    """
    joined = {key: list(members) for key, members in found.items()}
    for key, members in found.items():
        if len(key) != 1 or any(one.method == "POST" and not seen.names_item for seen, one in members):
            continue
        deeper = [other for other in found if len(other) > 1 and other[-1] == key[0] and _creates_only(found[other])]
        if len(deeper) == 1 and any(seen.names_item for seen, _ in members):
            joined[deeper[0]] = [*found[deeper[0]], *members]
            del joined[key]
    return joined


def _creates_only(members: Members) -> bool:
    creates = any(one.method == "POST" and not seen.names_item for seen, one in members)
    return creates and not any(seen.names_item for seen, _ in members)


def _resource(key: tuple[str | None, ...], members: Members) -> Resource | None:
    at_items = [(seen, one) for seen, one in members if seen.names_item]
    at_whole = [(seen, one) for seen, one in members if not seen.names_item]
    if at_items:
        return _collection(at_items, at_whole)
    return _singleton(key, at_whole)


def _collection(at_items: Members, at_whole: Members) -> Resource | None:
    item = by_method(at_items)
    whole = by_method(at_whole)
    named = at_whole[0][0].path if at_whole else at_items[0][0].path.rstrip("/").rpartition("/")[0]
    return Resource(
        name=named.rstrip("/"),
        create=whole.get("POST"),
        read=item.get("GET"),
        list=whole.get("GET"),
        replace=item.get("PUT"),
        modify=item.get("PATCH") or (item.get("POST") if "PUT" not in item else None),
        remove=item.get("DELETE"),
        parameter=at_items[0][0].parameters[-1],
    )


def _singleton(key: tuple[str | None, ...], at_whole: Members) -> Resource | None:
    """Make a thing there is only one of (`/users/me`): read and changed in place; or a collection without items."""
    methods = by_method(at_whole)
    last = str(key[-1]).lower()
    if methods.keys() & {"PUT", "PATCH"} or (methods.keys() >= {"GET", "DELETE"} and "POST" not in methods):
        return Resource(
            name=at_whole[0][0].path.rstrip("/"),
            read=methods.get("GET"),
            replace=methods.get("PUT"),
            modify=methods.get("PATCH"),
            remove=methods.get("DELETE"),
        )
    if methods.keys() >= {"GET", "POST"} and last not in ACTIONS:
        return Resource(name=at_whole[0][0].path.rstrip("/"), create=methods["POST"], list=methods["GET"])
    return None


def by_method(members: Members) -> dict[str, Operation]:
    """Return the first operation of each method, deprecated ones last."""
    found: dict[str, Operation] = {}
    for _, one in sorted(members, key=lambda member: member[1].deprecated):
        found.setdefault(one.method, one)
    return found


# --- parents and references ---------------------------------------------------------------------------------


def with_parents(resource: Resource, every: Sequence[Resource]) -> Resource:
    """Say for each path parameter of the collection which resource's item it names."""
    parents: dict[str, str] = {}
    for prefix, parameter in prefixes(resource.name):
        parent = at(prefix, every) or named_for(parameter, every, but=resource)
        if parent is not None:
            parents[parameter] = parent.name
    if not parents:
        return resource
    return Resource(
        name=resource.name,
        create=resource.create,
        read=resource.read,
        list=resource.list,
        replace=resource.replace,
        modify=resource.modify,
        remove=resource.remove,
        parameter=resource.parameter,
        parents=parents,
    )


def prefixes(path: str) -> Iterator[tuple[str, str]]:
    """Yield each parameter of a path with what stands before it."""
    for match in PARAMETER.finditer(path):
        yield path[: match.start()].rstrip("/"), match[1]


def at(path: str, every: Sequence[Resource]) -> Resource | None:
    """Find the resource whose items lie at a path: the same but for parameter names, or for a version in front."""
    exact = (one for one in every if one.parameter and blank(one.name) == blank(path))
    alike = (one for one in every if one.parameter and shape(one.name).segments == shape(path).segments)
    return next(exact, None) or next(alike, None)


@lru_cache(maxsize=4096)
def blank(path: str) -> str:
    return PARAMETER.sub("{}", path)


def named_for(name: str, every: Sequence[Resource], *, but: Resource | None = None) -> Resource | None:
    """Find the resource a reference is called after: `doctorId`, `doctor` → `/doctors`."""
    spoken = reference_words(name)
    index = by_name(tuple(every))
    for start in range(len(spoken)):  # `primary_doctor_id`: the whole name, then its last words
        found = [one for one in index.get(" ".join(spoken[start:]), ()) if one is not but]
        if found:
            return min(found, key=lambda one: (not one.parameter, one.create is None, len(one.name)))
    return None


@lru_cache(maxsize=4)
def by_name(every: tuple[Resource, ...]) -> Mapping[str, Sequence[Resource]]:
    """Index what can be pointed to by the names it goes by."""
    index: dict[str, list[Resource]] = {}
    for one in every:
        for name in spoken_names(one) if one.parameter or one.create else ():
            index.setdefault(name, []).append(one)
    return index


def reference_words(name: str) -> tuple[str, ...]:
    """Return what a reference's name says it points to; () for a bare `id`."""
    spoken = words(name)
    while spoken and spoken[-1] in {"id", "ids", "uuid", "uuids", "guid", "pk", "ref"}:
        spoken = spoken[:-1]
    return spoken


def spoken_names(resource: Resource) -> set[str]:
    """Return the words a resource goes by, singular and plural; nested ones with their parent's name as well."""
    last = words(shape(resource.name).last_name)
    return {" ".join((*last[:-1], form)) for form in singulars(last[-1])} if last else set()


def singulars(word: str) -> set[str]:
    """Return a word and its singular, by English rules that need no dictionary."""
    found = {word}
    if word.endswith("ies") and len(word) > 4:
        found.add(word[:-3] + "y")
    if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        found.add(word[:-2])
    if word.endswith("s") and not word.endswith("ss"):
        found.add(word[:-1])
    return found | {IRREGULAR[word]} if word in IRREGULAR else found


IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "mice": "mouse",
    "indices": "index",
    "vertices": "vertex",
    "matrices": "matrix",
    "criteria": "criterion",
    "data": "datum",
    "media": "medium",
    "statuses": "status",
    "addresses": "address",
    "leaves": "leaf",
    "shelves": "shelf",
    "wolves": "wolf",
    "knives": "knife",
    "lives": "life",
    "quizzes": "quiz",
}


def foreign_keys(fields: Iterable[Field], resources: Sequence[Resource]) -> dict[str, str]:
    """Return pointer → resource name for body, query and header fields that name an item of a resource.

    `product_id`, `productId`, `product` (a UUID or an integer), `productIds/0`, `items/0/product_id`.
    """
    found: dict[str, str] = {}
    for field in fields:
        if field.location is Location.PATH or field.type in {"object", "boolean", "array"}:
            continue
        if reads_as_reference(field):
            target = named_for(field.name, resources)
            if target is not None:
                found[field.pointer] = target.name
    return found


def reads_as_reference(field: Field) -> bool:
    spoken = words(field.name)
    if len(spoken) > 1 and spoken[-1] in {"id", "ids", "uuid", "uuids", "guid", "pk"}:
        return True
    if "enum" in field.schema or "const" in field.schema:
        return False
    in_list = field.pointer.rpartition("/")[2].isdigit()
    by_uuid = field.schema.get("format") in {"uuid", "guid"} and spoken not in {("uuid",), ("id",), ("guid",)}
    return by_uuid or (field.type == "integer" and len(spoken) == 1 and not in_list and spoken[0] not in COUNTED)


COUNTED = frozenset({"quantity", "count", "amount", "price", "total", "number", "age", "rating", "stock", "limit"})


# --- identifiers --------------------------------------------------------------------------------------------


def identifier(body: Json, resource: Resource) -> str | None:
    """Find the identifier in what a create answered with; None when it names nothing."""
    node = body[0] if isinstance(body, list) and len(body) == 1 else body
    if not isinstance(node, Mapping):
        return None
    inner = [node[key] for key in WRAPPERS if isinstance(node.get(key), Mapping)]
    others = [one for one in node.values() if isinstance(one, Mapping)]
    called = [one for key, one in node.items() if isinstance(one, Mapping) and is_called(key, resource)]
    candidates = [node, *called, *inner, *(others if len(others) == 1 else [])]
    for candidate in candidates:
        value = own_identifier(mapping(candidate), resource)
        if value is not None:
            return value
    return parameter_of(mapping(node.get("metadata")), resource) if "kind" in node else None


def parameter_of(node: Mapping[str, Json], resource: Resource) -> str | None:
    """Read the member that the item's path parameter is called after.

    Of `metadata` nothing else is taken, and only beside `kind` (objects as Kubernetes has them): elsewhere it
    describes the request.
    """
    spoken = words(resource.parameter)
    found = (value for key, value in node.items() if spoken and words(key) == spoken and is_identifier(value))
    return next((str(value) for value in found), None)


def own_identifier(node: Mapping[str, Json], resource: Resource) -> str | None:
    """Read the identifier among an object's own members: the item parameter's name first, unless that is `id`."""
    spoken = words(resource.parameter)
    named = parameter_of(node, resource)
    if named is not None:
        return named
    for key in ID_KEYS:
        if is_identifier(node.get(key)):
            return str(node[key])
    names = spoken_names(resource)
    for key, value in node.items():
        parts = words(key)
        named_id = len(parts) > 1 and parts[-1] in {"id", "uuid", "guid"}
        if named_id and is_identifier(value) and " ".join(parts[:-1]) in names:
            return str(value)
    if len(spoken) > 1 and is_identifier(node.get(spoken[-1])):  # {article_slug} and a member `slug`
        return str(node[spoken[-1]])
    return None


def is_called(key: str, resource: Resource) -> bool:
    return " ".join(words(key)) in spoken_names(resource)


def is_identifier(value: Json) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and 0 < len(value) <= 200)
