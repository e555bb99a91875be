"""Registering users: filled in from the document, mended by refusals, and seen to be recognised afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from auditor.callers.accounts import Account, account_names, given, new_password, password_in
from auditor.callers.entrance import ENROL, REGISTER, WRONG_SHAPE, Entrance, Place, no_login, unlock_for
from auditor.callers.forgery_tokens import in_form, through
from auditor.callers.logging_in import present, sign_in_as
from auditor.callers.proving import prove
from auditor.compare import at
from auditor.evidence import Steps, Unavailable, Wait
from auditor.kinds import sign_in
from auditor.knowledge.memory import Style
from auditor.model import NOT_JSON, Credential, Exchange, Field, Json, Location, Operation, Request, Role
from auditor.sending.attaching import fitting

MOST_MENDED = 5
STRANGERS = frozenset({401, 403})
"""Refusals of somebody unknown, who might be let in as somebody known."""
SECONDS_TO_SETTLE = 1.0
"""A registration that was only accepted (202) is given so long, twice, before its login counts as refused."""


def register(entrance: Entrance, account: Account, *, maker: Credential | None = None) -> Steps[None]:
    """Make the user and sign it in. Raises `Unavailable` where no registration is recognised, or all refuse.

    `maker` is the credential of somebody who may be allowed to make users where not everybody is.
    """
    status = 0
    for operation, by in registrations(entrance, maker):
        if by is not None and status not in {0, *STRANGERS}:
            break
        answered = yield from registered(entrance, account, operation, by)
        status = answered.response.status
        if answered.succeeded:
            entrance.by_maker = by is not None
            if operation is entrance.operations.upsert:
                entrance.operations = replace(entrance.operations, register=operation)
            return (yield from admitted(entrance, account, answered))
    why = f"registration was answered {status}" if status else "the document has no registration that we recognise"
    raise Unavailable(why, unlock_for(account.identity))


def registrations(entrance: Entrance, maker: Credential | None) -> Iterator[tuple[Operation, Credential | None]]:
    """Yield what may register and as whom, in the order to try: openly, a key for anybody, then as somebody known."""
    known = entrance.operations
    openly = list(dict.fromkeys(one for one in (known.register, known.upsert) if one is not None))
    if not entrance.by_maker:
        yield from ((one, None) for one in openly)
    if not openly and not entrance.can_log_in and known.issue is not None and not known.issue.protected:
        yield known.issue, None
    if maker is not None:
        makers = (known.register, known.enrol)
        yield from ((one, maker) for one in dict.fromkeys(makers) if one is not None)


def registered(entrance: Entrance, account: Account, operation: Operation, maker: Credential | None) -> Steps[Exchange]:
    """Ask filled in as far as the document goes, then with required members alone, then mended by what was said."""
    by = fitting(maker, operation) if maker is not None else None

    def asked(style: str) -> Steps[Exchange]:
        return through(entrance, account, partial(registration, entrance, account, operation, style=style, by=by))

    answered = yield from asked("")
    if answered.response.status in WRONG_SHAPE:
        answered = yield from asked(Style.MINIMAL)
    for _ in range(MOST_MENDED):
        if answered.response.status not in WRONG_SHAPE or not entrance.drafts.learn(answered):
            break
        answered = yield from asked("")
    return answered


def registration(
    entrance: Entrance, account: Account, operation: Operation, *, style: str, by: Credential | None
) -> Request:
    """Fill a registration in, and keep what it says of the account."""
    fields = entrance.fields(operation)
    secret = [one for one in fields if sign_in.is_password(one.name)]
    account.password = account.password or new_password(entrance.rng, next(iter(secret), None))
    values: dict[Place, Json] = {(one.location, one.pointer): account.password or None for one in secret}
    values |= {(Location.PATH, f"/{name}"): entrance.new_name() for name in operation.path_parameters}
    values |= in_form(entrance, account, operation)
    purpose = REGISTER if by is None else ENROL
    request = entrance.draft(operation, account.identity, purpose, values, style=style)
    more = {(one.location, one.pointer): entrance.drafts.sample(one) for one in missing_beside(secret, fields, request)}
    if more:
        request = entrance.draft(operation, account.identity, purpose, values | more, style=style)
    repeated = mails_again(request, fields)
    if repeated:
        request = entrance.draft(operation, account.identity, purpose, values | more | repeated, style=style)
    account.password = password_in(request, fields) or account.password
    if account.password:
        entrance.know(account.identity.name, "password", account.password)
    account.names, account.given = account_names(request, fields), given(request, fields)
    return replace(request, role=Role.SETUP, credential=by or request.credential)


def missing_beside(secret: Sequence[Field], fields: Sequence[Field], request: Request) -> list[Field]:
    """Return what has to stand beside the password and does not: the object around them was optional."""
    body = request.json()
    around = {one.pointer.rpartition("/")[0] for one in secret if one.location is Location.BODY} - {""}
    beside = [one for one in fields if one.location is Location.BODY and one.pointer.rpartition("/")[0] in around]
    return [one for one in beside if one.required and body is not NOT_JSON and at(body, one.pointer) is NOT_JSON]


def mails_again(request: Request, fields: Sequence[Field]) -> dict[Place, Json]:
    """Return one e-mail address for every field that takes it, where one takes it again; else {}."""
    texts = [one for one in fields if one.location is Location.BODY and one.type != "boolean"]
    again = [one for one in texts if sign_in.repeats_email(one.name)]
    first = [one for one in texts if one not in again and sign_in.is_username(one.name) and "mail" in one.name.lower()]
    known = given(request, fields)
    address = next((known[name] for one in first if (name := sign_in.snake(one.name)) in known), "")
    return {(one.location, one.pointer): address for one in (*first, *again)} if again and address else {}


def admitted(entrance: Entrance, account: Account, answered: Exchange) -> Steps[None]:
    """See that the new user is recognised: by what its registration gave out, or by signing in."""
    held = entrance.wallet.held
    if account.identity.name in held and (yield from prove(entrance, account)):
        return
    if not entrance.can_log_in:
        return (yield from by_name_and_password(entrance, account))
    for _ in range(2 if answered.response.status == 202 else 0):
        try:
            return (yield from sign_in_as(entrance, account))
        except Unavailable:
            yield Wait(SECONDS_TO_SETTLE)
    yield from sign_in_as(entrance, account)


def by_name_and_password(entrance: Entrance, account: Account) -> Steps[None]:
    """Where nothing logs in, name and password themselves may be what is sent (RFC 7617). Raises `Unavailable`."""
    if account.identity.name in entrance.wallet.held:
        return
    declared = any(one.kind == "basic" for one in entrance.schemes.values())
    if not account.names or not account.password or not (declared or not entrance.schemes):
        raise no_login()
    yield from present(entrance, account)
    entrance.by_basic = True
