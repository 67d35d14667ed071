"""mc_rules: what a project makes of rules, and what it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import facts
import pytest
from facts import call_made, packaged, token_requested, words

from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.privilege.verdict_text import render
from pytest_mcscopes.settings.severities import read_severities

if TYPE_CHECKING:
    from pytest_mcscopes.privilege.expectation import Kind, Match
    from pytest_mcscopes.privilege.rules.case import Case

LIKE = 'Write a line for each rule, as "MCS303=error".'


@pytest.mark.parametrize(
    ("lines", "severities"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param(["MCS303=error"], {"MCS303": "error"}, id="one"),
        pytest.param(
            [" MCS303 = note ", "MCS101=note"], {"MCS303": "note", "MCS101": "note"}, id="two"
        ),
    ],
)
def test_lines_are_read(lines: list[str], severities: dict[str, str]) -> None:
    assert read_severities(lines) == severities


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        pytest.param(["MCS303"], f"'MCS303' sets nothing. {LIKE}", id="no severity"),
        pytest.param([""], f"'' sets nothing. {LIKE}", id="empty"),
        pytest.param(
            ["mcs303=error"], f"unknown rule 'mcs303'. Did you mean \"MCS303\"? {LIKE}", id="near"
        ),
        pytest.param(["unused=error"], f"unknown rule 'unused'. {LIKE}", id="far"),
        pytest.param(
            ["MCS105=note"],
            "MCS105 (no-token-granted) cannot be changed: nothing else would be judged."
            " Take it out.",
            id="fixed",
        ),
        pytest.param(
            ["MCS303=error", "MCS303=error"],
            "MCS303 is set twice. Keep the line that is meant.",
            id="twice",
        ),
        pytest.param(
            ["MCS303=Errors"],
            'MCS303 must be "error" or "note", got \'Errors\'. Did you mean "error"?',
            id="near severity",
        ),
        pytest.param(
            ["MCS303=off"], 'MCS303 must be "error" or "note", got \'off\'.', id="far severity"
        ),
        pytest.param(["MCS303="], 'MCS303 must be "error" or "note", got \'\'.', id="no word"),
    ],
)
def test_what_makes_no_sense_is_told(lines: list[str], complaint: str) -> None:
    """By the line, with how it should have read."""
    with pytest.raises(ConfigError) as told:
        read_severities(lines)
    assert str(told.value) == f"MCSCOPES: mc_rules: {complaint}"


ASSIGNED = frozenset({"email_read", "email_send", "journeys_execute"})
SEND = "POST", "/messaging/v1/email/messages/r-1"
EVENTS = "POST", "/interaction/v1/interactions/contactexit"
NOWHERE = "GET", "/nowhere"


def case(
    declared: str,
    asked: str,
    *routes: tuple[str, str],
    match: Match = "exact",
    kind: Kind = "scopes",
) -> Case:
    mark = Expectation(kind=kind, declared=words(declared), match=match, origin="test_it.py:5")
    calls = [
        call_made(packaged(method, path), asked, method=method, path=path)
        for method, path in routes
    ]
    return facts.case(mark, token_requested(asked, ASSIGNED), *calls, assigned=ASSIGNED)


@pytest.mark.parametrize(
    ("given", "line", "expected"),
    [
        pytest.param(
            case("email_send", "email_send", SEND, NOWHERE),
            "MCS203=error",
            ["MCS203 error"],
            id="note to error",
        ),
        pytest.param(
            case("email_send", "email_send email_read"),
            "MCS102=note",
            ["MCS102 note"],
            id="error to note",
        ),
        pytest.param(
            case("email_send", "email_send email_read"),
            "MCS101=note",
            ["MCS102 error"],
            id="another rule",
        ),
        pytest.param(
            case("journeys_execute", "journeys_execute", EVENTS),
            "MCS108=error",
            ["MCS108 error"],
            id="undetermined to error",
        ),
        pytest.param(
            case("", "journeys_execute", EVENTS, kind="least_privilege"),
            "MCS108=note",
            ["MCS108 error"],
            id="undetermined under least privilege stays",
        ),
        pytest.param(
            case("email_send", "email_send email_read", match="at_least"),
            "MCS102=error",
            ["MCS102 note"],
            id="a lower bound stays one",
        ),
        pytest.param(
            case("email_send", "email_send", SEND, EVENTS),
            "MCS201=error",
            ["MCS201 note"],
            id="a doubtful row fails nothing",
        ),
        pytest.param(
            case("email_send", "", SEND),
            "MCS201=note",
            ["MCS103 error", "MCS201 note"],
            id="a note replaces nothing",
        ),
    ],
)
def test_the_default_is_changed(given: Case, line: str, expected: list[str]) -> None:
    """What the mark or a doubtful row makes of a finding stays."""
    verdict = judge([given], severities=read_severities([line]))
    assert [f"{each.rule} {each.severity}" for each in verdict.findings] == expected


def test_an_allowance_still_makes_a_note() -> None:
    """A test's own mark is closer than the project's setting."""
    given = case("email_send", "email_send", SEND, NOWHERE)
    allowance = Allowance(rule="MCS203", reason="a test")
    verdict = judge([given], (), [allowance], severities={"MCS203": "error"})
    assert [each.severity for each in verdict.findings] == ["note"]


@pytest.mark.parametrize(
    ("given", "rule", "headline", "step"),
    [
        pytest.param(
            case("email_send", "email_send nope_send", SEND, match="at_least"),
            "MCS104",
            "the code under test asks for a scope that Marketing Cloud is not known to have.",
            "Ask for scopes by the ids that Marketing Cloud documents, with spaces between them.",
            id="MCS104",
        ),
        pytest.param(
            case("journeys_execute", "journeys_execute", EVENTS),
            "MCS108",
            "it cannot be told whether the code under test asks for no more than it needs.",
            "Find out in a tenant of your own whether it is needed: if not, narrow the marker;"
            ' if it is, write so: @pytest.mark.mc_allow("MCS108", reason="...").',
            id="MCS108",
        ),
        pytest.param(
            case("email_send", "email_send", SEND, NOWHERE),
            "MCS203",
            "the code under test calls what Marketing Cloud is not known to have.",
            "Compare method and path with Marketing Cloud's documentation: such a call is not"
            " judged.",
            id="MCS203",
        ),
    ],
)
def test_a_note_that_was_made_an_error_says_what_to_do(
    given: Case, rule: str, headline: str, step: str
) -> None:
    """Its text begins and ends as that of every error does."""
    text = render(judge([given], severities={rule: "error"}))
    first = text.splitlines()[0]
    assert first.startswith(rule)
    assert first.endswith(f": MCSCOPES: {headline}")
    assert " ".join(text.split()).endswith(f" {step} More: mcscopes explain {rule}")
