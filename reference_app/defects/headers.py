"""Defects of the security headers."""

from __future__ import annotations

from reference_app.core.middleware.context import HSTS
from reference_app.parts import Parts
from reference_app.switches import defect


@defect("headers.nosniff", story="The list of headers was copied from a project without it.")
def nosniff(parts: Parts) -> None:
    parts.headers.pop("X-Content-Type-Options", None)


@defect("headers.frame-csp", story="A policy is for pages, the author thought, and this is an API.")
def frame_csp(parts: Parts) -> None:
    parts.headers.pop("Content-Security-Policy", None)
    parts.headers.pop("X-Frame-Options", None)


@defect("headers.hsts", story="TLS ends at the proxy, and each side left the header to the other.")
def hsts(parts: Parts) -> None:
    parts.headers.pop(HSTS, None)


@defect("headers.server-disclosure", story="The framework's banner is on unless it is disabled.")
def server_disclosure(parts: Parts) -> None:
    parts.headers["X-Powered-By"] = "Express"
