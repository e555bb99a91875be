"""Values that break one declared constraint of a field and keep all its others, each beside the nearest that keeps it.

Nothing is offered on trust: a value must be refused by the schema and accepted without the one keyword.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from auditor.document.schemas import BRANCHES, is_number, number, sequence, type_of
from auditor.document.validating import bounds
from auditor.evidence import Violating
from auditor.model import Field, Json, Location, Schema
from auditor.values import patterns
from auditor.values.generation import edge
from auditor.values.makers import DOMAIN

OPAQUE = frozenset({"password", "byte", "binary"})
"""Formats whose values are not ours to bend: secrets and encoded bytes."""
MAX_LENGTH = 20_000
MAX_ITEMS = 500
NOT_OF_FORMAT = {
    "email": ("not-an-email", "nobody", "a@"),
    "date": ("not-a-date", "2024-02-31", "x"),
    "date-time": ("not-a-date-time", "2024-02-31T25:61:00Z", "x"),
    "uuid": ("not-a-uuid", "12345", "x"),
    "uri": ("not a uri", "::not-a-uri", "x y"),
    "url": ("not a uri", "::not-a-uri", "x y"),
    "ipv4": ("999.999.999.999", "not-an-ip", "x"),
}
KIND_OF_FORMAT = {"url": "uri"}
"""Both names mean the same; the kind is named after the registered one."""
ASIDE = ("!", "~~~", " ", "é", "0", "a", "A", "-", "!!!!!!!!", "        ", "00000000", "zzzzzzzz")
"""Texts that patterns rarely allow; the first that only breaks the pattern is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probing:
    """A field with what is needed to judge values for it."""

    field: Field
    valid: Callable[[Schema, Json], bool]
    sample: Callable[[int], Json]
    """The n-th valid value for the field."""
    seed: str

    @property
    def schema(self) -> Schema:
        return self.field.schema

    def breaks_only(self, value: Json, *keywords: str) -> bool:
        """The schema refuses the value and would accept it without these keywords."""
        if self.valid(self.schema, value) or self._fits_elsewhere(value):
            return False
        return self.valid({key: one for key, one in self.schema.items() if key not in keywords}, value)

    def _fits_elsewhere(self, value: Json) -> bool:
        """The field has alternatives, and the value fits another one."""
        options = sequence(self.schema.get(BRANCHES))
        return bool(options) and self.valid({"anyOf": options}, value)

    def accepted(self, values: Iterator[Json] | Sequence[Json]) -> Json | None:
        """Return the first of the values that the schema accepts, else the field's ordinary one, else None."""
        for value in (*values, self.sample(1)):
            if value is not None and self.valid(self.schema, value):
                return value
        return None

    def built(self, kind: str, values: Iterator[Json], twins: Sequence[Json], *keywords: str) -> Iterator[Violating]:
        """Yield the first value that breaks only these keywords, with its twin."""
        for value in values:
            if self.sendable(value) and self.breaks_only(value, *keywords):
                yield Violating(kind=kind, value=value, twin=self.accepted(twins))
                return

    def sendable(self, value: Json) -> bool:
        """An empty path segment names another path, and an empty list in a query is no parameter at all."""
        return self.field.location is Location.BODY or value not in ("", [])


def violations(probing: Probing) -> tuple[Violating, ...]:
    """Return one value for each constraint that the field's schema declares."""
    schema = probing.schema
    if schema.get("format") in OPAQUE:
        return ()
    if "const" in schema or sequence(schema.get("enum")):
        return tuple(not_in_enum(probing))
    makers = {"integer": _of_number, "number": _of_number, "string": _of_text, "array": _of_list}
    make = makers.get(type_of(schema))
    return tuple(make(probing)) if make else ()


def not_in_enum(probing: Probing) -> Iterator[Violating]:
    options = [one for one in sequence(probing.schema.get("enum")) if one is not None]
    numbers = [one for one in options if is_number(one)]
    texts = [one for one in options if isinstance(one, str)]
    candidates: list[Json] = [max(numbers) + 1, min(numbers) - 1] if numbers else []
    candidates += [f"not-{texts[0]}", "not-in-enum", f"{texts[0]}x"] if texts else []
    yield from probing.built("not-in-enum", iter(candidates), options[::-1], "enum")


# --- numbers ------------------------------------------------------------------------------------------------


def _of_number(probing: Probing) -> Iterator[Violating]:
    limits, schema = bounds(probing.schema), probing.schema
    whole = type_of(schema) == "integer"
    step = grid(schema, whole=whole)
    for keyword, strict, sign, kind in (
        ("minimum", "exclusiveMinimum", -1, "below-minimum"),
        ("maximum", "exclusiveMaximum", 1, "above-maximum"),
    ):
        limit, excluded = edge(limits, keyword, strict, max if sign < 0 else min)
        if limit is not None:
            far = (Fraction(0) if excluded else step, step, Fraction(1), abs(limit) + 1)
            outside = (plain(limit + sign * one) for one in far)
            yield from probing.built(kind, outside, [plain(limit), plain(limit - sign * step)], keyword, strict)
    factor = factor_of(schema)
    if factor:
        start = probing.sample(1)
        if is_number(start):
            part = Fraction(1) if whole else factor / 2
            near = (plain(Fraction(str(start)) + sign * part) for sign in (1, -1))
            yield from probing.built("not-a-multiple", near, [start], "multipleOf")


def grid(schema: Schema, *, whole: bool) -> Fraction:
    """Return the distance between neighbouring values; a hundredth where any fraction is allowed."""
    factor = factor_of(schema)
    if factor:
        return factor * factor.denominator if whole else factor
    return Fraction(1) if whole else Fraction(1, 100)


def factor_of(schema: Schema) -> Fraction | None:
    """Return what values are multiples of; None where nothing says."""
    factor: Json = schema.get("multipleOf")
    return Fraction(str(factor)) if is_number(factor) and factor > 0 else None


def plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


# --- texts --------------------------------------------------------------------------------------------------


def _of_text(probing: Probing) -> Iterator[Violating]:
    schema = probing.schema
    shortest, longest = number(schema.get("minLength"), 0), number(schema.get("maxLength"), MAX_LENGTH + 1)
    if 0 < shortest <= MAX_LENGTH:
        texts = of_length(probing, shortest - 1)
        yield from probing.built("too-short", texts, [*of_length(probing, shortest)][:3], "minLength")
    if longest <= MAX_LENGTH:
        texts = of_length(probing, longest + 1)
        yield from probing.built("too-long", texts, [*of_length(probing, longest)][:3], "maxLength")
    if isinstance(schema.get("pattern"), str) and not schema.get("format"):
        normal = probing.sample(1)
        changed = [f"{normal}!", f"!{normal}", f"{normal} ", normal.swapcase(), normal[::-1]] if normal else []
        padded = (one * max(shortest, 1) for one in ("!", "é", " ", "0", "a"))
        yield from probing.built("pattern", iter((*changed, *ASIDE, *padded)), [normal], "pattern")
    yield from not_of_format(probing)


def not_of_format(probing: Probing) -> Iterator[Violating]:
    """Validators do not judge formats here, so the wrong texts are known ones, and must fit all the rest."""
    form = str(probing.schema.get("format", ""))
    if form not in NOT_OF_FORMAT or BRANCHES in probing.schema:
        return
    fitting = (one for one in NOT_OF_FORMAT[form] if probing.valid(probing.schema, one))
    value = next(fitting, None)
    if value is not None:
        kind = f"format-{KIND_OF_FORMAT.get(form, form)}"
        yield Violating(kind=kind, value=value, twin=probing.accepted([]))


def of_length(probing: Probing, length: int) -> Iterator[str]:
    """Yield texts of exactly this length that keep format and pattern, where such can be made."""
    form, pattern = str(probing.schema.get("format", "")), probing.schema.get("pattern")
    if form in {"email", "idn-email"}:
        yield from email_of_length(length)
    elif form in {"uri", "url"}:
        start = f"https://{DOMAIN}/"
        if length >= len(start):
            yield start + "a" * (length - len(start))
    elif form not in NOT_OF_FORMAT:
        normal = probing.sample(1)
        normal = normal if isinstance(normal, str) and normal.strip() else "a"
        yield (normal * (length // len(normal) + 1))[:length]
        yield from (letter * length for letter in ("a", "A", "1"))
        if isinstance(pattern, str):
            yield from patterns.texts(pattern, Random(f"{probing.seed}|{length}"), length, length)


def email_of_length(length: int) -> Iterator[str]:
    """An address keeps to 64 characters before the @, 63 per label and 254 in all (RFC 5321 §4.5.3.1)."""
    rest = length - len("@") - len(DOMAIN)
    if rest < 1 or length > 254:
        return
    local = min(rest, 64)
    labels, left = [], rest - local
    while left > 0:
        size = min(left, 64)
        if size == 1:  # a lone dot is no label: take a character from before the @
            local, size = local - 1, 2
        labels.append("a" * (size - 1) + ".")
        left -= size
    yield "a" * local + "@" + "".join(labels) + DOMAIN


# --- lists --------------------------------------------------------------------------------------------------


def _of_list(probing: Probing) -> Iterator[Violating]:
    least, most = number(probing.schema.get("minItems"), 0), number(probing.schema.get("maxItems"), MAX_ITEMS + 1)
    if 0 < least <= MAX_ITEMS:
        lists = iter([items_of(probing, least - 1)])
        yield from probing.built("too-few-items", lists, [items_of(probing, least)], "minItems")
    if most <= MAX_ITEMS:
        lists = iter([items_of(probing, most + 1)])
        yield from probing.built("too-many-items", lists, [items_of(probing, most)], "maxItems")


def items_of(probing: Probing, count: int) -> list[Json]:
    """Return so many items taken from valid lists, different ones first."""
    found: list[Json] = []
    for n in range(1, count + 3):
        made = probing.sample(n)
        found += [one for one in made if one not in found] if isinstance(made, list) else []
        if len(found) >= count:
            return found[:count]
    repeated = found * (count // max(len(found), 1) + 1)
    return repeated[:count]
