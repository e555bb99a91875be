"""Seeing that a credential works: what a login hands out leaves open how it is to be sent, and an answer settles it."""

from __future__ import annotations

from dataclasses import replace

from auditor import sign_in
from auditor.accounts import Account
from auditor.entrance import PROVE, Entrance
from auditor.evidence import Steps, ask
from auditor.harms import sounds_wiping
from auditor.model import Exchange, Location, Operation, Role

MOST_PROOFS = 6
UNRECOGNISED = frozenset({401, 403})
"""403 too: Django REST answers it to callers that it does not know where sessions are asked for first."""


def prove(entrance: Entrance, account: Account) -> Steps[bool]:
    """Try the ways that a sign-in opened until one is recognised; false when every one is met with 401.

    Once one was, later accounts use its like without a proof. Where nothing tells, the likeliest is believed.
    """
    operation = proof(entrance, account)
    if entrance.wallet.proven or operation is None or not account.offers:
        return True
    likeliest, forbidden = account.offers[0], False
    for offer in account.offers[:MOST_PROOFS]:
        place = {(Location.PATH, f"/{name}"): account.names[0] for name in operation.path_parameters}
        request = entrance.draft(operation, account.identity, PROVE, place)
        answered = yield from ask(replace(request, role=Role.SETUP, credential=offer.way.credential))
        if answered.response.status not in UNRECOGNISED and not leads_to_login(answered):
            entrance.wallet.proven = offer.way.kind
            if offer is not likeliest:
                entrance.wallet.take(account, offer)
            return True
        forbidden = forbidden or answered.response.status == 403
    return forbidden


def proof(entrance: Entrance, account: Account) -> Operation | None:
    """Return a read that only somebody known is answered: about the caller, else the first that is protected.

    Where nothing is said to be protected, what the caller is told about itself; of an account that is an item, that.
    """
    if entrance.operations.whoami is not None:
        return entrance.operations.whoami
    gets = [one for one in entrance.api if one.method == "GET" and not sounds_wiping(one)]
    reads = [one for one in gets if not sign_in.harms_identity(one)]
    guarded = [one for one in reads if one.protected and not one.path_parameters and not wants_more(one)]
    if guarded:
        return min(guarded, key=lambda one: (len(one.path), one.path))
    selves = [one for one in reads if sign_in.is_self(one)]
    if selves and not any(one.protected for one in entrance.api):
        return min(selves, key=lambda one: (len(one.path), one.path))
    made = entrance.operations.register
    own = (one for one in reads if made is not None and made.path_parameters and one.path == made.path)
    return next(own, None) if account.names else None


def wants_more(operation: Operation) -> bool:
    return any(one.required and one.location is Location.QUERY for one in operation.parameters)


def leads_to_login(answered: Exchange) -> bool:
    return 300 <= answered.response.status < 400 and answered.denied
