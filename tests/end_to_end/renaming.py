"""The reference API in other words: other nouns, camelCase, other messages, and not one difference in what it does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

NOUNS = {
    "product": "article",
    "products": "articles",
    "order": "purchase",
    "orders": "purchases",
    "review": "opinion",
    "reviews": "opinions",
    "user": "member",
    "users": "members",
    "seller": "vendor",
    "buyer": "purchaser",
    "author": "writer",
    "category": "section",
    "item": "piece",
    "items": "pieces",
    "price": "charge",
    "note": "remark",
    "shipping": "delivery",
    "rating": "points",
    "text": "statement",
    "search": "lookup",
    "limit": "howMany",
    "cursor": "position",
}
SIGN_IN = {
    "auth": "access",
    "register": "signup",
    "login": "signin",
    "logout": "signout",
    "refresh": "renew",
    "admin": "backoffice",
    "totp": "mfa",
}
SEGMENTS = NOUNS | SIGN_IN
CODES = {
    "unauthenticated": "no_session",
    "forbidden": "denied",
    "not_found": "unknown_thing",
    "conflict": "clash",
    "malformed_body": "unreadable",
    "invalid_input": "refused_fields",
    "too_many_requests": "wait_a_bit",
    "internal_error": "crash",
    "missing": "left_out",
}
PHRASES = (
    (r"sign in first", "this needs a session"),
    (r"there is no such", "nobody knows this"),
    (r"the request is not valid", "some fields were refused"),
    (r"the body is not JSON", "what came was unreadable"),
    (r"something went wrong on our side", "we failed"),
    (r"the e-mail address or the password is wrong", "these credentials do not fit"),
    (r"the access token is not valid", "this session is unknown"),
    (r"the refresh token is not valid", "this cannot be continued"),
    (r"only the \w+ may do this", "somebody else's"),
    (r"only admins may do this", "out of bounds"),
    (r"\bNot Found\b", "Nothing here"),
    (r"\bMethod Not Allowed\b", "Wrong verb"),
    (r"Field required", "was left out"),
    (r"Input should be a valid", "must be a proper"),
    (r"Input should be", "has to be"),
    (r"String should have at (least|most) (\d+) characters?", r"needs at \1 \2 letters"),
    (r"String should match pattern", "must look like"),
)
PROSE = ("summary", "description", "title", "message", "msg")

# Documents and answers are JSON of any shape.
Tree = Any


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Two languages for one API: `names` are keys and parameters, `segments` are parts of paths."""

    names: Mapping[str, str]
    segments: Mapping[str, str]

    @property
    def back(self) -> Vocabulary:
        """Into the old words. An old word is none of the new language, so it becomes one that means nothing there."""
        return Vocabulary(inverted(self.names), inverted(self.segments))

    def path(self, path: str) -> str:
        return "/".join(self.segment(one) for one in path.split("/"))

    def segment(self, segment: str) -> str:
        if segment.startswith("{"):
            return "{" + self.name(segment[1:-1]) + "}"
        return self.segments.get(segment, segment)

    def label(self, subject: str) -> str:
        """`GET /articles/{articleId}`, or the path of a resource."""
        method, blank, path = subject.rpartition(" ")
        return method + blank + self.path(path)

    def name(self, name: str) -> str:
        return self.names.get(name, name)

    def query(self, query: bytes) -> bytes:
        pairs = (one.partition("=") for one in query.decode("latin-1").split("&"))
        return "&".join(self.name(name) + equals + value for name, equals, value in pairs).encode("latin-1")

    def keys_in(self, body: bytes) -> bytes:
        """Rename keys in what may be broken JSON: it must stay exactly as broken as it was."""
        return re.sub(rb'(?<!\\)"(\w+)"(?=\s*:)', lambda key: b'"%b"' % self.name(key[1].decode()).encode(), body)


def vocabulary(document: Tree) -> Vocabulary:
    """The new words for everything that a document names."""
    return Vocabulary({name: camel(name) for name in names_in(document)}, SEGMENTS)


def inverted(words: Mapping[str, str]) -> dict[str, str]:
    changed = {old: new for old, new in words.items() if old != new}
    return changed | {new: old for old, new in changed.items()}


def names_in(node: Tree) -> Iterator[str]:
    """The names of properties and parameters anywhere in a document."""
    if isinstance(node, list):
        for each in node:
            yield from names_in(each)
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        if node.get("in") in ("query", "path"):
            yield node["name"]
        for each in node.values():
            yield from names_in(each)


def camel(name: str) -> str:
    """`next_cursor` → `nextPosition`."""
    first, *others = [NOUNS.get(word, word) for word in name.split("_")]
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def pascal(name: str) -> str:
    """The words of a schema: `PageOut_OrderItemOut_` → `PageOut_PurchasePieceOut_`."""
    return re.sub(r"[A-Z][a-z]*", lambda word: SEGMENTS.get(word[0].lower(), word[0]).capitalize(), name)


def reworded(text: str) -> str:
    """The same said in other words; a trace of the inside stays one."""
    for old, new in PHRASES:
        text = re.sub(old, new, text)
    return re.sub(r"[A-Za-z_]+", lambda word: prose(word[0]), text)


def prose(word: str) -> str:
    if "_" in word.strip("_"):
        return camel(word)
    new = NOUNS.get(word.lower(), word)
    return new.capitalize() if word[0].isupper() and new != word else new


def coded(code: str) -> str:
    """`not_found` → `unknownThing`."""
    return camel(CODES.get(code, code))


# --- the application ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Answer:
    """What an application answered, kept back."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})

    def header(self, name: bytes) -> bytes:
        return next((value for key, value in self.headers if key.lower() == name), b"")


class Renamed:
    """An ASGI application that speaks other words than the one inside."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.vocabulary = vocabulary(app.openapi())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await whole(receive)
        answer = Answer()
        await self._app(self.asked(scope, body), once(self.vocabulary.back.keys_in(body)), answer.keep)
        self.rename(answer, path=scope["path"], head=scope["method"] == "HEAD")
        await answer.send(send)

    def asked(self, scope: Scope, body: bytes) -> Scope:
        """The request as the application would have got it."""
        old = self.vocabulary.back
        # Unpacked, or there would be nothing to rename in the answer.
        headers = [pair for pair in scope["headers"] if pair[0].lower() != b"accept-encoding"]
        return {
            **scope,
            "path": old.path(scope["path"]),
            "raw_path": old.path(scope["raw_path"].decode("latin-1")).encode("latin-1"),
            "query_string": old.query(scope["query_string"]),
            "headers": with_length(headers, len(body), len(old.keys_in(body))),
        }

    def rename(self, answer: Answer, *, path: str, head: bool) -> None:
        length = len(answer.body)
        if b"json" in answer.header(b"content-type") and answer.body:
            tree = json.loads(answer.body)
            said = self.document(tree) if path == "/openapi.json" else self.answered(tree)
            answer.body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        elif answer.header(b"content-type").startswith(b"text/"):
            text = answer.body.decode()
            answer.body = re.sub(r"/[\w/{}.-]+", lambda one: self.vocabulary.path(one[0]), text).encode()
        renamed = [(key, self.header(key, value)) for key, value in answer.headers]
        # The length that HEAD would name is that of a body which was never made.
        answer.headers = [
            pair for pair in with_length(renamed, length, len(answer.body)) if not head or pair[0] != b"content-length"
        ]

    def header(self, key: bytes, value: bytes) -> bytes:
        return self.vocabulary.path(value.decode()).encode() if key.lower() == b"location" else value

    # --- what is answered

    def answered(self, node: Tree) -> Tree:
        """An answer in the new words; the values of users stay theirs, those of errors are ours."""
        if isinstance(node, list):
            return [self.answered(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "error" in node and isinstance(node["error"], dict):
            return {**node, "error": self.refusal(node["error"])}
        if set(node) == {"detail"}:
            return {"detail": self.framework_detail(node["detail"])}
        return {self.key(name): self.answered(value) for name, value in node.items()}

    def key(self, name: str) -> str:
        """Undocumented keys are renamed as well: a field too many has a name in the same style."""
        return self.vocabulary.names.get(name) or camel(name)

    def refusal(self, error: Tree) -> Tree:
        said = {**error, "code": coded(error["code"]), "message": reworded(error["message"])}
        if "details" in error:
            said["details"] = [self.fault(one) for one in error["details"]]
        return said

    def fault(self, fault: Tree) -> Tree:
        place = ".".join(self.vocabulary.name(step) for step in fault["field"].split("."))
        return {**fault, "field": place, "rule": coded(fault["rule"]), "message": reworded(fault["message"])}

    def framework_detail(self, detail: Tree) -> Tree:
        if isinstance(detail, str):
            return reworded(detail)
        return [
            {
                **one,
                "loc": [self.vocabulary.name(step) for step in one["loc"]],
                "msg": reworded(one["msg"]),
                "type": coded(one["type"]),
            }
            for one in detail
        ]

    # --- the document

    def document(self, tree: Tree) -> Tree:
        paths = {self.vocabulary.path(path): self.described(item) for path, item in tree["paths"].items()}
        components = {
            "schemas": {pascal(name): self.described(one) for name, one in tree["components"]["schemas"].items()},
            "securitySchemes": {f"{name}Session": one for name, one in tree["components"]["securitySchemes"].items()},
        }
        return {**tree, "info": self.described(tree["info"]), "paths": paths, "components": components}

    def described(self, node: Tree) -> Tree:
        if isinstance(node, list):
            return [self.described(each) for each in node]
        if not isinstance(node, dict):
            return node
        return {key: self.described_value(key, value) for key, value in node.items()}

    def described_value(self, key: str, value: Tree) -> Tree:
        if key == "properties":
            return {self.vocabulary.name(name): self.described(each) for name, each in value.items()}
        if key == "required" and isinstance(value, list):
            return [self.vocabulary.name(name) for name in value]
        if key == "security":
            return [{f"{name}Session": scopes for name, scopes in one.items()} for one in value]
        if key == "tags":
            return [SEGMENTS.get(tag, tag) for tag in value]
        if key in PROSE and isinstance(value, str):
            return reworded(value)
        if isinstance(value, str):
            return self.described_word(key, value)
        return self.described(value)

    def described_word(self, key: str, value: str) -> str:
        if key == "$ref":
            start, _, name = value.rpartition("/")
            return f"{start}/{pascal(name)}"
        if key == "operationId":
            return camel("_".join(SEGMENTS.get(word, word) for word in value.split("_")))
        return self.vocabulary.name(value) if key == "name" else value


async def whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def once(body: bytes) -> Receive:
    """Hand the body over in one piece; after that, the caller is gone."""
    messages: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive


def with_length(headers: list[tuple[bytes, bytes]], old: int, new: int) -> list[tuple[bytes, bytes]]:
    """Correct the length where it was right before."""
    right = str(old).encode()
    return [
        (key, str(new).encode() if key.lower() == b"content-length" and value == right else value)
        for key, value in headers
    ]
