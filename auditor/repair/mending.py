"""Learns from refusals what a valid request of an operation needs beside what the document says.

What is learned is kept in memory as needs, laid over every later request of the operation. A remedy after which the
same complaint comes again is dropped and never tried again, and no request is sent twice with the same needs.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from auditor.compare import walk
from auditor.complaints.reading import read
from auditor.complaints.rules import Complaint, Rule
from auditor.document.references import unescaped
from auditor.kinds.relations import Relations
from auditor.knowledge.memory import Memory, message_of
from auditor.knowledge.needs import Need, Needs, Place, told
from auditor.model import Exchange, Field, Json, Operation
from auditor.repair.places import Places
from auditor.repair.remedies import remedies
from auditor.repair.remedy_case import Case

MENDABLE = frozenset({400, 404, 406, 409, 411, 412, 413, 415, 422, 428, 500})
"""Statuses whose body may say what is wrong with the request itself."""
MOST_COMPLAINTS = 12
"""Complaints of one refusal that are answered at once."""
MOST_SAID = 500
"""Characters of a message in which choices are looked for."""
MOST_SEEN = 3
"""Values of other objects that are tried."""
MOST_NEEDS = 40
"""Needs kept for one operation."""
AFTER_SUCCESS = frozenset({Rule.TAKEN, Rule.UNKNOWN, Rule.FUTURE, Rule.PAST, Rule.AFTER, Rule.BEFORE, Rule.SAME_AS})
"""Complaints answered for an operation that has worked: the rest says that this very request was another one."""

Told = tuple[Rule, Place | None]
Tried = tuple[tuple[Place, Need], ...]


@dataclass(slots=True)
class History:
    """What was tried for one operation."""

    sent: set[Tried] = field(default_factory=set)
    """Needs with which a request was refused."""
    tried: set[Tried] = field(default_factory=set)
    """Remedies that were tried."""
    pending: dict[Told, Mapping[Place, Need | None]] = field(default_factory=dict)
    """Complaint to what its remedy replaced, until the next answer shows whether it helped."""
    good: Needs | None = None
    """Needs with which the operation worked."""


class Mender:
    """Reads refusals; what it learns is laid over every later request of the operation."""

    def __init__(
        self, memory: Memory, *, fields: Callable[[Operation], tuple[Field, ...]], relations: Relations
    ) -> None:
        self._memory = memory
        self._fields = fields
        self._relations = relations
        self._histories: dict[str, History] = {}

    def known(self, operation: Operation) -> Needs:
        """Return what the operation is known to need now; a later call returns another mapping once more is known."""
        return self._memory.needs.get(operation.label, {})

    def learn(self, refused: Exchange, knew: Needs | None = None) -> bool:
        """Say whether the next request of the operation will be another one than those refused so far.

        `knew` are the needs with which the refused request was built, where others may have learned since.
        """
        operation = refused.operation
        if operation is None or refused.response.status not in MENDABLE:
            return False
        current = self.known(operation)
        if knew is not None and knew != current:
            return True
        history = self._histories.setdefault(operation.label, History())
        history.sent.add(frozen(current))
        cases = list(self._cases(operation, refused, worked=history.good is not None))
        kept = self._without_futile(history, current, {told_of(case) for case in cases})
        found = self._answered(history, kept, cases)
        if frozen(found) in history.sent:
            self._memory.needs[operation.label] = history.good if history.good is not None else kept
            return False
        self._memory.needs[operation.label] = found
        return True

    def worked(self, operation: Operation, knew: Needs) -> None:
        """Keep the needs with which the operation was accepted."""
        history = self._histories.get(operation.label)
        if history is not None:
            history.good = knew
            history.pending.clear()

    def _cases(self, operation: Operation, refused: Exchange, *, worked: bool) -> Iterator[Case]:
        places = Places(operation, self._fields(operation), refused.request)
        complaints = read(refused.response, places.names) or tuple(hinted(refused, places))
        for complaint in (*complaints, *implied(refused, complaints))[:MOST_COMPLAINTS]:
            if not worked or complaint.rule in AFTER_SUCCESS:
                yield Case(
                    complaint=complaint,
                    refused=refused,
                    operation=operation,
                    places=places,
                    kinds=tuple(self._relations.kinds),
                    today=datetime.now(UTC).date(),
                    seen=lambda name: self._seen(operation, name),
                )

    def _seen(self, operation: Operation, name: str) -> tuple[Json, ...]:
        """Return what objects of the operation's kind have in a member of this name, as far as they were read."""
        kind = self._relations.of(operation)
        listed = self._memory.looked.get(kind.list.label) if kind is not None and kind.list is not None else None
        found = (
            value
            for pointer, value in walk(listed)
            if pointer.rpartition("/")[2] == name and isinstance(value, str | int | float | bool)
        )
        return tuple(dict.fromkeys(itertools.islice(found, MOST_SEEN)))

    def _without_futile(self, history: History, needs: Needs, again: set[Told]) -> Needs:
        """Take back the remedies whose complaints came again."""
        kept = dict(needs)
        for complaint, replaced in history.pending.items():
            if complaint in again:
                for place, older in replaced.items():
                    kept.pop(place, None)
                    kept.update({place: older} if older is not None else {})
        history.pending.clear()
        return kept

    def _answered(self, history: History, needs: Needs, cases: list[Case]) -> Needs:
        """Return the needs with the first untried remedy of each complaint; later ones do not undo earlier ones."""
        found, touched = dict(needs), set[Place]()
        for case in cases:
            for remedy in remedies(case):
                change = {place: one.beside(needs.get(place)) for place, one in remedy.items()}
                key = frozen(remedy)
                if key in history.tried or all(needs.get(place) == one for place, one in change.items()):
                    continue
                history.tried.add(key)
                fresh = {place: one.beside(found[place]) if place in touched else one for place, one in change.items()}
                history.pending[told_of(case)] = {place: needs.get(place) for place in fresh}
                found.update(fresh)
                touched |= fresh.keys()
                break
        return dict(list(found.items())[:MOST_NEEDS])


def told_of(case: Case) -> Told:
    return case.complaint.rule, case.place or case.places.added(case.complaint)


def frozen(needs: Needs) -> Tried:
    return tuple(sorted(needs.items(), key=lambda item: (item[0][0], item[0][1])))


def hinted(refused: Exchange, places: Places) -> Iterator[Complaint]:
    """Yield the choices that a refusal mentions as they were sent: "cannot create users with SYSTEM role"."""
    said = message_of(refused)[:MOST_SAID]
    for one in places.known:
        chosen = isinstance(one.value, str) and "enum" in places.field(one.place).schema
        if chosen and re.search(rf"\b{re.escape(one.value)}\b", said):
            names = tuple(unescaped(token) for token in one.place[1].split("/")[1:])
            yield Complaint(rule=Rule.INVALID, at=names, location=one.place[0], said=said)


def implied(refused: Exchange, said: tuple[Complaint, ...]) -> Iterator[Complaint]:
    """Yield what the status itself says where the body does not (RFC 9110 §15.5.16, RFC 6585 §3)."""
    rules = {one.rule for one in said}
    if refused.response.status == 415 and Rule.MEDIA_TYPE not in rules:
        yield Complaint(rule=Rule.MEDIA_TYPE)
    if refused.response.status == 428:
        yield Complaint(rule=Rule.REQUIRED, at=("If-Match",), said="header")
    if refused.response.status == 409 and not rules & {Rule.TAKEN, Rule.UNKNOWN, Rule.DIFFERENT}:
        yield Complaint(rule=Rule.TAKEN)


def notes(memory: Memory) -> tuple[str, ...]:
    """Say for each operation that works what it needs though its document does not say so."""
    found = []
    for label, needs in sorted(memory.needs.items()):
        missing = [told(place, one) for place, one in needs.items() if one.undocumented]
        if missing and label in memory.golden:
            found.append(f"{label} needs what the document does not say: {', '.join(missing)}")
    return tuple(found)
