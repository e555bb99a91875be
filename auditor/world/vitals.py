"""Cheap questions that tell whether the world is still as it was: is each caller who it was, is what it owns there?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.compare import walk
from auditor.evidence import Stage
from auditor.kinds import sign_in
from auditor.model import NOT_JSON, Exchange, Identity, Request, Response, Role
from auditor.world.world import SeededWorld

PURPOSE = "is the world as it was?"
MISSING = frozenset({404, 410})
REFUSED = frozenset({401, 403})
MOST_OBJECTS = 4
ID_NAMES = frozenset({"id", "uuid", "guid", "sub", "user_id", "account_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """One question, once answered 2xx, and what the answer must go on to say of its caller."""

    identity: Identity
    request: Request
    kind: str = ""
    """Name of the resource whose golden object is asked for; "" where the caller asks about itself."""
    who: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Hurt:
    """A question that is not answered any more as it was."""

    vital: Vital
    status: int

    @property
    def caller(self) -> bool:
        """The caller is refused, or is somebody else now."""
        return not self.vital.kind or self.status in REFUSED

    @property
    def told(self) -> str:
        name = self.vital.identity.name
        if self.vital.kind and self.status in MISSING:
            return f"{self.vital.kind} of {name} is gone"
        if self.status < 300:
            return f"{name} is somebody else"
        return f"{name} is answered {self.status}"


def questions(world: SeededWorld) -> Iterator[Vital]:
    """Yield what to ask: everybody about themselves, then what lies deepest in the world, strewn over its owners."""
    admin = world.identities.admin()
    users = world.identities.users()
    whoami = world.sign_in.whoami
    for identity in (*users, *((admin,) if admin else ())):
        if whoami is not None:
            request = world.request(Stage(operation=whoami, actor=identity), purpose=PURPOSE, role=Role.SETUP)
            yield Vital(identity=identity, request=request)
    yield from chosen([vital for _, vital in golden_objects(world)], [one.name for one in users])


def golden_objects(world: SeededWorld) -> Iterator[tuple[tuple[str, str], Vital]]:
    """Yield a read of every object that nobody may write, by its maker, under its key in the memory.

    What others depend on comes last.
    """
    kinds = {kind.name: kind for kind in world.relations.by_dependency()}
    for name in reversed(kinds):
        for key, made in world.memory.objects.items():
            reader = kinds[name].read if key[1] == name else None
            known = world.identities.named(made.owner.name)
            if reader is None or known is None or any(one not in made.bindings for one in reader.path_parameters):
                continue
            bindings = {one: made.bindings[one] for one in reader.path_parameters}
            stage = Stage(operation=reader, actor=known, bindings=bindings)
            yield key, Vital(identity=known, request=world.request(stage, purpose=PURPOSE, role=Role.SETUP), kind=name)


def chosen(objects: list[Vital], owners: list[str]) -> Iterator[Vital]:
    """One of each kind, each of another owner; a few in all."""
    kinds = dict.fromkeys(one.kind for one in objects)
    for number, kind in enumerate(list(kinds)[:MOST_OBJECTS]):
        mine = [one for one in objects if one.kind == kind]
        wanted = owners[number % len(owners)] if owners else ""
        yield next((one for one in mine if one.identity.name == wanted), mine[0])


def who(response: Response) -> frozenset[tuple[str, str]]:
    """Return what an answer about oneself says that does not change: the id, the names one signs in with."""
    body = response.json()
    found = ((pointer, value) for pointer, value in walk(body)) if body is not NOT_JSON else ()
    return frozenset(
        (pointer, str(value))
        for pointer, value in found
        if pointer.count("/") <= 2 and isinstance(value, (str, int)) and tells_who(pointer.rpartition("/")[2])
    )


def tells_who(name: str) -> bool:
    return sign_in.snake(name) in ID_NAMES or sign_in.is_username(name)


def hurt(vital: Vital, answered: Exchange) -> Hurt | None:
    """Say what is wrong; None when all is well, or when the answer tells nothing (429, 5xx)."""
    status = answered.response.status
    if status in REFUSED | MISSING:
        return Hurt(vital, status)
    if answered.succeeded and not vital.kind and not vital.who <= who(answered.response):
        return Hurt(vital, status)
    return None
