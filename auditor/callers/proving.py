"""Seeing that a credential works: what a login hands out leaves open how it is to be sent, and an answer settles it."""

from __future__ import annotations

from dataclasses import replace

from auditor.callers.accounts import Account, Offer
from auditor.callers.credentials import part
from auditor.callers.entrance import PROVE, Entrance
from auditor.document.templates import anonymised
from auditor.evidence import Steps, ask
from auditor.kinds import sign_in
from auditor.knowledge.harms import sounds_wiping
from auditor.model import Credential, Exchange, Location, Operation, Role

MOST_PROOFS = 6
UNRECOGNISED = frozenset({401, 403})
"""403 too: Django REST answers it to callers that it does not know where sessions are asked for first."""


def prove(entrance: Entrance, account: Account) -> Steps[bool]:
    """Try the ways that a sign-in opened until one is recognised; false when every one is met with 401.

    Once one was, later accounts use its like without a proof. Where nothing tells, the likeliest is believed.
    """
    if entrance.wallet.proven or not account.offers:
        return True
    likeliest, forbidden = account.offers[0], False
    for offer in account.offers[:MOST_PROOFS]:
        answered = yield from shown(entrance, account, offer)
        if answered is None:
            return True
        if answered.response.status not in UNRECOGNISED and not leads_to_login(answered):
            entrance.wallet.proven = offer.way.kind
            if offer is not likeliest:
                entrance.wallet.take(account, offer)
            return True
        forbidden = forbidden or answered.response.status == 403
    return forbidden


def shown(entrance: Entrance, account: Account, offer: Offer) -> Steps[Exchange | None]:
    """Ask with one way to be recognised; None where the document has nothing to ask."""
    operation = proof(entrance, account)
    if operation is None:
        return None
    place = {(Location.PATH, f"/{name}"): account.names[0] for name in operation.path_parameters}
    request = entrance.draft(operation, account.identity, PROVE, place)
    return (yield from ask(replace(request, role=Role.SETUP, credential=offer.way.credential)))


def proof(entrance: Entrance, account: Account) -> Operation | None:
    """Return a read that only somebody known is answered: about the caller, else the first that is protected.

    One that asks for something else than was handed out tells nothing. Where nothing is said to be protected, what the
    caller is told about itself; of an account that is an item, that.
    """
    gets = [one for one in entrance.api if one.method == "GET" and not wants_more(one)]
    reads = [one for one in gets if not sign_in.harms_identity(one) and not sounds_wiping(one)]
    guarded = [one for one in reads if one.protected and not one.path_parameters and may_answer(entrance, account, one)]
    if guarded:
        return min(guarded, key=lambda one: (one is not entrance.operations.whoami, len(one.path), one.path))
    if any(one.protected for one in entrance.api):
        return None
    selves = [one for one in reads if sign_in.is_self(one)]
    if selves:
        return min(selves, key=lambda one: (len(one.path), one.path))
    made = entrance.operations.register
    items = {made.path, f"{made.path.rstrip('/')}/{{}}"} if made is not None else set()
    own = (one for one in reads if one.path_parameters and anonymised(one.path) in set(map(anonymised, items)))
    return next(own, None) if account.names else None


def may_answer(entrance: Entrance, account: Account, operation: Operation) -> bool:
    """What was handed out is what the operation asks for, as far as the document says it."""
    sent = account.offers[0].way.credential if account.offers else Credential()
    kept = {one.name for one in entrance.wallet.schemes if part(sent, one) is not None}
    if not kept:  # the document does not know what its login hands out
        return True
    unnamed = {name for one in operation.security for name in one} - {one.name for one in entrance.wallet.schemes}
    return any(set(one) - unnamed <= kept for one in operation.security)


def wants_more(operation: Operation) -> bool:
    return any(one.required and one.location is Location.QUERY for one in operation.parameters)


def leads_to_login(answered: Exchange) -> bool:
    return 300 <= answered.response.status < 400 and answered.denied
