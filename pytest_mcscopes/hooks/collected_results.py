"""The results of all tests, gathered where the terminal is: under xdist, on the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..evidence.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from ..evidence.results import Outcome


class CollectedResults:
    """Gathers what the reports of tests say. A plugin of its own."""

    def __init__(self, rules: Iterable[str]) -> None:
        """Begin to gather; *rules* is the setting `mc_rules`."""
        words = (line.partition("=") for line in rules)
        notes = {rule.strip() for rule, _, word in words if word.strip() == "note"}
        self.results = Results(made_notes=notes)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that skips itself, in place of the tests that nobody saw in it."""
        if report.skipped:
            self.results.attempt_of(report.nodeid).reach("skipped")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what is known of a test by now."""
        test = report.nodeid
        if str(report.when) == "???":  # made by xdist in place of a worker that has died
            self.results.crash(test)
            return
        if not (hasattr(report, "mcscopes_noted") or hasattr(report, "context")):
            self.results.replaced.add(test)
        attempt = self.results.attempt_of(test, report.when, getattr(report, "worker_id", ""))
        if hasattr(report, "mcscopes_unlogged"):
            self.results.add_unlogged(test, report.mcscopes_unlogged)
        attempt.run_again = attempt.run_again or _is_rerun(report)
        if outcome := _outcome(report):
            attempt.reach(outcome)
        if hasattr(report, "mcscopes_declared"):
            attempt.declared = report.mcscopes_declared
        if hasattr(report, "mcscopes_record"):
            attempt.keep(report.mcscopes_record)
            del report.mcscopes_record  # pytest keeps all reports to its end
        if hasattr(report, "mcscopes"):
            attempt.add_findings(report.mcscopes)
        if hasattr(report, "mcscopes_hidden"):
            self.results.hide(test)
        attempt.expected.update(getattr(report, "mcscopes_expected", ()))
        attempt.block_calls += getattr(report, "mcscopes_block_calls", ())
        if hasattr(report, "mcscopes_unjudged"):
            attempt.unjudged = report.mcscopes_unjudged


def _is_rerun(report: pytest.TestReport) -> bool:
    """Tell whether it is a failure after which pytest-rerunfailures runs the test again."""
    return str(report.outcome) == "rerun"


def _outcome(report: pytest.TestReport) -> Outcome | None:
    """Tell what a phase says of its test; None: nothing yet."""
    of_body = report.when == "call"
    if report.failed or _is_rerun(report):
        return "failed" if of_body else "error"
    if hasattr(report, "context"):  # of a subtest, which does not end its test
        return None
    if report.skipped:
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    if of_body:
        return "xpassed" if hasattr(report, "wasxfail") else "passed"
    return None
