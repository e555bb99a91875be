"""Puts a credential on a request: the part that its operation asks for, cookies among its own, and a CSRF token."""

from __future__ import annotations

from dataclasses import replace

from auditor.model import Credential, Operation, Request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""They change nothing (RFC 9110 §9.2.1), so no token against forged requests goes with them."""

Pairs = tuple[tuple[str, str], ...]


def fitting(credential: Credential, operation: Operation | None) -> Credential:
    """Return what an identity sends to an operation: what satisfies the first of its alternatives that it can.

    What belongs to no scheme (a tenant's header) always goes along. An operation that asks for nothing known gets
    the credential as a whole.
    """
    known = dict(credential.parts)
    for alternative in operation.security if operation is not None and known else ():
        if alternative and all(name in known for name in alternative):
            chosen = [known[name] for name in alternative]
            return _together(credential, chosen, [one for one in known.values() if one not in chosen])
    return replace(credential, parts=())


def _together(whole: Credential, chosen: list[Credential], others: list[Credential]) -> Credential:
    headers = tuple(pair for one in chosen for pair in one.headers)
    query = tuple(pair for one in chosen for pair in one.query)
    cookies = tuple(pair for one in chosen for pair in one.cookies)
    left_out = {pair for one in others for pair in (*one.headers, *one.query, *one.cookies)}

    def joined(wanted: Pairs, rest: Pairs) -> Pairs:
        return tuple(dict.fromkeys((*wanted, *(pair for pair in rest if pair not in left_out))))

    kept = joined(cookies, whole.cookies)
    return Credential(
        headers=joined(headers, whole.headers),
        query=joined(query, whole.query),
        cookies=kept,
        csrf=whole.csrf if kept else None,
    )


def attached(request: Request, credential: Credential | None, *, root: str) -> Request:
    """Return the request as it is sent. Its own headers stand before the credential's; cookies are one header.

    `root` is the target's origin ("" leaves it unsaid), which goes as `Referer` where a token against forged requests
    is kept: frameworks that want the one want the other (Django over https, Laravel Sanctum).
    """
    if credential is None:
        return request
    taken = {name.lower() for name, _ in request.headers}
    headers = [pair for pair in request.headers if pair[0].lower() != "cookie"]
    headers += [pair for pair in credential.headers if pair[0].lower() not in taken]
    cookies = _cookies(request, credential)
    headers += [("cookie", cookies)] if cookies else []
    if credential.csrf is not None:
        headers += [("referer", f"{root}/")] if root and "referer" not in taken else []
        headers = _with_token(request, headers, credential.csrf.header, credential.csrf.value)
    return replace(request, headers=tuple(headers), query=(*request.query, *credential.query))


def _with_token(request: Request, headers: list[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    """Send the token in the place of a made-up one, except where a probe is about that very header."""
    if request.method in SAFE_METHODS or _is_about(request, "header", name):
        return headers
    return [*(pair for pair in headers if pair[0].lower() != name.lower()), (name, value)]


def _cookies(request: Request, credential: Credential) -> str:
    """Join the request's own cookies and the credential's, which replace made-up ones of their name."""
    written = (pair.partition("=") for pair in (request.header("cookie") or "").split("; ") if pair)
    own = [(name, value) for name, _, value in written]
    probed = {name for name, _ in own if _is_about(request, "cookie", name)}
    sent = [pair for pair in credential.cookies if pair[0] not in probed]
    named = {name for name, _ in sent}
    return "; ".join(f"{name}={value}" for name, value in (*(pair for pair in own if pair[0] not in named), *sent))


def _is_about(request: Request, location: str, name: str) -> bool:
    mutation = request.mutation
    return (
        mutation is not None and mutation.location == location and mutation.pointer.strip("/").lower() == name.lower()
    )
