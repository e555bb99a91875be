"""Reads one operation of a description, in the words of Swagger 2.0 or OpenAPI 3, into `Operation`.

What is wrong with a parameter, a body or an answer becomes a problem and costs that part only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from auditor.document.parsing import escaped
from auditor.document.references import BrokenReference, References, unescaped
from auditor.document.schemas import mapping, names, sequence
from auditor.model import Answer, Body, Json, Link, Location, Operation, Parameter, Problem, Schema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
TEMPLATED = re.compile(r"\{([^{}]+)\}")
RESERVED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI says to ignore: they are described elsewhere."""
JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data"
NOT_SCHEMA = frozenset({"name", "in", "required", "description", "allowEmptyValue", "collectionFormat", "x-example"})
STYLES_OF_2 = {
    "csv": ("", False),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "tsv": ("tabDelimited", False),
    "multi": ("form", True),
}
"""`collectionFormat` of Swagger 2.0 in the words of 3.0; tabs have none there."""


@dataclass(eq=False)
class Reader:
    """Reads the operations of one document and collects what is wrong with them."""

    references: References
    root: Schema
    version: str
    problems: list[Problem] = field(default_factory=list)

    @property
    def swagger(self) -> bool:
        return self.version.startswith("2")

    def note(self, pointer: str, message: str) -> None:
        self.problems.append(Problem(pointer=pointer, message=message))

    def operations(self) -> list[Operation]:
        found: list[Operation] = []
        for path, item in mapping(self.root.get("paths")).items():
            if not path.startswith("x-"):
                found += self._path(path, item, f"/paths/{escaped(path)}")
        return found

    def _path(self, path: str, item: Json, pointer: str) -> list[Operation]:
        try:
            node = self.references.mapping(item)
        except BrokenReference as problem:
            self.note(pointer, f"the reference {problem}")
            return []
        if not path.startswith("/"):
            self.note(pointer, "the path does not start with a slash")
        methods = {method.upper(): (node[method], f"{pointer}/{method}") for method in METHODS if method in node}
        for method, operation in mapping(node.get("additionalOperations")).items():
            methods[method] = (operation, f"{pointer}/additionalOperations/{escaped(method)}")
        read = (self._isolated(method, path, raw, node, at) for method, (raw, at) in methods.items())
        return [one for one in read if one is not None]

    def _isolated(self, method: str, path: str, raw: Json, item: Schema, pointer: str) -> Operation | None:
        """Read one operation; whatever shape its node has, the others go on."""
        try:
            node = self.references.resolve(raw)
            if not isinstance(node, Mapping):
                self.note(pointer, "the operation is no object")
                return None
            return self._operation(method, path, node, item, pointer)
        except BrokenReference as problem:
            self.note(pointer, f"the reference {problem}")
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as problem:
            self.note(pointer, f"the operation cannot be read: {type(problem).__name__}")
        return None

    def _operation(self, method: str, path: str, node: Schema, item: Schema, pointer: str) -> Operation:
        declared = self._declared(node, item, pointer)
        security = node.get("security", self.root.get("security"))
        return Operation(
            method=method,
            path=path,
            operation_id=words(node.get("operationId")),
            summary=words(node.get("summary")),
            tags=names(node.get("tags")),
            deprecated=node.get("deprecated") is True,
            parameters=tuple(self._path_complete(path, self._parameters(declared), pointer)),
            body=self._body_of_2(declared, node) if self.swagger else self._body(node, pointer),
            answers=self._answers(node, pointer),
            security=tuple(tuple(one) for one in sequence(security) if isinstance(one, Mapping)),
            pointer=pointer,
        )

    # --- parameters -------------------------------------------------------------------------------------

    def _declared(self, node: Schema, item: Schema, pointer: str) -> list[Schema]:
        """Return the resolved parameters; those of the operation replace those of its path."""
        found: dict[tuple[str, str], Schema] = {}
        for raw in (*sequence(item.get("parameters")), *sequence(node.get("parameters"))):
            try:
                parameter = self.references.mapping(raw)
            except BrokenReference as problem:
                self.note(f"{pointer}/parameters", f"the reference {problem}")
                continue
            name, place = parameter.get("name"), parameter.get("in")
            if not isinstance(name, str) or not isinstance(place, str):
                self.note(f"{pointer}/parameters", "a parameter has no name or no place")
                continue
            found[name, place] = parameter
        return list(found.values())

    def _parameters(self, declared: Iterable[Schema]) -> list[Parameter]:
        found: list[Parameter] = []
        for raw in declared:
            name, place = raw["name"], raw["in"]
            if place not in {"path", "query", "header", "cookie"}:
                continue
            if place == "header" and name.lower() in RESERVED_HEADERS:
                continue
            found.append(self._parameter_of_2(raw) if self.swagger else self._parameter(raw))
        return found

    def _parameter(self, raw: Schema) -> Parameter:
        content = mapping(raw.get("content"))
        media = next(iter(content), "")
        inner = mapping(content.get(media)) if content else raw
        return Parameter(
            name=raw["name"],
            location=Location(raw["in"]),
            required=raw.get("required") is True or raw["in"] == "path",
            schema=mapping(inner.get("schema")),
            style="json" if content else words(raw.get("style")),
            explode=raw["explode"] if isinstance(raw.get("explode"), bool) else None,
            examples=(*self._examples(raw), *(self._examples(inner) if content else ())),
        )

    def _parameter_of_2(self, raw: Schema) -> Parameter:
        style, explode = STYLES_OF_2.get(words(raw.get("collectionFormat")), ("", False))
        return Parameter(
            name=raw["name"],
            location=Location(raw["in"]),
            required=raw.get("required") is True or raw["in"] == "path",
            schema={key: value for key, value in raw.items() if key not in NOT_SCHEMA},
            style=style,
            explode=explode,
            examples=tuple(raw[key] for key in ("x-example",) if key in raw),
        )

    def _path_complete(self, path: str, parameters: list[Parameter], pointer: str) -> list[Parameter]:
        """Make template and parameters agree: what is missing is added as text, what has no place is left out."""
        wanted = list(dict.fromkeys(TEMPLATED.findall(path)))
        kept = [one for one in parameters if one.location is not Location.PATH or one.name in wanted]
        have = {one.name for one in kept if one.location is Location.PATH}
        for name in (one.name for one in parameters if one not in kept):
            self.note(pointer, f"the path parameter {name} has no place in the path")
        for name in (name for name in wanted if name not in have):
            self.note(pointer, f"the path parameter {name} is not declared")
            kept.append(Parameter(name=name, location=Location.PATH, required=True, schema={"type": "string"}))
        return kept

    def _examples(self, node: Schema) -> tuple[Json, ...]:
        """Return the values of `example` and `examples` (named Example Objects, references followed)."""
        found = [node["example"]] if "example" in node else []
        for raw in mapping(node.get("examples")).values():
            try:
                example = self.references.mapping(raw)
            except BrokenReference:
                continue
            found += [example[key] for key in ("dataValue", "value") if key in example][:1]
        return tuple(found)

    # --- bodies and answers -----------------------------------------------------------------------------

    def _body(self, node: Schema, pointer: str) -> Body | None:
        if node.get("requestBody") is None:
            return None
        try:
            body = self.references.mapping(node["requestBody"])
        except BrokenReference as problem:
            self.note(f"{pointer}/requestBody", f"the reference {problem}")
            return None
        content = self._media(body.get("content"))
        return Body(
            required=body.get("required") is True,
            content={media: mapping(one.get("schema", one.get("itemSchema"))) for media, one in content.items()},
            examples={media: examples for media, one in content.items() if (examples := self._examples(one))},
        )

    def _media(self, content: Json) -> dict[str, Schema]:
        found: dict[str, Schema] = {}
        for media, raw in mapping(content).items():
            try:
                found[media] = self.references.mapping(raw)
            except BrokenReference:
                found[media] = {}
        return found

    def _body_of_2(self, declared: list[Schema], node: Schema) -> Body | None:
        consumes = names(node.get("consumes", self.root.get("consumes")))
        body = next((one for one in declared if one["in"] == "body"), None)
        if body is not None:
            schema = mapping(body.get("schema"))
            content = dict.fromkeys(consumes or (JSON_TYPE,), schema)
            return Body(required=body.get("required") is True, content=content)
        fields = [one for one in declared if one["in"] == "formData"]
        if not fields:
            return None
        required = [one["name"] for one in fields if one.get("required") is True]
        form = {"type": "object", "properties": {one["name"]: form_part(one) for one in fields}, "required": required}
        return Body(required=bool(required), content={form_type(fields, consumes): form})

    def _answers(self, node: Schema, pointer: str) -> dict[str, Answer]:
        found: dict[str, Answer] = {}
        for status, raw in mapping(node.get("responses")).items():
            if status.startswith("x-"):
                continue
            try:
                found[status] = self._answer(self.references.mapping(raw), node)
            except BrokenReference as problem:
                self.note(f"{pointer}/responses/{status}", f"the reference {problem}")
                found[status] = Answer()
        return found

    def _answer(self, raw: Schema, node: Schema) -> Answer:
        if self.swagger:
            produces = names(node.get("produces", self.root.get("produces"))) or (JSON_TYPE,)
            content = {media: raw["schema"] for media in produces if isinstance(raw.get("schema"), Mapping)}
        else:
            media = self._media(raw.get("content"))
            content = {name: mapping(one.get("schema")) for name, one in media.items()}
        return Answer(
            description=words(raw.get("description")),
            content=content,
            headers=tuple(mapping(raw.get("headers"))),
            links=tuple(self._links(raw)),
        )

    def _links(self, raw: Schema) -> Iterator[Link]:
        for link in mapping(raw.get("links")).values():
            try:
                node = self.references.mapping(link)
            except BrokenReference:
                continue
            target = words(node.get("operationId")) or label_of(words(node.get("operationRef")))
            if target:
                yield Link(operation=target, parameters=mapping(node.get("parameters")))


def form_part(raw: Schema) -> Schema:
    """Turn a form field of Swagger 2.0 into a schema; a file is binary text."""
    schema = {key: value for key, value in raw.items() if key not in NOT_SCHEMA}
    return {**schema, "type": "string", "format": "binary"} if raw.get("type") == "file" else schema


def form_type(fields: Iterable[Schema], consumes: tuple[str, ...]) -> str:
    if any(one.get("type") == "file" for one in fields):
        return MULTIPART_TYPE
    return next((one for one in consumes if one in {FORM_TYPE, MULTIPART_TYPE}), FORM_TYPE)


def label_of(reference: str) -> str:
    """Return the label of the operation at a reference such as `#/paths/~1cats~1{id}/get`; "" for any other."""
    tokens = [unescaped(unquote(token)) for token in reference.partition("#")[2].split("/")]
    return f"{tokens[3].upper()} {tokens[2]}" if len(tokens) == 4 and tokens[1] == "paths" else ""


def words(value: Json) -> str:
    """Read text; "" for anything else."""
    return value if isinstance(value, str) else ""
