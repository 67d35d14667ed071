"""What the judged tests came to, gathered where the terminal is: under xdist, on the controller."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .evidence.record import Record
    from .learn.suggestion import Suggestion

MOST_LINES = 20


class Summary:
    """Gathers the findings of each test's last attempt. A plugin of its own."""

    def __init__(
        self,
        *,
        take_late: Callable[[], list[tuple[str, str]]],
        suggests: bool = False,
        suggestions: Path | None = None,
    ) -> None:
        """Begin to gather.

        Args:
            take_late: gives tests of this process whose calls raised after their end, and what.
            suggests: whether the marks to paste are printed.
            suggestions: the file that they are written to, as JSON.
        """
        self._take_late = take_late
        self._late: list[tuple[str, str]] = []
        self._suggests = suggests
        self._file = suggestions
        self._records: dict[str, Record] = {}
        self._findings: dict[str, list[dict[str, str]]] = {}
        self._failed: set[str] = set()
        self._running: str | None = None
        self.failed_within = False
        """Whether a part of the running test, a subtest, has been reported as failed."""

    @property
    def recording(self) -> bool:
        """Whether each test's record is wanted."""
        return self._suggests or self._file is not None

    def begin(self, nodeid: str) -> None:
        """Note which test is running in this process."""
        self._running, self.failed_within = nodeid, False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's findings; those of an earlier attempt go when another one begins."""
        if report.when == "setup":
            self._findings.pop(report.nodeid, None)
            self._records.pop(report.nodeid, None)
            self._failed.discard(report.nodeid)
        if report.when == "call" and report.failed and report.nodeid == self._running:
            self.failed_within = True
        if hasattr(report, "mcscopes"):
            # A block in a fixture may tell more, when the test itself is over.
            findings = self._findings.setdefault(report.nodeid, [])
            findings += [each for each in report.mcscopes if each not in findings]
            if report.failed:
                self._failed.add(report.nodeid)

        if hasattr(report, "mcscopes_record"):
            self._records[report.nodeid] = report.mcscopes_record

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run by late errors; workers of xdist leave all to their controller."""
        self._late += self._take_late()
        if hasattr(session.config, "workerinput"):
            session.config.workeroutput["mcscopes_late"] = self._late  # type: ignore[attr-defined]
            return
        if self._late and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self._file is not None:
            self._write(self._file)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Gather the late errors of a worker of xdist; one that crashed has left none."""
        self._late += getattr(node, "workeroutput", {}).get("mcscopes_late", [])

    def _write(self, file: Path) -> None:
        from .learn.document import render_json

        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(render_json(self._suggestions()), encoding="utf-8")

    def _suggestions(self) -> tuple[Suggestion, ...]:
        from .learn.suggest import suggest

        return suggest(self._records.values())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the marks to paste, then a line per note, and one that counts."""
        if self._suggests:
            from .learn.text import render_text

            terminalreporter.section("Marketing Cloud scopes: marks to paste")
            for line in render_text(self._suggestions()):
                terminalreporter.line(line)
        if self._file is not None:
            terminalreporter.line(f"Marketing Cloud scopes: suggestions are in {self._file}")
        if self._findings:
            terminalreporter.section("Marketing Cloud scopes")
            for line in [*self._notes(), self._count()]:
                terminalreporter.line(line)
        if self._late:
            terminalreporter.section("Marketing Cloud: raised after the test had ended", red=True)
            for line in self._late_lines():
                terminalreporter.line(line)

    def _late_lines(self) -> list[str]:
        told = (
            "MCSCOPES: {} had ended when this was raised while a port of its tenant was called."
            " The run fails by it. Let the test wait until its calls are answered."
        )
        return [
            line for test, error in self._late for line in (told.format(test), *error.splitlines())
        ]

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
            rule
            for nodeid in self._failed
            for rule in {e["rule"] for e in self._findings[nodeid] if e["severity"] == "error"}
        )
        told = ", ".join(f"{rule} in {count}" for rule, count in sorted(errors.items()))
        judged = len(self._findings)
        tests = "test" if judged == 1 else "tests"
        return f"{judged} {tests} judged: {told or 'no errors'}"
