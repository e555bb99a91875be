"""Arize Phoenix: traces, datasets, experiments and prompts of programs that use language models."""

from __future__ import annotations

from http.cookies import SimpleCookie

from benchmarks.backends.recipe import Backend, Credentials, Exclusion, Pip, Process, Site, call, free_port, must

PASSWORDS = {"alice": "alice-of-the-benchmark", "bob": "Bob-0f-the-benchmark"}
"""alice is the administrator that the server makes at its first start."""

NO_MODEL = "it needs an answer of a language model, and none is reachable"

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
            "PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES": "600",
        },
    )


def users(site: Site) -> Credentials:
    """Access tokens of a sign-in, made to last: an API key may not make API keys."""
    emails = {"alice": "admin@localhost", "bob": "bob@example.com"}
    alice = sign_in(site, emails["alice"], PASSWORDS["alice"])
    bob = {"email": emails["bob"], "username": "bob", "role": "MEMBER", "auth_method": "LOCAL"}
    wanted = {"user": {**bob, "password": PASSWORDS["bob"]}, "send_welcome_email": False}
    must(call("POST", f"{site.address}/v1/users", wanted, {"Authorization": f"Bearer {alice}"}))
    return Credentials.bearer({"alice": alice, "bob": sign_in(site, emails["bob"], PASSWORDS["bob"])})


def sign_in(site: Site, email: str, password: str) -> str:
    signed_in = must(call("POST", f"{site.address}/auth/login", {"email": email, "password": password}))
    cookies = SimpleCookie("; ".join(signed_in.all("set-cookie")))
    return cookies["phoenix-access-token"].value


PHOENIX = Backend(
    name="Phoenix",
    version="20.26.1",
    framework="FastAPI",
    language="Python",
    stores="SQLite",
    asks_for="JWT",
    packages=Pip("phoenix.txt"),
    document="/openapi.json",
    start=start,
    users=users,
    ready="/healthz",
    exclusions=(
        Exclusion("POST /v1/chat/completions", 400, "An API key is required for OpenAI models.", NO_MODEL),
        Exclusion(
            "POST /v1/agent_sessions/{session_id}/chat", 400, "An API key is required for OpenAI models.", NO_MODEL
        ),
        Exclusion(
            "POST /v1/agent_sessions/{session_id}/compact",
            409,
            "No complete turns have finished since the last checkpoint",
            NO_MODEL,
        ),
        Exclusion("POST /v1/agent_sessions/{session_id}/tool_outputs", 409, "agent_session_messages_stale", NO_MODEL),
        Exclusion("POST /v1/agent_sessions/{session_id}/tool_approvals", 409, "agent_session_messages_stale", NO_MODEL),
    ),
)
