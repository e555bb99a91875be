"""The kinds of values that a configuration holds: durations, rates, severities, addresses, hidden texts."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, TypeAlias, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from auditor.model import Severity

T = TypeVar("T")

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PER_SECOND = {"s": 1.0, "m": 1 / 60, "h": 1 / 3600}


def seconds(text: str) -> float:
    """Read a duration: "500ms", "30s", "15m", "1h", "1h30m". Raises `ValueError`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    total = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or total <= 0:
        raise ValueError("expected a duration such as 30s, 15m or 1h")
    return total


def per_second(text: str) -> float:
    """Read a rate: "40/s", "600/m", "5000/h", in requests per second. Raises `ValueError`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)/(s|m|h)", text)
    if match is None or float(match[1]) <= 0:
        raise ValueError("expected a rate such as 40/s or 600/m")
    return float(match[1]) * _PER_SECOND[match[2]]


def severity(text: str) -> Severity:
    """Read a severity by its label. Raises `ValueError`."""
    labels = {one.label: one for one in Severity}
    if text not in labels:
        raise ValueError("expected one of: " + ", ".join(reversed(labels)))
    return labels[text]


def parse_place(text: str) -> str:
    """Read a place in a request: "path/id", "query/page", "body/items/0/sku". Raises like a validator."""
    if re.fullmatch(r"(path|query|header|cookie|body)/.+", text) is None:
        raise wrong("expected a place such as path/id, query/page, header/X-Tenant or body/items/0/sku")
    return text


def wrong(
    expected: str, *, at: tuple[str | int, ...] = (), hide: bool = False, unknown: bool = False
) -> PydanticCustomError:
    """Build an error that `config` can place: `at` leads from the model to the key, `hide` keeps the value unsaid."""
    kind = "extra_forbidden" if unknown else "auditor"
    return PydanticCustomError(kind, "{expected}", {"expected": expected, "at": at, "hide": hide or bool(at)})


def _text(value: object, expected: str) -> str:
    if not isinstance(value, str):
        raise wrong(expected)
    return value


def _parse_seconds(value: object) -> float:
    return seconds(_text(value, "expected a duration with its unit, such as 30s, 15m or 1h"))


def _parse_rate(value: object) -> float:
    return per_second(_text(value, "expected a rate with its unit, such as 40/s or 600/m"))


def _parse_severity(value: object) -> Severity:
    return value if isinstance(value, Severity) else severity(_text(value, "expected a severity"))


def _parse_day(value: object) -> date:
    """YAML and TOML read 2027-03-01 as a date; quoted, or from the environment, it is a text."""
    expected = "expected a day such as 2027-03-01"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(_text(value, expected))
    except ValueError:
        raise wrong(expected) from None


def at_least_a_second(value: float) -> float:
    """Load is measured second by second."""
    if value < 1:
        raise wrong("expected at least 1s")
    return value


def _parse_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise wrong("expected an address such as https://staging.example.com")
    if parts.username or parts.password:
        raise wrong("credentials do not belong in an address: put them under identities", hide=True)
    if parts.query or parts.fragment:
        raise wrong("expected an address without query and fragment", hide=True)
    return value.rstrip("/")


def _parse_token_url(value: str) -> str:
    if value.startswith("/") and not value.startswith("//"):
        return value
    return _parse_url(value)


def parse_document(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme in {"http", "https"} and (parts.username or parts.password):
        raise wrong("credentials do not belong in an address: put them under identities", hide=True)
    return value


def _one_line(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not value.strip():
        raise wrong("expected a value, got an empty one", hide=True)
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise wrong("expected one line without control characters (a trailing line break, perhaps)", hide=True)
    return secret


def _few(values: object) -> object:
    """YAML and TOML know lists only; the models keep tuples."""
    return tuple(values) if isinstance(values, list) else values


Many: TypeAlias = Annotated[tuple[T, ...], BeforeValidator(_few)]
Words: TypeAlias = Many[Annotated[str, StringConstraints(min_length=1)]]
Seconds: TypeAlias = Annotated[
    float, BeforeValidator(_parse_seconds), WithJsonSchema({"type": "string", "examples": ["30s", "15m"]})
]
Rate: TypeAlias = Annotated[
    float, BeforeValidator(_parse_rate), WithJsonSchema({"type": "string", "examples": ["40/s", "600/m"]})
]
Grade: TypeAlias = Annotated[
    Severity,
    BeforeValidator(_parse_severity),
    PlainSerializer(lambda value: value.label, return_type=str),
    WithJsonSchema({"enum": [one.label for one in reversed(Severity)]}),
]
Day: TypeAlias = Annotated[
    date, BeforeValidator(_parse_day), WithJsonSchema({"type": "string", "format": "date", "examples": ["2027-03-01"]})
]
Url: TypeAlias = Annotated[str, AfterValidator(_parse_url)]
TokenUrl: TypeAlias = Annotated[str, AfterValidator(_parse_token_url)]
OperationLabel: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]+ /\S*$")]
Pointer: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(/[^/]+)+$")]
Hidden: TypeAlias = Annotated[SecretStr, AfterValidator(_one_line)]
Told: TypeAlias = Annotated[str, StringConstraints(pattern=r"\S")]
Positive: TypeAlias = Annotated[int, Field(ge=1)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
