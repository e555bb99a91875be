"""Finds out what an item needs before an operation on it is accepted: a bounded search on fresh items of ours.

Three things are tried, cheapest first: values that a read of the item shows (ETag, version), the other values of its
state, and other documented deeds upon it in the order in which things live. What works is kept in `Learned`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from auditor.evidence import Stage, Step, Steps, Unavailable
from auditor.kinds.foreign_keys import Reference
from auditor.kinds.lifecycle import ENDING, UNKNOWN, rank, undone_by
from auditor.kinds.paths import PARAMETER
from auditor.kinds.relations import Relations, before_parameter
from auditor.kinds.sign_in import signs_in, snake
from auditor.knowledge.harms import Harms
from auditor.knowledge.learned import Carry, Deed, Learned, Readied
from auditor.model import Exchange, Field, Identity, Json, Location, Operation, Resource
from auditor.values.makers import words
from auditor.world.attempts import Attempts
from auditor.world.left_alone import left_alone
from auditor.world.objects import Objects
from auditor.world.pointing import typed

T = TypeVar("T")

WAITING = frozenset({400, 403, 404, 409, 412, 422, 423, 424, 425, 428})
"""Refusals that another state of the item may cure (RFC 9110 §15.5, RFC 4918 §11, RFC 6585 §3)."""
CONDITIONAL = frozenset({412, 428})
MOST_SEQUENCES = 6
MOST_OF_WHAT_STAYS = 2
"""Sequences tried on items that nothing removes again."""
MOST_DEEDS = 8
MOST_VALUES = 6
MOST_REFERENCES = 2
MOST_REQUESTS = 60
"""For one operation and caller."""
VERSIONS = frozenset(
    {"version", "revision", "rev", "lock_version", "row_version", "etag", "resource_version", "v", "updated_at"}
)
"""Members that hold which version of the item the caller has seen."""
STATES = frozenset({"status", "state", "stage", "phase"})


class States:
    """Searches; replaying is `auditor.world.readying`'s."""

    def __init__(
        self,
        *,
        relations: Relations,
        objects: Objects,
        learned: Learned,
        attempts: Attempts,
        fields: Callable[[Operation], tuple[Field, ...]],
        harms: Harms,
    ) -> None:
        self._relations = relations
        self._harms = harms
        self._objects = objects
        self._learned = learned
        self._attempts = attempts
        self._fields = fields

    def reach(self, operation: Operation, actor: Identity, refused: int) -> Steps[Exchange | None]:
        """Return the exchange in which the operation was accepted at last; None where nothing helped.

        Sends at most `MOST_REQUESTS`. Raises `Unavailable` when nobody answers or the run's budget is spent.
        """
        return (yield from at_most(self._search(operation, actor, refused), MOST_REQUESTS))

    def _search(self, operation: Operation, actor: Identity, refused: int) -> Steps[Exchange | None]:
        for way in (self._by_word, self._by_version, self._by_value, self._by_deeds, self._by_reference):
            answered = yield from way(operation, actor, refused)
            if answered is not None:
                return answered
        return None

    def _tried(self, operation: Operation, actor: Identity) -> Steps[Exchange | None]:
        """Try on a fresh item with what is learned by now."""
        try:
            stage = yield from self._objects.prepare(operation, actor)
        except Unavailable:
            return None
        answered = yield from self._attempts.until_accepted(stage, purpose="with what its state asks for")
        return answered if answered.reached else None

    # --- words of the path

    def _by_word(self, operation: Operation, actor: Identity, refused: int) -> Steps[Exchange | None]:
        """Try what other paths have in the place of a parameter that names nothing we know of; reads only."""
        if not operation.safe or refused not in {400, 404, 422}:
            return None
        for parameter, kind in self._relations.bound(operation).items():
            if kind is not None and (kind.create is not None or self._objects.known(kind, actor) is not None):
                continue
            place = (before_parameter(operation, parameter), parameter)
            for word in self._relations.literals(operation, parameter)[:MOST_VALUES]:
                self._learned.words[place] = word
                answered = yield from self._tried(operation, actor)
                if answered is not None:
                    return answered
                self._learned.words.pop(place)
        return None

    # --- values that a read shows

    def _by_version(self, operation: Operation, actor: Identity, refused: int) -> Steps[Exchange | None]:
        if operation.safe:
            return None
        for carries in self._versions(operation, refused):
            self._learned.carries[operation.label] = carries
            answered = yield from self._tried(operation, actor)
            if answered is not None:
                return answered
            self._learned.carries.pop(operation.label, None)
        return None

    def _versions(self, operation: Operation, refused: int) -> Iterator[tuple[Carry, ...]]:
        """Yield what may tell the version: members of the body, `If-Match` with the read's ETag, `If-Match: *`."""
        fields = self._fields(operation)
        shown = tuple(
            Carry(one.location, one.pointer, member=one.pointer)
            for one in fields
            if one.location is Location.BODY and snake(one.name) in VERSIONS
        )
        declared = any(one.location is Location.HEADER and one.name.lower() == "if-match" for one in fields)
        if self._objects.readying.reader(operation) is not None:
            if shown and refused in CONDITIONAL | {400, 409, 422}:
                yield shown
            if refused in CONDITIONAL or (declared and refused in WAITING):
                yield (*shown, Carry(Location.HEADER, "/If-Match", header="etag"))
        if refused in CONDITIONAL or (declared and refused in WAITING):
            yield (Carry(Location.HEADER, "/If-Match", constant="*"),)

    # --- the other values of its state

    def _by_value(self, operation: Operation, actor: Identity, refused: int) -> Steps[Exchange | None]:
        label = operation.label
        if operation.safe or refused == 404:
            return None
        for given in self._states(operation)[:MOST_VALUES]:
            self._learned.given[label] = (given,)
            answered = yield from self._tried(operation, actor)
            if answered is not None:
                return answered
            self._learned.given.pop(label, None)
        return None

    def _states(self, operation: Operation) -> list[tuple[Location, str, Json]]:
        """Return each value that the item's state may be given by this operation, earliest in a life first."""
        found = [
            (one.location, one.pointer, value)
            for one in self._fields(operation)
            if snake(one.name) in STATES and one.location in {Location.BODY, Location.PATH, Location.QUERY}
            for value in listed(one)
        ]
        return sorted(found, key=lambda given: rank(str(given[2])))

    # --- other deeds upon it

    def _by_deeds(self, operation: Operation, actor: Identity, refused: int) -> Steps[Exchange | None]:
        kind = self._relations.subject(operation)[1]
        stays = kind is not None and kind.create is not None and kind.remove is None  # every try would leave one behind
        for deeds in self.sequences(operation)[: MOST_OF_WHAT_STAYS if stays else MOST_SEQUENCES]:
            answered, done = yield from self._after(operation, actor, deeds)
            if answered is None:
                continue
            self._learned.preludes[operation.label] = done
            if len(done) > 1 and not stays:
                yield from self._shortened(operation, actor, done)
            return answered
        return None

    def _after(
        self, operation: Operation, actor: Identity, deeds: Sequence[Deed]
    ) -> Steps[tuple[Exchange | None, tuple[Deed, ...]]]:
        """Do one after the other to one fresh item; after each that is accepted, try the operation."""
        try:
            bindings = yield from self._objects.bind(operation, actor, fresh=True)
        except Unavailable:
            return None, ()
        stage = Stage(operation=operation, actor=actor, bindings=bindings)
        done: list[Deed] = []
        for deed in deeds[:MOST_DEEDS]:
            accepted = yield from self._done(stage, deed)
            if accepted is None:
                continue
            done.append(accepted)
            carried = yield from self._objects.readying.carried(stage)
            ready = Stage(operation=operation, actor=actor, bindings=bindings, carried=carried)
            answered = yield from self._attempts.until_accepted(ready, purpose=f"after {deed.label}")
            if answered.reached:
                return answered, tuple(done)
        return None, ()

    def order(self, operation: Operation) -> tuple[bool, bool, float]:
        """Return where in a life the operation stands: what others need first is looked for first."""
        word = deed_word(operation)
        return operation.safe, bool(undone_by(word)), rank(word)

    # --- deeds upon what it points to

    def _by_reference(self, operation: Operation, actor: Identity, refused: int) -> Steps[Exchange | None]:
        """Bring what a write points to into another state: a wallet is funded before it pays."""
        if operation.safe:
            return None
        pointed = [one for one in self._relations.every_reference(operation) if one.certain and one.field.required]
        for reference in pointed[:MOST_REFERENCES]:
            for deeds in self._upon(reference.target)[:MOST_SEQUENCES]:
                answered = yield from self._with(operation, actor, reference, deeds)
                if answered is not None:
                    return answered
        return None

    def _upon(self, kind: Resource) -> list[tuple[Deed, ...]]:
        """Return what may be done to items of a kind, in the order in which things live; then twice over."""
        item = kind.read or kind.modify or kind.replace or kind.remove
        if item is None or kind.create is None:
            return []
        living = [one for one in sorted(self._deeds(item), key=self._rank) if self._rank(one) < ENDING]
        once = tuple(living[:MOST_DEEDS])
        return [once, (*once, *once)] if once else []

    def _with(
        self, operation: Operation, actor: Identity, reference: Reference, deeds: tuple[Deed, ...]
    ) -> Steps[Exchange | None]:
        """Point to one new object, and try after each deed upon it that is accepted."""
        try:
            made = yield from self._objects.readying.pointed_at(reference, actor)
            stage = yield from self._objects.prepare(operation, actor)
        except Unavailable:
            return None
        given = (*stage.carried, (*reference.place, typed(reference.field, made.id)))
        stage = replace(stage, carried=given)
        done: list[Deed] = []
        for deed in deeds:
            accepted = yield from self._done(self._objects.readying.on(made, deed.operation, actor), deed)
            if accepted is None:
                continue
            done.append(accepted)
            answered = yield from self._attempts.until_accepted(stage, purpose=f"after {deed.label}")
            if answered.reached:
                known = self._learned.readied.get(operation.label, ())
                self._learned.readied[operation.label] = (*known, Readied(reference, tuple(done)))
                return answered
        return None

    def _done(self, stage: Stage, deed: Deed) -> Steps[Deed | None]:
        """Do it as the stage's caller, else as an administrator; None where both are refused."""
        admin = self._objects.admin()
        ways = [deed, *([Deed(deed.operation, deed.given, as_admin=True)] if admin not in (None, stage.actor) else [])]
        for way in ways:
            try:
                answered = yield from self._objects.readying.do(stage, way)
            except Unavailable:
                return None
            if answered.reached:
                return way
            if answered.response.status not in {401, 403, 404}:
                return None
        return None

    def _shortened(self, operation: Operation, actor: Identity, done: tuple[Deed, ...]) -> Steps[None]:
        """See whether the last deed alone is enough."""
        self._learned.preludes[operation.label] = done[-1:]
        if (yield from self._tried(operation, actor)) is None:
            self._learned.preludes[operation.label] = done

    def sequences(self, operation: Operation) -> list[tuple[Deed, ...]]:
        """Return what to do first, likeliest first: what makes it at its path, what it undoes, what comes before."""
        every = sorted(self._deeds(operation), key=self._rank)
        own = rank(deed_word(operation)) if not operation.safe and operation.method != "DELETE" else float("inf")
        undone = undone_by(deed_word(operation))
        at_path = [one for one in every if one.operation.path == operation.path and one.operation.method != "DELETE"]
        undoing = [one for one in every if self._names(one) & undone]
        living = [one for one in every if self._rank(one) < len_of_life() and not (one in undoing or only_undoes(one))]
        before = tuple(one for one in living if self._rank(one) < min(own, ENDING))
        ordered = tuple(one for one in self._deeds(operation) if one in living and self._rank(one) < ENDING)
        found: list[tuple[Deed, ...]] = [(one,) for one in at_path]
        found += [(*self._known(one), one) for one in undoing[:2]]
        found += [(*self._known(one), one) for one in reversed(before) if self._known(one)][:1]
        found += [(*before, *undoing)] if undoing and before else []
        found += [before, tuple(living), ordered]
        return list(dict.fromkeys(one for one in found if one))

    def _known(self, deed: Deed) -> tuple[Deed, ...]:
        """Return what is known to come before a deed."""
        return self._learned.preludes.get(deed.operation.label, ())

    def _deeds(self, operation: Operation) -> list[Deed]:
        """Return what the document offers to be done to the same item, in its order."""
        undoes = undone_by(deed_word(operation))
        found: list[Deed] = []
        for one in self._relations.beside(operation):
            if one.safe or self._harms.its_caller(one) or signs_in(one) or left_alone(one):
                continue
            if one.method == "DELETE" and not ("delete" in undoes and PARAMETER.search(one.path.rpartition("/")[2])):
                continue
            states = self._states(one)
            kind = self._relations.of(one)
            plain = kind is not None and kind.create is not None and one in (kind.modify, kind.replace)
            found += [Deed(one, (given,)) for given in states[:MOST_VALUES]] if states else []
            if not states and not plain:
                found.append(Deed(one))
        return found

    def _rank(self, deed: Deed) -> float:
        if deed.given:
            return rank(str(deed.given[0][2]))
        found = rank(deed_word(deed.operation))
        kind = self._relations.of(deed.operation)
        fills = deed.operation.method == "PUT" or (kind is not None and deed.operation is kind.create)
        return 1.0 if fills and found == UNKNOWN else found

    def _names(self, deed: Deed) -> set[str]:
        if deed.given:
            return set(words(str(deed.given[0][2])))
        spoken = set(words(deed_word(deed.operation)))
        return (
            spoken
            | {"".join(words(deed_word(deed.operation)))}
            | ({"delete"} if deed.operation.method == "DELETE" else set())
        )


def deed_word(operation: Operation) -> str:
    """Return the last static segment of the path: what is done, where a path ends in a deed."""
    named = [part for part in operation.path.strip("/").split("/") if part and not PARAMETER.search(part)]
    return named[-1] if named else ""


def only_undoes(deed: Deed) -> bool:
    """It leads nowhere but back: to reopen what nothing has closed."""
    word = deed_word(deed.operation)
    return not deed.given and rank(word) == UNKNOWN and bool(undone_by(word))


def len_of_life() -> int:
    """Deeds of the last stage destroy: they are no way to anything but their own undoing."""
    return ENDING + 4


def listed(field: Field) -> list[Json]:
    options = field.schema.get("enum")
    return [one for one in options if isinstance(one, str)] if isinstance(options, list) else []


def at_most(steps: Steps[T], requests: int) -> Steps[T | None]:
    """Follow steps up to so many requests; what would send more ends with None."""
    try:
        step: Step = next(steps)
        for _ in range(requests):
            try:
                came = yield step
            except Unavailable as reason:
                step = steps.throw(reason)
            else:
                step = steps.send(came)
    except StopIteration as stop:
        value: T = stop.value
        return value
    steps.close()
    return None
