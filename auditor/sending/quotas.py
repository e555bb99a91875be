"""Reads what a server declares about its rate limit, in every dialect met in the field.

RFC 6585 (429), RFC 9110 §10.2.3 (Retry-After), the IETF draft `RateLimit`/`RateLimit-Policy` in its structured
(≥ 08), combined (07) and split (03–06) forms, and the legacy `X-RateLimit-*` whose reset is a delta or an epoch.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from auditor.model import Response

EPOCH_FROM = 1_000_000_000
MILLISECONDS_FROM = 100_000_000_000
NUMBER = r"\d{1,15}(?:\.\d{1,15})?"
"""A number of 400 digits is no number of requests or seconds: it would overflow, so it is malformed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A declared limit. `limit` and `remaining` count requests, `reset_seconds` from now on."""

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


def quota(response: Response) -> Quota | None:
    """Return the tightest declared quota, None when the answer declares none. Malformed fields are ignored."""
    found = [one for one in (_combined(response), _split(response, ""), _split(response, "x-")) if one]
    return min(found, key=_tightness) if found else None


def retry_after(response: Response, *, now: float | None = None) -> float | None:
    """Return the seconds that `Retry-After` asks to wait, from a number or a date."""
    value = response.header("retry-after")
    if value is None:
        return None
    number = _number(value)
    if number is not None:
        return max(0.0, number)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - (time.time() if now is None else now))
    except (TypeError, ValueError, OverflowError):
        return None


def _tightness(one: Quota) -> float:
    return one.remaining if one.remaining is not None else float("inf")


def _combined(response: Response) -> Quota | None:
    policies = _policies(response.header("ratelimit-policy") or "")
    states = (
        [_items(part) for part in (response.header("ratelimit") or "").split(",")]
        if response.header("ratelimit")
        else []
    )
    merged = _merged(states)
    remaining = _first(merged, ("r", "remaining"))
    if remaining is None and not (merged and policies):
        return None
    return Quota(
        limit=_int(_first(merged, ("limit",))) or (min(policies) if policies else None),
        remaining=_int(remaining),
        reset_seconds=_delta(_first(merged, ("t", "reset"))),
    )


def _merged(states: Iterable[dict[str, float]]) -> dict[str, float]:
    """One policy per item (draft ≥ 08: the tightest counts), or one item in several parts (draft 07)."""
    every = [state for state in states if state]
    full = [state for state in every if "r" in state]
    if full:
        return min(full, key=lambda state: state["r"])
    return {name: value for state in every for name, value in state.items()}


def _items(text: str) -> dict[str, float]:
    unnamed = re.sub(r'^\s*"[^"]*"', "", text.lower())
    pairs = re.findall(rf"\b([a-z]+)\s*=\s*\"?({NUMBER})(?![\d.])", unnamed)
    return {name: float(value) for name, value in pairs}


def _policies(text: str) -> list[int]:
    """Return the quotas of every policy: `"burst";q=100;w=60` or `20;w=4`."""
    found = []
    for part in text.split(","):
        asked = re.search(r";\s*q=(\d{1,15})(?!\d)", part) or re.match(r"\s*(\d{1,15})\s*(?:;|$)", part)
        if asked:
            found.append(int(asked[1]))
    return found


def _split(response: Response, prefix: str) -> Quota | None:
    names = (f"{prefix}ratelimit", "x-rate-limit") if prefix else ("ratelimit",)
    for name in names:
        limit, remaining, reset = (
            _number(response.header(f"{name}-{part}") or "") for part in ("limit", "remaining", "reset")
        )
        if limit is not None or remaining is not None:
            return Quota(limit=_int(limit), remaining=_int(remaining), reset_seconds=_delta(reset))
    return None


def _delta(reset: float | None) -> float | None:
    if reset is None or reset < EPOCH_FROM:
        return reset
    seconds = reset / 1000 if reset >= MILLISECONDS_FROM else reset
    return max(0.0, seconds - time.time())


def _first(values: dict[str, float], names: tuple[str, ...]) -> float | None:
    return next((values[name] for name in names if name in values), None)


def _number(text: str) -> float | None:
    match = re.match(rf"\s*({NUMBER})\s*(?:[,;]|$)", text)
    return float(match[1]) if match else None


def _int(value: float | None) -> int | None:
    return None if value is None else int(value)
