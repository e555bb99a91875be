"""Decoys of cross-origin access."""

from __future__ import annotations

from starlette.middleware import Middleware

from reference_app.core.middleware.cors import Cors
from reference_app.parts import Parts
from reference_app.switches import decoy


class Everybody(Cors):
    """Open to every origin, without credentials."""

    def granted(self, origin: str | None) -> dict[str, str]:
        return {"Access-Control-Allow-Origin": "*"} if origin is not None else {}


@decoy("cors.credentialed-reflection", 1, story="`*` on an API that takes bearer tokens only.")
def everybody(parts: Parts) -> None:
    parts.layers["cors"] = Middleware(Everybody, origins=())


@decoy("cors.credentialed-reflection", 2, story="A partner's origin is listed, with credentials.")
def partner(parts: Parts) -> None:
    origins = ("https://partner.example",)
    parts.layers["cors"] = Middleware(Cors, origins=origins, credentials=True)
