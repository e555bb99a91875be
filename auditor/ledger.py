"""What the audit made and has not yet removed.

A removal is owed from the moment a create is answered, whoever sent it; it is paid newest first at the end. What
cannot be removed is a leftover, and said so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from auditor.evidence import Steps
from auditor.model import Exchange

REMOVED = frozenset({200, 202, 204})
GONE = REMOVED | {404, 410}


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One owed removal. `steps` sends it and returns whether the thing is gone; None where nothing removes it."""

    what: str
    steps: Callable[[], Steps[bool]] | None
    key: str = ""
    """Path under which a DELETE pays this debt; "" where only `steps` can."""


@dataclass(slots=True)
class Ledger:
    debts: list[Debt] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)

    def owe(self, debt: Debt) -> None:
        if not debt.key or all(debt.key != known.key for known in self.debts):
            self.debts.append(debt)

    def observe(self, raw: Exchange) -> None:
        """Strike the debt that this exchange happened to pay: something was removed while it was probed."""
        if raw.request.method == "DELETE" and raw.response.status in REMOVED:
            self.debts = [debt for debt in self.debts if not debt.key or debt.key != raw.request.path]

    async def settle(self, drive: Callable[[Steps[bool]], Awaitable[bool]]) -> None:
        """Remove newest first. A target that refuses makes a leftover, never an error.

        A debt is struck only when its removal has come to an end: what is being removed when the time is up stays owed.
        """
        while self.debts:
            debt = self.debts[-1]
            gone = debt.steps is not None and await drive(debt.steps())
            self.debts = [one for one in self.debts if one is not debt]
            if not gone:
                self._leave(debt)

    def give_up(self) -> None:
        """Call everything still owed a leftover."""
        for debt in self.debts:
            self._leave(debt)
        self.debts.clear()

    def _leave(self, debt: Debt) -> None:
        if debt.what not in self.leftovers:
            self.leftovers.append(debt.what)
