"""Defects of what is given away."""

from __future__ import annotations

import json
from dataclasses import replace

from fastapi.exceptions import RequestValidationError
from pydantic import create_model

from reference_app.core.errors import ApiError
from reference_app.parts import Parts
from reference_app.switches import defect


@defect(
    "data.sensitive-fields",
    story="The output model was generated from the table, with every column it has.",
)
def sensitive_fields(parts: Parts) -> None:
    for name in ("read_me", "change_me", "register"):
        shown = parts.endpoints[name].response_model
        every = create_model(shown.__name__, __base__=shown, hashed_password=(str, ...))
        parts.change(name, response_model=every)


@defect(
    "data.password-canary",
    story="To help front-end developers, a validation error quotes the request it refused.",
)
def password_canary(parts: Parts) -> None:
    explain = parts.explain

    def quote(error: RequestValidationError) -> ApiError:
        refusal = explain(error)
        quoted = f"; the request was {json.dumps(error.body, default=str)}"
        faults = [replace(each, message=each.message + quoted) for each in refusal.details]
        return replace(refusal, details=faults)

    parts.explain = quote
