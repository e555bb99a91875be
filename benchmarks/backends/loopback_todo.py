"""LoopBack's own example of a to-do list. It asks nobody who he is."""

from __future__ import annotations

from benchmarks.backends.recipe import Backend, Credentials, Npm, Process, Site


def start(site: Site) -> Process:
    (site.data / "data").mkdir()
    return Process(
        command=("node", site.module("@loopback/example-todo/dist/index.js")),
        environment={"HOST": "127.0.0.1", "PORT": str(site.port)},
    )


def users(_: Site) -> Credentials:
    return Credentials(identities={}, secrets={}, headers={})


LOOPBACK_TODO = Backend(
    name="LoopBack to-do",
    version="6.0.0",
    framework="LoopBack",
    language="TypeScript",
    stores="a file",
    asks_for="nothing",
    packages=Npm(("@loopback/example-todo@6.0.0",), before="2026-11-01"),
    document="/openapi.json",
    start=start,
    users=users,
    ready="/openapi.json",
)
