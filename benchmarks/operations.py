"""Which documented operation a request belongs to: the ruler of benchmarks/reach.py.

Knows nothing of the tools that are measured, and shares no code with them. Reads OpenAPI 3 and Swagger 2 documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Operation:
    label: str
    """`METHOD /path` as the document writes the path."""
    method: str
    pattern: re.Pattern[str]
    literal: int
    """Characters of the template outside its parameters: where two templates fit, the more literal one is meant."""
    redirects: frozenset[int]
    """The 3xx that the document lists as answers of this operation."""


class Operations:
    """The operations of one document, below the path where the API is mounted."""

    def __init__(self, document: Mapping[str, Any], mounted_at: str = "") -> None:
        self.all = tuple(sorted(operations(document, mounted_at.rstrip("/")), key=lambda one: -one.literal))

    def __len__(self) -> int:
        return len(self.all)

    def match(self, method: str, target: str) -> Operation | None:
        """Find the operation of a request line. A slash too many or too few at the end is forgiven."""
        path = path_of(target)
        for spelling in (path, path.rstrip("/"), path + "/"):
            for one in self.all:
                if one.method == method and one.pattern.fullmatch(spelling):
                    return one
        return None


def path_of(target: str) -> str:
    """The path of a request target in origin or absolute form."""
    if target.startswith("/"):
        return target.split("?", 1)[0].split("#", 1)[0]
    return urlsplit(target).path or "/"


def operations(document: Mapping[str, Any], mounted_at: str) -> Iterator[Operation]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                answers = item[method].get("responses", {})
                yield Operation(
                    label=f"{method.upper()} {path}",
                    method=method.upper(),
                    pattern=pattern(mounted_at + path),
                    literal=len(re.sub(r"\{[^}]*\}", "", path)),
                    redirects=frozenset(int(code) for code in map(str, answers) if re.fullmatch("3[0-9][0-9]", code)),
                )


def pattern(template: str) -> re.Pattern[str]:
    """Match what the template's parameters may stand for: anything of one segment, percent-encoded or not."""
    parts = re.split(r"\{[^}]*\}", template)
    return re.compile("[^/]+".join(map(re.escape, parts)))
