"""Data files that are no good: each command that reads them says which and why, and goes on."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from data_files import write_suite
from facts import call_made, requirements, scopes, token_requested
from measuring import unmeasured
from records import EVERYTHING, result

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.evidence import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_mcscopes.evidence.results import ResultRecord

    Change = Callable[[bytes, bytes], bytes]
    """Of the first line and the second."""


def sends(test: str) -> ResultRecord:
    """A test of a whole record."""
    mark = scopes("email_send", origin="@pytest.mark.mc_scopes, a.py:1")
    asked = token_requested(None, EVERYTHING)
    return result(test, mark, asked, call_made(requirements("email_send"), "email_send"))


def replaced(old: str, new: str) -> Change:
    """The file with something else in the line of its test."""

    def change(run: bytes, test: bytes) -> bytes:
        assert old.encode() in test
        return run + test.replace(old.encode(), new.encode(), 1)

    return change


def within(*place: str | int, value: object) -> Change:
    """The file with another value somewhere deep in its test."""

    def change(run: bytes, test: bytes) -> bytes:
        record = at = json.loads(test)
        for each in place[:-1]:
            at = at[each]
        at[place[-1]] = value
        return run + json.dumps(record).encode() + b"\n"

    return change


CALL = ("parts", 0, "calls", 0)
ATTACKS = [
    pytest.param(lambda _, __: b"", ":1 is no JSON object, or cut off", id="empty"),
    pytest.param(lambda run, _: run, " is cut off: it has 0 of 1 tests", id="cut after a line"),
    pytest.param(
        lambda run, test: run + test[:-20], ":2 is no JSON object, or cut off", id="cut in a line"
    ),
    pytest.param(lambda run, _: run + b"\0" * 99, ":2 is no JSON object", id="zeroes"),
    pytest.param(lambda run, _: b"\x7fELF\xff\xfe" + run, " is no text", id="binary"),
    pytest.param(lambda run, _: b"PK\x03\x04" + run, ":1 is no JSON object", id="an archive"),
    pytest.param(lambda _, __: b"{}\n", ":1 is not what pytest --mc-data writes", id="foreign"),
    pytest.param(
        lambda run, _: run.replace(b'"format":1', b'"format":2'), " is of format 2", id="newer"
    ),
    pytest.param(
        lambda run, _: run + b'"' + b"x" * 70_000 + b'"', ":2 is longer than any", id="long"
    ),
    pytest.param(replaced('"judged":true', '"judged":NaN'), ":2 is no JSON object", id="NaN"),
    pytest.param(
        replaced('"judged":true', '"judged":true,"judged":false'), ":2 is no JSON", id="two members"
    ),
    pytest.param(replaced('{"list":0}', '{"list":9}'), ":2 is no JSON object", id="no such list"),
    pytest.param(replaced('{"list":0}', '{"list":-1}'), ":2 is no JSON object", id="last list"),
    pytest.param(
        within("parts", value=3), ":2 is no record of a test: see parts. ", id="a number of parts"
    ),
    pytest.param(
        within("parts", 0, "requests", 0, "requested", value="email_send"),
        ":2 is no record of a test: see parts[0].requests[0].requested. ",
        id="a text in place of a list",
    ),
    pytest.param(
        within(*CALL, "need", "minimal_sets", value=[["a", 1]]),
        ":2 is no record of a test: see parts[0].calls[0].need.minimal_sets[0][1]. ",
        id="a number among scopes",
    ),
    pytest.param(
        within(*CALL, "need", value=None),
        ":2 is no record of a test: see parts[0].calls[0].need. ",
        id="nothing in place of an object",
    ),
    pytest.param(
        within(*CALL, "status", value=True),
        ":2 is no record of a test: see parts[0].calls[0].status. ",
        id="a truth value in place of a number",
    ),
    pytest.param(
        within("findings", 0, "severity", value="eror"),
        ":2 is no record of a test: see findings[0].severity. ",
        id="a misspelt severity",
    ),
    pytest.param(
        within("unheard", value=1), ":2 is no record of a test: see unheard. ", id="a new member"
    ),
    pytest.param(
        within(*CALL, "used", value=["sms_send"]),
        ":2 is no record of a test: see parts[0].calls[0]. ",
        id="used and not granted",
    ),
    pytest.param(
        within(*CALL, "need", "minimal_sets", value=[["sms_send"]]),
        ":2 is no record of a test: see parts[0].calls[0]. ",
        id="allowed and not granted",
    ),
]
COMMANDS: dict[str, Callable[[Path, Path], list[str]]] = {
    "combine": lambda bad, folder: ["combine", str(bad), "-o", str(folder / "out" / "all.jsonl")],
    "check": lambda bad, _: ["check", str(bad)],
    "check-json": lambda bad, _: ["check", str(bad), "--json"],
    "suggest": lambda bad, _: ["suggest", str(bad)],
    "report": lambda bad, _: ["report", str(bad), "--format", "json"],
    "diff-before": lambda bad, folder: ["diff", str(bad), str(folder / "good.jsonl")],
    "diff-after": lambda bad, folder: ["diff", str(folder / "good.jsonl"), str(bad)],
}
BESIDE_A_GOOD_ONE = {
    "combine": 0,
    "check": 1,
    "check-json": 1,
    "suggest": 1,
    "report": 0,
    "diff-before": 0,
    "diff-after": 1,
}
"""How they end where another file can be read: what comes of it is not complete."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good file, where another one was combined before."""
    monkeypatch.setattr(read_file, "_LONGEST", 50_000)
    monkeypatch.chdir(tmp_path)
    write_suite(tmp_path / "good.jsonl", [sends("a.py::test_1"), sends("a.py::test_2")])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "all.jsonl").write_text("the old file")
    (tmp_path / "bad").mkdir()
    return tmp_path


@pytest.mark.parametrize(("change", "complaint"), ATTACKS)
def test_a_bad_file(
    folder: Path, change: Change, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named with its line; alone it is the end, and what was there before stays."""
    bad = write_suite(folder / "bad" / "bad.jsonl", [sends("a.py::test_1")])
    run, test = bad.read_bytes().splitlines(keepends=True)
    bad.write_bytes(change(run, test))
    for name, command in COMMANDS.items():
        assert (name, main(command(bad, folder))) == (name, 2)
        told = capsys.readouterr()
        assert told.out == ""
        first, *_ = told.err.splitlines()
        assert first.startswith(f"MCSCOPES: {bad}{complaint}"), name
    assert [each.read_text() for each in (folder / "out").iterdir()] == ["the old file"]
    write_suite(folder / "bad" / "good.jsonl", [sends("a.py::test_1"), sends("a.py::test_2")])
    for name, command in COMMANDS.items():
        ended = unmeasured(main)(command(folder / "bad", folder))
        assert (name, ended) == (name, BESIDE_A_GOOD_ONE[name])
        told = capsys.readouterr()
        assert told.err.startswith(f"MCSCOPES: {bad}{complaint}"), name
        assert told.out != ""


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_nothing_to_read(
    folder: Path, command: Callable[[Path, Path], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A path that is not there is an error of usage; a folder without files is one, or fails."""
    assert main(command(folder / "nowhere", folder)) == 2
    assert f"{folder}/nowhere is not there." in capsys.readouterr().err
    assert main(command(folder / "bad", folder)) in {1, 2}
    told = capsys.readouterr()
    assert "has no data file" in told.err + told.out or "no record" in told.err + told.out


class TestWriting:
    """What cannot be written is said, with the file; what was there before stays."""

    @staticmethod
    def combine(folder: Path, output: Path | str) -> int:
        return main(["combine", str(folder / "good.jsonl"), "-o", str(output)])

    @pytest.mark.parametrize(
        ("output", "why"),
        [
            pytest.param("nowhere/all.jsonl", "No such file or directory", id="no folder"),
            pytest.param("good.jsonl/all.jsonl", "Not a directory", id="a file for a folder"),
            pytest.param("out", "Is a directory", id="a folder for a file"),
            pytest.param("/dev/full", "No space left on device", id="no room"),
            pytest.param("/proc/all.jsonl", "", id="a folder that nothing can be written to"),
        ],
    )
    def test_where_nothing_can_be_written(
        self, folder: Path, output: str, why: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = {each: each.read_bytes() for each in folder.rglob("*.jsonl")}
        assert self.combine(folder, output) == 2
        told = capsys.readouterr()
        assert told.err.startswith(f"MCSCOPES: {output} could not be written: {why}")
        assert {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()} == before

    def test_no_room_in_the_middle(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        output = folder / "out" / "all.jsonl"
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
        try:
            assert self.combine(folder, output) == 2
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert capsys.readouterr().err.startswith(
            f"MCSCOPES: {output} could not be written: File too large. "
        )
        assert [each.read_text() for each in output.parent.iterdir()] == ["the old file"]


def run(arguments: Sequence[str], output: int) -> tuple[int, str]:
    """Run the command as a process with this standard output; how it ended, and its errors."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest_mcscopes", *arguments],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_an_output_that_nobody_reads(folder: Path) -> None:
    """A reader may stop reading; a full disk is said."""
    many = write_suite(
        folder / "many.jsonl", [sends(f"{number:04}.py::test_1") for number in range(300)]
    )
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run(["suggest", str(many)], writing) == (0, "")
    finally:
        os.close(writing)
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - no path, a device
        code, errors = run(["suggest", str(many)], full.fileno())
    assert (code, errors) == (2, "MCSCOPES: [Errno 28] No space left on device\n")
