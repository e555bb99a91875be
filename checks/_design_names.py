"""Names in paths: which segments are collections, which are singular, which are verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from auditor.model import Operation

VERBS = frozenset(
    {"get", "create", "update", "delete", "remove", "add", "fetch", "insert", "edit", "retrieve", "destroy"}
)
VERBS_IN_COMPOUNDS = frozenset({"list", "save", "modify"})
"""Nouns as often as verbs, so only before another word in one camelCase name (`listUsers`)."""
SAME_IN_PLURAL = frozenset(
    {
        "news", "media", "series", "species", "data", "metadata", "info", "information", "health", "settings",
        "analytics", "inventory", "history", "content", "feedback", "equipment", "software", "hardware", "staff",
        "people", "traffic", "stock", "audio", "music", "money", "cash", "billing", "access", "research",
        "evidence", "knowledge", "mail", "email", "advice", "luggage", "sheep", "fish", "aircraft", "criteria",
        "children", "police", "chat", "storage",
    }
)  # fmt: skip
NO_COLLECTIONS = frozenset(
    {
        "api", "rest", "rpc", "admin", "internal", "public", "private", "me", "self", "my", "current", "profile",
        "account", "cart", "basket", "auth", "oauth", "oauth2", "sso", "login", "logout", "session", "search",
        "find", "lookup", "query", "filter", "verify", "confirm", "activate", "reset", "unsubscribe", "download",
        "upload", "preview", "export", "import", "callback", "webhook", "static", "assets", "latest", "by", "for",
        "from", "to", "in", "of", "with", "status", "version", "locale", "lang", "feed", "proxy", "redirect",
        "validate", "check", "root", "dashboard",
    }
)  # fmt: skip
THE_CALLER = frozenset({"me", "self", "current"})
"""Segments that stand where the id of an item would."""
VERSION = re.compile(r"v\d+\w*|\d[\d.-]*", re.IGNORECASE)
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def bad_names(operations: Sequence[Operation]) -> list[str]:
    """Return every singular collection and every verb, each once, as a sentence's part."""
    paths = sorted({one.path for one in operations})
    verbs = {segment for path in paths for segment in _segments(path) if _is_verb(segment)}
    singular = {segment for segment in _collections(operations) if segment not in verbs and _is_singular(segment)}
    return [f"{name} is singular" for name in sorted(singular)] + [f"{name} is a verb" for name in sorted(verbs)]


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment and not segment.startswith("{")]


def _collections(operations: Sequence[Operation]) -> Iterator[str]:
    """Segments before a parameter, and last segments, not below an item, that can be both listed and posted to."""
    methods: dict[str, set[str]] = {}
    for one in operations:
        methods.setdefault(one.path, set()).add(one.method)
    for path, offered in methods.items():
        parts = [part for part in path.split("/") if part]
        followed = [part for part, after in pairwise(parts) if _is_parameter(after)]
        # An order has one invoice, and whoever calls one password.
        below_item = len(parts) > 1 and (_is_parameter(parts[-2]) or parts[-2].lower() in THE_CALLER)
        last = parts[-1:] if {"GET", "POST"} <= offered and not below_item else []
        yield from (part for part in (*followed, *last) if _names_a_collection(part))


def _is_parameter(part: str) -> bool:
    return part.startswith("{") and part.endswith("}")


def _names_a_collection(part: str) -> bool:
    words = _words(part)
    if _is_parameter(part) or VERSION.fullmatch(part) or not words or not part.isascii():
        return False
    return words[0] not in NO_COLLECTIONS and words[-1] not in NO_COLLECTIONS


def _is_verb(segment: str) -> bool:
    words = _words(segment)
    compound = len(words) > 1 and any(letter.isupper() for letter in segment)
    return bool(words) and (words[0] in VERBS or (compound and words[0] in VERBS_IN_COMPOUNDS))


def _words(segment: str) -> list[str]:
    return [word.lower() for word in WORDS.findall(segment.partition(".")[0].partition(":")[0])]


def _is_singular(segment: str) -> bool:
    word = _words(segment)[-1]
    return word not in SAME_IN_PLURAL and len(word) > 2 and not _is_plural(word)


@cache
def _is_plural(word: str) -> bool:
    from pluralizer import Pluralizer

    if len(word) == 4 and word.endswith(("us", "is")):  # skus, gpus, uris: short forms, which no rule of English knows
        return True
    return bool(Pluralizer().is_plural(word))
