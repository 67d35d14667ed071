"""Findings put together where they are alike, so that a thousand of them can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..evidence.grouping import group_by
from ..privilege.verdict_text import gravity

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInTest:
    """What a rule found in one test, and what there is to do about the test."""

    rule: str
    scopes: tuple[str, ...]
    test: str
    advice: tuple[str, ...] = ()


class Group(NamedTuple):
    """Tests with the same findings and the same advice."""

    findings: tuple[tuple[str, tuple[str, ...]], ...]
    """Each rule with the scopes that it is about, the gravest first."""
    advice: tuple[str, ...]
    tests: tuple[str, ...]


def _gravest_first(finding: tuple[str, tuple[str, ...]]) -> tuple[int, str, tuple[str, ...]]:
    rule, scopes = finding
    return *gravity(rule), scopes


def group_findings(findings: Iterable[FoundInTest]) -> list[Group]:
    """Put findings together that are alike in rule, scopes and advice.

    What the very same tests have is one group, whatever the number of rules. The gravest comes
    first; of one rule that of most tests.
    """
    alike = group_by(findings, lambda each: (each.rule, each.scopes, each.advice))
    tests_of = {kind: frozenset(each.test for each in some) for kind, some in alike.items()}
    together = group_by(tests_of, lambda kind: (tests_of[kind], kind[2]))
    groups = [
        Group(
            findings=tuple(sorted((kind[:2] for kind in kinds), key=_gravest_first)),
            tests=tuple(sorted(tests)),
            advice=advice,
        )
        for (tests, advice), kinds in together.items()
    ]
    return sorted(groups, key=lambda each: (gravity(each.findings[0][0]), -len(each.tests), each))
