"""changedetection.io: watches web pages, tells of changes."""

from __future__ import annotations

import json

from benchmarks.backends.recipe import Backend, Credentials, Exclusion, Pip, Process, Site

NO_PAGE = "it needs a page that was fetched, and no web site is reachable"


def start(site: Site) -> Process:
    return Process(
        command=(
            site.bin("changedetection.io"),
            "-C",
            *("-h", "127.0.0.1"),
            *("-p", str(site.port)),
            *("-d", str(site.data / "store")),
        ),
    )


def users(site: Site) -> Credentials:
    """The key that it made for itself at the first start."""
    stored = json.loads((site.data / "store" / "changedetection.json").read_text("utf-8"))
    key = stored["settings"]["application"]["api_access_token"]
    return Credentials(
        identities={"alice": {"api_key": {"header": "x-api-key", "value": "${ALICE}"}}},
        secrets={"ALICE": key},
        headers={"x-api-key": key},
    )


CHANGEDETECTION = Backend(
    name="changedetection.io",
    version="0.60.10",
    framework="Flask",
    language="Python",
    stores="files",
    asks_for="API key",
    packages=Pip("changedetection.txt"),
    document="/api/v1/full-spec",
    mounted_at="/api/v1",
    start=start,
    users=users,
    exclusions=(
        Exclusion("GET /watch/{uuid}/history/{timestamp}", 404, "Watch found but no history exists", NO_PAGE),
        Exclusion(
            "GET /watch/{uuid}/difference/{from_timestamp}/{to_timestamp}",
            404,
            "Watch found but no history exists",
            NO_PAGE,
        ),
        Exclusion("GET /watch/{uuid}/favicon", 404, "No Favicon available", NO_PAGE),
    ),
)
