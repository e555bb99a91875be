"""The questions of the input family: one wrong thing per request, and what an authorised read shows of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from auditor.evidence import (
    ABSENT,
    Absent,
    Bound,
    Change,
    NotApplicable,
    Stage,
    Steps,
    World,
    ask,
    control,
    left_behind,
    recipe,
    repeat,
)
from auditor.model import Exchange, Field, Json, Location, Mutation, Operation, Request

MOST_HOSTILE = 18
MOST_OMISSIONS = 14
MOST_VIOLATIONS = 14
PLACEHOLDER = "audplaceholder"
MARKED_NUMBER = 73019284
BOUNDS = frozenset({"below-minimum", "above-maximum", "too-short", "too-long"})
HANDED_OUT = ("id", "ids", "ref", "key", "cursor", "token", "marker", "code", "after", "before")
"""How values are named that a client gets from the server and sends back: nobody else can make one up."""
NOT_THE_CALLERS = frozenset({"accept", "authorization", "content-type", "cookie", "host", "user-agent"})
"""Header parameters that belong to the message or to the credential (OpenAPI 3.1 §4.8.12.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One wrong value, how it was answered, and what a read shows where that was 2xx."""

    location: Location
    pointer: str
    name: str
    kind: str
    probe: Exchange
    effect: Exchange | None = None
    """The object read back; None where nothing was written, or nothing reads it."""
    item: str = ""
    """The id of the object that a create made."""
    twin: Exchange | None = None
    """The nearest value that keeps the constraint."""
    most: float | None = None
    """The declared maximum, where that is what was broken."""

    @property
    def place(self) -> str:
        return Mutation(location=self.location, pointer=self.pointer, kind=self.kind).place


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Wrong values between two ordinary requests that succeeded."""

    control: Exchange
    tried: tuple[Tried, ...]
    again: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Answers to hostile values; the rule sees them as they pass."""

    control: Exchange
    probes: tuple[Exchange, ...]
    again: Exchange


@dataclass(frozen=True, slots=True)
class Probe:
    """A request to be made for whichever stage is current."""

    field: Field | None
    kind: str
    value: Json | Absent = None
    raw: bytes | None = None
    """JSON text for the body that no encoder would write; without a field, the whole body."""
    twin: Json | None = None


def restaged(stage: Stage, answered: Exchange, world: World) -> Steps[Stage]:
    """Stage anew where a success used the stage up: an item is deleted, a slot taken, a state changed."""
    if answered.succeeded and (stage.once or stage.operation.method in {"POST", "DELETE"}):
        return (yield from world.stage(stage.operation))
    return stage


def built(probe: Probe, stage: Stage, world: World) -> Request:
    """Build the golden request with one thing wrong in it."""
    if probe.field is None:
        return _whole_body(probe, world.request(stage, purpose=f"a body: {probe.kind}"))
    stand_in = _stand_in(probe)
    change = Change(location=probe.field.location, pointer=probe.field.pointer, value=stand_in, kind=probe.kind)
    request = world.request(stage, purpose=f"{probe.kind} at {probe.field.place}", changes=[change])
    return request if probe.raw is None else _spliced(request, json.dumps(stand_in).encode(), probe.raw)


def _stand_in(probe: Probe) -> Json | Absent:
    if probe.raw is None:
        return probe.value
    return MARKED_NUMBER if probe.kind in {"nan", "infinity"} else PLACEHOLDER


def _whole_body(probe: Probe, request: Request) -> Request:
    """Replace the body, or damage the golden one: `value` names how, `raw` is what comes instead."""
    good = request.body
    damaged = {"truncated": good.rstrip()[:-1], "extra-brace": good + b"}", "bom": b"\xef\xbb\xbf" + good}
    body = probe.raw if probe.raw is not None else damaged[probe.kind]
    shown = body[:40].decode("utf-8", "replace")
    return replace(request, body=body, mutation=Mutation(location="body", pointer="", kind=probe.kind, value=shown))


def _spliced(request: Request, stand_in: bytes, raw: bytes) -> Request:
    mutation = request.mutation
    shown = raw[:40].decode("utf-8", "replace")
    named = replace(mutation, value=shown) if mutation is not None else None
    return replace(request, body=request.body.replace(stand_in, raw), mutation=named)


# --- hostile values -----------------------------------------------------------------------------------------

LONG = "a" * 20_000
NUMBERS = (("not-a-number", "aud"), ("negative", -1), ("huge", 10**30), ("zero", 0), ("fraction", 1.5), ("empty", ""))
TEXTS = (("nul", "aud\x00aud"), ("long", LONG), ("emoji", "👩‍👩‍👧‍👦𝔞𝔲𝔡"), ("empty", ""), ("quote", "aud'\"\\;--"))
TRUTHS = (("not-a-boolean", "aud"), ("number", 2), ("empty", ""))
SHAPES = (("wrong-type", {"aud": 1}), ("list", ["aud", None]))
DEEP = b"[" * 500 + b"]" * 500
LONE_SURROGATE = b'"\\ud800"'
SAFE_IN_WRITING_PATHS = frozenset({"not-a-number", "huge", "nul", "long", "emoji"})
"""Values that cannot name an object of somebody else, nor a whole collection."""


@recipe(at_most=Bound(requests=24), confirm=repeat(1))
def hostile_values(operation: Operation, world: World) -> Steps[Asked]:
    """Put boundary values into one place at a time, between two ordinary requests."""
    probes = list(_spread([_hostile(field, operation) for field in world.fields(operation)]))[:MOST_HOSTILE]
    if not probes:
        raise NotApplicable("the operation takes no value that could be hostile")
    stage = yield from world.stage(operation)
    before = yield from control(stage, world)
    stage = yield from restaged(stage, before, world)
    answers: list[Exchange] = []
    for probe in probes:
        answers.append((yield from ask(built(probe, stage, world))))
        stage = yield from restaged(stage, answers[-1], world)
    again = yield from control(stage, world, again=True)
    return Asked(control=before, probes=tuple(answers), again=again)


def _spread(rows: Sequence[Sequence[Probe]]) -> Iterator[Probe]:
    """Give every place its first value before any gets its second."""
    for column in zip_longest(*rows):
        yield from (probe for probe in column if probe is not None)


def _hostile(field: Field, operation: Operation) -> list[Probe]:
    if field.location is Location.BODY:
        return _hostile_members(field, operation)
    if field.location not in {Location.QUERY, Location.PATH}:
        return []
    if operation.method == "DELETE":
        return []  # what a server makes of an odd name or filter is not ours to delete
    room = 4_000 if field.location is Location.QUERY else 1_000
    values = [(kind, value[:room] if isinstance(value, str) else value) for kind, value in _plain(field)]
    return [Probe(field, kind, value) for kind, value in values if _harmless(field, kind, value, operation)]


def _harmless(field: Field, kind: str, value: Json, operation: Operation) -> bool:
    """Keep a path from collapsing into its collection's, and a write from meeting a stranger's object."""
    if field.location is not Location.PATH:
        return True
    return value != "" and (operation.safe or kind in SAFE_IN_WRITING_PATHS)


def _plain(field: Field) -> tuple[tuple[str, Json], ...]:
    if field.type in {"integer", "number"}:
        return NUMBERS
    return TRUTHS if field.type == "boolean" else TEXTS


def _hostile_members(field: Field, operation: Operation) -> list[Probe]:
    if field.schema.get("readOnly") or operation.body is None:
        return []
    as_json = operation.body.json_media_type is not None
    if field.type in {"array", "object"}:
        kinds: tuple[tuple[str, Json], ...] = (("wrong-type", "aud"), ("number", 7))
        return [Probe(field, kind, value) for kind, value in kinds] + _raw(field, as_json)
    shapes = SHAPES if as_json else ()
    plain = [Probe(field, kind, value) for kind, value in (*_plain(field)[:3], *shapes, *_plain(field)[3:])]
    return plain[:3] + _raw(field, as_json) + plain[3:]


def _raw(field: Field, as_json: bool) -> list[Probe]:
    both = [Probe(field, "lone-surrogate", raw=LONE_SURROGATE), Probe(field, "deep-nesting", raw=DEEP)]
    return both if as_json else []


# --- required ----------------------------------------------------------------------------------------------


@recipe(at_most=Bound(requests=60), confirm=repeat(1))
def missing_values(operation: Operation, world: World) -> Steps[Attempts]:
    """Leave out each required value, then send null for it; read back what was accepted."""
    required = [field for field in world.fields(operation) if field.required and _is_ours(field)]
    dropped = [Probe(field, "omitted", ABSENT) for field in required if not _defaulted(field)]
    nulled = [Probe(field, "null", None) for field in required if _must_not_be_null(field, operation)]
    if not dropped and not nulled:
        raise NotApplicable("no value is required")
    return (yield from attempted(operation, (*dropped, *nulled)[:MOST_OMISSIONS], world))


def _is_ours(field: Field) -> bool:
    if field.location is Location.HEADER:
        return field.name.lower() not in NOT_THE_CALLERS
    return field.location in {Location.QUERY, Location.BODY} and not field.schema.get("readOnly")


def _defaulted(field: Field) -> bool:
    """The document says what stands in for a missing value."""
    return "default" in field.schema or "default" in str(field.schema.get("description", "")).lower()


def _must_not_be_null(field: Field, operation: Operation) -> bool:
    in_json = operation.body is not None and operation.body.json_media_type is not None
    allowed = field.nullable or "const" in field.schema or None in field.schema.get("enum", ())
    return field.location is Location.BODY and in_json and not allowed and bool(field.type) and field.type != "null"


# --- constraints --------------------------------------------------------------------------------------------


@recipe(at_most=Bound(requests=60), confirm=repeat(1))
def broken_constraints(operation: Operation, world: World) -> Steps[Attempts]:
    """Break one declared constraint at a time; where that is refused, send the nearest value that keeps it."""
    fields = [field for field in world.fields(operation) if field.location is not Location.HEADER and _is_ours(field)]
    probes = [
        [Probe(field, one.kind, one.value, twin=one.twin) for one in world.violations(field)]
        for field in fields
        if field.schema.get("format") not in {"password", "byte", "binary"}
    ]
    chosen = list(_spread(probes))[:MOST_VIOLATIONS]
    if not chosen:
        raise NotApplicable("no constraint is declared")
    return (yield from attempted(operation, chosen, world))


# --- malformed bodies ---------------------------------------------------------------------------------------


@recipe(at_most=Bound(requests=20), confirm=repeat(1))
def broken_bodies(operation: Operation, world: World) -> Steps[Attempts]:
    """Send bodies that are no JSON, not the right kind of JSON, or badly encoded."""
    if operation.body is None or operation.body.json_media_type is None:
        raise NotApplicable("the operation takes no JSON body")
    members = [field for field in world.fields(operation) if field.location is Location.BODY]
    probes = (*_broken_wholes(operation, members), *_broken_members(members))
    return (yield from attempted(operation, probes, world))


def _broken_wholes(operation: Operation, members: Sequence[Field]) -> Iterator[Probe]:
    yield from (Probe(None, "truncated"), Probe(None, "extra-brace"))
    if operation.body is not None and operation.body.required and any(field.required for field in members):
        yield Probe(None, "empty", raw=b"")
    yield from (Probe(None, "null-root", raw=b"null"), Probe(None, "text-root", raw=b'"x"'))
    yield from (Probe(None, "list-root", raw=b"[]"), Probe(None, "bom"))


def _broken_members(members: Sequence[Field]) -> Iterator[Probe]:
    """Damage inside one value, so that nothing else is wrong with the body."""
    text = next((field for field in members if is_free_text(field)), None)
    number = next((field for field in members if field.type in {"integer", "number"}), None)
    if text is not None:
        yield Probe(text, "invalid-utf-8", raw=b'"aud\xff\xfeaud"')
        yield Probe(text, "lone-surrogate", raw=LONE_SURROGATE)
    if number is not None:
        yield Probe(number, "nan", raw=b"NaN")
        yield Probe(number, "infinity", raw=b"Infinity")


def is_free_text(field: Field) -> bool:
    constrained = any(word in field.schema for word in ("enum", "const", "pattern", "format"))
    return field.type == "string" and not constrained and not field.schema.get("readOnly")


# --- what all of them do ------------------------------------------------------------------------------------


def attempted(operation: Operation, probes: Sequence[Probe], world: World) -> Steps[Attempts]:
    """Control, every probe with what it left behind, control again."""
    stage = yield from world.stage(operation)
    before = yield from control(stage, world)
    stage = yield from restaged(stage, before, world)
    tried: list[Tried] = []
    for probe in probes:
        one = yield from _try(probe, stage, world)
        tried.append(one)
        stage = yield from restaged(stage, one.probe, world)
        if one.twin is not None:
            stage = yield from restaged(stage, one.twin, world)
    again = yield from control(stage, world, again=True)
    return Attempts(control=before, tried=tuple(tried), again=again)


def _try(probe: Probe, stage: Stage, world: World) -> Steps[Tried]:
    answered = yield from ask(built(probe, stage, world))
    effect, twin = None, None
    if answered.succeeded and not stage.operation.safe:
        effect = yield from left_behind(stage, answered, world)
    if not answered.succeeded and probe.field is not None and _may_be_kept(probe, probe.field):
        kept = replace(probe, kind=f"{probe.kind}-twin", value=probe.twin)
        twin = yield from ask(built(kept, stage, world))
    made = world.made_by(answered) if answered.succeeded else None
    return Tried(
        location=probe.field.location if probe.field else Location.BODY,
        pointer=probe.field.pointer if probe.field else "",
        name=probe.field.name if probe.field else "",
        kind=probe.kind,
        probe=answered,
        effect=effect,
        item=made.id if made else "",
        twin=twin,
        most=_most(probe),
    )


def _may_be_kept(probe: Probe, field: Field) -> bool:
    """A bound kept must be accepted; a well-formed reference, handed-out value or member may still name nothing."""
    refers = field.name.lower().endswith(HANDED_OUT)
    return probe.twin is not None and probe.kind in BOUNDS and not refers


def _most(probe: Probe) -> float | None:
    most = probe.field.schema.get("maximum") if probe.field and probe.kind == "above-maximum" else None
    return float(most) if isinstance(most, (int, float)) else None
