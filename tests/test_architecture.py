"""Imports point one way: rules and reports know the model, never each other, and nobody knows the reference API."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("auditor", "checks", "reports", "reference_app", "tests", "benchmarks")
WORDS = ("auditor.model", "auditor.check", "auditor.evidence", "auditor.compare")
"""What a rule may see of the runner: words and pure functions over answers, nothing that sends."""
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__init__", "errors", "model", "progress"),
    ("compare", "secrecy"),
    ("evidence",),
    ("check", "sending"),
    ("plugins", "selection"),
    ("verdicts",),
    ("settings",),
    ("document",),
    ("values",),
    ("complaints", "kinds"),
    ("knowledge",),
    ("callers", "repair"),
    ("world",),
    ("course",),
    ("calibrating",),
    ("commands", "pytest_plugin"),
    ("cli",),
)
"""The modules and packages of the runner, words first, the command line last: each sees what stands before it."""
KNOW_EVERYBODY = ("cli", "commands", "calibrating")
"""The command line and its commands: they know rules, reports and the reference API."""

ALLOWED: dict[str, tuple[str, ...]] = {
    "checks": (*WORDS, "checks"),
    "reports": ("auditor.model", "reports"),
    "reference_app": ("reference_app",),
    "auditor": ("auditor",),
}
ONLY_HERE = {
    "locust": ("auditor/course/locustfile.py",),
    "gevent": ("auditor/course/locustfile.py",),
    "httpx": (
        "auditor/sending/session.py",
        "auditor/document/fetching.py",
        "auditor/settings/order.py",
        "auditor/calibrating/instruments.py",
    ),
    "vl_convert": (),
    "pydantic": tuple(
        f"auditor/settings/{name}.py" for name in ("config", "config_model", "config_secrets", "config_values")
    ),
}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def part(path: Path) -> str:
    """The module or package of the runner that a file is of."""
    return path.relative_to(ROOT / "auditor").parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_point_one_way(folder: str) -> None:
    for path in modules(folder):
        if folder == "auditor" and part(path) in KNOW_EVERYBODY:
            continue
        for name in imported(path):
            if name.split(".")[0] in OURS:
                assert name.startswith(ALLOWED[folder]), f"{path.relative_to(ROOT)} imports {name}"


def test_every_part_of_the_runner_sees_only_those_below_it() -> None:
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    paths = modules("auditor")
    assert {part(path) for path in paths} == set(level)
    for path in paths:
        for name in imported(path):
            if name.startswith("auditor."):
                other = name.split(".")[1]
                below = level.get(other, 0) < level[part(path)]
                assert other == part(path) or below, f"{path.relative_to(ROOT)} imports {name}"


def test_the_model_imports_the_standard_library_only() -> None:
    import sys

    names = {name.split(".")[0] for name in imported(ROOT / "auditor/model.py")}
    assert names <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("library", ONLY_HERE)
def test_heavy_libraries_have_one_door(library: str) -> None:
    for path in modules("auditor"):
        here = str(path.relative_to(ROOT))
        if here not in ONLY_HERE[library]:
            assert library not in {name.split(".")[0] for name in imported(path)}, f"{here} imports {library}"


def test_charts_are_drawn_in_one_place() -> None:
    drawing = [path.name for path in modules("reports") if "vl_convert" in {n.split(".")[0] for n in imported(path)}]
    assert drawing == ["vega.py"]


@pytest.mark.parametrize("folder", ["checks", "reports"])
def test_rules_and_reports_do_no_network_io(folder: str) -> None:
    for path in modules(folder):
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & {"httpx", "socket", "requests", "urllib3", "asyncio"}, path.name


def test_no_rule_names_our_reference_api() -> None:
    for folder in ("auditor", "checks"):
        for path in modules(folder):
            if folder == "checks" or part(path) not in KNOW_EVERYBODY:
                text = path.read_text("utf-8")
                assert "reference_app" not in text, path.name
                assert "/api/v1/orders" not in text, path.name
                assert "/api/v1/products" not in text, path.name
