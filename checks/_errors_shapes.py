"""What an error answer is made of: its shape, its code, its message, the field it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.model import NOT_JSON, Exchange, Json, Location, Response

CODES = ("code", "error_code", "errorCode", "error_type", "type", "name", "key", "reason_code")
MESSAGES = ("message", "msg", "detail", "title", "description", "error_description", "reason", "error_message")
TEXTS_OF_SERVERS = ("invalid http request received", "disallowed cors")
FRONT_SERVERS = (
    "nginx",
    "cloudflare",
    "awselb",
    "cloudfront",
    "envoy",
    "apache",
    "varnish",
    "caddy",
    "traefik",
    "openresty",
)
ANSWERED_BELOW = frozenset({408, 414, 431, 505})
"""Refusals that an HTTP server makes before the application is asked."""
MACHINERY = frozenset({"health", "healthz", "livez", "readyz", "ready", "live", "status", "metrics", "prometheus"})
VALIDATION_KINDS = frozenset(
    {
        "omitted", "null", "wrong-type", "below-minimum", "above-maximum", "too-short", "too-long", "not-in-enum",
        "pattern", "format-email", "format-date", "format-date-time", "format-uuid", "format-uri", "too-few-items",
        "too-many-items", "not-a-multiple",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The little that is kept of an error answer."""

    status: int
    media: str
    shape: str = ""
    """Its normalised form ("problem", "{error: {…}}"); "" when it is no JSON object."""
    keys: tuple[str, ...] = ()
    code: bool = False
    message: bool = False
    said_status: int | None = None
    """The status member of a problem document."""
    validation: bool = False
    """It refuses one value that we broke on purpose."""
    names_field: bool = False
    gateway: bool = False
    """Somebody in front of the API said it."""

    @property
    def structured(self) -> bool:
        return bool(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    name: str
    code: bool
    message: bool


def refusal(seen: Exchange) -> Refusal | None:
    """Keep the facts of an error answer; None for everything else, and for what no client reads as an error."""
    if seen.response.status < 400 or seen.request.method == "HEAD" or _preflight(seen) or _machinery(seen):
        return None
    body = seen.response.json()
    found = shape_of(body, seen.response.media_type)
    return Refusal(
        status=seen.response.status,
        media=seen.response.media_type,
        shape=found.name if found else "",
        keys=tuple(sorted(str(key)[:40] for key in body))[:12] if isinstance(body, dict) else (),
        code=found is not None and found.code,
        message=found is not None and found.message,
        said_status=_said_status(body, found),
        validation=_is_validation(seen),
        names_field=_names_field(seen),
        gateway=found is None and _in_front(seen.response),
    )


def shape_of(body: Json, media_type: str = "") -> Shape | None:
    """Name the shape of an error body; None when it has no structure."""
    if body is NOT_JSON or (not body and body != {}):
        return None
    if isinstance(body, list):
        return _listed("[…]", body)
    if not isinstance(body, dict):
        return None
    if _is_problem(body, media_type):
        return Shape(name="problem", code=True, message=_says(body, ("title", "detail")))
    return _enclosed(body) or _flat(body) or _by_field(body)


def _is_problem(body: Mapping[str, Json], media_type: str) -> bool:
    """RFC 9457 by media type, or by its members under a plain JSON type."""
    return media_type == "application/problem+json" or {"type", "title", "status"} <= body.keys()


def _enclosed(body: Mapping[str, Json]) -> Shape | None:
    """{error: {…}}, {errors: […]}, {detail: […]} and {errors: {field: […]}}."""
    for key in ("error", "errors", "detail", "details", "message"):
        inner = body.get(key)
        if key == "message" and _lists_texts(inner):
            continue
        if isinstance(inner, dict) and inner and not (key in {"errors", "details"} and _titled(body, key)):
            own = _flat(inner) or _by_field(inner)
            return Shape(name=f"{{{key}: {{…}}}}", code=own.code or _says(body, CODES), message=own.message)
        if isinstance(inner, list) and inner and key != "details" and not _titled(body, key):
            return _listed(f"{{{key}: […]}}", inner)
    return None


def _titled(body: Mapping[str, Json], key: str) -> bool:
    """The list, or the object by field, only adds to a code or a message beside it."""
    others = {name: value for name, value in body.items() if name != key}
    return key != "message" and _says(others, MESSAGES)


def _listed(name: str, items: list[Json]) -> Shape:
    first = items[0]
    if not isinstance(first, dict):
        return Shape(name=name, code=False, message=isinstance(first, str))
    own = _flat(first) or Shape(name="", code=False, message=False)
    return Shape(name=name, code=own.code, message=own.message)


def _flat(body: Mapping[str, Json]) -> Shape | None:
    """{code, message} with aliases, {error: "code", message}, and texts alone."""
    word = body.get("error")
    worded = isinstance(word, str) and bool(word)
    message, code = _says(body, MESSAGES) or _lists_texts(body.get("message")), _says(body, CODES)
    if worded and message:
        return Shape(name='{error: "…", message}', code=True, message=True)
    if worded:
        return Shape(name='{error: "…"}', code=code, message=True)
    if message:
        told = next(key for key in MESSAGES if _says(body, (key,)) or _lists_texts(body.get(key)))
        return Shape(name=f"{{code, {told}}}" if code else f"{{{told}}}", code=code, message=True)
    return Shape(name="{code}", code=True, message=False) if code else None


def _lists_texts(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _by_field(body: Mapping[str, Json]) -> Shape:
    """{field: ["why"]}, as Django REST and Rails say it; anything else is a shape of its own without a message."""
    if body and all(_lists_texts(value) for value in body.values()):
        return Shape(name="{field: […]}", code=False, message=True)
    return Shape(name="{" + ", ".join(sorted(str(key)[:40] for key in body)[:6]) + "}", code=False, message=False)


def _says(body: Mapping[str, Json], names: tuple[str, ...]) -> bool:
    """A text, or a number; 0 is a code as well."""
    return any(_is_word(body.get(name)) for name in names)


def _is_word(value: Json) -> bool:
    return bool(value) if isinstance(value, str) else isinstance(value, int) and not isinstance(value, bool)


def _said_status(body: Json, found: Shape | None) -> int | None:
    if found is None or found.name != "problem" or not isinstance(body, dict):
        return None
    said = body.get("status")
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _is_validation(seen: Exchange) -> bool:
    mutation = seen.request.mutation
    if mutation is None or seen.response.status not in {400, 422}:
        return False
    return mutation.kind in VALIDATION_KINDS and mutation.location in {Location.BODY, Location.QUERY}


def _names_field(seen: Exchange) -> bool:
    """The answer says the name of the value that was broken."""
    mutation = seen.request.mutation
    parts = [part for part in mutation.pointer.split("/") if part and not part.isdigit()] if mutation else []
    return bool(parts) and parts[-1].lower() in seen.response.text.lower()


def _preflight(seen: Exchange) -> bool:
    return seen.request.method == "OPTIONS" and seen.request.header("access-control-request-method") is not None


def _machinery(seen: Exchange) -> bool:
    """Health and metrics speak to machines that read the status."""
    path = seen.operation.path if seen.operation else seen.request.path
    return any(part.lower() in MACHINERY for part in path.split("/"))


def _in_front(response: Response) -> bool:
    if response.status in ANSWERED_BELOW or response.header("via") is not None:
        return True
    text = response.text[:200].lower()
    server = (response.header("server") or "").lower()
    return any(name in server for name in FRONT_SERVERS) or any(text.startswith(one) for one in TEXTS_OF_SERVERS)
