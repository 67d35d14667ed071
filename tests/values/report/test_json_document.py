"""The JSON document is all that is known, as its schema says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from reports import HOSTILE, finding, hostile_report, report, sends

from pytest_mcscopes.evidence import data_file
from pytest_mcscopes.evidence.gate_result import FindingKey
from pytest_mcscopes.report.json_document import read_schema, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_mcscopes.report.model import Report

SCHEMA = json.loads(read_schema())
VALIDATOR = Draft202012Validator(SCHEMA)
TEST = "tests/test_a.py::test_a"


def document(made: Report) -> dict[str, Any]:
    """Read a report, which is valid."""
    read = json.loads("".join(write_json(made)))
    assert [*VALIDATOR.iter_errors(read)] == []
    return read  # type: ignore[no-any-return]


def test_what_a_suite_shows() -> None:
    read = document(report(sends(TEST), sends("tests/test_b.py::test_b", "email_send email_read")))
    assert (read["complete"], read["passed"], read["why"], read["failures"]) == (
        True,
        False,
        [],
        [],
    )
    assert read["tests"]["outcomes"] == {"failed": 1, "passed": 1}
    assert read["run"]["project"] == "mailer"
    [found] = read["findings"]
    assert (found["rule"], found["scopes"], found["where"]) == (
        "MCS102",
        ["email_read"],
        "tests/test_b.py:5",
    )
    [package] = read["packages"]
    assert package["logins"] == {
        "email_send": [TEST],
        "email_read email_send": ["tests/test_b.py::test_b"],
    }
    scope = package["scopes"]["email_send"]
    assert scope["rung"] == "used on a documented row"
    assert scope["calls"][0]["used"] == ["email_send"]


def test_what_is_bad_goes_in_as_it_is() -> None:
    """It is data, and JSON escapes what may not stand in it."""
    read = document(hostile_report())
    assert read["run"]["project"] == HOSTILE
    assert read["undetermined"][0]["text"] == HOSTILE


def test_a_baseline() -> None:
    made = report(sends(TEST))
    key = FindingKey("MCS102", TEST, "integration", "email_read", "")
    read = document(replace(made, gate=replace(made.gate, known=(finding(1),), gone=(key,))))
    assert read["gone"] == [key._asdict()]
    assert len(read["known"]) == 1


def test_the_schema_knows_no_other_members() -> None:
    """So a member that is new has to be described."""
    valid = document(report(sends(TEST)))
    assert not VALIDATOR.is_valid(valid | {"more": 1})
    assert not VALIDATOR.is_valid(valid | {"findings": [{"rule": "MCS102"}]})
    for name in SCHEMA["required"]:
        assert not VALIDATOR.is_valid({key: valid[key] for key in valid if key != name})


def members(node: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Find the members of all objects of a schema."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from members(each)


@pytest.mark.parametrize("text", [read_schema(), data_file.read_schema()], ids=["report", "data"])
def test_each_member_is_described(text: str) -> None:
    schema = json.loads(text)
    found = [*members(schema)]
    assert len(found) > len(schema["$defs"])
    assert [name for name, of in found if "description" not in of] == []


def check_jsonschema(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "schema.json").write_text(read_schema())
    (folder / "report.json").write_text(text)
    tool = [sys.executable, "-m", "check_jsonschema", "--schemafile", "schema.json", "report.json"]
    return subprocess.run(tool, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        pytest.param("", "", 0, id="as written"),
        pytest.param('"complete": true', '"complete": "yes"', 1, id="broken"),
    ],
)
def test_another_tool_reads_it(tmp_path: Path, before: str, after: str, code: int) -> None:
    text = "".join(write_json(report(sends(TEST)))).replace(before, after, 1)
    assert check_jsonschema(tmp_path, text).returncode == code


def test_the_same_in_another_order_is_the_same() -> None:
    others = [sends(f"tests/test_{each}.py::test_it", "sms_read email_send") for each in "xyz"]
    one, other = (write_json(report(*records)) for records in (others, others[::-1]))
    assert "".join(one) == "".join(other)
