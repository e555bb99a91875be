"""Decoys of error answers."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from reference_app.core.errors import (
    ApiError,
    fault_fields,
    not_found,
    refused_by_routing,
    respond,
)
from reference_app.parts import Document, Parts
from reference_app.schemas.common import ErrorBody, FaultOut
from reference_app.switches import decoy

PROBLEM = "application/problem+json"


class Problem(BaseModel):
    """A problem, as RFC 9457 words it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FaultOut] = Field(default_factory=list)


def render_problem(error: ApiError, request_id: str) -> Response:
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "request_id": request_id,
        "errors": [fault_fields(fault) for fault in error.details],
    }
    return JSONResponse(problem, error.status, dict(error.headers), media_type=PROBLEM)


@decoy(
    "errors.shape",
    1,
    story="problem+json everywhere.",
    excludes={"errors.shape": "Two shapes of everything cannot both be documented."},
)
def problem_json(parts: Parts) -> None:
    parts.render = render_problem
    for name, endpoint in parts.documented.items():
        responses = {
            status: {**said, "model": Problem} if said.get("model") is ErrorBody else said
            for status, said in endpoint.responses.items()
        }
        parts.change(name, responses=responses)
    parts.document_edits.append(as_problems)


def as_problems(document: Document) -> Document:
    """The framework documents every model as application/json."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "content" in answer:
                    answer["content"] = {PROBLEM: next(iter(answer["content"].values()))}
    return document


@decoy("errors.shape", 2, story="HEAD errors have no body, as ever.")
def bodiless_head(parts: Parts) -> None:
    del parts


@decoy("errors.no-internals", 1, story="An error whose code is TimeoutError.")
def named_timeout(parts: Parts) -> None:
    render = parts.render

    def render_named(error: ApiError, request_id: str) -> Response:
        named = replace(error, code="TimeoutError") if error.status == 404 else error
        return render(named, request_id)

    parts.render = render_named


@decoy("errors.no-internals", 2, story="A 404 echoes the path that was asked for.")
def echoed_path(parts: Parts) -> None:
    parts.handlers[HTTPException] = refused_with_path


def refused_with_path(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 404:
        lost = replace(not_found("route"), message=f"nothing is at {request.url.path[:200]}")
        return respond(request.scope, lost)
    return refused_by_routing(request, error)
