"""The results of tests, put together from what each phase and attempt says."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, cast

import pytest
from facts import token_requested
from records import EVERYTHING, result

from pytest_mcscopes.evidence.results import Attempt, Results

if TYPE_CHECKING:
    from pytest_mcscopes.evidence.record import (
        AllowanceRecord,
        DeclaredRecord,
        FindingRecord,
        MarkRecord,
        Record,
    )
    from pytest_mcscopes.evidence.results import Outcome, ResultRecord, Unjudged
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.privilege.findings import Severity

TEST = "test_a.py::test_a"


def mark(match: Match = "exact") -> MarkRecord:
    return {
        "kind": "scopes",
        "declared": ["email_send"],
        "match": match,
        "refused": False,
        "package": None,
        "origin": "test_a.py:1",
    }


def allowance(rule: str, only: str | None = None) -> AllowanceRecord:
    return {"rule": rule, "only": only, "reason": "so it is", "origin": "test_a.py:2"}


def declared(*marks: MarkRecord, allowances: tuple[AllowanceRecord, ...] = ()) -> DeclaredRecord:
    return {"marks": [*marks], "allowances": [*allowances]}


def found(rule: str, severity: Severity = "error") -> FindingRecord:
    return {
        "rule": rule,
        "severity": severity,
        "text": f"port 4711: {rule}",
        "scopes": ["email_read"],
        "package": "integration",
    }


def written(attempt: Attempt, *made_notes: str) -> ResultRecord:
    """What is written of a test with just this attempt."""
    results = Results(made_notes)
    last = results.attempt_of(TEST)
    for name in Attempt.__slots__:
        setattr(last, name, getattr(attempt, name))
    (record,) = results.records()
    return record


@pytest.mark.parametrize(
    ("phases", "outcome"),
    [
        pytest.param([], "unfinished", id="none"),
        pytest.param(["passed"], "passed", id="body"),
        pytest.param(["passed", "error"], "error", id="teardown"),
        pytest.param(["failed", "error"], "failed", id="body and teardown"),
        pytest.param(["failed", "passed"], "failed", id="a subtest before its test"),
        pytest.param(["passed", "skipped"], "skipped", id="skipped in teardown"),
    ],
)
def test_the_worst_phase_counts(phases: list[Outcome], outcome: Outcome) -> None:
    """And a test of which nothing more came did not end."""
    attempt = Attempt()
    for phase in phases:
        attempt.reach(phase)
    assert attempt.outcome == outcome


@pytest.mark.parametrize(
    ("outcome", "marked", "concluded", "unjudged", "errors", "why"),
    [
        pytest.param("passed", True, True, None, 0, "", id="judged"),
        pytest.param("passed", False, True, None, 0, "", id="by a block"),
        pytest.param("passed", False, True, "unmarked", 0, "", id="by a block of an unmarked one"),
        pytest.param("xfailed", True, True, None, 1, "", id="an expected failure"),
        pytest.param("failed", True, True, "before a token", 1, "", id="failed, with an error"),
        pytest.param(
            "failed", True, True, "before a token", 0, "before a token", id="failed too early"
        ),
        pytest.param("passed", False, False, "unmarked", 0, "unmarked", id="unmarked"),
        pytest.param("error", True, False, "in set-up", 0, "in set-up", id="in set-up"),
        pytest.param("passed", False, False, None, 0, "no tenant", id="no tenant"),
        pytest.param("failed", True, False, None, 0, "failed", id="marks that make no sense"),
        pytest.param("skipped", True, False, None, 0, "skipped", id="skipped"),
        pytest.param("xfailed", True, False, None, 0, "xfailed", id="pytest.xfail()"),
        pytest.param("unfinished", True, False, None, 0, "unfinished", id="unfinished"),
    ],
)
def test_why_a_test_was_not_judged(
    outcome: Outcome,
    *,
    marked: bool,
    concluded: bool,
    unjudged: Unjudged | None,
    errors: int,
    why: str,
) -> None:
    """Empty where it was."""
    attempt = Attempt(outcome, declared=declared(mark()) if marked else declared())
    if concluded:
        attempt.add_findings([found("MCS102")] * errors)
    attempt.unjudged = unjudged
    record = written(attempt)
    assert (record["judged"], record["why_not_judged"]) == (not why, why)


def test_a_finding_is_kept_once_and_without_its_text() -> None:
    """Texts name ports and threads; remarks belong to no rule."""
    attempt = Attempt("failed")
    attempt.add_findings([found("MCS202"), found("MCS102")])
    attempt.add_findings([found("MCS102"), found("", "note")])
    kept = {"severity": "error", "scopes": ["email_read"], "package": "integration"}
    assert written(attempt)["findings"] == [{"rule": "MCS102", **kept}, {"rule": "MCS202", **kept}]


class TestRelaxed:
    """What lets a test pass is told, with its place and reason."""

    @staticmethod
    def of(attempt: Attempt, *made_notes: str) -> list[tuple[str, str, str, str]]:
        relaxed = written(attempt, *made_notes)["relaxed"]
        return [(each["by"], each["rule"], each["reason"], each["origin"]) for each in relaxed]

    def test_by_nothing(self) -> None:
        """Neither a note of the rule's own nor an error relaxes anything."""
        attempt = Attempt("failed", declared=declared(mark(), mark("at_most")))
        attempt.add_findings([found("MCS303", "note"), found("MCS102")])
        assert self.of(attempt, "MCS102", "MCS202") == []

    def test_by_allowances(self) -> None:
        """Whether used or not, as the mark writes them."""
        allowances = (allowance("MCS201"), allowance("MCS107", "bearer"))
        assert self.of(Attempt("passed", declared=declared(allowances=allowances))) == [
            ("mc_allow", "MCS107:bearer", "so it is", "test_a.py:2"),
            ("mc_allow", "MCS201", "so it is", "test_a.py:2"),
        ]

    def test_by_a_match(self) -> None:
        """`at_least` lets the code ask for more."""
        attempt = Attempt("passed", declared=declared(mark("at_least")))
        assert self.of(attempt) == [("at_least", "", "", "test_a.py:1")]

    def test_by_the_setting(self) -> None:
        """Where a finding came of it, and the test itself does not allow it."""
        allowed = declared(mark(), allowances=(allowance("MCS201"),))
        attempt = Attempt("passed", declared=allowed)
        attempt.add_findings([found("MCS102", "note"), found("MCS201", "note")])
        assert self.of(attempt, "MCS102", "MCS201", "MCS202") == [
            ("mc_allow", "MCS201", "so it is", "test_a.py:2"),
            ("mc_rules", "MCS102", "", ""),
        ]

    def test_by_an_expected_failure(self) -> None:
        """The errors that it hides."""
        attempt = Attempt("xfailed", declared=declared(mark()))
        attempt.add_findings([found("MCS102"), found("MCS203", "note")])
        assert self.of(attempt) == [("xfail", "MCS102", "", "")]

    def test_by_a_block(self) -> None:
        """It was to find just this error, each once."""
        attempt = Attempt("passed", declared=declared(), expected={"MCS102", "MCS104"})
        assert self.of(attempt) == [
            ("expect_findings", "MCS102", "", ""),
            ("expect_findings", "MCS104", "", ""),
        ]

    @pytest.mark.parametrize(
        ("outcome", "marks", "asks", "relaxed"),
        [
            pytest.param("skipped", [mark()], True, True, id="it had asked"),
            pytest.param("skipped", [mark()], False, False, id="it had not"),
            pytest.param("skipped", [], True, False, id="no mark is set aside"),
            pytest.param("passed", [mark()], True, False, id="it was judged"),
        ],
    )
    def test_by_a_skip(
        self,
        outcome: Outcome,
        marks: list[Any],
        *,
        asks: bool,
        relaxed: bool,
    ) -> None:
        """Of a test that had begun to ask, which nothing then compares."""
        attempt = Attempt(outcome, declared=declared(*marks))
        attempt.keep(
            cast("Record", result(TEST, None, *[token_requested("email_read", EVERYTHING)] * asks))
        )
        reason = "after it had asked for a token, so that it was not judged"
        assert self.of(attempt) == [("skip", "", reason, "")] * relaxed


class TestAttempts:
    """Each test is there once."""

    def test_the_last_one_counts(self) -> None:
        """The earlier ones are kept beside it, each with what was found."""
        results = Results()
        results.attempt_of(TEST, "setup")
        results.attempt_of(TEST).reach("failed")
        results.attempt_of(TEST).add_findings([found("MCS102")])
        results.attempt_of(TEST, "setup")
        results.attempt_of(TEST).reach("passed")
        (record,) = results.records()
        assert (record["outcome"], record["findings"]) == ("passed", [])
        (earlier,) = record["earlier"]
        assert earlier["outcome"] == "failed"
        assert [each["rule"] for each in earlier["findings"]] == ["MCS102"]

    def test_a_crash_leaves_nothing_of_its_attempt(self) -> None:
        """How much of it came through would differ from one run to the next."""
        crashed = Results()
        crashed.crash(TEST)
        begun = Results()
        begun.attempt_of(TEST, "setup")
        begun.attempt_of(TEST).declared = declared(mark())
        begun.crash(TEST)
        assert [*crashed.records()] == [*begun.records()]
        assert begun.outcomes() == {TEST: "crashed"}
        assert not begun.any_judged()

    def test_a_crash_keeps_earlier_attempts(self) -> None:
        """They had ended."""
        results = Results()
        results.attempt_of(TEST, "setup")
        results.attempt_of(TEST).reach("failed")
        results.attempt_of(TEST, "setup")
        results.crash(TEST)
        (record,) = results.records()
        assert (record["outcome"], len(record["earlier"])) == ("crashed", 1)

    def test_the_order_is_that_of_the_ids(self) -> None:
        """And not that in which they ran."""
        results = Results()
        for name in "bca":
            results.attempt_of(f"test_a.py::test_{name}", "setup")
        tests = [each["test"] for each in results.records()]
        assert tests == [f"test_a.py::test_{name}" for name in "abc"]


def test_what_threads_did_is_in_one_order() -> None:
    """Whichever came first: requests, calls, and which log-in each call belongs to."""
    did: list[tuple[list[str], str]] = [(["a"], "/1"), (["b"], "/2"), ([], "/3"), ([], "/4")]

    def record(order: tuple[tuple[list[str], str], ...]) -> Record:
        calls: list[Any] = [{"route": "/handed", "login": None}]
        calls += [{"route": route, "login": number} for number, (_, route) in enumerate(order)]
        requests: Any = [{"scope": " ".join(scopes), "route": route} for scopes, route in order]
        return {
            "test": TEST,
            "aborted": False,
            "set_by_marks": True,
            "own_packages": [],
            "marks": [],
            "parts": [
                {
                    "package": "integration",
                    "mark_names": None,
                    "assigned": [],
                    "everything": False,
                    "requests": requests,
                    "inherited": [],
                    "calls": calls,
                    "logins": [scopes for scopes, _ in order],
                    "dropped": False,
                    "refused": False,
                    "own_tokens": [],
                }
            ],
            "errors": [],
        }

    attempts = [Attempt("passed") for _ in permutations(did)]
    for attempt, order in zip(attempts, permutations(did), strict=True):
        attempt.keep(record(order))
    first, *others = map(written, attempts)
    assert all(each == first for each in others)
    (part,) = first["parts"]
    named = {
        call["route"]: None if call["login"] is None else part["logins"][call["login"]]
        for call in part["calls"]
    }
    assert named == {"/handed": None} | {route: scopes for scopes, route in did}


def test_a_test_that_several_processes_ran() -> None:
    """It is none that was run again in one, nor one whose process had died."""
    results = Results()
    for test, worker in (("one", "gw0"), ("one", "gw0"), ("two", "gw0"), ("two", "gw1")):
        results.attempt_of(test, "setup", worker)
    results.attempt_of("two", "teardown", "gw1").reach("passed")
    results.attempt_of("two", "teardown", "gw0").reach("failed")
    two = next(each for each in results.records() if each["test"] == "two")
    assert (two["outcome"], [each["outcome"] for each in two["earlier"]]) == ("passed", ["failed"])
    results.attempt_of("died", "setup", "gw0")
    results.crash("died")
    results.attempt_of("died", "setup", "gw1")
    assert results.find_doubled() == ["two"]
    results.rename({"two": "its own"})
    assert [*results.outcomes()] == ["one", "its own", "died"]


@pytest.mark.parametrize("tears_down", [True, False])
def test_a_subtest_that_is_reported_before_the_set_up(*, tears_down: bool) -> None:
    """It is of the same attempt, as plugins that run tests again have it, the older one too."""
    results = Results()
    for outcome in ("failed", "passed"):
        results.attempt_of(TEST, "call").reach("skipped")
        results.attempt_of(TEST, "setup")
        attempt = results.attempt_of(TEST, "call")
        attempt.reach(outcome)
        attempt.run_again = outcome == "failed"
        if tears_down or outcome == "passed":
            results.attempt_of(TEST, "teardown")
    (record,) = results.records()
    (earlier,) = record["earlier"]
    assert (record["outcome"], earlier["outcome"]) == ("skipped", "failed")


def test_a_crash() -> None:
    """What had been said of the attempt is dropped, not of one that had ended."""
    results = Results()
    for test in ("ended", "begun"):
        results.attempt_of(test, "setup").reach("failed")
    results.attempt_of("ended", "teardown")
    for test in ("ended", "begun", "before"):
        results.crash(test)
    earlier = {
        record["test"]: [each["outcome"] for each in record["earlier"]]
        for record in results.records()
    }
    assert earlier == {"ended": ["failed"], "begun": [], "before": []}
    assert {*results.outcomes().values()} == {"crashed"}
