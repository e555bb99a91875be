"""Which fields point to other things: by name and type, by what stands around them, by their natural keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.kinds.naming import ID_WORDS, KEY_WORDS, PEOPLE, called, ending_in, reference_words
from auditor.model import Field, Location, Resource
from auditor.values.makers import words

COUNTED = frozenset({"quantity", "count", "amount", "price", "total", "number", "age", "rating", "stock", "limit"})
ENVELOPES = frozenset({"data", "attributes", "relationships", "item", "object", "payload"})
"""Members around an identifier that say nothing of what it names (JSON:API)."""
CALLER_VERBS = frozenset({"created", "owned", "authored", "submitted", "requested", "assigned", "posted", "updated"})
"""Before `by`, they name whoever asks: `created_by`."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a request that names an item of another kind."""

    field: Field
    target: Resource
    certain: bool
    """The name says so; else it is only tried when the request is refused without."""
    key: str = ""
    """The natural key by which the item is named ("slug", "email"); "" for its identifier."""

    @property
    def place(self) -> tuple[Location, str]:
        return self.field.location, self.field.pointer


def foreign_keys(fields: Iterable[Field], resources: Sequence[Resource]) -> dict[str, str]:
    """Return pointer → resource name for body, query and header fields that certainly name an item of a resource.

    `product_id`, `productId`, `product` (a UUID or an integer), `productIds/0`, `items/0/product_id`, `product/id`.
    """
    return {one.field.pointer: one.target.name for one in references(fields, resources) if one.certain}


def references(fields: Iterable[Field], resources: Sequence[Resource]) -> Iterator[Reference]:
    """Yield what may point to a resource, certain or not."""
    for field in fields:
        if field.location is Location.PATH or field.type in {"object", "boolean", "array"}:
            continue
        found = certain(field, resources) or possible(field, resources)
        if found is not None:
            yield found


def certain(field: Field, resources: Sequence[Resource]) -> Reference | None:
    """Read a name that says what it points to; what only ends like a longer name is none too certain."""
    if not reads_as_reference(field):
        return None
    spoken = reference_words(field.name) or around(field)
    target = called(spoken, resources) if spoken else None
    if target is not None:
        return Reference(field, target, certain=True)
    other = ending_in(spoken, resources)
    return Reference(field, other, certain=False) if other is not None else None


def possible(field: Field, resources: Sequence[Resource]) -> Reference | None:
    """Read `category` (text), `category_slug`, `owner_email`: names as often as references."""
    if field.type not in {"string", "integer", ""} or field.schema.keys() & {"enum", "const"}:
        return None
    spoken = words(field.name)
    if len(spoken) > 1 and spoken[-1] in KEY_WORDS:
        target = called(spoken[:-1], resources) if exact(spoken[:-1], resources) else None
        return Reference(field, target, certain=False, key=spoken[-1]) if target is not None else None
    if not spoken or spoken[-1] in COUNTED or not exact(spoken, resources):
        return None
    target = called(reference_words(field.name), resources)
    return Reference(field, target, certain=False) if target is not None else None


def exact(spoken: Sequence[str], resources: Sequence[Resource]) -> bool:
    """Say whether the last word alone finds something: a guess by half a name would be none."""
    return bool(spoken) and called(spoken[-1:], resources) is not None


def reads_as_reference(field: Field) -> bool:
    spoken = words(field.name)
    if len(spoken) > 1 and spoken[-1] in ID_WORDS:
        return True
    if field.schema.keys() & {"enum", "const"}:
        return False
    if spoken in {("id",), ("uuid",), ("guid",)}:
        return bool(around(field))
    in_list = field.pointer.rpartition("/")[2].isdigit()
    by_uuid = field.schema.get("format") in {"uuid", "guid"}
    return by_uuid or (field.type == "integer" and len(spoken) == 1 and not in_list and spoken[0] not in COUNTED)


def around(field: Field) -> tuple[str, ...]:
    """Return the words of the object that a bare `id` lies in: `doctor/id`, `relationships/author/data/id`."""
    above = [part for part in field.pointer.split("/")[1:-1] if part and not part.isdigit()]
    named = [part for part in above if part.lower() not in ENVELOPES]
    return reference_words(named[-1]) if named and field.location is Location.BODY else ()


def names_caller(field: Field) -> bool:
    """Say whether a field, by its name, holds whoever asks: `user_id`, `ownerId`, `created_by`."""
    if field.location is Location.PATH or field.type in {"object", "boolean", "array"}:
        return False
    if field.schema.keys() & {"enum", "const"}:
        return False
    spoken = reference_words(field.name)
    if len(spoken) == 2 and spoken[1] == "by" and spoken[0] in CALLER_VERBS:
        return True
    is_id = len(words(field.name)) > len(spoken) or field.schema.get("format") in {"uuid", "guid"}
    return bool(spoken) and spoken[-1] in PEOPLE and (is_id or field.type == "integer")
