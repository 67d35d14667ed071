"""One verdict from all rules, one finding to a cause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .findings import RULES
from .rules import ALL_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .expectation import Allowance
    from .findings import Finding
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
) -> Verdict:
    """Apply every rule to every case.

    Args:
        cases: one per mark and package.
        strays: findings that belong to no package: MCS107.
        allowances: rules that this test turns into notes, as far as that is possible.
        aborted: the test failed by itself; absence then proves nothing.
    """
    allowed = frozenset(each.rule for each in allowances if not RULES[each.rule].fixed)
    cases = [replace(case, allowed_rules=allowed) for case in cases]
    found = [*strays, *(finding for case in cases for rule in ALL_RULES for finding in rule(case))]
    kept = [each for each in found if not (aborted and each.rule in ABSENCE_RULES)]
    lowered = [replace(each, severity="note") if each.rule in allowed else each for each in kept]
    return Verdict(
        cases=tuple(cases),
        findings=tuple(sorted(dict.fromkeys(lowered), key=lambda each: (each.severity, each.rule))),
        remarks=() if aborted else tuple(_unused(allowances, found)),
    )


def _unused(allowances: Iterable[Allowance], findings: Iterable[Finding]) -> Iterator[str]:
    fired = {each.rule for each in findings}
    for each in allowances:
        if each.rule not in fired:
            yield f'mc_allow("{each.rule}") allowed nothing here ({each.origin}): remove it'
