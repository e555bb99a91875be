"""Where the configuration is found, what it says before it is judged, and on which line it says so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from auditor.errors import ConfigError
from auditor.model import Json

# The C loader where libyaml is there: six times faster, the same language.
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NAMES = ("auditor.yaml", "auditor.yml", "pyproject.toml")

Place: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root: ("gates", 0, "max")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configuration as read: plain values with `${…}` filled in. Values may be secret, so never in `repr`."""

    path: Path
    values: Json = field(repr=False)
    lines: Mapping[Place, int]
    variables: Mapping[Place, tuple[str, ...]]
    """Environment variables that went into a value, by its place."""

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest place above it that is written down."""
        for end in range(len(place), 0, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return 1

    def at(self, place: Place) -> str:
        return f"{self.path.name}:{self.line(place)}"

    def variables_at(self, place: Place) -> tuple[str, ...]:
        """Name the variables that went into the value, or into any value below it."""
        inside = (names for one, names in self.variables.items() if one[: len(place)] == place)
        return tuple(dict.fromkeys(name for names in inside for name in names))


def shown_place(place: Place) -> str:
    """Write a place as people do: gates[0].max."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


# --- finding ------------------------------------------------------------------------------------------------


def find(path: Path | None, *, cwd: Path, environ: Mapping[str, str]) -> Path | None:
    """Locate the configuration: `path` > AUDITOR_CONFIG > the nearest one up to the repository's root > None.

    Outside a repository only `cwd` is looked at: a file of somebody else's in /tmp is not ours to obey.
    Raises `ConfigError` where a named file is missing, or two lie in one folder.
    """
    named = path or (Path(environ["AUDITOR_CONFIG"]) if environ.get("AUDITOR_CONFIG") else None)
    if named is None:
        return next((found for folder in _folders(cwd) if (found := _in(folder)) is not None), None)
    located = cwd / named
    if not located.is_file():
        origin = "--config" if path else "AUDITOR_CONFIG"
        raise ConfigError(f"there is no configuration file {located}", f"{origin} names it: correct the path")
    return located


def _folders(cwd: Path) -> tuple[Path, ...]:
    upwards = (cwd, *cwd.parents)
    root = next((index for index, folder in enumerate(upwards) if (folder / ".git").exists()), 0)
    return upwards[: root + 1]


def _in(folder: Path) -> Path | None:
    present = [folder / name for name in NAMES if _is_ours(folder / name)]
    if len(present) > 1:
        names = " and ".join(path.name for path in present)
        raise ConfigError(f"two configurations in {folder}: {names}", "keep one, or choose one with --config")
    return present[0] if present else None


def _is_ours(path: Path) -> bool:
    if path.suffix != ".toml":
        return path.is_file()
    return path.is_file() and re.search(r"^\s*\[+\s*tool\.auditor\b", _text(path), re.MULTILINE) is not None


# --- reading ------------------------------------------------------------------------------------------------


def read(path: Path, *, environ: Mapping[str, str], only: Collection[str] = ()) -> Source:
    """Parse the file and fill in the environment. Raises `ConfigError`; its message never quotes a value.

    With `only`, other keys of the root are left out, so that their variables need not be set.
    """
    text = _text(path)
    values, lines = _toml(path, text) if path.suffix == ".toml" else _yaml(path, text)
    if only and isinstance(values, dict):
        values = {key: value for key, value in values.items() if key in only}
    variables: dict[Place, tuple[str, ...]] = {}
    raw = Source(path=path, values=values, lines=lines, variables=variables)
    filled = _filled(values, (), raw, environ, variables)
    return Source(path=path, values=filled, lines=lines, variables=variables)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path} cannot be read: {reason}", "name another file with --config") from None


def _toml(path: Path, text: str) -> tuple[Json, Mapping[Place, int]]:
    try:
        values = tomllib.loads(text).get("tool", {}).get("auditor", {})
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise ConfigError(f"{path.name}:{line[1] if line else 1}: this is not TOML", "correct the file") from None
    return values, dict(_toml_lines(text))


def _toml_lines(text: str) -> Iterator[tuple[Place, int]]:
    """Tables and the plain keys in them; `tomllib` keeps no marks, and the nearest line above is good enough."""
    table: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+([^\]]+)\]+", line)
        key = re.match(r"\s*(\"[^\"]*\"|[\w-]+)\s*=", line)
        if header:
            table = tuple(part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", header[1]))
            yield table[2:], number
        elif key and table[:2] == ("tool", "auditor"):
            yield (*table[2:], key[1].strip('"')), number


def _yaml(path: Path, text: str) -> tuple[Json, Mapping[Place, int]]:
    try:
        node = yaml.compose(text, Loader=Loader)
        lines = dict(_yaml_lines(node, (), path)) if node is not None else {}
        return yaml.load(text, Loader=Loader), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = _without_quotes(getattr(error, "problem", None) or "")
        line = mark.line + 1 if mark else 1
        message = f"{path.name}:{line}: this is not YAML: {problem}"
    except (ValueError, RecursionError):
        message = f"{path.name}:1: a value cannot be read (a date that does not exist, an alias inside itself)"
    raise ConfigError(message, "correct the file; quote a text that holds : # * & ! or @")


def _without_quotes(problem: str) -> str:
    """Cut what the parser quotes from the file: it may be a password."""
    return re.sub(r"'[^'<]{2,}'", "…", problem)


def _yaml_lines(node: yaml.Node, place: Place, path: Path) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _yaml_lines(item, (*place, index), path)
    if isinstance(node, yaml.MappingNode):
        yield from _mapping_lines(node, place, path)


def _mapping_lines(node: yaml.MappingNode, place: Place, path: Path) -> Iterator[tuple[Place, int]]:
    seen: set[str] = set()
    for key, value in node.value:
        where = f"{path.name}:{key.start_mark.line + 1}"
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        if key.tag != "tag:yaml.org,2002:str":
            raise ConfigError(f"{where}: a key must be a text", "quote it: YAML reads on, off, yes, no and 1 otherwise")
        if key.value in seen:
            raise ConfigError(f"{where}: this key is there twice in {shown_place(place) or 'the file'}", "keep one")
        seen.add(key.value)
        yield from _yaml_lines(value, (*place, key.value), path)
        yield (*place, key.value), key.start_mark.line + 1


# --- the environment ----------------------------------------------------------------------------------------

_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_]\w*)(?P<default>:-[^}]*)?\}|(?P<broken>\{))", re.ASCII
)


def _filled(
    value: Json, place: Place, source: Source, environ: Mapping[str, str], variables: dict[Place, tuple[str, ...]]
) -> Json:
    """Fill in `${NAME}`, `${NAME:-default}` and `$$`: in texts only and after parsing, so that nothing injects YAML."""
    if isinstance(value, dict):
        return {key: _filled(one, (*place, key), source, environ, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, (*place, index), source, environ, variables) for index, one in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value
    names = tuple(match["name"] for match in _REFERENCE.finditer(value) if match["name"])
    if names:
        variables[place] = names
    return _REFERENCE.sub(lambda match: _replacement(match, place, source, environ), value)


def _replacement(match: re.Match[str], place: Place, source: Source, environ: Mapping[str, str]) -> str:
    where = f"{source.at(place)}: {shown_place(place)}"
    if match["broken"]:
        raise ConfigError(f"{where}: ${{ opens no variable", "write ${NAME}, ${NAME:-default}, or $$ for a dollar sign")
    if match["dollar"]:
        return "$"
    name, default = match["name"], match["default"]
    if default is not None:
        return environ.get(name) or default[2:]
    if name not in environ:
        hint = f"set it, or give a default: ${{{name}:-…}}"
        raise ConfigError(f"{where}: the environment variable {name} is not set", hint)
    return environ[name]
