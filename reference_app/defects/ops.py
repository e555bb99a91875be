"""Defects of operations."""

from __future__ import annotations

from dataclasses import replace

from reference_app.api import operations
from reference_app.api.operations import HealthOut
from reference_app.parts import Parts, endpoints_of
from reference_app.switches import defect


@defect("ops.health", story="The orchestrator only checks the port, so there is no health route.")
def health(parts: Parts) -> None:
    parts.drop("live", "ready")


class TalkativeHealth(HealthOut):
    """All is well, and how."""

    database: str


async def ready_with_address() -> TalkativeHealth:
    """Says which database it asked."""
    return TalkativeHealth(database="postgresql://market:Sp4rrow-hill@db.example.com:5432/market")


@defect(
    "ops.health~leak",
    story="Readiness shows the settings it runs with, the database's address among them.",
    also=("data.sensitive-fields",),
)
def health_leak(parts: Parts) -> None:
    sound = next(each for each in endpoints_of(operations.router) if each.name == "ready")
    parts.put("ready", replace(sound, call=ready_with_address, response_model=TalkativeHealth))
