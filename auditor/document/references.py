"""Follows `$ref` lazily: inside the document and to files beside it, never to another host.

References in other files are rewritten, when the file is read, to be relative to the root document; so a node
means the same wherever it is used.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from auditor.document.parsing import parse
from auditor.errors import DocumentError
from auditor.model import Json, Schema

MAX_CHAIN = 30
MAX_FILES = 10_000


class BrokenReference(Exception):
    """A reference that leads nowhere we go; `str` of it completes "the reference ..."."""


class References:
    """The nodes that references of one document lead to, each found once."""

    def __init__(self, root: Json, folder: Path | None = None) -> None:
        self._root = root
        self._folder = folder.resolve() if folder is not None else None
        self._found: dict[str, Json] = {}
        self._files: dict[str, Json] = {}

    def at(self, ref: str) -> Json:
        """Return the node at `ref`. Raises `BrokenReference`."""
        if ref not in self._found:
            file, _, pointer = ref.partition("#")
            self._found[ref] = walk(self._file(file) if file else self._root, pointer, ref)
        return self._found[ref]

    def resolve(self, node: Json) -> Json:
        """Follow a node that is a reference to what it stands for. Raises `BrokenReference`."""
        for _ in range(MAX_CHAIN):
            ref = reference_of(node)
            if ref is None:
                return node
            node = self.at(ref)
        raise BrokenReference("leads in a circle")

    def mapping(self, node: Json) -> Schema:
        """Resolve a node that must be an object; {} for anything else. Raises `BrokenReference`."""
        resolved = self.resolve(node)
        return resolved if isinstance(resolved, dict) else {}

    def _file(self, name: str) -> Json:
        if name not in self._files:
            self._files[name] = self._read(name)
        return self._files[name]

    def _read(self, name: str) -> Json:
        if "://" in name or name.startswith(("//", "urn:")):
            raise BrokenReference(f"{shown(name)} leads to another place, which is not fetched")
        if self._folder is None:
            raise BrokenReference(f"{shown(name)} names another file, and the document was not read from a folder")
        if len(self._files) >= MAX_FILES:
            raise BrokenReference(f"{shown(name)} is one file too many (limit {MAX_FILES:,})")
        try:
            path = (self._folder / unquote(name)).resolve()
            if not path.is_relative_to(self._folder):  # after resolving, so that a symbolic link cannot leave either
                raise BrokenReference(f"{shown(name)} leads out of the document's folder")
            tree = parse(path.read_bytes(), source=name).tree
        except (OSError, ValueError) as problem:
            raise BrokenReference(f"{shown(name)} cannot be read: {type(problem).__name__}") from problem
        except DocumentError as problem:
            raise BrokenReference(f"{shown(name)} cannot be used: {problem.message}") from problem
        rebase(tree, name)
        return tree


def reference_of(node: Json) -> str | None:
    """Return the reference a node consists of; a property that is called `$ref` is none."""
    if isinstance(node, dict):
        ref = node.get("$ref")
        if isinstance(ref, str):
            return ref
    return None


def walk(root: Json, pointer: str, ref: str) -> Json:
    """Follow a URI fragment pointer (RFC 6901 §6). Raises `BrokenReference`."""
    node = root
    for token in pointer.split("/")[1:] if pointer.strip("/") else []:
        node = _step(node, token, ref)
    if pointer and not pointer.startswith("/"):
        raise BrokenReference(f"{shown(ref)} names an anchor, which is not supported")
    return node


def _step(node: Json, token: str, ref: str) -> Json:
    for key in (unescaped(unquote(token)), unescaped(token)):
        if isinstance(node, dict) and key in node:
            return node[key]
        if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            return node[int(key)]
    raise BrokenReference(f"{shown(ref)} points to nothing")


def rebase(tree: Json, file: str) -> None:
    """Rewrite the references of a freshly read file, in place, to be relative to the root document."""
    folder = posixpath.dirname(file)
    for node in nodes(tree):
        ref = node.get("$ref")
        if isinstance(ref, str):
            node["$ref"] = rebased(ref, file, folder)


def rebased(ref: str, file: str, folder: str) -> str:
    name, hash_, pointer = ref.partition("#")
    if not name:
        return f"{file}#{pointer}"
    if "://" in name:
        return ref
    return posixpath.normpath(posixpath.join(folder, name)) + hash_ + pointer


def nodes(tree: Json) -> Iterator[dict[str, Json]]:
    """Yield every object below and including `tree` once, shared ones (YAML aliases) too."""
    seen: set[int] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict | list) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        else:
            waiting.extend(node)


def unescaped(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


def shown(ref: str) -> str:
    return ref if len(ref) <= 100 else ref[:97] + "..."
