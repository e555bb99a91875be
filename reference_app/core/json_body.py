"""Reads a JSON body strictly: what RFC 8259 does not allow never reaches a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from reference_app.core.errors import ApiError, malformed

JsonReader = Callable[[bytes], object]

LARGEST_INTEGER = 2**63 - 1
DEEPEST = 64


def read_json(body: bytes) -> object:
    """The document in `body`; raises a 400 for anything that is not plain, portable JSON."""
    try:
        text = body.decode("utf-8")
        document: object = json.loads(
            text,
            parse_constant=refuse_constant,
            parse_int=bounded_integer,
            parse_float=finite_float,
            object_pairs_hook=without_duplicates,
        )
    except UnicodeDecodeError:
        raise malformed("the body is not UTF-8") from None
    except RecursionError:
        raise malformed("the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise malformed(f"the body is not JSON (character {error.pos})") from None
    refuse_hostile_text(document)
    return document


def refuse_constant(_: str) -> NoReturn:
    raise malformed("NaN and Infinity are not JSON")


def bounded_integer(digits: str) -> int:
    # int() refuses more than 4300 digits with an error of its own, and slowly grows before that.
    if len(digits) > 20 or abs(int(digits)) > LARGEST_INTEGER:
        raise malformed("an integer is beyond 64 bits")
    return int(digits)


def finite_float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise malformed("a number is too large")
    return number


def without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise malformed("a key appears twice")
    return found


def refuse_hostile_text(document: object) -> None:
    """NUL and half surrogates are JSON that no database stores; depth is walked, not recursed."""
    level = [document]
    for _ in range(DEEPEST):
        for value in level:
            if isinstance(value, str):
                refuse_hostile_string(value)
        level = [child for value in level for child in children(value)]
        if not level:
            return
    raise malformed("the body is nested too deeply")


def children(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def refuse_hostile_string(value: str) -> None:
    if "\x00" in value:
        raise malformed("a string holds a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise malformed("a string holds half a surrogate pair")


class JsonRequest(Request):
    """A request whose body was already read."""

    document: object = None

    async def json(self) -> object:
        return self.document


def json_route(read: JsonReader) -> type[APIRoute]:
    """A route class that reads bodies with `read`, and refuses other media types with 415."""

    class JsonRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()
            if self.body_field is None:
                return handle

            async def handle_json(request: Request) -> Response:
                refuse_other_media(request)
                parsed = JsonRequest(request.scope, request.receive)
                parsed.document = read(await parsed.body())
                return await handle(parsed)

            return handle_json

    return JsonRoute


def refuse_other_media(request: Request) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "application/json" or (media.startswith("application/") and media.endswith("+json")):
        return
    raise ApiError(415, "unsupported_media_type", "send application/json")
