"""Valid values for requests: what the document offers, else what fits the field's name, else its schema.

Every body is validated; a wrong one is made again without the document's examples, then branch by branch.
Deterministic: a value depends on seed, run, operation, place and count, never on what was made before it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date

from auditor.document.openapi import Description, chosen_media
from auditor.document.references import BrokenReference
from auditor.document.schemas import properties
from auditor.evidence import ABSENT, Absent, Violating
from auditor.model import Field, Json, Location, Operation, Parameter
from auditor.values import specimens
from auditor.values.generation import PLACEHOLDERS, Attempt, Pass, Unmakeable
from auditor.values.makers import Making
from auditor.values.serialising import Values

BODILESS = frozenset({"GET", "HEAD", "DELETE"})
"""Methods whose optional body is left out: servers may not read one (RFC 9110 §9.3)."""
FIRST = Attempt()
ATTEMPTS = (
    FIRST,
    Attempt(examples=False),
    Attempt(examples=False, careful=True),
    Attempt(careful=True, optional=False),
    Attempt(examples=False, careful=True, optional=False),
    Attempt(examples=False, careful=True, optional=False, branch=1),
    Attempt(examples=False, careful=True, optional=False, branch=2),
)


def canary_of(run_id: str) -> str:
    """Return the run's marker, "aud" and 12 hex digits; a run id that is one already is kept."""
    if re.fullmatch(r"aud[0-9a-f]{12}", run_id):
        return run_id
    return "aud" + hashlib.sha256(run_id.encode()).hexdigest()[:12]


class Sampler:
    """Makes valid values for the operations of one description."""

    def __init__(self, description: Description, *, seed: str, run_id: str, today: date | None = None) -> None:
        self.description = description
        self.seed = seed
        self.canary = canary_of(run_id)
        self._today = today or date.today()

    def golden_values(self, operation: Operation, *, minimal: bool = False) -> Values:
        """Return the first valid values; `minimal` leaves optional members of the body out."""
        return self.fresh(operation, 0, minimal=minimal)

    def fresh(self, operation: Operation, n: int, *, minimal: bool = False, branch: int = 0) -> Values:
        """Return the n-th valid values: required parameters and the body, unique ones different for every n.

        `branch` says which branch of a `oneOf` or `anyOf` is tried first, where the body has any.
        """
        body, media = self._body(operation, n, minimal=minimal, branch=branch)
        return Values(
            path=self._parameters(operation, Location.PATH, n),
            query=self._parameters(operation, Location.QUERY, n),
            header=self._parameters(operation, Location.HEADER, n),
            cookie=self._parameters(operation, Location.COOKIE, n),
            body=body,
            media_type=media,
            files=self._files(operation, media),
        )

    def sample(self, field: Field, n: int, *, rotate: bool = True) -> Json:
        """Return the n-th valid value for one field, another for every n where the schema has that many.

        Without `rotate` it is always the first of the listed values where the schema lists some.
        """
        ways = (
            Attempt(examples=False, rotate=rotate),
            Attempt(examples=False, careful=True, rotate=rotate),
            Attempt(rotate=rotate, careful=True),
        )
        return self._made(field.schema, field.name, field.place, n, ways, default=None)

    def violations(self, field: Field) -> tuple[Violating, ...]:
        """Return one value for each constraint that the field declares, each breaking only that one."""
        from auditor.values.violating import Probing, violations

        probing = Probing(field=field, valid=self._fits, sample=lambda n: self.sample(field, n), seed=self.seed)
        return violations(probing)

    def fits(self, operation: Operation, values: Values) -> bool:
        """Say whether the values are all there and valid by the document."""
        carried = {
            Location.PATH: values.path,
            Location.QUERY: values.query,
            Location.HEADER: values.header,
            Location.COOKIE: values.cookie,
        }
        for one in operation.parameters:
            value = carried[one.location].get(one.name, ABSENT)
            if (one.required or value is not ABSENT) and not self._fits(one.schema, value):
                return False
        if values.body is ABSENT:
            return operation.body is None or not operation.body.required
        return self.description.request_valid(operation, values.media_type, values.body)

    # --- places -----------------------------------------------------------------------------------------

    def _parameters(self, operation: Operation, location: Location, n: int) -> dict[str, Json]:
        wanted = (one for one in operation.parameters if one.location is location and one.required)
        return {one.name: self._parameter(operation, one, n) for one in wanted}

    def _parameter(self, operation: Operation, parameter: Parameter, n: int) -> Json:
        for example in parameter.examples:
            if example not in (None, *PLACEHOLDERS) and self._fits(parameter.schema, example):
                return example
        place = f"{operation.label}/{parameter.location}/{parameter.name}"
        return self._made(parameter.schema, parameter.name, place, n, ATTEMPTS, default="1")

    def _body(self, operation: Operation, n: int, *, minimal: bool, branch: int) -> tuple[Json | Absent, str]:
        body, media = operation.body, chosen_media(operation.body)
        if body is None or media is None or (operation.method in BODILESS and not body.required):
            return ABSENT, ""
        schema, place = body.content[media], operation.label
        for example in body.examples.get(media, ()):
            value = self._pass(place, n, FIRST).renewed(schema, example, "", place, 0)
            if not minimal and self._fits(schema, value):
                return value, media
        specimen = specimens.of_media(media) if self._is_file(schema) else None
        if specimen is not None and self._fits(schema, specimen.text):
            return specimen.text, specimen.media if "*" in media else media
        ways = tuple(dict.fromkeys(replace(one, optional=False) for one in ATTEMPTS)) if minimal else ATTEMPTS
        ways = tuple(replace(one, branch=one.branch + branch) for one in ways)
        made = self._made(schema, "", place, n, ways, default=ABSENT)
        return made, media if made is not ABSENT else ""

    def _made(
        self, schema: Json, name: str, place: str, n: int, ways: tuple[Attempt, ...], default: Json | Absent
    ) -> Json | Absent:
        """Return the first value that fits; where none does, the first that could be made at all."""
        best: list[Json] = []
        for way in ways:
            try:
                value = self._pass(place, n, way).make(schema, name, place, 0)
            except Unmakeable:
                continue
            if self._fits(schema, value):
                return value
            best.append(value)
        return best[0] if best else default

    def _fits(self, schema: Json, value: Json) -> bool:
        return self.description.validators.valid(schema, value)

    def making(self, place: str, n: int) -> Making:
        """Return what the n-th value made for a place depends on."""
        return Making(canary=self.canary, place=place, count=n, today=self._today)

    def _pass(self, place: str, n: int, way: Attempt) -> Pass:
        making = self.making(place, n)
        return Pass(self.description.schemas, self.description.validators, making, way, f"{self.seed}|{n}")

    def _files(self, operation: Operation, media: str) -> frozenset[str]:
        if operation.body is None or not media.startswith("multipart/"):
            return frozenset()
        try:
            members = properties(self.description.schemas.opened(operation.body.content[media]))
            return frozenset(name for name, part in members.items() if self._is_file(part))
        except BrokenReference:
            return frozenset()

    def _is_file(self, part: Json) -> bool:
        schema = self.description.schemas.opened(part)
        if "items" in schema and schema["items"] is not part:
            schema = self.description.schemas.opened(schema["items"])
        return schema.get("format") in {"binary", "byte"} or "contentMediaType" in schema
