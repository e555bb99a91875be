"""One shape for every error, and the one place that renders it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Scope

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

# The library's words for these quote what was sent.
FIXED_MESSAGES = {"uuid_parsing": "Input should be a valid UUID"}
ExceptionHandler = Callable[[Request, Exception], Response]


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that was refused, and why; never what was sent."""

    field: str
    rule: str
    message: str


@dataclass(slots=True)
class ApiError(Exception):
    """A refusal that the caller is meant to read."""

    status: int
    code: str
    message: str
    details: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


Renderer = Callable[[ApiError, str], Response]
Explainer = Callable[[RequestValidationError], ApiError]


def unauthenticated(message: str = "sign in first") -> ApiError:
    """RFC 9110 §11.6.1: a 401 names the scheme that would help."""
    return ApiError(401, "unauthenticated", message, headers={"WWW-Authenticate": "Bearer"})


def second_factor_required() -> ApiError:
    """The password fits, and the account asks for more; nothing else tells this answer from any other 401."""
    message = "send the code of your authenticator as `code`"
    return ApiError(401, "second_factor_required", message, headers={"WWW-Authenticate": "Bearer"})


def second_factor_refused() -> ApiError:
    message = "the code is wrong, too old, or was used before"
    return ApiError(401, "second_factor_refused", message, headers={"WWW-Authenticate": "Bearer"})


def forbidden(message: str) -> ApiError:
    return ApiError(403, "forbidden", message)


def not_found(kind: str) -> ApiError:
    return ApiError(404, "not_found", f"there is no such {kind}")


def conflict(message: str) -> ApiError:
    return ApiError(409, "conflict", message)


def precondition_required() -> ApiError:
    """RFC 6585 §3: a change that does not say what it changes may undo somebody else's."""
    return ApiError(428, "precondition_required", "send the ETag of what you read in If-Match")


def precondition_failed() -> ApiError:
    """RFC 9110 §15.5.13."""
    return ApiError(412, "precondition_failed", "it was changed since it was read")


def malformed(message: str) -> ApiError:
    return ApiError(400, "malformed_body", message)


def invalid(field: str, rule: str, message: str) -> ApiError:
    fault = Fault(field, rule, message)
    return ApiError(422, "invalid_input", "the request is not valid", (fault,))


def too_many(message: str, *, retry_after_seconds: int) -> ApiError:
    retry = {"Retry-After": str(max(1, retry_after_seconds))}
    return ApiError(429, "too_many_requests", message, headers=retry)


def render(error: ApiError, request_id: str) -> Response:
    """The error as JSON: `{"error": {code, message, details?, id}}`."""
    body: dict[str, object] = {"code": error.code, "message": error.message, "id": request_id}
    if error.details:
        body["details"] = [fault_fields(fault) for fault in error.details]
    return JSONResponse({"error": body}, error.status, dict(error.headers))


def fault_fields(fault: Fault) -> dict[str, str]:
    return {"field": fault.field, "rule": fault.rule, "message": fault.message}


def respond(scope: Scope, error: ApiError) -> Response:
    """Render in the style of the application that serves this scope."""
    renderer: Renderer = scope["app"].state.parts.render
    return renderer(error, request_id_of(scope))


def request_id_of(scope: Scope) -> str:
    state: Mapping[str, str] = scope.get("state", {})
    return state.get("request_id", "")


def refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return respond(request.scope, error)


def refused_by_routing(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown paths, wrong methods, unreadable bodies."""
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(methods_at(request.scope))
    return respond(request.scope, ApiError(error.status_code, code, phrase, headers=headers))


def methods_at(scope: Scope) -> list[str]:
    """Every method that some route serves at this path; routing itself names those of one route."""
    routes: Sequence[BaseRoute] = scope["app"].routes
    found = {
        method
        for route in routes
        if route.matches(scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    }
    if "GET" in found:
        found.add("HEAD")
    return sorted(found)


def refused_by_validation(request: Request, error: Exception) -> Response:
    """The fields and the rules they broke; never the values, which may be secrets."""
    if not isinstance(error, RequestValidationError):
        raise error
    return respond(request.scope, request.app.state.parts.explain(error))


def validation_error(error: RequestValidationError) -> ApiError:
    faults = tuple(
        Fault(field_name(each["loc"]), str(each["type"]), safe_message(each)) for each in error.errors()[:50]
    )
    return ApiError(422, "invalid_input", "the request is not valid", faults)


def field_name(location: Sequence[int | str]) -> str:
    """`body.items.0.quantity`; a name that the caller invented is cut short."""
    return ".".join(str(part)[:64] for part in location)


def safe_message(fault: Mapping[str, object]) -> str:
    """Our own rules speak for themselves; the library's text may quote the input."""
    context = fault.get("ctx")
    if fault["type"] == "value_error" and isinstance(context, Mapping):
        return str(context.get("error", "is not valid"))
    return FIXED_MESSAGES.get(str(fault["type"]), str(fault["msg"]))


def refused_by_constraint(request: Request, _: Exception) -> Response:
    """A uniqueness or reference rule that the database kept for us under a race."""
    return respond(request.scope, conflict("the request conflicts with what is stored"))


def standard_handlers() -> dict[type[Exception], ExceptionHandler]:
    return {
        ApiError: refused,
        HTTPException: refused_by_routing,
        RequestValidationError: refused_by_validation,
        IntegrityError: refused_by_constraint,
    }
