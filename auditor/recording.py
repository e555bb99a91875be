"""The run folder: exchanges and evidence as lines of JSON, written as they happen and read back as the same words.

A line is complete or it is not there: what a crash or a full disk cut off is left out by every reader.
"""

from __future__ import annotations

import base64
import json
import types
import typing
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from auditor.errors import AuditorError
from auditor.model import NOT_JSON, Credential, Exchange, Json, NotJson, Operation

EXCHANGES = "exchanges.ndjson"
EVIDENCE = "evidence.ndjson"
OWNED = ("run.json", EXCHANGES, EVIDENCE, "report.*")
"""The files of a run folder that belong to us; no other is ever touched."""

T = TypeVar("T")
Error = tuple[str, str, str]
"""What came instead of evidence ("unavailable", "not_applicable", "error"), the reason, what would unlock it."""


# --- writing ------------------------------------------------------------------------------------------------


class Recorder:
    """Appends to a run folder, a line at a time; memory holds one number per exchange."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._offsets: dict[str, int] = {}
        self._operations: dict[str, Operation] = {}
        with _clearly(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _clear(folder)
            self._exchanges = _Lines(folder / EXCHANGES)
            self._evidence = _Lines(folder / EVIDENCE)

    def exchange(self, exchange: Exchange) -> None:
        """Append one redacted exchange. Raises `AuditorError` when the disk refuses."""
        line = _line({"id": exchange.id, **_members(exchange)})
        with _clearly(self.folder):
            self._offsets[exchange.id] = self._exchanges.append(line)
        if exchange.operation is not None:
            self._operations[exchange.operation.label] = exchange.operation

    def evidence(self, *, recipe: str, subject: str, value: object, error: Error | None) -> None:
        """Append what a recipe found out about a subject, or why it did not."""
        line = _line({"recipe": recipe, "subject": subject, "value": encode(value), "error": error})
        with _clearly(self.folder):
            self._evidence.append(line)

    def get(self, id: str) -> Exchange:
        """Read an exchange back. Raises `KeyError` for an id that was not recorded."""
        return _exchange(_line_at(self.folder / EXCHANGES, self._offsets[id]), self._operations)

    def close(self) -> None:
        self._exchanges.close()
        self._evidence.close()


class _Lines:
    """A file that only ever holds whole lines, as far as that is in our hands."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self._end = 0

    def append(self, line: bytes) -> int:
        """Write and return the line's offset; a line that does not fit is taken back."""
        start = self._end
        try:
            self._write(line)
        except OSError:
            self._take_back(start)
            raise
        self._end = start + len(line)
        return start

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]

    def _take_back(self, start: int) -> None:
        try:
            self._file.truncate(start)
            self._file.seek(start)
        except OSError:  # readers leave an unfinished last line out, so nothing more must follow it
            self._file.close()

    def close(self) -> None:
        self._file.close()


@contextmanager
def _clearly(folder: Path) -> Iterator[None]:
    """Turn what the operating system says into what the user can act on."""
    try:
        yield
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise AuditorError(
            f"The run folder {folder} cannot be written: {said}.",
            "What was recorded so far can be read. Free some space or choose another folder with --output.",
        ) from error


def _clear(folder: Path) -> None:
    """Remove the last run; a folder that only looks like one of our files stays, and stops us when it is opened."""
    for pattern in OWNED:
        for path in folder.glob(pattern):
            if path.is_symlink() or path.is_file():
                path.unlink()


def _line(value: Json) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


# --- reading ------------------------------------------------------------------------------------------------


class Exchanges(Mapping[str, Exchange]):
    """The recorded exchanges by id, each read when it is asked for."""

    def __init__(self, folder: Path, operations: Mapping[str, Operation]) -> None:
        self.operations = operations
        self._path = folder / EXCHANGES
        self._offsets = dict(_offsets(self._path))

    def __getitem__(self, id: str) -> Exchange:
        return _exchange(_line_at(self._path, self._offsets[id]), self.operations)

    def __iter__(self) -> Iterator[str]:
        return iter(self._offsets)

    def __len__(self) -> int:
        return len(self._offsets)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line of evidence: its value, or why there is none."""

    recipe: str
    subject: str
    value: Any
    error: Error | None


def read_exchanges(folder: Path, operations: Mapping[str, Operation]) -> Exchanges:
    """Open the recorded exchanges; operations that `operations` lacks become bare ones of the same label."""
    return Exchanges(folder, operations)


def read_evidence(folder: Path, kinds: Mapping[str, Any], exchanges: Mapping[str, Exchange]) -> Iterator[Recorded]:
    """Read evidence as the type its recipe returns (`Recipe.evidence_type`).

    What can no longer be read (a recipe that is not loaded, an exchange that is missing) is `unavailable`.
    """
    operations = exchanges.operations if isinstance(exchanges, Exchanges) else {}
    for line in _whole_lines(folder / EVIDENCE):
        data = _parsed(line)
        if isinstance(data, dict) and "recipe" in data:
            yield _recorded(data, kinds, Context(exchanges, operations))


def _recorded(data: Mapping[str, Json], kinds: Mapping[str, Any], context: Context) -> Recorded:
    recipe, subject = str(data["recipe"]), str(data["subject"])
    if data["error"] is not None:
        kind, reason, unlock = data["error"]
        return Recorded(recipe, subject, None, (kind, reason, unlock))
    if recipe not in kinds:
        return Recorded(recipe, subject, None, ("unavailable", f"no recipe {recipe} is loaded", ""))
    try:
        return Recorded(recipe, subject, context.decoded(data["value"], kinds[recipe]), None)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        reason = f"the recorded evidence cannot be read ({type(error).__name__}: {error})"
        return Recorded(recipe, subject, None, ("unavailable", reason, "Run the audit again."))


def _exchange(line: bytes, operations: Mapping[str, Operation]) -> Exchange:
    try:
        return cast("Exchange", Context({}, operations).dataclass(json.loads(line), Exchange))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise AuditorError(f"A recorded exchange cannot be read: {error}.", "Run the audit again.") from error


def _offsets(path: Path) -> Iterator[tuple[str, int]]:
    at = 0
    for line in _whole_lines(path):
        if line.startswith(b'{"id":"') and (id := _leading_text(line[6:600])):
            yield id, at
        at += len(line)


def _leading_text(data: bytes) -> str:
    try:
        return str(json.JSONDecoder().raw_decode(data.decode("utf-8", "replace"))[0])
    except ValueError:
        return ""


def _whole_lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        yield from (line for line in file if line.endswith(b"\n"))


def _line_at(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.readline()


def _parsed(line: bytes) -> Json:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


# --- values as data -----------------------------------------------------------------------------------------


def encode(value: object) -> Json:
    """Return `value` as JSON: exchanges by id, operations by label, dataclasses by member.

    Credentials are never written. Bytes are text where they are UTF-8, else base64.
    """
    if value is None or isinstance(value, Credential):
        return None
    if isinstance(value, Exchange):
        return {"$exchange": value.id}
    if isinstance(value, Operation):
        return value.label
    if is_dataclass(value):
        return _members(value)
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


def _members(value: object) -> dict[str, Json]:
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
    return Context(exchanges or {}, operations or {}).decoded(data, kind)


@dataclass(frozen=True, slots=True)
class Context:
    """What references in recorded data point to."""

    exchanges: Mapping[str, Exchange]
    operations: Mapping[str, Operation]

    def decoded(self, data: Json, kind: Any) -> Any:
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
        return self.dataclass(data, kind)

    def _operation(self, label: str) -> Operation:
        method, _, path = label.partition(" ")
        return self.operations.get(label) or Operation(method=method, path=path)

    def dataclass(self, data: Mapping[str, Json], kind: Any) -> Any:
        """Build a dataclass, also a generic one; members that a newer version added take their defaults."""
        hints = _hints(kind)
        return (get_origin(kind) or kind)(
            **{name: self.decoded(one, hints[name]) for name, one in data.items() if name in hints}
        )

    def _one_of(self, data: Json, kinds: tuple[Any, ...]) -> Any:
        if data is None and types.NoneType in kinds:
            return None
        fitting = [kind for kind in kinds if kind is not types.NoneType and _fits(data, kind)]
        return self.decoded(data, fitting[0] if fitting else kinds[0])

    def _container(self, data: Json, origin: Any, arguments: tuple[Any, ...]) -> Any:
        if origin is typing.Literal:
            return data
        if isinstance(data, dict):
            return self._mapping(data, arguments or (Any, Any))
        if origin is tuple and arguments[1:] != (Ellipsis,):
            return tuple(self.decoded(one, kind) for one, kind in zip(data, arguments, strict=True))
        items = (self.decoded(one, arguments[0] if arguments else Any) for one in data)
        if origin in (set, frozenset, AbstractSet):
            return set(items) if origin is set else frozenset(items)
        return list(items) if origin is list else tuple(items)

    def _mapping(self, data: Mapping[str, Json], kinds: tuple[Any, ...]) -> dict[Any, Any]:
        key, value = kinds
        pairs = data["$pairs"] if data.keys() == {"$pairs"} else data.items()
        return {self.decoded(name, key): self.decoded(one, value) for name, one in pairs}


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
    pairs = data["$pairs"] if data.keys() == {"$pairs"} else data.items()
    return {_json(name): _json(one) for name, one in pairs}


def _fits(data: Json, kind: Any) -> bool:
    """Say whether `data` may be a `kind`; by shape only, which tells the members of real unions apart."""
    origin = get_origin(kind) or kind
    if is_dataclass(origin):
        return _fits_dataclass(data, origin)
    if isinstance(origin, type) and issubclass(origin, Enum):
        return data in {member.value for member in origin} if not isinstance(data, (dict, list)) else False
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
    if kind is Exchange or data.keys() == {"$exchange"}:
        return kind is Exchange and data.keys() == {"$exchange"}
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
