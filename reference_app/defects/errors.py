"""Defects of error answers."""

from __future__ import annotations

import traceback
from dataclasses import replace

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from reference_app.core.errors import ApiError, refused, refused_by_routing
from reference_app.parts import Endpoint, Parts
from reference_app.switches import defect


class FrameworkFault(BaseModel):
    """A refused field, as the framework words it."""

    loc: list[str]
    msg: str
    type: str


class FrameworkError(BaseModel):
    """An error, as the framework words it."""

    detail: str | list[FrameworkFault]


@defect(
    "errors.shape",
    story="Own exceptions have the house shape; 404 and 422 are left to the framework's defaults.",
)
def shape(parts: Parts) -> None:
    parts.handlers[ApiError] = refused_by_default
    parts.handlers[HTTPException] = unrouted_by_default
    parts.handlers[RequestValidationError] = invalid_by_default
    for name, endpoint in parts.documented.items():
        parts.change(name, responses=with_default_errors(endpoint))


def refused_by_default(request: Request, error: Exception) -> Response:
    if isinstance(error, ApiError) and error.status in (404, 422):
        return framework_answer(error)
    return refused(request, error)


def unrouted_by_default(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 404:
        return JSONResponse({"detail": "Not Found"}, 404)
    return refused_by_routing(request, error)


def invalid_by_default(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return framework_answer(request.app.state.parts.explain(error))


def framework_answer(error: ApiError) -> Response:
    faults = [{"loc": each.field.split("."), "msg": each.message, "type": each.rule} for each in error.details]
    return JSONResponse({"detail": faults or error.message}, error.status)


def with_default_errors(endpoint: Endpoint) -> dict[int | str, dict[str, object]]:
    return {
        status: {**said, "model": FrameworkError} if status in (404, 422) else said
        for status, said in endpoint.responses.items()
    }


@defect(
    "errors.no-internals",
    story="A debugging aid adds the stack to validation errors, and was never taken out.",
)
def no_internals(parts: Parts) -> None:
    explain = parts.explain

    def explain_with_stack(error: RequestValidationError) -> ApiError:
        refusal = explain(error)
        faults = [replace(each, message=f"{each.message}\n{stack_of(error)}") for each in refusal.details]
        return replace(refusal, details=faults)

    parts.explain = explain_with_stack


def stack_of(error: Exception) -> str:
    """The frames and the kind of the error, without its text, which would quote the input."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    kind = type(error)
    return f"Traceback (most recent call last):\n{frames}{kind.__module__}.{kind.__name__}"
