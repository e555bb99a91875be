"""The questions of the authorisation family: one user's objects asked for, written and filled in by another."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor import compare
from auditor.evidence import (
    Bound,
    Change,
    Contrast,
    Made,
    NotApplicable,
    Scope,
    Stage,
    Steps,
    Unavailable,
    World,
    ask,
    contrasted,
    control,
    recipe,
)
from auditor.model import (
    ANONYMOUS,
    Exchange,
    Identity,
    Json,
    Location,
    Operation,
    Request,
    Resource,
    Role,
)
from checks._owners import refused

# --- authz.bola-read ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """One object asked for by its owner, by another user, and by its owner again."""

    control: Exchange
    foreign: Exchange
    again: Exchange
    bare: Exchange | None = None
    """Without credentials; asked, like the lists, only when the other user was answered."""
    own_list: Exchange | None = None
    foreign_list: Exchange | None = None
    listed: str = ""
    """The id that a list would show: the object's, or that of the outermost thing it lies in."""


@recipe(scope=Scope.RESOURCE, at_most=Bound(requests=20))
def peeked(resource: Resource, world: World) -> Steps[Peek]:
    """Read one user's object as another; when that is answered, ask who else may see it."""
    read = resource.read
    if read is None or not read.path_parameters:
        raise NotApplicable("no operation reads one item")
    if not read.protected:
        raise NotApplicable("items are public: reading them needs no credentials")
    if is_administrators(resource, world):
        raise NotApplicable("only administrators make these, so none belongs to a user")
    stranger = world.stranger
    stage = yield from owned(resource, read, world)
    before = yield from control(stage, world)
    foreign = yield from ask(world.request(stage, identity=stranger, purpose="another user reads the object"))
    again = yield from control(stage, world, again=True)
    if refused(foreign):
        return Peek(control=before, foreign=foreign, again=again)
    return (yield from audience(resource, stage, world, Peek(control=before, foreign=foreign, again=again)))


def is_administrators(resource: Resource, world: World) -> bool:
    """Say whether an administrator had to make the first one: users were refused."""
    if resource.create is None:
        return False
    try:
        return world.golden(resource.create).request.identity.role == "admin"
    except Unavailable:
        return False


def owned(resource: Resource, read: Operation, world: World) -> Steps[Stage]:
    """Return a stage on a new object of the owner's, or on a golden one where nothing creates any."""
    if resource.create is None:
        return (yield from world.stage(read))
    made = yield from world.make(resource, world.owner)
    return Stage(operation=read, actor=made.owner, bindings=made.bindings)


def audience(resource: Resource, stage: Stage, world: World, peek: Peek) -> Steps[Peek]:
    """Ask anonymously, and for the list that would show the object to its owner and to the other user."""
    bare = yield from ask(world.request(stage, identity=ANONYMOUS, purpose="no credentials"))
    lister, listed = outermost(resource, stage.bindings, world)
    if lister is None:
        return Peek(control=peek.control, foreign=peek.foreign, again=peek.again, bare=bare)
    shelf = Stage(operation=lister, actor=stage.actor, bindings=stage.bindings)
    mine = yield from ask(world.request(shelf, purpose="the owner's list", role=Role.SETUP))
    theirs = yield from ask(world.request(shelf, identity=world.stranger, purpose="the other user's list"))
    return Peek(
        control=peek.control,
        foreign=peek.foreign,
        again=peek.again,
        bare=bare,
        own_list=mine,
        foreign_list=theirs,
        listed=listed,
    )


def outermost(resource: Resource, bindings: Mapping[str, str], world: World) -> tuple[Operation | None, str]:
    """Return the list that shows the object, and its id there.

    A nested list is addressed by the owner's parent, so it says nothing of what the other user may see: the list of
    the outermost parent does.
    """
    parameter = resource.parameter
    for _ in range(len(world.resources)):
        if not resource.parents:
            return resource.list, bindings.get(parameter, "")
        parameter, name = next(iter(resource.parents.items()))
        parent = next((one for one in world.resources if one.name == name), None)
        if parent is None:
            return None, ""
        resource = parent
    return None, ""


# --- authz.bola-write ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One verb tried by another user on an object of its own."""

    operation: str
    asked: Contrast | None = None
    missing: str = ""
    """Why the verb could not be tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    tried: tuple[Attempt, ...]


@recipe(scope=Scope.RESOURCE, at_most=Bound(requests=45))
def trespassed(resource: Resource, world: World) -> Steps[Attempts]:
    """Change and at last delete one user's objects as another, each verb on an object of its own."""
    every = (resource.modify, resource.replace, resource.remove)
    verbs = [one for one in every if one is not None and one.protected and one.path_parameters]
    if not verbs:
        raise NotApplicable("no protected operation changes or deletes one item")
    stranger = world.stranger
    tried = []
    for operation in verbs:
        tried.append((yield from trespass(operation, stranger, world)))
    return Attempts(tried=tuple(tried))


def trespass(operation: Operation, stranger: Identity, world: World) -> Steps[Attempt]:
    def foreign(stage: Stage) -> Request:
        return world.request(stage, identity=stranger, purpose=f"another user sends {operation.method}")

    try:
        asked = yield from contrasted(operation, world, foreign)
    except Unavailable as missing:
        return Attempt(operation=operation.label, missing=missing.reason)
    return Attempt(operation=operation.label, asked=asked)


# --- authz.mass-assignment ----------------------------------------------------------------------------------

OWNERS = re.compile(
    r"^(owner|user|author|creator|created_by|account|tenant|organi[sz]ation|org|team|company|customer|client|buyer|seller"
    r"|member|holder|patient|employee|manager)(_id|_uuid)?$"
)
ROLES = re.compile(r"^(user_|account_)?role$|^(user|account)_type$|^access_level$")
RIGHTS = re.compile(
    r"^(is_)?(admin|staff|superuser|superadmin|moderator|verified|approved|premium|trusted|enabled)$"
    r"|^(email|phone|account|identity)_(is_)?(verified|confirmed)$"
)
MONEY = re.compile(r"^(account_|wallet_)?(balance|credits?|points|quota|tokens_left)(_cents|_minor)?$")
BY_DESIGN = frozenset({"id", "status", "state", "version", "revision", "_v", "__v", "etag", "lock_version"})
"""Fields that clients may set in many sound APIs, or that name and lock the object itself."""
NUMERAL = re.compile(r"^-?\d+(\.\d+)?$")
DATE = re.compile(r"^\d{4}-\d{2}-\d{2}")
SINGLES = 4
"""Telling fields tried one by one when all together were refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A field that the server controls: what it showed, and what was sent for it, both as JSON text."""

    name: str
    before: str
    sent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One write with server-controlled fields, and a fresh read after it."""

    operation: str
    offered: tuple[Offered, ...]
    wrote: Exchange
    read: Exchange | None = None
    door_before: Exchange | None = None
    """A privileged operation, refused before the write…"""
    door_after: Exchange | None = None
    """…and asked again after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injections:
    control: Exchange
    """The read of an object made without these fields."""
    tried: tuple[Injection, ...]


@recipe(scope=Scope.RESOURCE, at_most=Bound(requests=80))
def injected(resource: Resource, world: World) -> Steps[Injections]:
    """Create and modify with fields that only reads show, then read afresh."""
    every = (resource.create, resource.modify or resource.replace)
    writers = [one for one in every if one is not None and takes_members(one, world)]
    if resource.read is None or not writers:
        raise NotApplicable("nothing both writes and reads one item")
    if is_administrators(resource, world):
        raise NotApplicable("only administrators write these, and may set what they like")
    stage = yield from own_object(resource, resource.read, writers, world)
    before = yield from control(stage, world, again=True)
    foreign = yield from rival(resource, before, world)
    offers = candidates(resource, world, before, foreign)
    if not offers:
        raise NotApplicable("reads show no field that requests do not take")
    tried: list[Injection] = []
    for operation in writers:
        tried.extend((yield from assault(operation, resource, world, offers)))
    return Injections(control=before, tried=tuple(tried))


def own_object(resource: Resource, read: Operation, writers: Sequence[Operation], world: World) -> Steps[Stage]:
    """Return a reading stage on an object that may be written: a new one, or a disposable user's own singleton."""
    if resource.create is not None:
        made = yield from world.make(resource, world.owner)
        return Stage(operation=read, actor=made.owner, bindings=made.bindings)
    stage = yield from world.stage(writers[0])
    return Stage(operation=read, actor=stage.actor, bindings=stage.bindings)


def rival(resource: Resource, before: Exchange, world: World) -> Steps[Mapping[str, Json]]:
    """Return what an object of another user says of its owner; empty where none can be made or nothing says so."""
    if resource.create is None or not any(OWNERS.match(snake(name)) for name in members(before)):
        return {}
    try:
        made: Made = yield from world.make(resource, world.stranger)
    except Unavailable:
        return {}
    return {name: value for name, value in members(made.exchange).items() if OWNERS.match(snake(name))}


def candidates(
    resource: Resource, world: World, before: Exchange, foreign: Mapping[str, Json]
) -> tuple[tuple[str, Json, Json], ...]:
    """Return (name, shown, to be sent) of every field that reads show and no request is meant to carry."""
    takes = settable(resource, world)
    found = []
    for name, shown in members(before).items():
        if name in takes or name == resource.parameter or snake(name) in BY_DESIGN:
            continue
        value = foreign.get(name) if OWNERS.match(snake(name)) else other_value(snake(name), shown)
        offered = value is not None and not isinstance(value, (dict, list)) and value != shown
        if offered and (takes or telling(name)):
            found.append((name, shown, value))
    return tuple(found)


def settable(resource: Resource, world: World) -> frozenset[str]:
    """Return the names that requests of the resource declare, or carried when they worked."""
    writers = [one for one in (resource.create, resource.modify, resource.replace) if one is not None]
    declared = {one.name for writer in writers for one in world.fields(writer) if one.location is Location.BODY}
    return frozenset(declared).union(*(sent_names(writer, world) for writer in writers))


def takes_members(operation: Operation, world: World) -> bool:
    """Say whether a body has members beside which more could be put; a picture has none."""
    return any(one.location is Location.BODY and one.pointer for one in world.fields(operation))


def sent_names(operation: Operation, world: World) -> frozenset[str]:
    try:
        body = world.golden(operation).request.json()
    except Unavailable:
        return frozenset()
    return frozenset(body) if isinstance(body, dict) else frozenset()


def other_value(name: str, shown: Json) -> Json:
    """Return another value of the same kind; None where none can be offered without guessing."""
    if isinstance(shown, bool) or (shown is None and RIGHTS.match(name)):
        return not shown
    if isinstance(shown, (int, float)) or (shown is None and MONEY.match(name)):
        return (shown or 0) + 1000
    if ROLES.match(name) and (shown is None or isinstance(shown, str)):
        return "admin"
    if isinstance(shown, str) and MONEY.match(name) and NUMERAL.match(shown):
        return "1000.00" if "." in shown else "1000"
    if isinstance(shown, str) and DATE.match(shown):
        return "2001-02-03" + ("T04:05:06Z" if len(shown) > 10 else "")
    return None


def telling(name: str) -> bool:
    """Setting it would give rights, money or somebody else's name."""
    return any(pattern.match(snake(name)) for pattern in (OWNERS, ROLES, RIGHTS, MONEY))


def assault(
    operation: Operation, resource: Resource, world: World, offers: Sequence[tuple[str, Json, Json]]
) -> Steps[list[Injection]]:
    """Send everything at once, but another owner alone (the object may vanish); one by one when that is refused."""
    owners = [one for one in offers if OWNERS.match(snake(one[0]))]
    others = [one for one in offers if one not in owners]
    tried: list[Injection] = []
    for group in [group for group in (others, owners[:1]) if group]:
        tried.append((yield from inject(operation, resource, world, group)))
    if len(others) > 1 and (tried[0].read is None or not tried[0].read.succeeded):
        for one in [offer for offer in others if telling(offer[0])][:SINGLES]:
            tried.append((yield from inject(operation, resource, world, [one])))
    return tried


def inject(
    operation: Operation, resource: Resource, world: World, group: Sequence[tuple[str, Json, Json]]
) -> Steps[Injection]:
    stage = yield from world.stage(operation)
    names = [snake(name) for name, _, _ in group]
    heir = world.stranger if any(OWNERS.match(name) for name in names) else None
    door = privileged(world) if stage.actor.disposable and any(guards(name) for name in names) else None
    before = None if door is None else (yield from knock(door, stage.actor, world))
    changes = additions(operation, world, group)
    wrote = yield from ask(world.request(stage, changes=changes, purpose="fields that the server controls"))
    read = (yield from afresh(resource, stage, wrote, heir, world)) if wrote.succeeded else None
    after = None if door is None else (yield from knock(door, stage.actor, world))
    offered = tuple(Offered(name=name, before=json.dumps(old), sent=json.dumps(new)) for name, old, new in group)
    return Injection(
        operation=operation.label, offered=offered, wrote=wrote, read=read, door_before=before, door_after=after
    )


def guards(name: str) -> bool:
    """The field may open doors."""
    return bool(ROLES.match(name) or RIGHTS.match(name))


def additions(operation: Operation, world: World, group: Sequence[tuple[str, Json, Json]]) -> tuple[Change, ...]:
    """Place the fields beside those that the body declares, inside its envelope if it has one."""
    declared = [one.pointer for one in world.fields(operation) if one.location is Location.BODY]
    beside = min((pointer.rpartition("/")[0] for pointer in declared), key=len, default="")
    return tuple(
        Change(location=Location.BODY, pointer=f"{beside}/{compare.escape(name)}", value=value, kind="server-field")
        for name, _, value in group
    )


def afresh(
    resource: Resource, stage: Stage, wrote: Exchange, heir: Identity | None, world: World
) -> Steps[Exchange | None]:
    """Read what was written as its owner, and where he lost it, as the user to whom it may have gone."""
    made = world.made_by(wrote) if stage.operation is resource.create else None
    if resource.read is None or (stage.operation is resource.create and made is None):
        return None
    where = Stage(operation=resource.read, actor=stage.actor, bindings=made.bindings if made else stage.bindings)
    read = yield from ask(world.request(where, purpose="a fresh read", role=Role.SETUP))
    if read.succeeded or heir is None:
        return read
    return (yield from ask(world.request(where, identity=heir, purpose="a fresh read", role=Role.SETUP)))


def privileged(world: World) -> Operation | None:
    """A read that looks like an administrator's."""
    reads = (one for one in world.document.operations if one.method == "GET" and one.protected)
    named = (one for one in reads if "admin" in re.split(r"[^a-z]+", f"{one.path} {' '.join(one.tags)}".lower()))
    return next((one for one in named if not one.path_parameters), None)


def knock(door: Operation, caller: Identity, world: World) -> Steps[Exchange]:
    return (yield from ask(world.request(Stage(operation=door, actor=caller), purpose="a privileged read")))


def members(exchange: Exchange) -> Mapping[str, Json]:
    """Return the object in the body, taken out of its envelope (`{"data": {…}}`)."""
    body = exchange.response.json()
    inner = list(body.values()) if isinstance(body, dict) else []
    if len(inner) == 1 and isinstance(inner[0], dict):
        return inner[0]
    if isinstance(body, dict) and isinstance(body.get("data"), dict):
        return dict(body["data"])
    return body if isinstance(body, dict) else {}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
