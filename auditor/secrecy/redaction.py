"""Secrets out of exchanges, before anything else sees them: stable placeholders instead of values.

Three things are taken out. What we know (passwords, tokens, keys and their encoded or hashed forms) becomes
`«alice.password#1»` wherever it lies and is reported as a hit when it came back: `known_secrets`, `secret_forms`,
`secret_search`. What sits under a telling name (`password_hash`, `client_secret`, the Authorization header) is
replaced in place: `secret_names`. What has the shape of a secret (a bcrypt hash, a private key, a JWT) becomes
`«shape:bcrypt»`: `secret_shapes`. The bytes around a secret stay as they were: `escapes`, `splicing`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from auditor.model import Exchange, Facts, Mutation, Request, Response, SecretHit
from auditor.secrecy.known_secrets import PROBE, KnownSecrets, as_it_is
from auditor.secrecy.secret_forms import Secret
from auditor.secrecy.secret_names import TellingNames, fold, is_sensitive_key, is_token_key, kind_of
from auditor.secrecy.secret_shapes import SHAPES, is_distinctive, stands_unhidden

__all__ = ["SHAPES", "Redactor", "command_line", "fold", "is_sensitive_key", "is_token_key"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}")
_SCHEMES = frozenset({"bearer", "basic", "digest", "token", "apikey", "api-key", "negotiate", "dpop", "jwt"})
_CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key"})
_SET_COOKIE = re.compile(r"([^=;\s]{1,200})=\"?([^;\"]*)")
_SESSION_COOKIE = re.compile(r"(?i)(?:.*[_.-])?(?:j|php|asp\.net_)?(?:sess(?:ion)?(?:[_-]?id)?|sid|auth|jwt|token)\d*")
_WRITTEN_CREDENTIAL = re.compile(
    r"(?i)(\b(?:proxy-)?authorization[\"']?\s{0,8}[:=]\s{0,8}[\"']?(?:[a-z][a-z0-9-]{1,30}\s)?)([^\s\"'«,]+)"
)
_ORDINARY_NAME = re.compile(r"[A-Za-z]{1,16}(?:[_-][A-Za-z]{1,16})*")
_SENT_SHAPES = ("jwt",)
"""What we send is ours: of the shapes only the one that opens something is taken out."""


@dataclass(slots=True)
class _Met:
    """What one exchange's request carried and its response brought back."""

    new: set[Secret]
    """Handed out by this very response, which is no leak."""
    sent: set[Secret] = field(default_factory=set)
    hits: dict[SecretHit, None] = field(default_factory=dict)

    def carries(self, secret: Secret, _: str) -> None:
        self.sent.add(secret)

    def returns(self, where: str, secret: Secret, form: str) -> None:
        if secret.counts and secret not in self.new:
            sent_here = secret in self.sent
            self.hits[SecretHit(name=secret.name, kind=secret.kind, form=form, where=where, sent_here=sent_here)] = None


class Redactor:
    """Knows the run's secrets and takes them out of exchanges and messages. Redacting twice changes nothing."""

    def __init__(self, *, extra_keys: Sequence[str] = ()) -> None:
        self._names = TellingNames(extra_keys)
        self._known = KnownSecrets()

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._known)} secrets>"

    @property
    def secrets(self) -> Mapping[str, str]:
        """Placeholder to value, for replay within the process; never to be written."""
        return self._known.values

    def know(self, name: str, kind: str, value: str) -> None:
        """Take `value` and its derived forms out of everything from now on.

        `name` is the identity, `kind` "password", "token", "api_key" or "cookie". Values under 6 characters are
        only replaced where they stand as a credential.
        """
        self._known.tell(name, kind, value)

    def text(self, text: str) -> str:
        """Redact a message, an exception or a command line."""
        return _WRITTEN_CREDENTIAL.sub(self._written_credential, self._known.clean_text(text))

    def _written_credential(self, match: re.Match[str]) -> str:
        value = match[2]
        if value.lower() in _SCHEMES or not stands_unhidden(value):
            return match[0]
        return match[1] + self._known.in_place(value, PROBE, "token")

    def exchange(self, raw: Exchange) -> Exchange:
        """Return a redacted copy with `facts.hits` filled. The credential is dropped."""
        met = _Met(new=self._learn(raw.request.identity.name, raw.response))
        request = self._request(raw.request, met)
        response = self._response(raw, met)
        return replace(raw, request=request, response=response, facts=self._facts(raw.facts, met))

    # -- requests

    def _request(self, raw: Request, met: _Met) -> Request:
        owner = _owner(raw)
        placed = [(name, value, self._placed(name, value, owner, met)) for name, value in raw.headers]
        free = (text for name, value, shown in placed for text in (name, value if shown is None else ""))
        texts = (raw.path, raw.purpose, *_flat(raw.query), *free)
        clean = self._known.cleaner(texts, met.carries, shapes=_SENT_SHAPES)
        return replace(
            raw,
            path=clean(raw.path),
            query=tuple(
                (_named_so(name, clean), self._sent_value(name, value, clean, owner)) for name, value in raw.query
            ),
            headers=tuple((_named_so(name, clean), shown or clean(value)) for name, value, shown in placed),
            body=self._sent_body(raw.body, owner, met),
            purpose=clean(raw.purpose),
            mutation=self._mutation(raw.mutation),
            credential=None,
        )

    def _placed(self, name: str, value: str, owner: str, met: _Met) -> str | None:
        """Return what stands for a header that is a credential; None for any other."""
        cookie = name.lower() == "cookie"
        if not cookie and name.lower() not in _CREDENTIAL_HEADERS and name not in self._names:
            return None
        for found in self._known.find_text(value):
            met.carries(found.secret, found.form)
        if cookie:
            return "; ".join(self._sent_cookie(pair, owner) for pair in value.split("; "))
        return self._credential(value, owner)

    def _sent_cookie(self, pair: str, owner: str) -> str:
        name, equals, value = pair.partition("=")
        return f"{self._known.clean_text(name)}{equals}{self._known.in_place(value, owner, 'token', credential=True)}"

    def _credential(self, value: str, owner: str) -> str:
        """Replace a credential and keep its scheme."""
        scheme, _, rest = value.partition(" ")
        if rest.strip() and _SCHEME.fullmatch(scheme):
            shown = self._known.in_place(rest, owner, "token", credential=True)
            return f"{self._known.clean_text(scheme)} {shown}"
        if value.strip().lower() in _SCHEMES:
            return value
        return self._known.in_place(value, owner, "token", credential=True)

    def _sent_value(self, name: str, value: str, clean: Callable[[str], str], owner: str) -> str:
        cleaned = clean(value)
        if name not in self._names or (value not in self._known and not stands_unhidden(cleaned)):
            return cleaned
        return self._known.in_place(value, owner, kind_of(name))

    def _sent_body(self, raw: bytes, owner: str, met: _Met) -> bytes:
        if not raw:
            return raw
        body = self._known.clean(raw, met.carries, shapes=_SENT_SHAPES)
        show = partial(self._sent_member, owner)
        return self._names.shown_in_forms(self._names.shown_in_json(body, show), show)

    def _sent_member(self, owner: str, name: str, value: str) -> str:
        return self._known.in_place(value, owner, kind_of(name))

    def _mutation(self, raw: Mutation | None) -> Mutation | None:
        """Redact the value; it is shortened, so a long secret's beginning counts as well."""
        if raw is None or not raw.value:
            return raw
        value = self.text(raw.value)
        if len(value) >= 40:
            begun = (placeholder for placeholder, secret in self.secrets.items() if secret.startswith(value))
            value = next(begun, value)
        return replace(raw, value=value)

    # -- responses

    def _learn(self, owner: str, response: Response) -> set[Secret]:
        """Meet the tokens that the response hands out, before anything is written."""
        in_headers = (value for name, header in response.headers for value in _handed_out(name, header))
        met = dict.fromkeys((*in_headers, *self._names.tokens_in(response.body)))
        return {
            self._known.learn(owner, "token", value)
            for value in met
            if value not in self._known and len(value) >= 8 and stands_unhidden(value) and is_distinctive(value)
        }

    def _response(self, raw: Exchange, met: _Met) -> Response:
        response, owner = raw.response, raw.request.identity.name
        clean = self._known.cleaner((response.problem, *_flat(response.headers)))
        body = self._known.clean(response.body, partial(met.returns, "body"))
        return replace(
            response,
            headers=tuple(self._received(name, value, clean, owner, met) for name, value in response.headers),
            body=self._names.shown_in_json(body, partial(self._received_member, owner)),
            problem=clean(response.problem),
        )

    def _received(self, name: str, value: str, clean: Callable[[str], str], owner: str, met: _Met) -> tuple[str, str]:
        if name == "set-cookie" and (cookie := _SET_COOKIE.match(value)):
            return name, self._received_cookie(cookie, owner, met)
        if clean is not as_it_is:
            value = self._known.clean_text(value, partial(met.returns, f"header:{name}"))
            name = _named_so(name, clean)
        if name in _CREDENTIAL_HEADERS or name in self._names:
            value = self._credential(value, owner)
        return name, value

    def _received_cookie(self, cookie: re.Match[str], owner: str, met: _Met) -> str:
        """Replace a session id where it belongs, which is no leak; anything else in the header is searched."""
        known = self._known.get(cookie[2])
        handed_out = known is not None and known.kind in {"token", "cookie"}
        value = known.placeholder("plain") if known is not None and handed_out else cookie[2]
        rest = cookie.string[cookie.end() :]
        text = self._known.clean_text(f"{cookie[1]}={value}{rest}", partial(met.returns, "header:set-cookie"))
        settled = _SET_COOKIE.match(text)
        if settled is None or not _is_session(settled[1], settled[2], text) or not stands_unhidden(settled[2]):
            return text
        return f"{settled[1]}={self._known.in_place(settled[2], owner, 'token')}{text[settled.end() :]}"

    def _received_member(self, owner: str, name: str, value: str) -> str:
        """A token is named, for it comes again; of what should not be there, only the length is told."""
        if is_token_key(name):
            return self._known.in_place(value, owner, "token")
        return f"«value:{len(value)} chars»"

    def _facts(self, facts: Facts, met: _Met) -> Facts:
        violations = tuple(
            replace(one, pointer=self.text(one.pointer), message=self.text(one.message)) for one in facts.violations
        )
        return replace(facts, hits=tuple(dict.fromkeys((*facts.hits, *met.hits))), violations=violations)


def _owner(raw: Request) -> str:
    """Name whose a value unknown to us is: the caller's, or made up by a probe."""
    made_up = raw.credential is not None or raw.mutation is not None or raw.identity.anonymous
    return PROBE if made_up else raw.identity.name


def _handed_out(name: str, value: str) -> Iterator[str]:
    """Yield the token that a response header hands out."""
    if name == "set-cookie":
        cookie = _SET_COOKIE.match(value)
        if cookie is not None and _is_session(cookie[1], cookie[2], value):
            yield cookie[2]
    elif name in _CREDENTIAL_HEADERS or is_token_key(name):
        yield value.rpartition(" ")[2]


def _is_session(name: str, value: str, attributes: str) -> bool:
    if _SESSION_COOKIE.fullmatch(name):
        return len(value) >= 8
    return "httponly" in attributes.lower() and len(value) >= 16 and is_distinctive(value)


def _named_so(name: str, clean: Callable[[str], str]) -> str:
    """Clean the name of a header or parameter unless it is made of ordinary words."""
    return name if _ORDINARY_NAME.fullmatch(name) else clean(name)


def _flat(pairs: Pairs) -> Iterator[str]:
    for name, value in pairs:
        yield name
        yield value


def command_line(words: Sequence[str]) -> str:
    """Return a command as typed, for the report: values of headers and identities and passwords in URLs left out."""
    shown: list[str] = []
    for word in words:
        shown.append(_hidden_value(word) if shown[-1:] and shown[-1] in _SECRET_OPTIONS else _hidden_word(word))
    return Redactor().text(shlex.join(shown))


_HIDDEN = "«hidden»"
_SECRET_OPTIONS = frozenset({"-H", "--header", "--identity"})
_SECRET_OPTION = re.compile(r"(-H|--header=|--identity=)(.+)", re.DOTALL)
_URL_SECRETS = re.compile(r"(?<=://)[^/@\s]*@|(?<=[?&])([^=&#\s]+)=([^&#\s]+)")


def _hidden_value(value: str) -> str:
    """`Name: value` and `NAME=value` keep their names; what has none is hidden altogether."""
    named = re.match(r"[\w.-]+(?:\s*:\s*|=)", value)
    return f"{named[0] if named else ''}{_HIDDEN}"


def _hidden_word(word: str) -> str:
    if option := _SECRET_OPTION.fullmatch(word):
        return option[1] + _hidden_value(option[2])
    return _URL_SECRETS.sub(_hidden_in_url, word)


def _hidden_in_url(match: re.Match[str]) -> str:
    if match[1] is None:
        return f"{_HIDDEN}@"
    return f"{match[1]}={_HIDDEN}" if is_sensitive_key(match[1]) or is_token_key(match[1]) else match[0]
