"""An API description, from bytes to operations, fields and judgements about answers.

`read` costs one parse and one walk over the operations; schemas are followed when somebody asks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from auditor.document.operations import FORM_TYPE, MULTIPART_TYPE, Reader, words
from auditor.document.parsing import Parsed, escaped, parsed_once
from auditor.document.references import BrokenReference, References, reference_of
from auditor.document.schemas import Schemas, body_field, is_nullable, mapping, sequence, type_of
from auditor.document.validating import Direction, Validators, media_schema
from auditor.errors import DocumentError
from auditor.model import (
    NOT_JSON,
    Body,
    Document,
    Field,
    Json,
    Location,
    Operation,
    Parameter,
    Problem,
    Schema,
    SecurityScheme,
    Violation,
    is_json,
    parse_json,
)

MAX_PROBLEMS = 500
DATA = frozenset({"example", "examples", "default", "enum", "const", "value", "dataValue"})
"""Keywords that hold data: what looks like a reference there is none."""
NAMED = (
    "/properties",
    "/patternProperties",
    "/schemas",
    "/definitions",
    "/$defs",
    "/responses",
    "/headers",
    "/parameters",
)
REFERENCE_TEXT = re.compile(r"""\$ref["']?\s*:\s*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([^\s"'{\[][^\n,}]*))""")


def read(raw: bytes, *, source: str, folder: Path | None = None) -> Description:
    """Read a description. `folder` is where references to other files may lead.

    Raises `DocumentError` when the bytes are no OpenAPI document. Anything less is a problem of the document.
    """
    parsed = parsed_once(raw, source=source)
    root = parsed.tree
    if not isinstance(root, Mapping) or not root.keys() & {"openapi", "swagger", "paths"}:
        raise DocumentError(
            f"{source} is not an OpenAPI document: it has neither `openapi`, `swagger` nor `paths`",
            "Name the API description itself; collections of other tools must be exported as OpenAPI first.",
        )
    return Description(parsed, sha256=hashlib.sha256(raw).hexdigest(), source=source, folder=folder)


class Description:
    """A document with everything that needs its references: schemas, fields, validation."""

    def __init__(self, parsed: Parsed, *, sha256: str, source: str, folder: Path | None) -> None:
        self._parsed = parsed
        self._root: Schema = parsed.tree
        self.version = str(self._root.get("swagger", self._root.get("openapi", "3.0.0")))
        siblings = not self.version.startswith(("2", "3.0"))
        self.references = References(self._root, folder)
        self.schemas = Schemas(self.references, siblings=siblings)
        self.validators = Validators(self.references, siblings=siblings)
        self._fields: dict[Operation, tuple[Field, ...]] = {}
        self.document = self._document(sha256, source)

    def _document(self, sha256: str, source: str) -> Document:
        reader = Reader(self.references, self._root, self.version)
        operations = distinct(reader.operations(), reader)
        problems = [*reader.problems, *self._structural(operations), *self._broken()]
        info = mapping(self._root.get("info"))
        return Document(
            title=words(info.get("title")),
            version=str(info.get("version", "")),
            dialect=f"{'Swagger' if reader.swagger else 'OpenAPI'} {self.version}",
            source=source,
            sha256=sha256,
            servers=servers(self._root),
            operations=tuple(replace(one, line=self.line_of(one.pointer)) for one in operations),
            schemes=self._schemes(),
            problems=tuple(
                replace(one, line=self.line_of(one.pointer)) for one in dict.fromkeys(problems[:MAX_PROBLEMS])
            ),
        )

    # --- asking -----------------------------------------------------------------------------------------

    def line_of(self, pointer: str) -> int | None:
        """Return the 1-based line of the node at a JSON pointer, or of the nearest one above it that is known."""
        return self._parsed.line_of(pointer)

    def resolve(self, node: Json) -> Json:
        """Follow references at this node. Raises `BrokenReference`."""
        return self.references.resolve(node)

    def fields(self, operation: Operation) -> tuple[Field, ...]:
        """Return every place where the operation takes a value: parameters, then members of the body."""
        if operation not in self._fields:
            parameters = tuple(self._parameter_field(one) for one in operation.parameters)
            self._fields[operation] = (*parameters, *self._body_fields(operation.body))
        return self._fields[operation]

    def _parameter_field(self, parameter: Parameter) -> Field:
        try:
            schema = self.schemas.opened(parameter.schema)
        except BrokenReference:
            schema = {}
        return Field(
            location=parameter.location,
            pointer=f"/{escaped(parameter.name)}",
            name=parameter.name,
            required=parameter.required,
            nullable=is_nullable(schema),
            schema=schema,
        )

    def _body_fields(self, body: Body | None) -> tuple[Field, ...]:
        media = chosen_media(body)
        if body is None or media is None:
            return ()
        schema = body.content[media]
        members = tuple(self.schemas.members(schema))
        if members:
            return members
        try:
            flat = self.schemas.opened(schema)
        except BrokenReference:
            return ()
        whole = body_field("body", "", flat, required=body.required)
        return () if type_of(flat) in {"object", ""} else (whole,)

    def documented(self, operation: Operation, status: int) -> bool:
        """Say whether the document tells of this status, `default` included."""
        return operation.answer(status) is not None

    def response_violations(
        self, operation: Operation, status: int, media_type: str, body: bytes
    ) -> tuple[Violation, ...]:
        """Return where a JSON answer departs from its documented schema; () where nothing is documented."""
        answer = operation.answer(status)
        if answer is None or not body or not is_json(media_type) or operation.method == "HEAD":
            return ()
        schema = media_schema(answer.content, media_type)
        if schema is None:
            return ()
        value = parse_json(body)
        if value is NOT_JSON:
            return (Violation(pointer="", keyword="json", message="the body is not JSON"),)
        return self.validators.violations(schema, value, Direction.RESPONSE)

    def request_valid(self, operation: Operation, media_type: str, value: Json) -> bool:
        """Say whether a body value fits the schema documented for its media type."""
        schema = operation.body.content.get(media_type) if operation.body is not None else None
        return schema is not None and self.validators.valid(schema, value, Direction.REQUEST)

    # --- the document as a whole ------------------------------------------------------------------------

    def _schemes(self) -> dict[str, SecurityScheme]:
        components = mapping(self._root.get("components"))
        raw = components.get("securitySchemes", self._root.get("securityDefinitions"))
        found: dict[str, SecurityScheme] = {}
        for name, node in mapping(raw).items():
            try:
                found[name] = security_scheme(name, self.references.mapping(node))
            except BrokenReference:
                found[name] = SecurityScheme(name=name, kind="other")
        return found

    def _structural(self, operations: Iterable[Operation]) -> list[Problem]:
        problems: list[Problem] = []
        if not mapping(self._root.get("paths")):
            problems.append(Problem(pointer="/paths", message="the document has no paths"))
        problems += repeated(operations, lambda one: one.operation_id, "the operationId {} is used by {} too")
        shapes = (one for one in operations if "{" in one.path)
        problems += repeated(shapes, template, "the path {} differs from that of {} by parameter names only")
        return problems

    def _broken(self) -> list[Problem]:
        """Find references that lead nowhere: by text first, which is fast, and by place only where one is broken."""
        if not any(self._is_broken(ref) for ref in texts(self._parsed.text)):
            return []
        found: list[Problem] = []
        for pointer, ref in placed(self._root):
            if len(found) >= MAX_PROBLEMS:
                break
            try:
                self.references.at(ref)
            except BrokenReference as problem:
                found.append(Problem(pointer=pointer, message=f"the reference {problem}"))
        return found

    def _is_broken(self, ref: str) -> bool:
        try:
            self.references.at(ref)
        except BrokenReference:
            return True
        return False


def chosen_media(body: Body | None) -> str | None:
    """Choose the media type a body is sent as: JSON, form, multipart, text, bytes, anything, XML."""
    if body is None or not body.content:
        return None
    if body.json_media_type is not None:
        return body.json_media_type
    for wanted in (FORM_TYPE, MULTIPART_TYPE, "*/*", "application/*", "text/plain", "application/octet-stream"):
        for media in body.content:
            if media.partition(";")[0].strip().lower() == wanted:
                return media
    return next(iter(body.content))


def texts(text: str) -> set[str]:
    """Return everything in the text that looks like the value of a `$ref`."""
    found = {"".join(groups).strip() for groups in REFERENCE_TEXT.findall(text)}
    return {one.replace("\\/", "/") for one in found}


def placed(root: Json) -> Iterable[tuple[str, str]]:
    """Yield every reference with the pointer of its node; examples and other data are not looked into."""
    seen: set[int] = set()
    waiting: list[tuple[str, Json]] = [("", root)]
    while waiting:
        pointer, node = waiting.pop()
        if not isinstance(node, Mapping | list) or id(node) in seen:
            continue
        seen.add(id(node))
        ref = reference_of(node)
        if ref is not None:
            yield pointer, ref
        pairs = node.items() if isinstance(node, Mapping) else enumerate(node)
        waiting += [(f"{pointer}/{escaped(str(key))}", part) for key, part in pairs if holds_schema(pointer, key)]


def holds_schema(pointer: str, key: object) -> bool:
    """Say whether to look below a member: a property or an answer may be called `default` or `x-something`."""
    return pointer.endswith(NAMED) or not (key in DATA or str(key).startswith("x-"))


def distinct(operations: Iterable[Operation], reader: Reader) -> list[Operation]:
    """Leave out operations whose paths differ only behind `#`: they are one and the same on the wire."""
    kept: dict[tuple[str, str], Operation] = {}
    for one in operations:
        key = (one.method, one.path.partition("#")[0])
        if key in kept:
            reader.note(one.pointer, f"the path differs from that of {kept[key].label} only behind #")
        else:
            kept[key] = one
    return list(kept.values())


def template(operation: Operation) -> str:
    return f"{operation.method} " + re.sub(r"\{[^{}]*\}", "{}", operation.path)


def repeated(operations: Iterable[Operation], key: Callable[[Operation], str], message: str) -> list[Problem]:
    """Report operations whose key an earlier one has; an empty key is none."""
    first: dict[str, Operation] = {}
    problems: list[Problem] = []
    for one in operations:
        value = key(one)
        if value and first.setdefault(value, one) is not one:
            other = one.path if value.startswith(f"{one.method} ") else value
            problems.append(Problem(pointer=one.pointer, message=message.format(other, first[value].label)))
    return problems


def servers(root: Schema) -> tuple[str, ...]:
    """Return the servers as written, template variables filled with their defaults."""
    if "swagger" in root:
        return servers_of_2(root)
    found = (filled(mapping(one)) for one in sequence(root.get("servers")))
    return tuple(one for one in found if one)


def filled(server: Schema) -> str:
    variables = mapping(server.get("variables"))

    def default(match: re.Match[str]) -> str:
        return str(mapping(variables.get(match[1])).get("default", match[0]))

    return re.sub(r"\{([^{}]+)\}", default, words(server.get("url")))


def servers_of_2(root: Schema) -> tuple[str, ...]:
    base, host = words(root.get("basePath")), words(root.get("host"))
    if not host:
        return (base,) if base else ()
    schemes = [one for one in sequence(root.get("schemes")) if one in {"http", "https"}]
    return tuple(f"{scheme}://{host}{base}" for scheme in schemes) or (f"//{host}{base}",)


def security_scheme(name: str, node: Schema) -> SecurityScheme:
    """Read a Security Scheme Object of any version."""
    kind, scheme = words(node.get("type")), words(node.get("scheme"))
    if kind == "apiKey":
        place = node.get("in")
        location = Location(place) if place in {"header", "query", "cookie"} else None
        parameter, prefix = words(node.get("name")), prefix_in(words(node.get("description")))
        return SecurityScheme(name=name, kind="api_key", location=location, parameter=parameter, prefix=prefix)
    if kind == "basic" or (kind == "http" and scheme.lower() == "basic"):
        return SecurityScheme(name=name, kind="basic", location=Location.HEADER, parameter="Authorization")
    if kind == "http" and scheme and scheme.lower() not in CHALLENGED:
        prefix = "" if scheme.lower() == "bearer" else scheme
        header = Location.HEADER
        return SecurityScheme(name=name, kind="bearer", location=header, parameter="Authorization", prefix=prefix)
    if kind == "oauth2":
        return oauth2(name, node)
    if kind == "openIdConnect":
        return SecurityScheme(name=name, kind="openid", location=Location.HEADER, parameter="Authorization")
    return SecurityScheme(name=name, kind="mutual_tls" if kind == "mutualTLS" else "other")


CHALLENGED = frozenset(
    {"digest", "hoba", "mutual", "negotiate", "ntlm", "scram-sha-1", "scram-sha-256", "vapid", "dpop", "gnap", "oauth"}
)
"""HTTP schemes in which more than a token is sent (RFC 9110 §16.4.1); any other takes a token after its name."""
PREFIX = (
    re.compile(r"(?i:prefix(?:ed)?)\b\W{0,3}(?:(?:is|with|by|of)\W{1,3})?[\"'`*]+([A-Z][\w-]{1,19})"),
    re.compile(r"([A-Z][\w-]{1,19})[\"'`]? ?(?:&lt;|[<{\[(])+ ?(?i:[\w -]{0,20}(?:token|jwt|key|space))"),
)
"""How descriptions say what stands before a token: `required prefix "Token"`, `Bearer <token>`, `'Bearer' [space]`."""


def prefix_in(description: str) -> str:
    """Return the word that a scheme's description wants before the token, "" where it says nothing."""
    return next((match[1] for one in PREFIX if (match := one.search(description[:2_000]))), "")


def oauth2(name: str, node: Schema) -> SecurityScheme:
    flows = mapping(node.get("flows")) or {FLOWS_OF_2.get(words(node.get("flow")), "implicit"): node}
    # The flows that need no browser come first: an audit can only use those.
    usable = sorted(flows, key=lambda flow: flow not in {"password", "clientCredentials"})
    urls = (words(mapping(flows[flow]).get("tokenUrl")) for flow in usable)
    return SecurityScheme(
        name=name,
        kind="oauth2",
        location=Location.HEADER,
        parameter="Authorization",
        token_url=next((url for url in urls if url), ""),
        flows=tuple(flows),
    )


FLOWS_OF_2 = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
