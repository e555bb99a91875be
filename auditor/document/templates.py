"""Path templates and concrete paths."""

from __future__ import annotations

import re
from urllib.parse import unquote


def anonymised(path: str) -> str:
    """Empty the parameters' names: `/users/{id}` and `/users/{user_id}` are one place."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def path_values(template: str, path: str) -> dict[str, str]:
    """Read path parameters back from a concrete path, {} when it does not fit the template."""
    template, path = template.rstrip("/"), path.rstrip("/")  # servers answer both spellings, some by a redirect
    names = re.findall(r"\{([^}]+)\}", template)
    pattern = "([^/]+)".join(re.escape(part) for part in re.split(r"\{[^}]+\}", template))
    match = re.fullmatch(pattern, path)
    return dict(zip(names, map(unquote, match.groups()), strict=True)) if match else {}
