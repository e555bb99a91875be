"""Where in a repository a finding belongs, and what the audited API is called by machines."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from auditor.model import Audit, Finding
from reports.words import one_line, slug

FALLBACK: Final = "auditor.yaml"
_NO_FILE: Final = ("", "standard input")
_ELSEWHERE: Final = re.compile(r"[A-Za-z]:|/|\.\.(?:/|$)|[A-Za-z][\w+.-]*://")


@dataclass(frozen=True, slots=True)
class Place:
    """A file, relative to the folder that was audited from, and a line from 1."""

    path: str
    line: int


def place(audit: Audit, finding: Finding) -> Place:
    """Return the operation in the document; line 1 of auditor.yaml where the document is not a file beside us."""
    path = _relative(audit.target.document.source)
    return Place(path, max(finding.document_line or 1, 1)) if path else Place(FALLBACK, 1)


def _relative(source: str) -> str:
    """Return the path in forward slashes; "" for URLs, other folders and what came through a pipe."""
    path = one_line(source).replace("\\", "/")
    if path in _NO_FILE or _ELSEWHERE.match(path):
        return ""
    path = posixpath.normpath(path)
    return "" if path == "." or _ELSEWHERE.match(path) else path


def name(audit: Audit) -> str:
    """Name the API the same on every run: host without port, and title."""
    host = urlsplit(audit.target.base_url).hostname or ""
    return "-".join(part for part in (slug(host), slug(audit.target.title)[:60]) if part) or "api"
