"""What the run came to know of the target, for people: who creates what, who needs what, what comes before what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.knowledge.learned import Carry, Deed
from auditor.model import Operation, Resource, ResourceFacts, SecurityScheme
from auditor.world.pointing import BY_KEY, BY_OTHER_ID, REQUIRED
from auditor.world.world import SeededWorld


def resources(world: SeededWorld, operations: Sequence[Operation]) -> tuple[ResourceFacts, ...]:
    """Return the kinds of things that these operations are about, what others need first before those."""
    wanted = {one.label for one in operations}
    kinds = (one for one in world.relations.by_dependency() if {each.label for each in about(one)} & wanted)
    return tuple(resource(world, one) for one in kinds)


def about(kind: Resource) -> tuple[Operation, ...]:
    every = (kind.create, kind.list, *kind.item_operations)
    return tuple(one for one in every if one is not None)


def resource(world: SeededWorld, kind: Resource) -> ResourceFacts:
    made_as = sorted(name for name, of in world.memory.objects if of == kind.name)
    return ResourceFacts(
        name=kind.name,
        created_by=creator(world, kind),
        how=tuple(ways(world, kind)),
        operations=tuple(one.label for one in kind.item_operations),
        needs=tuple(sorted(world.relations.needs(kind) - {kind.name})),
        made_as=tuple(made_as),
        existing=kind.name in world.memory.found,
    )


def creator(world: SeededWorld, kind: Resource) -> str:
    if kind.create is not None:
        return kind.create.label
    if kind.name in world.learned.by_products:
        return world.learned.by_products[kind.name][0]
    twin = world.relations.twin(kind)
    if twin is not None and twin.create is not None and kind.name in world.learned.shown:
        return twin.create.label
    register = world.sign_in.register
    return register.label if register is not None and kind is world.objects.making.accounts() else ""


def ways(world: SeededWorld, kind: Resource) -> Iterator[str]:
    """Say what trying has taught about making and addressing one."""
    learned = world.learned
    if kind.name in learned.adopted:
        yield "at a name of ours, found by trying"
    if kind.name in learned.by_products:
        yield f"named at {learned.by_products[kind.name][1]} of that answer, found by trying"
    if kind.name in learned.identified:
        yield f"addressed by its {learned.identified[kind.name]}, found by trying"
    if kind.name in world.memory.crowded:
        yield "each in a parent of its own"
    if kind.create is not None and kind.create.label in learned.paired:
        yield "each with references of its own"


def lessons(world: SeededWorld, operation: Operation) -> tuple[str, ...]:
    """Return what the operation turned out to need of the objects it works on, in a few words each."""
    return tuple(told(world, operation))


def told(world: SeededWorld, operation: Operation) -> Iterator[str]:
    learned, label = world.learned, operation.label
    if label in learned.preludes:
        yield f"after {named(learned.preludes[label])}"
    for readied in learned.readied.get(label, ()):
        yield f"{readied.reference.field.name}: a new one, after {named(readied.deeds)}"
    yield from (carried(one) for one in learned.carries.get(label, ()))
    yield from (f"{pointer.rpartition('/')[2]}: {value}" for _, pointer, value in learned.given.get(label, ()))
    if learned.turns.get(label) == REQUIRED:
        yield "none of its optional references"
    if learned.turns.get(label) == BY_KEY:
        yield "references by their natural key"
    if learned.turns.get(label) == BY_OTHER_ID:
        yield "references by another of their ids"
    if label in learned.once:
        yield "uses its item's state up"


def named(deeds: Sequence[Deed]) -> str:
    """Name deeds in turn, repeated ones once: "POST /orders/{id}/confirm, POST /orders/{id}/ship"."""
    return ", ".join(dict.fromkeys(one.label for one in deeds))


def carried(carry: Carry) -> str:
    name = carry.pointer.rpartition("/")[2]
    if carry.constant is not None:
        return f"{name}: {carry.constant}"
    return f"{name}: the {'ETag' if carry.header.lower() == 'etag' else carry.header or name} that a read shows"


def scheme(one: SecurityScheme) -> str:
    """Say how credentials travel: "tokenAuth: api_key in header X-Token"."""
    place = f" in {one.location} {one.parameter}" if one.location is not None and one.kind == "api_key" else ""
    flows = f" ({', '.join(one.flows)})" if one.flows else ""
    return f"{one.name}: {one.kind}{place}{flows}"
