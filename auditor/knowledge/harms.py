"""Operations that harm the world they are called in: known by what they did, guessed by their names before that.

A name is a first guess for the order only: what sounds as if it wiped data goes last. What an operation did decides
(`auditor.world.watching`), and is told in the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from auditor.kinds import sign_in
from auditor.model import Operation, Request
from auditor.sending.attaching import SAFE_METHODS

WIPING_WORDS = frozenset(
    {"reset", "purge", "wipe", "flush", "truncate", "clear", "erase", "nuke", "seed", "reseed", "initdb", "createdb"}
    | {"reinit", "reinitialize", "reinitialise", "teardown", "cleanup", "shutdown", "restart", "reboot"}
)
INNOCENT_WORDS = frozenset({"password", "passwd", "pin", "email", "mfa", "2fa", "otp", "totp", "filter", "filters"})
"""What is reset together with one of these is somebody's password or form, not the data."""


class Reach(StrEnum):
    """Whom an operation harms."""

    CALLER = "caller"
    """It ends, renames or locks out its caller, or removes what is the caller's."""
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What an operation did to the world."""

    operation: str
    reach: Reach
    effect: str
    """"removed what the audit had made"; for reports, after the operation's label."""
    proof: str
    """"it did so again when it was repeated"."""
    removes: bool = False
    """Its caller's account is gone afterwards: it cannot sign in any more."""
    kinds: tuple[str, ...] = ()
    """Names of the resources of which something was seen to be gone."""

    @property
    def told(self) -> str:
        last = " and was asked last" if self.reach is Reach.EVERYBODY else " and was asked by users made for it"
        return f"{self.operation} {self.effect} ({self.proof}){last}"


class Harms:
    """What is known of the operations of one document."""

    def __init__(self) -> None:
        self.found: dict[str, Harm] = {}

    def of(self, operation: Operation) -> Harm | None:
        return self.found.get(operation.label)

    def note(self, harm: Harm) -> bool:
        """Know a harm; say whether it is new. One that reaches everybody is not made smaller by a later look."""
        known = self.found.get(harm.operation)
        if known is not None and (known.reach is Reach.EVERYBODY or known.reach is harm.reach):
            return False
        self.found[harm.operation] = harm
        return True

    def its_caller(self, operation: Operation) -> bool:
        """Whoever calls it must be disposable."""
        return sign_in.harms_identity(operation) or operation.label in self.found

    @property
    def wiped(self) -> bool:
        """Something was found that harms everybody."""
        return any(one.reach is Reach.EVERYBODY for one in self.found.values())

    def everybody(self, operation: Operation) -> bool:
        harm = self.found.get(operation.label)
        return harm is not None and harm.reach is Reach.EVERYBODY

    def once(self, operation: Operation) -> bool:
        """The first 2xx ends or changes its caller, or removes what it was asked about."""
        return operation.label in self.found or (sign_in.harms_identity(operation) and not operation.safe)

    def last(self, operation: Operation) -> bool:
        """It is asked after everything else."""
        return self.everybody(operation) or sounds_wiping(operation)

    def disturbs(self, operation: Operation) -> bool:
        """No question about something else may call it."""
        return operation.label in self.found or sounds_wiping(operation)

    def writes_nothing(self, request: Request) -> bool:
        """It is safe by its method (RFC 9110 §9.2.1), and neither its name nor what it did says otherwise."""
        operation = request.operation
        return request.method in SAFE_METHODS and (operation is None or not self.disturbs(operation))


@lru_cache(maxsize=4096)
def sounds_wiping(operation: Operation) -> bool:
    """Its name says that it removes more than one thing: `/admin/reset`, `/clear-database`, not `/carts/{id}/clear`."""
    if operation.path_parameters:
        return False
    words = sign_in.last_words(operation) | frozenset(sign_in.snake(operation.operation_id).split("_"))
    every = {word for part in sign_in.static_segments(operation.path) for word in sign_in.snake(part).split("_")}
    return bool(words & WIPING_WORDS) and not every & INNOCENT_WORDS
