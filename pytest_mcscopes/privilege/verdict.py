"""One verdict from all rules, one finding to a cause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from .findings import OTHER_CONNECTION, RULES
from .remarks import (
    left_out,
    not_taken,
    refusals,
    rights_unknown,
    unseen_log_ins,
    unused,
    whose_it_may_be,
)
from .replaces import replace_findings
from .rules.table import LOOKS_AT, RULE_ROWS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from .expectation import Allowance
    from .findings import Finding, Severity
    from .rules.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one test comes to."""

    cases: tuple[Case, ...]
    findings: tuple[Finding, ...]
    """The errors first, each kind by the rules' ids."""
    remarks: tuple[str, ...] = ()
    """Lines that belong to no rule, such as of an allowance that allowed nothing."""
    before_token: bool = False
    """Whether the test failed by itself before a token was granted, so that little is shown."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that fail the test."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings that are only told."""
        return tuple(each for each in self.findings if each.severity == "note")


class UnmarkedVerdict(NamedTuple):
    """What a test did, seen without its own marks."""

    verdict: Verdict
    """Of marks that let it ask for anything."""
    set_by_marks: bool
    """Whether `mc_package` marks of the test configure all its tenants."""


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
    """Apply every rule to every case, one per mark and package.

    *strays* belong to no package: MCS107, MCS305; where a test failed by itself, and was
    *aborted*, absence proves nothing; *severities* are what rules are in place of their default.
    """
    changed = severities or {}
    raised = [*strays, *_find(cases, changed)]
    weighed = _weigh_all(raised, changed, allowances) if raised else []
    found = list(replace_findings(weighed)) if weighed else []
    return Verdict(
        cases=tuple(cases),
        findings=_put_in_order(found, aborted=aborted) if found else (),
        remarks=tuple(_remark(cases, found, allowances, aborted=aborted)),
        before_token=aborted and any(each.rule == "MCS105" for each in weighed),
    )


def _find(cases: Iterable[Case], changed: Collection[str]) -> Iterator[Finding]:
    for case in cases:
        kind = case.expectation.kind
        for row in compress(RULE_ROWS[kind], LOOKS_AT[kind](case)):
            for each in row.find(case):
                if each.rule in changed or not RULES[each.rule].opt_in:
                    yield each


def _remark(
    cases: Sequence[Case],
    found: Sequence[Finding],
    allowances: Sequence[Allowance],
    *,
    aborted: bool,
) -> Iterator[str]:
    if aborted:
        yield from left_out(cases, found)
        yield from refusals(cases, found)
    else:
        yield from unused(allowances, found) if allowances else ()
        yield from rights_unknown(cases)
        if cases and (cases[0].taken or cases[0].others):  # the same for all that marks judge
            yield from unseen_log_ins(cases)
    yield from not_taken(cases)
    yield from whose_it_may_be(cases, found) if found else ()


def _put_in_order(findings: Iterable[Finding], *, aborted: bool) -> tuple[Finding, ...]:
    """Keep each finding once; of a test that failed by itself none that rests on an absence."""
    kept = (each for each in findings if not (aborted and each.rule in ABSENCE_RULES))
    return tuple(sorted(dict.fromkeys(kept), key=attrgetter("severity", "rule")))


def _weigh_all(
    findings: Iterable[Finding],
    changed: Mapping[str, Severity],
    allowances: Iterable[Allowance],
) -> list[Finding]:
    allowed = frozenset(each.written for each in allowances if not RULES[each.rule].fixed)
    return [replace(each, severity=_weigh(each, changed, allowed)) for each in findings]


def _weigh(finding: Finding, changed: Mapping[str, Severity], allowed: Collection[str]) -> Severity:
    """Choose what a finding is: what the mark or a doubtful row made of it is not changed."""
    if {finding.rule, f"{finding.rule}:{finding.kind}"} & set(allowed):
        return "note"
    stays = finding.by_mark or finding.kind == OTHER_CONNECTION
    return finding.severity if stays else changed.get(finding.rule, finding.severity)
