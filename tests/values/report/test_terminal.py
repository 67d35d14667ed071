"""The terminal's section stays readable, whatever there is to say, and as wide as it may be."""

from __future__ import annotations

import pytest

from pytest_mcscopes.report.groups import FoundInTest
from pytest_mcscopes.report.terminal import (
    MOST_GROUPS,
    Line,
    fit,
    show_errors,
    show_few,
    show_notes,
    show_text,
    show_way_to_all,
)

LESS = ('Request scope="email_send" instead, and say so to whoever approves what it asks for.',)


def over_asking(
    number: int, *scopes: str, advice: tuple[str, ...] = LESS, rule: str = "MCS102"
) -> list[FoundInTest]:
    return [
        FoundInTest(rule=rule, scopes=scopes, test=f"test_it.py::test_{each}", advice=advice)
        for each in range(number)
    ]


def text(lines: object) -> str:
    return "\n".join(line.text for line in lines)  # type: ignore[attr-defined]


def test_one_kind_of_error() -> None:
    """Rule, name and scopes; how many tests; what to do; which tests."""
    lines = [*show_errors(over_asking(2, "email_read"), 60)]
    assert lines == [
        Line("MCS102 excess-scope email_read in 2 tests", "red"),
        Line('  Request scope="email_send" instead, and say so to whoever'),
        Line("  approves what it asks for."),
        Line("    test_it.py::test_0"),
        Line("    test_it.py::test_1"),
    ]


@pytest.mark.parametrize(
    ("tests", "last"),
    [
        pytest.param(5, "    test_it.py::test_4", id="a few"),
        pytest.param(6, "    ... and 3 more", id="more"),
        pytest.param(1000, "    ... and 997 more", id="a thousand"),
    ],
)
def test_the_first_of_many_tests_are_named(tests: int, last: str) -> None:
    lines = text(show_errors(over_asking(tests, "email_read"), 80)).splitlines()
    assert lines[-1] == last
    assert len(lines) <= 8


@pytest.mark.parametrize(
    ("scopes", "title"),
    [
        pytest.param((), "MCS102 excess-scope in 1 test", id="none"),
        pytest.param(tuple("abcdef"), "MCS102 excess-scope a b c d e f in 1 test", id="a few"),
        pytest.param(tuple("abcdefg"), "MCS102 excess-scope (7 scopes) in 1 test", id="many"),
    ],
)
def test_many_scopes_are_counted(scopes: tuple[str, ...], title: str) -> None:
    assert text(show_errors(over_asking(1, *scopes), 80)).splitlines()[0] == title


def test_what_the_same_tests_fail_by_is_one_group() -> None:
    """The words for each rule, and the advice once."""
    findings = [*over_asking(2, "email_read"), *over_asking(2, "sms_read", rule="MCS202")]
    lines = [*show_errors(findings, 50)]
    assert [line.text for line in lines if line.colour] == [
        "MCS102 excess-scope email_read and MCS202",
        "  unused-scope sms_read in 2 tests",
    ]
    assert text(lines).count("instead") == 1


def test_a_rule_without_a_name_is_told_by_its_id() -> None:
    findings = over_asking(1, "x", rule="MCS999")
    assert text(show_errors(findings, 80)).startswith("MCS999 x in 1 test")


def test_a_thousand_kinds_of_errors() -> None:
    """The first are shown, and the others counted."""
    findings = [
        FoundInTest(rule="MCS102", scopes=(f"scope_{number:03}",), test=f"test_{number % 100}")
        for number in range(1000)
    ]
    lines = text(show_errors(findings, 100)).splitlines()
    assert lines[:3] == [
        f"MCS102 {' and MCS102 '.join(f'excess-scope scope_{each}00' for each in range(3))}",
        "  and 7 more findings in 1 test",
        "    test_0",
    ]
    assert len(lines) == MOST_GROUPS * 3 + 1
    assert lines[-1] == f"... and {100 - MOST_GROUPS} more kinds of findings, in 90 tests"


NOTE = "unmapped call: GET /nowhere/v1/at/all is not in the catalogue"


def test_a_note_of_several_tests_is_written_once() -> None:
    notes = [("test_a", "MCS203", NOTE), ("test_b", "MCS203", NOTE), ("test_c", "", "left behind")]
    assert text(show_notes(notes, 60)).splitlines() == [
        "2 tests, first test_a: note MCS203 unmapped call: GET",
        "    /nowhere/v1/at/all is not in the catalogue",
        "test_c: note left behind",
    ]


@pytest.mark.parametrize(
    ("rule", "told", "last"),
    [
        pytest.param("MCS203", "call {}", "... and 47 more MCS203 notes, in 47 tests", id="a rule"),
        pytest.param("", "left by {}", "... and 47 more notes of this kind, in 47 tests", id="no"),
    ],
)
def test_of_many_notes_the_first_are_written(rule: str, told: str, last: str) -> None:
    notes = [(f"test_{each}", rule, told.format(each)) for each in range(50)]
    lines = text(show_notes(notes, 80)).splitlines()
    assert len(lines) == 4
    assert lines[-1] == last


def test_lines_on_the_set_up() -> None:
    given = {"the fixture is idle": dict.fromkeys(["test_a", "test_b"])}
    assert text(show_few(given, "lines", 80)) == "2 tests, first test_a: the fixture is idle"


def test_the_way_to_all_is_told_where_not_all_is_shown() -> None:
    whole = [Line("a"), Line("b", "red")]
    assert [*show_way_to_all(whole, 100)] == []
    assert [*show_way_to_all([*whole, Line("... and 3 more", cut=True)], 60)] == [
        Line("All of it: run with --mc-data, then mcscopes report --format"),
        Line("    html -o scopes.html"),
    ]
    assert [line.cut for line in show_errors(over_asking(9, "email_read"), 60)][-1]


def test_a_text_stays_as_it_is_under_its_sentence() -> None:
    """It may be a traceback, which lines of another length would break."""
    lines = text(show_text("It was raised when the test had ended.", "  a\n" + "b" * 99, 40))
    assert lines == f"It was raised when the test had ended.\n  a\n{'b' * 99}"


def test_no_line_is_wider_than_the_terminal() -> None:
    """But for the id of a test, which is to be copied."""
    for width in (40, 80, 100):
        findings = over_asking(9, "journeys_execute", "documents_and_images_read")
        for line in (*show_errors(findings, width), *show_notes([("t", "MCS203", NOTE)], width)):
            assert len(line.text) <= width


def test_the_width() -> None:
    """That of the terminal, as long as a text can be read in it."""
    assert [fit(columns) for columns in (10, 80, 300)] == [40, 80, 100]
