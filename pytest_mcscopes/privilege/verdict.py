"""One verdict from all rules, one finding to a cause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .findings import RULES
from .hygiene import HYGIENE_RULES
from .rules import ALL_RULES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from .expectation import Allowance
    from .findings import Finding, Severity
    from .rules import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one test comes to."""

    cases: tuple[Case, ...]
    findings: tuple[Finding, ...]
    """The errors first, each kind by the rules' ids."""
    remarks: tuple[str, ...] = ()
    """Lines that belong to no rule: an allowance that allowed nothing."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that fail the test."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings that are only told."""
        return tuple(each for each in self.findings if each.severity == "note")


ABSENCE_RULES = frozenset({"MCS105", "MCS202"})
"""What a test that fails by itself cannot show: it may have been about to do it."""


def judge(
    cases: Sequence[Case],
    strays: Sequence[Finding] = (),
    allowances: Sequence[Allowance] = (),
    *,
    aborted: bool = False,
    severities: Mapping[str, Severity] | None = None,
) -> Verdict:
    """Apply every rule to every case.

    Args:
        cases: one per mark and package.
        strays: findings that belong to no package: MCS107.
        allowances: rules that this test turns into notes, as far as that is possible.
        aborted: the test failed by itself; absence then proves nothing.
        severities: what rules are in place of their default.
    """
    changed = severities or {}
    allowed = frozenset(each.rule for each in allowances if not RULES[each.rule].fixed)
    told = allowed | {rule for rule, severity in changed.items() if severity == "note"}
    cases = [replace(case, told_rules=told) for case in cases]
    rules = (*ALL_RULES, *HYGIENE_RULES)
    found = [*strays, *(finding for case in cases for rule in rules for finding in rule(case))]
    kept = [each for each in found if not (aborted and each.rule in ABSENCE_RULES)]
    weighed = [replace(each, severity=_weigh(each, changed, allowed)) for each in kept]
    return Verdict(
        cases=tuple(cases),
        findings=tuple(sorted(dict.fromkeys(weighed), key=lambda each: (each.severity, each.rule))),
        remarks=tuple(_left_out(found) if aborted else _unused(allowances, found)),
    )


def _left_out(findings: Iterable[Finding]) -> Iterator[str]:
    """Tell of a test that failed by itself why it had no token: it may well be the cause."""
    for each in findings:
        if each.rule == "MCS105":
            only = "; only clients of httpx and httpx2 are answered here"
            why = only if each.text.endswith("arrived") else ""
            yield f"until the test failed: {each.text}{why}"


def _weigh(finding: Finding, changed: Mapping[str, Severity], allowed: Collection[str]) -> Severity:
    """Choose what a finding is: what the mark or a doubtful row made of it is not changed."""
    if finding.rule in allowed:
        return "note"
    by_default = finding.severity == RULES[finding.rule].severity
    return changed.get(finding.rule, finding.severity) if by_default else finding.severity


def _unused(allowances: Iterable[Allowance], findings: Iterable[Finding]) -> Iterator[str]:
    fired = {each.rule for each in findings}
    for each in allowances:
        if each.rule not in fired:
            yield f'mc_allow("{each.rule}") allowed nothing here ({each.origin}): remove it'
