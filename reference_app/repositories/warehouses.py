"""Warehouses."""

from __future__ import annotations

from reference_app.models import Warehouse
from reference_app.repositories.base import Repository


class WarehouseRepository(Repository[Warehouse]):
    """Where shelves stand."""

    model = Warehouse
