"""Who calls a drawn backend: registration, the ways to sign in, and what opens its doors afterwards."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from random import Random
from urllib.parse import parse_qs

from auditor.model import Json
from tests.random_backends.drawn import Access, Entry
from tests.random_backends.store import STRANGER, Reply

ADMIN = "root@example.org"
KEYS = {"alice": "key-of-alice-4f1d9c", "bob": "key-of-bob-77ab02", ADMIN: "key-of-root-c0ffee"}
"""Callers who hold keys, given by configuration."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as the server reads it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    json: Json

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.raw.decode("utf-8", "replace")).items()}


class Guard:
    """Knows users, passwords and tokens."""

    def __init__(self, access: Access, *, salt: str) -> None:
        self._access = access
        self._random = Random(f"tokens {salt}")
        self.passwords: dict[str, str] = {STRANGER: "a-strangers-password", ADMIN: KEYS[ADMIN]}
        self.tokens: dict[str, str] = {KEYS[ADMIN]: ADMIN}
        self.forgery: dict[str, str] = {}
        """Caller → the token that writes need beside a session cookie."""

    def users(self) -> set[str]:
        return set(self.passwords)

    def is_admin(self, caller: str) -> bool:
        return caller == ADMIN

    # --- coming and going

    def register(self, asked: Asked) -> Reply:
        name, password = asked.json[self._access.username], asked.json["password"]
        if name in self.passwords:
            return Reply(409, {"error": f"{self._access.username} is already taken"})
        if self._access.again and asked.json[self._access.again] != password:
            return Reply(422, {"error": f"{self._access.again} does not match password"})
        self.passwords[name] = password
        if self._access.at_once:
            return self._entered(name, 201)
        return Reply(201, {"id": len(self.passwords), self._access.username: name})

    def login(self, asked: Asked) -> Reply:
        body = asked.form if self._access.entry is Entry.FORM else asked.json
        name = body.get("username") or body.get(self._access.username)
        if name is None or self.passwords.get(name) != body.get("password"):
            return Reply(401, {"error": "wrong name or password"})
        return self._entered(name, 200)

    def _entered(self, name: str, status: int) -> Reply:
        """Answer who has just signed in: with a token, or with cookies."""
        token = f"{self._random.getrandbits(160):040x}"
        self.tokens[token] = name
        if self._access.entry is Entry.COOKIE:
            return self._with_cookies(name, token, status)
        told = {self._access.token: token, "token_type": "bearer"}
        return Reply(status, {self._access.inside: told} if self._access.inside else told)

    def _with_cookies(self, name: str, token: str, status: int) -> Reply:
        written = f"{self._random.getrandbits(160):040x}"
        self.forgery[name] = written
        cookies = [("set-cookie", f"session={token}; Path=/; HttpOnly; SameSite=Lax")]
        told = {self._access.username: name}
        if self._access.forgery == "cookie":
            cookies.append(("set-cookie", f"csrf_token={written}; Path=/; SameSite=Lax"))
        elif self._access.forgery == "body":
            told["csrf_token"] = written
        return Reply(status, told, headers=tuple(cookies))

    def leave(self, caller: str) -> Reply:
        self.passwords.pop(caller, None)
        self.tokens = {token: name for token, name in self.tokens.items() if name != caller}
        return Reply(204)

    # --- recognising

    def caller(self, asked: Asked) -> str:
        """Return who asks; "" for nobody."""
        match self._access.entry:
            case Entry.OPEN:
                return "anybody"
            case Entry.BEARER | Entry.FORM:
                kind, _, token = asked.headers.get("authorization", "").partition(" ")
                return self.tokens.get(token, "") if kind.lower() == "bearer" else ""
            case Entry.BASIC:
                return self._basic(asked.headers.get("authorization", ""))
            case Entry.KEY:
                names = {key: name for name, key in KEYS.items()}
                return names.get(asked.headers.get("x-api-key", ""), "")
            case Entry.COOKIE:
                cookie = SimpleCookie(asked.headers.get("cookie", "")).get("session")
                return self.tokens.get(cookie.value, "") if cookie is not None else ""

    def _basic(self, header: str) -> str:
        try:
            told = base64.b64decode(header.partition(" ")[2], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        name, _, password = told.partition(":")
        return name if name in self.passwords and self.passwords[name] == password else ""

    def is_forged(self, asked: Asked, caller: str) -> bool:
        """Say whether a write by cookie lacks the token that only the client's own scripts can read."""
        if self._access.entry is not Entry.COOKIE or asked.method in {"GET", "HEAD"}:
            return False
        return asked.headers.get("x-csrf-token", "") != self.forgery.get(caller)
