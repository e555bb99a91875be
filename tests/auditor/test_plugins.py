"""Checks of others: installed packages, files and folders."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor import plugins
from auditor.errors import UsageError

CHECK = """
from auditor.check import check
from auditor.evidence import Bound, EVERY_EXCHANGE, Scope, recipe
from auditor.model import Severity, passed

@check("{id}", severity=Severity.LOW, standards=(), on=EVERY_EXCHANGE)
def promised(exchange):
    '''What is promised.'''
    return passed()
"""
RECIPE = """
@recipe(scope=Scope.API, at_most=Bound(requests=1))
def asking(world):
    yield

@check("{id}.active", severity=Severity.LOW, standards=(), on=asking)
def active(evidence):
    return passed()
"""


@pytest.fixture(autouse=True)
def _no_modules_left() -> Iterator[None]:
    yield
    for name in [one for one in sys.modules if one.startswith(("auditor_checks_", "acme_"))]:
        del sys.modules[name]


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_a_file_of_checks_is_loaded(tmp_path: Path) -> None:
    (found,) = plugins.load((), [written(tmp_path / "ours.py", CHECK.format(id="ours.one"))])
    assert (found.id, found.title) == ("ours.one", "What is promised")


def test_a_folder_of_checks_is_loaded_sorted_helpers_among_them(tmp_path: Path) -> None:
    for name in ("b", "a"):
        written(tmp_path / f"{name}.py", CHECK.format(id=f"ours.{name}"))
    written(tmp_path / "helper.py", "NUMBER = 1")
    bundled = plugins.load((), [tmp_path])
    assert [one.id for one in bundled] == ["ours.a", "ours.b"]
    more = written(tmp_path / "more" / "c.py", CHECK.format(id="alpha.c"))
    assert [one.id for one in plugins.load(bundled, [more])] == ["alpha.c", "ours.a", "ours.b"]


def test_a_check_that_is_imported_into_another_file_is_still_one(tmp_path: Path) -> None:
    text = CHECK.format(id="ours.one") + "\nagain = promised\n"
    assert len(plugins.load((), [written(tmp_path / "ours.py", text)])) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("NUMBER = 1", "no check in it"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path / "ours.py", text)
    with pytest.raises(UsageError, match=message) as raised:
        plugins.load((), [path])
    assert str(path) in raised.value.message


@pytest.mark.parametrize("name", ["missing.py", "empty"])
def test_a_place_without_a_python_file_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no Python file there"):
        plugins.load((), [tmp_path / name])


def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a Python module"):
        plugins.load((), [written(tmp_path / "notes.txt", "x")])


def test_two_checks_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [written(tmp_path / folder / "ours.py", CHECK.format(id="ours.one")) for folder in ("a", "b")]
    with pytest.raises(UsageError, match=r"two checks are called ours\.one"):
        plugins.load((), paths)


def test_two_recipes_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [
        written(tmp_path / folder / "ours.py", (CHECK + RECIPE).format(id=f"ours.{folder}")) for folder in ("a", "b")
    ]
    with pytest.raises(UsageError, match=r"two recipes are called auditor_checks_ours\.asking"):
        plugins.load((), paths)


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    written(folder / "acme_checks.py", text)
    info = folder / "acme_checks-1.0.dist-info"
    written(info / "METADATA", "Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.0\n")
    written(info / "entry_points.txt", "[auditor.checks]\nacme = acme_checks\n")
    monkeypatch.syspath_prepend(folder)


def test_installed_packages_bring_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, monkeypatch, CHECK.format(id="acme.one"))
    assert [one.id for one in plugins.load(())] == ["acme.one"]


def test_an_installed_package_that_breaks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, monkeypatch, "import nowhere_to_be_found")
    with pytest.raises(UsageError, match="the checks of acme-checks: ModuleNotFoundError"):
        plugins.load(())
