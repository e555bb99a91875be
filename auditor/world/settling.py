"""Pays what an audit owes, at its end or after it was killed, and keeps the ledger on disk meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from auditor.document.openapi import Description
from auditor.errors import TargetUnhealthy
from auditor.evidence import Steps
from auditor.secrecy.vault import Vault
from auditor.sending.driving import follow
from auditor.sending.session import Session
from auditor.settings.order import Order
from auditor.world.journal import LEDGER, Head, Journal, Unsettled
from auditor.world.ledger import Ledger
from auditor.world.world import SeededWorld

SETTLE_SECONDS = 60.0
SECONDS_FOR_EACH = 0.2


def new_journal(order: Order, description: Description, session: Session) -> Journal:
    """Return the ledger of a run that begins; nothing is written before something is owed."""
    clean = session.redactor.text
    document = clean(description.document.source)
    head = Head(run=order.run_id, target=session.base_url, document=document, seed=order.seed)
    return Journal(order.output / LEDGER, head, vault=Vault(order.run_id), clean=clean)


@contextmanager
def kept(journal: Journal | None, session: Session, world: SeededWorld) -> Iterator[None]:
    """Write down what is owed as it happens; what is settled at the end leaves no file."""
    world.ledger.book = world.removals.users.journal = journal
    session.heralds.append(world.removals.announce)
    try:
        yield
    finally:
        if journal is not None:
            journal.close(settled=is_settled(world.ledger))


def is_settled(ledger: Ledger) -> bool:
    return not (ledger.debts or ledger.lost or ledger.unpaid)


async def settle(session: Session, world: SeededWorld, *, notes: list[str]) -> None:
    """Look for what may have been made, then remove newest first, within a bounded time, whatever ended the run."""
    await session.drained()
    session.phase = "cleanup"
    ledger = world.ledger
    ledger.lose()
    begun = time.monotonic()
    try:
        async with asyncio.timeout(SETTLE_SECONDS + (len(ledger.debts) + len(ledger.lost)) * SECONDS_FOR_EACH):
            await removed(session, world)
    except TimeoutError:
        notes.append(f"removing what was made took longer than {time.monotonic() - begun:.0f} s")
    except TargetUnhealthy as gone:
        notes.append(gone.message)
    ledger.give_up()
    unasked = world.removals.unasked
    if unasked:
        notes.append(
            f"{len(unasked)} objects went with their owners, as far as anybody is told: {', '.join(unasked[:3])}"
        )
    if ledger.doubts:
        notes.append(
            f"{len(ledger.doubts)} creates that should be refused were never answered, and nothing of them was found: "
            f"{'; '.join(ledger.doubts[:3])}"
        )


async def removed(session: Session, world: SeededWorld) -> None:
    """What can only be seen follows what can be removed; users go last: they own the rest, and only they may see it."""
    ledger, removals = world.ledger, world.removals

    async def came(steps: Steps[bool]) -> bool | None:
        # A bug of ours in one removal must not keep the others from being removed: it leaves a leftover.
        return (await follow(steps, session)).value

    async def drive(steps: Steps[bool]) -> bool:
        return bool(await came(steps))

    for intent in reversed(ledger.lost):
        if await drive(removals.look_for(intent)):
            ledger.found(intent)
    await ledger.settle(drive, removals.pay, which=lambda debt: not debt.user and not debt.only_seen)
    await ledger.settle(drive, removals.pay, which=lambda debt: not debt.user)
    looked: dict[int, bool | None] = {}
    for intent in tuple(ledger.lost):
        looked[intent.number] = await came(removals.look_again(intent))
    await ledger.settle(drive, removals.pay)
    for intent in tuple(ledger.lost):
        if looked[intent.number] or removals.went_along(intent):
            ledger.found(intent)
        elif looked[intent.number] is not None:
            ledger.doubt(intent)


def advice(ledger: Ledger, journal: Journal | None, folder: Path) -> Iterator[str]:
    """Say what the user can do about what is left."""
    if journal is None:
        return
    if ledger.unpaid:
        yield f"{ledger.unpaid} of what was made could not be removed: auditor cleanup {folder} tries again"
    if not journal.sealed:
        yield "no key could be kept in the state folder of this user, so a killed run's users cannot be removed later"


def reminder(before: Sequence[Unsettled], folder: Path) -> str:
    """Say that earlier runs left something behind; "" where none did."""
    owed = sum(one.owes for one in before)
    return f"an earlier run in {folder} left {owed} behind on its target: auditor cleanup {folder}" if owed else ""
