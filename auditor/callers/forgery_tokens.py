"""Getting a token against forged requests before, or after, something was refused without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from auditor.callers import csrf
from auditor.callers.accounts import Account
from auditor.callers.entrance import FETCH, VISIT, Entrance, Place
from auditor.evidence import Steps, ask
from auditor.model import Credential, Exchange, Json, Location, Operation, Request, Role

GUARDED = frozenset({401, 403})
PAGE = (("accept", "text/html, application/json;q=0.9, */*;q=0.8"),)


def through(entrance: Entrance, account: Account, build: Callable[[], Request]) -> Steps[Exchange]:
    """Send what `build` makes, with the cookies and the token that the target wants to see first.

    Built anew for another token: a form may carry it as well.
    """
    if account.csrf is None and asks_for_one(entrance, build().operation):
        yield from fetch(entrance, account)
    sent = account.csrf
    answered = yield from ask(dressed(account, build()))
    if answered.succeeded or not for_want_of_one(entrance, answered):
        return answered
    if account.csrf is sent and not (yield from fetch(entrance, account)):
        return answered
    entrance.token_needed = True
    return (yield from ask(dressed(account, build())))


def fetch(entrance: Entrance, account: Account, held: Credential | None = None) -> Steps[bool]:
    """Get a token where one is handed out; say whether there is another than before.

    `held` is the credential of an account that is signed in.
    """
    if entrance.no_token:
        return False
    before, guarded = account.csrf, False
    for request in places(entrance, account):
        asked = dressed(account, replace(request, identity=account.identity, credential=held or Credential()))
        answered = yield from ask(replace(asked, role=Role.SETUP))
        if account.csrf is not before:
            entrance.token_place = request
            return True
        guarded = guarded or (held is None and answered.response.status in GUARDED)
    # What is only handed out to those who are signed in may come yet.
    entrance.no_token = before is None and not guarded
    return False


def places(entrance: Entrance, account: Account) -> Iterator[Request]:
    """Yield where to ask: where it was told before; else what the document has for it, pages, and the usual places."""
    if entrance.token_place is not None:
        yield entrance.token_place
        return
    if entrance.endpoint is not None:
        yield entrance.draft(entrance.endpoint, account.identity, FETCH)
    login = account.login.operation if account.login is not None else entrance.operations.login
    if login is not None and not login.path_parameters:
        yield Request(method="GET", path=login.path, headers=PAGE, purpose=VISIT)
    yield Request(method="GET", path="/", headers=PAGE, purpose=VISIT)
    yield from (Request(method="GET", path=one, absolute=True, purpose=FETCH) for one in csrf.USUAL_PLACES)


def asks_for_one(entrance: Entrance, operation: Operation | None) -> bool:
    """It was needed before, there is an operation that hands it out, or this one has a field for it."""
    if entrance.token_needed or entrance.endpoint is not None:
        return True
    return operation is not None and any(csrf.names_it(one.name) for one in entrance.fields(operation))


def for_want_of_one(entrance: Entrance, answered: Exchange) -> bool:
    """The refusal says so, or it is a 403 without a reason where sessions are kept in cookies."""
    if csrf.refused_for_it(answered.response):
        return True
    by_cookies = any(one.location is Location.COOKIE for one in entrance.schemes.values())
    by_cookies = by_cookies or bool(answered.response.header("set-cookie") or entrance.wallet.csrf_header)
    return answered.response.status == 403 and by_cookies


def dressed(account: Account, request: Request) -> Request:
    """Send the cookies and the token that the account has so far, and the headers that always go with it."""
    if not account.jar and account.csrf is None and not account.headers:
        return request
    own = request.credential or Credential()
    values = {**dict(own.cookies), **{one.name: one.value for one in account.jar.values()}}
    headers = tuple(dict.fromkeys((*own.headers, *account.headers)))
    cookies = tuple(values.items())
    return replace(request, credential=replace(own, headers=headers, cookies=cookies, csrf=account.csrf))


def in_form(entrance: Entrance, account: Account | None, operation: Operation) -> dict[Place, Json]:
    """Return what fills the fields of a form that take the token."""
    if account is None or account.csrf is None:
        return {}
    body = [one for one in entrance.fields(operation) if one.location is Location.BODY]
    return {(one.location, one.pointer): account.csrf.value for one in body if csrf.names_it(one.name)}
