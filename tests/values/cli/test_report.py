"""`mcscopes report`: what it reads and writes, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from data_files import write_suite
from reports import sends

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.cli.report import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

TEST = "test_a.py::test_a"
OVER = sends("test_b.py::test_b", "email_send email_read")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the run of a suite was written down."""
    monkeypatch.chdir(tmp_path)
    write_suite(tmp_path / ".mcscopes" / "run.jsonl", [sends(TEST), OVER])
    return tmp_path


@pytest.mark.parametrize("output", FORMATS)
def test_each_format(folder: Path, capsys: pytest.CaptureFixture[str], output: str) -> None:
    """To standard output, or to a file, it is the same; and the same again."""
    assert main(["report", "--format", output]) == 0
    told = capsys.readouterr()
    assert main(["report", ".mcscopes", "--format", output, "-o", "report"]) == 0
    assert main(["report", "--format", output, "-o", "-"]) == 0
    assert (folder / "report").read_text() == told.out == capsys.readouterr().out
    assert "email_read" in told.out
    assert told.err == ""


@pytest.mark.parametrize(
    ("output", "start"),
    [("html", "<!DOCTYPE html>"), ("markdown", "# mailer: review of Marketing Cloud scopes")],
)
def test_for_review(folder: Path, output: str, start: str) -> None:
    assert main(["report", "--format", output, "--for-review", "-o", "review"]) == 0
    page = (folder / "review").read_text()
    assert page.startswith(start)
    assert "review of Marketing Cloud scopes" in page


@pytest.mark.usefixtures("folder")
def test_other_formats_are_not_for_review(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["report", "--format", "sarif", "--for-review"])
    assert stop.value.code == 2
    assert "a page for review is markdown or html, not sarif" in capsys.readouterr().err


def test_incomplete_evidence_is_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On top of the report and on standard error; the exit code says that it was written."""
    write_suite(folder / ".mcscopes" / "run.jsonl", [sends(TEST)], left_out=["test_a.py::test_x"])
    assert main(["report", "--format", "markdown"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("# Marketing Cloud scopes: fails: not complete\n\n- **Note well:** ")
    assert told.err.startswith("not complete: 1 test was left out of the run, test_a.py::test_x: ")


def test_evidence_of_something_else_is_reported(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not called incomplete, which it is not."""
    (folder / "pyproject.toml").write_text("[project]\nname = 'mailer'\n")
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef")
    assert main(["report", "--format", "markdown"]) == 0
    err = capsys.readouterr().err
    assert err.startswith("does not pass: it is of commit ")
    assert err.count("\n") == 1


def test_the_options_of_the_gate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a baseline knows fails nothing, nor is it annotated."""
    assert main(["check", "--write-baseline", "known.json"]) == 0
    capsys.readouterr()
    assert main(["report", "--format", "json", "--baseline", "known.json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert (read["passed"], read["findings"], len(read["known"])) == (True, [], 1)
    assert (folder / "known.json").exists()


def test_nothing_to_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", "--format", "json", "-o", "report"]) == 2
    assert capsys.readouterr().err == (
        "MCSCOPES: there is nothing to report:\n"
        "  - there is no record of any test: run pytest --mc-data in the folder of the suite\n"
        f"  - {tmp_path}/.mcscopes has no data file in it: run pytest --mc-data\n"
    )
    assert not (tmp_path / "report").exists()


def test_a_file_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said, and an old file is as it was."""
    assert main(["report", "--format", "json", "-o", "nowhere/report"]) == 2
    assert capsys.readouterr().err == (
        "MCSCOPES: nowhere/report could not be written: No such file or directory. No part of it is"
        " left; an older file of this name is as it was.\n"
    )
    (folder / "old").write_text("old")
    assert main(["report", "missing.jsonl", "--format", "json", "-o", "old"]) == 2
    assert (folder / "old").read_text() == "old"


def test_what_is_written_is_not_read(folder: Path) -> None:
    """A report in the folder of data files is no data file, whatever its name."""
    for _ in range(2):
        assert main(["report", "--format", "json", "-o", ".mcscopes/report.jsonl"]) == 0
    read = json.loads((folder / ".mcscopes" / "report.jsonl").read_text())
    assert read["run"]["tests"] == 2


def test_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """That of a report, and that of a data file where nothing is said."""
    titles = []
    for arguments in (["schema"], ["schema", "data"], ["schema", "report"]):
        assert main(arguments) == 0
        titles.append(json.loads(capsys.readouterr().out)["title"])
    assert titles[0] == titles[1] != titles[2] == "What mcscopes report --format json writes"
