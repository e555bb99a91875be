"""A marketplace API that keeps the standard, and breaks it one promise at a time on request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from reference_app.core.settings import Settings

__all__ = ["AREAS", "calibration_settings", "create_app"]

AREAS = (
    ("warehouses", "shelves", "stock"),
    ("shops", "promotions"),
    ("wallets", "transfers"),
    ("api-keys", "feed", "exports", "webhooks", "totp"),
)
"""Collections that no switch is about, by what belongs together."""


def create_app(
    settings: Settings | None = None,
    *,
    defects: Iterable[str] = (),
    decoys: Iterable[str] = (),
) -> FastAPI:
    """Build the application; `UnknownSwitch` (a ValueError) names the nearest switches."""
    from reference_app import app

    return app.create_app(settings, defects=defects, decoys=decoys)


def calibration_settings(**overrides: object) -> Settings:
    """Settings under which an audit takes seconds: short windows, cheap hashes, a known admin."""
    from reference_app.core import settings

    return settings.calibration_settings(**overrides)
