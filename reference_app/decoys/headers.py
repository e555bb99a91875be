"""Decoys of the security headers."""

from __future__ import annotations

from reference_app.core.middleware.context import HSTS
from reference_app.parts import Parts
from reference_app.switches import decoy


@decoy("headers.frame-csp", 1, story="X-Frame-Options: DENY alone, on JSON.")
def frame_options_alone(parts: Parts) -> None:
    parts.headers.pop("Content-Security-Policy", None)


@decoy("headers.hsts", 1, story="HSTS without includeSubDomains.")
def one_host(parts: Parts) -> None:
    parts.headers[HSTS] = "max-age=63072000"


@decoy("headers.server-disclosure", 1, story="`Server: uvicorn` names no version.")
def bare_server(parts: Parts) -> None:
    parts.headers["Server"] = "uvicorn"


@decoy("headers.server-disclosure", 2, story="`Via: 1.1 proxy` is a protocol version.")
def via_proxy(parts: Parts) -> None:
    parts.headers["Via"] = "1.1 proxy"
