"""How this target lets people in: what the document says of it, and what was seen to work.

Beside it lie the steps: `registering`, `logging_in`, `proving`, `forgery_tokens`, `issuing`. Whatever they send carries
its credential itself, for it may be asked for while another request waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from random import Random
from typing import NamedTuple, Protocol

from auditor.callers import csrf
from auditor.callers.wallet import Wallet
from auditor.evidence import Unavailable
from auditor.kinds.sign_in import SignIn
from auditor.knowledge.memory import Style
from auditor.model import Exchange, Field, Identity, Json, Location, Operation, Request, SecurityScheme

Place = tuple[Location, str]
"""Where in a request a value stands: its location, and its pointer there."""

FETCH = "ask for the token against forged requests"
VISIT = "look for a token against forged requests where people come in"
ISSUE = "ask for a key of its own"
LOG_IN = "log in"
REGISTER = "register a user of the audit"
ENROL = "register a user of the audit, as somebody who may"
PROVE = "see that the credential works"
RENEW = "renew the credential"
WRONG_SHAPE = frozenset({400, 409, 415, 422, 500})
"""Refusals that another way of filling the request in may mend."""


class Drafts(Protocol):
    """Builds a valid request of an operation with some values given: by pointer in the body, others by place."""

    def draft(
        self,
        operation: Operation,
        *,
        identity: Identity,
        purpose: str,
        overlay: Mapping[str, Json],
        placed: Mapping[Place, Json],
        style: str,
    ) -> Request: ...

    def fields(self, operation: Operation) -> tuple[Field, ...]: ...

    def sample(self, field: Field) -> Json:
        """Return a valid value of a field, another one each time."""
        ...

    def learn(self, refused: Exchange) -> bool:
        """Read a refusal; say whether the next draft of its operation will be another request."""
        ...


class Form(NamedTuple):
    """How a login is filled in: how much of it, and whether an unclear field gets the other name."""

    style: str = Style.MINIMAL
    other_name: bool = False


@dataclass(kw_only=True)
class Entrance:
    """What worked once is done that way from then on."""

    operations: SignIn
    drafts: Drafts
    wallet: Wallet
    api: Sequence[Operation]
    schemes: Mapping[str, SecurityScheme]
    know: Callable[[str, str, str], None] = field(repr=False)
    rng: Random
    canary: str
    grant_url: str = ""
    """Where the document has a user's password exchanged for a token, beside its operations."""
    form: Form | None = None
    """How the login was filled in when it was accepted."""
    by_maker: bool = False
    """Users were made by somebody known, as nobody else may."""
    by_basic: bool = False
    """Nothing logs in: name and password themselves are sent, and were recognised."""
    token_needed: bool = False
    """Signing in was refused without a token against forged requests."""
    token_place: Request | None = None
    """Where one was handed out."""
    no_token: bool = False
    """One was looked for everywhere and not found."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def can_log_in(self) -> bool:
        return self.operations.login is not None or bool(self.grant_url)

    @cached_property
    def endpoint(self) -> Operation | None:
        """What hands out tokens against forged requests."""
        return csrf.endpoint(self.api)

    def fields(self, operation: Operation) -> tuple[Field, ...]:
        return self.drafts.fields(operation)

    def draft(
        self,
        operation: Operation,
        identity: Identity,
        purpose: str,
        values: Mapping[Place, Json] | None = None,
        *,
        style: str = "",
    ) -> Request:
        """Build a request of somebody who has no credential yet; values that are None are left out."""
        given = {place: value for place, value in (values or {}).items() if value is not None}
        return self.drafts.draft(
            operation,
            identity=identity,
            purpose=purpose,
            overlay={pointer: value for (location, pointer), value in given.items() if location is Location.BODY},
            placed={place: value for place, value in given.items() if place[0] is not Location.BODY},
            style=style,
        )

    def new_name(self) -> str:
        """Return a name that nothing there has yet."""
        return f"{self.canary}n{next(self.numbers)}"


def unlock_for(identity: Identity) -> str:
    """Say what would give us this caller: a line of configuration, or, for throw-away users, open registration."""
    if identity.disposable:
        return "registration that lets the audit make users of its own"
    return f"identities.{identity.name} in auditor.yaml"


def no_login() -> Unavailable:
    return Unavailable("the document has no login that we recognise", "identities: {alice: {bearer: …}}")
