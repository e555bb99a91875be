"""Jupyter Server: files, kernels, sessions and terminals behind a token."""

from __future__ import annotations

from benchmarks.backends.recipe import Backend, Credentials, Pip, Process, Site

TOKEN = "token-of-the-benchmark"


def start(site: Site) -> Process:
    root = site.data / "root"
    root.mkdir()
    return Process(
        command=(
            site.bin("jupyter-server"),
            "--allow-root",
            "--no-browser",
            "--ip=127.0.0.1",
            f"--port={site.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={root}",
        ),
        environment={"JUPYTER_TOKEN": TOKEN},
    )


def users(_: Site) -> Credentials:
    return Credentials(
        identities={"alice": {"headers": {"Authorization": "token ${ALICE}"}}},
        secrets={"ALICE": TOKEN},
        headers={"Authorization": f"token {TOKEN}"},
    )


JUPYTER = Backend(
    name="Jupyter Server",
    version="2.21.1",
    framework="Tornado",
    language="Python",
    stores="files",
    asks_for="token",
    packages=Pip("jupyter.txt"),
    document="/api/spec.yaml",
    start=start,
    users=users,
    ready="/api",
)
