"""The questions of the design family: make one object and look for it where the answer says it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urljoin, urlsplit

from auditor.evidence import Bound, NotApplicable, Poll, Scope, Stage, Steps, Unavailable, World, ask, recipe, repeat
from auditor.model import Exchange, Operation, Request, Resource, Role

LONGEST_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A create, and what a reader found of it."""

    create: Exchange
    location: str | None = None
    item: str = ""
    """The id that the answer names; "" when it names none."""
    followed: Exchange | None = None
    """What the Location answered to the same caller."""
    read: Exchange | None = None
    """What the item's own operation answered."""
    repeated: Exchange | None = None
    """The very same create once more, where the first was answered otherwise than 201 or 202."""
    repeated_item: str = ""


@recipe(scope=Scope.RESOURCE, at_most=Bound(requests=70), confirm=repeat(1))
def created(resource: Resource, world: World) -> Steps[Created]:
    """Create an object, follow its Location, read it by its id."""
    if resource.create is None or resource.read is None:
        raise NotApplicable("nothing creates items here that can be read one by one")
    stage = yield from world.stage(resource.create)
    request = world.request(stage, purpose="a new object", role=Role.CONTROL)
    create = yield from ask(request)
    if not create.succeeded:
        raise Unavailable(f"the create was answered {create.response.status}")
    location = create.response.header("location")
    followed = None if location is None else (yield from _follow(location, create, resource.read, world))
    made = world.made_by(create)
    read = None
    if made is not None:
        reading = Stage(operation=resource.read, actor=stage.actor, bindings=made.bindings)
        read = yield from ask(world.request(reading, purpose="the new item", role=Role.SETUP))
    repeated, repeated_item = yield from _again(request, create, read, world)
    return Created(
        create=create,
        location=location,
        item=made.id if made else "",
        followed=followed,
        read=read,
        repeated=repeated,
        repeated_item=repeated_item,
    )


def _follow(location: str, create: Exchange, reading: Operation, world: World) -> Steps[Exchange | None]:
    """Ask for the Location on the target itself; None when it names another host. After 202 ask until it is there."""
    parts = urlsplit(location)
    if parts.netloc and parts.netloc != world.host:
        return None
    absolute = location.startswith("/") or bool(parts.netloc)
    path = parts.path or "/"
    request = Request(
        method="GET",
        path=path if absolute else urljoin(create.request.path, path),
        query=tuple(parse_qsl(parts.query)),
        operation=reading if names_item(path, reading) else None,
        identity=create.request.identity,
        role=Role.SETUP,
        purpose="where the Location leads",
        absolute=absolute,
    )
    if create.response.status != 202:
        return (yield from ask(request))
    return (yield from ask(Poll(request, _is_there, LONGEST_WAIT_SECONDS)))


def _is_there(seen: Exchange) -> bool:
    return seen.response.status in {200, 303}


def names_item(path: str, reading: Operation) -> bool:
    """The path ends as the item's own does, whatever comes before (the base address is not known here)."""
    wanted = [part for part in reading.path.split("/") if part]
    given = [part for part in path.split("/") if part][-len(wanted) :]
    pairs = zip(wanted, given, strict=False)
    return len(given) == len(wanted) and all(mine.startswith("{") or mine == theirs for mine, theirs in pairs)


def _again(
    request: Request, create: Exchange, read: Exchange | None, world: World
) -> Steps[tuple[Exchange | None, str]]:
    """Tell an upsert from a create: the very same request names the same object again."""
    if create.response.status in {201, 202} or read is None or not read.succeeded:
        return None, ""
    answered = yield from ask(replace(request, purpose="the same create again"))
    made = world.made_by(answered) if answered.succeeded else None
    return answered, made.id if made else ""
