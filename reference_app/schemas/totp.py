"""The second factor of an account."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field

from reference_app.schemas.fields import Password, TotpCode


class TotpStatus(StrEnum):
    """A pending one asks for nothing yet: it is on when a code has confirmed it."""

    OFF = "off"
    PENDING = "pending"
    ON = "on"


class TotpIn(BaseModel):
    """Nothing to begin, a code to confirm."""

    code: TotpCode | None = None


class TotpProofIn(BaseModel):
    """Who switches the second factor off; neither is needed while it is pending."""

    password: Password | None = None
    code: TotpCode | None = None


class TotpOut(BaseModel):
    """Whether the login asks for a code."""

    status: TotpStatus


class TotpEnrolmentOut(TotpOut):
    """A step of the enrolment."""

    otpauth_uri: str | None = Field(
        description="For the authenticator, secret included: in the answer that begins, and in no other.",
        examples=["otpauth://totp/Market:ann%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Market"],
    )
