"""A drawn backend as an ASGI application. It keeps what it was asked, so that a test can look at it afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from auditor.model import Json
from tests.random_backends import shapes
from tests.random_backends.complaining import Complaint, by_rules, by_schema
from tests.random_backends.describing import credentials_schema, document, media_of
from tests.random_backends.drawn import Answer, Backend, Demand, Dialect, Form, Kind, Reference
from tests.random_backends.guarding import Asked, Guard
from tests.random_backends.refusals import REFERENCE, plain, refusal
from tests.random_backends.routes import PUBLIC, Deed, Route, routes
from tests.random_backends.store import Reply, Row, Store

BODIES = (Deed.CREATE, Deed.CHANGE, Deed.REGISTER, Deed.LOGIN)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request of a documented operation, and the status that it was answered."""

    label: str
    method: str
    path: str
    query: str
    caller: str
    media: str
    body: str
    status: int


class Refused(Exception):
    """Ends the handling of a request with an answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that found its operation."""

    route: Route
    asked: Asked
    caller: str
    bound: Mapping[str, str]

    @property
    def kind(self) -> Kind:
        assert self.route.kind is not None
        return self.route.kind


class Server:
    """Answers for a drawn backend. Two servers of different `salt` give out different ids and tokens."""

    def __init__(self, backend: Backend, *, salt: str = "") -> None:
        self.backend = backend
        self.routes = tuple(routes(backend))
        self._patterns = [(pattern(one.path), one) for one in self.routes]
        self.store = Store(backend, salt=salt)
        self.guard = Guard(backend.access, salt=salt)
        self.users_before = self.guard.users()
        self.seen: list[Seen] = []
        self._document = json.dumps(document(backend)).encode()

    async def __call__(self, scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        assert scope["type"] == "http"
        raw = b""
        while (message := await receive())["type"] == "http.request":
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        reply = self._reply(scope, raw)
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        headers = [(name.encode(), value.encode()) for name, value in reply.headers]
        headers += [(b"content-type", reply.media.encode())] if reply.body is not None else []
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    # --- finding the operation

    def _reply(self, scope: Any, raw: bytes) -> Reply:
        path, method = scope["path"], scope["method"]
        if path == "/openapi.json":
            return Reply(200, json.loads(self._document))
        fitting = [(one, found) for shape, one in self._patterns if (found := shape.fullmatch(path))]
        route, found = next(((one, found) for one, found in fitting if one.method == method), (None, None))
        if route is None or found is None:
            return Reply(405 if fitting else 404, plain(self.backend.dialect, 404, "nothing is here"))
        asked = read(scope, raw)
        caller = self.guard.caller(asked)
        bound = dict(zip(re.findall(r"\{([^}]+)\}", route.path), found.groups(), strict=True))
        reply = self._answered(Call(route=route, asked=asked, caller=caller, bound=bound))
        query = scope["query_string"].decode("latin-1")
        text = raw.decode("utf-8", "replace")
        told = {"label": route.label, "method": method, "path": path, "query": query, "media": asked.media}
        self.seen.append(Seen(**told, caller=caller, body=text, status=reply.status))
        return reply

    def _answered(self, call: Call) -> Reply:
        try:
            self._admit(call)
            return self._handled(call)
        except Refused as refused:
            return refused.reply

    def _admit(self, call: Call) -> None:
        """Let nobody in whom the operation is not for, and no body of another media type than the documented."""
        deed = call.route.deed
        if deed not in PUBLIC:
            if not call.caller:
                raise self._refused(401, "sign in first")
            if self.guard.is_forged(call.asked, call.caller):
                raise self._refused(403, "CSRF token missing or incorrect")
            writes = deed not in (Deed.LIST, Deed.READ)
            if call.route.kind is not None and call.kind.by_admin and writes and not self.guard.is_admin(call.caller):
                raise self._refused(403, "only administrators may do this")
        if deed in BODIES and call.asked.media != media_of(self.backend, call.route):
            raise self._refused(415, f"send {media_of(self.backend, call.route)}")

    def _refused(self, status: int, text: str) -> Refused:
        return Refused(Reply(status, plain(self.backend.dialect, status, text)))

    def _complain(self, complaints: list[Complaint]) -> None:
        if complaints:
            raise Refused(refusal(self.backend.dialect, complaints))

    # --- what operations do

    def _handled(self, call: Call) -> Reply:
        match call.route.deed:
            case Deed.LIST:
                return self._list(call)
            case Deed.CREATE:
                return self._create(call)
            case Deed.READ:
                row = self._addressed(call)
                etag = (("etag", f'"v{row.version}"'),) if call.kind.guarded else ()
                return replace(self._item(call, row), headers=etag)
            case Deed.CHANGE:
                return self._change(call)
            case Deed.REMOVE:
                return self._remove(call)
            case Deed.ACT:
                return self._act(call)
            case Deed.WIPE:
                return self._wipe(call)
            case Deed.REGISTER:
                self._complain(list(by_schema(credentials_schema(self.backend, call.route), call.asked.json)))
                return self.guard.register(call.asked)
            case Deed.LOGIN:
                return self.guard.login(call.asked)
            case Deed.WHOAMI:
                return Reply(200, {self.backend.access.username: call.caller})
            case Deed.FORGERY:
                return Reply(200, {"csrfToken": self.guard.forgery[call.caller]})
            case Deed.LEAVE:
                return self._leave(call.caller)

    def _list(self, call: Call) -> Reply:
        kind, parents = call.kind, self._parents(call)
        if kind.filtered_by is not None:
            target = self.backend.kinds[kind.filtered_by]
            name = self.backend.member(f"{target.noun} id")
            wanted = call.asked.query.get(name)
            if wanted is None:
                self._complain([Complaint(place=(name,), rule="required")])
            elif not self._visible(target, wanted, call.caller):
                raise self._refused(404, f"{target.noun} not found")
        rows = [row for row in self.store.rows(kind) if row.parents == parents and self._sees(kind, row, call.caller)]
        shown = [self._shown(kind, row) for row in rows]
        return Reply(200, shapes.wrapped(shown, shapes.list_wrapper(self.backend, kind)))

    def _create(self, call: Call) -> Reply:
        parents = self._parents(call)
        body = self._body(call, None)
        row = self.store.add(call.kind, owner=call.caller, parents=parents, body=body)
        path = self.backend.prefix + self.backend.item(call.kind)
        ids = {**parents, call.kind.noun: row.id}
        for kind in (*self.backend.ancestors(call.kind), call.kind):
            path = path.replace(f"{{{self.backend.parameter(kind)}}}", ids[kind.noun])
        path += "/" if self.backend.slash else ""
        if self.backend.answer is Answer.LOCATION:
            return Reply(201, headers=(("location", path),))
        return self._item(call, row, status=call.kind.made)

    def _change(self, call: Call) -> Reply:
        row = self._addressed(call)
        self._match(call, row)
        row.body = {**row.body, **self._body(call, row)}
        row.version += 1
        if call.kind.chosen and row.body["slug"] != row.id:
            self._rename(call.kind, row, str(row.body["slug"]))
        return Reply(204) if call.kind.changed == 204 else self._item(call, row)

    def _match(self, call: Call, row: Row) -> None:
        if not call.kind.guarded:
            return
        wanted = call.asked.headers.get("if-match")
        if wanted is None:
            raise self._refused(428, "If-Match is required")
        if wanted not in (f'"v{row.version}"', "*"):
            raise self._refused(412, "it has changed meanwhile")

    def _rename(self, kind: Kind, row: Row, name: str) -> None:
        """Move a row to its new name, and what lies in it along."""
        del self.store.tables[kind.noun][row.id]
        for other, one in self._inside(kind, row):
            self.store.tables[other.noun][one.id].parents = {**one.parents, kind.noun: name}
        row.id = name
        self.store.tables[kind.noun][name] = row

    def _remove(self, call: Call) -> Reply:
        row, noun = self._addressed(call), call.kind.noun
        self._match(call, row)
        if self._inside(call.kind, row) and not call.kind.cascade:
            raise self._refused(409, f"the {noun} is not empty")
        self._drop(call.kind, row)
        return Reply(204) if call.kind.removed == 204 else Reply(call.kind.removed, {"deleted": True})

    def _wipe(self, call: Call) -> Reply:
        """Remove all that the caller sees of the collection, whoever made it."""
        parents = self._parents(call)
        for row in [row for row in self.store.rows(call.kind) if row.parents == parents]:
            if self._sees(call.kind, row, call.caller):
                self._drop(call.kind, row)
        return Reply(204)

    def _act(self, call: Call) -> Reply:
        row = self._addressed(call)
        if call.kind.actions.index(call.route.action) != row.done:
            text = f"a {call.kind.noun} that is {self._state(call.kind, row)} cannot {call.route.action}"
            raise self._refused(409, text)
        row.done += 1
        return self._item(call, row)

    def _inside(self, kind: Kind, row: Row) -> list[tuple[Kind, Row]]:
        every = [(other, one) for other in self.backend.kinds for one in self.store.rows(other)]
        return [(other, one) for other, one in every if one.parents.get(kind.noun) == row.id]

    def _drop(self, kind: Kind, row: Row) -> None:
        for other, one in ((kind, row), *self._inside(kind, row)):
            del self.store.tables[other.noun][one.id]

    def _leave(self, caller: str) -> Reply:
        for kind in self.backend.kinds if self.backend.access.cascade else ():
            for row in [row for row in self.store.rows(kind) if row.owner == caller]:
                if row.id in self.store.tables[kind.noun]:
                    self._drop(kind, row)
        return self.guard.leave(caller)

    # --- items

    def _parents(self, call: Call) -> dict[str, str]:
        """Return the ids of the items that the path goes through; refused where one is not there for the caller."""
        found: dict[str, str] = {}
        for kind in self.backend.ancestors(call.kind):
            name = self.backend.parameter(kind)
            if name not in call.bound:
                continue
            row = self._visible(kind, call.bound[name], call.caller)
            if row is None or row.parents != {noun: found[noun] for noun in row.parents}:
                raise self._refused(404, f"{kind.noun} not found")
            found[kind.noun] = row.id
        return found

    def _addressed(self, call: Call) -> Row:
        parents = self._parents(call)
        row = self._visible(call.kind, call.bound[self.backend.parameter(call.kind)], call.caller)
        if row is None or any(row.parents.get(noun) != id for noun, id in parents.items()):
            raise self._refused(404, f"{call.kind.noun} not found")
        return row

    def _visible(self, kind: Kind, id: str, caller: str) -> Row | None:
        row = self.store.tables[kind.noun].get(id)
        return row if row is not None and self._sees(kind, row, caller) else None

    def _sees(self, kind: Kind, row: Row, caller: str) -> bool:
        return not kind.owned or row.owner == caller or self.guard.is_admin(caller)

    def _state(self, kind: Kind, row: Row) -> str:
        return ("new", *kind.actions)[row.done]

    def _item(self, call: Call, row: Row, *, status: int = 200) -> Reply:
        name = shapes.wrapper(self.backend, call.kind)
        body = shapes.wrapped(self._shown(call.kind, row), [name] if name else [])
        json_api = self.backend.answer is Answer.JSON_API
        return Reply(status, body, media="application/vnd.api+json" if json_api else "application/json")

    def _shown(self, kind: Kind, row: Row) -> Json:
        """Write a row as it is answered, without wrapper."""
        backend = self.backend
        state = {"state": self._state(kind, row)} if kind.actions else {}
        own = shapes.id_value(backend, kind.ids, row.id)
        if backend.answer is not Answer.JSON_API:
            return {**({} if kind.chosen else {backend.key(kind): own}), **row.body, **state}
        points = {backend.pointing(one): one for one in kind.references}
        attributes = {name: value for name, value in row.body.items() if name not in points}
        related = {
            name: {"data": linkage(backend, points[name], row.body[name])} for name in points if name in row.body
        }
        told = {"id": own, "type": backend.segment(kind), "attributes": {**attributes, **state}}
        return {**told, **({"relationships": related} if related else {})}

    # --- bodies

    def _body(self, call: Call, row: Row | None) -> dict[str, Json]:
        """Return the members that are sent, references as plain ids; refused where anything is wrong with them."""
        kind, body = call.kind, call.asked.json
        self._complain(
            list(by_schema(shapes.sent_schema(self.backend, kind, whole=call.route.method != "PATCH"), body))
        )
        members = flattened(self.backend, kind, body)
        self._complain([self._placed(one, kind) for one in self._dangling(call, members)])
        others = [one.body for one in self.store.rows(kind) if one is not row]
        after = {**(row.body if row is not None else {}), **members}
        if kind.chosen and any(one.get("slug") == after["slug"] for one in others):
            taken = Complaint(place=("slug",), rule=Demand.UNIQUE, value=after["slug"], about=kind.noun)
            self._complain([self._placed(taken, kind)])
        self._complain([self._placed(one, kind) for one in by_rules(self.backend, kind, after, others)])
        return members

    def _placed(self, one: Complaint, kind: Kind) -> Complaint:
        """Say where in the body a member lies."""
        if self.backend.enveloped and self.backend.dialect is not Dialect.RAILS and one.place:
            return replace(one, place=(shapes.envelope(self.backend, kind), *one.place))
        if self.backend.answer is not Answer.JSON_API:
            return one
        related = one.name in {self.backend.pointing(each) for each in kind.references}
        return replace(one, place=("data", "relationships" if related else "attributes", *one.place))

    def _dangling(self, call: Call, members: Mapping[str, Json]) -> Iterator[Complaint]:
        for reference in call.kind.references:
            name, target = self.backend.pointing(reference), self.backend.kinds[reference.target]
            value = members.get(name)
            for one in [] if value is None else value if isinstance(value, list) else [value]:
                if self._visible(target, str(one), call.caller) is None:
                    yield Complaint(place=(name,), rule=REFERENCE, value=one, about=target.noun)


def linkage(backend: Backend, reference: Reference, value: Json) -> Json:
    kind = backend.segment(backend.kinds[reference.target])
    many = [{"type": kind, "id": one} for one in (value if isinstance(value, list) else [value])]
    return many if reference.form is Form.MANY else many[0]


def flattened(backend: Backend, kind: Kind, body: Json) -> dict[str, Json]:
    """Take a body apart: members and references side by side, whatever the answer's style nests them in."""
    known = {backend.member(one.words) for one in kind.members} | {backend.pointing(one) for one in kind.references}
    known |= {"slug"} if kind.chosen else set()
    if backend.enveloped:
        body = body[shapes.envelope(backend, kind)]
    if backend.answer is not Answer.JSON_API:
        return {name: value for name, value in body.items() if name in known}
    data = body["data"]
    related = {name: linked(one["data"]) for name, one in data.get("relationships", {}).items()}
    return {name: value for name, value in {**data["attributes"], **related}.items() if name in known}


def linked(data: Json) -> Json:
    return [one["id"] for one in data] if isinstance(data, list) else data["id"]


def pattern(template: str) -> re.Pattern[str]:
    """Return what a path of the template looks like; its groups are its parameters, in order."""
    return re.compile("([^/]+)".join(re.escape(part) for part in re.split(r"\{[^}]+\}", template)))


def read(scope: Any, raw: bytes) -> Asked:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
    try:
        body = json.loads(raw) if raw and "json" in headers.get("content-type", "") else None
    except ValueError:
        body = None
    return Asked(method=scope["method"], path=scope["path"], query=query, headers=headers, raw=raw, json=body)
