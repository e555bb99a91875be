"""`auditor baseline`, `auditor compare`, `auditor gate`: what is done with finished runs, from their folders alone."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from auditor.commands import reporting
from auditor.errors import AuditorError, UsageError
from auditor.model import Audit, Finding, Severity
from auditor.settings import config as configuration
from auditor.settings import ordering
from auditor.settings.config import LoadedConfig
from auditor.verdicts import baseline as debts
from auditor.verdicts import comparing, gates, suppressing
from auditor.verdicts.baseline import Baseline
from auditor.verdicts.scoring import FINGERPRINT_VERSION

USUAL_FILE = Path("auditor-baseline.json")


# --- the baseline -------------------------------------------------------------------------------------------


def create(run: Path, file: Path | None) -> int:
    """Write a baseline of everything open that the run found. Raises `UsageError` where there is one already."""
    path, named = _file(file)
    if path.exists():
        raise UsageError(f"{path} is there already", "auditor baseline update adds to it; remove it to start anew")
    audit = _matchable(run)
    _warn_if_incomplete(audit, "what it did not get to is not in the baseline")
    made = debts.created(audit, _day(audit))
    _write(path, made)
    print(f"{path}: {_many(len(made.entries), 'finding')} written down as known")
    _tell_left_out(audit)
    if not named:
        print(f"  → name it in auditor.yaml (baseline: {path}), or give it to each run: --baseline {path}")
    return 0


def update(run: Path, file: Path | None) -> int:
    """Add what the run found to the baseline; nothing is removed."""
    path, known = _existing(file)
    audit = _matchable(run)
    _warn_if_incomplete(audit, "what it did not get to is not added")
    made = debts.updated(known, audit, _day(audit))
    _write(path, made)
    added = len(made.entries) - len(known.entries)
    print(f"{path}: {_many(added, 'finding')} added, {len(made.entries)} known in all")
    _tell_left_out(audit)
    ended = sum(one.expired(_day(audit)) for one in made.entries)
    if ended:
        print(f"{_many(ended, 'entry', 'entries')} ended and stay so: mend what they name, or move `expires` by hand")
    return 0


def prune(run: Path, file: Path | None) -> int:
    """Remove from the baseline what the run judged again and did not find."""
    path, known = _existing(file)
    audit = _matchable(run)
    _warn_if_incomplete(audit, "so nothing is removed: what it did not find it may not have got to")
    made = debts.pruned(known, audit)
    if made != known:
        _write(path, made)
    print(f"{path}: {len(known.entries) - len(made.entries)} removed, {len(made.entries)} left")
    silent = debts.unobserved(known, audit)
    if silent:
        some = ", ".join(map(str, silent[:3])) + (f", +{len(silent) - 3} more" if len(silent) > 3 else "")
        print(f"{len(silent)} not observed, so kept: neither found nor judged in this run ({some})")
    return 0


def _file(file: Path | None) -> tuple[Path, bool]:
    """Return the baseline's place, and whether runs will find it: named by the configuration or by this command."""
    configured = configuration.baseline(_loaded(None))
    if file is not None:
        return file, configured is not None and configured.resolve() == file.resolve()
    return (_shortest(configured), True) if configured is not None else (USUAL_FILE, False)


def _shortest(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _existing(file: Path | None) -> tuple[Path, Baseline]:
    path, _ = _file(file)
    return path, _read(path)


def _read(path: Path) -> Baseline:
    known = ordering.baseline(path)
    return known if known is not None else Baseline()


def _matchable(run: Path) -> Audit:
    audit = reporting.finished(run)
    if audit.fingerprint_version != FINGERPRINT_VERSION:
        message = f"{run} names findings in another way (fingerprint_version {audit.fingerprint_version})"
        raise UsageError(message, "audit again with this version of auditor")
    return audit


def _day(audit: Audit) -> date:
    """Return the day on which the run ended: a baseline is a function of the run, not of when it is written."""
    return datetime.fromisoformat(audit.run.ended_at).date()


def _write(path: Path, known: Baseline) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(debts.render(known).encode())
    except OSError as refusal:
        raise AuditorError(f"{path} cannot be written: {refusal.strerror}", "choose another with --file") from refusal


def _warn_if_incomplete(audit: Audit, consequence: str) -> None:
    if not audit.run.complete:
        reason = audit.run.stop_reason or "no reason given"
        print(f"warning: the run did not finish ({reason}): {consequence}", file=sys.stderr)


def _tell_left_out(audit: Audit) -> None:
    """Say what never is in a baseline, and where it belongs."""
    left_out = [one for one in audit.findings if one.status != "suppressed" and not debts.may_be_known(one)]
    critical = [one for one in left_out if debts.severity_of(one) is Severity.CRITICAL]
    if critical:
        print(f"{_many(len(critical), 'critical finding')} left out ({_checks(critical)})")
        print("  → mend them; one to live with needs a suppression with a reason, in auditor.yaml")
    rest = [one for one in left_out if one not in critical]
    if rest:
        print(f"{_many(len(rest), 'finding')} about time left out ({_checks(rest)}): the numbers of one day")


def _checks(findings: Sequence[Finding]) -> str:
    counts = Counter(one.check for one in findings)
    return ", ".join(f"{check} × {number}" if number > 1 else check for check, number in sorted(counts.items()))


def _many(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


# --- two runs -----------------------------------------------------------------------------------------------


def compare(old: Path, new: Path, *, form: Literal["text", "json"]) -> int:
    """Print what changed from one run to the next."""
    from reports.words import visible

    found = comparing.compare(reporting.finished(old), reporting.finished(new))
    if form == "json":
        print(json.dumps(comparing.as_json(found), indent=2))
    else:
        print(visible(comparing.as_text(found)), end="")
    return 0


def since(previous: Audit | None, audit: Audit) -> Audit:
    """Write into an audit what changed since a previous one, where there is one."""
    if previous is None:
        return audit
    return replace(audit, comparison=comparing.as_json(comparing.compare(previous, audit)))


# --- gates --------------------------------------------------------------------------------------------------


def gate(run: Path, *, fail_on: str | None, baseline: Path | None, config: Path | None) -> int:
    """Hold a finished run against the gates that hold today; return what a run would.

    The gates are those of --config, else of the nearest auditor.yaml, else those the run was made with.
    """
    from rich.console import Console

    from reports import terminal

    audit = reporting.finished(run)
    loaded = _loaded(config)
    if loaded.path is None:
        loaded = configuration.recorded(audit.run.config)
    known = ordering.baseline(baseline or configuration.baseline(loaded))
    again, notes = held_again(audit, loaded, known, fail_on=fail_on, today=datetime.now(UTC).date())
    terminal.print_gates(again, Console(highlight=False), notes=notes)
    return again.exit_code


def held_again(
    audit: Audit, loaded: LoadedConfig, known: Baseline | None, *, fail_on: str | None, today: date
) -> tuple[Audit, tuple[str, ...]]:
    """Decide statuses, gates and verdict anew, with what to tell about them.

    Without a baseline, what the run took for known stays known: its file may be elsewhere.
    """
    kept = {"known"} if known is None else set[str]()
    settled = suppressing.decided(
        [one if one.status in kept else replace(one, status="new") for one in audit.findings],
        audit.results,
        suppressions=configuration.suppressions(loaded, today=today),
        baseline=known,
        day=today,
        whole=audit.run.complete and audit.reach.operations == audit.target.document.operations,
    )
    severity = ordering.fail_on(fail_on, configured=any(one.findings is not None for one in loaded.config.gates))
    results = gates.again(audit, settled.findings, fail_on=severity, gates=configuration.gates(loaded.config))
    verdict, code = gates.verdict(results, complete=audit.run.complete)
    again = replace(
        audit,
        findings=settled.findings,
        suppressions=settled.suppressions,
        gates=results,
        verdict=verdict,
        exit_code=code,
    )
    return again, settled.notes


def _loaded(config: Path | None) -> LoadedConfig:
    """Read what concerns finished runs: no token is needed for that."""
    return configuration.load(config, cwd=Path.cwd(), environ=os.environ, only=configuration.AFTERWARDS)
