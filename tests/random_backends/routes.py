"""The operations of a drawn backend: one list for the document and for the server, so that they agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from tests.random_backends.drawn import Backend, Entry, Kind


class Deed(StrEnum):
    LIST = "list"
    CREATE = "create"
    READ = "read"
    CHANGE = "change"
    REMOVE = "remove"
    ACT = "act"
    WIPE = "wipe"
    """Would take what others have: an audit must leave it alone."""
    REGISTER = "register"
    LOGIN = "login"
    WHOAMI = "whoami"
    LEAVE = "leave"
    FORGERY = "forgery"
    """Hands out the token against forged requests."""


PUBLIC = frozenset({Deed.REGISTER, Deed.LOGIN})


@dataclass(frozen=True, kw_only=True)
class Route:
    method: str
    path: str
    deed: Deed
    kind: Kind | None = None
    action: str = ""

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"


def routes(backend: Backend) -> Iterator[Route]:
    """Yield every operation, in the order in which the document names them."""
    for route in (*access_routes(backend), *kinds_routes(backend)):
        yield replace(route, path=f"{route.path}/") if backend.slash else route


def kinds_routes(backend: Backend) -> Iterator[Route]:
    for index in backend.order or range(len(backend.kinds)):
        yield from kind_routes(backend, backend.kinds[index])


def access_routes(backend: Backend) -> Iterator[Route]:
    access = backend.access
    if access.entry in (Entry.OPEN, Entry.KEY):
        return
    base = backend.prefix + access.base
    yield Route(method="POST", path=f"{base}/{access.register}", deed=Deed.REGISTER)
    if access.entry is not Entry.BASIC:
        yield Route(method="POST", path=f"{base}/{access.login}", deed=Deed.LOGIN)
    if access.entry is Entry.COOKIE and access.forgery == "read":
        yield Route(method="GET", path=f"{base}/csrf-token", deed=Deed.FORGERY)
    if access.whoami:
        path = backend.prefix + access.whoami
        yield Route(method="GET", path=path, deed=Deed.WHOAMI)
        if access.leaves:
            yield Route(method="DELETE", path=path, deed=Deed.LEAVE)


def kind_routes(backend: Backend, kind: Kind) -> Iterator[Route]:
    whole, item = backend.prefix + backend.collection(kind), backend.prefix + backend.item(kind)
    yield Route(method="GET", path=whole, deed=Deed.LIST, kind=kind)
    yield Route(method="GET", path=item, deed=Deed.READ, kind=kind)
    if kind.lookup:
        return
    yield Route(method="POST", path=whole, deed=Deed.CREATE, kind=kind)
    if kind.update:
        yield Route(method=kind.update, path=item, deed=Deed.CHANGE, kind=kind)
    if kind.removed:
        yield Route(method="DELETE", path=item, deed=Deed.REMOVE, kind=kind)
    for action in kind.actions:
        yield Route(method="POST", path=f"{item}/{action}", deed=Deed.ACT, kind=kind, action=action)
    if kind.trap == "DELETE":
        yield Route(method="DELETE", path=whole, deed=Deed.WIPE, kind=kind)
    elif kind.trap:
        yield Route(method="POST", path=f"{whole}/{kind.trap}", deed=Deed.WIPE, kind=kind)
