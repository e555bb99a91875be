"""Defects of injection: reading queries only, so that a probe can do no harm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError

from reference_app.core.errors import ApiError
from reference_app.models import Product
from reference_app.parts import Parts
from reference_app.repositories import ProductRepository
from reference_app.switches import defect, with_methods


@defect(
    "injection.sql-error",
    story="A lookup for the search statistics was pasted together, and its error is passed on.",
    also=("errors.no-internals",),
)
def sql_error(parts: Parts) -> None:
    products = parts.repositories.products

    async def matches_and_counts(self: ProductRepository, term: str) -> ColumnElement[bool]:
        await count_exact_matches(self, term)
        return await products.matches(self, term)

    parts.repositories.products = with_methods(products, matches=matches_and_counts)


async def count_exact_matches(products: ProductRepository, term: str) -> None:
    """Its result changes no answer, so that only its errors give it away."""
    try:
        await run(products, f"SELECT count(*) FROM products WHERE name = '{term}'")
    except DBAPIError as error:
        raise ApiError(400, "query_failed", str(error)) from error


@defect(
    "injection.sql-blind",
    story="The search is pasted into a LIKE, and a failing query is taken for no match.",
)
def sql_blind(parts: Parts) -> None:
    parts.repositories.products = with_methods(parts.repositories.products, matches=matches_by_string)


async def matches_by_string(products: ProductRepository, term: str) -> ColumnElement[bool]:
    try:
        rows = await run(products, f"SELECT id FROM products WHERE name LIKE '%{term}%'")
    except DBAPIError:
        return Product.id.in_([])
    return Product.id.in_([UUID(str(row[0])) for row in rows if is_id(row[0])])


# The rows of a raw statement are whatever it selects.
async def run(products: ProductRepository, statement: str) -> Sequence[Any]:
    """Past the driver's parameters; after a failure the transaction starts anew."""
    connection = await products.session.connection()
    try:
        return (await connection.exec_driver_sql(statement)).fetchall()
    except DBAPIError:
        await products.session.rollback()
        raise


def is_id(value: object) -> bool:
    """A UNION may smuggle in anything; a row that is no product's id is no product."""
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
