"""What is a secret by its looks (a bcrypt hash, a private key, a JWT), and what a value's looks say otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from auditor.secrecy.splicing import Edit

SHORTEST_VALUE = 4

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


def shape_edits(data: bytes, shapes: Collection[str] = SHAPES.keys()) -> list[Edit]:
    """Return where `data` holds what has one of these shapes, and the placeholders to put there."""
    edits: list[Edit] = []
    for mark, name in _MARKS:
        if mark in data and name in shapes and (name != "dsn" or _DSN_HINT.search(data)):
            placeholder = f"«shape:{name}»".encode()
            edits += [(match.start(), match.end(), placeholder) for match in SHAPES[name].finditer(data)]
    return edits


_PLACEHOLDER = re.compile(r"(?:[\w-]{1,30} )?«[^«»]{1,200}»")
_MASKED = re.compile(
    r"(?i).*(?:\*{3}|[•●·]{3}|\.{4}).*|x{4,}|[\[<(]?(?:redacted|filtered|hidden|masked|removed)[\])>]?"
)


def is_placeholder(value: str) -> bool:
    """Say whether a value is one of our placeholders, perhaps behind a scheme ("Bearer «alice.token#1»")."""
    return _PLACEHOLDER.fullmatch(value) is not None


def stands_unhidden(value: str) -> bool:
    """Say whether a value stands there as it is, neither masked nor replaced."""
    if len(value) < SHORTEST_VALUE or _MASKED.fullmatch(value[:200]):
        return False
    return not is_placeholder(value)


def is_distinctive(value: str) -> bool:
    """Say whether a value is no everyday word or number, so that meeting it elsewhere means something."""
    if len(set(value)) < 4:
        return False
    if value.isdigit():
        return len(value) >= 10
    if value.isalpha() and (value.islower() or value.istitle() or value.isupper()):
        return len(value) >= 12
    return True
