"""Finds what an API keeps: collections, their items, who is nested in whom, what creates them.

Judged by the shape of paths, which holds across frameworks; links, shared schemas and names decide only where shape
leaves it open. What is guessed here is confirmed by trying, see `auditor.world.objects`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from auditor.kinds.foreign_keys import foreign_keys
from auditor.kinds.identifiers import identifier
from auditor.kinds.naming import called, named_for, noun, singular
from auditor.kinds.paths import DEEDS, Seat, blank, prefixes, seat, shape, spoken_seat
from auditor.model import Document, Operation, Resource
from auditor.values.makers import words

__all__ = ["Resource", "creators", "foreign_keys", "identifier", "infer"]

ACTIONS = frozenset(
    {"search", "login", "logout", "register", "refresh", "token", "export", "import", "count", "query", "batch", "bulk"}
)
"""Last segments that read as a deed, not as a thing."""
NO_CREATORS = ACTIONS - {"register"} | {"signin", "authenticate", "auth", "session", "sessions", "validate", "verify"}
"""What these answer with was there before."""
MAKERS = frozenset({word for word, method in DEEDS.items() if method == "POST"} | {"register", "signup", "enroll"})

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """An operation and its seat in a collection."""

    seat: Seat
    operation: Operation

    @property
    def as_written(self) -> bool:
        """No verb was taken out of its path."""
        return self.seat == seat(self.operation.method, self.operation.path)


Members = list[Member]


def infer(document: Document) -> tuple[Resource, ...]:
    """Return the resources, parents before children, in the document's order otherwise."""
    found = one_noun_joined(shallow_items_joined(collections(document.operations)))
    below = named_below(document.operations)
    made = [resource for key, members in found.items() if (resource := _resource(key, members, below)) is not None]
    complete = creators(made, document.operations)
    return tuple(sorted((with_parents(one, complete) for one in complete), key=lambda one: one.name.count("{")))


def collections(operations: Sequence[Operation]) -> dict[Key, Members]:
    """Seat every operation: by its path as written, or without its verb where that leads to a thing with items."""
    found: dict[Key, Members] = {}
    spoken: list[Member] = []
    for operation in operations:
        meant = spoken_seat(operation.method, operation.path)
        if meant is not None and meant.key:
            spoken.append(Member(meant, operation))
        else:
            _sit(found, seat(operation.method, operation.path), operation)
    with_items = {item_key(key) for key, members in found.items() if any(one.seat.parameter for one in members)}
    with_items |= {item_key(one.seat.key) for one in spoken if one.seat.parameter}
    for one in spoken:
        written = seat(one.operation.method, one.operation.path)
        _sit(found, one.seat if item_key(one.seat.key) in with_items else written, one.operation)
    return found


def item_key(key: Key) -> Key:
    """Return the key with its last noun in the singular: `/user/{id}` and `/createUser` are about one thing."""
    return (*key[:-1], " ".join(singular(word) for word in words(key[-1]))) if key and key[-1] else key


def _sit(found: dict[Key, Members], at_seat: Seat, operation: Operation) -> None:
    if at_seat.key:
        found.setdefault(at_seat.key, []).append(Member(at_seat, operation))


def shallow_items_joined(found: Mapping[Key, Members]) -> dict[Key, Members]:
    """Join items at the top (`/reviews/{id}`) to the one collection of that name further down.

    `POST /products/{id}/reviews` creates what `GET /reviews/{id}` reads, when nothing at `/reviews` creates.
    """
    joined = {key: list(members) for key, members in found.items()}
    for key, members in found.items():
        if len(key) != 1 or any(one.seat.method == "POST" and not one.seat.parameter for one in members):
            continue
        deeper = [other for other in found if len(other) > 1 and other[-1] == key[0] and _creates_only(found[other])]
        if len(deeper) == 1 and any(one.seat.parameter for one in members):
            joined[deeper[0]] = [*found[deeper[0]], *members]
            del joined[key]
    return joined


def _creates_only(members: Members) -> bool:
    creates = any(one.seat.method == "POST" and not one.seat.parameter for one in members)
    return creates and not any(one.seat.parameter for one in members)


def one_noun_joined(found: Mapping[Key, Members]) -> dict[Key, Members]:
    """Join what is one thing under two forms of its noun: `POST /order` creates what `/orders/{id}` reads.

    What stands alone in the singular (`GET /user`, the caller) stays alone.
    """
    joined = {key: list(members) for key, members in found.items()}
    by_noun: dict[Key, list[Key]] = {}
    for key in found:
        by_noun.setdefault(item_key(key), []).append(key)
    for keys in (keys for keys in by_noun.values() if len(keys) == 2):
        plural, other = sorted(keys, key=lambda key: (singular(str(key[-1])) == key[-1], key != keys[0]))
        taken = {(bool(one.seat.parameter), one.seat.method) for one in joined[plural]}
        moving = [
            one
            for one in joined[other]
            if (bool(one.seat.parameter), one.seat.method) not in taken
            and (one.seat.parameter or one.seat.method == "POST")
        ]
        staying = [one for one in joined[other] if one not in moving]
        if not any(one.seat.parameter for one in (*joined[plural], *moving)):
            continue
        joined[plural] += moving
        joined[other] = staying
    return {key: members for key, members in joined.items() if members}


def named_below(operations: Sequence[Operation]) -> dict[Key, str]:
    """Return collection → the parameter that names its items in longer paths: `/orders/{id}/ship` names orders."""
    found: dict[Key, str] = {}
    for operation in operations:
        for prefix, parameter in prefixes(operation.path):
            found.setdefault(shape(prefix).segments, parameter)
    return found


def _resource(key: Key, members: Members, below: Mapping[Key, str]) -> Resource | None:
    at_items = [one for one in members if one.seat.parameter]
    at_whole = [one for one in members if not one.seat.parameter]
    if at_items:
        return _collection(at_items, at_whole)
    methods = by_method(at_whole)
    if key in below and "POST" in methods:
        name = at_whole[0].seat.place
        return Resource(name=name, create=methods["POST"], list=methods.get("GET"), parameter=below[key])
    return _singleton(key, at_whole)


def _collection(at_items: Members, at_whole: Members) -> Resource:
    item, whole = by_method(at_items), by_method(at_whole)
    written = [one for one in at_whole if one.seat.place == one.operation.path.rstrip("/")]
    named = (written or at_whole or at_items)[0].seat.place
    return Resource(
        name=named,
        create=whole.get("POST"),
        read=item.get("GET"),
        list=whole.get("GET"),
        replace=item.get("PUT"),
        modify=item.get("PATCH") or (item.get("POST") if "PUT" not in item else None),
        remove=item.get("DELETE"),
        parameter=at_items[0].seat.parameter,
    )


def _singleton(key: Key, at_whole: Members) -> Resource | None:
    """Make a thing there is only one of (`/users/me`): read and changed in place; or a collection without items."""
    methods = by_method(at_whole)
    last = str(key[-1]).lower()
    name = at_whole[0].operation.path.rstrip("/")
    if methods.keys() & {"PUT", "PATCH"} or (methods.keys() >= {"GET", "DELETE"} and "POST" not in methods):
        return Resource(
            name=name,
            read=methods.get("GET"),
            replace=methods.get("PUT"),
            modify=methods.get("PATCH"),
            remove=methods.get("DELETE"),
        )
    if methods.keys() >= {"GET", "POST"} and last not in ACTIONS:
        return Resource(name=name, create=methods["POST"], list=methods["GET"])
    return None


def by_method(members: Members) -> dict[str, Operation]:
    """Return the first operation of each method; those that say it by a verb and deprecated ones last."""
    found: dict[str, Operation] = {}
    order = sorted(members, key=lambda one: (one.operation.deprecated, not one.as_written))
    for one in order:
        found.setdefault(one.seat.method, one.operation)
    return found


# --- what creates that which nothing at its own path creates ------------------------------------------------


def creators(every: Sequence[Resource], operations: Sequence[Operation]) -> list[Resource]:
    """Give collections that nothing at their own path creates the one POST elsewhere that does.

    By a link of its answer, by an operationId that says so, by a 201 whose schema is the item's own.
    """
    linked = dict(links_to_items(every, operations))
    taken = {id(one.create) for one in every if one.create is not None}
    free = [one for one in operations if one.method == "POST" and id(one) not in taken and is_maker(one)]
    by_name, by_answer = grouped(free, said_to_make), grouped(free, lambda one: reference_of_answer(one, "201"))
    found: list[Resource] = []
    for one in every:
        create, expression = linked.get(one.name, (None, ""))
        if one.create is None and one.parameter and create is None:
            create = only_one(by_name.get(singular_noun(one), ()), one)
            create = create or only_one(by_answer.get(reference_of_answer(one.read, "200"), ()), one)
        if one.create is None and create is not None:
            found.append(replace(one, create=create, identified_by=expression))
        else:
            found.append(replace(one, identified_by=expression) if create is one.create and expression else one)
    return found


Telling = TypeVar("Telling", bound=Hashable)


def grouped(
    operations: Sequence[Operation], key: Callable[[Operation], Telling]
) -> Mapping[Telling, Sequence[Operation]]:
    """Group by what operations say; those that say nothing are left out."""
    found: dict[Telling, list[Operation]] = {}
    for one in operations:
        if said := key(one):
            found.setdefault(said, []).append(one)
    return found


def only_one(candidates: Sequence[Operation], kind: Resource) -> Operation | None:
    """Return the one candidate that is not about an item of this very kind; None where there are several."""
    outside = [one for one in candidates if all(blank(prefix) != blank(kind.name) for prefix, _ in prefixes(one.path))]
    return outside[0] if len(outside) == 1 else None


def is_maker(operation: Operation) -> bool:
    last = shape(operation.path).last_name.lower()
    return not shape(operation.path).names_item and not set(words(last)) & NO_CREATORS


def links_to_items(
    every: Sequence[Resource], operations: Sequence[Operation]
) -> Iterator[tuple[str, tuple[Operation, str]]]:
    """Yield (resource, (what creates its items, where the answer names them)) as OpenAPI links say."""
    by_id = {one.operation_id: one for one in operations if one.operation_id}
    by_label = {one.label: one for one in operations}
    items = {id(one): kind for kind in every if kind.parameter for one in kind.item_operations}
    for operation in operations:
        if operation.method not in {"POST", "PUT"} or not is_maker(operation):
            continue
        for link in (link for answer in operation.answers.values() for link in answer.links):
            target = by_id.get(link.operation) or by_label.get(link.operation)
            kind = items.get(id(target))
            if kind is None or target is None:
                continue
            own = shape(target.path).parameters[-1]
            expression = link.parameters.get(own, link.parameters.get(f"path.{own}"))
            if isinstance(expression, str) and (kind.create is None or kind.create is operation):
                yield kind.name, (operation, expression)


def said_to_make(operation: Operation) -> frozenset[str]:
    """Return the noun of `createDoctor`, `doctors_create`, `register-doctor`; nothing without a verb that makes."""
    spoken = [word for word in words(operation.operation_id) if word not in {"api", "a", "an", "new", "the"}]
    if not set(spoken) & MAKERS:
        return frozenset()
    return frozenset(singular(word) for word in spoken if word not in MAKERS)


def singular_noun(kind: Resource) -> frozenset[str]:
    return frozenset(singular(word) for word in noun(kind.name))


def reference_of_answer(operation: Operation | None, status: str) -> str:
    """Return the `$ref` of an answer's JSON; "" where the schema is written out."""
    answer = operation.answers.get(status) if operation is not None else None
    schemas = [schema for media, schema in answer.content.items() if "json" in media] if answer is not None else []
    ref = schemas[0].get("$ref") if schemas else None
    return ref if isinstance(ref, str) else ""


# --- parents ------------------------------------------------------------------------------------------------


def with_parents(resource: Resource, every: Sequence[Resource]) -> Resource:
    """Say for each path parameter of the collection which resource's item it names."""
    parents: dict[str, str] = {}
    place = resource.create.path if resource.create is not None else resource.name
    for path in dict.fromkeys((resource.name, place)):
        for prefix, parameter in prefixes(path):
            if parameter == resource.parameter and blank(prefix) == blank(resource.name):
                continue
            parent = at(prefix, every) or named_for(parameter, every, but=resource)
            if parent is not None and parent is not resource:
                parents.setdefault(parameter, parent.name)
    return replace(resource, parents=parents) if parents else resource


def at(path: str, every: Sequence[Resource]) -> Resource | None:
    """Find the resource whose items lie at a path: the same but for parameter names, or for a version in front."""
    by_name, by_shape, by_item = places(tuple(every))
    return by_name.get(blank(path)) or by_shape.get(shape(path).segments) or by_item.get(blank(path))


@lru_cache(maxsize=8)
def places(
    every: tuple[Resource, ...],
) -> tuple[Mapping[str, Resource], Mapping[Key, Resource], Mapping[str, Resource]]:
    """Index collections by their path, by its shape, and by the paths that their items lie at."""
    kept = [one for one in reversed(every) if one.parameter]
    items = {blank(seat(each.method, each.path).place): one for one in kept for each in one.item_operations}
    return {blank(one.name): one for one in kept}, {shape(one.name).segments: one for one in kept}, items


def twin(kind: Resource, every: Sequence[Resource]) -> Resource | None:
    """Find the one other collection of the same noun that something creates: `/me/orders` for `/orders/{id}`."""
    own = tuple(singular(word) for word in noun(kind.name))
    same = [
        one
        for one in every
        if one is not kind and one.create is not None and tuple(singular(word) for word in noun(one.name)) == own
    ]
    return same[0] if len(same) == 1 and called(own, every) is not None else None
