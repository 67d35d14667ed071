"""What the judged tests came to, gathered where the terminal is: under xdist, on the controller."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

MOST_LINES = 20


class Summary:
    """Gathers the findings of each test's last attempt. A plugin of its own."""

    def __init__(self) -> None:
        self._findings: dict[str, list[dict[str, str]]] = {}
        self._failed: set[str] = set()
        self._running: str | None = None
        self.failed_within = False
        """Whether a part of the running test, a subtest, has been reported as failed."""

    def begin(self, nodeid: str) -> None:
        """Note which test is running in this process."""
        self._running, self.failed_within = nodeid, False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's findings; those of an earlier attempt go when another one begins."""
        if report.when == "setup":
            self._findings.pop(report.nodeid, None)
            self._failed.discard(report.nodeid)
        if report.when == "call" and report.failed and report.nodeid == self._running:
            self.failed_within = True
        if hasattr(report, "mcscopes"):
            self._findings[report.nodeid] = report.mcscopes
            if report.failed:
                self._failed.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write a line per note, and one that counts."""
        if self._findings:
            terminalreporter.section("Marketing Cloud scopes")
            for line in [*self._notes(), self._count()]:
                terminalreporter.line(line)

    def _notes(self) -> list[str]:
        notes = [
            " ".join(filter(None, [f"{nodeid}: note", each["rule"], each["text"]]))
            for nodeid, findings in sorted(self._findings.items())
            for each in findings
            if each["severity"] == "note"
        ]
        more = len(notes) - MOST_LINES
        return [*notes[:MOST_LINES], f"... and {more} notes more"] if more > 0 else notes

    def _count(self) -> str:
        # An expected failure is none of the suite's.
        errors = Counter(
            each["rule"]
            for nodeid in self._failed
            for each in self._findings[nodeid]
            if each["severity"] == "error"
        )
        told = ", ".join(f"{rule} in {count}" for rule, count in sorted(errors.items()))
        judged = len(self._findings)
        tests = "marked test" if judged == 1 else "marked tests"
        return f"{judged} {tests} judged: {told or 'no errors'}"
