"""What the user asked for, configuration and command line already merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from auditor.model import Credential, Exchange, Json, Severity
from auditor.sending.session import Bounds
from auditor.verdicts.baseline import Baseline
from auditor.verdicts.gates import Gate
from auditor.verdicts.suppressing import Suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginOrder:
    """A configured login: the operation's label, the body to send, where the token lies in the answer."""

    operation: str
    body: Mapping[str, Json] = field(repr=False)
    token_pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantOrder:
    """An OAuth 2.0 grant without a browser: a user's password where there is one, else the client's own."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    token_url: str = ""
    """Left out, the document's."""
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityOrder:
    """A caller that the user names."""

    name: str
    role: str = "user"
    credential: Credential | None = field(default=None, repr=False)
    login: LoginOrder | None = None
    grant: GrantOrder | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What goes beside the token that a login or a grant will hand out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOrder:
    """Stages of (users, seconds); empty means the profile's own."""

    stages: tuple[tuple[int, float], ...] = ()
    profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One audit to be made. `target` is a base address, or the place of the document."""

    target: str
    output: Path
    run_id: str
    seed: str
    document: str | None = None
    base_url: str | None = None
    profile: str = "standard"
    identities: tuple[IdentityOrder, ...] = ()
    register: bool = True
    secrets: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    most_operations: int | None = None
    """Of how many operations dear questions are asked; None: of all."""
    bounds: Bounds = field(default_factory=Bounds)
    writes: bool | None = None
    """None: where the target is this machine."""
    throwaway: bool = False
    """Nothing on the target is worth keeping: what reaches beyond what the run made is sent as well."""
    load: LoadOrder | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    skip_on: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(operation selector, check selectors) that the configuration leaves out."""
    values: tuple[tuple[str, Mapping[str, Json]], ...] = ()
    """(operation selector, place → value) that the user gives: "path/id", "query/page", "body/items/0/sku"."""
    subjects: frozenset[str] | None = None
    """Operations and resources that recipes are asked about; None: all. Seeding is not held to them."""
    severities: Mapping[str, Severity] = field(default_factory=dict)
    options: Mapping[tuple[str, str], float] = field(default_factory=dict)
    redact: tuple[str, ...] = ()
    fail_on: Severity | None = Severity.HIGH
    gates: tuple[Gate, ...] = ()
    baseline: Baseline | None = None
    suppressions: tuple[Suppression, ...] = ()
    command: str = ""
    shown_config: Mapping[str, Json] = field(default_factory=dict)
    verify_tls: bool = True
    transport: httpx.AsyncBaseTransport | None = None
    curl: Callable[[Exchange, str], str] = lambda _exchange, _base: ""
