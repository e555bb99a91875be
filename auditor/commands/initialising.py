"""`auditor init`: a first auditor.yaml from what the document says. Asks for the document and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from auditor.commands import suggesting
from auditor.course import runner
from auditor.document import discovery
from auditor.document.openapi import Description
from auditor.errors import UsageError
from auditor.model import Json
from auditor.sending.session import is_loopback
from auditor.settings import config_source, ordering
from auditor.settings.config import Config, LoadedConfig
from auditor.settings.order import Order
from auditor.settings.ordering import Options

USERS = ("alice", "bob")
SUPPRESSED_FOR = timedelta(days=90)
ANY_TOKEN: Mapping[str, Json] = {"bearer": "${TOKEN}"}
WIDTH = 96
"""Characters of a line, the mark of a comment not counted."""
MOST_TOLD = 4
"""Sentences about callers, so that the file stays one screen long."""
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """What a first configuration is written from."""

    description: Description
    base_url: str
    document: str = ""
    """Where the document is, when a run would not find it at the address."""
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        return bool(self.description.document.source)

    @property
    def local(self) -> bool:
        return is_loopback(urlsplit(self.base_url).hostname or "")


def init(options: Options, output: Path, *, today: date) -> str:
    """Write the file; returns what to tell. Raises `UsageError` before anything is sent where it must not be written.

    Raises `DocumentError` and `TargetUnreachable` as a run does.
    """
    require_free(output)
    nothing = LoadedConfig(config=Config(), path=None, sources={})
    order = ordering.order(options, nothing, curl=lambda _exchange, _base: "").order
    first = asyncio.run(look(order, output.resolve().parent))
    text = render(first, today=today)
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise UsageError(f"{output} cannot be written: {problem.strerror}", "name another file with -o") from problem
    return farewell(first, text, output)


def require_free(output: Path) -> None:
    """Raise `UsageError` where a file is there, or a run would find two configurations in one folder."""
    if output.exists() or output.is_symlink():
        raise UsageError(f"{output} is there already", "nothing was changed; name another file with -o, or remove it")
    if output.suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{output} is not called .yaml or .yml", "what is written is YAML: -o auditor.yaml")
    folder = output.resolve().parent
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", "make it first, or name another file with -o")
    other = config_source.find(None, cwd=folder, environ={})
    if output.name in config_source.NAMES and other is not None and other.parent == folder:
        raise UsageError(f"{other} configures this folder already", "keep one of them; -o writes another file")


async def look(order: Order, folder: Path) -> First:
    """Find and read the document as a run would; `folder` is where the configuration will lie."""
    description, base_url, notes = await runner.describe(order)
    place = document_place(description.document.source, base_url, folder)
    address = bare(base_url if place is not None else discovery.address(order.target))
    return First(description=description, base_url=address, document=place or "", notes=tuple(map(printable, notes)))


def bare(address: str) -> str:
    """Return an address without query and fragment, which `target.base_url` does not take."""
    return urlsplit(address)._replace(query="", fragment="").geturl().rstrip("/")


def document_place(source: str, base_url: str, folder: Path) -> str | None:
    """Return what `target.document` must say: "" when it is found at the address, a path from `folder` for a file.

    None: it is inside a docs page, and only looking at the address that was typed finds it again.
    """
    if source in {"", "standard input"}:
        return ""
    if not discovery.is_url(source):
        return Path(os.path.relpath(Path(source).resolve(), folder)).as_posix()
    if urlsplit(source).path.endswith(".js"):
        return None
    usual = {base + place for base in (base_url, discovery.root_of(base_url)) for place in discovery.USUAL_PLACES}
    return "" if source in usual else source


# --- the file -----------------------------------------------------------------------------------------------


def render(first: First, *, today: date) -> str:
    """Return the file: what was found out as values, what only the user can say as comments."""
    document = first.description.document
    title = plain(document.title) or "this API"
    lines = [f"# How auditor audits {title}. Every key: auditor config schema", "version: 1"]
    lines += [*target(first), "", *identities(first), "", *safety(first), ""]
    lines += ["# gates:                    # what fails a build; left out, a new finding of severity high"]
    lines += ["#   - {findings: {at_least: high}, max: 0}", "#   - {coverage: {min: 0.8}, level: warn}"]
    lines += ["# suppressions:             # what you live with, why, and until when"]
    lines += [f"#   - {{check: headers.hsts, reason: the proxy adds it, expires: {today + SUPPRESSED_FOR}}}"]
    return "\n".join(lines) + "\n"


def target(first: First) -> list[str]:
    lines = ["target:", f"  base_url: {quoted(first.base_url)}"]
    if first.document:
        return [*lines, f"  document: {quoted(first.document)}"]
    if not first.found or first.description.document.source == "standard input":
        return [*lines, "  # document: ./openapi.yaml   # none was found at the address: name a file or a URL"]
    return lines


def identities(first: First) -> list[str]:
    """Return what was found of callers, and two of them as the document wants them.

    As comments where the audit makes its own.
    """
    description = first.description
    told = [*wrapped(suggesting.found(description)), *wrapped(suggesting.missing(description, first.base_url))]
    way = suggesting.way_in(description, first.base_url)
    if not way:
        return [*told, "# Nothing says how callers sign in. If they do:", *commented(entries(ANY_TOKEN), "# ")]
    if first.local and suggesting.makes_users(description, first.base_url):
        return [
            *told,
            "# Users are registered by the audit. To bring your own instead:",
            *commented(entries(way), "# "),
        ]
    lines = ["# Two users who must not see each other's objects; the values come from the environment."]
    lines += entries(way)
    admin = json.dumps({"role": "admin", "bearer": "${ROOT_TOKEN}"}, ensure_ascii=False)
    return [*told, *lines, f"  # root: {admin}"] if "bearer" in way else [*told, *lines]


def wrapped(sentences: Iterable[str]) -> list[str]:
    """Write sentences as comments within the width of a screen."""
    lines: list[str] = []
    for one in islice(sentences, MOST_TOLD):
        lines += textwrap.wrap(
            printable(one),
            width=WIDTH,
            initial_indent="# ",
            subsequent_indent="# ",
            break_on_hyphens=False,
            max_lines=3,
            placeholder=" …",
        )
    return lines


def commented(lines: Sequence[str], mark: str) -> list[str]:
    return [mark + line for line in lines]


def entries(way: Mapping[str, Json]) -> list[str]:
    return ["identities:", *(line for user in USERS for line in entry(user, way))]


def entry(user: str, way: Mapping[str, Json]) -> list[str]:
    """Write one caller: YAML that is JSON inside, so that no name in the document can break out of its text."""
    own = VARIABLE.sub(lambda match: f"${{{user.upper()}_{match[1]}}}", json.dumps(way, ensure_ascii=True))
    values = json.loads(own)
    if not values.keys() & {"login", "oauth2"}:
        inside = ", ".join(f"{kind}: {json.dumps(value)}" for kind, value in values.items())
        return [f"  {user}: {{{inside}}}"]
    lines = [f"  {user}:"]
    for kind, value in values.items():
        inner = [line for key, one in value.items() for line in written(f"      {key}: ", one)]
        lines += [f"    {kind}:", *inner] if kind in {"login", "oauth2"} else [f"    {kind}: {json.dumps(value)}"]
    if "login" in values and "token" not in values["login"]:
        lines += ["      # token: /access_token   # where it is in the answer; left out, it is looked for"]
    return lines


def written(start: str, value: Json) -> list[str]:
    """Write a value as JSON after `start`; the members of an object on further lines where one is too short."""
    if not isinstance(value, dict):
        return [start + json.dumps(value)]
    members = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in value.items()]
    lines = [start + "{"]
    for index, member in enumerate(members):
        end = "}" if index == len(members) - 1 else ", "
        if len(lines[-1]) + len(member) + len(end) > WIDTH:
            lines.append(" " * (len(start) - len(start.lstrip()) + 2))
        lines[-1] += member + end
    return [line.rstrip() for line in lines] if members else [start + "{}"]


def safety(first: First) -> list[str]:
    writes = "true by itself on this machine" if first.local else "nothing is written elsewhere until you say so"
    return [
        "safety:",
        f"  # writes: true            # {writes}",
        f"  max_requests: {ordering.REQUESTS['standard']}",
        f"  max_time: {ordering.SECONDS['standard'] / 60:g}m",
        "  # rate: 40/s",
    ]


def quoted(text: str) -> str:
    """Write a text of the outside: one line of ASCII, `$` doubled so that no variable is looked for."""
    return json.dumps(text.replace("$", "$$"))


def plain(text: str) -> str:
    """Make a text of the document fit for a comment: one short printable line."""
    return printable(text)[:60]


def printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))


# --- what to do next ----------------------------------------------------------------------------------------


def farewell(first: First, text: str, output: Path) -> str:
    """Say what was found, and the commands that come next."""
    document = first.description.document
    found = (
        f"{len(document.operations)} operations in {printable(document.source)}" if first.found else "no document found"
    )
    wanted = variables(text)
    named = output.name not in config_source.NAMES or output.parent != Path()
    lines = [f"{output}: written ({found})", *(f"note: {note}" for note in first.notes if first.found), "next:"]
    lines += [f"  export {' '.join(f'{name}=…' for name in wanted)}"] if wanted else []
    lines += [f"  auditor config validate {output}" if named else "  auditor config validate"]
    lines += [f"  auditor run --config {output} --dry-run" if named else "  auditor run --dry-run"]
    return "\n".join(lines)


def variables(text: str) -> list[str]:
    """Name the variables that must be set: those outside comments."""
    live = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return list(dict.fromkeys(name for line in live for name in VARIABLE.findall(line)))
