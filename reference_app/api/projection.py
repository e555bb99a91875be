"""`?fields=name,price_cents`: which members of a product to answer. FastAPI reads these annotations."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator

from reference_app.models import Product
from reference_app.repositories.base import Page
from reference_app.schemas.projection import ProductField

Members = dict[str, object]


def split(sent: object) -> object:
    """The names of `a,b`, which the framework would take for one."""
    if not isinstance(sent, list):
        return sent
    return [name for each in sent for name in str(each).split(",")]


# The framework can only document lists that repeat the parameter.
Fields = Annotated[list[ProductField] | None, BeforeValidator(split), Query(include_in_schema=False)]
DOCUMENTED_FIELDS: dict[str, Any] = {
    "parameters": [
        {
            "name": "fields",
            "in": "query",
            "required": False,
            "description": "Only these members, and `id`; all of them where it is left out.",
            "style": "form",
            "explode": False,
            "schema": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "enum": [str(one) for one in ProductField]},
            },
            "example": [str(ProductField.NAME), str(ProductField.PRICE_CENTS)],
        }
    ]
}


def projected(product: Product, fields: Collection[ProductField] | None) -> Product | Members:
    """The whole product where nobody asked for less."""
    return product if fields is None else members(product, fields)


def projected_page(page: Page[Product], fields: Collection[ProductField] | None) -> Page[Product] | Members:
    """The same rows and the same cursor, each row with these members."""
    if fields is None:
        return page
    return {"items": [members(product, fields) for product in page.items], "next_cursor": page.next_cursor}


def members(product: Product, fields: Collection[ProductField]) -> Members:
    return {name: getattr(product, name) for name in {ProductField.ID, *fields}}
