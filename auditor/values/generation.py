"""Makes one value of a schema in one way: from what the document offers, the field's name, or the bounds.

`Sampler` decides which ways are tried and judges what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from random import Random

from auditor.document.references import BrokenReference
from auditor.document.schemas import Schemas, is_number, mapping, names, number, properties, sequence, type_of
from auditor.document.validating import Validators, bounds
from auditor.evidence import ABSENT, Absent
from auditor.model import Json, Schema
from auditor.values import makers, patterns, specimens
from auditor.values.makers import Making

MAX_DEPTH = 9
MAX_PARTS = 3_000
"""Values made for one request at most."""
MAX_OPTIONAL = 24
"""Optional members put into a body: their constraints are to be probed too."""
MAX_ITEMS = 50
PLACEHOLDERS = frozenset({"", "string", "str", "text", "<string>"})
"""Examples that generators write where the author gave none."""
OFF = re.compile(r".*(admin|superuser|staff|root|delete|deleted|disabled|archived|draft|dry run|banned|blocked).*")
"""Booleans better left false: they change who we are or hide what we make."""


class Unmakeable(Exception):
    """No value of the schema can be made within bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to make a value; the next is tried when its result does not fit."""

    examples: bool = True
    optional: bool = True
    careful: bool = False
    """Try the branches of `oneOf` and `anyOf` until the validator agrees."""
    branch: int = 0
    rotate: bool = False
    """Choose another enum member or boolean with every count."""


class Pass:
    """Makes one value in one way; raises `Unmakeable` where that way ends."""

    def __init__(self, schemas: Schemas, validators: Validators, making: Making, way: Attempt, seed: str) -> None:
        self._schemas = schemas
        self._validators = validators
        self._making = making
        self._way = way
        self._seed = seed
        self._left = MAX_PARTS

    def make(self, schema: Json, name: str, place: str, depth: int) -> Json:
        """Make a value of the schema for a field called `name`."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise Unmakeable("too deep or too large")
        flat = self._flat(schema)
        if "const" in flat:
            return flat["const"]
        offered = self._offered(flat, name, place, depth)
        if offered is not ABSENT:
            return offered
        if sequence(flat.get("enum")):
            return self._chosen(flat)
        branches = self._schemas.branches(flat)
        if branches:
            return self._branch(flat, branches, name, place, depth)
        return self._kinds[type_of(flat)](flat, name, place, depth)

    def _flat(self, schema: Json) -> Schema:
        try:
            return self._schemas.flat(schema)
        except BrokenReference as problem:
            raise Unmakeable(str(problem)) from problem

    @property
    def _kinds(self) -> Mapping[str, Callable[[Schema, str, str, int], Json]]:
        return {
            "object": self._object,
            "array": self._array,
            "string": self._text,
            "": self._text,
            "integer": self._number,
            "number": self._number,
            "boolean": self._boolean,
            "null": lambda flat, name, place, depth: None,
        }

    # --- what the document offers -----------------------------------------------------------------------

    def _offered(self, flat: Schema, name: str, place: str, depth: int) -> Json | Absent:
        if not self._way.examples:
            return ABSENT
        listed = sequence(flat.get("examples"))
        own = self._own(flat, name, place, depth, next(iter(listed), flat.get("example")))
        if own is not None:
            return own
        for key, values in (("example", [flat.get("example")]), ("", listed[:1]), ("default", [flat.get("default")])):
            for value in values:
                if value is None or (isinstance(value, str) and value in PLACEHOLDERS) or value in ([], {}):
                    continue
                return value if key == "default" else self.renewed(flat, value, name, place, depth)
        return ABSENT

    def _own(self, part: Json, name: str, place: str, depth: int, example: Json) -> str | None:
        """Return a text of ours where the example's would collide with others', or tell nothing; else None."""
        try:
            flat = self._flat(part)
        except Unmakeable:
            return None
        text = type_of(flat) in {"string", ""} and not flat.keys() & {"enum", "const", "oneOf", "anyOf"}
        form = str(flat.get("format", ""))
        prose = not form and isinstance(example, str) and makers.is_prose(name, example)
        if not (text and (prose or makers.is_ours(name, form))):
            return None
        try:
            return str(self._text(flat, name, place, depth))
        except Unmakeable:
            return None

    def renewed(self, schema: Json, value: Json, name: str, place: str, depth: int) -> Json:
        """Take a document's example, but make its unique texts our own and leave read-only members out."""
        if isinstance(value, list):
            items = mapping(mapping(schema).get("items"))
            return [self.renewed(items, one, name, f"{place}/{i}", depth + 1) for i, one in enumerate(value)]
        if not isinstance(value, dict) or depth > MAX_DEPTH:
            return value
        try:
            parts = properties(self._schemas.opened(schema))
        except BrokenReference:
            return value
        return {
            key: self._renewed_member(parts.get(key, {}), one, key, f"{place}/{key}", depth)
            for key, one in value.items()
            if not self._is_read_only(parts.get(key))
        }

    def _renewed_member(self, part: Json, value: Json, name: str, place: str, depth: int) -> Json:
        own = self._own(part, name, place, depth, value) if isinstance(value, str) else None
        return self.renewed(part, value, name, place, depth + 1) if own is None else own

    def _chosen(self, flat: Schema) -> Json:
        options = [one for one in flat["enum"] if one is not None] or list(flat["enum"])
        return options[self._making.count % len(options) if self._way.rotate else 0]

    def _branch(self, flat: Schema, branches: tuple[Schema, ...], name: str, place: str, depth: int) -> Json:
        start = self._way.branch % len(branches)
        for branch in (*branches[start:], *branches[:start]):
            try:
                value = self.make(branch, name, place, depth + 1)
            except Unmakeable:
                continue
            if not self._way.careful or self._validators.valid(flat, value):
                return value
        raise Unmakeable("no branch fits")

    # --- what the schema allows -------------------------------------------------------------------------

    def _object(self, flat: Schema, name: str, place: str, depth: int) -> Json:
        parts = properties(flat)
        required = [one for one in names(flat.get("required")) if not self._is_read_only(parts.get(one))]
        made = {one: self._member(flat, parts, one, place, depth) for one in required}
        most = number(flat.get("maxProperties"), MAX_PARTS)
        least = number(flat.get("minProperties"), 0)
        for one in self._optional(parts, made, depth, least):
            if len(made) >= most:
                break
            try:
                made[one] = self.make(parts[one], one, f"{place}/{one}", depth + 1)
            except Unmakeable:
                continue
        for index in range(min(least, MAX_ITEMS) - len(made)):
            made[f"key{index}"] = self._member(flat, parts, f"key{index}", place, depth)
        return made

    def _member(self, flat: Schema, parts: Mapping[str, Json], name: str, place: str, depth: int) -> Json:
        if name in parts:
            return self.make(parts[name], name, f"{place}/{name}", depth + 1)
        beyond = flat.get("additionalProperties")
        return self.make(beyond if isinstance(beyond, Mapping) else {}, name, f"{place}/{name}", depth + 1)

    def _optional(self, parts: Mapping[str, Json], made: Mapping[str, Json], depth: int, least: int) -> Iterator[str]:
        """Yield the optional members worth sending: at the top those of a single value that stand for themselves."""
        rest = [one for one in parts if one not in made and not self._is_read_only(parts[one])]
        wanted = [one for one in rest if self._is_useful(parts[one], one)] if depth == 0 and self._way.optional else []
        yield from wanted[:MAX_OPTIONAL]
        missing = least - len(made)
        if missing > 0:
            yield from [one for one in rest if one not in wanted][:missing]

    def _is_read_only(self, part: Json) -> bool:
        try:
            return self._schemas.flat(part).get("readOnly") is True
        except BrokenReference:
            return False

    def _is_useful(self, part: Json, name: str) -> bool:
        try:
            flat = self._schemas.opened(part)
        except BrokenReference:
            return False
        plain = type_of(flat) in {"string", "integer", "number", "boolean"} and flat.get("format") != "binary"
        # A made-up reference to another object would get the whole request refused.
        return plain and flat.get("deprecated") is not True and not (makers.is_reference(name) and "enum" not in flat)

    def _array(self, flat: Schema, name: str, place: str, depth: int) -> Json:
        least, most = number(flat.get("minItems"), 0), number(flat.get("maxItems"), MAX_ITEMS)
        items = flat.get("items", flat.get("prefixItems", {}))
        schemas = items if isinstance(items, list) else [items] * min(max(least, 1), most, MAX_ITEMS)
        try:
            made = [self._item(schema, name, f"{place}/{i}", i, depth) for i, schema in enumerate(schemas)]
        except Unmakeable:
            if least:
                raise
            return []
        return distinct(made) if flat.get("uniqueItems") is True else made

    def _item(self, schema: Json, name: str, place: str, index: int, depth: int) -> Json:
        if index == 0:
            return self.make(schema, name, place, depth + 1)
        making = replace(self._making, count=self._making.count + index)
        way = replace(self._way, rotate=True, examples=False)
        other = Pass(self._schemas, self._validators, making, way, f"{self._seed}|{index}")
        other._left = self._left = self._left - 1
        return other.make(schema, name, place, depth + 1)

    def _boolean(self, flat: Schema, name: str, place: str, depth: int) -> Json:
        if self._way.rotate:
            return self._making.count % 2 == 0
        return not OFF.fullmatch(" ".join(makers.words(name)))

    def _number(self, flat: Schema, name: str, place: str, depth: int) -> Json:
        maker = makers.number_maker(name)
        making = replace(self._making, place=place)
        natural = maker(making) if maker else 1 + self._making.count
        whole = type_of(flat) == "integer"
        return within(Fraction(str(natural)), flat, whole=whole)

    def _text(self, flat: Schema, name: str, place: str, depth: int) -> Json:
        shortest, longest = number(flat.get("minLength"), 0), number(flat.get("maxLength"), 1_000_000)
        pattern = flat.get("pattern")
        making = replace(self._making, place=place, limit=longest)
        for value in self._texts(flat, name, making, shortest, longest):
            if shortest <= len(value) <= longest and (not isinstance(pattern, str) or patterns.matches(pattern, value)):
                return value
        raise Unmakeable(f"no text fits {pattern!r}")

    def _texts(self, flat: Schema, name: str, making: Making, shortest: int, longest: int) -> Iterator[str]:
        """Yield candidates, the most natural first."""
        form, pattern = str(flat.get("format", "")), flat.get("pattern")
        named = makers.text_maker(name)
        natural = str(named(making)) if named else ""
        if form in {"date", "date-time"} and re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", natural):
            yield natural[:10] if form == "date" else f"{natural[:10]}T12:00:00Z"
        specimen = specimens.for_file(flat, name) if form == "binary" or "contentMediaType" in flat else None
        if specimen is not None:
            yield specimen.text
        if form in makers.FORMATS:
            yield makers.FORMATS[form](making)
        if natural:
            yield natural
            yield (natural + "a" * (shortest - len(natural)))[:longest]
        yield making.mark
        if isinstance(pattern, str):
            rng = Random(f"{self._seed}|{making.place}")
            made = patterns.texts(pattern, rng, shortest, longest)
            # The longest of several: `^[A-Z]+-[0-9]+$` allows "A-1", which soon collides.
            yield from sorted(made, key=len, reverse=True) if makers.is_unique(name) else made
        yield making.mark
        yield (making.mark + "a" * max(shortest - len(making.mark), 0))[:longest]
        yield from ("1" * max(shortest, 1), "A" * max(shortest, 1), "a" * max(shortest, 1), "")


def distinct(values: list[Json]) -> list[Json]:
    """Make equal values differ where that is easily done, and leave out what stays equal."""
    found: list[Json] = []
    for index, value in enumerate(values):
        other = value if value not in found else varied(value, index)
        found += [other] if other not in found else []
    return found


def varied(value: Json, index: int) -> Json:
    if is_number(value):
        return value + index
    digits = re.search(r"\d+$", value) if isinstance(value, str) else None
    if digits is not None:
        return value[: digits.start()] + str(int(digits[0]) + index).zfill(len(digits[0]))
    return f"{value}{index}" if isinstance(value, str) else value


def within(natural: Fraction, flat: Schema, *, whole: bool) -> int | float:
    """Bring a number into the bounds of a schema, on its grid. Raises `Unmakeable`."""
    limits = bounds(flat)
    step = Fraction(str(flat["multipleOf"])) if is_number(flat.get("multipleOf")) and flat["multipleOf"] > 0 else None
    if whole:
        step = Fraction(1) if step is None else step * step.denominator
    lowest, above = edge(limits, "minimum", "exclusiveMinimum", max)
    highest, below = edge(limits, "maximum", "exclusiveMaximum", min)
    if step is not None:
        least = None if lowest is None else (floor(lowest / step) + 1 if above else ceil(lowest / step))
        most = None if highest is None else (ceil(highest / step) - 1 if below else floor(highest / step))
        value = clamped(Fraction(ceil(natural / step)), least, most) * step
    elif lowest is not None and highest is not None and not lowest < natural < highest:
        value = (lowest + highest) / 2 if above or below else clamped(natural, lowest, highest)
    else:
        value = clamped(natural, lowest + 1 if lowest is not None and above else lowest,
                        highest - 1 if highest is not None and below else highest)  # fmt: skip
    return int(value) if value.denominator == 1 else float(value)


def edge(
    limits: Mapping[str, Json], plain: str, strict: str, choose: Callable[[Fraction, Fraction], Fraction]
) -> tuple[Fraction | None, bool]:
    """Return the tighter of two bounds and whether it is itself excluded."""
    closed = Fraction(str(limits[plain])) if plain in limits else None
    opened = Fraction(str(limits[strict])) if strict in limits else None
    if closed is None or opened is None:
        return (opened, True) if closed is None and opened is not None else (closed, False)
    return choose(closed, opened), choose(closed, opened) == opened


def clamped(value: Fraction, lowest: Fraction | int | None, highest: Fraction | int | None) -> Fraction:
    if lowest is not None and highest is not None and lowest > highest:
        raise Unmakeable("the bounds exclude each other")
    raised = value if lowest is None else max(value, Fraction(lowest))
    return raised if highest is None else min(raised, Fraction(highest))
