"""Merges the command line with the configuration into an `Order`; the command line wins."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auditor.errors import UsageError
from auditor.model import Credential, Exchange, Severity
from auditor.sending.session import Bounds
from auditor.settings import config as configuration
from auditor.settings.config import Config, IdentityConfig, LoadedConfig
from auditor.settings.order import GrantOrder, IdentityOrder, LoadOrder, LoginOrder, Order
from auditor.verdicts import baseline as debts
from auditor.verdicts.baseline import Baseline

CREDENTIAL_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
REQUESTS = {"quick": 6_000, "standard": 20_000, "deep": 60_000}
"""The most requests of a profile."""
SECONDS = {"quick": 600.0, "standard": 1_800.0, "deep": 7_200.0}
MOST_OPERATIONS = {"quick": 40}
"""Of how many operations a profile asks its dear questions; the others are left unsure, and say so."""
QUICK_LEAVES_OUT = ("input.constraints", "injection.sql-blind", "perf.latency")
"""What costs most for each finding; the quick profile does without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line of `auditor run`, as typed; None and () mean not given."""

    target: str | None = None
    profile: str | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    allow_writes: bool = False
    read_only: bool = False
    throwaway: bool = False
    load: str | None = None
    users: int | None = None
    max_requests: int | None = None
    max_time: str | None = None
    rate: str | None = None
    concurrency: int | None = None
    seed: str | None = None
    fail_on: str | None = None
    baseline: Path | None = None
    output: Path | None = None
    document: str | None = None
    base_url: str | None = None
    insecure: bool = False
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order and which checks it selects."""

    order: Order
    only: tuple[str, ...]
    skip: tuple[str, ...]
    formats: tuple[str, ...]


def order(
    options: Options, loaded: LoadedConfig, *, curl: Callable[[Exchange, str], str], run_id: str | None = None
) -> Ordered:
    """Merge. Raises `UsageError` when there is no target or an option makes no sense."""
    config = loaded.config
    configured = relative_to(config.target.document, loaded.path)
    target = options.target or config.target.base_url or configured
    if not target:
        raise UsageError("no target was given", "auditor run http://127.0.0.1:8000, or target.base_url in auditor.yaml")
    for address in (target, options.document, options.base_url, config.target.base_url):
        without_credentials(address or "")
    profile = options.profile or config.profile
    document = options.document or (configured if options.target not in {configured, config.target.document} else None)
    found = Order(
        target=target,
        output=options.output or Path(config.report.dir),
        run_id=run_id or new_run_id(),
        seed=options.seed or "0",
        document=document,
        base_url=options.base_url or (config.target.base_url if target != config.target.base_url else None),
        profile=profile,
        identities=identities(config, options),
        register=config.registration.enabled,
        secrets=configuration.secrets(config),
        headers=tuple(map(header, options.headers)),
        most_operations=MOST_OPERATIONS.get(profile),
        bounds=bounds(config, options, profile),
        writes=writes(config, options),
        throwaway=options.throwaway or config.safety.throwaway,
        load=load(config, options, profile),
        include=options.include,
        exclude=options.exclude,
        skip_on=tuple((one.match, tuple(one.skip)) for one in config.operations if one.skip),
        values=tuple((one.match, dict(one.values)) for one in config.operations if one.values),
        severities=configuration.check_severities(config),
        options={
            (check, name): value for check, one in config.checks.by_id.items() for name, value in one.options.items()
        },
        redact=tuple(config.report.redact),
        fail_on=fail_on(options.fail_on, configured=any(one.findings is not None for one in config.gates)),
        gates=configuration.gates(config),
        baseline=baseline(options.baseline or configuration.baseline(loaded)),
        suppressions=configuration.suppressions(loaded, today=datetime.now(UTC).date()),
        command=options.command,
        shown_config=configuration.shown(config),
        verify_tls=not options.insecure,
        curl=curl,
    )
    only = options.only or tuple(config.checks.only)
    skip = (*config.checks.skip, *options.skip)
    quick = QUICK_LEAVES_OUT if profile == "quick" and not only else ()
    return Ordered(order=found, only=only, skip=(*skip, *quick), formats=tuple(config.report.formats))


def without_credentials(address: str) -> None:
    """Raise `UsageError` for an address with a password in it: whose it is, and when to send it, it does not say."""
    if "@" in address.partition("://")[2].partition("/")[0]:
        raise UsageError(
            "the address holds a user name or password",
            "leave it out; --identity 'alice=Authorization: Basic …' signs a caller in, -H sends it on every request",
        )


def new_run_id() -> str:
    """Return the run's marker: "aud" and 12 hex digits, which is also its canary."""
    return "aud" + secrets.token_hex(6)


def relative_to(document: str | None, config_path: Path | None) -> str | None:
    """A document named in a configuration is looked for beside it."""
    if document is None or config_path is None or "://" in document or document == "-":
        return document
    beside = config_path.parent / document
    return str(beside) if beside.exists() else document


def bounds(config: Config, options: Options, profile: str) -> Bounds:
    safety = config.safety
    rate = parsed(configuration.per_second, options.rate, "--rate") or safety.rate
    longest = parsed(configuration.seconds, options.max_time, "--max-time") or safety.max_time
    return Bounds(
        concurrency=options.concurrency or safety.concurrency or 8,
        rate=rate,
        max_requests=options.max_requests or safety.max_requests or REQUESTS[profile],
        max_seconds=longest or SECONDS[profile],
    )


def parsed(parse: Callable[[str], float], text: str | None, option: str) -> float | None:
    """Read an option's value. Raises `UsageError` naming the option."""
    try:
        return parse(text) if text is not None else None
    except ValueError as problem:
        raise UsageError(f"{option} {text}: {problem}", "durations read like 30s or 15m, rates like 40/s") from problem


def writes(config: Config, options: Options) -> bool | None:
    if options.allow_writes and options.read_only:
        raise UsageError("--allow-writes and --read-only contradict each other", "keep one of them")
    if options.throwaway and options.read_only:
        raise UsageError("--throwaway and --read-only contradict each other", "keep one of them")
    if options.allow_writes or options.read_only:
        return options.allow_writes
    return False if config.safety.read_only else config.safety.writes


def load(config: Config, options: Options, profile: str) -> LoadOrder | None:
    """Load is put on a target only where the configuration or the command line allows it."""
    if options.load is not None:
        total = parsed(configuration.seconds, options.load, "--load") or 0.0
        users = options.users or 20
        steps = sorted({1, max(1, users // 4), max(1, users // 2), users})
        return LoadOrder(stages=tuple((count, total / len(steps)) for count in steps))
    if config.load is None:
        return None
    if config.load.stages:
        return LoadOrder(stages=tuple((one.users, one.duration) for one in config.load.stages))
    if config.load.users and config.load.duration:
        return LoadOrder(stages=((1, config.load.duration / 4), (config.load.users, config.load.duration)))
    return LoadOrder(profile=profile)


def fail_on(word: str | None, *, configured: bool) -> Severity | None:
    """Return the default gate's severity; none where the configuration has a gate on findings of its own."""
    if word == "none" or (word is None and configured):
        return None
    return Severity[(word or "high").upper()]


def baseline(path: Path | None) -> Baseline | None:
    """Read the baseline, where one is named. Raises `UsageError`: a missing one would make every finding new."""
    if path is None:
        return None
    if not path.is_file():
        hint = f"auditor baseline create --file {path} writes it from a finished run; make the first run without it"
        raise UsageError(f"there is no baseline {path}", hint)
    try:
        return debts.read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        hint = "correct it, or write it anew: remove it, then auditor baseline create"
        raise UsageError(f"{path}: {problem}", hint) from problem


def header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError("-H takes 'Name: value'", "for instance -H 'X-Tenant: acme'")
    if name.strip().lower() in CREDENTIAL_HEADERS:
        raise UsageError(
            f"-H {name.strip()} would go with anonymous requests as well", "name a caller: --identity alice=TOKEN"
        )
    return name.strip(), value.strip()


def identities(config: Config, options: Options) -> tuple[IdentityOrder, ...]:
    named = [identity(name, one) for name, one in config.identities.items()]
    typed = [typed_identity(text) for text in options.identities]
    return (*typed, *(one for one in named if one.name not in {each.name for each in typed}))


def identity(name: str, one: IdentityConfig) -> IdentityOrder:
    login = None
    if one.login is not None:
        body: Mapping[str, object] = one.login.body.get_secret_value()
        login = LoginOrder(operation=one.login.operation, body=body, token_pointer=one.login.token or "")
    granted = configuration.grant(one)
    later = login is not None or granted is not None
    return IdentityOrder(
        name=name,
        role=one.role,
        credential=configuration.credential(one),
        login=login,
        grant=None if granted is None else GrantOrder(**granted),
        headers=configuration.accompanying(one) if later else (),
    )


def typed_identity(text: str) -> IdentityOrder:
    """Read `alice=TOKEN` (a bearer token), `alice=X-API-Key: KEY` (a header), `root:admin=TOKEN` (with a role)."""
    name, equals, value = text.partition("=")
    name, _, role = name.partition(":")
    if not equals or not name or not value:
        raise UsageError(
            "--identity takes NAME=TOKEN", "for instance --identity alice=$ALICE_TOKEN --identity root:admin=$ROOT"
        )
    key, colon, rest = value.partition(": ")
    pair = (key, rest) if colon else ("Authorization", f"Bearer {value}")
    return IdentityOrder(name=name, role=role or "user", credential=Credential(headers=(pair,)))


def no_checks_left(selected: Sequence[object]) -> None:
    if not selected:
        raise UsageError("nothing is left to check", "--skip leaves out everything that --only names")
