"""API keys that an operation issues: whoever is signed in otherwise may ask for one, and is told it once."""

from __future__ import annotations

from dataclasses import replace

from auditor.callers.accounts import Account, Offer
from auditor.callers.credentials import Way, is_keyed, issued, keyed
from auditor.callers.entrance import ISSUE, WRONG_SHAPE, Entrance
from auditor.evidence import Steps, ask
from auditor.knowledge.memory import Style
from auditor.model import Exchange, Location, Role, SecurityScheme
from auditor.sending.attaching import fitting


def equip(entrance: Entrance, account: Account) -> Steps[None]:
    """Ask for a key where operations demand one that the account does not have."""
    operation, held = entrance.operations.issue, entrance.wallet.held.get(account.identity.name)
    if operation is None or held is None or lacking(entrance, account) is None:
        return
    for style in Style:
        request = entrance.draft(operation, account.identity, ISSUE, style=style)
        answered = yield from ask(replace(request, role=Role.SETUP, credential=fitting(held, operation)))
        if answered.response.status not in WRONG_SHAPE:
            return


def take_key(entrance: Entrance, account: Account, raw: Exchange) -> None:
    """Keep the key that an answer tells, where it is the account's first."""
    scheme, key = lacking(entrance, account), issued(raw.response)
    if scheme is None or not key:
        return
    if account.identity.name in entrance.wallet.held:
        entrance.wallet.add(account, scheme.name, keyed(scheme, key))
    else:
        entrance.wallet.take(account, Offer(Way(f"scheme {scheme.name}", keyed(scheme, key))))


def lacking(entrance: Entrance, account: Account) -> SecurityScheme | None:
    """Return the key without which no alternative of some operation can be satisfied; None where none is lacking."""
    own = entrance.wallet.satisfied(account)
    for operation in entrance.api:
        if not operation.protected or any(own.issuperset(one) for one in operation.security):
            continue
        missing = (entrance.schemes.get(name) for one in operation.security for name in one if name not in own)
        found = next((one for one in missing if one is not None and is_issued(one)), None)
        if found is not None:
            return found
    return None


def is_issued(scheme: SecurityScheme) -> bool:
    """A key that can be handed out, in a header or in the query."""
    return is_keyed(scheme) and scheme.location in {Location.HEADER, Location.QUERY}
