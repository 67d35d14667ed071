"""Annotations are what GitHub shows of them: the worst, at their lines, and how many are left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis.strategies import text
from reports import (
    SHOWN,
    SPECIAL,
    Annotation,
    finding,
    hostile_report,
    read_annotations,
    report,
    sends,
)

from pytest_mcscopes.evidence.gate_result import Undetermined
from pytest_mcscopes.report.annotations import MOST, write_annotations
from pytest_mcscopes.report.model import one_line

MORE = "; mcscopes explain MCS102 says more"
TOO_MUCH = "the code under test asks Marketing Cloud for more than it needs: email_read"


if TYPE_CHECKING:
    from pytest_mcscopes.report.model import Report


def written(made: Report) -> list[Annotation]:
    return read_annotations("\n".join(write_annotations(made)))


def test_all_is_well() -> None:
    """Nothing is said, where nothing is left open."""
    made = report(sends("tests/test_a.py::test_a"))
    assert written(replace(made, gate=replace(made.gate, undetermined=()))) == []


def test_findings_at_the_line_of_the_mark() -> None:
    """Those of one mark once, with the number of tests."""
    over = "email_send email_read"
    found = written(
        report(
            sends("tests/test_a.py::test_one", over),
            sends("tests/test_a.py::test_two", over),
            sends("tests/test_b.py::test_one", over),
        )
    )
    at = {"file": "tests/test_a.py", "line": "5", "title": "MCS102 excess-scope"}
    assert found[:2] == [
        Annotation("error", at, f"{TOO_MUCH}; 2 tests, first tests/test_a.py::test_one{MORE}"),
        Annotation(
            "error",
            at | {"file": "tests/test_b.py"},
            f"{TOO_MUCH}; tests/test_b.py::test_one{MORE}",
        ),
    ]
    assert {each.level for each in found[2:]} == {"notice"}


def test_a_project_in_a_folder_of_its_repository() -> None:
    """The paths are those of the repository."""
    made = replace(report(findings=(finding(1),)), folder="services/mailer/")
    first, *others = written(made)
    assert first.properties["file"] == "services/mailer/tests/test_1.py"
    assert not any("file" in each.properties for each in others)


def test_incomplete_evidence_comes_first() -> None:
    """As an error where it fails the gate, and as a warning where a reason lets it pass."""
    made = report(sends("tests/test_a.py::test_a"), why=("1 test file was not collected",))
    first, *_ = written(made)
    said = {"title": "Marketing Cloud scopes"}
    assert first == Annotation("error", said, "1 test file was not collected")
    allowed = replace(made, gate=replace(made.gate, failures=()))
    assert written(allowed)[0] == first._replace(level="warning")


@pytest.mark.parametrize(
    ("errors", "notes", "shown", "said"),
    [
        pytest.param(10, 9, (10, 10), [], id="as many as GitHub shows"),
        pytest.param(11, 0, (10, 1), ["1 more place"], id="one more"),
        pytest.param(500, 40, (10, 10), ["521 more places"], id="many of both"),
    ],
)
def test_what_github_does_not_show_is_counted(
    errors: int, notes: int, shown: tuple[int, int], said: list[str]
) -> None:
    """By a warning, of which it shows ten as well."""
    findings = [
        *(finding(number, rule="MCS102") for number in range(errors)),
        *(finding(number, rule="MCS303", severity="note") for number in range(notes)),
    ]
    found = written(report(sends("tests/test_a.py::test_a"), findings=tuple(findings)))
    levels = [each.level for each in found]
    assert (levels.count("error"), levels.count("notice")) == shown
    assert max(levels.count(each) for each in levels) <= MOST
    warnings = [each.message for each in found if each.level == "warning"]
    assert [each.partition(" with ")[0] for each in warnings] == said


def test_findings_of_the_suite_at_one_line_are_one() -> None:
    """The manifest has one line for many scopes."""
    findings = tuple(
        finding(1, rule="MCS402", test="", where="mcscopes.toml:3", text=f"{name} is idle")
        for name in "abc"
    )
    [first, *_] = written(report(findings=findings))
    assert first == Annotation(
        "error",
        {"file": "mcscopes.toml", "line": "3", "title": "MCS402 assigned-not-exercised"},
        "a is idle; and 2 more of this kind here; mcscopes explain MCS402 says more",
    )


def test_of_one_rule_what_most_tests_have_comes_first() -> None:
    """So that ten places are worth the most."""
    findings = [finding(number) for number in range(3)]
    findings += [finding(1, test=f"tests/test_1.py::test_{each}") for each in range(3)]
    first, *_ = written(report(findings=tuple(findings)))
    assert first.properties["file"] == "tests/test_1.py"
    assert "; 4 tests, first " in first.message


def test_the_worst_come_first() -> None:
    rules = ("MCS405", "MCS102", "MCS107", "MCS201")
    findings = tuple(finding(number, rule=rule) for number, rule in enumerate(rules))
    found = written(report(findings=findings))
    told = [each.properties["title"][:6] for each in found if "file" in each.properties]
    assert told == ["MCS107", "MCS201", "MCS102", "MCS405"]


def test_what_users_write_is_no_command() -> None:
    """It comes back as it was, in one line, in the message or property that it belongs to."""
    text = "\n".join(write_annotations(hostile_report()))
    found = read_annotations(text)
    assert len(found) == len(text.splitlines())
    assert [each for each in found if SHOWN in each.message]
    assert {each.level for each in found} == {"error", "notice"}
    assert {key for each in found for key in each.properties} == {"file", "line", "title"}


@settings(max_examples=100, deadline=None)
@given(text() | text(SPECIAL))
def test_any_text_comes_back(name: str) -> None:
    """As people see it, in the message and in the properties."""
    made = report(findings=(finding(1, test=f"a.py::{name}", where=f"a{name}.py:7"),))
    [first, *_] = written(made)
    assert one_line(f"a.py::{name}") in first.message
    assert first.properties["title"] == "MCS102 excess-scope"
    assert first.properties["file"] in {
        one_line(f"a{name}.py".replace("\\", "/")),
        one_line("a.py"),
    }


def test_a_broken_command_is_read_as_what_it_is() -> None:
    """The reader tells an escape that is missing."""
    [line] = [each for each in write_annotations(hostile_report()) if "MCS203" in each]
    [whole] = read_annotations(line)
    assert read_annotations(line.replace("%25", "%")) != [whole]
    assert read_annotations(f"x{line}") == []
    assert read_annotations("::error no end") == []


def test_one_more_question_is_left_open() -> None:
    """What is undetermined is told by its number, and the first in words."""
    made = report(sends("tests/test_a.py::test_a"))
    one = Undetermined(rule="MCS402", text="not known", scopes=(), package="", where="")
    [told] = written(replace(made, gate=replace(made.gate, undetermined=(one,))))
    assert told.message == "1 undetermined, first not known"
