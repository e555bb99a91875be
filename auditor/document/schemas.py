"""Walks schemas: references resolved, `allOf` merged, branches opened, members flattened to fields.

Everything here works on plain values of any OpenAPI version; a member of the wrong shape counts as absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from auditor.document.parsing import escaped
from auditor.document.references import BrokenReference, References, reference_of
from auditor.model import Field, Json, Location, Schema

MAX_DEPTH = 4
"""Levels of a body that become fields before any deeper one does."""
MOST_DEPTH = 6
"""Levels that become fields at all: `/data/relationships/owners/data/0/id` (JSON:API)."""
MAX_FIELDS = 400
MAX_MERGE = 20
ANNOTATIONS = ("readOnly", "writeOnly", "nullable", "x-nullable", "deprecated", "default", "example", "examples")
"""What 3.0 documents write beside `$ref` and mean, though 3.0 says it is ignored."""

BRANCHES = "x-branches"
"""Our own keyword in an opened schema: all alternatives, the one taken included."""

LOWEST = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
HIGHEST = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})


class Schemas:
    """The schemas of one document."""

    def __init__(self, references: References, *, siblings: bool) -> None:
        self._references = references
        self._siblings = siblings
        self._flat: dict[int, tuple[Json, Schema]] = {}

    def flat(self, schema: Json, depth: int = 0) -> Schema:
        """Resolve references and merge `allOf` at this level. Raises `BrokenReference`."""
        if isinstance(schema, Mapping) and "$ref" not in schema and "allOf" not in schema:
            return schema
        kept = self._flat.get(id(schema))
        if kept is not None and kept[0] is schema:
            return kept[1]
        if depth > MAX_MERGE:
            raise BrokenReference("leads in a circle")
        made = self._flattened(schema, depth)
        if len(self._flat) > 20_000:
            self._flat.clear()
        self._flat[id(schema)] = (schema, made)  # the schema is kept, so that its id stays its own
        return made

    def _flattened(self, schema: Json, depth: int) -> Schema:
        if schema is False:
            raise BrokenReference("leads to a schema that nothing fits")
        if not isinstance(schema, Mapping):
            return {}
        ref = schema.get("$ref")
        if isinstance(ref, str):
            beside = {key: value for key, value in schema.items() if key != "$ref" and self._counts(key)}
            target = self.flat(self._references.at(ref), depth + 1)
            return merged(target, self.flat(beside, depth + 1), override=True) if beside else target
        parts = schema.get("allOf")
        if not isinstance(parts, list):
            return schema
        result: Schema = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            result = merged(result, self._part(part, depth + 1))
        return result

    def _counts(self, key: str) -> bool:
        return self._siblings or key in ANNOTATIONS

    def _part(self, part: Json, depth: int) -> Schema:
        flat = self.flat(part, depth)
        # A parent's discriminator tells its children apart; inherited, it would choose among them again.
        return {key: value for key, value in flat.items() if key != "discriminator"}

    def branches(self, schema: Schema) -> tuple[Schema, ...]:
        """Open `oneOf` and `anyOf` of a flat schema: each branch merged with what stands beside, null last."""
        for keyword in ("oneOf", "anyOf"):
            options = schema.get(keyword)
            if isinstance(options, list) and options:
                base = {key: value for key, value in schema.items() if key != keyword}
                opened = [self._branch(base, option) for option in options[:50]]
                fitting = [one for one in opened if one is not None]
                return tuple(sorted(fitting, key=lambda one: type_of(one) == "null"))
        return ()

    def _branch(self, base: Schema, option: Json) -> Schema | None:
        try:
            branch = self.flat(option)
        except BrokenReference:
            return None
        names = discriminated(base, option)
        result = merged({key: value for key, value in base.items() if key not in HINTS}, branch)
        if not agree(base, branch):
            return None
        return merged(result, names) if names else result

    def opened(self, schema: Json) -> Schema:
        """Flatten, and take the first branch where there are branches. Raises `BrokenReference`."""
        flat = self.flat(schema)
        for _ in range(5):
            branches = self.branches(flat)
            if not branches:
                return flat
            rest = [one for one in branches if type_of(one) != "null"]
            others: Schema = {BRANCHES: rest} if len(rest) > 1 else {}
            null: Schema = {"nullable": True} if is_nullable(flat) else {}
            flat = {**branches[0], **others, **null}
        return flat

    def members(self, schema: Json) -> Iterator[Field]:
        """Yield the first `MAX_FIELDS` places of a body, outermost first, the deepest last; read-only ones left out."""
        near = list(islice(self._members(schema, "", 0, (), MAX_DEPTH), MAX_FIELDS))
        yield from near
        if any(level(one) == MAX_DEPTH and one.type in {"object", "array"} for one in near):
            every = self._members(schema, "", 0, (), MOST_DEPTH)
            yield from islice((one for one in every if level(one) > MAX_DEPTH), MAX_FIELDS - len(near))

    def _members(self, schema: Json, pointer: str, depth: int, above: tuple[int, ...], most: int) -> Iterator[Field]:
        try:
            flat = self.opened(schema)
        except BrokenReference:
            return
        required = names(flat.get("required"))
        for name, part in properties(flat).items():
            yield from self._member(name, part, f"{pointer}/{escaped(name)}", name in required, depth, above, most)
        items = flat.get("items")
        if type_of(flat) == "array" and isinstance(items, Mapping):
            wanted = number(flat.get("minItems"), 0) > 0
            name = next((one for one in reversed(pointer.split("/")) if one and not one.isdigit()), "item")
            yield from self._member(name, items, f"{pointer}/0", wanted, depth, above, most)

    def _member(
        self, name: str, part: Json, pointer: str, required: bool, depth: int, above: tuple[int, ...], most: int
    ) -> Iterator[Field]:
        try:
            flat = self.opened(part)
        except BrokenReference:
            return
        if flat.get("readOnly") is True:
            return
        yield body_field(name, pointer, flat, required=required)
        if depth + 1 < most and id(part) not in above:
            yield from self._members(flat, pointer, depth + 1, (*above, id(part)), most)


def level(field: Field) -> int:
    return field.pointer.count("/")


HINTS = frozenset({"example", "examples", "default", "discriminator", "oneOf", "anyOf"})
"""What belongs to the whole and not to one of its branches."""


def body_field(name: str, pointer: str, schema: Schema, *, required: bool) -> Field:
    return Field(
        location=Location.BODY,
        pointer=pointer,
        name=name,
        required=required,
        nullable=is_nullable(schema),
        schema=schema,
    )


def merged(first: Schema, second: Schema, *, override: bool = False) -> Schema:
    """Combine two flat schemas so that a value of the result fits both, as far as keywords combine.

    With `override` the second one's annotations win: it stands beside a reference and knows better.
    """
    result = dict(first)
    for key, value in second.items():
        result[key] = _both(key, result[key], value, override=override) if key in result else value
    return result


def _both(key: str, one: Json, other: Json, *, override: bool) -> Json:
    if key == "properties":
        return _united(one, other)
    if key == "required":
        return list(dict.fromkeys((*names(one), *names(other))))
    if key in LOWEST | HIGHEST and is_number(one) and is_number(other):
        return min(one, other) if key in LOWEST else max(one, other)
    if key == "enum" and isinstance(one, list) and isinstance(other, list):
        return [value for value in one if value in other] or one
    if key in {"example", "default"} and isinstance(one, dict) and isinstance(other, dict):
        return {**other, **one}
    if key in {"readOnly", "writeOnly"}:
        return one is True or other is True
    if key == "type":
        return _narrower(one, other)
    return other if override else one


def _united(one: Json, other: Json) -> dict[str, Json]:
    first, second = mapping(one), mapping(other)
    shared = {key: {"allOf": [first[key], part]} if key in first else part for key, part in second.items()}
    return {**first, **shared}


def _narrower(one: Json, other: Json) -> Json:
    left, right = types(one), types(other)
    common = [name for name in left if name in right]
    if not common:
        return "integer" if {*left, *right} >= {"integer", "number"} else one
    return common[0] if len(common) == 1 else common


def agree(base: Schema, branch: Schema) -> bool:
    """Say whether a value may fit both, as far as types and listed values tell."""
    left, right = types(base.get("type")), types(branch.get("type"))
    if left and right and not ({*left, *right} >= {"integer", "number"} or set(left) & set(right)):
        return False
    here, there = listed(base), listed(branch)
    return here is None or there is None or any(value in there for value in here)


def listed(schema: Schema) -> Sequence[Json] | None:
    """Return the values a schema lists; None where it lists none."""
    if "const" in schema:
        return [schema["const"]]
    return sequence(schema.get("enum")) or None


def discriminated(base: Schema, option: Json) -> Schema:
    """Return what the discriminator demands of a branch: its property holding the branch's name."""
    discriminator = mapping(base.get("discriminator"))
    name, ref = discriminator.get("propertyName"), reference_of(option)
    if not isinstance(name, str) or ref is None:
        return {}
    said = mapping(discriminator.get("mapping"))
    value = next((key for key, target in said.items() if target in {ref, ref.rpartition("/")[2]}), None)
    return {"properties": {name: {"enum": [value or ref.rpartition("/")[2]]}}, "required": [name]}


def properties(schema: Schema) -> Mapping[str, Json]:
    return mapping(schema.get("properties"))


def mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def sequence(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else []


def names(value: Json) -> tuple[str, ...]:
    """Return the members of a list of names; () for anything else, such as `required: true`."""
    return tuple(one for one in sequence(value) if isinstance(one, str))


def types(value: Json) -> list[str]:
    """Return the declared types as a list; `String`, `int` and the like in their proper spelling."""
    declared = value if isinstance(value, list) else [value]
    spelled = (SPELLINGS.get(name.lower(), name.lower()) for name in declared if isinstance(name, str))
    return [name for name in spelled if name in TYPES]


TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
SPELLINGS = {
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "str": "string",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
"""What writes its own language into a hand-written document means."""


def type_of(schema: Schema) -> str:
    """Return the first type that is not null, guessed from the keywords where none is declared; "" if open."""
    declared = types(schema.get("type"))
    if declared:
        return next((name for name in declared if name != "null"), "null")
    return next((name for name, keywords in TELLING.items() if any(key in schema for key in keywords)), "")


TELLING: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "additionalProperties", "minProperties", "required", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "uniqueItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"),
}


def is_nullable(schema: Schema) -> bool:
    """Say whether null is allowed, in any dialect."""
    if schema.get("nullable") is True or schema.get("x-nullable") is True or "null" in types(schema.get("type")):
        return True
    if "enum" in schema and None in sequence(schema["enum"]):
        return True
    options = (*sequence(schema.get("oneOf")), *sequence(schema.get("anyOf")))
    return any(isinstance(one, Mapping) and one.get("type") == "null" for one in options)


def is_number(value: Any) -> bool:
    """Say whether a value is a finite number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0


def number(value: Json, default: int) -> int:
    """Read a count such as `minLength`; `default` for anything that is none."""
    return int(value) if is_number(value) and value >= 0 else default
