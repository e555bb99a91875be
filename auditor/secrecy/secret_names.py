"""Names that promise a secret (`password_hash`, `X-API-Key`), and the values that lie under them in a body."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import TypeAlias

from auditor.secrecy.secret_shapes import stands_unhidden

Show: TypeAlias = Callable[[str, str], str]
"""Name and value to what comes in the value's place."""

MOST_NAMES = 20_000
"""Names of members remembered as harmless, so that a hostile target cannot fill the memory."""

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


def kind_of(name: str) -> str:
    """Return what kind of secret a telling name promises."""
    if is_token_key(name):
        return "token"
    return "password" if "pass" in fold(name) or "pwd" in fold(name) else "secret"


_MEMBER_NAME = re.compile(rb'"([A-Za-z_$][A-Za-z0-9_ .$-]{1,63})"\s{0,64}+:\s{0,64}+"')
_MEMBER = re.compile(rb'"([A-Za-z_$][A-Za-z0-9_ .$-]{1,63})"\s{0,64}+:\s{0,64}+"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_FORM = re.compile(rb"(?:^|(?<=&))([A-Za-z_][A-Za-z0-9_.%\[\]-]{1,63})=([^&\s]++)")
_PART = re.compile(rb'name="([A-Za-z_][A-Za-z0-9_.\[\]-]{1,63})"\r\n\r\n([^\r\n]++)')


class TellingNames:
    """The names that promise a secret, those of the configuration among them, and how to find them in a body."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._extra = frozenset(fold(name) for name in extra)
        self._harmless: set[bytes] = set()

    def __contains__(self, name: str) -> bool:
        return is_sensitive_key(name) or is_token_key(name) or fold(name) in self._extra

    def tokens_in(self, body: bytes) -> Iterator[str]:
        """Yield what JSON members hand out as tokens."""
        if self._occur_in(body):
            for match in _MEMBER.finditer(body):
                if is_token_key(match[1].decode("ascii")):
                    yield _literal_text(match[2])

    def shown_in_json(self, body: bytes, show: Show) -> bytes:
        """Replace the strings under telling names, wherever in a text members of JSON occur."""
        if not self._occur_in(body):
            return body
        return _MEMBER.sub(partial(self._shown, _literal_text, show), body)

    def shown_in_forms(self, body: bytes, show: Show) -> bytes:
        """Replace the values under telling names in a URL-encoded form or in the parts of a multipart one."""
        if b"=" not in body:
            return body
        for pattern in (_FORM, _PART):
            body = pattern.sub(partial(self._shown, _field_text, show), body)
        return body

    def _shown(self, text: Callable[[bytes], str], show: Show, match: re.Match[bytes]) -> bytes:
        name = match[1].decode("ascii")
        if name not in self:
            return match[0]
        value = text(match[2])
        return _swapped(match, show(name, value)) if stands_unhidden(value) else match[0]

    def _occur_in(self, body: bytes) -> bool:
        """Say whether JSON members of telling names are there at all: a cheap look, for most bodies have none."""
        return not self._harmless.issuperset(_MEMBER_NAME.findall(body)) and self._look_closer(body)

    def _look_closer(self, body: bytes) -> bool:
        """Judge the names not met before; most bodies of a run have the same ones."""
        names = set(_MEMBER_NAME.findall(body)) - self._harmless
        telling = {name for name in names if name.decode("ascii") in self}
        if len(self._harmless) < MOST_NAMES:
            self._harmless |= names - telling
        return bool(telling)


def _literal_text(raw: bytes) -> str:
    try:
        return str(json.loads(b'"' + raw + b'"', strict=False))
    except ValueError:
        return raw.decode("utf-8", "replace")


def _field_text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _swapped(match: re.Match[bytes], value: str) -> bytes:
    """Return the match with another second group."""
    whole, at = match[0], match.start()
    return whole[: match.start(2) - at] + value.encode() + whole[match.end(2) - at :]
