"""Keys for programs, and sessions for browsers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from reference_app.schemas.common import RowOut
from reference_app.schemas.fields import KeyName


class ApiKeyIn(BaseModel):
    """A key to issue."""

    name: KeyName


class ApiKeyOut(RowOut):
    """A key, without the key."""

    name: str = Field(examples=["nightly export"])
    last_used_at: datetime | None


class IssuedKeyOut(ApiKeyOut):
    """A fresh key: the only answer that ever holds it."""

    key: str


class SessionOut(BaseModel):
    """A browser's session; the session itself is in a cookie that no script can read."""

    user_id: UUID
    csrf_token: str = Field(description="Send it as `X-CSRF-Token` with everything that writes.")
