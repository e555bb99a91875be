"""Logging in, by the document's login, by a configured one, or at a token endpoint; and staying so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from auditor.callers import oauth
from auditor.callers.accounts import Account, Login, Offer, fitting_names
from auditor.callers.credentials import REFRESH_KEYS, Way, basic, token_way
from auditor.callers.entrance import LOG_IN, RENEW, WRONG_SHAPE, Entrance, Form, Place, no_login
from auditor.callers.forgery_tokens import fetch, in_form, through
from auditor.callers.oauth import Grant
from auditor.callers.proving import prove, shown
from auditor.compare import escape
from auditor.evidence import Steps, Unavailable, ask
from auditor.kinds import sign_in
from auditor.knowledge.memory import Style
from auditor.model import Field, Identity, Json, Location, Operation, Request, Role

DENIED = frozenset({400, 401, 403, 404, 422})
MOST_FORMS = 3
"""Ways of filling a login in that are tried at once: two wrong passwords at most, as servers count them."""


class LoginRefused(Unavailable):
    """No way of filling the login in handed out a credential; `status` is that of the last answer."""

    def __init__(self, name: str, status: int) -> None:
        why = f"login of {name} was answered {status} without a credential"
        super().__init__(why, f"identities.{name} in auditor.yaml")
        self.status = status


def sign_in_as(entrance: Entrance, account: Account) -> Steps[None]:
    """Log the account in. Raises `Unavailable` when no way of filling the login in works."""
    name = account.identity.name
    if entrance.by_basic and account.login is None and account.grant is None:
        return (yield from present(entrance, account))
    before, status, tried = entrance.wallet.held.get(name), 0, list[Form]()
    account.jar, account.csrf = {}, None
    while (form := next_form(entrance, account, tried, status)) is not None:
        tried.append(form)
        answered = yield from through(entrance, account, partial(login_of, entrance, account, form))
        status = answered.response.status
        if entrance.wallet.held.get(name) is not before:
            entrance.form, account.failures = form, 0
            return (yield from settle_in(entrance, account))
    account.failures += 1
    raise LoginRefused(name, status)


def present(entrance: Entrance, account: Account) -> Steps[None]:
    """Sign in by sending name and password themselves. Raises `Unavailable` where they are not recognised."""
    if not account.names or not account.password:
        raise no_login()
    name, offer = account.identity.name, Offer(Way("basic", basic(account.names[0], account.password)))
    account.offers = (offer,)
    answered = yield from shown(entrance, account, offer)
    if answered is not None and answered.response.status == 401:
        why = f"login of {name} was answered 401 without a credential"
        raise Unavailable(why, f"identities.{name} in auditor.yaml")
    entrance.wallet.take(account, offer)


def next_form(entrance: Entrance, account: Account, tried: Sequence[Form], status: int) -> Form | None:
    """Return how to fill the login in next: as it worked before, or in few ways by what was answered."""
    if not tried:
        return entrance.form or Form()
    if entrance.form is not None or len(tried) == MOST_FORMS or status not in DENIED | WRONG_SHAPE:
        return None
    last = tried[-1]
    secret_client = account.grant is not None and bool(account.grant.client_secret)
    if (status in WRONG_SHAPE or secret_client) and last.style != Style.FULL:
        return Form(Style.FULL, last.other_name)
    own = account.login is None and account.grant is None and entrance.operations.login is not None
    return Form(tried[0].style, True) if own and len(account.names) > 1 and not last.other_name else None


def settle_in(entrance: Entrance, account: Account) -> Steps[None]:
    """See that what was handed out works, and bring the token that goes beside a session."""
    yield from prove(entrance, account)
    held = entrance.wallet.held.get(account.identity.name)
    if held is not None and held.cookies and account.csrf is None and entrance.endpoint is not None:
        yield from fetch(entrance, account, held)
        entrance.wallet.keep_up(account)


def login_of(entrance: Entrance, account: Account, form: Form) -> Request:
    """Build the account's login. Raises `Unavailable` without one."""
    grant = account.grant or grant_of(entrance, account)
    if grant is not None:
        grant.in_body = form.style != Style.MINIMAL
        return oauth.token_request(grant, account.identity)
    if account.login is None:
        return login(entrance, account.names, account.password, account.identity, form=form, account=account)
    operation = account.login.operation
    values = configured(account.login) | in_form(entrance, account, operation)
    request = entrance.draft(operation, account.identity, LOG_IN, values, style=form.style)
    return replace(request, role=Role.SETUP)


def configured(login: Login) -> dict[Place, Json]:
    """Return what a configured login says, by place."""
    return {(Location.BODY, f"/{escape(key)}"): value for key, value in login.body.items()}


def grant_of(entrance: Entrance, account: Account) -> Grant | None:
    """Return how a registered user's password becomes a token where the document names a place, but no operation."""
    if entrance.operations.login is not None or account.login is not None or not entrance.grant_url:
        return None
    return Grant(url=entrance.grant_url, username=next(iter(account.names), ""), password=account.password)


def login(
    entrance: Entrance,
    names: Sequence[str],
    password: str,
    identity: Identity,
    *,
    form: Form | None = None,
    account: Account | None = None,
) -> Request:
    """Build a login of the document's own. Raises `Unavailable` where there is none."""
    operation, chosen = entrance.operations.login, form or entrance.form or Form()
    if operation is None:
        raise no_login()
    values = login_values(entrance.fields(operation), names, password, chosen, given=account.given if account else {})
    values |= in_form(entrance, account, operation)
    request = entrance.draft(operation, identity, LOG_IN, values, style=chosen.style)
    if names and not any(sign_in.is_password(one.name) for one in entrance.fields(operation)):
        request = replace(request, credential=basic(names[0], password))
    return replace(request, role=Role.SETUP)


def login_values(
    fields: Sequence[Field], names: Sequence[str], password: str, form: Form, *, given: Mapping[str, str]
) -> dict[Place, Json]:
    """Return what a login says: the password, the names, and what the registration said under the same name."""
    values: dict[Place, Json] = {}
    for one in fields:
        name, place = sign_in.snake(one.name), (one.location, one.pointer)
        if sign_in.is_password(one.name):
            values[place] = password
        elif name == "grant_type":
            values[place] = "password"
        elif sign_in.is_username(one.name) and names:
            values[place] = chosen_name(one, names, other=form.other_name)
        elif one.required and name in given and one.location is Location.BODY:
            values[place] = given[name]
    if names and not any(sign_in.is_username(one.name) for one in fields):
        values |= dict.fromkeys(nameless(fields, values), names[0])
    return {place: value for place, value in values.items() if value is not None}


def chosen_name(field: Field, names: Sequence[str], *, other: bool) -> Json:
    """Choose the name for a field; None where it may be left out and no name fits it."""
    fitting = fitting_names(field.name, names)
    by_mail = "mail" in field.name.lower()
    if not fitting and not field.required and (by_mail or "user" in field.name.lower()):
        return None
    ordered = [*fitting, *(one for one in names if one not in fitting)]
    return ordered[1] if other and not by_mail and len(ordered) > 1 else ordered[0]


def nameless(fields: Iterable[Field], filled: Mapping[Place, Json]) -> list[Place]:
    """Return the one text beside the password, which must be the name then, whatever it is called."""
    texts = (one for one in fields if one.location is Location.BODY and one.type in {"string", ""})
    places = [(one.location, one.pointer) for one in texts if (one.location, one.pointer) not in filled]
    return places if len(places) == 1 else []


def refresh(entrance: Entrance, account: Account) -> Steps[None]:
    """Exchange the refresh token for a new credential; does nothing where there is none, or no place for it."""
    token, grant, operation = account.refresh_token, account.grant, entrance.operations.refresh
    grant = grant or grant_of(entrance, account)
    if not token or (grant is None and operation is None):
        return
    if grant is not None:
        yield from ask(oauth.token_request(grant, account.identity, refresh_token=token))
    elif operation is not None:
        yield from ask(refresh_request(entrance, account, operation, token))


def refresh_request(entrance: Entrance, account: Account, operation: Operation, token: str) -> Request:
    """Build the renewal; where no field takes the token, it stands where the access token does (Flask-JWT-Extended)."""
    fields = [one for one in entrance.fields(operation) if sign_in.snake(one.name) in REFRESH_KEYS]
    values: dict[Place, Json] = {(one.location, one.pointer): token for one in fields}
    request = entrance.draft(operation, account.identity, RENEW, values, style=Style.MINIMAL)
    if not fields:
        request = replace(request, credential=token_way(token, entrance.wallet.schemes).credential)
    return replace(request, role=Role.SETUP)
