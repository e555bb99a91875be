"""The questions of the injection family: quotes, and conditions that are true or false. Nothing that could destroy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Template

from auditor import compare
from auditor.evidence import (
    Absent,
    Bound,
    Change,
    NotApplicable,
    Pace,
    Stage,
    Steps,
    World,
    ask,
    control,
    recipe,
    repeat,
)
from auditor.model import NOT_JSON, Exchange, Field, Json, Location, Operation, Role
from checks._input_probes import restaged
from checks._reading import rows

MOST_PLACES = 4
MOST_BLIND_PLACES = 3
MOST_BASES = 4
LONGEST_BASE = 40
"""A condition after it must still fit into what a mutation keeps of a value (80 characters)."""
ROUNDS = 3
REFUSED_AS_INPUT = frozenset({400, 404, 422})
PREFERENCE = (Location.QUERY, Location.PATH, Location.BODY)
SEARCHES = ("q", "query", "search", "term", "keyword", "text", "filter", "name", "title", "sort", "order")

# --- quotes -------------------------------------------------------------------------------------------------

PLAIN, QUOTE, DOUBLED = "plain", "quote", "doubled-quote"
SUFFIXES = ((PLAIN, ""), (QUOTE, "'"), (DOUBLED, "''"), ("double-quote", '"'), ("bracket", ")"), ("backslash", "\\"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """One place, asked with a plain value and with metacharacters after it."""

    place: str
    numeric: bool
    """The place takes numbers, so a doubled quote breaks a statement just as one does."""
    plain: Exchange
    quote: Exchange
    doubled: Exchange
    others: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotes:
    control: Exchange
    places: tuple[Quoted, ...]
    again: Exchange


@recipe(at_most=Bound(requests=50), confirm=repeat(1))
def quoted_values(operation: Operation, world: World) -> Steps[Quotes]:
    """End the values of at most four places in quotes, brackets and backslashes, one at a time."""
    places = _places(operation, world)[:MOST_PLACES]
    if not places:
        raise NotApplicable("the operation takes no text and no number where a quote could stand")
    stage = yield from world.stage(operation)
    before = yield from control(stage, world)
    stage = yield from restaged(stage, before, world)
    asked: list[Quoted] = []
    for field in places:
        asked.append((yield from _quoted(field, stage, world)))
    again = yield from control((yield from world.stage(operation)), world, again=True)
    return Quotes(control=before, places=tuple(asked), again=again)


def _places(operation: Operation, world: World) -> list[Field]:
    """Places that may meet a statement: parameters of reads, free texts of writes; likeliest first."""
    if operation.method == "DELETE":
        return []
    wanted = [field for field in world.fields(operation) if _may_hold_quote(field, operation)]
    return sorted(wanted, key=lambda field: (PREFERENCE.index(field.location), _likelihood(field)))


def _may_hold_quote(field: Field, operation: Operation) -> bool:
    if field.location in {Location.QUERY, Location.PATH}:
        return operation.safe and field.type in {"string", "integer", "number", ""}
    checked = any(word in field.schema for word in ("enum", "const", "format", "pattern", "readOnly"))
    return field.location is Location.BODY and field.type == "string" and not checked


def _likelihood(field: Field) -> int:
    return SEARCHES.index(field.name.lower()) if field.name.lower() in SEARCHES else len(SEARCHES)


def _quoted(field: Field, stage: Stage, world: World) -> Steps[Quoted]:
    answers: dict[str, Exchange] = {}
    steady = None if field.location is Location.BODY else _base_value(field, stage, world)
    for kind, suffix in SUFFIXES:
        value = f"{_base_value(field, stage, world) if steady is None else steady}{suffix}"
        answers[kind] = yield from _ask_with(field, value, kind, stage, world)
        stage = yield from restaged(stage, answers[kind], world)
    plain, quote, doubled, *others = answers.values()
    numeric = field.type in {"integer", "number"}
    return Quoted(place=field.place, numeric=numeric, plain=plain, quote=quote, doubled=doubled, others=tuple(others))


def _ask_with(field: Field, value: str, kind: str, stage: Stage, world: World) -> Steps[Exchange]:
    change = Change(location=field.location, pointer=field.pointer, value=value, kind=kind)
    role = Role.CONTROL if kind == PLAIN else Role.PROBE
    return (yield from ask(world.request(stage, purpose=f"{kind} at {field.place}", role=role, changes=[change])))


def _base_value(field: Field, stage: Stage, world: World) -> Json:
    """The object's own id in a path, the golden value in a query, a fresh one in what gets stored."""
    if field.location is Location.PATH and field.name in stage.bindings:
        return stage.bindings[field.name]
    if field.location is Location.QUERY:
        golden = world.value(world.golden(stage.operation).request, field)
        if not isinstance(golden, Absent):
            return golden
    return world.sample(field)


# --- conditions ---------------------------------------------------------------------------------------------

CONTEXTS = (
    ("like", Template("$v%' AND '$n'='$m' AND '%'='")),
    ("quote", Template("$v' AND '$n'='$m")),
    ("number", Template("$v AND $n=$m")),
    ("bracket", Template("$v') AND ('$n'='$m")),
    ("double-quote", Template('$v" AND "$n"="$m')),
)
"""Each closes what the statement may have opened and lets the statement close what we open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The same value with a true condition, a false one, and a word that is no condition."""

    true: Exchange
    false: Exchange
    noise: Exchange

    @property
    def payloads(self) -> tuple[str, ...]:
        sent = (one.request.mutation for one in (self.true, self.false, self.noise))
        return tuple(mutation.value for mutation in sent if mutation is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """One place in one context: fewer than three rounds where the first already showed nothing."""

    place: str
    context: str
    value: str
    base: Exchange
    again: Exchange
    rounds: tuple[Round, ...]

    def stable(self) -> bool:
        return compare.similarity(self.base.response, self.again.response) >= compare.SIMILAR_TEXT

    def suspicious(self) -> bool:
        """In every round: true is the base, false is not, noise is not; and false is always the same."""
        false = [self._alike(self.rounds[0].false, one.false, one, self.rounds[0]) for one in self.rounds]
        return all(map(self._differs, self.rounds)) and all(false)

    def _differs(self, one: Round) -> bool:
        as_base = one.true.succeeded and self._alike(self.base, one.true, one)
        return as_base and not self._alike(one.true, one.false, one) and not self._alike(one.true, one.noise, one)

    def _alike(self, left: Exchange, right: Exchange, *rounds: Round) -> bool:
        if left.response.status != right.response.status:
            return False
        sent = {payload for one in rounds for payload in one.payloads}
        if len(self.value) > 2:
            sent.add(self.value)
        return compare.similarity(left.response, right.response, payloads=sent) >= compare.SIMILAR_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    control: Exchange
    asked: tuple[Conditions, ...]
    barren: tuple[str, ...]
    """Places where no value found a row, so true and false would look alike."""
    closed: tuple[str, ...] = ()
    """Places like that which refuse a condition as invalid input: nothing can follow it."""
    again: Exchange


@recipe(pace=Pace.COLLECTION, at_most=Bound(requests=100, seconds=120.0), confirm=repeat(1), mutates=False)
def conditions(operation: Operation, world: World) -> Steps[Blind]:
    """Append true and false conditions to a value that finds something, in every quoting that is likely."""
    places = _places(operation, world)[:MOST_BLIND_PLACES] if operation.safe else []
    if not places:
        raise NotApplicable("only reads with text or number parameters are asked with conditions")
    stage = yield from world.stage(operation)
    before = yield from control(stage, world)
    asked: list[Conditions] = []
    barren: list[str] = []
    closed: list[str] = []
    for field in places:
        found = yield from _base(field, stage, world)
        if found is not None:
            asked.extend((yield from _in_every_context(field, *found, stage, world)))
        elif (yield from _refuses_conditions(field, stage, world)):
            closed.append(field.place)
        else:
            barren.append(field.place)
    again = yield from control(stage, world, again=True)
    return Blind(control=before, asked=tuple(asked), barren=tuple(barren), closed=tuple(closed), again=again)


def _refuses_conditions(field: Field, stage: Stage, world: World) -> Steps[bool]:
    """Say whether a valid value is taken and the same value with a condition is not, quoted or bare."""
    own = stage.bindings.get(field.name) if field.location is Location.PATH else None
    value = world.sample(field) if own is None else own
    plain = yield from _ask_with(field, str(value), PLAIN, stage, world)
    if not plain.succeeded:
        return False
    for _, template in (CONTEXTS[1], CONTEXTS[2]):
        written = template.substitute(v=value, n=1, m=1)
        answered = yield from _ask_with(field, written, "true-condition", stage, world)
        if answered.response.status not in REFUSED_AS_INPUT:
            return False
    return True


def _base(field: Field, stage: Stage, world: World) -> Steps[tuple[str, Exchange] | None]:
    """Find a value with which the operation answers something: only then can a false condition take it away."""
    for value in list(_candidates(field, stage, world))[:MOST_BASES]:
        answered = yield from _ask_with(field, value, PLAIN, stage, world)
        if answered.succeeded and _finds_something(answered):
            return value, answered
    return None


def _finds_something(answered: Exchange) -> bool:
    body = answered.response.json()
    if not isinstance(body, (dict, list)) or not body:
        return False
    lists = isinstance(body, list) or any(isinstance(value, list) for value in body.values())
    return not lists or rows(body) > 0


def _candidates(field: Field, stage: Stage, world: World) -> Iterator[str]:
    """Values likely to match: what the row that was listed holds under that name, the golden value, our marker."""
    if field.location is Location.PATH and field.name in stage.bindings:
        yield stage.bindings[field.name]
        return
    golden = world.golden(stage.operation)
    words = [*_listed_values(golden.response.json(), field.name, world.canary), world.value(golden.request, field)]
    texts = [str(one) for one in words if isinstance(one, (str, int, float)) and not isinstance(one, bool)]
    yield from dict.fromkeys(text for text in texts if 0 < len(text) <= LONGEST_BASE)


def _listed_values(body: Json, name: str, canary: str) -> list[Json]:
    """A value under the parameter's name, one of our own texts (one row, which nobody else changes), our marker."""
    leaves = list(compare.walk(body)) if body is not NOT_JSON else []
    named = [leaf for pointer, leaf in leaves if pointer.rpartition("/")[2] == name]
    own = [(pointer.rpartition("/")[2] in SEARCHES, str(leaf)) for pointer, leaf in leaves if canary in str(leaf)]
    texts = [text for _, text in sorted(own, key=lambda one: not one[0]) if len(text) <= LONGEST_BASE]
    return [*named[:1], *texts[:1], *([canary] if own else [])]


def _in_every_context(
    field: Field, value: str, base: Exchange, stage: Stage, world: World
) -> Steps[Sequence[Conditions]]:
    again = yield from _ask_with(field, value, PLAIN, stage, world)
    plain = Conditions(place=field.place, context="none", value=value, base=base, again=again, rounds=())
    if not plain.stable():
        return [plain]
    asked: list[Conditions] = []
    for context, template in CONTEXTS:
        asked.append((yield from _in_context(field, context, template, plain, stage, world)))
    return asked


def _in_context(
    field: Field, context: str, template: Template, plain: Conditions, stage: Stage, world: World
) -> Steps[Conditions]:
    """Ask one round, and the other two only where the first is suspicious."""
    so_far = plain
    for _ in range(ROUNDS):
        one = yield from _round(field, plain.value, template, stage, world)
        so_far = Conditions(
            place=field.place,
            context=context,
            value=plain.value,
            base=plain.base,
            again=plain.again,
            rounds=(*so_far.rounds, one),
        )
        if not so_far.suspicious():
            return so_far
    return so_far


def _round(field: Field, value: str, template: Template, stage: Stage, world: World) -> Steps[Round]:
    same, other = world.rng.sample(range(1_000, 10_000), 2)
    true = template.substitute(v=value, n=same, m=same)
    false = template.substitute(v=value, n=same, m=other)
    noise = f"{value} aud{world.rng.randrange(16**6):06x}"
    return Round(
        true=(yield from _ask_with(field, true, "true-condition", stage, world)),
        false=(yield from _ask_with(field, false, "false-condition", stage, world)),
        noise=(yield from _ask_with(field, noise, "noise", stage, world)),
    )
