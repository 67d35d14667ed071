"""Where findings stand, in which order, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import finding, report, sends

from pytest_mcscopes.report.model import (
    explain_finding,
    find_place,
    group_by_text,
    order_by_gravity,
    say_finding,
    say_verdict,
)

TEST = "tests/test_a.py::test_a"
TOO_MUCH = "the code under test asks Marketing Cloud for more than it needs"


@pytest.mark.parametrize(
    ("where", "test", "place"),
    [
        pytest.param("tests/test_a.py:5", TEST, ("tests/test_a.py", 5), id="of a mark"),
        pytest.param("tests\\test_a.py:5", TEST, ("tests/test_a.py", 5), id="of Windows"),
        pytest.param("mcscopes.toml:3", "", ("mcscopes.toml", 3), id="of a package"),
        pytest.param("conftest.py:3", TEST, ("conftest.py", 3), id="of another file"),
        pytest.param("/ci/job/tests/test_a.py:5", TEST, ("tests/test_a.py", 5), id="absolute"),
        pytest.param("C:/job/tests/test_a.py:5", TEST, ("tests/test_a.py", 5), id="of a drive"),
        pytest.param("test_a.py:5", TEST, ("tests/test_a.py", 5), id="from a folder of it"),
        pytest.param("/ci/other.py:5", TEST, ("tests/test_a.py", None), id="of elsewhere"),
        pytest.param("../other.py:5", TEST, ("tests/test_a.py", None), id="above the root"),
        pytest.param("C:/other.py:5", "", ("", None), id="of elsewhere, and of no test"),
        pytest.param("", TEST, ("tests/test_a.py", None), id="no mark"),
        pytest.param("", "", ("", None), id="nowhere"),
        pytest.param("tests/test_a.py:0", TEST, ("tests/test_a.py", None), id="no line"),
        pytest.param("tests/test_a.py:\u00b2", TEST, ("tests/test_a.py", None), id="no number"),
        pytest.param("not a place", TEST, ("tests/test_a.py", None), id="no place"),
    ],
)
def test_a_place(where: str, test: str, place: tuple[str, int | None]) -> None:
    """It is below the project's root, or else that of the test's file."""
    assert find_place(finding(1, where=where, test=test)) == place


def test_the_order() -> None:
    """Errors before notes, then the gravest rule."""
    rules = ("MCS404", "MCS102", "MCS107", "MCS401")
    errors = [finding(number, rule=rule) for number, rule in enumerate(rules)]
    note = finding(1, rule="MCS107", severity="note")
    told = [(each.rule, each.severity) for each in order_by_gravity([note, *errors])]
    assert told == [
        ("MCS107", "error"),
        ("MCS102", "error"),
        ("MCS401", "error"),
        ("MCS404", "error"),
        ("MCS107", "note"),
    ]


def test_findings_that_say_the_same_are_one_group() -> None:
    """The worst group is the first; its tests and places stay as they came, each once."""
    light = finding(1, rule="MCS401", test="", text="of all", where="mcscopes.toml:3")
    found = [finding(number, rule="MCS102", where=f"a.py:{number % 2}") for number in (1, 3, 2)]
    groups = group_by_text([light, *found, found[0]])
    assert [(each.rule, each.places) for each in groups] == [
        ("MCS102", ("a.py:1", "a.py:0")),
        ("MCS401", ("mcscopes.toml:3",)),
    ]
    assert groups[0].tests == tuple(each.test for each in found)
    assert groups[1].tests == ()


@pytest.mark.parametrize(
    ("change", "explained", "said"),
    [
        pytest.param({}, TOO_MUCH, f"{TOO_MUCH}: email_read", id="of a test"),
        pytest.param(
            {"scopes": tuple("abcdefg")}, TOO_MUCH, f"{TOO_MUCH}: 7 scopes", id="many scopes"
        ),
        pytest.param({"scopes": ()}, TOO_MUCH, TOO_MUCH, id="no scope"),
        pytest.param(
            {"text": "excess-scope, in a test that is expected to fail"},
            f"{TOO_MUCH}, in a test that is expected to fail",
            f"{TOO_MUCH}, in a test that is expected to fail: email_read",
            id="expected",
        ),
        pytest.param({"test": "", "text": "of all"}, "of all", "of all", id="of a suite"),
        pytest.param({"rule": "MCS404", "text": "bare"}, "bare", "bare", id="no mark"),
    ],
)
def test_what_is_said_of_a_finding(change: dict[str, object], explained: str, said: str) -> None:
    found = finding(1, **change)
    assert (explain_finding(found), say_finding(found)) == (explained, said)


def test_the_verdict() -> None:
    """Whatever it is, evidence that is not complete is called that."""
    made = report(sends(TEST), why=("a gap",))
    assert say_verdict(made) == "fails: not complete"
    lenient = replace(made, gate=replace(made.gate, failures=()))
    assert say_verdict(lenient) == "passes, and is not complete"
    assert say_verdict(report(sends(TEST))) == "passes"
    assert say_verdict(report(findings=(finding(1),))) == "fails: 1 finding"
    assert say_verdict(report(findings=(finding(1), finding(2)), why=("a",))) == (
        "fails: 2 findings, not complete"
    )
    assert say_verdict(replace(lenient, gate=replace(made.gate, complete=True))) == "fails"
