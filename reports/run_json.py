"""run.json: an audit as text and back, field for field."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import lru_cache
from math import isfinite
from types import UnionType
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from auditor.model import Audit, Json

SCHEMA_VERSION: Final = 1
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NAMES: Final = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
T = TypeVar("T")


def render(audit: Audit) -> str:
    """Return run.json: fields in the order of the model, mappings sorted, one newline at the end.

    JSON has no word for infinity: what is not finite becomes null. Half a surrogate pair, which strict parsers refuse,
    becomes U+FFFD.
    """
    text = json.dumps(_plain(audit), ensure_ascii=False, allow_nan=False, indent=1)
    return _SURROGATE.sub("\ufffd", text) + "\n"


def _plain(value: object) -> Json:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def parse(text: str) -> Audit:
    """Read run.json. Unknown keys are ignored; anything else amiss is a `ValueError` that names the place."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise ValueError(f"run.json: not JSON ({broken})") from None
    if not isinstance(data, dict):
        raise ValueError("run.json: expected an object at the top")
    version = data.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ValueError(f"run.json: schema_version is {version!r}, this version reads {SCHEMA_VERSION} only")
    return _dataclass(Audit, data, "run.json")


def _dataclass(kind: type[T], data: Json, place: str) -> T:
    if not isinstance(data, dict):
        raise ValueError(f"{place}: expected an object, found {_found(data)}")
    values = {}
    for one, hint in _shape(cast("Hashable", kind)):
        if one.name in data:
            values[one.name] = _read(hint, data[one.name], f"{place}.{one.name}")
        elif one.default is MISSING and one.default_factory is MISSING:
            raise ValueError(f"{place}: {one.name} is missing")
    return kind(**values)


@lru_cache(maxsize=64)
def _shape(kind: Hashable) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(cast("Any", kind))
    return tuple((one, hints[one.name]) for one in fields(cast("Any", kind)))


def _read(hint: Any, data: Json, place: str) -> Any:
    """Read one value as its type hint says. `Any`, for a hint may be a class, a union or a generic alias."""
    origin = get_origin(hint)
    if hint is Any:
        return data
    if origin is Literal:
        return _one_of(get_args(hint), data, place)
    if origin in {Union, UnionType}:
        return _optional(get_args(hint), data, place)
    if origin is tuple:
        return tuple(_read(get_args(hint)[0], one, f"{place}[{i}]") for i, one in enumerate(_list(data, place)))
    if origin is not None and issubclass(origin, Mapping):
        return {key: _read(get_args(hint)[1], one, f"{place}.{key}") for key, one in _object(data, place).items()}
    if is_dataclass(hint):
        return _dataclass(cast("type[Any]", hint), data, place)
    return _scalar(hint, data, place)


def _optional(choices: tuple[Any, ...], data: Json, place: str) -> Any:
    if data is None and type(None) in choices:
        return None
    wanted = next(one for one in choices if one is not type(None))
    return _read(wanted, data, place)


def _scalar(hint: Any, data: Json, place: str) -> Any:
    if hint is float and type(data) is int:
        return float(data)
    if hint in _NAMES:
        if type(data) is not hint:
            raise ValueError(f"{place}: expected {_NAMES[hint]}, found {_found(data)}")
        return data
    try:
        return hint(data)
    except ValueError:
        raise ValueError(f"{place}: {data!r} is not one of {', '.join(hint)}") from None


def _one_of(choices: tuple[Any, ...], data: Json, place: str) -> Any:
    if data not in choices:
        raise ValueError(f"{place}: {data!r} is not one of {', '.join(map(str, choices))}")
    return data


def _list(data: Json, place: str) -> list[Json]:
    if not isinstance(data, list):
        raise ValueError(f"{place}: expected a list, found {_found(data)}")
    return data


def _object(data: Json, place: str) -> dict[str, Json]:
    if not isinstance(data, dict):
        raise ValueError(f"{place}: expected an object, found {_found(data)}")
    return data


def _found(data: Json) -> str:
    if data is None:
        return "null"
    names = {**_NAMES, dict: "an object", list: "a list"}
    return names.get(type(data), type(data).__name__)
