"""Shapes that every resource shares: errors, pages, rows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class FaultOut(BaseModel):
    """One refused field."""

    field: str = Field(examples=["body.price_cents"])
    rule: str = Field(examples=["less_than_equal"])
    message: str = Field(examples=["Input should be less than or equal to 10000000"])


class ErrorOut(BaseModel):
    """What went wrong, for programs (`code`), people (`message`) and support (`id`)."""

    code: str = Field(examples=["invalid_input"])
    message: str = Field(examples=["the request is not valid"])
    details: list[FaultOut] = Field(default_factory=list)
    id: str = Field(examples=["8d5e957f297893487bd98fa830fa6413"])


class ErrorBody(BaseModel):
    """The body of every error."""

    error: ErrorOut


class RowOut(BaseModel):
    """What every stored thing says about itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    updated_at: datetime


NextCursor = Annotated[
    str | None,
    Field(
        description="Send it as `cursor` to read on; null on the last page.",
        examples=["000000000000002a"],
    ),
]


class PageOut(BaseModel, Generic[Item]):
    """A page, newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[Item]
    next_cursor: NextCursor
