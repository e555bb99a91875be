"""The image: small, without root, without anything that is not named."""

from __future__ import annotations

import re
import shlex

from tests import outside
from tests.ci import building

LINES = [
    line
    for line in (building.ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
LAST = LINES[max(index for index, line in enumerate(LINES) if line.startswith("FROM ")) :]


def instructions(name: str, lines: list[str]) -> list[str]:
    return [line.removeprefix(name).strip() for line in lines if line.startswith(f"{name} ")]


def test_linters_find_nothing() -> None:
    outside.assert_silent(outside.require("hadolint"), "Dockerfile")


def test_the_base_is_a_release_of_python_slim() -> None:
    (base,) = instructions("ARG", LINES)
    assert re.fullmatch(r"PYTHON_IMAGE=python:\d+\.\d+\.\d+-slim-\w+", base)
    assert {one.split()[0] for one in instructions("FROM", LINES)} == {"${PYTHON_IMAGE}"}


def test_it_runs_auditor_as_nobody_in_particular() -> None:
    assert instructions("ENTRYPOINT", LAST) == ['["auditor"]']
    assert instructions("USER", LAST) == ["10001:10001"]
    assert not instructions("RUN", LAST[LAST.index("USER 10001:10001") :])


def test_what_is_copied_is_there_and_named_where_everything_else_is_left_out() -> None:
    ignored = (building.ROOT / ".dockerignore").read_text("utf-8").splitlines()
    named = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = [shlex.split(one)[:-1] for one in instructions("COPY", LINES) if "--from" not in one]
    assert "*" in ignored
    assert {name for names in copied for name in names} == named
    assert all((building.ROOT / name).exists() for name in named)


def test_it_holds_no_secret_and_asks_for_none() -> None:
    text = "\n".join(LINES).lower()
    assert not re.search(r"token|password|secret|_key|index-url", text)
    assert instructions("ARG", LINES)[0].startswith("PYTHON_IMAGE")
