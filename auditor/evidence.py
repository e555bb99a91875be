"""Evidence: what a check is shown, and how it is obtained.

A recipe is a generator that does no I/O. It yields steps, is handed what came of them and returns the evidence;
so it is tested with a list and bounded before it runs. Recipes that several families share live here; a recipe
used by one check lives beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, cast, get_type_hints

from auditor import compare
from auditor.model import (
    ANONYMOUS,
    NOT_JSON,
    Credential,
    Document,
    Exchange,
    Field,
    Identity,
    Json,
    Load,
    Location,
    Mutation,
    Operation,
    Request,
    Resource,
    Role,
)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


# --- steps --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Together:
    """Requests released at once on warmed connections; answered by a tuple of exchanges in the same order."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass; answered by None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Poll:
    """Repeat a request until `until` holds or `deadline_seconds` are over; answered by the last exchange."""

    request: Request
    until: Callable[[Exchange], bool]
    deadline_seconds: float = 30.0
    interval_seconds: float = 0.5


Step: TypeAlias = Request | Together | Wait | Poll
Steps: TypeAlias = Generator[Step, Any, T]
"""What a recipe is: yields `Step`s, receives exchanges, returns its evidence."""


class NotApplicable(Exception):
    """The promise does not concern this subject: ends as `skip`."""


class Unavailable(Exception):
    """The evidence cannot be had: ends as `unsure`, with the reason and what would unlock it."""

    def __init__(self, reason: str, unlock: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.unlock = unlock


class Overloaded(Unavailable):
    """The target could not serve a request just then (503, 504): asked later, the evidence may be had."""


# --- what recipes see of the world --------------------------------------------------------------------------


class Absent:
    """The type of `ABSENT`: leave the value out."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value of a request set, added or (with `ABSENT`) left out. `kind` names the mutation in signatures."""

    location: Location
    pointer: str
    value: Json | Absent
    kind: str

    @property
    def mutation(self) -> Mutation:
        sent = "" if self.value is ABSENT else str(self.value)[:80]
        return Mutation(location=self.location, pointer=self.pointer, kind=self.kind, value=sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Who asks, and on which objects: an operation with its path parameters bound."""

    operation: Operation
    actor: Identity
    bindings: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    """The first 2xx uses it up: the object is gone or has moved on, or the caller ended or changed."""
    carried: tuple[tuple[Location, str, Json], ...] = ()
    """Values read off the object just before and sent along: its version, its ETag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An object this run created, with the bindings that address it."""

    resource: Resource
    owner: Identity
    bindings: Mapping[str, str]
    exchange: Exchange

    @property
    def id(self) -> str:
        return self.bindings.get(self.resource.parameter, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Violating:
    """A value that breaks one declared constraint of a field, and the nearest one that keeps it."""

    kind: str
    """"below-minimum", "above-maximum", "too-short", "too-long", "not-in-enum", "pattern", "format-email",
    "format-date", "format-date-time", "format-uuid", "format-uri", "too-few-items", "too-many-items",
    "not-a-multiple"."""
    value: Json
    twin: Json | None = None
    """An in-bound value, to be accepted; None when there is none to offer."""


class World(Protocol):
    """The seeded target: who can call, what they own, and how a valid request is made.

    Methods that return `Steps` may send requests of their own (`yield from` them).
    """

    @property
    def canary(self) -> str:
        """The run's marker, "aud" and 12 hex digits; it lies only in objects of this run."""
        ...

    @property
    def host(self) -> str:
        """The audited host as browsers would name it: "api.example.com", with a port where it is unusual."""
        ...

    @property
    def rng(self) -> Random:
        """Randomness of the current subject, the same for the same seed."""
        ...

    @property
    def now(self) -> datetime: ...

    @property
    def document(self) -> Document: ...

    @property
    def resources(self) -> Sequence[Resource]: ...

    @property
    def owner(self) -> Identity:
        """The first ordinary user. Raises `Unavailable` when there is none."""
        ...

    @property
    def stranger(self) -> Identity:
        """The second ordinary user, who owns nothing of the first. Raises `Unavailable`."""
        ...

    @property
    def admin(self) -> Identity:
        """A privileged user from the configuration. Raises `Unavailable`."""
        ...

    def credential(self, identity: Identity, operation: Operation | None = None) -> Credential:
        """Return the raw credential, to be forged or cut: what of it goes to an operation, where one is named.

        Raises `Unavailable` when the identity has none.
        """
        ...

    def fields(self, operation: Operation) -> tuple[Field, ...]:
        """Every place where the operation takes a value: parameters and members of the body."""
        ...

    def golden(self, operation: Operation) -> Exchange:
        """Return the exchange in which the operation last answered 2xx. Raises `Unavailable`, with why."""
        ...

    def value(self, request: Request, field: Field) -> Json | Absent:
        """Return what `request` carries at `field`."""
        ...

    def sample(self, field: Field) -> Json:
        """Return another valid value for the field, unique where uniqueness is likely."""
        ...

    def violations(self, field: Field) -> tuple[Violating, ...]:
        """Return one value for each constraint that the field's schema declares, each breaking only that one."""
        ...

    def resource_of(self, operation: Operation) -> Resource | None: ...

    def stage(self, operation: Operation) -> Steps[Stage]:
        """Say who calls the operation on what.

        Safe operations get the golden objects, which nobody may write; writing ones a throwaway object made
        for this stage; operations that end or alter an identity a disposable user.
        Raises `Unavailable` when the operation never answered 2xx or the object cannot be made.
        """
        ...

    def make(self, resource: Resource, identity: Identity) -> Steps[Made]:
        """Create an object of the resource's kind, its removal owed to the ledger. Raises `Unavailable`."""
        ...

    def witness(self, stage: Stage) -> Steps[Request | None]:
        """Find a read that would show it if an operation wiped data; None for operations not known to do so."""
        ...

    def made_by(self, exchange: Exchange) -> Made | None:
        """Read the identity of what a 2xx create answered with; None when it names nothing."""
        ...

    def request(
        self,
        stage: Stage,
        *,
        purpose: str,
        role: Role = Role.PROBE,
        identity: Identity | None = None,
        credential: Credential | None = None,
        changes: Sequence[Change] = (),
        shared: bool = False,
    ) -> Request:
        """Build the golden request anew: fresh unique values for writes, then `changes`, then serialised."""
        ...

    def disposable(self) -> Steps[Identity]:
        """Register a user that may be harmed. Raises `Unavailable` where registration is closed."""
        ...

    def login_request(
        self, *, identity: Identity | None = None, username: str | None = None, password: str | None = None
    ) -> Request:
        """Build a login, asked by nobody in particular. Raises `Unavailable` without a login operation.

        For a disposable `identity` its own name and password are taken where none is given. A `password` given here
        becomes a known secret of the run, so that its echo is noticed.
        """
        ...

    def option(self, check: str, name: str, default: float) -> float:
        """Return what the configuration sets for a check ("perf.latency", "p95_ms")."""
        ...

    def declared_limit(self, exchange: Exchange) -> int | None:
        """Return the quota that the answer's rate-limit headers declare, in any dialect; None if none."""
        ...


# --- kinds of evidence --------------------------------------------------------------------------------------


class Evidence(Generic[T_co]):
    """What a check judges. The type parameter is what its function receives."""


class EveryExchange(Evidence[Exchange]):
    """Passive: sends nothing, sees every exchange as it is captured; folded to counts and three examples."""


class DocumentEvidence(Evidence[Document]):
    """The description itself."""


class LoadEvidence(Evidence[Load]):
    """What the load generator measured."""


EVERY_EXCHANGE = EveryExchange()
DOCUMENT = DocumentEvidence()
LOAD = LoadEvidence()


@dataclass(frozen=True, slots=True)
class Fact(Generic[T_co]):
    """One compact row kept of an exchange for rules that look across the run."""

    exchange: str
    subject: str
    value: T_co


@dataclass(frozen=True)
class WholeRun(Evidence[Sequence[Fact[T]]], Generic[T]):
    """Consistency across the run, judged last. `extract` keeps a small fact of an exchange, or None."""

    extract: Callable[[Exchange], T | None]


def whole_run(extract: Callable[[Exchange], T | None]) -> WholeRun[T]:
    return WholeRun(extract)


class Scope(StrEnum):
    OPERATION = "operation"
    RESOURCE = "resource"
    API = "api"


class Pace(StrEnum):
    """What may be in flight beside the recipe."""

    SHARED = "shared"
    COLLECTION = "collection"
    QUIET = "quiet"
    LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most a recipe may send and take for one subject; more ends it as `unsure: budget`."""

    requests: int
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How a failure is confirmed. `again` counts re-runs with fresh values that must fail alike."""

    again: int


def repeat(times: int) -> Confirmation:
    """Re-run the recipe with fresh values, so many times."""
    return Confirmation(times)


STATE = Confirmation(0)
"""A proven re-read suffices."""
ONCE = Confirmation(0)
"""Repeating would change what is measured (limits, lockout)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe(Evidence[T]):
    """Active: a named way to question one subject (`scope` says which kind)."""

    name: str
    steps: Callable[..., Steps[T]]
    scope: Scope
    pace: Pace
    at_most: Bound
    confirm: Confirmation
    after: tuple[Recipe[Any], ...]
    wire: bool
    expects_refusal: bool
    """429, 503 and silence are this recipe's subject, not interference; one that goes last does not wait them out."""
    mutates: bool
    """Sends writes; such recipes are left out of a read-only audit."""

    @property
    def docs(self) -> str:
        return (self.steps.__doc__ or self.name).strip().splitlines()[0]

    @property
    def evidence_type(self) -> Any:
        """The type the generator returns, for reading evidence back from disk."""
        return get_type_hints(self.steps)["return"].__args__[2]


def recipe(
    *,
    scope: Scope = Scope.OPERATION,
    pace: Pace = Pace.SHARED,
    at_most: Bound,
    confirm: Confirmation | None = None,
    after: tuple[Recipe[Any], ...] = (),
    wire: bool = False,
    expects_refusal: bool = False,
    mutates: bool = True,
) -> Callable[[Callable[..., Steps[T]]], Recipe[T]]:
    """Turn a generator function into a recipe.

    The function takes `(operation, world)`, `(resource, world)` or `(world)` by scope, then the evidence of each
    recipe in `after`. `mutates=False` promises that nothing but safe methods is sent.
    """

    def wrap(steps: Callable[..., Steps[T]]) -> Recipe[T]:
        return Recipe(
            name=f"{steps.__module__.rpartition('.')[2]}.{steps.__name__}",
            steps=steps,
            scope=scope,
            pace=pace,
            at_most=at_most,
            confirm=repeat(1) if confirm is None else confirm,
            after=after,
            wire=wire,
            expects_refusal=expects_refusal,
            mutates=mutates,
        )

    return wrap


# --- questions that families share --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Two answers that differ by one thing in the question; the control is known to be good, before and after."""

    control: Exchange
    changed: Exchange
    again: Exchange
    """The control after the probe: succeeded, or there would be no Contrast."""
    effect: Exchange | None = None
    """What an authorised read shows after a changed write was answered 2xx; None for reads and refusals."""
    witness: Exchange | None = None
    """Asked after an operation that is known to wipe data was answered 2xx: a read that was answered 2xx before it."""

    @property
    def wiped(self) -> bool:
        """The changed question removed what was there."""
        return self.witness is not None and self.witness.response.status in {401, 403, 404, 410}

    @property
    def volatile(self) -> frozenset[str]:
        return compare.volatile(self.control.response, self.again.response)

    def same_answer(self) -> bool:
        """The changed question got the control's answer: same shape and a shared telling value."""
        return compare.same(self.control.response, self.changed.response, ignoring=self.volatile)

    def took_effect(self) -> bool:
        """An authorised read shows what the changed write asked for, and the control did not."""
        return self.effect is not None and shows_effect(self.changed.request, self.effect, control=self.control)


def ask(request: Step) -> Steps[Exchange]:
    """Send one step and return its exchange, typed."""
    return cast("Exchange", (yield request))


USED_UP = frozenset({400, 403, 404, 409, 410, 412, 422})
"""Refusals that may say that what a write was about is no longer in the state for it."""


class UsedUp(Unavailable):
    """A write was accepted once and refused after that: a thing is shipped once."""


def control(stage: Stage, world: World, *, again: bool = False) -> Steps[Exchange]:
    """Ask the ordinary way. Raises `Unavailable` unless it is answered 2xx: a refusal elsewhere means nothing then.

    The first control on a golden object may be shared with other recipes; the one after a probe is always sent.
    """
    shared = stage.operation.safe and not again
    purpose = "the control again" if again else "the control"
    request = world.request(stage, purpose=purpose, role=Role.CONTROL, shared=shared)
    answered = yield from ask(request)
    if not answered.succeeded:
        used_up = again and not (stage.operation.safe or stage.once) and answered.response.status in USED_UP
        reason = f"{purpose} was answered {answered.response.status}, so nothing can be compared with it"
        raise UsedUp(reason) if used_up else Unavailable(reason)
    return answered


def renewed(stage: Stage, world: World) -> Steps[Stage]:
    """Return a stage that can be used again: a new one where the last request used it up."""
    if stage.once:
        return replace((yield from world.stage(stage.operation)), once=True)
    return stage


def contrasted(operation: Operation, world: World, changed: Callable[[Stage], Request]) -> Steps[Contrast]:
    """Control, the changed request, what it left behind, control again.

    Where the control turns out to have used up what it was about, all of it is asked anew, each on its own.
    """
    stage = yield from world.stage(operation)
    try:
        return (yield from compared(stage, world, changed))
    except UsedUp:
        stage = yield from world.stage(operation)
        return (yield from compared(replace(stage, once=True), world, changed))


def compared(stage: Stage, world: World, changed: Callable[[Stage], Request]) -> Steps[Contrast]:
    operation = stage.operation
    before = yield from control(stage, world)
    stage = yield from renewed(stage, world)
    witness = yield from world.witness(stage)
    probe = yield from ask(changed(stage))
    effect = shown = None
    if probe.succeeded and not operation.safe:
        effect = yield from left_behind(stage, probe, world)
    if probe.succeeded and witness is not None:
        shown = yield from ask(witness)
    if probe.succeeded:
        stage = yield from renewed(stage, world)
    again = yield from control(stage, world, again=True)
    return Contrast(control=before, changed=probe, again=again, effect=effect, witness=shown)


def left_behind(stage: Stage, probe: Exchange, world: World) -> Steps[Exchange | None]:
    """Read, as the stage's actor, the object that a write answered 2xx was about; None where nothing reads it."""
    resource = world.resource_of(stage.operation)
    if resource is None:
        return None
    bindings = dict(stage.bindings)
    if stage.operation is resource.create:
        made = world.made_by(probe)
        if made is None:
            return None
        bindings = dict(made.bindings)
    reader = resource.read or resource.list
    if reader is None:
        return None
    read = world.request(
        Stage(operation=reader, actor=stage.actor, bindings=bindings),
        purpose="what the write left behind",
        role=Role.SETUP,
    )
    return (yield from ask(read))


def shows_effect(request: Request, read: Exchange, *, control: Exchange | None = None) -> bool:
    """`read`, sent after a write, shows that the write happened.

    After DELETE the object is gone (404, 410). Otherwise a telling value that this very write carried is stored:
    every write is built with fresh unique values, so a match is no coincidence. What an earlier `control` sent or
    was answered (enum members, parents' ids) proves nothing.
    """
    if request.method == "DELETE":
        return read.response.status in {404, 410}
    sent, shown = request.json(), read.response.json()
    if sent is NOT_JSON or shown is NOT_JSON or not read.succeeded:
        return False
    known = values_of(control) if control is not None else frozenset()
    return bool((fresh_values(sent) - known) & compare.telling_values(shown))


def values_of(exchange: Exchange) -> frozenset[str]:
    """Return every telling value of a question and its answer."""
    bodies = (exchange.request.json(), exchange.response.json())
    return frozenset().union(*(compare.telling_values(body) for body in bodies if body is not NOT_JSON))


def fresh_values(sent: Json) -> frozenset[str]:
    """Return the sent values long enough not to be there by chance (8 characters or more)."""
    return frozenset(value for value in compare.telling_values(sent) if len(value) >= 8)


@recipe(at_most=Bound(requests=12), confirm=repeat(1))
def anonymous(operation: Operation, world: World) -> Steps[Contrast]:
    """Ask with credentials, without, and with again: a refusal means nothing unless the control still works."""
    if not operation.protected:
        raise NotApplicable("the operation does not ask for credentials")

    def bare(stage: Stage) -> Request:
        return world.request(stage, identity=ANONYMOUS, purpose="no credentials")

    return (yield from contrasted(operation, world, bare))
