"""`auditor init`: a first auditor.yaml from what the document says. Asks for the document and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from auditor import config_source, discovery, ordering, runner, sign_in
from auditor.config import Config, LoadedConfig
from auditor.credentials import ACCESS_KEYS
from auditor.errors import UsageError
from auditor.model import Field, Json, Location, Operation, SecurityScheme
from auditor.openapi import Description
from auditor.order import Order
from auditor.ordering import Options
from auditor.schemas import mapping
from auditor.session import is_loopback

USERS = ("alice", "bob")
SUPPRESSED_FOR = timedelta(days=90)
TOKEN_KINDS = frozenset({"bearer", "oauth2", "openid"})
OPERATION_LABEL = re.compile(r"[A-Z]+ /\S*")
POINTER = re.compile(r"(/[^/]+)+")
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
    """Return two callers as the document's security wants them; as comments where the audit makes its own."""
    way = way_in(first.description)
    if not way:
        return [
            "# Nothing says how callers sign in. If they do:",
            *commented(entries({"bearer": "${TOKEN}"}), "# "),
        ]
    found = recognised(first.description)
    registers = first.local and found.register is not None and found.login is not None
    if registers and found.register is not None:
        why = f"# Users are registered at {plain(found.register.label)}. To bring your own instead:"
        return [why, *commented(entries(way), "# ")]
    lines = ["# Two users who must not see each other's objects; the values come from the environment."]
    lines += entries(way)
    admin = json.dumps({"role": "admin", "bearer": "${ROOT_TOKEN}"}, ensure_ascii=False)
    return [*lines, f"  # root: {admin}"] if "bearer" in way else lines


def commented(lines: Sequence[str], mark: str) -> list[str]:
    return [mark + line for line in lines]


def entries(way: Mapping[str, Json]) -> list[str]:
    return ["identities:", *(line for user in USERS for line in entry(user, way))]


def entry(user: str, way: Mapping[str, Json]) -> list[str]:
    """Write one caller: YAML that is JSON inside, so that no name in the document can break out of its text."""
    own = VARIABLE.sub(lambda match: f"${{{user.upper()}_{match[1]}}}", json.dumps(way, ensure_ascii=True))
    (kind, value), *_ = json.loads(own).items()
    if kind != "login":
        return [f"  {user}: {{{kind}: {json.dumps(value)}}}"]
    lines = [f"  {user}:", "    login:", f"      operation: {json.dumps(value['operation'])}"]
    lines += [f"      body: {json.dumps(value['body'])}"]
    if "token" in value:
        return [*lines, f"      token: {json.dumps(value['token'])}"]
    return [*lines, "      # token: /access_token   # where it is in the answer; left out, it is looked for"]


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


# --- how to sign in -----------------------------------------------------------------------------------------


def recognised(description: Description) -> sign_in.SignIn:
    return sign_in.recognise(description.document.operations, description.fields)


def way_in(description: Description) -> dict[str, Json]:
    """Return an identity's way with variables such as `${TOKEN}`, the user's name to be put before; {} for none."""
    login = recognised(description).login
    body = login_body(description.fields(login)) if login is not None else {}
    if login is not None and body and OPERATION_LABEL.fullmatch(login.label):
        pointer = token_pointer(description, login)
        token: dict[str, Json] = {"token": pointer} if pointer else {}
        return {"login": {"operation": doubled(login.label), "body": body, **token}}
    schemes = used_schemes(description)
    return next((way for way in map(way_of, schemes) if way), {})


def used_schemes(description: Description) -> list[SecurityScheme]:
    """Return the schemes, those that most operations ask for first."""
    operations = description.document.operations
    asked = [name for one in operations for alternative in one.security for name in alternative]
    return sorted(description.document.schemes.values(), key=lambda one: -asked.count(one.name))


def way_of(scheme: SecurityScheme) -> dict[str, Json]:
    if scheme.kind in TOKEN_KINDS:
        return {"bearer": "${TOKEN}"}
    if scheme.kind == "basic":
        return {"basic": {"username": "${USERNAME}", "password": "${PASSWORD}"}}
    if scheme.kind == "api_key" and scheme.parameter and scheme.location is not None:
        if scheme.parameter.lower() == "authorization":
            return {"bearer": "${TOKEN}"}
        return {"api_key": {str(scheme.location): doubled(scheme.parameter), "value": "${KEY}"}}
    return {}


def login_body(fields: Sequence[Field]) -> dict[str, Json]:
    """Return the body of a login: one name, the password, what else is required; {} where one of them is missing."""
    members = [one for one in fields if one.location is Location.BODY and simple(one)]
    named = sorted((one for one in members if sign_in.is_username(one.name)), key=lambda one: not one.required)
    secret = [one for one in members if sign_in.is_password(one.name)]
    if not named or not secret:
        return {}
    rest = [one for one in members if one.required and one not in named and one not in secret]
    needed = [named[0], *(one for one in named[1:] if one.required), *secret[:1], *rest]
    body: dict[str, Json] = {}
    for one in needed:
        put(body, one.pointer, value_of(one, asked=one in named or one in secret))
    return body


def simple(field: Field) -> bool:
    """It is one value in objects of objects: no list, no whole."""
    parts = field.pointer.split("/")[1:]
    return bool(parts) and not any(part.isdigit() for part in parts) and field.type not in {"object", "array"}


def put(body: dict[str, Json], pointer: str, value: Json) -> None:
    *above, last = [doubled(part.replace("~1", "/").replace("~0", "~")) for part in pointer.split("/")[1:]]
    inner: dict[str, Json] = body
    for part in above:
        below = inner.setdefault(part, {})
        inner = below if isinstance(below, dict) else {}
    inner[last] = value


def value_of(field: Field, *, asked: bool) -> Json:
    """Return the variable of a caller's own value; of anything else what the document gives."""
    given = list(given_values(field.schema)) if not asked else []
    if given:
        return doubled(given[0]) if isinstance(given[0], str) else given[0]
    return f"${{{re.sub(r'[^A-Z0-9]+', '_', sign_in.snake(field.name).upper())}}}"


def given_values(schema: Mapping[str, Json]) -> Iterator[Json]:
    for key in ("const", "default", "example"):
        if isinstance(schema.get(key), str | int | float | bool):
            yield schema[key]
    enum = schema.get("enum")
    yield from (one for one in (enum if isinstance(enum, list) else ()) if isinstance(one, str | int | float | bool))


def token_pointer(description: Description, login: Operation) -> str:
    """Return the JSON pointer to the access token in the documented answer, "" where none is documented."""
    answer = next((found for status in (200, 201, 202) if (found := login.answer(status)) is not None), None)
    schema = mapping(next((one for media, one in answer.content.items() if "json" in media), {})) if answer else {}
    keys = ACCESS_KEYS
    members = [one for one in description.schemas.members(schema) if simple(one) and sign_in.snake(one.name) in keys]
    best = min(members, key=lambda one: (keys.index(sign_in.snake(one.name)), len(one.pointer)), default=None)
    return best.pointer if best is not None and POINTER.fullmatch(best.pointer) and "$" not in best.pointer else ""


def doubled(text: str) -> str:
    return text.replace("$", "$$")


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
