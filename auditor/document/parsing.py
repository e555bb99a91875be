"""Bytes of an API description to a tree of plain JSON values, with the lines its nodes stand on.

JSON is tried first (13 MB: 0.15 s), then YAML by libyaml with YAML 1.2 scalars: dates stay text, `on` and `no`
are words, keys are text. Size, depth and alias expansion are bounded; nothing but `DocumentError` comes out.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from json.decoder import JSONDecoder
from typing import Any, TypeAlias

from auditor.errors import DocumentError
from auditor.model import Json

Node: TypeAlias = Any
"""A node of yaml.nodes; `Any` because its stubs know neither `style` nor `id`, and yaml is imported late."""

MAX_BYTES = 50 * 1024 * 1024
MAX_NODES = 5_000_000
"""Nodes after expansion of aliases; the largest real description measured (47 MB) has 2.4 million."""
MAX_DEPTH = 400
"""Above any real description (60) and below Python's recursion limit."""
MAX_LINE_DEPTH = 3
"""Lines are known for `/paths/<path>/<method>` and `/components/schemas/<name>` and everything above."""

_REGENERATE = "Correct it or regenerate it."
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(
    r"(?P<null>~|null|Null|NULL)|(?P<true>true|True|TRUE)|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]{1,400})|(?P<hex>0x[0-9a-fA-F]{1,300})|(?P<octal>0o[0-7]{1,300})"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
)
"""Plain scalars that are not text by the core schema of YAML 1.2 §10.3.2."""


@dataclass(frozen=True, eq=False)
class Parsed:
    """A document as plain values. `line_of` answers for the nearest node above whose line is known."""

    tree: Json
    text: str
    yaml_lines: Mapping[str, int] | None = None

    @cached_property
    def lines(self) -> Mapping[str, int]:
        """JSON pointer to 1-based line, down to `MAX_LINE_DEPTH`; read when first asked for."""
        return json_lines(self.text) if self.yaml_lines is None else self.yaml_lines

    def line_of(self, pointer: str) -> int | None:
        """Return the 1-based line of the node at `pointer`, or of the nearest ancestor that has one."""
        while pointer:
            if pointer in self.lines:
                return self.lines[pointer]
            pointer = pointer.rpartition("/")[0]
        return 1 if self.text else None


def parse(raw: bytes, *, source: str = "") -> Parsed:
    """Read JSON or YAML. Raises `DocumentError` for what is neither, is cut off, too large or too deep."""
    name = source or "the document"
    if len(raw) > MAX_BYTES:
        raise DocumentError(f"{name} has {len(raw):,} bytes; the limit is {MAX_BYTES:,}", "Split or bundle less.")
    text = decoded(raw, name)
    start = text.lstrip()[:200].lower()
    if not start:
        raise DocumentError(f"{name} is empty", "Check that the address or the file is the API description.")
    if start.startswith(("<!doctype", "<html", "<head", "<?xml", "<!--", "<body")):
        raise DocumentError(
            f"{name} is a web page, not an API description",
            "Give the address of the JSON or YAML itself, for example /openapi.json.",
        )
    return _parse_json(text, name) if start[0] in "{[" else _parse_yaml(text, name)


@lru_cache(maxsize=1)
def parsed_once(raw: bytes, *, source: str) -> Parsed:
    """Like `parse`, remembering the last: discovery looks into the document that is read next. Not to be changed."""
    return parse(raw, source=source)


def decoded(raw: bytes, name: str) -> str:
    """Decode UTF-8, UTF-16 or UTF-32, with or without a byte order mark (RFC 4627 §3)."""
    encoding = json.detect_encoding(raw)
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        raise DocumentError(f"{name} is not {encoding} text (byte {problem.start})", "Save it as UTF-8.") from problem


def _parse_json(text: str, name: str) -> Parsed:
    try:
        return Parsed(json.loads(text), text)
    except RecursionError as problem:
        raise DocumentError(f"{name} is nested too deeply", _REGENERATE) from problem
    except json.JSONDecodeError as problem:
        if problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated string"):
            raise DocumentError(
                f"{name} is cut off: its JSON ends unfinished on line {problem.lineno}",
                "Fetch it again; a proxy or a size limit may have truncated it.",
            ) from problem
        return _flow_yaml(text, name, f"line {problem.lineno}: {problem.msg}")
    except ValueError as problem:
        raise DocumentError(f"{name} cannot be read as JSON: {problem}", _REGENERATE) from problem


def _flow_yaml(text: str, name: str, why: str) -> Parsed:
    """Read what looks like JSON but has comments or trailing commas, which YAML allows."""
    if len(text) > 2_000_000:
        raise DocumentError(f"{name} is not valid JSON ({why})", _REGENERATE)
    try:
        return _parse_yaml(text, name)
    except DocumentError as problem:
        raise DocumentError(f"{name} is not valid JSON ({why})", _REGENERATE) from problem


# --- lines of JSON ------------------------------------------------------------------------------------------


def json_lines(text: str) -> dict[str, int]:
    """Map pointers to lines. Inner values are skipped by the C decoder, so 13 MB take one parse and no more."""
    newlines = [match.start() for match in re.finditer("\n", text)]
    offsets: dict[str, int] = {}
    try:
        _index(text, _skip(text, 0), "", offsets)
    except (ValueError, RecursionError, IndexError, StopIteration):
        return {}
    return {pointer: bisect_left(newlines, offset) + 1 for pointer, offset in offsets.items()}


def _index(text: str, at: int, pointer: str, offsets: dict[str, int]) -> int:
    """Note where the members of the object at `at` start and return where it ends."""
    if text[at] != "{" or pointer.count("/") >= MAX_LINE_DEPTH:
        return _DECODER.raw_decode(text, at)[1]
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        member = f"{pointer}/{escaped(key)}"
        offsets[member] = at
        value = _skip(text, _skip(text, end) + 1)
        at = _skip(text, _index(text, value, member, offsets))
        at = _skip(text, at + 1) if text[at] == "," else at
    return at + 1


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


_DECODER = JSONDecoder(strict=False)


def escaped(token: str) -> str:
    """Write a key as a JSON pointer token (RFC 6901 §3)."""
    return token.replace("~", "~0").replace("/", "~1")


# --- YAML ---------------------------------------------------------------------------------------------------


def _parse_yaml(text: str, name: str) -> Parsed:
    import yaml

    if _nesting(text) > 5_000:  # libyaml's composer recurses in C and would take the process with it
        raise DocumentError(f"{name} is nested too deeply", _REGENERATE)
    # The base loader leaves every scalar as text, so that dates and versions stay what the author wrote.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text)
    try:
        node = loader.get_single_node()
    except yaml.YAMLError as problem:
        raise DocumentError(f"{name} is neither JSON nor YAML: {_first_line(problem)}", _REGENERATE) from problem
    except RecursionError as problem:
        raise DocumentError(f"{name} is nested too deeply", _REGENERATE) from problem
    finally:
        loader.dispose()
    builder = _Builder(name)
    tree = builder.value(node, "", 0) if node is not None else None
    return Parsed(tree, text, builder.lines)


def _first_line(problem: Exception) -> str:
    mark = getattr(problem, "problem_mark", None)
    what = getattr(problem, "problem", None) or str(problem).partition("\n")[0]
    return f"line {mark.line + 1}: {what}" if mark is not None else str(what)


def _nesting(text: str) -> int:
    """Bound the nesting from above: brackets left open, the deepest indentation, dashes in one line."""
    deepest = depth = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth = depth + 1 if match[0] in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    indents = (len(match[0]) for match in re.finditer(r"^[ ]{999,}|(?:[-?] ){999,}", text, re.MULTILINE))
    return max(deepest, *indents, 0)


_UNKNOWN = "-"
"""The pointer of what lies below a list or too deep to note its line."""


class _Builder:
    """Turns libyaml's nodes into values: aliases shared, their expansion counted, cycles refused."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[str, int] = {}
        self._built: dict[int, tuple[Json, int]] = {}
        self._open: set[int] = set()
        self._nodes = 0

    def value(self, node: Node, pointer: str, depth: int) -> Json:
        if isinstance(node.value, str):
            self._count(1)
            return node.value if node.style else plain(node.value)
        return self._container(node, pointer, depth)

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise DocumentError(f"{self.name} expands to more than {MAX_NODES:,} nodes", "Look at its YAML aliases.")

    def _container(self, node: Node, pointer: str, depth: int) -> Json:
        identity = id(node)
        if identity in self._built:
            value, size = self._built[identity]
            self._count(size)
            return value
        if identity in self._open:
            raise DocumentError(f"{self.name} has a YAML alias that contains itself", _REGENERATE)
        if depth > MAX_DEPTH:
            raise DocumentError(f"{self.name} is nested more than {MAX_DEPTH} levels deep", _REGENERATE)
        self._open.add(identity)
        before = self._nodes
        self._count(1)
        value = self._mapping(node, pointer, depth) if node.id == "mapping" else self._sequence(node, depth)
        self._open.discard(identity)
        self._built[identity] = (value, self._nodes - before)
        return value

    def _sequence(self, node: Node, depth: int) -> list[Json]:
        return [self.value(item, _UNKNOWN, depth + 1) for item in node.value]

    def _mapping(self, node: Node, pointer: str, depth: int) -> dict[str, Json]:
        made: dict[str, Json] = {}
        merged: list[Json] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node.value, str):
                raise DocumentError(
                    f"{self.name} has a key that is no text on line {key_node.start_mark.line + 1}", _REGENERATE
                )
            key = key_node.value
            member = _UNKNOWN
            if depth < MAX_LINE_DEPTH and pointer != _UNKNOWN:
                member = f"{pointer}/{escaped(key)}"
                self.lines[member] = key_node.start_mark.line + 1
            value = self.value(value_node, member, depth + 1)
            if key == "<<" and not key_node.style:
                merged += value if isinstance(value, list) else [value]
            else:
                made[key] = value
        for one in merged:
            made = {**one, **made} if isinstance(one, dict) else made
        return made


@lru_cache(maxsize=4096)
def plain(text: str) -> Json:
    """Read an unquoted YAML scalar by the core schema of YAML 1.2: no dates, no `on`/`off`, no base 60."""
    if not text:
        return None
    match = _PLAIN.fullmatch(text)
    if match is None:
        return text
    kind = match.lastgroup or ""
    fixed: dict[str, Any] = {"null": None, "true": True, "false": False}
    if kind in fixed:
        return fixed[kind]
    return float(text) if kind == "float" else int(text, {"hex": 16, "octal": 8}.get(kind, 10))
