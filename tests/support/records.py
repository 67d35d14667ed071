"""Records of tests in few words, made as a run makes them: for suites that are values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from facts import NO_SCOPE, case, words

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.evidence.record import (
    record_block_calls,
    record_declared,
    record_findings,
    record_test,
)
from pytest_mcscopes.evidence.results import Results
from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
from pytest_mcscopes.privilege.expectation import Expectation
from pytest_mcscopes.privilege.observed import Login
from pytest_mcscopes.privilege.verdict import UnmarkedVerdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.evidence.results import Outcome, ResultRecord
    from pytest_mcscopes.privilege.expectation import Allowance

    Fact = TokenRequested | CallMade

EVERYTHING = load_catalogue().default_scopes


def result(
    test: str,
    mark: Expectation | None,
    *facts: Fact,
    assigned: str | None = None,
    outcome: Outcome | None = None,
    aborted: bool = False,
    package: str = "integration",
    **more: Any,  # noqa: ANN401 - of the run: allowances, made_notes, earlier, blocks
) -> ResultRecord:
    """One test with one mark or none, judged; without *outcome* it ends as its verdict says."""
    has = EVERYTHING if assigned is None else words(assigned)
    named = frozenset[str]().union(*(_named(each) for each in facts))
    login = Login(scopes=named, named=named, tokens=frozenset({"token"}))
    about = mark or Expectation(kind="scopes", declared=has | named, match="at_most")
    judged = case(about, *facts, assigned=has, logins=(login,), package=package)
    opened = Expectation(kind="scopes", declared=has | named, match="at_most")
    seen = judge([replace(judged, expectation=opened)])
    allowances: Iterable[Allowance] = more.get("allowances", ())
    verdict = judge(
        [judged], allowances=[*allowances], aborted=aborted, severities=more.get("severities")
    )
    ends: Outcome = outcome or ("failed" if mark and verdict.errors else "passed")
    made_notes = [rule for rule, word in more.get("severities", {}).items() if word == "note"]
    results = Results(made_notes)
    for each in more.get("earlier", ()):
        results.attempt_of(test, "setup")
        earlier = results.attempt_of(test)
        earlier.reach(each["outcome"])
        earlier.add_findings(each["findings"])
    results.attempt_of(test, "setup")
    attempt = results.attempt_of(test)
    attempt.reach(ends)
    marks = [mark] if mark else []
    attempt.declared = record_declared(marks, allowances)
    if ends not in {"skipped", "crashed"}:
        look = UnmarkedVerdict(verdict=seen, set_by_marks=False)
        attempt.keep(record_test(test, look, marks, (), aborted=aborted))
        if mark or more.get("blocks"):
            attempt.add_findings(record_findings(verdict.findings if mark else (), ()))
            seen_in_blocks = [each for each in judged.observed.allowed if more.get("blocks")]
            attempt.block_calls = record_block_calls((package, each) for each in seen_in_blocks)
        elif facts and ends != "xfailed":
            attempt.unjudged = "unmarked"
        if verdict.before_token:
            attempt.unjudged = "before a token"
    (record,) = results.records()
    return cast("ResultRecord", json.loads(json.dumps(record)))


def _named(fact: Fact) -> frozenset[str]:
    named = isinstance(fact, TokenRequested) and fact.scope is not None
    return fact.requested if named and isinstance(fact, TokenRequested) else NO_SCOPE
