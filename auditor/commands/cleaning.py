"""`auditor cleanup`: pays what a killed run left owing, from the ledger in its folder.

Registered users are signed in again with what the run sealed; configured callers are taken from the configuration
again. Removing goes newest first and may be repeated: what is gone is struck, what is refused stays for another time.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.commands import replaying
from auditor.course import runner
from auditor.errors import TargetUnreachable, UsageError
from auditor.progress import SilentProgress
from auditor.secrecy.vault import Vault
from auditor.sending.driving import follow
from auditor.settings import config as configuration
from auditor.settings import ordering
from auditor.settings.config import LoadedConfig
from auditor.settings.order import Order
from auditor.settings.ordering import Options
from auditor.world import settling
from auditor.world.journal import Journal, Unsettled, ledgers, unsettled

CLEAN, LEFT = 0, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What came of one ledger."""

    settled: int
    leftovers: tuple[str, ...]
    notes: tuple[str, ...] = ()


def run(folder: Path, options: Options, *, config: Path | None) -> int:
    """Clean up, print what came of it, return the exit code. Raises `AuditorError` where nothing could be tried."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", "name the folder of a run: auditor cleanup auditor-out")
    loaded = configuration.load(config, cwd=Path.cwd(), environ=os.environ)
    for warning in loaded.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    found = list(readable(ledgers(folder)))
    if not any(one.owes for one in found):
        for one in found:
            journal_of(one).close(settled=True)
        print(f"{folder}: nothing to clean up")
        return CLEAN
    return max(told(one, tried(one, order(one, options, loaded))) for one in found)


def tried(found: Unsettled, ordered: Order) -> Cleaned:
    """Clean one ledger up. Raises `AuditorError`; says what to do about a target that is gone for good."""
    try:
        return asyncio.run(cleaned(found, ordered))
    except TargetUnreachable as gone:
        hint = f"start it, or name it with --target; if it is gone for good, delete {found.path}"
        raise TargetUnreachable(gone.message, hint) from gone


def readable(paths: Sequence[Path]) -> Iterator[Unsettled]:
    for path in paths:
        found = unsettled(path)
        if found is None:
            print(f"warning: {path} is no ledger that this version can read", file=sys.stderr)
        else:
            yield found


def journal_of(found: Unsettled) -> Journal:
    """Continue the ledger. Raises `UsageError` while its run, or another cleanup, is still going on."""
    return Journal(found.path, found.head, vault=Vault(found.head.run), begun=True)


def order(found: Unsettled, options: Options, loaded: LoadedConfig) -> Order:
    """Order nothing but removals at the target of the ledger's run, or where it is now."""
    base = replaying.moved(found.head.target, options.target)
    return Order(
        target=base,
        base_url=base,
        document=options.document or replaying.document(found.head.document, found.head.target, base),
        output=found.path.parent,
        run_id=found.head.run,
        seed=found.head.seed,
        identities=ordering.identities(loaded.config, options),
        secrets=configuration.secrets(loaded.config),
        headers=tuple(map(ordering.header, options.headers)),
        bounds=ordering.bounds(loaded.config, options, loaded.config.profile),
        writes=True,
        redact=tuple(loaded.config.report.redact),
        verify_tls=not options.insecure,
    )


async def cleaned(found: Unsettled, ordered: Order) -> Cleaned:
    """Sign in, remove, and strike what is gone from the ledger. Raises `TargetUnreachable` when nobody answers."""
    journal = journal_of(found)
    settled = False
    try:
        description, base_url, notes = await runner.describe(ordered)
        every = description.document.operations
        async with runner.opened(ordered, description, base_url, every, (), SilentProgress(), record=False) as stage:
            world, session = stage.world, stage.session
            await runner.preflight(stage)
            await follow(world.identities.establish(()), session)
            for user in found.users.values():
                world.removals.users.restore(user)
            world.ledger.resume(found.debts, found.lost)
            world.ledger.book = journal
            await settling.settle(session, world, notes=notes)
            left = [*world.ledger.leftovers, *found.unreadable]
            settled = settling.is_settled(world.ledger) and not found.unreadable
            clean = session.redactor.text
            done = found.owes - world.ledger.unpaid - len(found.unreadable)
            return Cleaned(settled=done, leftovers=tuple(map(clean, left)), notes=tuple(map(clean, notes)))
    finally:
        journal.close(settled=settled)


def told(found: Unsettled, came: Cleaned) -> int:
    """Print what came of one ledger; return its exit code."""
    for note in came.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{found.path} of {found.head.run} at {found.head.target}: {came.settled} of {found.owes} removed or gone")
    for left in came.leftovers:
        print(f"  left behind: {left}")
    return LEFT if came.leftovers else CLEAN
