"""Findings put together where they are alike, so that a thousand of them can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInTest:
    """What a rule found in one test, and what there is to do about the test."""

    rule: str
    scopes: tuple[str, ...]
    test: str
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tests with the same findings and the same advice."""

    findings: tuple[tuple[str, tuple[str, ...]], ...]
    """Each rule with the scopes that it is about, the gravest first."""
    tests: tuple[str, ...]
    advice: tuple[str, ...]


def group_findings(findings: Iterable[FoundInTest], by_gravity: Sequence[str]) -> list[Group]:
    """Put findings together that are alike in rule, scopes and advice.

    What the very same tests have is one group, whatever the number of rules.

    Args:
        findings: in any order.
        by_gravity: the rules, the gravest first. Others come after them.

    Returns:
        The gravest first; of one rule those of most tests.
    """
    weight = {rule: number for number, rule in enumerate(by_gravity)}

    def gravity(finding: tuple[str, tuple[str, ...]]) -> tuple[int, str, tuple[str, ...]]:
        rule, scopes = finding
        return weight.get(rule, len(weight)), rule, scopes

    alike: dict[tuple[str, tuple[str, ...], tuple[str, ...]], set[str]] = {}
    for each in findings:
        alike.setdefault((each.rule, each.scopes, each.advice), set()).add(each.test)
    together: dict[tuple[frozenset[str], tuple[str, ...]], list[tuple[str, tuple[str, ...]]]] = {}
    for (rule, scopes, advice), tests in alike.items():
        together.setdefault((frozenset(tests), advice), []).append((rule, scopes))
    groups = [
        Group(findings=tuple(sorted(found, key=gravity)), tests=tuple(sorted(tests)), advice=advice)
        for (tests, advice), found in together.items()
    ]
    return sorted(
        groups,
        key=lambda each: (
            gravity(each.findings[0])[:2],
            -len(each.tests),
            each.findings,
            each.advice,
            each.tests,
        ),
    )
