"""Validates values against schemas of any OpenAPI version with jsonschema-rs.

Every schema is folded to JSON Schema 2020-12 first: `nullable` and boolean exclusive bounds rewritten, what no
legal schema may hold left out, `required` freed of what the direction does not carry. A validator gets only the
schemas it reaches (measured on Stripe, 484 of 775: 25 ms; on GitHub 1 ms), and compiled ones are kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from auditor.document.references import BrokenReference, References
from auditor.document.schemas import is_number, mapping, names, properties, sequence, types
from auditor.model import Json, Schema, Violation

if TYPE_CHECKING:
    from jsonschema_rs import Validator

MAX_VIOLATIONS = 20
MAX_KEPT = 96
"""Compiled validators kept: the largest take 6 MB each."""
MAX_FOLD = 100

MAPS = ("properties", "patternProperties", "dependentSchemas")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLES = ("not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "unevaluatedProperties")
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
BOUNDS = ("minimum", "maximum")


class Direction(StrEnum):
    REQUEST = "request"
    RESPONSE = "response"


class Validators:
    """The validators of one document."""

    def __init__(self, references: References, *, siblings: bool) -> None:
        self._references = references
        self._siblings = siblings
        self._numbers: dict[str, int] = {}
        self._folded: dict[tuple[Direction, str], tuple[Json, frozenset[str]]] = {}
        self._kept: OrderedDict[tuple[Direction, int | str], tuple[Json, Validator | None]] = OrderedDict()

    def valid(self, schema: Json, value: Json, direction: Direction = Direction.REQUEST) -> bool:
        """Say whether the value fits; a schema that no validator can be made of is fitted by nothing."""
        validator = self._validator(schema, direction)
        try:
            return validator is not None and validator.is_valid(value)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False

    def violations(self, schema: Json, value: Json, direction: Direction) -> tuple[Violation, ...]:
        """Return where the value departs from the schema, one per place and keyword, at most `MAX_VIOLATIONS`."""
        validator = self._validator(schema, direction)
        if validator is None:
            return ()
        found: dict[tuple[str, str], Violation] = {}
        for error in islice(validator.iter_errors(value), 2_000):
            place = "".join(f"/{'*' if isinstance(part, int) else part}" for part in error.instance_path)
            keyword = error.kind.name
            found.setdefault((place, keyword), Violation(pointer=place, keyword=keyword, message=error.message[:200]))
            if len(found) >= MAX_VIOLATIONS:
                break
        return tuple(found.values())

    def _validator(self, schema: Json, direction: Direction) -> Validator | None:
        ref = schema.get("$ref") if isinstance(schema, Mapping) and len(schema) == 1 else None
        key = (direction, ref if isinstance(ref, str) else id(schema))
        if key in self._kept and (isinstance(ref, str) or self._kept[key][0] is schema):
            self._kept.move_to_end(key)
            return self._kept[key][1]
        self._kept[key] = (schema, self._compiled(schema, direction))
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key][1]

    def _compiled(self, schema: Json, direction: Direction) -> Validator | None:
        from jsonschema_rs import Draft202012Validator

        refs: set[str] = set()
        root = self._fold(schema, direction, refs, 0)
        if isinstance(root, bool):
            root = {} if root else {"not": {}}
        whole = {**root, "$defs": self._closure(refs, direction)}
        try:
            # `mask` keeps the values of an answer out of messages, and so out of reports.
            return Draft202012Validator(whole, validate_formats=False, offline=True, mask="the value")
        except (ValueError, TypeError, OverflowError, RecursionError):
            return None

    def _closure(self, refs: Iterable[str], direction: Direction) -> dict[str, Json]:
        made: dict[str, Json] = {}
        waiting = list(refs)
        while waiting:
            ref = waiting.pop()
            name = str(self._number(ref))
            if name not in made:
                made[name], reached = self._component(ref, direction)
                waiting.extend(reached)
        return made

    def _component(self, ref: str, direction: Direction) -> tuple[Json, frozenset[str]]:
        key = (direction, ref)
        if key not in self._folded:
            reached: set[str] = set()
            try:
                schema = self._fold(self._references.at(ref), direction, reached, 0)
            except BrokenReference:
                schema = True  # reported as a problem of the document; it must not fail an answer as well
            self._folded[key] = (schema, frozenset(reached))
        return self._folded[key]

    def _number(self, ref: str) -> int:
        """Name a reference by a number: names with blanks, `%` and `«»` are legal here and not in a URI."""
        return self._numbers.setdefault(ref, len(self._numbers))

    # --- folding ----------------------------------------------------------------------------------------

    def _fold(self, schema: Json, direction: Direction, refs: set[str], depth: int) -> Json:
        if not isinstance(schema, Mapping):
            return schema is not False
        if depth > MAX_FOLD:
            return True
        folded: dict[str, Json] = {}
        ref = schema.get("$ref")
        if isinstance(ref, str):
            refs.add(ref)
            folded["$ref"] = f"#/$defs/{self._number(ref)}"
            if not self._siblings:
                return nullable(folded, schema)
        folded.update(literals(schema))
        for key in MAPS:
            if isinstance(schema.get(key), Mapping):
                folded[key] = {k: self._fold(part, direction, refs, depth + 1) for k, part in schema[key].items()}
        for key in LISTS:
            if sequence(schema.get(key)):
                folded[key] = [self._fold(part, direction, refs, depth + 1) for part in schema[key]]
        for key in SINGLES:
            if isinstance(schema.get(key), Mapping | bool):
                folded[key] = self._fold(schema[key], direction, refs, depth + 1)
        self._fold_items(schema, folded, direction, refs, depth)
        self._fold_required(schema, folded, direction)
        if "discriminator" in schema and "oneOf" in folded:
            # The discriminator tells the branches apart; that their schemas overlap is no fault of the value.
            folded.setdefault("anyOf", folded.pop("oneOf"))
        patterns = folded.get("patternProperties", {})
        if any(not usable_pattern(one) for one in patterns):
            folded["patternProperties"] = {one: part for one, part in patterns.items() if usable_pattern(one)}
        return nullable(folded, schema)

    def _fold_items(
        self, schema: Schema, folded: dict[str, Json], direction: Direction, refs: set[str], depth: int
    ) -> None:
        items = schema.get("items")
        if isinstance(items, list):  # a tuple, as drafts before 2020-12 write it
            folded["prefixItems"] = [self._fold(part, direction, refs, depth + 1) for part in items]
        elif isinstance(items, Mapping | bool):
            folded["items"] = self._fold(items, direction, refs, depth + 1)

    def _fold_required(self, schema: Schema, folded: dict[str, Json], direction: Direction) -> None:
        absent = "readOnly" if direction is Direction.REQUEST else "writeOnly"
        parts = properties(schema)
        required = [name for name in names(schema.get("required")) if not self._marked(parts.get(name), absent)]
        if required:
            folded["required"] = required

    def _marked(self, part: Json, keyword: str) -> bool:
        if not isinstance(part, Mapping):
            return False
        if part.get(keyword) is True:
            return True
        try:
            inner = [part] if "$ref" in part else sequence(part.get("allOf"))
            return any(self._references.mapping(one).get(keyword) is True for one in inner)
        except BrokenReference:
            return False


def literals(schema: Schema) -> dict[str, Json]:
    """Return the keywords that hold no schemas, those of them that a legal schema may hold."""
    folded: dict[str, Json] = {}
    kinds = types(schema.get("type"))
    if kinds:
        folded["type"] = kinds if len(kinds) > 1 else kinds[0]
    if sequence(schema.get("enum")):
        folded["enum"] = schema["enum"]
    if "const" in schema:
        folded["const"] = schema["const"]
    if isinstance(schema.get("uniqueItems"), bool):
        folded["uniqueItems"] = schema["uniqueItems"]
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and usable_pattern(pattern):
        folded["pattern"] = pattern
    folded.update({key: int(schema[key]) for key in COUNTS if is_number(schema.get(key)) and schema[key] >= 0})
    if is_number(schema.get("multipleOf")) and schema["multipleOf"] > 0:
        folded["multipleOf"] = schema["multipleOf"]
    return {**folded, **bounds(schema)}


def bounds(schema: Schema) -> dict[str, Json]:
    """Return the bounds in the words of 2020-12; Draft 4 marks `minimum` as exclusive by a boolean."""
    folded = {key: schema[key] for key in BOUNDS if is_number(schema.get(key))}
    for plain, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(strict) is True and plain in folded:
            folded[strict] = folded.pop(plain)
        elif is_number(schema.get(strict)):
            folded[strict] = schema[strict]
    return folded


def nullable(folded: dict[str, Json], schema: Schema) -> dict[str, Json]:
    """Allow null where the 3.0 or 2.0 dialect says so."""
    if schema.get("nullable") is not True and schema.get("x-nullable") is not True:
        return folded
    if not folded.keys() & {"$ref", "allOf", "anyOf", "oneOf", "not", "const"}:
        if "enum" in folded and None not in folded["enum"]:
            folded = {**folded, "enum": [*folded["enum"], None]}
        kinds = types(folded.get("type"))
        return {**folded, "type": [*kinds, "null"]} if kinds and "null" not in kinds else folded
    return {"anyOf": [folded, {"type": "null"}]}


@lru_cache(maxsize=4096)
def usable_pattern(pattern: str) -> bool:
    """Say whether the validator's engine knows the expression; a refused one is no constraint."""
    from jsonschema_rs import Draft202012Validator

    try:
        Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True


def media_schema(content: Mapping[str, Schema], media_type: str) -> Schema | None:
    """Find the schema for a received media type: the same, then without parameters, then a range."""
    plain = media_type.partition(";")[0].strip().lower()
    by_name = {name.partition(";")[0].strip().lower(): schema for name, schema in content.items()}
    for name in (plain, f"{plain.partition('/')[0]}/*", "*/*"):
        if name in by_name:
            return mapping(by_name[name])
    return None
