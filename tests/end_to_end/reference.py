"""The bundled API as a target: over a socket, with limits that do not slow a test down, and looked at as admin."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

from auditor.calibrating import serving
from reference_app import calibration_settings
from tests.end_to_end.commands import ROOT, environment

ROOMY = {"rate_limit_requests": 1_000_000, "login_failures": 1_000_000}


@contextmanager
def served(defects: Sequence[str] = ()) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve it in a process that the test may end; yields its address and the process."""
    switches = [word for name in defects for word in ("--defect", name)]
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor.cli", "serve", "--port", "0", *switches],
        cwd=ROOT,
        env=environment(**{serving.CALIBRATING: json.dumps(ROOMY)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            yield serving.announced(process), process
        finally:
            process.kill()


def admin_credentials() -> dict[str, str]:
    """What the seeded administrator signs in with."""
    settings = calibration_settings()
    assert settings.admin_email is not None
    assert settings.admin_password is not None
    return {"email": settings.admin_email, "password": settings.admin_password.get_secret_value()}


def stored(address: str) -> dict[str, list[str]]:
    """What lies in the target: the users' addresses but the administrator's, and the products' names."""
    with httpx.Client(base_url=f"{address}/api/v1", trust_env=False) as client:
        token = client.post("/auth/login", json=admin_credentials()).json()["access_token"]
        users = client.get("/admin/users?limit=100", headers={"Authorization": f"Bearer {token}"}).json()["items"]
        products = client.get("/products?limit=100").json()["items"]
    return {
        "users": [one["email"] for one in users if one["role"] != "admin"],
        "products": [one["name"] for one in products],
    }
