"""Operations that are never sent unasked: they would change more than what this run made."""

from __future__ import annotations

from auditor.kinds.sign_in import harms_identity
from auditor.knowledge.harms import sounds_wiping
from auditor.model import Operation


def left_alone(operation: Operation, *, kept: bool = False) -> str:
    """Return why an operation is not sent; "" where it may be.

    `kept` says that its path is that of things which callers make and keep, whatever its name sounds like: then
    `DELETE /sessions` signs nobody out. A GET that sounds as if it wiped everything is `auditor.knowledge.harms`'s: its
    method promises that it does not (RFC 9110 §9.2.1), so it is asked last, if at all.
    """
    if reaches_beyond(operation, kept=kept) or (not operation.safe and sounds_wiping(operation)):
        return f"{operation.label} would change what this run did not make"
    return ""


def reaches_beyond(operation: Operation, *, kept: bool = False) -> bool:
    """A PUT, PATCH or DELETE that addresses no item: a whole collection, or something that everybody shares.

    What is about the caller itself (`/me`) is not meant: it is tried as a user made for that purpose.
    """
    addressed = operation.safe or operation.method == "POST" or operation.path_parameters
    return not addressed and (kept or not harms_identity(operation))
