"""The course of seeding: errands turn by turn, and a look at the world in between.

A look every few errands keeps the number of operations small that may have broken it. What failed in a broken world is
tried again in the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from auditor.model import Operation
from auditor.sending.driving import follow
from auditor.sending.session import Session
from auditor.world.seeding import Errand, Turn, errands
from auditor.world.watching import Watch
from auditor.world.world import SeededWorld

MOST_UNWATCHED = 16
"""Errands between two looks at the world, where they run beside each other; half as many where they do not."""


@dataclass(slots=True, kw_only=True)
class Planting:
    """Everything that seeding needs. `advance` is told of every errand that is through."""

    world: SeededWorld
    session: Session
    operations: Sequence[Operation]
    watch: Watch
    concurrency: int
    advance: Callable[[], None] = lambda: None
    notes: list[str] = field(default_factory=list)

    async def all(self, every: Sequence[Errand]) -> None:
        """Run every errand."""
        for turn, group in groupby(sorted(every, key=lambda one: one.turn), key=lambda one: one.turn):
            await self._turn(turn, list(group))
            if turn is Turn.OBJECTS:
                await self.watch.learn()

    async def _turn(self, turn: Turn, todo: list[Errand]) -> None:
        most = 1 if turn is Turn.LAST else MOST_UNWATCHED if turn.parallel else MOST_UNWATCHED // 2
        while todo := [one for one in todo if one.name not in self.world.harms.found]:
            some, todo = todo[:most], todo[most:]
            begun = await self._together(some, width=self.concurrency if turn.parallel else 1)
            again = await self._looked_after(turn, begun)
            todo = [*again, *some[len(begun) :], *todo]

    async def _together(self, some: Sequence[Errand], *, width: int) -> list[Errand]:
        """Follow errands beside each other; return those begun before the watch was alarmed, which are the first."""
        queue, begun = list(reversed(some)), list[Errand]()

        async def worker() -> None:
            while queue and not self.watch.alarmed:
                begun.append(queue.pop())
                await self._one(begun[-1])

        async with asyncio.TaskGroup() as group:
            for _ in range(min(width, len(queue))):
                group.create_task(worker())
        return begun

    async def _one(self, errand: Errand) -> None:
        followed = await follow(errand.steps, self.session)
        if followed.bug is not None:
            self.notes.append(f"seeding {errand.name}: {type(followed.bug).__name__}: {followed.bug}")
        self.world.memory.left_blocked(errand.name, followed.unavailable)
        self.advance()

    async def _looked_after(self, turn: Turn, begun: Sequence[Errand]) -> list[Errand]:
        """Look at the world; return what has to be tried again, because it was broken meanwhile."""
        since = await self.watch.attend(force=turn is not Turn.OBJECTS)
        if since is None:
            return []
        memory = self.world.memory
        instead = {
            label
            for label, golden in memory.golden.items()
            if golden.exchange.sent_at >= since and golden.actor.role == "admin" and label not in self.world.harms.found
        }
        for label in instead:
            del memory.golden[label]  # an administrator was asked because the usual caller was not itself
        names = {one.name for one in begun if one.name not in memory.golden}
        for name in names | instead:
            memory.blocked.pop(name, None)
        return [
            one
            for one in errands(self.world, self.operations)
            if (one.turn is turn and one.name in names) or (one.turn <= turn and one.name in instead)
        ]
