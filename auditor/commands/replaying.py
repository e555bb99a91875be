"""`auditor replay`: asks the target again for one finding of a finished run.

The course is a run's own, held to the finding's check and to its subject; that it did not come again is said only
where it was judged again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from auditor import selection
from auditor.callers.accounts import REGISTERED
from auditor.check import Check
from auditor.commands import github_actions, reporting, running
from auditor.course.engine import API, with_parents
from auditor.document import discovery
from auditor.errors import UsageError
from auditor.evidence import EveryExchange, Recipe, WholeRun
from auditor.model import Audit, Finding, Outcome
from auditor.sending import recording
from auditor.settings import config as configuration
from auditor.settings import ordering
from auditor.settings.order import Order
from auditor.settings.ordering import Options
from auditor.verdicts.scoring import FINGERPRINT_VERSION, emptied
from reports.curl import curl
from reports.words import one_line

AGAIN, GONE, UNJUDGED = 1, 0, 4
MOST_NEAR = 5
SHORT = 12
"""Digits of a fingerprint that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to say of a finding, and the exit code."""

    code: int
    lines: tuple[str, ...]


def run(
    fingerprint: str,
    recorded: Path,
    options: Options,
    *,
    config: Path | None,
    checks: Sequence[Check[Any]],
    quiet: bool,
) -> int:
    """Replay, print what came of it, return the exit code. Raises `AuditorError` where nothing could be probed."""
    before = reporting.finished(recorded)
    require_known_fingerprints(recorded, before)
    finding = chosen(before.findings, fingerprint)
    held = asked(finding, before, checks, recipes_of(finding, recorded))
    loaded = configuration.load(config, cwd=Path.cwd(), environ=os.environ)
    for warning in loaded.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    with folder(options.output, recorded) as output:
        wanted = ordering.order(replayed(before, replace(options, output=output)), loaded, curl=curl).order
        for name in missing_callers(before, wanted):
            print(f"warning: the run knew {name}, this replay does not: --identity {name}=TOKEN", file=sys.stderr)
        order = replace(wanted, subjects=subjects(finding, held[0]), baseline=None, suppressions=())
        after = running.audited(order, held, quiet=quiet)
        if options.output is not None:
            reporting.write(after, output, reporting.sinks((), output))
    return told(answer(finding, after, whole=lacks_nothing(finding, held, recorded)), after)


# --- which finding ------------------------------------------------------------------------------------------


def require_known_fingerprints(recorded: Path, audit: Audit) -> None:
    """Raise `UsageError` where fingerprints are made in another way: then none would come again."""
    if audit.fingerprint_version != FINGERPRINT_VERSION:
        message = f"{recorded} names findings in another way (fingerprint_version {audit.fingerprint_version})"
        raise UsageError(message, "audit again with this version of auditor")


def chosen(findings: Sequence[Finding], start: str) -> Finding:
    """Return the finding whose fingerprint begins so. Raises `UsageError` for none and for several."""
    every = {one.fingerprint: one for one in reversed(findings)}
    found = [one for name, one in every.items() if name.startswith(start.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} findings begin with {start!r}", f"give more of it: {listed(found)}")
    if not every:
        raise UsageError(f"no finding begins with {start!r}", "the run found nothing")
    short = {name[:SHORT]: one for name, one in every.items()}
    near = get_close_matches(start.lower()[:SHORT], short, n=MOST_NEAR, cutoff=0.4)
    shown = [short[name] for name in near] or list(findings)
    raise UsageError(f"no finding begins with {start!r}", f"there is: {listed(shown)}")


def listed(findings: Sequence[Finding]) -> str:
    shown = [f"{one.fingerprint[:SHORT]} {one.check} on {one_line(one.subject)}" for one in findings[:MOST_NEAR]]
    more = len(findings) - len(shown)
    return ", ".join(shown) + (f", +{more} more" if more else "")


# --- what to ask --------------------------------------------------------------------------------------------


def asked(
    finding: Finding, before: Audit, checks: Sequence[Check[Any]], recipes: frozenset[str]
) -> tuple[Check[Any], ...]:
    """Return the finding's check, then those whose traffic it judges: a passive rule asks nothing itself.

    What is concluded from all traffic needs all of it. Raises `UsageError` when the check is not loaded.
    """
    (check,) = selection.checks(checks, only=(finding.check,))
    if isinstance(check.on, WholeRun):
        known = {one.id for one in before.checks}
        return (check, *(one for one in checks if one.id in known and one is not check))
    if isinstance(check.on, EveryExchange):
        return (check, *askers(checks, recipes - names_of(check)))
    return (check,)


def askers(checks: Sequence[Check[Any]], recipes: frozenset[str]) -> tuple[Check[Any], ...]:
    """Return for each recipe the first check that has it asked, each once."""
    found = (next((one for one in checks if name in names_of(one)), None) for name in sorted(recipes))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def names_of(check: Check[Any]) -> frozenset[str]:
    return frozenset(one.name for one in with_parents(check.recipes))


def recipes_of(finding: Finding, recorded: Path) -> frozenset[str]:
    """Return the recipes whose exchanges showed the finding."""
    exchanges = recording.read_exchanges(run_folder(recorded), {})
    shown = (exchanges[one.exchange] for one in finding.evidence if one.exchange in exchanges)
    return frozenset(one.request.recipe for one in shown if one.request.recipe)


def lacks_nothing(finding: Finding, held: Sequence[Check[Any]], recorded: Path) -> bool:
    """Say whether all that showed the finding is asked again: a passive rule is blind without its exchanges."""
    if not isinstance(held[0].on, EveryExchange):
        return True
    exchanges = recording.read_exchanges(run_folder(recorded), {})
    known = frozenset().union(*map(names_of, held))
    return all(one.exchange in exchanges for one in finding.evidence) and recipes_of(finding, recorded) <= known


def run_folder(recorded: Path) -> Path:
    return recorded.parent if recorded.is_file() else recorded


def subjects(finding: Finding, check: Check[Any]) -> frozenset[str] | None:
    """Return what recipes are to be asked about; None where the finding is about no one operation or resource."""
    if finding.subject == API or finding.operation is None or isinstance(check.on, WholeRun):
        return None
    if not isinstance(check.on, Recipe) and finding.subject != finding.operation:
        return None
    return frozenset({finding.subject, finding.operation})


def missing_callers(before: Audit, order: Order) -> Iterator[str]:
    given = {one.name for one in order.identities}
    return (one.name for one in before.identities if not one.how.startswith(REGISTERED) and one.name not in given)


# --- where to ask -------------------------------------------------------------------------------------------


def replayed(before: Audit, options: Options) -> Options:
    """Complete the options by what the run recorded; one that was read-only stays so unless writes are allowed."""
    base = moved(before.target.base_url, options.target)
    return replace(
        options,
        target=base,
        base_url=base,
        document=document(before.target.document.source, before.target.base_url, base),
        profile=before.run.profile,
        seed=before.run.seed,
        read_only="--read-only" in before.run.command.split() and not options.allow_writes,
        throwaway="--throwaway" in before.run.command.split(),
    )


def moved(base: str, target: str | None) -> str:
    """Return where the API is now: `target`, below the same path as before where it names none."""
    if target is None:
        return base
    ordering.without_credentials(target)
    named = discovery.address(target).rstrip("/")
    return named if urlsplit(named).path else named + urlsplit(base).path


def document(source: str, before: str, now: str) -> str | None:
    """Return where the document is now; None where it has to be looked for."""
    if discovery.is_url(source):
        near = discovery.same_host(source, before)
        return discovery.root_of(now) + source[len(discovery.root_of(source)) :] if near else source
    return source if source and Path(source).is_file() else None


@contextmanager
def folder(wanted: Path | None, recorded: Path) -> Iterator[Path]:
    """Yield the folder to write to, a passing one if none is wanted. Raises `UsageError` for the recorded run's own."""
    if wanted is None:
        with TemporaryDirectory(prefix="auditor-replay-") as passing:
            yield Path(passing)
        return
    if wanted.resolve() == run_folder(recorded).resolve():
        raise UsageError(f"{wanted} is the run that is replayed", "choose another folder with --output")
    reporting.require_places(wanted, ())
    yield wanted


# --- what came of it ----------------------------------------------------------------------------------------


def answer(finding: Finding, after: Audit, *, whole: bool = True) -> Answer:
    """Compare. It is gone only where the same subject was judged again, and `whole` what showed it was asked."""
    again = next((one for one in after.findings if one.fingerprint == finding.fingerprint), None)
    if again is not None:
        return Answer(code=AGAIN, lines=tuple(came_again(again)))
    reason, unlock = unjudged(finding, after, whole=whole)
    if reason:
        return Answer(code=UNJUDGED, lines=(f"could not be judged: {one_line(reason)}", *hint(unlock)))
    others = [one for one in after.findings if same_place(one.check, one.subject, finding)]
    beside = (f"another finding of the same check: {one.fingerprint[:SHORT]} {one_line(one.message)}" for one in others)
    return Answer(code=GONE, lines=("did not come again", *beside))


def came_again(again: Finding) -> Iterator[str]:
    yield f"came again, {'confirmed' if again.confirmed else 'unconfirmed'}: {one_line(again.message)}"
    if again.curl:
        yield again.curl


def hint(unlock: str) -> tuple[str, ...]:
    return (f"  → {one_line(unlock)}",) if unlock else ()


def unjudged(finding: Finding, after: Audit, *, whole: bool) -> tuple[str, str]:
    """Return why nothing can be said of a finding that was not found, and what would change that; "" if it can."""
    if not after.run.complete:
        return f"the replay did not finish ({after.run.stop_reason})", ""
    result = next((one for one in after.results if same_place(one.check, one.subject, finding)), None)
    if result is None:
        return f"{finding.subject} was not asked about; is it still in the document?", ""
    if result.outcome not in {Outcome.PASS, Outcome.FAIL}:
        return result.reason or str(result.outcome), result.unlock
    if not whole:
        return (
            "what showed it was not asked again: its exchanges or its recipe are missing",
            "replay a whole run folder",
        )
    return "", ""


def same_place(check: str, subject: str, finding: Finding) -> bool:
    return check == finding.check and emptied(subject) == emptied(finding.subject)


def told(found: Answer, after: Audit) -> int:
    """Print the answer; return its code, or that of an interrupt."""
    with github_actions.commands_stopped(os.environ, sys.stdout):
        for line in found.lines:
            print(line)
    return after.exit_code if after.exit_code in running.INTERRUPTED.values() else found.code
