"""The gate: whether a suite's evidence is whole, and whether anything in it fails.

It fails for findings of tests and of the suite, and also where nothing shows that it may pass: no
record, nothing judged, or evidence that is not complete. What is undetermined or relaxed does not
fail it, and is always listed.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..privilege.findings import RULES
from ..privilege.phrases import few
from .completeness import NOTHING_JUDGED
from .describe_run import STATE, SUPERSEDED
from .gate_result import GateFinding, GateResult, Relaxed, Undetermined
from .gate_rules import SUITE_RULES, GateCase, find_exercised, find_left_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import date

    from ..settings.assigned_packages import AssignedPackage
    from .data_file import RunRecord
    from .gate_result import FindingKey
    from .gate_rules import OtherProject
    from .suite_evidence import SuiteEvidence, TestFinding

_OF_UNKNOWN_STATE = (
    "the commit of the runs is not known (there is no git, or it refuses the folder), so that they"
    " may be of different states of the project: begin with an empty folder"
)
_NO_RECORD = "there is no record of any test: run pytest --mc-data in the folder of the suite"


def check_suite(
    run: RunRecord,
    suite: SuiteEvidence,
    packages: Iterable[AssignedPackage],
    *,
    today: date,
    fail_on: Collection[str] = (),
    baseline: Collection[FindingKey] = (),
    allow_incomplete: str = "",
    stale: str = "",
    changed: str = "",
    others: Mapping[str, OtherProject] = MappingProxyType({}),
) -> GateResult:
    """Check what a suite shows.

    Args:
        run: what is true of the whole run, or of several that were put together.
        suite: what its records show.
        packages: what the manifest says is assigned.
        today: the day in UTC, by which exceptions expire.
        fail_on: rules whose findings fail the gate also where they are notes, or are expected.
        baseline: findings that are known, and fail nothing.
        allow_incomplete: why evidence of a part of the suite will do; empty: it will not.
        stale: why the evidence is of something else than this project as it is now, and fails by
            that; empty: it may be of it.
        changed: what else has changed since the run and does not fail it; empty: nothing.
        others: the evidence of other projects, for packages that are shared with them.
    """
    gaps = tuple(run["why_not_complete"])
    case = GateCase(
        suite=suite,
        packages={each.name: each for each in packages},
        project=run["project"],
        others=others,
        why_incomplete=gaps,
        today=today,
    )
    findings, undetermined = _apply_rules(case, fail_on)
    accepted = frozenset(baseline)
    known = {each for each in findings if each.severity == "error" and each.keys <= accepted}
    return GateResult(
        complete=not gaps,
        why=gaps,
        failures=(
            *_failures(suite, gaps, allow_incomplete),
            *filter(None, [stale]),
            *find_left_out(case),
        ),
        findings=tuple(each for each in findings if each not in known),
        known=tuple(sorted(known, key=_order)),
        # What is there as a note is not gone.
        gone=() if gaps else tuple(sorted(accepted.difference(*(each.keys for each in findings)))),
        undetermined=tuple(undetermined),
        relaxed=(*_relaxed_evidence(run, case, allow_incomplete, changed), *_relaxed(case)),
    )


def _apply_rules(
    case: GateCase, fail_on: Collection[str]
) -> tuple[list[GateFinding], list[Undetermined]]:
    """Give what the rules of suites find or leave open, and what was found in tests, in order."""
    found = [each for rule in SUITE_RULES for each in rule(case)]
    findings = [
        *(_weigh(each, fail_on) for each in found if isinstance(each, GateFinding)),
        *(_of_test(each, fail_on) for each in case.suite.findings),
    ]
    undetermined = [
        *(each for each in found if isinstance(each, Undetermined)),
        *_not_looked_for(findings, fail_on),
    ]
    undetermined.sort(key=lambda each: (each.rule, each.package, each.scopes, each.text))
    return sorted(findings, key=_order), undetermined


def _not_looked_for(
    findings: Iterable[GateFinding], fail_on: Collection[str]
) -> Iterator[Undetermined]:
    """Name the rules that are to fail, and that a run looks for only where a setting says so."""
    found = {each.rule for each in findings}
    for rule in sorted({*fail_on} - found):
        if RULES[rule].opt_in and not RULES[rule].of_suite:
            text = (
                f"it is looked for only where mc_rules names it, as {rule}=note, and none is found"
            )
            yield Undetermined(rule=rule, text=text)


def fail_without_record(places: Iterable[str] = ()) -> GateResult:
    """Build the result where there is no data file, with a sentence about each place."""
    why = (_NO_RECORD, *places)
    return GateResult(complete=False, why=why, failures=why)


def _failures(suite: SuiteEvidence, gaps: Iterable[str], allow_incomplete: str) -> Iterator[str]:
    """Say why the gate fails whatever was found."""
    if not suite.tests:
        yield _NO_RECORD
    elif not suite.judged:
        yield NOTHING_JUDGED
    if not allow_incomplete:
        yield from (gap for gap in gaps if gap != NOTHING_JUDGED)


def _weigh(found: GateFinding, fail_on: Collection[str]) -> GateFinding:
    """Make a note of what fails only those who ask for it."""
    fails = found.rule in fail_on or not RULES[found.rule].opt_in
    return found if fails else replace(found, severity="note")


def _of_test(found: TestFinding, fail_on: Collection[str]) -> GateFinding:
    fails = found.rule in fail_on or (found.severity == "error" and not found.expected)
    # The rule of a newer version may have no name here.
    about = [RULES[found.rule].name if found.rule in RULES else found.rule]
    about += [few(found.scopes, " ")] if found.scopes else []
    about += [f'package "{found.package}"'] if found.package else []
    about += ["in a test that is expected to fail"] if found.expected else []
    return GateFinding(
        rule=found.rule,
        severity="error" if fails else "note",
        text=", ".join(about),
        scopes=found.scopes,
        package=found.package,
        test=found.test,
        where=found.where,
    )


def _order(found: GateFinding) -> tuple[str, ...]:
    about = (" ".join(found.scopes), found.package, found.where, found.text)
    return (found.severity, found.rule, found.test, *about)


def _relaxed_evidence(
    run: RunRecord, case: GateCase, allow_incomplete: str, changed: str
) -> Iterator[Relaxed]:
    """List what is taken for evidence of this suite although it may not be."""
    if allow_incomplete and case.why_incomplete:
        yield Relaxed(by="incomplete evidence", reason=allow_incomplete)
    for selection in run["selections"]:
        yield Relaxed(by="-m", what=selection["expression"], reason=selection["reason"])
    for name in run["superseded"]:
        yield Relaxed(by="superseded", what=name, reason=SUPERSEDED)
    if run["mixed"]:
        yield Relaxed(by="mixed evidence", reason=f"runs that differ in {STATE}")
    # Of shards with numbers an old one would be seen, for it would be there twice.
    elif run["commit"] is None and len(run["combined"]) > 1 and not run["shards"]:
        yield Relaxed(by="mixed evidence", reason=_OF_UNKNOWN_STATE)
    if changed:
        yield Relaxed(by="mixed evidence", reason=changed)


def _relaxed(case: GateCase) -> Iterator[Relaxed]:
    """List what the manifest and the tests let pass."""
    for name, package in case.packages.items():
        exercised = find_exercised(case.calls_of(name), package.scopes).surely
        for each in package.exceptions:
            if each.scope not in exercised and not each.has_expired(case.today):
                reason = f"{each.reason} (until {each.expires}, {each.owner})"
                yield Relaxed(by="exception", what=each.scope, reason=reason, where=each.where)
    for entry in case.suite.own_entries:
        yield Relaxed(by="own catalogue entry", what=entry.label, tests=entry.tests)
    yield from case.suite.relaxed
    for test, rules in case.suite.rerun.items():
        yield Relaxed(by="rerun", what=" ".join(rules), tests=(test,))
