"""Arize Phoenix: traces, datasets, experiments and prompts of programs that use language models."""

from __future__ import annotations

from http.cookies import SimpleCookie

from benchmarks.backends.recipe import Backend, Credentials, Pip, Process, Site, call, free_port, must

PASSWORDS = {"alice": "alice-of-the-benchmark", "bob": "Bob-0f-the-benchmark"}
"""alice is the administrator that the server makes at its first start."""

ON_LOOPBACK = """
import grpc.aio, sys
from phoenix.server.main import main
everywhere = grpc.aio.Server.add_insecure_port
grpc.aio.Server.add_insecure_port = lambda self, address: everywhere(self, address.replace("[::]", "127.0.0.1"))
sys.argv = ["phoenix", "serve"]
main()
"""
"""Its own command listens for gRPC on every interface, and no setting changes that."""


def start(site: Site) -> Process:
    return Process(
        command=(site.bin("python"), "-c", ON_LOOPBACK),
        environment={
            "PHOENIX_WORKING_DIR": str(site.data),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(site.port),
            "PHOENIX_GRPC_PORT": str(free_port()),
            "PHOENIX_ENABLE_AUTH": "true",
            "PHOENIX_SECRET": "a-secret-of-the-benchmark-0123456789",
            "PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD": PASSWORDS["alice"],
            "PHOENIX_TELEMETRY_ENABLED": "false",
        },
    )


def users(site: Site) -> Credentials:
    """API keys, since a sign-in lasts ten minutes only."""
    emails = {"alice": "admin@localhost", "bob": "bob@example.com"}
    alice = api_key(site, emails["alice"], PASSWORDS["alice"])
    bob = {"email": emails["bob"], "username": "bob", "role": "MEMBER", "auth_method": "LOCAL"}
    wanted = {"user": {**bob, "password": PASSWORDS["bob"]}, "send_welcome_email": False}
    must(call("POST", f"{site.address}/v1/users", wanted, {"Authorization": f"Bearer {alice}"}))
    return Credentials.bearer({"alice": alice, "bob": api_key(site, emails["bob"], PASSWORDS["bob"])})


def api_key(site: Site, email: str, password: str) -> str:
    signed_in = must(call("POST", f"{site.address}/auth/login", {"email": email, "password": password}))
    cookies = SimpleCookie("; ".join(signed_in.all("set-cookie")))
    session = {"Authorization": f"Bearer {cookies['phoenix-access-token'].value}"}
    made = must(call("POST", f"{site.address}/v1/user/api_keys", {"data": {"name": "benchmark"}}, session))
    key: str = made.json()["data"]["key"]
    return key


PHOENIX = Backend(
    name="Phoenix",
    version="20.26.1",
    framework="FastAPI",
    language="Python",
    stores="SQLite",
    asks_for="API key",
    packages=Pip("phoenix.txt"),
    document="/openapi.json",
    start=start,
    users=users,
    ready="/healthz",
)
