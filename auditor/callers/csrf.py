"""Tokens against forged requests (OWASP: synchronizer token, double submit): where they come from, where they go.

Beside a session cookie a write needs one. It is told in a cookie that scripts may read, a header, a member of an
answer, or on a page; it is sent in the header that the document names, else in the one that goes with its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from auditor.callers.cookies import Cookie
from auditor.compare import walk
from auditor.model import NOT_JSON, Csrf, Location, Operation, Response, SecurityScheme
from auditor.secrecy.secret_shapes import is_distinctive

MARK = re.compile(r"csrf|xsrf|request_?verification_?token|authenticity_?token|anti_?forgery", re.IGNORECASE)
DOUBLE_SUBMIT = re.compile(r"csrf[_-]?token|xsrf|csrf_access", re.IGNORECASE)
"""Names of cookies whose value is the token itself; under others (`_csrf`) may lie the secret that it is made from."""
FORM_NAMES = frozenset({"_token"})
"""What forms call the field, beside names that say it."""
TOLD_BESIDE = frozenset({"_csrf_header", "_csrf_parameter", "csrf-param"})
"""Under these pages tell where the token goes, not what it is."""
REFUSAL = re.compile(r"csrf|xsrf|cross[- ]site request|forgery|page expired", re.IGNORECASE)
REFUSED = frozenset({400, 401, 403, 422})
PAGE_EXPIRED = 419
"""Laravel's own status for a write without its token."""
HEADER = "X-CSRF-Token"
USUAL_PLACES = ("/sanctum/csrf-cookie", "/csrf-token", "/csrf")
"""Paths from the root, not all documented, where a token is handed out."""
SHORTEST, LONGEST = 8, 4_096
"""Characters of a token."""
LOOKED_AT = 200_000
"""Characters of a page in which a token is looked for; of a refusal, the first hundredth of it."""
TAG = re.compile(r"<(?:meta|input)\b[^<>]{1,6000}>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"([\w-]{1,40})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")


class Written(NamedTuple):
    """A token that an answer tells, and the header it wants to come back in ("" where it names none)."""

    value: str
    header: str = ""


def names_it(name: str) -> bool:
    """Say whether a header, cookie, member or parameter of that name carries such a token."""
    return MARK.search(name) is not None


def declared_header(operations: Iterable[Operation], schemes: Iterable[SecurityScheme]) -> str:
    """Return the header that the document declares for it, as a security scheme or as a parameter; else ""."""
    keys = (one.parameter for one in schemes if one.kind == "api_key" and one.location is Location.HEADER)
    parameters = (p.name for one in operations for p in one.parameters if p.location is Location.HEADER)
    return next((name for name in (*keys, *parameters) if names_it(name)), "")


def endpoint(operations: Sequence[Operation]) -> Operation | None:
    """Find the read that hands it out: `GET /csrf-token`, `/auth/csrf`, `/security/csrf_token/`."""
    reads = [one for one in operations if one.method == "GET" and "{" not in one.path]
    named = [one for one in reads if any(map(names_it, one.path.strip("/").split("/")[-2:]))]
    return min(named, key=lambda one: (len(one.path), one.path), default=None)


def refused_for_it(response: Response) -> bool:
    """Say whether a request was refused because the token was missing or old."""
    if response.status == PAGE_EXPIRED:
        return True
    return response.status in REFUSED and REFUSAL.search(response.text[: LOOKED_AT // 100]) is not None


def learned(
    response: Response,
    *,
    fresh: Sequence[Cookie],
    jar: Mapping[str, Cookie],
    declared: str,
    held: Csrf | None = None,
    fetched: bool = False,
    members: bool = False,
) -> Csrf | None:
    """Return the token as the client has it after an answer; `held` where the answer says nothing new.

    `fresh` are the cookies it set, `jar` all there are then; a token goes with its cookie. `members` reads what its
    JSON calls a token, `fetched` whatever it says, for it was asked for just that.
    """
    if held is not None and any(one.removed and one.name == held.cookie for one in fresh):
        held = None
    told = next(written(response, fetched=fetched, members=members or fetched), None)
    if told is not None:
        header = declared or told.header or (DJANGO if DJANGO_COOKIE in jar else HEADER)
        return Csrf(header=header, value=told.value, cookie=carrier(told.value, jar))
    cookie = double_submit(fresh, held=held)
    if cookie is None:
        return held
    return Csrf(header=declared or header_for(cookie.name), value=unquote(cookie.value), cookie=cookie.name)


DJANGO, DJANGO_COOKIE = "X-CSRFToken", "csrftoken"


def header_for(name: str) -> str:
    """Return the header in which frameworks want the token of a cookie or field so called."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    if "xsrf" in plain:
        return "X-XSRF-TOKEN"
    if plain in {"csrftoken", "csrfmiddlewaretoken"} and "_" not in name and "-" not in name:
        return DJANGO
    return "RequestVerificationToken" if "requestverification" in plain else HEADER


def carrier(value: str, jar: Mapping[str, Cookie]) -> str:
    """Name the cookie that belongs to a token: the one of its value, else one that is called so; "" for none."""
    same = (one.name for one in jar.values() if unquote(one.value) == value)
    return next(same, None) or next(filter(names_it, jar), "")


def double_submit(fresh: Sequence[Cookie], *, held: Csrf | None) -> Cookie | None:
    """Return the cookie whose value has to be sent twice: one that scripts may read.

    A name that does not say so is believed only while nothing better is known.
    """
    readable = [one for one in fresh if names_it(one.name) and not one.http_only and not one.removed]
    wanted = [one for one in readable if "refresh" not in one.name.lower() and len(one.value) >= SHORTEST]
    sure = [one for one in wanted if DOUBLE_SUBMIT.search(one.name)]
    likely = [one for one in wanted if held is None or one.name == held.cookie]
    return next(iter(reversed(sure or likely)), None)


def written(response: Response, *, fetched: bool, members: bool) -> Iterator[Written]:
    """Yield the tokens that an answer tells outside its cookies, the surest first."""
    for name, value in response.headers:
        if names_it(name) and fits(value):
            yield Written(value, name)
    if response.is_html:
        yield from on_page(response.text[:LOOKED_AT])
        return
    body = response.json() if members else NOT_JSON
    if body is not NOT_JSON:
        yield from in_members(list(walk(body)), fetched=fetched)
    elif fetched and fits(response.text.strip()):
        yield Written(response.text.strip())


def in_members(leaves: Sequence[tuple[str, object]], *, fetched: bool) -> Iterator[Written]:
    """Yield members that are called a token; of an answer that was asked for one also the only text that fits."""
    texts = [(pointer.rpartition("/")[2], value) for pointer, value in leaves if isinstance(value, str)]
    header = next((value for name, value in texts if name.lower() in {"headername", "header_name"}), "")
    called = [value for name, value in texts if names_it(name) and fits(value) and value != header]
    others = [value for name, value in texts if fetched and name.lower() in {"token", "value", "result", "data", ""}]
    long = [value for _, value in texts if fetched and len(value) >= 2 * SHORTEST]
    for value in (*called, *others, *(long if len(long) == 1 else [])):
        if fits(value):
            yield Written(value, header)


def on_page(text: str) -> Iterator[Written]:
    """Yield the tokens in a page's `meta` tags and hidden inputs."""
    tags = [attributes(match[0]) for match in TAG.finditer(text)]
    header = next((one.get("content", "") for one in tags if one.get("name") == "_csrf_header"), "")
    for one in tags:
        name, value = one.get("name", ""), one.get("content") or one.get("value", "")
        called = (names_it(name) or name in FORM_NAMES) and name not in TOLD_BESIDE
        if called and fits(value):
            yield Written(value, header or header_for(name))


def attributes(tag: str) -> dict[str, str]:
    return {found[1].lower(): unescape(found[2] or found[3] or found[4] or "") for found in ATTRIBUTE.finditer(tag)}


def fits(value: str) -> bool:
    """A token is one word that a header can carry."""
    one_word = value.isascii() and value.isprintable() and " " not in value
    return one_word and SHORTEST <= len(value) <= LONGEST and is_distinctive(value)
