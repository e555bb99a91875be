"""docs/ci.md names only what exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest
import typer
import yaml

from auditor.cli import app
from auditor.commands.reporting import FORMATS
from tests import outside
from tests.ci import building

PAGE = (building.ROOT / "docs" / "ci.md").read_text("utf-8")
OTHERS = {"--detach", "--wait", "--rm", "--network", "--user"}
"""Options of docker."""
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PLUGIN = {"--auditor", "--auditor-args", "--auditor-output", "--collect-only"}


class Option(Protocol):
    opts: list[str]


class Command(Protocol):
    """A command as Typer makes it; a group has commands of its own."""

    @property
    def params(self) -> Sequence[Option]: ...


def inner(command: Command) -> Mapping[str, Command]:
    found: Mapping[str, Command] = getattr(command, "commands", {})
    return found


def options(command: Command) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
    for one in inner(command).values():
        yield from options(one)


def commands(command: Command, before: str = "") -> Iterator[str]:
    for name, one in inner(command).items():
        yield before + name
        yield from commands(one, f"{before}{name} ")


def code() -> str:
    """The page's code, in blocks and in sentences."""
    blocks = re.findall(r"```\w+\n(.*?)```", PAGE, re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))])


def test_every_option_exists() -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]+", PAGE))
    assert named <= {*options(typer.main.get_command(app)), *OTHERS, *PLUGIN}


def test_every_command_and_format_exists() -> None:
    every = set(commands(typer.main.get_command(app)))
    named = set(re.findall(r"(?<![\w-])auditor ((?:baseline )?[a-z]+)", code()))
    assert "baseline prune" in named
    assert named <= every
    assert set(re.findall(r" -f ([a-z]+)", PAGE)) <= {*FORMATS}


def test_every_input_of_the_action_and_variable_of_the_template_is_told() -> None:
    action, template = building.loaded("action.yml"), building.loaded("ci/gitlab.yml")
    assert re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)[: len(action["inputs"])] == [*action["inputs"]]
    assert all(f"`{name}`" in PAGE for name in action["outputs"])
    assert all(name in PAGE for name in template["variables"])


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (building.ROOT / "docs" / target).exists(), target


@pytest.mark.parametrize("block", BLOCKS)
def test_examples_are_yaml(block: str) -> None:
    assert yaml.safe_load(block)


@pytest.mark.parametrize(("key", "kind"), [("jobs", "github-workflows"), ("include", "gitlab-ci")])
def test_whole_examples_are_what_their_forge_takes(key: str, kind: str, tmp_path: Path) -> None:
    whole = [block for block in BLOCKS if key in yaml.safe_load(block)]
    assert whole
    files = [tmp_path / f"{number}.yml" for number in range(len(whole))]
    for file, block in zip(files, whole, strict=True):
        file.write_text(block, "utf-8")
    linter = outside.require("check-jsonschema")
    outside.assert_silent(linter, "--builtin-schema", f"vendor.{kind}", *map(str, files))
