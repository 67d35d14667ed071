"""Findings that are alike stand together, the gravest first."""

from __future__ import annotations

from random import Random

import pytest

from pytest_mcscopes.report.groups import FoundInTest, Group, group_findings

ASK_LESS = ("Ask for less.",)


def found(
    test: str, rule: str = "MCS102", *scopes: str, advice: tuple[str, ...] = ()
) -> FoundInTest:
    return FoundInTest(rule=rule, scopes=scopes, test=test, advice=advice)


def told(groups: list[Group]) -> list[str]:
    """Write each group in a line."""
    return [
        f"{', '.join(' '.join((rule, *scopes)) for rule, scopes in each.findings)}:"
        f" {' '.join(each.tests)}"
        for each in groups
    ]


@pytest.mark.parametrize(
    ("findings", "groups"),
    [
        pytest.param([], [], id="none"),
        pytest.param([found("b"), found("a")], ["MCS102: a b"], id="alike"),
        pytest.param([found("a"), found("a")], ["MCS102: a"], id="the same test twice"),
        pytest.param(
            [found("a", "MCS102", "x"), found("b", "MCS102", "y")],
            ["MCS102 x: a", "MCS102 y: b"],
            id="other scopes",
        ),
        pytest.param(
            [found("a", advice=ASK_LESS), found("b")], ["MCS102: b", "MCS102: a"], id="other advice"
        ),
        pytest.param(
            [found("a"), found("a", "MCS201"), found("b", "MCS202")],
            ["MCS201, MCS102: a", "MCS202: b"],
            id="several of the very same tests",
        ),
        pytest.param(
            [found("a"), found("b"), found("b", "MCS201")],
            ["MCS201: b", "MCS102: a b"],
            id="several of some of the tests",
        ),
        pytest.param(
            [found("a", "MCS102", "x"), found("b", "MCS102", "y"), found("c", "MCS102", "y")],
            ["MCS102 y: b c", "MCS102 x: a"],
            id="of one rule, those of most tests first",
        ),
        pytest.param(
            [found("a", "MCS402"), found("b", "MCS401"), found("c", "MCS202")],
            ["MCS202: c", "MCS401: b", "MCS402: a"],
            id="rules of suites come last, by their ids",
        ),
    ],
)
def test_what_stands_together(findings: list[FoundInTest], groups: list[str]) -> None:
    """What is alike in rule, scopes and advice; tests with the same findings once."""
    assert told(group_findings(findings)) == groups
    shuffled = [*findings]
    Random(1).shuffle(shuffled)  # noqa: S311 - an order is no secret
    assert told(group_findings(shuffled)) == groups


def test_what_there_is_to_do_is_kept() -> None:
    [group] = group_findings([found("a", advice=ASK_LESS), found("b", advice=ASK_LESS)])
    assert group.advice == ASK_LESS
