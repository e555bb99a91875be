"""Health and metrics, outside the version: for machines that keep the application running."""

import secrets
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, SecretStr
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import PlainTextResponse

from reference_app.api.deps import Built, Client
from reference_app.api.documentation import refusals
from reference_app.core.errors import ApiError, unauthenticated

router = APIRouter(tags=["operations"])
LOOPBACK = frozenset({"127.0.0.1", "::1"})


class HealthOut(BaseModel):
    """All is well."""

    status: Literal["ok"] = "ok"


@router.get("/health/live", summary="Is the process alive?")
async def live() -> HealthOut:
    """Asks nobody."""
    return HealthOut()


@router.get("/health/ready", responses=refusals(503), summary="Can requests be served?")
async def ready(built: Built) -> HealthOut:
    """Asks the database."""
    try:
        async with built.database.session() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        raise ApiError(503, "not_ready", "a dependency is not ready", headers={"Retry-After": "1"}) from None
    return HealthOut()


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=refusals(401),
    summary="Measurements in the Prometheus text format",
)
async def read_metrics(request: Request, built: Built, client: Client) -> PlainTextResponse:
    """Open to the same machine; from elsewhere with the configured bearer token."""
    if not may_scrape(request, client, built.settings.metrics_token):
        raise unauthenticated("metrics need their token")
    return PlainTextResponse(built.metrics.text(), media_type="text/plain; version=0.0.4")


def may_scrape(request: Request, client: str, token: SecretStr | None) -> bool:
    if token is None:
        return client in LOOPBACK
    sent = request.headers.get("authorization", "").encode()
    return secrets.compare_digest(sent, f"Bearer {token.get_secret_value()}".encode())
