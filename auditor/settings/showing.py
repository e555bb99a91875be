"""`auditor config show`: every effective value and where it came from, nothing secret among them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from auditor.model import Json
from auditor.secrecy.redaction import Redactor
from auditor.settings import config as configuration
from auditor.settings import ordering
from auditor.settings.config import Config, LoadedConfig
from auditor.settings.config_source import Place, shown_place

Row: TypeAlias = tuple[str, str, str]
"""Key path, value and origin, as shown."""

DEFAULT = "default"
SECONDS = frozenset({"max_time", "duration"})
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s]*@")


def print_config(loaded: LoadedConfig) -> None:
    """Print the file's name and one row for each value; lines wrap where the terminal ends."""
    console = Console(highlight=False)
    console.print(Text(str(loaded.path) if loaded.path else "no auditor.yaml: all is default", style="bold"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("Key", "Value", "From"):
        table.add_column(heading, overflow="fold")
    for key, value, origin in rows(loaded):
        table.add_row(Text(key), Text(value), Text(origin, style="dim" if origin == DEFAULT else ""))
    console.print(table)


def rows(loaded: LoadedConfig) -> list[Row]:
    """Return every effective value; a default that depends on the profile or the target is spelled out."""
    redactor = Redactor()
    for name, kind, value in configuration.secrets(loaded.config):
        redactor.know(name, kind, value)
    return [
        (shown_place(place), redactor.text(_USER_IN_URL.sub("**********@", written(place, value))), origin)
        for place, value in leaves(effective(loaded.config))
        for origin in (origin_of(shown_place(place), loaded.sources),)
    ]


def effective(config: Config) -> dict[str, Json]:
    """Return the configuration as a run takes it, what was left out filled in, secrets masked."""
    values = configuration.shown(config)
    bounds = ordering.bounds(config, ordering.Options(), config.profile)
    limits = {
        "writes": "no: read_only" if config.safety.read_only else "only where the target is this machine",
        "throwaway": "no: what this run did not make is left alone",
        "max_requests": bounds.max_requests,
        "max_time": bounds.max_seconds,
        "rate": "no limit" if bounds.rate is None else bounds.rate,
        "concurrency": bounds.concurrency,
    }
    target = {"document": "looked for at the address", "base_url": "none: name the target when you run it"}
    values["target"] = {**target, **values["target"]}
    values["safety"] = {**limits, **values["safety"]}
    values.setdefault("load", "none is put on the target")
    values.setdefault("baseline", [])
    if not any(gate.findings is not None for gate in config.gates):
        values["gates"] = [*values["gates"], {"findings": "none that is new, of severity high or above"}]
    return values


def leaves(value: Json, place: Place = ()) -> Iterator[tuple[Place, Json]]:
    """Walk to every value that is shown in one piece: plain ones, lists of such, and what is empty."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from leaves(one, (*place, key))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for index, one in enumerate(value):
            yield from leaves(one, (*place, index))
    else:
        yield place, value


def written(place: Place, value: Json) -> str:
    """Write a value as people do, on one line and without control characters."""
    if value in ([], {}, ""):
        return "none"
    if isinstance(value, list):
        return ", ".join(written((), one) for one in value)
    if isinstance(value, float) and place[-1:] and place[-1] in SECONDS:
        return f"{value:g} s"
    if isinstance(value, float):
        return f"{value:g}/s" if place[-1:] == ("rate",) else f"{value:g}"
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def origin_of(key: str, sources: Mapping[str, str]) -> str:
    """Return where a value was written: its own place, or those inside it when it is masked as a whole."""
    own = [sources[key]] if key in sources else []
    inside = [origin for place, origin in sources.items() if place.startswith((f"{key}.", f"{key}["))]
    lines: dict[str, None] = {}
    variables: dict[str, None] = {}
    for origin in own or inside:
        line, _, named = origin.partition(" (")
        lines[line] = None
        variables.update(dict.fromkeys(named.removesuffix(")").split(", ") if named else ()))
    shown = ", ".join(lines) or DEFAULT
    return f"{shown} ({', '.join(variables)})" if variables else shown
