"""What the judged tests came to, gathered where the terminal is: under xdist, on the controller."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

MOST_LINES = 20


class Summary:
    """Gathers the findings of each test's last attempt."""

    def __init__(self) -> None:
        self._findings: dict[str, list[dict[str, Any]]] = {}
        self._running: str | None = None
        self._failed_within = False

    def begin(self, nodeid: str) -> None:
        """Note which test is running in this process."""
        self._running, self._failed_within = nodeid, False

    def failed_within(self, nodeid: str) -> bool:
        """Tell whether a part of the running test, a subtest, has been reported as failed."""
        return self._running == nodeid and self._failed_within

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's findings; of several attempts the last one's count."""
        if report.when != "call":
            return
        if report.failed and report.nodeid == self._running:
            self._failed_within = True
        if hasattr(report, "mcscopes"):
            self._findings[report.nodeid] = report.mcscopes

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write a line per note, and one that counts."""
        if not self._findings:
            return
        terminalreporter.section("Marketing Cloud scopes")
        for line in self.lines():
            terminalreporter.line(line)

    def lines(self) -> list[str]:
        """Write what the summary says, bounded."""
        notes = [
            f"{nodeid}: note {note['rule']} {note['text']}".replace("note  ", "note ")
            for nodeid, findings in sorted(self._findings.items())
            for note in findings
            if note["severity"] == "note"
        ]
        shown = notes[:MOST_LINES]
        if len(notes) > MOST_LINES:
            shown.append(f"... and {len(notes) - MOST_LINES} notes more")
        errors = Counter(
            each["rule"] for findings in self._findings.values() for each in findings if each["severity"] == "error"
        )
        told = ", ".join(f"{rule} in {count}" for rule, count in sorted(errors.items()))
        judged = len(self._findings)
        count = f"{judged} marked test{'' if judged == 1 else 's'} judged"
        return [*shown, f"{count}: {told or 'no errors'}"]
