"""Directus: a content system over a database of one's own; users, roles, files, flows, comments."""

from __future__ import annotations

import subprocess

from benchmarks.backends.recipe import Backend, Credentials, Npm, Process, Site, call, must, surroundings

PASSWORDS = {"alice": "alice-of-the-benchmark", "bob": "bob-of-the-benchmark"}
"""alice is the administrator that the server is made with; bob gets her role."""


def settings(site: Site) -> dict[str, str]:
    return {
        "HOST": "127.0.0.1",
        "PORT": str(site.port),
        "PUBLIC_URL": site.address,
        "SECRET": "a-secret-of-the-benchmark-0123456789",
        "DB_CLIENT": "sqlite3",
        "DB_FILENAME": str(site.data / "data.db"),
        "STORAGE_LOCAL_ROOT": str(site.data / "uploads"),
        "EXTENSIONS_PATH": str(site.data / "extensions"),
        "ADMIN_EMAIL": "alice@example.com",
        "ADMIN_PASSWORD": PASSWORDS["alice"],
        "ACCESS_TOKEN_TTL": "10h",
        "TELEMETRY": "false",
    }


def prepare(site: Site) -> None:
    command = ["node", site.module("directus/cli.js"), "bootstrap"]
    environment = surroundings(site, settings(site))
    subprocess.run(command, env=environment, cwd=site.data, capture_output=True, check=True)


def start(site: Site) -> Process:
    return Process(command=("node", site.module("directus/cli.js"), "start"), environment=settings(site))


def users(site: Site) -> Credentials:
    alice = sign_in(site, "alice")
    mine = {"Authorization": f"Bearer {alice}"}
    role = must(call("GET", f"{site.address}/users/me", headers=mine)).json()["data"]["role"]
    bob = {"email": "bob@example.com", "password": PASSWORDS["bob"], "role": role, "first_name": "Bob"}
    must(call("POST", f"{site.address}/users", bob, mine))
    return Credentials.bearer({"alice": alice, "bob": sign_in(site, "bob")})


def sign_in(site: Site, name: str) -> str:
    wanted = {"email": f"{name}@example.com", "password": PASSWORDS[name]}
    token: str = must(call("POST", f"{site.address}/auth/login", wanted)).json()["data"]["access_token"]
    return token


DIRECTUS = Backend(
    name="Directus",
    version="12.4.0",
    framework="Express",
    language="TypeScript",
    stores="SQLite",
    asks_for="JWT",
    packages=Npm(("directus@12.4.0",), before="2026-11-01"),
    document="/server/specs/oas",
    prepare=prepare,
    start=start,
    users=users,
    ready="/server/ping",
)
