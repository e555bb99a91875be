"""Ids of one thing in the answers about another: the version that making a prompt answers with.

Guessed by name, believed only when reading the item shows what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.compare import walk
from auditor.evidence import Made, Stage, Steps, Unavailable, ask
from auditor.kinds.identifiers import anywhere, is_identifier, text_of
from auditor.kinds.naming import is_called, noun, singular
from auditor.kinds.paths import shape
from auditor.model import NOT_JSON, Exchange, Identity, Resource, Role
from auditor.values.makers import words
from auditor.world.world import SeededWorld

MOST_TRIED = 4
"""Values read as the item's id, of one kind."""


def look(world: SeededWorld, kind: Resource, identity: Identity) -> Steps[None]:
    """Find an answer that names an item of a kind which nothing is known to create, and keep where."""
    read = kind.read
    if not kind.parameter or kind.create is not None or world.objects.known(kind, identity) is not None:
        return
    if read is None:
        point(world, kind, identity)
        return
    tried: set[str] = set()
    for answered, pointer, own in found_in(answers(world, identity), kind):
        if own in tried or len(tried) >= MOST_TRIED:
            continue
        tried.add(own)
        made = world.objects.making.by_product(kind, answered, own)
        try:
            around = yield from world.bind(read, made.owner)
        except Unavailable:
            continue
        stage = Stage(operation=read, actor=made.owner, bindings={**around, kind.parameter: own})
        seen = yield from ask(world.request(stage, purpose="is this id one of these?", role=Role.SETUP))
        if world.objects.making.shows(seen, made):
            keep(world, made, stage, label_of(answered), pointer, seen)
            return


def answers(world: SeededWorld, identity: Identity) -> list[Exchange]:
    """Return what was answered while seeding, to the identity before others: what it owns is what it can use."""
    return sorted(world.objects.answers.values(), key=lambda one: one.request.identity != identity)


def label_of(answered: Exchange) -> str:
    return answered.operation.label if answered.operation is not None else ""


def point(world: SeededWorld, kind: Resource, identity: Identity) -> None:
    """Where nothing reads an item, take an id of it that we sent ourselves: to be pointed to, never to be written."""
    for answered in answers(world, identity):
        own = anywhere(answered.request.json(), kind)
        if own is not None:
            world.memory.found.setdefault(kind.name, {kind.parameter: own})
            return


def keep(world: SeededWorld, made: Made, stage: Stage, label: str, pointer: str, seen: Exchange) -> None:
    """Believe it: the item can be read, pointed to, and made again with what it came along with."""
    kind = made.resource
    world.learned.by_products[kind.name] = (label, pointer)
    world.learned.shown.add(kind.name)
    world.learned.inspected.add(kind.name)
    golden = Made(resource=kind, owner=made.owner, bindings=stage.bindings, exchange=seen)
    world.memory.objects.setdefault((made.owner.name, kind.name), golden)


def found_in(answers: Iterable[Exchange], kind: Resource) -> Iterator[tuple[Exchange, str, str]]:
    """Yield (answer, pointer, value) of what may be an item's id, the clearest names first."""
    every = [
        (answered, pointer, value)
        for answered in answers
        if answered.response.json() is not NOT_JSON
        for pointer, value in walk(answered.response.json())
        if is_identifier(value)
    ]
    for speaks in (names_parameter, names_thing, is_alike):
        yield from (
            (answered, pointer, text_of(value))
            for answered, pointer, value in every
            if speaks(label_of(answered), pointer, kind)
        )


def names_parameter(_label: str, pointer: str, kind: Resource) -> bool:
    """`version_id` where the path takes {version_id}."""
    spoken = words(kind.parameter)
    return len(spoken) > 1 and words(pointer.rpartition("/")[2]) == spoken


def names_thing(_label: str, pointer: str, kind: Resource) -> bool:
    """`prompt_version_id`, or the `id` inside `prompt_version`."""
    above, _, last = pointer.rpartition("/")
    spoken = words(last)
    if spoken in {("id",), ("uuid",)}:
        return is_called(above.rpartition("/")[2], kind)
    return len(spoken) > 1 and spoken[-1] in {"id", "uuid"} and is_called(" ".join(spoken[:-1]), kind)


def is_alike(label: str, pointer: str, kind: Resource) -> bool:
    """The `id` of an answer of an operation whose noun is part of this one: `/prompts` and `/prompt_versions`."""
    if words(pointer.rpartition("/")[2]) not in {("id",), ("uuid",)} or pointer.count("/") > 2:
        return False
    other = {singular(word) for word in words(shape(label.partition(" ")[2]).last_name)}
    return bool(other & {singular(word) for word in noun(kind.name)})
