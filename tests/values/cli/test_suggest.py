"""`mcscopes suggest`: what it reads, what it says of what it could not read, and how it ends."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from data_files import write_suite
from facts import call_made, requirements, token_requested
from records import EVERYTHING, result

from pytest_mcscopes.cli import progress
from pytest_mcscopes.cli.main import main
from pytest_mcscopes.cli.progress import show_progress

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mcscopes.evidence.results import ResultRecord

LINE = '    @pytest.mark.mc_scopes("email_send")'
COUNT = (
    "tests: 1 talked to a tenant, 1 to mark, 0 marked so, 0 with something to do first, 0 without a"
    " line"
)


def sends(test: str) -> ResultRecord:
    """An unmarked test that sends an e-mail."""
    asked = token_requested("email_send", EVERYTHING)
    return result(test, None, asked, call_made(requirements("email_send"), "email_send"))


def test_the_folder_of_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Is what is read where nothing is named; what is missing from a complete run is said."""
    monkeypatch.chdir(tmp_path)
    assert main(["suggest"]) == 2
    assert capsys.readouterr().err == (
        "MCSCOPES: .mcscopes is not there. Run pytest --mc-data, or name a data file that it"
        " wrote.\n"
    )
    write_suite(tmp_path / ".mcscopes" / "one.jsonl", [sends("a.py::test_1")], left_out=["a.py::x"])
    assert main(["suggest"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["a.py", "  test_1", LINE]
    told = lines.index(COUNT)
    assert lines[told + 1] == "the data of 1 test is in .mcscopes, not complete:"
    assert lines[told + 2].startswith("  - 1 test was left out of the run, a.py::x: ")


def test_all_of_a_large_suite_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run's own text is bounded; this one is not."""
    many = [sends(f"{number:03}.py::test_1") for number in range(300)]
    assert main(["suggest", str(write_suite(tmp_path / "all.jsonl", many))]) == 0
    assert capsys.readouterr().out.count(LINE) == 300


def test_a_file_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are, and how it ends tells it; alone there is nothing to go by."""
    write_suite(tmp_path / "good.jsonl", [sends("a.py::test_1")])
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}")
    assert main(["suggest", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert COUNT in told.out
    assert f"  - {bad}:1 is not" in told.out
    assert told.err.startswith(f"MCSCOPES: {bad}:1 is not what pytest --mc-data writes")
    assert main(["suggest", str(bad)]) == 2
    assert capsys.readouterr().out == ""


def test_no_terminal_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nowhere to say what is wrong; how it ends tells that something is."""
    monkeypatch.setattr("sys.stderr", None)
    assert main(["suggest", str(tmp_path / "nowhere")]) == 2


def test_an_id_that_would_change_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes of a file is written as text, in one line."""
    test = "a.py::test_1[\x1b[2J\nx \u202eé]"
    assert main(["suggest", str(write_suite(tmp_path / "a.jsonl", [sends(test)]))]) == 0
    assert capsys.readouterr().out.splitlines()[1] == r"  test_1[\x1b[2J\nx \u202eé]"


class Terminal:
    """A standard output or error that is a terminal."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.written = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.written += text

    def flush(self) -> None:
        """Nothing waits."""


def test_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is shown where a person would wait and can see it; all that is given comes through."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert [*show_progress(range(100), 100)] == [*range(100)]
    assert terminal.written == ""
    assert [*show_progress(range(20_000), 20_000)] == [*range(20_000)]
    assert "20000" in terminal.written
    assert terminal.written.endswith("\r")
    monkeypatch.setattr("sys.stderr", None)
    assert [*show_progress(range(20_000), 20_000)] == [*range(20_000)]


@pytest.mark.parametrize(("to_terminal", "bars"), [(True, 2), (False, 3)])
def test_a_bar_does_not_run_into_the_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, to_terminal: bool, bars: int
) -> None:
    """Where both are on a terminal there is none while the lines come."""
    path = write_suite(tmp_path / "a.jsonl", [sends("a.py::test_1")])
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr("sys.stdout", Terminal() if to_terminal else StringIO())
    monkeypatch.setattr(progress, "_LONG", 1)
    assert main(["suggest", str(path)]) == 0
    assert terminal.written.count("| 0/1 ") == bars


def test_no_progress_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """Where messages are kept, a bar would be a heap of lines."""
    assert len([*show_progress(range(20_000), 20_000)]) == 20_000
    assert capsys.readouterr().err == ""
