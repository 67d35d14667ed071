"""The data file: whole or not there, and what a line may hold."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING, Any

import pytest
from data_files import run_record

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.evidence import data_file, long_lists, record, results
from pytest_mcscopes.evidence.data_file import (
    FORMAT,
    digest,
    name_data_file,
    new_id,
    read_schema,
    replace_data_file,
    show_time,
)
from pytest_mcscopes.evidence.read_file import read_data_file
from pytest_mcscopes.evidence.results import Results

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mcscopes.evidence.results import ResultRecord

RUN = run_record(
    id=new_id(),
    commit=None,
    dirty=None,
    started=show_time(1_800_000_000),
    ended=show_time(1_800_000_007),
    tests=40,
)
RECORDS = {
    "run": data_file.RunRecord,
    "seen": data_file.SeenRecord,
    "selection": data_file.SelectionRecord,
    "versions": data_file.Versions,
    "digests": data_file.Digests,
    "test": results.ResultRecord,
    "finding": record.FoundRecord,
    "relaxation": results.RelaxedRecord,
    "attempt": results.AttemptRecord,
    "mark": record.MarkRecord,
    "allowance": record.AllowanceRecord,
    "part": record.PartRecord,
    "request": record.RequestRecord,
    "call": record.CallRecord,
    "block_call": record.BlockCallRecord,
    "requirements": record.NeedRecord,
    "long_list": long_lists.LongListRecord,
}


def some_results() -> Results:
    results = Results()
    for number in range(40):
        results.attempt_of(f"test_a.py::test_{number:02}").reach("passed")
    return results


def test_lines(tmp_path: Path) -> None:
    """The run's first, then each test's, in place of what was there."""
    path = tmp_path / "run.jsonl"
    replace_data_file(path, RUN, ())
    replace_data_file(path, RUN, some_results().records())
    first, *others = map(json.loads, path.read_text().splitlines())
    assert first == RUN
    assert [each["test"] for each in others] == [f"test_a.py::test_{n:02}" for n in range(40)]
    assert [*tmp_path.iterdir()] == [path]


def test_a_long_list_is_written_once(tmp_path: Path) -> None:
    """In the first line; what is read back is what was written, a short list in its place."""
    marks: list[record.MarkRecord] = [
        {
            "kind": "scopes",
            "declared": [f"scope_{each:02}" for each in range(number)],
            "match": "exact",
            "refused": False,
            "package": None,
            "origin": "test_a.py:1",
        }
        for number in (86, 10, 11, 86)
    ]
    written: list[ResultRecord] = [{**each, "marks": marks} for each in some_results().records()]
    path = tmp_path / "run.jsonl"
    replace_data_file(path, RUN, written)
    first, *others = map(json.loads, path.read_text().splitlines())
    assert first == {**RUN, "lists": [marks[0]["declared"], marks[2]["declared"]]}
    assert [each["declared"] for each in others[7]["marks"]] == [
        {"list": 0},
        marks[1]["declared"],
        {"list": 1},
        {"list": 0},
    ]
    assert [*read_data_file(path).records()] == written


def test_two_runs_at_once_write_two_files() -> None:
    """Even of one process, at one time; their names say when they began."""
    first, second = (name_data_file(1_800_000_000, new_id()) for _ in range(2))
    assert first != second
    assert first.startswith("20270115T080000Z-")


def test_no_room_in_the_middle_of_a_write(tmp_path: Path) -> None:
    """No part of it is left, and what was there is as it was."""
    old = tmp_path / "run.jsonl"
    replace_data_file(old, RUN, ())
    before = old.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            replace_data_file(old, RUN, some_results().records())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [*tmp_path.iterdir()] == [old]
    assert old.read_bytes() == before


def test_equal_values_have_one_digest() -> None:
    """In whatever order their keys were written."""
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})


def test_the_schema_speaks_of_what_is_written() -> None:
    """Of every field of every record, and of no other; all of them are always there."""
    schema: dict[str, Any] = json.loads(read_schema())
    assert schema["$defs"].pop("texts")
    assert schema["$defs"].keys() == RECORDS.keys()
    for name, of in schema["$defs"].items():
        fields = list(RECORDS[name].__annotations__)
        assert (name, [*of["properties"]], of["required"]) == (name, fields, fields)
    assert schema["$defs"]["run"]["properties"]["format"]["const"] == FORMAT


def test_the_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """As it is shipped."""
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == read_schema()
