"""Signal K server: a boat's data hub; its resources API stores waypoints, routes, regions, notes and charts."""

from __future__ import annotations

import json

from benchmarks.backends.recipe import Backend, Credentials, Npm, Process, Site, call, must

PASSWORDS = {"alice": "alice-of-the-benchmark", "bob": "bob-of-the-benchmark"}


def prepare(site: Site) -> None:
    """Plugins are looked for beside the settings; the one that stores resources is on by default."""
    folder = site.data / "conf"
    folder.mkdir()
    (folder / "node_modules").symlink_to(site.environment / "node_modules")
    (folder / "settings.json").write_text(
        json.dumps({"interfaces": {}, "mdns": False, "security": {"strategy": "./tokensecurity"}})
    )


def start(site: Site) -> Process:
    return Process(
        command=("node", site.module("signalk-server/bin/signalk-server"), "--securityenabled"),
        environment={"SIGNALK_NODE_CONFIG_DIR": str(site.data / "conf"), "EXTERNALPORT": str(site.port)},
        listening=site.port,
    )


def users(site: Site) -> Credentials:
    """The first administrator is made without credentials, the second user by him."""
    first, second = PASSWORDS
    must(call("POST", f"{site.address}/skServer/enableSecurity", account(first)))
    token = sign_in(site, first)
    mine = {"Authorization": f"Bearer {token}"}
    must(call("POST", f"{site.address}/skServer/security/users/{second}", account(second), mine))
    return Credentials.bearer({first: token, second: sign_in(site, second)})


def account(name: str) -> dict[str, str]:
    return {"userId": name, "type": "admin", "password": PASSWORDS[name]}


def sign_in(site: Site, name: str) -> str:
    answered = must(
        call("POST", f"{site.address}/signalk/v1/auth/login", {"username": name, "password": PASSWORDS[name]})
    )
    token: str = answered.json()["token"]
    return token


SIGNALK = Backend(
    name="Signal K",
    version="2.23.0",
    framework="Express",
    language="JavaScript",
    stores="files",
    asks_for="JWT",
    packages=Npm(("signalk-server@2.23.0",), before="2026-09-15"),
    document="/skServer/openapi/resources",
    mounted_at="/signalk/v2/api",
    prepare=prepare,
    start=start,
    users=users,
    ready="/signalk",
)
