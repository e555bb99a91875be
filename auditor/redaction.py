"""Secrets out of exchanges, before anything else sees them: stable placeholders instead of values.

Three things are taken out. What we know (passwords, tokens, keys and their encoded or hashed forms) becomes
`«alice.password#1»` wherever it lies and is reported as a hit when it came back. What sits under a telling name
(`password_hash`, `client_secret`, the Authorization header) is replaced in place. What has the shape of a secret
(a bcrypt hash, a private key, a JWT) becomes `«shape:bcrypt»`.

Known secrets are found by 8-byte blocks: an occurrence of 15 bytes or more covers a whole aligned block of the
text, whatever its position, so one pass over the blocks asks for all secrets at once. The cost does not grow with
their number. Escapes (JSON, percent, HTML) are undone in a copy and the places found there mapped back, so that
the bytes around a secret stay as they were.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shlex
import sys
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from urllib.parse import quote_plus

from auditor.model import Exchange, Facts, Mutation, Request, Response, SecretHit, Violation

Pairs: TypeAlias = tuple[tuple[str, str], ...]
_Tell: TypeAlias = "Callable[[_Secret, str], object]"
Edit: TypeAlias = tuple[int, int, bytes]
"""Start, end and what comes in their place."""

SHORTEST_SECRET = 6
SHORTEST_VALUE = 4
LONGEST_SECRET = 16_384
MOST_NAMES = 20_000
"""Names of members remembered as harmless, so that a hostile target cannot fill the memory."""
NESTED_VIEWS_UP_TO = 256 * 1024
"""Escapes within escapes are undone in bodies up to this size; above it one level has to do."""


# --- names that promise a secret ----------------------------------------------------------------------------

_QUALIFIER = (
    "user|account|admin|root|login|new|old|current|previous|confirm|plain|plaintext|clear|cleartext|raw|hashed|"
    "encrypted|encoded|temp|temporary|initial|default|db|database|smtp|imap|ldap|ftp|ssh|proxy|redis|mysql|postgres"
)
_SENSITIVE = re.compile(
    rf"(?:(?:{_QUALIFIER})_)*"
    r"(?:password|passwd|passwort|passphrase|pass_phrase|pwd)"
    r"(?:_(?:hash|hashed|digest|salt|encrypted|plain|confirm|confirmation|again|repeat|2))?"
    r"|(?:hash|digest)_of_password|(?:password_|hash_)?salt|one_time_password"
    r"|(?:(?:client|app|application|api|shared|consumer|webhook|signing|jwt|session|oauth|mfa|totp|otp|two_factor|"
    r"hmac|encryption|auth|cookie|master|aws)_)?secret(?:_key|_access_key)?"
    r"|(?:(?:ssh|rsa|ec|pgp|gpg|tls|ssl|server|client|user|account)_)?private_key(?:_pem)?"
    r"|(?:encryption|signing|master|session)_key|api_?key|api_key_plain"
    r"|otp|otp_code|totp|totp_(?:seed|uri)|otp_?auth_(?:url|uri)|(?:recovery|backup)_code"
    r"|(?:(?:password_)?reset|verification|email_verification|activation|confirmation|remember|recovery)_token"
    r"|(?:card_)?(?:cvv2?|cvc2?|security_code)|ssn|social_security_number|(?:card_)?pin_code|card_pin"
)
_TOKEN = re.compile(
    r"(?:(?:access|refresh|id|auth|session|bearer|api|jwt|csrf_session)_token|token|jwt|api_?key|auth_jwt)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=8192)
def fold(name: str) -> str:
    """`passwordDigest`, `X-Password-Digest` and `password_digest` are one name."""
    return re.sub(r"[^a-z0-9]+", "_", _CAMEL.sub("_", name[:100]).lower()).strip("_").removeprefix("x_")


@lru_cache(maxsize=8192)
def is_sensitive_key(name: str) -> bool:
    """Say whether a member of that name holds a secret; never for names *about* one (`has_password`, `secret_name`)."""
    return _SENSITIVE.fullmatch(fold(name)) is not None


@lru_cache(maxsize=8192)
def is_token_key(name: str) -> bool:
    """Say whether a member of that name holds a credential that is handed out on purpose."""
    return _TOKEN.fullmatch(fold(name)) is not None


# --- values that look like one ------------------------------------------------------------------------------

_EDGE = rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"
_B64 = rb"(?:[A-Za-z0-9+/=,.$_-]|\\/)"
_USERINFO = rb":\\?/\\?/[^\s\"'<>/@:\\]{0,100}:(?![*x{$%]|\xc2\xab|\xe2\x80\xa2)[^\s\"'<>/@\\]{1,200}@"
SHAPES: Mapping[str, re.Pattern[bytes]] = MappingProxyType(
    {
        "argon2": re.compile(rb"\$argon2(?:id|i|d)\$" + _B64 + rb"{10,400}+"),
        "bcrypt": re.compile(rb"\$2[abxy]?\$[0-9]{2}\$(?:[./A-Za-z0-9]|\\/){53}"),
        "pbkdf2": re.compile(rb"\$?pbkdf2[_:-]?(?:sha[0-9]{1,3})?[$:][0-9]{1,9}\$" + _B64 + rb"{10,400}+"),
        "pem": re.compile(
            rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:[A-Za-z0-9+/=\s:,]|-(?!----)|\\[nrt/])*+"
            rb"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
        ),
        "aws-key": re.compile(_EDGE + rb"(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])"),
        "stripe-key": re.compile(rb"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}+"),
        "github-token": re.compile(rb"gh[pousr]_[A-Za-z0-9]{36,}+|github_pat_[A-Za-z0-9_]{22,}+"),
        "dsn": re.compile(rb"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}" + _USERINFO + rb"(?:[^\s\"'<>\\]|\\/)*+"),
        "jwt": re.compile(_EDGE + rb"eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{4,}+\.[A-Za-z0-9_-]*+"),
    }
)
"""What is a secret by its looks, whoever it belongs to; each is linear in the text."""

_MARKS = (
    (b"$argon2", "argon2"),
    (b"$2", "bcrypt"),
    (b"pbkdf2", "pbkdf2"),
    (b"PRIVATE KEY-----", "pem"),
    (b"AKIA", "aws-key"),
    (b"ASIA", "aws-key"),
    (b"_live_", "stripe-key"),
    (b"_test_", "stripe-key"),
    (b"gh", "github-token"),
    (b"@", "dsn"),
    (b"eyJ", "jwt"),
)
"""What a text must hold for a shape to be looked for: much faster than looking."""
_DSN_HINT = re.compile(_USERINFO)


def _shape_edits(data: bytes, shapes: Collection[str] = SHAPES.keys()) -> list[Edit]:
    edits: list[Edit] = []
    for mark, name in _MARKS:
        if mark in data and name in shapes and (name != "dsn" or _DSN_HINT.search(data)):
            placeholder = f"«shape:{name}»".encode()
            edits += [(match.start(), match.end(), placeholder) for match in SHAPES[name].finditer(data)]
    return edits


# --- the forms of a known secret ----------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Secret:
    """One known value: its name ("alice.password"), its label ("alice.password#1"), its kind."""

    name: str
    label: str
    kind: str
    counts: bool
    """Its return is a hit: not for what a probe made up, nor for an everyday word."""
    everyday: bool
    """A word or a number that may also be the name of a member."""
    learned: bool
    """Seen in traffic rather than told; a later `know` may name it better."""

    def placeholder(self, form: str) -> str:
        return f"«{self.label}»" if form == "plain" else f"«{self.label}:{form}»"


class _Needle(NamedTuple):
    text: bytes
    form: str
    secret: _Secret


class _Found(NamedTuple):
    start: int
    end: int
    form: str
    secret: _Secret


def _forms(value: str, kind: str) -> Iterator[tuple[str, bytes]]:
    raw = value.encode("utf-8", "surrogatepass")
    yield "plain", raw
    if all(ord(character) < 256 for character in value):
        yield "plain", value.encode("latin-1")
    if " " in value:
        yield "url", quote_plus(raw).encode()
    yield from (("base64", encoded) for encoded in _base64_forms(raw))
    digests = {"hex": raw.hex()}
    if kind == "password":
        digests |= {name: _digest(name, raw) for name in ("md5", "sha1", "sha256")}
    for form, text in digests.items():
        yield form, text.encode()
        yield form, text.upper().encode()


def _digest(name: str, raw: bytes) -> str:
    return hashlib.new(name, raw, usedforsecurity=False).hexdigest()


def _base64_forms(raw: bytes) -> Iterator[bytes]:
    """Yield the encoding itself, and what any longer text that contains `raw` shows of it ("user:password")."""
    for altchars in (b"+/", b"-_"):
        yield base64.b64encode(raw, altchars).rstrip(b"=")
        for shift, first in ((0, 0), (1, 2), (2, 3)):
            whole = (shift + len(raw)) * 8 // 6
            yield base64.b64encode(b"\0" * shift + raw, altchars)[first:whole]


_BLOCK = 8
_WINDOW = 2 * _BLOCK - 1


class _Needles:
    """All forms of all secrets, asked for at once."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._short: list[_Needle] = []
        self._by_block: dict[int, list[_Needle]] = {}
        self._blocks: set[int] = set()

    def add(self, needle: _Needle) -> None:
        if needle.text in self._known or len(needle.text) < SHORTEST_SECRET:
            return
        self._known.add(needle.text)
        if len(needle.text) < _WINDOW:
            self._short.append(needle)
            return
        end = needle.text[-_WINDOW:]
        for offset in range(_BLOCK):
            block = int.from_bytes(end[offset : offset + _BLOCK], sys.byteorder)
            self._by_block.setdefault(block, []).append(needle)
            self._blocks.add(block)

    def inside(self, data: bytes) -> list[_Needle]:
        """Return the needles that `data` holds (a few that it does not)."""
        found = [needle for needle in self._short if needle.text in data]
        blocks = memoryview(data)[: len(data) & -_BLOCK].cast("Q")
        if not self._blocks.isdisjoint(blocks):
            hit = self._blocks.intersection(blocks)
            found += {needle.text: needle for block in hit for needle in self._by_block[block]}.values()
        return found

    def find(self, data: bytes) -> list[_Found]:
        return [
            _Found(start, _padded(data, end, needle.form), needle.form, needle.secret)
            for needle in self.inside(data)
            for start, end in _occurrences(data, needle.text)
        ]


def _occurrences(data: bytes, text: bytes) -> Iterator[tuple[int, int]]:
    start = data.find(text)
    while start >= 0:
        end = start + len(text)
        yield start, end
        start = data.find(text, end)


def _padded(data: bytes, end: int, form: str) -> int:
    """Take base64's padding along."""
    if form == "base64":
        while data[end : end + 1] == b"=":
            end += 1
    return end


# --- escapes undone, and the way back -----------------------------------------------------------------------


class _Escape(NamedTuple):
    mark: bytes
    pattern: re.Pattern[bytes]
    decode: Callable[[re.Match[bytes]], bytes]
    form: str
    """What a plain secret is called when it is found behind this escape."""


_PLAIN_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _from_backslash(match: re.Match[bytes]) -> bytes:
    text = match[0][1:]
    if len(text) == 1:
        return _PLAIN_ESCAPES.get(text, text)
    if len(text) == 11:
        high, low = int(text[1:5], 16), int(text[7:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()
    return chr(int(text[1:], 16)).encode("utf-8", "surrogatepass")


def _from_entity(match: re.Match[bytes]) -> bytes:
    return html.unescape(match[0].decode("ascii")).encode("utf-8", "replace")


_ESCAPES = (
    _Escape(
        b"\\",
        re.compile(
            rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)",
            re.DOTALL,
        ),
        _from_backslash,
        "plain",
    ),
    _Escape(b"%", re.compile(rb"%[0-9a-fA-F]{2}"), lambda match: bytes([int(match[0][1:], 16)]), "url"),
    _Escape(b"&", re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);"), _from_entity, "plain"),
)


@dataclass
class _View:
    """A text with one kind of escape undone, and where each of its bytes came from."""

    data: bytes
    parent: _View | None = None
    escape: _Escape | None = None

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    def further(self) -> Iterator[_View]:
        """Undo one more escape, in each way that applies."""
        for escape in _ESCAPES:
            if escape.mark in self.data:
                data = escape.pattern.sub(escape.decode, self.data)
                if data != self.data:
                    yield _View(data, self, escape)

    def origin(self, found: _Found) -> _Found:
        if self.parent is None or self.escape is None:
            return found
        form = self.escape.form if found.form == "plain" else found.form
        start, end = self._raw(found.start)[0], self._raw(found.end - 1)[1]
        return self.parent.origin(_Found(start, end, form, found.secret))

    def _raw(self, position: int) -> tuple[int, int]:
        """Return where in the parent the byte at `position` begins and ends."""
        starts, ends, raw = self._steps
        index = bisect_right(starts, position) - 1
        if index < 0:
            return position, position + 1
        if position < ends[index]:
            return raw[index]
        at = raw[index][1] + position - ends[index]
        return at, at + 1

    @cached_property
    def _steps(self) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """Return every escape: its start and end here, and its span in the parent."""
        starts: list[int] = []
        ends: list[int] = []
        raw: list[tuple[int, int]] = []
        shift = 0
        if self.parent is not None and self.escape is not None:
            for match in self.escape.pattern.finditer(self.parent.data):
                width = len(self.escape.decode(match))
                starts.append(match.start() - shift)
                ends.append(starts[-1] + width)
                raw.append(match.span())
                shift += match.end() - match.start() - width
        return starts, ends, raw


def _views(data: bytes) -> Iterator[_View]:
    deepest = 2 if len(data) <= NESTED_VIEWS_UP_TO else 1
    waiting = [_View(data)]
    while waiting:
        view = waiting.pop()
        yield view
        if view.depth < deepest:
            waiting += view.further()


# --- cutting and pasting ------------------------------------------------------------------------------------


def _spliced(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Apply edits; in JSON only inside strings and on whole numbers, so that it stays JSON."""
    if not edits:
        return data
    if _is_text(data):
        edits = [(*_whole_characters(data, start, end), text) for start, end, text in edits]
    kept = _merged(_kept_in_json(data, edits) if _is_json(data) else edits)
    parts: list[bytes] = []
    at = 0
    for start, end, text in kept:
        parts += (data[at:start], text)
        at = end
    return b"".join((*parts, data[at:]))


def _is_text(data: bytes) -> bool:
    try:
        _decoded(data)
    except UnicodeDecodeError:
        return False
    return True


def _whole_characters(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Widen a span that begins or ends within a character (a Latin-1 secret in UTF-8 text, by coincidence)."""
    while start > 0 and data[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return start, end


def _merged(edits: Iterable[Edit]) -> list[Edit]:
    """Unite edits that overlap; the longest of them names the place."""
    merged: list[Edit] = []
    longest = 0
    for start, end, text in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if merged and start < merged[-1][1]:
            first, last, old = merged[-1]
            merged[-1] = (first, max(last, end), text if end - start > longest else old)
            longest = max(longest, end - start)
        else:
            merged.append((start, end, text))
            longest = end - start
    return merged


_LITERAL = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NUMBER = re.compile(rb"[-+0-9.eE]+")


def _is_json(data: bytes) -> bool:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"[", b'"') and not data[:1].isdigit():
        return False
    try:
        json.loads(data, parse_int=len, parse_float=len)
    except (ValueError, RecursionError):
        return False
    return True


def _kept_in_json(data: bytes, edits: Sequence[Edit]) -> Iterator[Edit]:
    literals = [match.span() for match in _LITERAL.finditer(data)]
    starts = [start for start, _ in literals]
    for start, end, text in edits:
        index = bisect_right(starts, start) - 1
        opened, closed = literals[index] if index >= 0 else (-1, -1)
        if opened < start and end < closed:
            yield (*_whole_escapes(data, opened + 1, start, end), text)
        elif start >= closed:
            yield from _number(data, start, end, text)


def _whole_escapes(data: bytes, opened: int, start: int, end: int) -> tuple[int, int]:
    """Widen a span that begins or ends within an escape (a newline, and a secret that begins with n)."""
    if b"\\" in data[opened:end]:
        for match in _ESCAPES[0].pattern.finditer(data, opened):
            if match.start() >= end:
                break
            if match.start() < start < match.end():
                start = match.start()
            end = max(end, match.end()) if match.start() < end < match.end() else end
    return start, end


def _number(data: bytes, start: int, end: int, text: bytes) -> Iterator[Edit]:
    first = start
    while first > 0 and data[first - 1] in b"-+.eE0123456789":
        first -= 1
    match = _NUMBER.match(data, first)
    if match is not None and match.end() >= end:
        yield first, match.end(), b'"' + text + b'"'


# --- members under a telling name ---------------------------------------------------------------------------

_MEMBER_NAME = re.compile(rb'"([A-Za-z_$][A-Za-z0-9_ .$-]{1,63})"\s{0,64}+:\s{0,64}+"')
_MEMBER = re.compile(rb'"([A-Za-z_$][A-Za-z0-9_ .$-]{1,63})"\s{0,64}+:\s{0,64}+"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_FORM = re.compile(rb"(?:^|(?<=&))([A-Za-z_][A-Za-z0-9_.%\[\]-]{1,63})=([^&\s]++)")
_PART = re.compile(rb'name="([A-Za-z_][A-Za-z0-9_.\[\]-]{1,63})"\r\n\r\n([^\r\n]++)')
_PLACEHOLDER = re.compile(r"(?:[\w-]{1,30} )?«[^«»]{1,200}»")
_OWN = re.compile(rb"\xc2\xab((?:(?!\xc2[\xab\xbb]).){1,200})\xc2\xbb", re.DOTALL)
_MADE_UP = re.compile(rf"shape:(?:{'|'.join(SHAPES)})|value:\d+ chars")
_MASKED = re.compile(
    r"(?i).*(?:\*{3}|[•●·]{3}|\.{4}).*|x{4,}|[\[<(]?(?:redacted|filtered|hidden|masked|removed)[\])>]?"
)


def _literal_text(raw: bytes) -> str:
    try:
        return str(json.loads(b'"' + raw + b'"', strict=False))
    except ValueError:
        return raw.decode("utf-8", "replace")


def _plain(value: str) -> bool:
    """Say whether a value stands there unhidden."""
    if len(value) < SHORTEST_VALUE or _MASKED.fullmatch(value[:200]):
        return False
    return _PLACEHOLDER.fullmatch(value) is None


def _telling(value: str) -> bool:
    """Say whether a value is no everyday word or number, so that meeting it elsewhere means something."""
    if len(set(value)) < 4:
        return False
    if value.isdigit():
        return len(value) >= 10
    if value.isalpha() and (value.islower() or value.istitle() or value.isupper()):
        return len(value) >= 12
    return True


_TOKEN_LIKE = re.compile(r"[A-Za-z0-9._~+/=:-]{16,}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}")
_SCHEMES = frozenset({"bearer", "basic", "digest", "token", "apikey", "api-key", "negotiate", "dpop", "jwt"})
_CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key"})
_SESSION_COOKIE = re.compile(r"(?i)(?:.*[_.-])?(?:j|php|asp\.net_)?(?:sess(?:ion)?(?:[_-]?id)?|sid|auth|jwt|token)\d*")
_WRITTEN_CREDENTIAL = re.compile(
    r"(?i)(\b(?:proxy-)?authorization[\"']?\s{0,8}[:=]\s{0,8}[\"']?(?:[a-z][a-z0-9-]{1,30}\s)?)([^\s\"'«,]+)"
)


# --- the redactor -------------------------------------------------------------------------------------------


class _Secrets(dict[str, str]):
    """Placeholder to value; silent when printed."""

    def __repr__(self) -> str:
        return f"<{len(self)} secrets>"

    __str__ = __repr__


@dataclass(slots=True)
class _Met:
    """What one exchange's request carried and its response brought back."""

    sent: set[_Secret] = field(default_factory=set)
    new: set[_Secret] = field(default_factory=set)
    hits: dict[SecretHit, None] = field(default_factory=dict)

    def carries(self, secret: _Secret, form: str) -> None:
        self.sent.add(secret)


class Redactor:
    """Knows the run's secrets and takes them out of exchanges and messages. Redacting twice changes nothing."""

    def __init__(self, *, extra_keys: Sequence[str] = ()) -> None:
        self._extra = frozenset(fold(key) for key in extra_keys)
        self._needles = _Needles()
        self._by_value: dict[str, _Secret] = {}
        self._counts: dict[str, int] = {}
        self._raw = _Secrets()
        self._harmless: set[bytes] = set()

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._by_value)} secrets>"

    @property
    def secrets(self) -> Mapping[str, str]:
        """Placeholder to value, for replay within the process; never to be written."""
        return self._raw

    def know(self, name: str, kind: str, value: str) -> None:
        """Take `value` and its derived forms out of everything from now on.

        `name` is the identity, `kind` "password", "token", "api_key" or "cookie". Values under 6 characters are
        only replaced where they stand as a credential.
        """
        known = self._by_value.get(value)
        if known is None and value:
            self._add(name, kind, value, learned=False)
        elif known is not None and known.learned:
            self._told(known, name, kind, value)

    def _told(self, known: _Secret, owner: str, kind: str, value: str) -> None:
        """Name better what was learned from traffic; the placeholder already written stays ours."""
        if known.name != _name(owner, kind):
            known.name, known.label, known.kind = _name(owner, kind), self._label(owner, kind), kind
            self._raw[known.placeholder("plain")] = value
        known.learned, known.counts = False, _telling(value)
        self._track(known, value)

    def text(self, text: str) -> str:
        """Redact a message, an exception or a command line."""
        return _WRITTEN_CREDENTIAL.sub(self._written_credential, self._searched(text))

    def exchange(self, raw: Exchange) -> Exchange:
        """Return a redacted copy with `facts.hits` filled. The credential is dropped."""
        met = _Met(new=self._learn(raw.request.identity.name, raw.response))
        request = self._request(raw.request, met)
        response = self._response(raw, met)
        return replace(raw, request=request, response=response, facts=self._facts(raw.facts, met))

    # -- requests

    def _request(self, raw: Request, met: _Met) -> Request:
        owner = self._owner(raw)
        placed = [(name, value, self._placed(name, value, owner, met)) for name, value in raw.headers]
        free = (text for name, value, shown in placed for text in (name, value if shown is None else ""))
        clean = self._cleaner((raw.path, raw.purpose, *_flat(raw.query), *free), met.carries, shapes=("jwt",))
        return replace(
            raw,
            path=clean(raw.path),
            query=tuple(
                (_named_so(name, clean), self._sent_value(name, value, clean, owner)) for name, value in raw.query
            ),
            headers=tuple((_named_so(name, clean), shown or clean(value)) for name, value, shown in placed),
            body=self._sent_body(raw.body, met.carries, owner),
            purpose=clean(raw.purpose),
            mutation=self._mutation(raw.mutation),
            credential=None,
        )

    def _owner(self, raw: Request) -> str:
        """Name whose a value unknown to us is: the caller's, or made up by a probe."""
        made_up = raw.credential is not None or raw.mutation is not None or raw.identity.anonymous
        return "probe" if made_up else raw.identity.name

    def _sent_value(self, name: str, value: str, clean: Callable[[str], str], owner: str) -> str:
        cleaned = clean(value)
        if not self._telling_name(name) or (value not in self._by_value and not _plain(cleaned)):
            return cleaned
        return self._in_place(value, owner, self._kind(name))

    def _placed(self, name: str, value: str, owner: str, met: _Met) -> str | None:
        """Return what stands for a header that is a credential; None for any other."""
        cookie = name.lower() == "cookie"
        if not cookie and name.lower() not in _CREDENTIAL_HEADERS and not self._telling_name(name):
            return None
        for found in self._found(_encoded(value)):
            met.carries(found.secret, found.form)
        if cookie:
            return "; ".join(self._sent_cookie(pair, owner) for pair in value.split("; "))
        return self._credential(value, owner)

    def _sent_cookie(self, pair: str, owner: str) -> str:
        name, equals, value = pair.partition("=")
        return f"{self._searched(name)}{equals}{self._in_place(value, owner, 'token', tracked=True)}"

    def _credential(self, value: str, owner: str) -> str:
        """Replace a credential and keep its scheme."""
        scheme, _, rest = value.partition(" ")
        if rest.strip() and _SCHEME.fullmatch(scheme):
            return f"{self._searched(scheme)} {self._in_place(rest, owner, 'token', tracked=True)}"
        if value.strip().lower() in _SCHEMES:
            return value
        return self._in_place(value, owner, "token", tracked=True)

    def _in_place(self, value: str, owner: str, kind: str, *, tracked: bool = False) -> str:
        """Return the placeholder of a value where it stands; only `tracked` ones are looked for elsewhere, too."""
        if not value.strip() or _PLACEHOLDER.fullmatch(value):
            return value
        secret = self._by_value.get(value)
        if secret is None:
            tracked = tracked and _TOKEN_LIKE.fullmatch(value) is not None and _telling(value)
            secret = self._add(owner, kind, value, learned=True, tracked=tracked)
        return secret.placeholder("plain")

    def _sent_body(self, raw: bytes, tell: _Tell, owner: str) -> bytes:
        if not raw:
            return raw
        data = self._cleaned(raw, tell, shapes=("jwt",))
        data = self._members(data, owner, sent=True)
        for pattern in (_FORM, _PART):
            if b"=" in data:
                data = pattern.sub(partial(self._sent_field, owner), data)
        return data

    def _sent_field(self, owner: str, match: re.Match[bytes]) -> bytes:
        name, value = match[1].decode("ascii"), match[2].decode("utf-8", "replace")
        if not self._telling_name(name) or not _plain(value):
            return match[0]
        return _swapped(match, self._in_place(value, owner, self._kind(name)))

    def _mutation(self, raw: Mutation | None) -> Mutation | None:
        """Redact the value; it is shortened, so a long secret's beginning counts as well."""
        if raw is None or not raw.value:
            return raw
        value = self.text(raw.value)
        if len(value) >= 40:
            begun = (name for name, secret in self._raw.items() if secret.startswith(value))
            value = next(begun, value)
        return replace(raw, value=value)

    # -- responses

    def _learn(self, owner: str, response: Response) -> set[_Secret]:
        """Meet the tokens that the response hands out, before anything is written."""
        values = [value for name, header in response.headers for value in self._handed_out(name, header)]
        for name, raw in self._named(response.body):
            if is_token_key(name):
                values.append(_literal_text(raw))
        fresh = [value for value in values if value not in self._by_value and len(value) >= 8]
        return {
            self._add(owner, "token", value, learned=True)
            for value in dict.fromkeys(fresh)
            if _plain(value) and _telling(value)
        }

    def _handed_out(self, name: str, value: str) -> Iterator[str]:
        if name == "set-cookie":
            cookie = _SET_COOKIE.match(value)
            if cookie is not None and _is_session(cookie[1], cookie[2], value):
                yield cookie[2]
        elif name in _CREDENTIAL_HEADERS or is_token_key(name):
            yield value.rpartition(" ")[2]

    def _named(self, body: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield JSON's string members under telling names; nothing when a cheap look finds no such name."""
        if self._names_secrets(body):
            for match in _MEMBER.finditer(body):
                yield match[1].decode("ascii"), match[2]

    def _names_secrets(self, body: bytes) -> bool:
        return not self._harmless.issuperset(_MEMBER_NAME.findall(body)) and self._look_closer(body)

    def _look_closer(self, body: bytes) -> bool:
        """Judge the names not met before; most bodies of a run have the same ones."""
        names = set(_MEMBER_NAME.findall(body)) - self._harmless
        telling = {name for name in names if self._telling_name(name.decode("ascii"))}
        if len(self._harmless) < MOST_NAMES:
            self._harmless |= names - telling
        return bool(telling)

    def _response(self, raw: Exchange, met: _Met) -> Response:
        response, owner = raw.response, raw.request.identity.name
        clean = self._cleaner((response.problem, *_flat(response.headers)))
        body = self._cleaned(response.body, partial(self._hit, met, "body"))
        return replace(
            response,
            headers=tuple(self._received(name, value, clean, owner, met) for name, value in response.headers),
            body=self._members(body, owner, sent=False),
            problem=clean(response.problem),
        )

    def _received(self, name: str, value: str, clean: Callable[[str], str], owner: str, met: _Met) -> tuple[str, str]:
        if name == "set-cookie" and (cookie := _SET_COOKIE.match(value)):
            return name, self._received_cookie(cookie, owner, met)
        if clean is not str:
            tell = partial(self._hit, met, f"header:{name}")
            name, value = _named_so(name, clean), self._searched(value, tell)
        if name in _CREDENTIAL_HEADERS or self._telling_name(name):
            value = self._credential(value, owner)
        return name, value

    def _received_cookie(self, cookie: re.Match[str], owner: str, met: _Met) -> str:
        """Replace a session id where it belongs, which is no leak; anything else in the header is searched."""
        known = self._by_value.get(cookie[2])
        handed_out = known is not None and known.kind in {"token", "cookie"}
        value = known.placeholder("plain") if known is not None and handed_out else cookie[2]
        rest = cookie.string[cookie.end() :]
        text = self._searched(f"{cookie[1]}={value}{rest}", partial(self._hit, met, "header:set-cookie"))
        settled = _SET_COOKIE.match(text)
        if settled is None or not _is_session(settled[1], settled[2], text) or not _plain(settled[2]):
            return text
        return f"{settled[1]}={self._in_place(settled[2], owner, 'token')}{text[settled.end() :]}"

    def _hit(self, met: _Met, where: str, secret: _Secret, form: str) -> None:
        if secret in met.new or not secret.counts:
            return
        hit = SecretHit(name=secret.name, kind=secret.kind, form=form, where=where, sent_here=secret in met.sent)
        met.hits[hit] = None

    def _facts(self, facts: Facts, met: _Met) -> Facts:
        violations = tuple(
            Violation(pointer=self.text(one.pointer), keyword=one.keyword, message=self.text(one.message))
            for one in facts.violations
        )
        return replace(facts, hits=tuple(dict.fromkeys((*facts.hits, *met.hits))), violations=violations)

    # -- both ways

    def _telling_name(self, name: str) -> bool:
        return is_sensitive_key(name) or is_token_key(name) or (bool(self._extra) and fold(name) in self._extra)

    def _kind(self, name: str) -> str:
        if is_token_key(name):
            return "token"
        return "password" if "pass" in fold(name) or "pwd" in fold(name) else "secret"

    def _members(self, data: bytes, owner: str, *, sent: bool) -> bytes:
        if not data or not self._names_secrets(data):
            return data
        return _MEMBER.sub(partial(self._member, owner, sent), data)

    def _member(self, owner: str, sent: bool, match: re.Match[bytes]) -> bytes:
        name = match[1].decode("ascii")
        if not self._telling_name(name):
            return match[0]
        value = _literal_text(match[2])
        if not _plain(value):
            return match[0]
        if sent or is_token_key(name):
            return _swapped(match, self._in_place(value, owner, self._kind(name)))
        return _swapped(match, f"«value:{len(value)} chars»")

    def _cleaner(
        self, texts: Sequence[str], tell: _Tell | None = None, *, shapes: Collection[str] = SHAPES.keys()
    ) -> Callable[[str], str]:
        """Return what cleans each of `texts`; most often nothing need be done, which one look at all of them shows."""
        whole = _encoded("\n".join(texts))
        if not self._found(whole) and not _shape_edits(whole, shapes):
            return str
        return lambda text: _decoded(self._cleaned(_encoded(text), tell, shapes=shapes))

    def _cleaned(
        self,
        data: bytes,
        tell: _Tell | None = None,
        *,
        shapes: Collection[str] = SHAPES.keys(),
    ) -> bytes:
        """Replace known secrets, then shapes; tell of each secret met (and in which form)."""
        if not data:
            return data
        found = self._found(data)
        for one in found:
            if tell is not None:
                tell(one.secret, one.form)
        data = _spliced(data, [(one.start, one.end, one.secret.placeholder(one.form).encode()) for one in found])
        edits = _shape_edits(data, shapes)
        return _spliced(data, self._outside_own(data, edits)) if edits else data

    def _searched(self, text: str, tell: _Tell | None = None) -> str:
        return _decoded(self._cleaned(_encoded(text), tell))

    def _found(self, data: bytes) -> list[_Found]:
        found = [view.origin(one) for view in _views(data) for one in self._needles.find(view.data)]
        if not found:
            return found
        own = self._own(data)
        return [one for one in found if not _within(own, one.start, one.end) and not _is_name(data, one)]

    def _outside_own(self, data: bytes, edits: list[Edit]) -> list[Edit]:
        own = self._own(data)
        return [edit for edit in edits if not _within(own, edit[0], edit[1])]

    def _own(self, data: bytes) -> list[tuple[int, int]]:
        """Return where placeholders of ours lie; a stranger's guillemets protect nothing."""
        return [match.span() for match in _OWN.finditer(data) if self._is_own(match[1].decode("utf-8", "replace"))]

    def _is_own(self, inside: str) -> bool:
        return f"«{inside.partition(':')[0]}»" in self._raw or _MADE_UP.fullmatch(inside) is not None

    def _written_credential(self, match: re.Match[str]) -> str:
        value = match[2]
        if value.lower() in _SCHEMES or not _plain(value):
            return match[0]
        return match[1] + self._in_place(value, "probe", "token")

    def _add(self, owner: str, kind: str, value: str, *, learned: bool, tracked: bool = True) -> _Secret:
        counts = owner != "probe" and _telling(value)
        secret = _Secret(_name(owner, kind), self._label(owner, kind), kind, counts, not _telling(value), learned)
        self._by_value[value] = secret
        self._raw[secret.placeholder("plain")] = value
        if tracked:
            self._track(secret, value)
        return secret

    def _label(self, owner: str, kind: str) -> str:
        name = _name(owner, kind)
        self._counts[name] = self._counts.get(name, 0) + 1
        return f"{name}#{self._counts[name]}"

    def _track(self, secret: _Secret, value: str) -> None:
        if SHORTEST_SECRET <= len(value) <= LONGEST_SECRET:
            for form, text in _forms(value, secret.kind):
                self._needles.add(_Needle(text, form, secret))


def _name(owner: str, kind: str) -> str:
    owner, kind = (_UNPRINTED.sub("_", word) for word in (owner, kind))
    return f"{owner}.{kind}"


_UNPRINTED = re.compile(r"[^\w.@+-]")


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


_SET_COOKIE = re.compile(r"([^=;\s]{1,200})=\"?([^;\"]*)")


def _is_session(name: str, value: str, attributes: str) -> bool:
    if _SESSION_COOKIE.fullmatch(name):
        return len(value) >= 8
    return "httponly" in attributes.lower() and len(value) >= 16 and _telling(value)


def _is_name(data: bytes, found: _Found) -> bool:
    """Say whether a weak secret ("password") is here but the name of a member, which gives nothing away."""
    if not found.secret.everyday or data[found.start - 1 : found.start] != b'"':
        return False
    return _AFTER_NAME.match(data, found.end) is not None


_AFTER_NAME = re.compile(rb'"\s{0,64}+:')
_ORDINARY_NAME = re.compile(r"[A-Za-z]{1,16}(?:[_-][A-Za-z]{1,16})*")


def _named_so(name: str, clean: Callable[[str], str]) -> str:
    """Clean the name of a header or parameter unless it is made of ordinary words."""
    return name if _ORDINARY_NAME.fullmatch(name) else clean(name)


def _within(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    index = bisect_right(spans, (start, sys.maxsize)) - 1
    return index >= 0 and spans[index][0] <= start and end <= spans[index][1]


def _swapped(match: re.Match[bytes], value: str) -> bytes:
    """Return the match with another second group."""
    whole, at = match[0], match.start()
    return whole[: match.start(2) - at] + value.encode() + whole[match.end(2) - at :]


def _flat(pairs: Pairs) -> Iterator[str]:
    for name, value in pairs:
        yield name
        yield value


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
