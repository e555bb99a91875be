"""Errors as they come by themselves: an unknown path, a wrong method, a stranger, an unknown id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.evidence import Bound, Change, Scope, Steps, Unavailable, World, ask, recipe, repeat
from auditor.model import ANONYMOUS, Exchange, Location, Operation, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    answers: tuple[Exchange, ...]


@recipe(scope=Scope.API, at_most=Bound(requests=12), confirm=repeat(1), mutates=False)
def natural_errors(world: World) -> Steps[Refused]:
    """Provoke one ordinary error of each class: unknown path, wrong method, no credentials, unknown id."""
    answers = []
    for request in _plain_errors(world):
        answers.append((yield from ask(request)))
    unknown = yield from _unknown_item(world)
    return Refused(answers=(*answers, *unknown))


def _plain_errors(world: World) -> Iterator[Request]:
    nowhere = f"/aud-{world.rng.randrange(16**8):08x}"
    yield Request(method="GET", path=nowhere, purpose="a path that does not exist")
    plain = [one for one in world.document.operations if "{" not in one.path]
    read = {one.path for one in plain if one.method == "GET"}
    for operation in [one for one in plain if one.path not in read][:1]:
        yield Request(method="GET", path=operation.path, purpose="a method that is not offered")
    for operation in [one for one in plain if one.method == "GET" and one.protected][:1]:
        yield Request(
            method="GET", path=operation.path, operation=operation, identity=ANONYMOUS, purpose="no credentials"
        )


def _unknown_item(world: World) -> Steps[tuple[Exchange, ...]]:
    """Ask for an item that nobody has, at the first item operation that ever worked."""
    for operation in world.document.operations:
        if operation.method == "GET" and operation.path_parameters:
            try:
                return ((yield from _ask_unknown(operation, world)),)
            except Unavailable:
                continue
    return ()


def _ask_unknown(operation: Operation, world: World) -> Steps[Exchange]:
    stage = yield from world.stage(operation)
    name = operation.path_parameters[-1]
    value = f"aud-{world.rng.randrange(16**8):08x}"
    change = Change(location=Location.PATH, pointer=f"/{name}", value=value, kind="unknown-id")
    return (yield from ask(world.request(stage, purpose="an id that does not exist", changes=[change])))
