"""Values of a request to what goes over the wire: parameter styles (OpenAPI 3.2 §4.12) and bodies.

`Values` is what probes change, one place at a time (`set_at`); `serialise` writes it down.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus

from auditor.document.references import unescaped
from auditor.evidence import ABSENT, Absent
from auditor.model import Json, Location, Operation, Parameter, is_json
from auditor.values import specimens

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What a request carries, by place and name, before it is written down."""

    path: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, Json] = field(default_factory=dict)
    header: Mapping[str, Json] = field(default_factory=dict)
    cookie: Mapping[str, Json] = field(default_factory=dict)
    body: Json | Absent = ABSENT
    media_type: str = ""
    files: frozenset[str] = frozenset()
    """Members of a multipart body that travel as files."""


class Serialised(NamedTuple):
    """A request written down: `path` percent-encoded, `query` not yet."""

    path: str
    query: Pairs
    headers: Pairs
    body: bytes


def serialise(operation: Operation, values: Values) -> Serialised:
    """Write the values down as the operation's parameters say. Undeclared values travel in the default style."""
    template, _, fixed = operation.path.partition("#")[0].partition("?")
    cookies = "; ".join(f"{name}={value}" for name, value in _pairs(operation, Location.COOKIE, values.cookie))
    headers = [*_pairs(operation, Location.HEADER, values.header)]
    headers += [("Cookie", cookies)] if cookies else []
    body, media_type = encoded(values)
    headers += [("Content-Type", media_type)] if media_type else []
    # Some documents tell operations apart by a query written into the path: it belongs to the request.
    query = (*parse_qsl(fixed, keep_blank_values=True), *_pairs(operation, Location.QUERY, values.query))
    return Serialised(_path(operation, template, values.path), query, tuple(headers), body)


# --- parameters ---------------------------------------------------------------------------------------------


def _path(operation: Operation, template: str, values: Mapping[str, Json]) -> str:
    declared = {one.name: one for one in operation.parameters if one.location is Location.PATH}

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if values.get(name, ABSENT) is ABSENT:
            return ""
        return path_text(declared.get(name, Parameter(name=name, location=Location.PATH)), values[name])

    whole = PLACEHOLDER.sub(filled, template)
    return quote(whole, safe="/:@!$&'()*+,;=~%-._")


def path_text(parameter: Parameter, value: Json) -> str:
    """Write a path parameter, percent-encoded; a slash inside is data and is encoded too."""
    explode = bool(parameter.explode)
    parts = [(name, segment(one)) for name, one in members(value)]
    if parameter.style == "matrix":
        if not explode or not isinstance(value, dict | list):
            return f";{segment(parameter.name)}=" + ",".join(_flat(parts, value))
        return "".join(f";{segment(name or parameter.name)}={one}" for name, one in parts)
    joined = [f"{segment(name)}={one}" for name, one in parts] if explode and isinstance(value, dict) else None
    if parameter.style == "label":
        return "." + ("." if explode else ",").join(joined or _flat(parts, value))
    return ",".join(joined or _flat(parts, value))


def _flat(parts: Sequence[tuple[str, str]], value: Json) -> list[str]:
    if isinstance(value, dict):
        return [text for name, one in parts for text in (segment(name), one)]
    return [one for _, one in parts]


def segment(value: Json) -> str:
    """Percent-encode one value of a path; dots alone would be read as a way up (RFC 3986 §5.2.4)."""
    written = text(value)
    return written.replace(".", "%2E") if written in {".", ".."} else quote(written, safe="", errors="replace")


def members(value: Json) -> list[tuple[str, Json]]:
    """Return the parts of a value: named ones of an object, nameless ones of a list, itself otherwise."""
    if isinstance(value, dict):
        return [(str(name), one) for name, one in value.items() if one is not ABSENT]
    if isinstance(value, list | tuple):
        return [("", one) for one in value if one is not ABSENT]
    return [("", value)]


def _pairs(operation: Operation, location: Location, values: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    declared = {one.name: one for one in operation.parameters if one.location is location}
    for name, value in values.items():
        if value is not ABSENT:
            yield from pairs(declared.get(name, Parameter(name=name, location=location)), value)


def pairs(parameter: Parameter, value: Json) -> Pairs:
    """Write a query, header or cookie parameter as name-value pairs, not percent-encoded."""
    name, query = parameter.name, parameter.location in {Location.QUERY, Location.COOKIE}
    explode = query if parameter.explode is None else parameter.explode
    if parameter.style == "json":
        return ((name, json.dumps(value)),)
    if not isinstance(value, dict | list):
        return ((name, text(value)),)
    if parameter.style == "deepObject":
        return tuple(bracketed(name, value))
    if query and explode:
        return tuple((part or name, text(one)) for part, one in members(value))
    if explode and isinstance(value, dict):
        return ((name, ",".join(f"{part}={text(one)}" for part, one in members(value))),)
    flat = [one for part, inner in members(value) for one in ((part, text(inner)) if part else (text(inner),))]
    return ((name, SEPARATORS.get(parameter.style, ",").join(flat)),)


def bracketed(name: str, value: Json) -> Iterator[tuple[str, str]]:
    """Write nested values as `name[key][0]=…`, what deepObject means in practice and Stripe reads."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from bracketed(f"{name}[{key}]", one)
    elif isinstance(value, list | tuple):
        for index, one in enumerate(value):
            yield from bracketed(f"{name}[{index}]", one)
    elif value is not ABSENT:
        yield name, text(value)


def text(value: Json) -> str:
    """Write a single value as text: JSON's words for booleans, numbers and null, JSON for what nests."""
    if isinstance(value, str):
        return value
    return "" if value is ABSENT else json.dumps(value)


# --- bodies -------------------------------------------------------------------------------------------------


def encoded(values: Values) -> tuple[bytes, str]:
    """Return the body's bytes and its Content-Type; (b"", "") without a body."""
    body, media = values.body, values.media_type
    if body is ABSENT:
        return b"", ""
    plain = media.partition(";")[0].strip().lower()
    if plain == "application/x-www-form-urlencoded":
        return urlencoded(body), media
    if plain == "multipart/form-data":
        return multipart(body, values.files)
    if plain.endswith(("/xml", "+xml")):
        return xml(body), media
    if "*" in plain or not plain:
        return (octets(body), "application/octet-stream") if isinstance(body, str) else (dumped(body), JSON_TYPE)
    if is_json(plain) or not isinstance(body, str):
        return dumped(body), media
    return (body.encode("utf-8", "replace") if plain.startswith("text/") else octets(body)), media


JSON_TYPE = "application/json"


def dumped(body: Json) -> bytes:
    """Write JSON; lone surrogates stay escaped, and what a change left out is left out."""
    return json.dumps(without_absent(body)).encode()


def without_absent(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: without_absent(one) for key, one in value.items() if one is not ABSENT}
    if isinstance(value, list):
        return [without_absent(one) for one in value if one is not ABSENT]
    return value


def form_pairs(body: Json) -> list[tuple[str, str]]:
    """Return the pairs of a form: plain lists repeat their name, everything nested is bracketed."""
    found: list[tuple[str, str]] = []
    for name, value in members(body) if isinstance(body, dict) else [("value", body)]:
        if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
            found += [(name, text(one)) for one in value]
        else:
            found += bracketed(name, value)
    return found


def urlencoded(body: Json) -> bytes:
    return "&".join(f"{quote_plus(k)}={quote_plus(v, errors='replace')}" for k, v in form_pairs(body)).encode()


def octets(value: str) -> bytes:
    """Return the bytes a text stands for: binary samples are text of one character per byte."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def multipart(body: Json, files: frozenset[str]) -> tuple[bytes, str]:
    """Write RFC 7578 parts. The boundary is a digest of the content, so that runs are equal byte for byte."""
    parts = [_part(name, value, file=name in files) for name, value in form_pairs(body)]
    boundary = "auditor" + hashlib.sha256(b"".join(parts)).hexdigest()[:24]
    marked = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return marked + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(name: str, value: str, *, file: bool) -> bytes:
    label = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    head = f'Content-Disposition: form-data; name="{label}"'
    if not file:
        return f"{head}\r\n\r\n{value}".encode("utf-8", "replace")
    filename, media = specimens.named_file(value)
    head += f'; filename="{filename}"\r\nContent-Type: {media}'
    return head.encode("utf-8", "replace") + b"\r\n\r\n" + octets(value)


def xml(body: Json, name: str = "root") -> bytes:
    """Write a plain object as elements; attributes and namespaces are beyond it."""
    return f"<?xml version='1.0' encoding='UTF-8'?>{_element(name, body)}".encode("utf-8", "replace")


def _element(name: str, value: Json) -> str:
    tag = re.sub(r"[^\w.-]", "_", name) or "item"
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{tag}>{''.join(_element(str(key), one) for key, one in members(value))}</{tag}>"
    return f"<{tag}>{html.escape(text(value), quote=False)}</{tag}>"


# --- changing -----------------------------------------------------------------------------------------------


def set_at(values: Values, location: Location, pointer: str, value: Json | Absent) -> Values:
    """Return a copy with the value at a place set, added, or with `ABSENT` left out.

    `pointer` is "/name" for parameters and a JSON pointer inside the body; "" is the whole body.
    """
    tokens = [unescaped(token) for token in pointer.split("/")[1:]]
    if location is Location.BODY:
        return replace(values, body=changed(values.body, tokens, value))
    whole = changed(_named(values, location), tokens, value)
    named: Mapping[str, Json] = whole if isinstance(whole, Mapping) else {}
    if location is Location.PATH:
        return replace(values, path=named)
    if location is Location.QUERY:
        return replace(values, query=named)
    return replace(values, header=named) if location is Location.HEADER else replace(values, cookie=named)


def _named(values: Values, location: Location) -> Mapping[str, Json]:
    return {
        Location.PATH: values.path,
        Location.QUERY: values.query,
        Location.HEADER: values.header,
        Location.COOKIE: values.cookie,
    }[location]


def value_at(values: Values, location: Location, pointer: str) -> Json | Absent:
    """Return what is carried at a place; `ABSENT` when nothing is."""
    node: Json = values.body if location is Location.BODY else _named(values, location)
    for token in (unescaped(one) for one in pointer.split("/")[1:]):
        if isinstance(node, Mapping) and token in node:
            node = node[token]
        elif isinstance(node, list) and token.isdecimal() and int(token) < len(node):
            node = node[int(token)]
        else:
            return ABSENT
    return node


def changed(tree: Json | Absent, tokens: Sequence[str], value: Json | Absent) -> Json | Absent:
    """Return a copy of a tree with one place changed; objects and lists on the way there are made where missing."""
    if not tokens:
        return value
    head, rest = tokens[0], tokens[1:]
    if tree is ABSENT and head.isdecimal() and value is not ABSENT:
        tree = []
    if isinstance(tree, list) and head.isdecimal():
        return _changed_list(tree, int(head), rest, value)
    members = dict(tree) if isinstance(tree, Mapping) else {}
    inner = changed(members.get(head, ABSENT), rest, value)
    if inner is ABSENT:
        return {key: one for key, one in members.items() if key != head} if isinstance(tree, Mapping) else tree
    return {**members, head: inner}


def _changed_list(items: list[Json], index: int, rest: Sequence[str], value: Json | Absent) -> list[Json]:
    inner = changed(items[index] if index < len(items) else ABSENT, rest, value)
    middle = [] if inner is ABSENT else [inner]
    return [*items[:index], *middle, *items[index + 1 :]]
