from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given

from auditor import cli
from auditor.commands import github_actions, reporting
from auditor.commands.reporting import Sink
from auditor.errors import AuditorError
from auditor.model import Audit
from auditor.settings import config_model
from reports import run_json
from reports.github import MOST_ANNOTATIONS, MOST_BYTES, annotated, outputs, render
from tests.reports import building
from tests.reports.hostile import QUICK, TEXTS, is_harmless_to_terminals
from tests.reports.test_markdown import OUR_TAGS, Page, crowd, raw_html


def command(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as GitHub's runner does."""
    assert line.startswith("::")
    assert "\n" not in line
    assert "\r" not in line
    head, _, message = line[2:].partition("::")
    name, _, properties = head.partition(" ")
    pairs = dict(one.split("=", 1) for one in properties.split(",")) if properties else {}
    return name, {key: decoded(value) for key, value in pairs.items()}, decoded(message)


def decoded(text: str) -> str:
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def finished(tmp_path: Path, audit: Audit) -> Path:
    """Write the folder of a run that recorded nothing."""
    (tmp_path / "run.json").write_text(run_json.render(audit), "utf-8")
    return tmp_path


def test_the_same_audit_gives_the_same_bytes() -> None:
    audit, exchanges = building.small(), building.small_exchanges()
    assert render(audit, exchanges) == render(audit, exchanges)


def test_the_summary_adds_checklist_and_hints_to_the_comment() -> None:
    text = Page(render(building.small(), building.small_exchanges())).text
    assert "3 new findings" in text
    assert "Security headers and CORS" in text
    assert "16 results need an administrator" in text
    assert "alice-7f21: DELETE answered 405" in text


def test_the_summary_fits_however_much_was_found() -> None:
    text = render(replace(building.small(), findings=crowd(3_000)), {})
    assert len(text.encode()) <= MOST_BYTES
    assert "more new findings in the report" in text


@QUICK
@given(TEXTS)
def test_hostile_text_is_never_structure(payload: str) -> None:
    text = render(*building.hostile(payload))
    assert raw_html(text) <= OUR_TAGS
    assert is_harmless_to_terminals(text)


def test_an_annotation_is_a_command_at_the_line_of_the_operation() -> None:
    first = command(annotated(building.small())[0])
    assert first == (
        "error",
        {"file": "openapi.json", "line": "412", "title": "authz.bola-read (critical)"},
        "GET /api/v1/orders/{id}: 200 with bob's order, asked by alice",
    )


def test_only_new_findings_are_annotated_by_their_severity() -> None:
    plain = building.small()
    every = tuple(replace(one, status="new") for one in plain.findings)
    assert [command(line)[0] for line in annotated(plain)] == ["error"] * 3
    assert command(annotated(replace(plain, findings=every[3:4]))[0])[0] == "warning"
    assert command(annotated(replace(plain, findings=every[4:5]))[0])[0] == "notice"


def test_the_tenth_annotation_counts_the_rest() -> None:
    lines = annotated(replace(building.small(), findings=crowd(33)))
    assert len(lines) == MOST_ANNOTATIONS
    assert lines[-1].endswith("(+23 more new findings in the summary)")
    assert "more new" not in annotated(replace(building.small(), findings=crowd(10)))[-1]


def test_no_finding_is_no_annotation() -> None:
    assert annotated(replace(building.small(), findings=())) == ()


@QUICK
@given(TEXTS)
def test_hostile_text_is_data_of_one_command(payload: str) -> None:
    plain = building.small()
    document = replace(plain.target.document, source="api" + payload)
    odd = replace(plain.findings[0], message=payload, check=payload, operation=payload)
    audit = replace(plain, findings=(odd,), target=replace(plain.target, document=document))
    (line,) = annotated(audit)
    name, properties, _ = command(line)
    assert name == "error"
    assert set(properties) == {"file", "line", "title"}
    assert is_harmless_to_terminals(line)


def test_outputs_are_what_later_steps_ask_for() -> None:
    assert outputs(building.small()) == {"verdict": "fail", "complete": "true", "new-findings": "3"}


def test_nothing_is_published_elsewhere(tmp_path: Path) -> None:
    out = io.StringIO()
    environ = {"GITHUB_OUTPUT": str(tmp_path / "output")}
    github_actions.publish(summary="s", annotations=["::error::x"], outputs={"a": "b"}, environ=environ, out=out)
    assert out.getvalue() == ""
    assert list(tmp_path.iterdir()) == []


def test_summary_and_outputs_are_appended_and_annotations_printed(tmp_path: Path) -> None:
    out = io.StringIO()
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    (tmp_path / "summary").write_text("before\n", "utf-8")
    given = {"verdict": "fail", "report": "a\nexit-code=0\rb"}
    github_actions.publish(summary="ours\n", annotations=["::error::x"], outputs=given, environ=environ, out=out)
    assert out.getvalue() == "::error::x\n"
    assert (tmp_path / "summary").read_text("utf-8") == "before\nours\n"
    assert (tmp_path / "output").read_text("utf-8") == "verdict=fail\nreport=a exit-code=0 b\n"


def test_a_runner_that_names_no_files_still_gets_annotations() -> None:
    out = io.StringIO()
    environ = {"GITHUB_ACTIONS": "true"}
    github_actions.publish(summary="s", annotations=["::error::x"], outputs={}, environ=environ, out=out)
    assert out.getvalue() == "::error::x\n"


def test_a_full_summary_is_left_as_it_is(tmp_path: Path) -> None:
    out, path = io.StringIO(), tmp_path / "summary"
    path.write_bytes(b"x" * github_actions.MOST_SUMMARY_BYTES)
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(path)}
    github_actions.publish(summary="s", annotations=(), outputs={}, environ=environ, out=out)
    assert path.stat().st_size == github_actions.MOST_SUMMARY_BYTES
    assert "step summary is full" in out.getvalue()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path)}
    with pytest.raises(AuditorError, match="cannot be written"):
        github_actions.publish(summary="", annotations=(), outputs={"a": "b"}, environ=environ, out=io.StringIO())


def test_what_the_target_said_is_no_command_of_the_runner() -> None:
    out = io.StringIO()
    with github_actions.commands_stopped({"GITHUB_ACTIONS": "true"}, out):
        out.write("::add-mask::a\n")
    first, second, last = out.getvalue().splitlines()
    token = first.removeprefix("::stop-commands::")
    assert len(token) == 32
    assert second == "::add-mask::a"
    assert last == f"::{token}::"


def test_commands_are_stopped_nowhere_else() -> None:
    out = io.StringIO()
    with github_actions.commands_stopped({}, out):
        out.write("text\n")
    assert out.getvalue() == "text\n"


def test_the_format_tells_the_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "output")})
    folder = finished(tmp_path, building.small())
    reporting.again(folder, formats=("github", "html"))
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[0] for line in printed[:3]] == ["::error"] * 3
    assert printed[3:] == [str(folder / name) for name in ("report.github.md", "report.html", "run.json")]
    said = (tmp_path / "output").read_text("utf-8")
    assert said == f"verdict=fail\ncomplete=true\nnew-findings=3\nreport={folder / 'report.html'}\n"


def test_a_report_on_stdout_is_alone_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(os, "environ", {"GITHUB_ACTIONS": "true"})
    audit = building.small()
    folder = finished(tmp_path, audit)
    reporting.write(audit, folder, (Sink(format="sarif", path=None), Sink(format="github", path=folder / "s.md")))
    printed = capsysbinary.readouterr()
    assert printed.out.startswith(b"{")
    assert printed.err.startswith(b"::error ")


def test_the_summary_in_the_terminal_is_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {"GITHUB_ACTIONS": "true"})
    for quiet in (True, False):
        reporting.print_summary(building.small(), (), quiet=quiet, verbose=False, stdout_taken=False)
        lines = capsys.readouterr().out.splitlines()
        assert lines[-1] == f"::{lines[0].removeprefix('::stop-commands::')}::"


@pytest.mark.parametrize("name", reporting.FORMATS)
def test_every_format_is_written_from_the_folder_alone(name: str, tmp_path: Path) -> None:
    folder = finished(tmp_path, building.small())
    reporting.again(folder, formats=(name,))
    assert (folder / reporting.DEFAULT_NAMES[name]).stat().st_size > 0


def test_formats_are_the_same_everywhere() -> None:
    assert set(reporting.renderers()) == set(reporting.FORMATS)
    assert set(get_args(config_model.Format)) == set(reporting.FORMATS)
    assert f"{', '.join(reporting.FORMATS[:-1])} or {reporting.FORMATS[-1]}" == cli.FORMATS
