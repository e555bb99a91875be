"""doccano: projects of texts, their labels, members and comments."""

from __future__ import annotations

import subprocess

from benchmarks.backends.recipe import Backend, Credentials, Exclusion, Pip, Process, Site, call, must, surroundings

PASSWORDS = {"alice": "alice-of-the-benchmark", "bob": "bob-of-the-benchmark"}
PROJECT = {
    "name": "Reviews",
    "description": "Reviews of books",
    "guideline": "Say whether the reader liked it.",
    "project_type": "DocumentClassification",
    "resourcetype": "TextClassificationProject",
    "random_order": False,
    "collaborative_annotation": False,
    "single_class_classification": False,
    "allow_member_to_create_label_type": False,
    "is_text_project": True,
    "tags": [],
}

UNDOCUMENTED = "it wants a body or a query that stands in no document, and no refusal tells of it"
CRASHING = (
    "POST /v1/projects/{project_id}/comments",
    "GET /v1/projects/{project_id}/download",
    "POST /v1/projects/{project_id}/download",
    "POST /v1/projects/{project_id}/upload",
    "POST /v1/projects/{project_id}/auto-labeling/request-testing",
    "POST /v1/projects/{project_id}/auto-labeling/label-mapper-testing",
    "POST /v1/projects/{project_id}/auto-labeling/label-extractor-testing",
    "DELETE /v1/projects",
    "DELETE /v1/projects/{project_id}/category-types",
    "DELETE /v1/projects/{project_id}/span-types",
    "DELETE /v1/projects/{project_id}/relation-types",
    "DELETE /v1/projects/{project_id}/comments",
    "DELETE /v1/projects/{project_id}/examples",
    "DELETE /v1/projects/{project_id}/members",
    "DELETE /v1/fp/revert/",
)
"""Documented without parameters and body but for the text of a comment; every request that the document allows is
answered 500."""
SILENT = {
    "POST /v1/projects/{project_id}/category-type-upload": "Empty content",
    "POST /v1/projects/{project_id}/span-type-upload": "Empty content",
    "POST /v1/projects/{project_id}/relation-type-upload": "Empty content",
    "GET /v1/fp/restore/": "A required parameter is missing.",
    "GET /v1/fp/load/": "A required parameter is missing.",
    "GET /v1/fp/fetch/": "Required query parameter(s) missing.",
}
"""Documented likewise, and refused in words that name nothing."""


def settings(site: Site) -> dict[str, str]:
    return {
        "DOCCANO_HOME": str(site.data),
        "STANDALONE": "True",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DATABASE_URL": f"sqlite:///{site.data}/db.sqlite3",
        "MEDIA_ROOT": str(site.data / "media"),
    }


def prepare(site: Site) -> None:
    commands = [["init"]]
    for name, password in PASSWORDS.items():
        commands.append(["createuser", "--username", name, "--password", password, "--email", f"{name}@example.com"])
    for command in commands:
        subprocess.run(
            [site.bin("doccano"), *command],
            env=surroundings(site, settings(site)),
            cwd=site.data,
            capture_output=True,
            check=True,
        )


def start(site: Site) -> Process:
    """Its own `webserver` command listens on every interface, hence gunicorn, which that command runs too."""
    return Process(
        command=(
            site.bin("gunicorn"),
            *("--bind", f"127.0.0.1:{site.port}"),
            *("--threads", "8"),
            *("--chdir", str(site.packages() / "backend")),
            "config.wsgi",
        ),
        environment=settings(site),
    )


def users(site: Site) -> Credentials:
    """Tokens of both users, and one project: a server without any does not say how a project is to be made."""
    tokens = {}
    for name, password in PASSWORDS.items():
        signed_in = must(call("POST", f"{site.address}/v1/auth/login/", {"username": name, "password": password}))
        tokens[name] = signed_in.json()["key"]
    mine = {"Authorization": f"Token {tokens['alice']}"}
    must(call("POST", f"{site.address}/v1/projects", PROJECT, mine))
    return Credentials(
        identities={name: {"headers": {"Authorization": f"Token ${{{name.upper()}}}"}} for name in tokens},
        secrets={name.upper(): token for name, token in tokens.items()},
        headers=mine,
    )


DOCCANO = Backend(
    name="doccano",
    version="1.8.4",
    framework="Django",
    language="Python",
    stores="SQLite",
    asks_for="token",
    packages=Pip("doccano.txt"),
    document="/swagger/?format=openapi",
    start=start,
    prepare=prepare,
    users=users,
    ready="/v1/health/",
    exclusions=(
        Exclusion("GET /v1/auth/logout/", 405, "Method", "the server does not allow the method it documents"),
        Exclusion("POST /social/complete/okta-oauth2/", 500, "Server Error (500)", "it asks Okta"),
        Exclusion(
            "POST /v1/auth/password/reset/confirm/", 400, "Invalid value", "it needs a code that was sent by mail"
        ),
        *(
            Exclusion(
                f"{method} /v1/projects/{{project_id}}/comments/{{comment_id}}",
                404,
                "No Comment matches the given query.",
                "nothing that the document allows makes a comment: see POST /v1/projects/{project_id}/comments",
            )
            for method in ("GET", "PUT", "PATCH", "DELETE")
        ),
        *(Exclusion(one, 500, "Server Error (500)", UNDOCUMENTED) for one in CRASHING),
        *(Exclusion(one, 400, answer, UNDOCUMENTED) for one, answer in SILENT.items()),
    ),
)
