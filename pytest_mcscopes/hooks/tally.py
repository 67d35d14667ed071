"""What was found in each test, by its last attempt, and which tests were judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cloud.fingerprints import hide_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pytest

    from ..evidence.record import FindingRecord
    from ..evidence.results import Unjudged, UnloggedAttempt
    from ..report.groups import FoundInTest


class Tally:
    """Grows with each report of a test. Under xdist it is the controller's that counts."""

    def __init__(self) -> None:
        self._findings: dict[str, list[FindingRecord]] = {}
        self._advice: dict[str, tuple[str, ...]] = {}
        """What there is to do about the errors of a test."""
        self.failed: set[str] = set()
        """Tests with findings that failed, by whatever."""
        self._xfailed: set[str] = set()
        self._unjudged: dict[str, Unjudged] = {}
        self.rerun: dict[str, list[FindingRecord]] = {}
        """Findings of the earlier attempts of a test."""
        self.tenant_built = False
        """Whether any tenant was built, in any process of the run."""
        self._without_effect: dict[str, dict[str, None]] = {}
        self._hidden: set[str] = set()
        """Tests whose parameters hold a secret."""
        self.refused: set[str] = set()
        """Tests that passed under mc_no_token(refused=True)."""

    def begin_attempt(self, test: str, unlogged: Iterable[UnloggedAttempt] = ()) -> None:
        """Put aside what earlier attempts of a test have left, the *unlogged* without a report."""
        for earlier in (self._findings.pop(test, []), *(each["findings"] for each in unlogged)):
            if error_rules(earlier):
                self.rerun.setdefault(test, []).extend(earlier)
        self._unjudged.pop(test, None)
        self._advice.pop(test, None)
        self.failed.discard(test)
        self._xfailed.discard(test)
        self.refused.discard(test)

    def add(self, report: pytest.TestReport) -> None:
        """Keep what a report of a test has of ours."""
        test = report.nodeid
        if hasattr(report, "mcscopes"):
            # A block in a fixture may add findings when the test itself is over.
            findings = self._findings.setdefault(test, [])
            findings += [each for each in report.mcscopes if each not in findings]
            advice = [*self._advice.get(test, ()), *getattr(report, "mcscopes_advice", ())]
            self._advice[test] = tuple(dict.fromkeys(advice))
            if report.skipped:  # with findings: an expected failure
                self._xfailed.add(test)
        # What was found in the set-up may fail the test at its end.
        if report.failed and test in self._findings:
            self.failed.add(test)
        if hasattr(report, "mcscopes_unjudged"):
            self._unjudged[test] = report.mcscopes_unjudged
        if hasattr(report, "mcscopes_built"):
            self.tenant_built = True
        for text in getattr(report, "mcscopes_asides", ()):
            self._without_effect.setdefault(text, {})[test] = None
        if hasattr(report, "mcscopes_hidden"):
            self._hidden.add(test)
        if report.passed and hasattr(report, "mcscopes_refusal"):
            self.refused.add(test)

    @property
    def is_empty(self) -> bool:
        """Whether no test has anything to do with us."""
        of_tests = (self._findings, self._unjudged, self._without_effect, self.rerun)
        return not (self.tenant_built or any(of_tests))

    def shown(self, test: str) -> str:
        """Write a test's id, without parameters that hold a secret."""
        return hide_parameters(test) if test in self._hidden else test

    def without_effect(self) -> dict[str, dict[str, None]]:
        """Give the lines about how tests are set up, each with its tests."""
        return {
            text: dict.fromkeys(map(self.shown, tests))
            for text, tests in self._without_effect.items()
        }

    def judged(self) -> set[str]:
        """Give the tests with a verdict."""
        return self._findings.keys() - self.why_unjudged().keys()

    def why_unjudged(self) -> Mapping[str, Unjudged]:
        """Leave out the tests whose blocks or fixtures were judged, or that have an error."""
        return {
            test: why
            for test, why in self._unjudged.items()
            if test not in self._findings or (why == "before a token" and not self.errors_of(test))
        }

    def errors_of(self, test: str) -> set[str]:
        """Give the rules that a test with findings has errors of."""
        return error_rules(self._findings[test])

    def expected_failures(self) -> list[str]:
        """List the tests that have errors and were expected to fail."""
        return [test for test in self._xfailed if self.errors_of(test)]

    def hidden_failures(self) -> list[str]:
        """List the tests that have errors and passed: a hook or plugin hides their failure."""
        others = self.failed | self._xfailed
        return sorted(test for test in self.judged() - others if self.errors_of(test))

    def errors_with_advice(self) -> Iterator[FoundInTest]:
        """List what tests failed by; one alone was shown in full just above."""
        from ..report.groups import FoundInTest

        errors = [*self._findings_of(self.failed, "error")]
        alone = len({test for test, _ in errors}) == 1
        for test, each in () if alone else errors:
            yield FoundInTest(
                rule=each["rule"],
                scopes=tuple(each["scopes"]),
                test=self.shown(test),
                advice=self._advice.get(test, ()),
            )

    def notes(self) -> Iterator[tuple[str, str, str]]:
        """List what fails no test: the test, the rule and the text of each."""
        for test, each in self._findings_of(sorted(self._findings), "note"):
            yield self.shown(test), each["rule"], each["text"]

    def _findings_of(
        self, tests: Iterable[str], severity: str
    ) -> Iterator[tuple[str, FindingRecord]]:
        found = ((test, each) for test in tests for each in self._findings[test])
        return ((test, each) for test, each in found if each["severity"] == severity)


def error_rules(findings: Iterable[FindingRecord]) -> set[str]:
    """Give the rules that are errors among these findings."""
    return {each["rule"] for each in findings if each["severity"] == "error"}
