"""The results of judged tests, gathered where the terminal is: under xdist, on the controller."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from .after_tests import AfterTests
from .hidden_ids import hide_ids
from .run_failures import fail_for_unjudged, fail_for_unmarked
from .tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..config import Config
    from ..evidence.results import Results
    from ..session.driver import SessionDriver
    from ..transport.early_guard import EarlyGuard


class Summary:
    """Sums up the run, and fails it by what no test can fail by. A plugin of its own."""

    def __init__(
        self,
        settings: Config,
        results: Results | None,
        find_driver: Callable[[], SessionDriver | None],
        find_guard: Callable[[], EarlyGuard | None],
        *,
        suggests: bool,
    ) -> None:
        """Begin to gather; *results* are None where nobody wants them.

        *suggests* says whether the marks to paste are printed.
        """
        self._settings = settings
        self._find_driver = find_driver
        self._find_guard = find_guard
        self._results = results if suggests else None
        self.recording = results is not None
        """Whether each test's record is wanted."""
        self._tally = Tally()
        self._after = AfterTests()
        self._failures: list[tuple[str, str]] = []
        """What the run fails by, because settings say so: a sentence, and what goes with it."""
        self._running: str | None = None
        self.ended = False
        self.failed_within = False
        """Whether a part of the running test, a subtest, has been reported as failed."""

    def begin(self, nodeid: str) -> None:
        """Note which test is running in this process."""
        self._running, self.failed_within = nodeid, False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's findings; those of an earlier attempt are put aside at the next one."""
        report.mcscopes_logged = True  # type: ignore[attr-defined]
        if report.when == "setup":
            unlogged = getattr(report, "mcscopes_unlogged", ())
            self._tally.begin_attempt(report.nodeid, unlogged)
        if report.when == "call" and report.failed and report.nodeid == self._running:
            self.failed_within = True
        self._tally.add(report)
        self._after.notes += getattr(report, "mcscopes_late", [])

    @pytest.hookimpl(trylast=True)  # pytest tears down by it what a run that stopped early has left
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run by late errors; workers of xdist leave all to their controller."""
        self.ended = True
        hide = partial(hide_ids, session.config)
        self._after.take(self._find_driver(), self._find_guard(), hide)
        if hasattr(session.config, "workerinput"):
            output: dict[str, object] = session.config.workeroutput  # type: ignore[attr-defined]
            output.update(self._after.write())
            return
        if not session.config.getoption("collectonly"):
            self._failures = [*self._find_failures()]
        fails = self._after.errors or self._after.blocks or self._failures
        if fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Gather what a worker of xdist has left."""
        self._after.read(getattr(node, "workeroutput", {}))

    def _find_failures(self) -> Iterator[tuple[str, str]]:
        if self._settings.fail_unjudged and not self._tally.judged():
            yield fail_for_unjudged()
        unmarked = [test for test, why in self._tally.why_unjudged().items() if why == "unmarked"]
        if self._settings.fail_unmarked and unmarked:
            yield fail_for_unmarked([*map(self._tally.shown, unmarked)])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the marks to paste, then the notes, and how many tests were judged or were not."""
        if self._results is not None:
            from ..learn.suggest import suggest
            from ..learn.suggestions_text import render_text

            terminalreporter.section("Marketing Cloud scopes: marks to paste")
            for line in render_text(*suggest(self._results.records)):
                terminalreporter.line(line)
        after = self._after
        if self._tally.is_empty and not (
            after.errors or after.blocks or after.notes or self._failures
        ):
            return  # the run has nothing to do with us
        from .summary_text import write_summary

        write_summary(terminalreporter, self._tally, after, self._failures)
