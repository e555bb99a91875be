"""Decoys of what is given away."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, computed_field

from reference_app.parts import Parts
from reference_app.schemas.users import UserOut
from reference_app.switches import decoy


class UserWithPasswordFacts(UserOut):
    """An account, and what is known of its password without telling it."""

    has_password: Literal[True] = True
    password_changed_at: datetime = Field(validation_alias="created_at")


@decoy("data.sensitive-fields", 1, story="`has_password: true` and `password_changed_at`.")
def password_facts(parts: Parts) -> None:
    show(parts, UserWithPasswordFacts)


class UserWithMaskedSecret(UserOut):
    """An account that has a secret, which is shown nowhere."""

    api_secret: Literal["****"] = "****"


@decoy("data.sensitive-fields", 2, story="A secret that is masked: `****`.")
def masked_secret(parts: Parts) -> None:
    show(parts, UserWithMaskedSecret)


# The response models of the framework are untyped.
def show(parts: Parts, model: Any) -> None:
    for name in ("read_me", "change_me"):
        parts.change(name, response_model=model)


class RegisteredOut(UserOut):
    """A new account."""

    @computed_field
    def message(self) -> str:
        """What happens next."""
        return f"We wrote to {self.email}."


@decoy("data.password-canary", 1, story="Registering echoes the e-mail address, not the password.")
def echoed_email(parts: Parts) -> None:
    parts.change("register", response_model=RegisteredOut)
