"""What the application is made of, before it is assembled.

`Parts` is the one thing that switches edit: each replaces a part, and the application is then put
together without knowing that anything was replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter, params
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from reference_app.api.documentation import EVERYWHERE, WITH_A_BODY, Responses, refusals
from reference_app.core.cache import Cache
from reference_app.core.errors import (
    ExceptionHandler,
    Explainer,
    Renderer,
    render,
    standard_handlers,
    validation_error,
)
from reference_app.core.json_body import JsonReader, read_json
from reference_app.core.metrics import Metrics
from reference_app.core.middleware import standard_layers
from reference_app.core.middleware.context import security_headers
from reference_app.core.security import FailureLimit, LoginGuard, Passwords, Tokens
from reference_app.core.settings import Settings
from reference_app.core.totp import Totp
from reference_app.db.database import Database
from reference_app.models import Product
from reference_app.repositories import Repositories

# An OpenAPI document is JSON of any shape; the types of the framework say so too.
Document = dict[str, Any]
DocumentEdit = Callable[[Document], Document]
Call = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation: how it is reached, what it does, what the document says of it."""

    name: str
    method: str
    path: str
    call: Call
    status: int = 200
    response_model: Any = None
    response_class: Any = None
    response_model_exclude: frozenset[str] = frozenset()
    response_model_exclude_unset: bool = False
    responses: dict[int | str, dict[str, Any]] = field(default_factory=dict)
    dependencies: tuple[params.Depends, ...] = ()
    tags: tuple[str, ...] = ()
    summary: str = ""
    openapi_extra: dict[str, Any] | None = None


def endpoints_of(router: APIRouter, *, prefix: str = "") -> list[Endpoint]:
    """The operations of a router as data."""
    return [
        Endpoint(
            name=route.name,
            method=method,
            path=prefix + route.path,
            call=route.endpoint,
            status=route.status_code or 200,
            response_model=route.response_model,
            response_class=route.response_class,
            response_model_exclude_unset=route.response_model_exclude_unset,
            responses=shared_refusals(route) | route.responses,
            dependencies=tuple(route.dependencies),
            tags=tuple(str(tag) for tag in route.tags),
            summary=route.summary or "",
            openapi_extra=route.openapi_extra,
        )
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


def shared_refusals(route: APIRoute) -> Responses:
    """What any operation may answer, and what any operation that takes a body may."""
    return refusals(*EVERYWHERE, *(() if route.body_field is None else WITH_A_BODY))


@dataclass(slots=True)
class Parts:
    """Everything that can be replaced.

    `endpoints` is what the application does, `documented` what its document promises, both by name;
    they differ only where a switch makes them.
    """

    settings: Settings
    database: Database
    endpoints: dict[str, Endpoint]
    documented: dict[str, Endpoint]
    headers: dict[str, str]
    layers: dict[str, Middleware]
    handlers: dict[type[Exception], ExceptionHandler]
    passwords: Passwords
    tokens: Tokens
    totp: Totp
    login_guard: LoginGuard
    shown: Cache[Product]
    metrics: Metrics = field(default_factory=Metrics)
    repositories: Repositories = field(default_factory=Repositories)
    overrides: dict[Call, Call] = field(default_factory=dict)
    read_json: JsonReader = read_json
    render: Renderer = render
    explain: Explainer = validation_error
    document_edits: list[DocumentEdit] = field(default_factory=list)

    def change(self, name: str, **changes: Any) -> None:
        """Change an operation, and the document with it."""
        self.endpoints[name] = replace(self.endpoints[name], **changes)
        self.documented[name] = replace(self.documented[name], **changes)

    def drift(self, name: str, **changes: Any) -> None:
        """Change what an operation does, while the document still says the old thing."""
        self.endpoints[name] = replace(self.endpoints[name], **changes)

    def put(self, name: str, endpoint: Endpoint) -> None:
        self.endpoints[name] = endpoint
        self.documented[name] = endpoint

    def add_router(self, router: APIRouter, *, prefix: str) -> None:
        for endpoint in endpoints_of(router, prefix=prefix):
            self.put(endpoint.name, endpoint)

    def drop(self, *names: str) -> None:
        for name in names:
            self.endpoints.pop(name, None)
            self.documented.pop(name, None)

    def require(self, name: str, dependency: Call) -> None:
        """Run `dependency` before everything else that the operation needs."""
        before = (params.Depends(dependency), *self.endpoints[name].dependencies)
        self.drift(name, dependencies=before)


def standard_parts(settings: Settings, database: Database, endpoints: Sequence[Endpoint]) -> Parts:
    """The parts of the sound application."""
    headers = security_headers()
    by_name = {endpoint.name: endpoint for endpoint in endpoints}
    return Parts(
        settings=settings,
        database=database,
        endpoints=by_name,
        documented=dict(by_name),
        headers=headers,
        layers=standard_layers(settings, headers),
        handlers=standard_handlers(),
        passwords=Passwords(settings),
        tokens=Tokens(settings),
        totp=Totp(settings),
        login_guard=FailureLimit(settings),
        shown=Cache(settings.cache_seconds),
    )
