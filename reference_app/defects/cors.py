"""Defects of cross-origin access."""

from __future__ import annotations

from starlette.middleware import Middleware

from reference_app.core.middleware.cors import Cors
from reference_app.parts import Parts
from reference_app.switches import defect


class AnyOrigin(Cors):
    """Tells every origin that it is the trusted one."""

    def granted(self, origin: str | None) -> dict[str, str]:
        if origin is None:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
        }


@defect(
    "cors.credentialed-reflection",
    story="`*` is refused together with credentials, so the origin is sent back instead.",
)
def credentialed_reflection(parts: Parts) -> None:
    parts.layers["cors"] = Middleware(AnyOrigin, origins=())
