"""JSON for other tools: nothing in it that a strict parser refuses or a terminal obeys."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from auditor.model import Json
from reports.words import cut, visible

_MOST_TEXT: Final = 5_000
_HIDDEN: Final = re.compile("[\x7f-\x9f\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def dumped(value: Json) -> str:
    """Return the value as text in the order given; half a surrogate pair becomes U+FFFD, what is unseen an escape."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
    return _HIDDEN.sub(_escape, text) + "\n"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def cleaned(value: Json) -> Json:
    """Make all text visible, cut it, and leave out members that are empty or null, for formats that forbid them."""
    if isinstance(value, str):
        return visible(cut(value, _MOST_TEXT))
    if isinstance(value, Mapping):
        pairs = ((visible(key), cleaned(inner)) for key, inner in value.items())
        return {key: inner for key, inner in pairs if inner not in (None, "", [], {})}
    if isinstance(value, (list, tuple)):
        return [inner for inner in map(cleaned, value) if inner not in (None, "", [], {})]
    return value
