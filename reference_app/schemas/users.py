"""Accounts and tokens."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from reference_app.models.user import Role
from reference_app.schemas.common import RowOut
from reference_app.schemas.fields import Email, NewPassword, Password, PersonName, TotpCode


class RegistrationIn(BaseModel):
    """A new account."""

    email: Email
    password: NewPassword
    full_name: PersonName | None = None


class LoginIn(BaseModel):
    """The credentials of an account; `code` where its second factor is on."""

    email: Email
    password: Password
    code: TotpCode | None = None


class RefreshIn(BaseModel):
    """A refresh token, good for one use."""

    refresh_token: str = Field(min_length=1, max_length=256, pattern="^[A-Za-z0-9_-]*$")


class TokensOut(BaseModel):
    """What a login gives."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = Field(default="bearer")
    expires_in: int = Field(description="Seconds until the access token ends.", examples=[900])


class UserOut(RowOut):
    """An account, as its owner and the admins see it."""

    email: str = Field(examples=["ann@example.com"])
    full_name: str | None = Field(examples=["Ann Example"])
    role: Role


class UserChange(BaseModel):
    """What a user may change about the own account."""

    full_name: PersonName | None = None
