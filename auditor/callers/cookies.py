"""What a server asks a client to keep (RFC 6265), as far as signing in needs it: names, values, how long, for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import inf

from auditor.model import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One cookie as it was set. `seconds` is how long it is kept: infinite for as long as the client runs."""

    name: str
    value: str = field(repr=False)
    path: str = "/"
    http_only: bool = False
    """Scripts of a page cannot read it, so a page cannot send its value in another place."""
    seconds: float = inf

    @property
    def removed(self) -> bool:
        """It was set to be forgotten."""
        return not self.value or self.seconds <= 0


def set_by(response: Response) -> tuple[Cookie, ...]:
    """Read the cookies that an answer sets, in its order."""
    now = moment(response.header("date") or "") or datetime.now(UTC)
    read = (_read(header, now) for header in response.header_values("set-cookie"))
    return tuple(one for one in read if one is not None)


def kept(jar: Mapping[str, Cookie], fresh: Iterable[Cookie]) -> dict[str, Cookie]:
    """Return what a client has after an answer set these: replaced, added, forgotten."""
    merged = {**jar, **{one.name: one for one in fresh}}
    return {name: one for name, one in merged.items() if not one.removed}


def moment(text: str) -> datetime | None:
    """Read a date of HTTP (RFC 9110 §5.6.7); None for anything else."""
    try:
        found = parsedate_to_datetime(text.replace("-", " "))
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _read(header: str, now: datetime) -> Cookie | None:
    pair, _, rest = header.partition(";")
    name, equals, value = pair.partition("=")
    if not equals or not name.strip():
        return None
    attributes = {key.strip().lower(): text.strip() for key, _, text in (one.partition("=") for one in rest.split(";"))}
    return Cookie(
        name=name.strip(),
        value=value.strip(),
        path=attributes.get("path") or "/",
        http_only="httponly" in attributes,
        seconds=_seconds(attributes, now),
    )


def _seconds(attributes: Mapping[str, str], now: datetime) -> float:
    """`Max-Age` counts before `Expires` (RFC 6265 §5.3)."""
    age = attributes.get("max-age", "")
    if age.removeprefix("-").isdecimal():
        return float(age[:12])
    expires = moment(attributes.get("expires", ""))
    return inf if expires is None else (expires - now).total_seconds()
