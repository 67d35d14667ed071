"""SARIF is as the standard says, and a result is known again whatever else changes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from measuring import unmeasured
from reports import finding, hostile_report, report, sends

from pytest_mcscopes.privilege.findings import RULES
from pytest_mcscopes.report.sarif import INCOMPLETE, MOST_RESULTS, write_sarif

if TYPE_CHECKING:
    from pytest_mcscopes.report.model import Report

SCHEMA = Path(__file__).parents[2] / "data" / "sarif-schema-2.1.0.json"
VALIDATOR = Draft7Validator(json.loads(SCHEMA.read_text()))
OVER = sends("tests/test_a.py::test_a", "email_send email_read")


def run_of(made: Report) -> dict[str, Any]:
    """Give the one run of a document, which is valid."""
    document = json.loads(write_sarif(made))
    assert unmeasured(list)(VALIDATOR.iter_errors(document)) == []
    [run] = document["runs"]
    return run  # type: ignore[no-any-return]


def prints(made: Report) -> list[dict[str, str]]:
    return [each["partialFingerprints"] for each in run_of(made)["results"]]


def test_a_result() -> None:
    """Rule, level, message, place below the project's root, test, and what it is about."""
    run = run_of(report(OVER))
    [result] = run["results"]
    assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "MCS102"
    assert result["level"] == "error"
    assert result["message"]["text"] == (
        "the code under test asks Marketing Cloud for more than it needs: email_read;"
        " tests/test_a.py::test_a"
    )
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "tests/test_a.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 5},
            },
            "logicalLocations": [
                {"fullyQualifiedName": "tests/test_a.py::test_a", "kind": "function"}
            ],
        }
    ]
    assert result["properties"] == {"package": "integration", "scopes": ["email_read"]}
    assert run["originalUriBaseIds"].keys() == {"%SRCROOT%"}


def test_the_words_of_each_rule() -> None:
    """As mcscopes explain has them, as text and as Markdown."""
    findings = tuple(finding(number, rule=rule) for number, rule in enumerate(RULES))
    rules = run_of(report(OVER, findings=findings))["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == sorted(RULES)
    for each in rules:
        rule = RULES[each["id"]]
        assert each["name"] == rule.name
        assert each["defaultConfiguration"]["level"] == rule.severity
        assert each["fullDescription"]["text"] in each["help"]["text"]
        assert each["fullDescription"]["text"] in each["help"]["markdown"]
        assert f"`mcscopes explain {each['id']}`" in each["help"]["markdown"]


def test_a_rule_of_a_newer_version() -> None:
    """Its id is all that is known of it."""
    run = run_of(report(OVER, findings=(finding(1, rule="MCS999"),)))
    [rule] = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"], "help" in rule) == ("MCS999", "MCS999", False)


def test_a_finding_of_the_suite_has_a_place_too() -> None:
    """Services leave out what has none."""
    placed = finding(1, rule="MCS402", test="", where="mcscopes.toml:3", text="idle")
    nowhere = replace(placed, where="")
    run = run_of(report(OVER, findings=(placed, nowhere)))
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    address = {"uri": "mcscopes.toml", "uriBaseId": "%SRCROOT%"}
    assert places == [
        {"artifactLocation": address},
        {"artifactLocation": address, "region": {"startLine": 3}},
    ]


def test_a_project_in_a_folder_of_its_repository() -> None:
    """The addresses are those of the repository; what stands nowhere is at the manifest."""
    suite = finding(1, rule="MCS402", test="", where="", text="idle")
    made = report(findings=(finding(1), suite), why=("a gap",))
    run = run_of(replace(made, folder="services/mailer"))
    uris = [
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in run["results"]
    ]
    manifest = "services/mailer/mcscopes.toml"
    assert uris == [manifest, "services/mailer/tests/test_1.py", manifest]


def test_incomplete_evidence_is_a_result() -> None:
    """No result would read as if all were well."""
    made = report(sends("tests/test_a.py::test_a"), why=("a file is missing", "so is a test"))
    run = run_of(made)
    [result] = run["results"]
    assert (result["ruleId"], result["level"]) == (INCOMPLETE, "error")
    assert result["message"]["text"] == "a file is missing; so is a test"
    told = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert told[:2] == ["a file is missing", "so is a test"]
    assert run["automationDetails"]["description"]["text"].endswith("fails: not complete")
    assert (run["properties"]["complete"], run["properties"]["passed"]) == (False, False)
    lenient = replace(made, gate=replace(made.gate, failures=()))
    assert run_of(lenient)["results"][0]["level"] == "warning"


@pytest.mark.parametrize(
    "change",
    [
        {"where": "tests/test_1.py:99"},
        {"text": "another wording"},
        {"severity": "note"},
    ],
    ids=" ".join,
)
def test_a_result_is_known_again(change: dict[str, Any]) -> None:
    """Whatever its line, words and level."""
    one = finding(1)
    same = replace(one, **change)
    assert prints(report(findings=(one,))) == prints(report(findings=(same,), commit="def"))


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "MCS202"},
        {"test": "tests/test_1.py::test_other"},
        {"scopes": ("sms_read",)},
        {"package": "other"},
        {"union": ("sms_read",)},
    ],
    ids=" ".join,
)
def test_another_result_is_told_apart(change: dict[str, Any]) -> None:
    """By rule, test, scopes and package, and the union that it is in."""
    both = (finding(1), replace(finding(1), **change))
    one, other = prints(report(findings=both))
    assert set(one.values()) & set(other.values()) == set()


def test_so_many_results_and_no_more() -> None:
    """The worst are kept, and what is left out is said."""
    findings = [
        *(finding(number, severity="note", rule="MCS303") for number in range(MOST_RESULTS)),
        *(finding(number) for number in range(7)),
    ]
    made = report(sends("tests/test_a.py::test_a"), findings=tuple(findings), why=("a gap",))
    run = run_of(made)
    rules = [each["ruleId"] for each in run["results"]]
    assert len(rules) == MOST_RESULTS
    assert rules[:9] == [INCOMPLETE, *["MCS102"] * 7, "MCS303"]
    assert run["properties"]["resultsLeftOut"] == 8
    told = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert told[1].startswith("8 results left out, the least grave ones")


def test_what_the_baseline_knows_is_no_result() -> None:
    """It is counted."""
    made = report(findings=())
    run = run_of(replace(made, gate=replace(made.gate, known=(finding(1),))))
    told = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert "1 finding of the baseline left out" in told
    assert run["results"] == []


def check_jsonschema(*files: Path) -> subprocess.CompletedProcess[str]:
    # Python's expressions: one pattern of the published schema is not as JavaScript has it.
    tool = [sys.executable, "-m", "check_jsonschema", "--regex-variant", "python"]
    command = [*tool, "--schemafile", str(SCHEMA), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_another_tool_reads_it(tmp_path: Path) -> None:
    """And refuses what is not as the published schema says."""
    good = {"sound": report(OVER), "hostile": hostile_report(), "empty": report()}
    files = [tmp_path / f"{name}.sarif" for name in good]
    for file, made in zip(files, good.values(), strict=True):
        file.write_text(write_sarif(made))
    accepted = check_jsonschema(*files)
    assert (accepted.returncode, accepted.stdout) == (0, "ok -- validation done\n")
    broken = tmp_path / "broken.sarif"
    broken.write_text(files[0].read_text().replace('"startLine": 5', '"startLine": 0'))
    refused = check_jsonschema(files[1], broken)
    assert refused.returncode == 1
    assert "broken.sarif::$.runs[0].results[0].locations[0].physicalLocation" in refused.stdout


def test_the_same_in_another_order_is_the_same() -> None:
    others = [sends(f"tests/test_{each}.py::test_it", "sms_read email_send") for each in "xyz"]
    assert write_sarif(report(OVER, *others)) == write_sarif(report(*others[::-1], OVER))
