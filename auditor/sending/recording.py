"""The run folder: exchanges and evidence as lines of JSON, written as they happen and read back as the same words.

A line is complete or it is not there: what a crash or a full disk cut off is left out by every reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from auditor.errors import AuditorError
from auditor.model import Exchange, Json, Operation
from auditor.sending.encoding import Decoder, decode, encode, members

__all__ = [
    "EVIDENCE",
    "EXCHANGES",
    "Error",
    "Exchanges",
    "Recorded",
    "Recorder",
    "decode",
    "encode",
    "read_evidence",
    "read_exchanges",
]

EXCHANGES = "exchanges.ndjson"
EVIDENCE = "evidence.ndjson"
OWNED = ("run.json", EXCHANGES, EVIDENCE, "report.*")
"""The files of a run folder that belong to us; no other is ever touched."""

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
        line = _line({"id": exchange.id, **members(exchange)})
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

    What can no longer be read (a recipe that is not loaded, an exchange that is missing) is `unavailable`. What was
    asked again, because the world had been broken, counts as it came the last time.
    """
    operations = exchanges.operations if isinstance(exchanges, Exchanges) else {}
    decoder = Decoder(exchanges, operations)
    last = {_place(data): number for number, data in _evidence(folder)}
    for number, data in _evidence(folder):
        if last[_place(data)] == number:
            yield _recorded(data, kinds, decoder)


def _evidence(folder: Path) -> Iterator[tuple[int, Mapping[str, Json]]]:
    for number, line in enumerate(_whole_lines(folder / EVIDENCE)):
        data = _parsed(line)
        if isinstance(data, dict) and "recipe" in data:
            yield number, data


def _place(data: Mapping[str, Json]) -> tuple[str, str]:
    return str(data["recipe"]), str(data["subject"])


def _recorded(data: Mapping[str, Json], kinds: Mapping[str, Any], decoder: Decoder) -> Recorded:
    recipe, subject = str(data["recipe"]), str(data["subject"])
    if data["error"] is not None:
        kind, reason, unlock = data["error"]
        return Recorded(recipe, subject, None, (kind, reason, unlock))
    if recipe not in kinds:
        return Recorded(recipe, subject, None, ("unavailable", f"no recipe {recipe} is loaded", ""))
    try:
        return Recorded(recipe, subject, decoder.value(data["value"], kinds[recipe]), None)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        reason = f"the recorded evidence cannot be read ({type(error).__name__}: {error})"
        return Recorded(recipe, subject, None, ("unavailable", reason, "Run the audit again."))


def _exchange(line: bytes, operations: Mapping[str, Operation]) -> Exchange:
    try:
        return cast("Exchange", Decoder({}, operations).instance(json.loads(line), Exchange))
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
