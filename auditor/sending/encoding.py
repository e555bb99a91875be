"""Dataclasses as JSON and back, by their type hints: what a run records is read as the same words."""

from __future__ import annotations

import base64
import types
import typing
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from auditor.model import NOT_JSON, Credential, Exchange, Json, NotJson, Operation

_AS_IT_IS = frozenset({str, int, float, bool, types.NoneType})
"""Most of what there is to encode; by exact type, for a `StrEnum` is written as its value."""


def encode(value: object) -> Json:
    """Return `value` as JSON: exchanges by id, operations by label, dataclasses by member.

    Credentials are never written. Bytes are text where they are UTF-8, else base64.
    """
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, Credential):
        return None
    if isinstance(value, Exchange):
        return {"$exchange": value.id}
    if isinstance(value, Operation):
        return value.label
    if is_dataclass(value):
        return members(value)
    return _encoded_plain(value)


def _encoded_plain(value: object) -> Json:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return _encoded_bytes(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _encoded_mapping(value)
    if isinstance(value, (tuple, list)):
        return [encode(one) for one in value]
    if isinstance(value, AbstractSet):
        return sorted((encode(one) for one in value), key=repr)
    return {"$not_json": True} if isinstance(value, NotJson) else value


def members(value: object) -> dict[str, Json]:
    """Return a dataclass as JSON, also one that `encode` would only refer to."""
    kind: Any = type(value)
    return {name: encode(getattr(value, name)) for name in _field_names(kind)}


@lru_cache(maxsize=512)
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.init)


def _encoded_bytes(value: bytes) -> Json:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return {"$base64": base64.b64encode(value).decode("ascii")}


def _encoded_mapping(value: Mapping[Any, Any]) -> Json:
    """Keys other than text make a list of pairs, so that they can be decoded as what they were."""
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: encode(one) for key, one in value.items()}
    return {"$pairs": [[encode(key), encode(one)] for key, one in value.items()]}


def decode(
    data: Json,
    kind: Any,
    *,
    exchanges: Mapping[str, Exchange] | None = None,
    operations: Mapping[str, Operation] | None = None,
) -> Any:
    """Turn what `encode` returned back into a value of type `kind` (a class or a type hint)."""
    return Decoder(exchanges or {}, operations or {}).value(data, kind)


@dataclass(frozen=True, slots=True)
class Decoder:
    """Builds values from what `encode` returned; references are looked up in what was recorded beside them."""

    exchanges: Mapping[str, Exchange]
    operations: Mapping[str, Operation]

    def value(self, data: Json, kind: Any) -> Any:
        if kind is Any or kind is object:
            return _json(data)
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            return self._one_of(data, get_args(kind))
        if origin is not None and not is_dataclass(origin):
            return self._container(data, origin, get_args(kind))
        if is_dataclass(origin or kind):
            return self._known(data, kind)
        return _plain(data, kind)

    def _known(self, data: Json, kind: Any) -> Any:
        if kind is Operation:
            return self._operation(data)
        if kind is Exchange:
            return self.exchanges[data["$exchange"]]
        return self.instance(data, kind)

    def _operation(self, label: str) -> Operation:
        method, _, path = label.partition(" ")
        return self.operations.get(label) or Operation(method=method, path=path)

    def instance(self, data: Mapping[str, Json], kind: Any) -> Any:
        """Build a dataclass, also a generic one; members that a newer version added take their defaults."""
        hints = _hints(kind)
        return (get_origin(kind) or kind)(
            **{name: self.value(one, hints[name]) for name, one in data.items() if name in hints}
        )

    def _one_of(self, data: Json, kinds: tuple[Any, ...]) -> Any:
        if data is None and types.NoneType in kinds:
            return None
        fitting = [kind for kind in kinds if kind is not types.NoneType and _fits(data, kind)]
        return self.value(data, fitting[0] if fitting else kinds[0])

    def _container(self, data: Json, origin: Any, arguments: tuple[Any, ...]) -> Any:
        if origin is typing.Literal:
            return data
        if isinstance(data, dict):
            return self._mapping(data, arguments or (Any, Any))
        if origin is tuple and arguments[1:] != (Ellipsis,):
            return tuple(self.value(one, kind) for one, kind in zip(data, arguments, strict=True))
        items = (self.value(one, arguments[0] if arguments else Any) for one in data)
        if origin in (set, frozenset, AbstractSet):
            return set(items) if origin is set else frozenset(items)
        return list(items) if origin is list else tuple(items)

    def _mapping(self, data: Mapping[str, Json], kinds: tuple[Any, ...]) -> dict[Any, Any]:
        key, value = kinds
        return {self.value(name, key): self.value(one, value) for name, one in _pairs(data)}


def _plain(data: Json, kind: Any) -> Any:
    if kind is bytes:
        return data.encode("utf-8") if isinstance(data, str) else base64.b64decode(data["$base64"])
    if kind is datetime:
        return datetime.fromisoformat(data)
    if kind is float and type(data) is int:
        return float(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if isinstance(kind, type) and issubclass(kind, (tuple, list, set, frozenset)):
        return kind(data)
    return _json(data) if isinstance(data, (dict, list)) else data


def _json(data: Json) -> Json:
    """Undo what `encode` did to JSON of which no more is known."""
    if isinstance(data, list):
        return [_json(one) for one in data]
    if not isinstance(data, dict):
        return data
    if data.keys() == {"$not_json"}:
        return NOT_JSON
    if data.keys() == {"$base64"}:
        return base64.b64decode(data["$base64"])
    return {_json(name): _json(one) for name, one in _pairs(data)}


def _pairs(data: Mapping[str, Json]) -> Iterable[tuple[Json, Json]]:
    return data["$pairs"] if data.keys() == {"$pairs"} else data.items()


def _fits(data: Json, kind: Any) -> bool:
    """Say whether `data` may be a `kind`; by shape only, which tells the members of real unions apart."""
    origin = get_origin(kind) or kind
    if is_dataclass(origin):
        return _fits_dataclass(data, origin)
    if isinstance(origin, type) and issubclass(origin, Enum):
        return not isinstance(data, (dict, list)) and data in {member.value for member in origin}
    if origin is bytes:
        return isinstance(data, str) or (isinstance(data, dict) and data.keys() == {"$base64"})
    if origin is datetime:
        return isinstance(data, str)
    return _fits_plain(data, origin)


def _fits_dataclass(data: Json, kind: Any) -> bool:
    if kind is Operation:
        return isinstance(data, str)
    if not isinstance(data, dict):
        return False
    refers = data.keys() == {"$exchange"}
    if refers or kind is Exchange:
        return refers and kind is Exchange
    needed = {one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING}
    return needed <= data.keys() <= set(_field_names(kind))


def _fits_plain(data: Json, origin: Any) -> bool:
    if origin in (str, int, float, bool):
        return type(data) is origin
    if origin is typing.Literal:
        return isinstance(data, str)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(data, dict)
    if isinstance(origin, type) and hasattr(origin, "__iter__"):
        return isinstance(data, list)
    return True


@lru_cache(maxsize=512)
def _hints(kind: Any) -> Mapping[str, Any]:
    """Return the members' types, with a generic dataclass's parameters filled in."""
    origin = get_origin(kind) or kind
    filled = dict(zip(getattr(origin, "__parameters__", ()), get_args(kind), strict=False))
    hints = get_type_hints(origin)
    return {name: _filled(hints[name], filled) for name in _field_names(origin)}


def _filled(hint: Any, filled: Mapping[Any, Any]) -> Any:
    if isinstance(hint, TypeVar):
        return filled.get(hint, Any)
    parameters = getattr(hint, "__parameters__", ())
    return hint[tuple(filled.get(one, Any) for one in parameters)] if parameters and get_args(hint) else hint
