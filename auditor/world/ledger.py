"""What the audit made and has not yet removed.

A removal is owed from the moment a create is answered, whoever sent it; it is paid newest first at the end. What
cannot be removed is a leftover, and said so. Before a create is sent its intent is noted: where the answer is never
seen, something may have been made all the same, and it is looked for. A debt is plain data, so that what a killed run
owes can be paid by another process (`auditor.world.journal`, `auditor cleanup`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from auditor.evidence import Steps
from auditor.model import ANONYMOUS, Exchange, Identity, Request

REMOVED = frozenset({200, 202, 204})
GONE = REMOVED | {404, 410}


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One owed removal: the operation that pays it (by label, "" where nothing does), asked by `owner`.

    Where nothing removes the thing itself, a read may: it shows whether it went along with what it belonged to.
    """

    what: str
    operation: str = ""
    owner: Identity = ANONYMOUS
    bindings: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    """Name of the account, where it is a registered user that is owed; it is removed as itself."""
    key: str = ""
    """Path under which a DELETE pays this debt; "" where nothing else tells."""
    number: int = 0

    @property
    def only_seen(self) -> bool:
        return self.operation.startswith("GET ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A create that is about to be sent: enough to look for what it made, should its answer never be seen."""

    operation: str
    owner: Identity
    path: str
    marks: tuple[str, ...] = ()
    """Values with the run's canary in the body, by which what was made can be told from everything else."""
    user: str = ""
    """Name of the account that it registers."""
    probe: str = ""
    """In what it breaks the document's rules: it should be refused."""
    heard: bool = False
    """It was answered, but the answer does not name what was made."""
    number: int = 0

    @property
    def what(self) -> str:
        broken = f" ({self.probe})" if self.probe else ""
        if self.heard:
            return f"{self.operation}{broken} by {self.owner.name}: its answer does not name what it made"
        return f"{self.operation}{broken} by {self.owner.name} was never answered: it may have made something"


class Book(Protocol):
    """Keeps the ledger where a killed process does not take it along."""

    def owed(self, debt: Debt) -> None: ...

    def intended(self, intent: Intent) -> None: ...

    def struck(self, number: int) -> None:
        """Note that a debt is paid, or that an intent was answered. Never raises."""
        ...

    def moved(self, owner: Identity, to: Identity) -> None:
        """Note that what `owner` made is removed as `to` from now on."""
        ...


class Ledger:
    """Debts in the order they were made, and creates whose answer is still out."""

    def __init__(self) -> None:
        self.debts: list[Debt] = []
        self.lost: list[Intent] = []
        """Creates that were sent and never answered."""
        self.left: list[Debt] = []
        """Debts that were not paid."""
        self.leftovers: list[str] = []
        self.doubts: list[str] = []
        """Creates that should have been refused, never answered, of which nothing was found."""
        self.unpaid = 0
        """How many leftovers another attempt might remove."""
        self.book: Book | None = None
        self._last = 0
        self._under_way: dict[int, tuple[Request, Intent]] = {}

    # --- debts

    def owe(self, debt: Debt) -> None:
        """Add a debt; one thing is owed once."""
        if debt.key and any(debt.key == known.key for known in self.debts):
            return
        numbered = replace(debt, number=self._next())
        self.debts.append(numbered)
        if self.book is not None:
            self.book.owed(numbered)

    def resume(self, debts: Sequence[Debt], lost: Sequence[Intent]) -> None:
        """Take over what another process owed; all of it is in the book already."""
        self.debts.extend(debts)
        self.lost.extend(lost)
        self._last = max(self._last, *(one.number for one in debts), *(one.number for one in lost), 0)

    def observe(self, raw: Exchange, *, leaves: bool = False) -> None:
        """Strike the debt that this exchange happened to pay: something was removed while it was probed.

        `leaves` says that the exchange removed its own caller.
        """
        if raw.response.status not in REMOVED:
            return
        if leaves and raw.request.credential is None:
            self._strike([one for one in self.debts if one.user and one.user == raw.request.identity.name])
        if raw.request.method == "DELETE":
            self._strike([one for one in self.debts if one.key and one.key == raw.request.path])

    def forgive(self, what: str, bindings: Mapping[str, str], owner: Identity) -> None:
        """Strike what was owed under a wrong name: it never was there."""
        wrong = [one for one in self.debts if one.owner == owner and dict(one.bindings) == dict(bindings)]
        self._strike([one for one in wrong if one.what.startswith(f"{what} ")])

    def move(self, owner: Identity, to: Identity) -> None:
        """Let `to` pay what `owner` made: the account goes by another name from now on."""
        self.debts = [moved(one, owner, to) for one in self.debts]
        if self.book is not None:
            self.book.moved(owner, to)

    async def settle(
        self,
        drive: Callable[[Steps[bool]], Awaitable[bool]],
        pay: Callable[[Debt], Steps[bool]],
        *,
        which: Callable[[Debt], bool] = lambda _debt: True,
    ) -> None:
        """Remove newest first. A target that refuses makes a leftover, never an error.

        A debt is struck only when its removal has come to an end: what is being removed when the time is up stays owed.
        """
        while owed := [one for one in self.debts if which(one)]:
            debt = owed[-1]
            gone = bool(debt.operation) and await drive(pay(debt))
            if not gone:
                self._leave(debt)
            else:
                self._strike([one for one in self.debts if one.number == debt.number])

    def give_up(self) -> None:
        """Call everything still owed a leftover, and everything that may have been made."""
        for debt in reversed(self.debts):
            self._leave(debt)
        for intent in self.lost:
            self._leftover(intent.what)
            self.unpaid += 1
        self.lost.clear()

    def _leave(self, debt: Debt) -> None:
        """Stop owing it here. In the book it stays, for another attempt, unless nothing removes it."""
        self.debts = [one for one in self.debts if one.number != debt.number]
        self.left.append(debt)
        self._leftover(debt.what)
        self.unpaid += bool(debt.operation) and not debt.only_seen

    def _leftover(self, what: str) -> None:
        if what not in self.leftovers:
            self.leftovers.append(what)

    def _strike(self, paid: list[Debt]) -> None:
        numbers = {one.number for one in paid}
        self.debts = [one for one in self.debts if one.number not in numbers]
        for number in sorted(numbers):
            self._struck(number)

    # --- intents

    def intend(self, intent: Intent, request: Request) -> None:
        """Note a create before it is sent."""
        noted = replace(intent, number=self._next())
        self._under_way[id(request)] = (request, noted)
        if self.book is not None:
            self.book.intended(noted)

    def intent_of(self, raw: Exchange) -> Intent | None:
        """Return what was noted before this exchange's request was sent."""
        return self._under_way.get(id(raw.request), (None, None))[1]

    def answered(self, raw: Exchange) -> None:
        """Strike the intent of this exchange; without an answer it is lost, unless nobody took the connection."""
        intent = self.intent_of(raw)
        if intent is None:
            return
        del self._under_way[id(raw.request)]
        if raw.response.status == 0 and raw.response.problem != "connection refused":
            self.lost.append(intent)
        else:
            self._struck(intent.number)

    def unnamed(self, raw: Exchange) -> None:
        """Look later for what an answered create made, where something tells it from everything else."""
        intent = self.intent_of(raw)
        if intent is not None and intent.marks:
            del self._under_way[id(raw.request)]
            self.lost.append(replace(intent, heard=True))

    def named(self, operation: str, marks: tuple[str, ...]) -> None:
        """Strike what was to be looked for later: a look has told what the create made."""
        for intent in [one for one in self.lost if one.heard and (one.operation, one.marks) == (operation, marks)]:
            self.found(intent)

    def lose(self) -> None:
        """Call lost what is still under way: nobody waits for its answer any more."""
        self.lost.extend(intent for _, intent in self._under_way.values())
        self._under_way.clear()

    def found(self, intent: Intent) -> None:
        """Strike an intent: it is known what came of it."""
        self.lost = [one for one in self.lost if one.number != intent.number]
        self._struck(intent.number)

    def doubt(self, intent: Intent) -> None:
        """Strike an intent of which nobody can tell more: what it may have made is for a person to look at."""
        if intent.probe:
            self.doubts.append(intent.what)
        else:
            self._leftover(intent.what)
        self.found(intent)

    def _struck(self, number: int) -> None:
        if self.book is not None:
            self.book.struck(number)

    def _next(self) -> int:
        self._last += 1
        return self._last


def moved(debt: Debt, owner: Identity, to: Identity) -> Debt:
    if debt.owner != owner:
        return debt
    return replace(debt, owner=to, user=to.name if debt.user == owner.name else debt.user)
