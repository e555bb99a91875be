"""Who may do what: one user's objects and the server's own fields are out of another's reach."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby

from auditor import compare
from auditor.check import check
from auditor.evidence import (
    Contrast,
)
from auditor.model import (
    NOT_JSON,
    Exchange,
    Severity,
    Verdict,
    failed,
    passed,
    unsure,
)
from checks._authz_probes import (
    DATE,
    Attempt,
    Attempts,
    Injection,
    Injections,
    Offered,
    Peek,
    injected,
    members,
    peeked,
    trespassed,
)
from checks._owners import canaried, refused, shows_nothing

# --- authz.bola-read ----------------------------------------------------------------------------------------

MOST_OF_IT = 0.9
UNMISTAKABLE = 8
"""Characters from which an id is known by its value, whatever its key; a short number needs the right key."""


@check(
    "authz.bola-read",
    standards=("AUTH-8",),
    severity=Severity.CRITICAL,
    on=peeked,
    refs=("OWASP API1:2023", "CWE-639", "ASVS 8.2.2"),
)
def bola_read(asked: Peek) -> Verdict:
    """A user cannot read another user's object.

    Why: ids leak, are guessed and are counted up. If knowing one is enough, every user's data is open to every
    other user.

    Fix: make the owner part of the query, so that a foreign id is simply not found. Express:
    `Order.findOne({_id: id, owner: req.user.id})`; FastAPI: `select(Order).where(Order.id == id, Order.owner_id ==
    user.id)`; Django REST: `get_queryset` returns `Order.objects.filter(owner=self.request.user)`; Spring:
    `findByIdAndOwner(id, principal)` or `@PostAuthorize`.

    Known limits: objects addressed by a query parameter are not tried. What the other user's list shows as well is
    taken for shared, and reported as undecided.
    """
    status = asked.foreign.response.status
    if refused(asked.foreign):
        return passed()
    if not asked.foreign.succeeded:
        return unsure(f"another user was answered {status}, which neither grants nor refuses")
    shared = why_shared(asked)
    if shared:
        return unsure(f"another user was answered {status}; shared on purpose? {shared}")
    return failed(f"another user was answered {status} with the owner's object", signature="status=2xx")


def why_shared(asked: Peek) -> str:
    """Say what speaks against a private object; "" when nothing does."""
    if asked.bare is None or not refused(asked.bare):
        return "callers without credentials are answered too"
    if not whole(asked):
        return "the answer is not the one its owner gets"
    if shows(asked.foreign_list, asked):
        return "the object is in that user's own list"
    if asked.own_list is not None and not shows(asked.own_list, asked):
        return "not even the owner's list shows the object, so its absence from the other's says nothing"
    if asked.own_list is None and not canaried(asked.control.response):
        return "nothing in the object shows whose it is"
    return ""


def whole(asked: Peek) -> bool:
    """The other user got the owner's answer: a value of this run in the same form, or nearly every value."""
    answered = Contrast(control=asked.control, changed=asked.foreign, again=asked.again)
    if not answered.same_answer():
        return False
    mine, theirs = (compare.telling_values(one.response.json() or {}) for one in (asked.control, asked.foreign))
    marked = canaried(asked.control.response) & canaried(asked.foreign.response)
    return bool(marked) or (bool(mine) and len(mine & theirs) >= MOST_OF_IT * len(mine))


def shows(listing: Exchange | None, asked: Peek) -> bool:
    """The list has a row with the object's id under one of the keys that name it, or its marked values."""
    if listing is None or not listing.succeeded:
        return False
    keys = {key for key, value in named_values(asked.control) if value == asked.listed} | {"id"}
    named = (key for key, value in named_values(listing) if value == asked.listed != "")
    if any(key in keys or len(asked.listed) >= UNMISTAKABLE for key in named):
        return True
    return bool(canaried(asked.control.response) & canaried(listing.response))


def named_values(exchange: Exchange) -> list[tuple[str, str]]:
    """Return every leaf as (its key, its text)."""
    body = exchange.response.json()
    leaves = () if body is NOT_JSON else compare.walk(body)
    return [(pointer.rpartition("/")[2], str(leaf)) for pointer, leaf in leaves]


# --- authz.bola-write ---------------------------------------------------------------------------------------


@check(
    "authz.bola-write",
    standards=("AUTH-8",),
    severity=Severity.CRITICAL,
    on=trespassed,
    refs=("OWASP API1:2023", "CWE-639", "ASVS 8.2.2"),
)
def bola_write(asked: Attempts) -> Iterable[Verdict]:
    """A user cannot change or delete another user's object.

    Why: whoever can write to a foreign id can falsify or destroy the data of every user, one id after the other.

    Fix: look the object up together with its owner before changing it, in the same statement where possible. Express:
    `Order.updateOne({_id: id, owner: req.user.id}, …)`; FastAPI: `update(Order).where(Order.id == id,
    Order.owner_id == user.id)`; Django REST: `get_queryset` filtered by `request.user`, or an object permission;
    Spring: `@PreAuthorize("@guard.owns(#id)")`.
    """
    return [foreign_write(one) for one in asked.tried]


def foreign_write(tried: Attempt) -> Verdict:
    asked, about = tried.asked, tried.operation
    if asked is None:
        return unsure(tried.missing, about=about)
    method, status = asked.changed.request.method, asked.changed.response.status
    if asked.changed.succeeded and asked.took_effect():
        return failed(
            f"{method} by another user was answered {status} and took effect", signature="effect", about=about
        )
    if refused(asked.changed):
        return passed(about=about)
    if asked.changed.succeeded and shows_nothing(asked):
        return passed(note=f"{method} by another user was answered {status} but changed nothing", about=about)
    return unsure(f"{method} by another user was answered {status}, and no read shows what it did", about=about)


# --- authz.mass-assignment ----------------------------------------------------------------------------------


@check(
    "authz.mass-assignment",
    standards=("VAL-3",),
    severity=Severity.HIGH,
    on=injected,
    refs=("OWASP API3:2023", "CWE-915", "ASVS 15.3.3"),
)
def mass_assignment(asked: Injections) -> Iterable[Verdict]:
    """Clients cannot set server-controlled fields.

    Why: a body that is copied whole into the model lets a caller give himself a role, a balance or somebody else's
    objects, by sending a field that the documentation never mentions.

    Fix: name the fields that a request may set, and take nothing else from it. Express: `pick(req.body, ['title'])`
    or a schema that strips unknown keys; FastAPI: an input model of its own, `model_config = ConfigDict(extra=
    "forbid")`; Django REST: `read_only_fields`; Rails: `params.permit(:title)`; Spring: a request DTO, never the
    entity.

    Known limits: only fields that a read shows are tried; `status`, `version` and the like are taken for settable.
    """
    by_operation = groupby(asked.tried, key=lambda one: one.operation)
    return [assigned(operation, list(tried)) for operation, tried in by_operation]


def assigned(operation: str, tried: Sequence[Injection]) -> Verdict:
    kept = {offer.name: offer.sent for one in tried for offer in one.offered if stored(offer, one.read)}
    if kept:
        said = ", ".join(f"{name}={value}" for name, value in sorted(kept.items()))
        severity = Severity.CRITICAL if any(opened(one) for one in tried) else None
        signature = f"fields={','.join(sorted(kept))}"
        return failed(
            f"stored what only the server may set: {said}", severity=severity, signature=signature, about=operation
        )
    unread = [one for one in tried if one.wrote.succeeded and (one.read is None or not one.read.succeeded)]
    if unread:
        return unsure(
            f"answered {unread[0].wrote.response.status}, but the object could not be read again", about=operation
        )
    echoed = sorted({offer.name for one in tried for offer in one.offered if stored(offer, one.wrote)})
    note = f"the answer repeats {', '.join(echoed)} as sent, but nothing was stored" if echoed else ""
    return passed(note=note, about=operation)


def stored(offer: Offered, read: Exchange | None) -> bool:
    """The read shows the sent value (a date in whatever notation), which is not what was there before."""
    if read is None or not read.succeeded or offer.name not in members(read):
        return False
    shown, sent = members(read)[offer.name], json.loads(offer.sent)
    if isinstance(sent, str) and isinstance(shown, str) and DATE.match(sent):
        return shown[:10] == sent[:10]
    return bool(shown == sent) and isinstance(shown, bool) == isinstance(sent, bool)


def opened(one: Injection) -> bool:
    """What was refused before the write is granted after it."""
    before, after = one.door_before, one.door_after
    return before is not None and after is not None and refused(before) and after.succeeded
