"""The results of judged tests, gathered where the terminal is: under xdist, on the controller."""

from __future__ import annotations

from collections import Counter
from traceback import format_exception
from typing import TYPE_CHECKING

import pytest

from ..words import count, wrap
from .more import with_more
from .run_failures import fail_for_unjudged, fail_for_unmarked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..evidence.record import FindingRecord
    from ..evidence.results import Results, Unjudged
    from ..report.groups import FoundInTest
    from ..report.terminal import Line
    from ..session.driver import SessionDriver
    from .early_guard import EarlyGuard

_TITLE = "Marketing Cloud scopes"
_LATE = (
    "MCSCOPES: {} had ended when this was raised while a port of its tenant was called. The run"
    " fails by it. Let the test wait until its calls are answered."
)
_UNOWNED = "MCSCOPES: this block failed after {} had ended. The run fails by it."
_WHY: dict[Unjudged, tuple[str, str]] = {
    "before a token": (
        "1 test not judged: it failed before a token was granted",
        "{} tests not judged: they failed before a token was granted",
    ),
    "in set-up": (
        "1 marked test not judged: it failed in its set-up",
        "{} marked tests not judged: they failed in their set-up",
    ),
    "unmarked": (
        (
            "1 test talked to a tenant and was not judged: it has no mark"
            " (pytest --mc-suggest writes one)"
        ),
        (
            "{} tests talked to a tenant and were not judged: they have no mark"
            " (pytest --mc-suggest writes them)"
        ),
    ),
}
"""For one test, and for several."""


class Summary:
    """Gathers the findings of each test's last attempt. A plugin of its own."""

    def __init__(
        self,
        find_driver: Callable[[], SessionDriver | None],
        find_guard: Callable[[], EarlyGuard | None],
        results: Results | None = None,
        *,
        suggests: bool = False,
        fail_unjudged: bool = False,
        fail_unmarked: bool = False,
    ) -> None:
        """Begin to gather.

        Args:
            find_driver: gives what drives the session, if there is any by then.
            find_guard: gives what has refused look-ups since pytest's start, if anything has.
            results: what is gathered of each test; None: nobody wants it.
            suggests: whether the marks to paste are printed.
            fail_unjudged: whether the run fails where no test was judged.
            fail_unmarked: whether it fails where a test without a mark talked to a tenant.
        """
        self._find_driver = find_driver
        self._find_guard = find_guard
        self._late: list[tuple[str, str]] = []
        """Tests whose calls raised after their end, and what."""
        self._unowned: list[tuple[str, str]] = []
        """Tests that had ended when a block of theirs failed, and by what."""
        self._left: list[tuple[str, str, str]] = []
        """What came from threads and tasks that tests had left running: test, rule and text."""
        self._results = results if suggests else None
        self.recording = results is not None
        """Whether each test's record is wanted."""
        self._fail_unjudged = fail_unjudged
        self._fail_unmarked = fail_unmarked
        self._failures: list[tuple[str, str]] = []
        """What the run fails by, because settings say so: a sentence, and what goes with it."""
        self._findings: dict[str, list[FindingRecord]] = {}
        self._advice: dict[str, tuple[str, ...]] = {}
        """What there is to do about the errors of a test."""
        self._failed: set[str] = set()
        self._xfailed: set[str] = set()
        self._unjudged: dict[str, Unjudged] = {}
        self._rerun: dict[str, list[FindingRecord]] = {}
        """Findings of the earlier attempts of a test."""
        self._built = False
        """Whether any tenant was built, in any process of the run."""
        self._asides: dict[str, dict[str, None]] = {}
        """Lines about the suite itself, each with its tests."""
        self._refusals: set[str] = set()
        """Tests that passed under mc_no_token(refused=True)."""
        self._running: str | None = None
        self.failed_within = False
        """Whether a part of the running test, a subtest, has been reported as failed."""

    def begin(self, nodeid: str) -> None:
        """Note which test is running in this process."""
        self._running, self.failed_within = nodeid, False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's findings; those of an earlier attempt are put aside at the next one."""
        if report.when == "setup":
            self._begin_attempt(report.nodeid)
        if report.when == "call" and report.failed and report.nodeid == self._running:
            self.failed_within = True
        if hasattr(report, "mcscopes"):
            # A block in a fixture may add findings when the test itself is over.
            findings = self._findings.setdefault(report.nodeid, [])
            findings += [each for each in report.mcscopes if each not in findings]
            advice = [*self._advice.get(report.nodeid, ()), *getattr(report, "mcscopes_advice", ())]
            self._advice[report.nodeid] = tuple(dict.fromkeys(advice))
            if report.skipped:  # with findings: an expected failure
                self._xfailed.add(report.nodeid)
        # What was found in the set-up may fail the test at its end.
        if report.failed and report.nodeid in self._findings:
            self._failed.add(report.nodeid)
        if hasattr(report, "mcscopes_unjudged"):
            self._unjudged[report.nodeid] = report.mcscopes_unjudged
        if hasattr(report, "mcscopes_built"):
            self._built = True
        self._keep_asides(report)

    def _keep_asides(self, report: pytest.TestReport) -> None:
        for text in getattr(report, "mcscopes_asides", ()):
            self._asides.setdefault(text, {})[report.nodeid] = None
        if report.passed and hasattr(report, "mcscopes_refusal"):
            self._refusals.add(report.nodeid)
        self._left += getattr(report, "mcscopes_late", [])

    def _begin_attempt(self, nodeid: str) -> None:
        earlier = self._findings.pop(nodeid, [])
        if _errors(earlier):
            self._rerun.setdefault(nodeid, []).extend(earlier)
        self._unjudged.pop(nodeid, None)
        self._advice.pop(nodeid, None)
        self._failed.discard(nodeid)
        self._xfailed.discard(nodeid)
        self._refusals.discard(nodeid)

    @pytest.hookimpl(trylast=True)  # pytest tears down by it what a run that stopped early has left
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run by late errors; workers of xdist leave all to their controller."""
        if (driver := self._find_driver()) is not None:
            # Without the chain: a stub's error comes from one of respx's that says nothing.
            self._late += [
                (str(test), "".join(format_exception(error, chain=False)))
                for test, error in driver.take_late_errors()
            ]
            self._unowned += driver.take_unowned()
            self._left += driver.take_report().late
        if (guard := self._find_guard()) is not None:
            self._left += guard.notes()
        if hasattr(session.config, "workerinput"):
            output: dict[str, object] = session.config.workeroutput  # type: ignore[attr-defined]
            output.update(
                mcscopes_late=self._late,
                mcscopes_unowned=self._unowned,
                mcscopes_left=self._left,
            )
            return
        if not session.config.getoption("collectonly"):
            self._failures = [*self._find_failures()]
        if (
            self._late or self._unowned or self._failures
        ) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Gather the late errors of a worker of xdist; one that crashed has left none."""
        output = getattr(node, "workeroutput", {})
        self._late += output.get("mcscopes_late", [])
        self._unowned += output.get("mcscopes_unowned", [])
        self._left += output.get("mcscopes_left", [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the marks to paste, then the notes, and how many tests were judged or were not."""
        if self._results is not None:
            from ..learn.suggest import suggest
            from ..learn.suggestions_text import render_text

            terminalreporter.section("Marketing Cloud scopes: marks to paste")
            for line in render_text(*suggest(self._results.records)):
                terminalreporter.line(line)
        if self._has_something_to_say():
            self._write_sections(terminalreporter)

    def _has_something_to_say(self) -> bool:
        """Tell whether there is more than in a run that has nothing to do with us."""
        of_tests = (self._findings, self._unjudged, self._asides, self._rerun)
        return self._built or any(
            (*of_tests, self._left, self._late, self._unowned, self._failures)
        )

    def _write_sections(self, reporter: pytest.TerminalReporter) -> None:
        from ..report.terminal import (
            MORE,
            Line,
            fit,
            show_errors,
            show_few,
            show_notes,
            show_text,
            show_way_to_all,
        )

        width = fit(reporter.config.get_terminal_writer().fullwidth)
        counts = [*self._counts()]
        lines = [
            *show_errors(self._errors_with_advice(), width),
            *show_notes(self._notes(), width),
            *show_few(self._asides, "lines on how tests are set up", width),
            *(Line(part) for each in counts for part in wrap(each, width, "", MORE)),
        ]
        lines += show_way_to_all(lines, width)
        if len(lines) == 1 and self._all_is_well():
            well = counts[0].replace(":", ",")
            _write_lines(reporter, [Line(f"{_TITLE}: {well}", "green")])
        else:
            _write_section(reporter, _TITLE, lines)
        sections = {
            "Marketing Cloud: raised after the test had ended": [
                (_LATE.format(test), with_more(text, "mc_server")) for test, text in self._late
            ],
            f"{_TITLE}: the run fails": self._failures,
            "Marketing Cloud: a block failed outside of any test": [
                (_UNOWNED.format(test), with_more(text, "judged")) for test, text in self._unowned
            ],
        }
        for title, texts in sections.items():
            failed = [line for head, text in texts for line in show_text(head, text, width)]
            _write_section(reporter, title, failed, red=True)

    def _find_failures(self) -> Iterator[tuple[str, str]]:
        if self._fail_unjudged and not self._judged():
            yield fail_for_unjudged()
        unmarked = [test for test, why in self._why_unjudged().items() if why == "unmarked"]
        if self._fail_unmarked and unmarked:
            yield fail_for_unmarked(unmarked)

    def _judged(self) -> set[str]:
        return self._findings.keys() - self._why_unjudged().keys()

    def _all_is_well(self) -> bool:
        """Tell whether tests were judged, and none has an error."""
        judged = self._judged()
        return bool(judged) and not any(map(self._errors_of, judged))

    def _errors_with_advice(self) -> Iterator[FoundInTest]:
        """List what tests failed by; one alone was shown in full just above."""
        from ..report.groups import FoundInTest

        if len(failed := self._with_errors(self._failed)) > 1:
            for test in failed:
                for each in self._findings[test]:
                    if each["severity"] == "error":
                        yield FoundInTest(
                            rule=each["rule"],
                            scopes=tuple(each["scopes"]),
                            test=test,
                            advice=self._advice.get(test, ()),
                        )

    def _notes(self) -> Iterator[tuple[str, str, str]]:
        for test, findings in sorted(self._findings.items()):
            for each in findings:
                if each["severity"] == "note":
                    yield test, each["rule"], each["text"]
        yield from self._left

    def _counts(self) -> Iterator[str]:
        """Say how many tests were judged and with what result, and how many were not, and why."""
        unjudged, judged = self._why_unjudged(), self._judged()
        xfailed = self._with_errors(self._xfailed)
        if plain := judged.difference(xfailed):
            rules = _rules(map(self._errors_of, self._failed))
            yield f"{count(len(plain), 'test')} judged: {rules or 'no errors'}"
        elif self._built and not judged:
            yield "nothing was judged, although a tenant was built"
        if self._refusals:
            yield (
                f"{count(len(self._refusals), 'test')} of a refused token request"
                " (mc_no_token(refused=True)): what they ask for was not compared"
            )
        for why, (one, several) in _WHY.items():
            if number := sum(each == why for each in unjudged.values()):
                yield one if number == 1 else several.format(number)
        if xfailed:
            rules = _rules(map(self._errors_of, xfailed))
            yield f"{count(len(xfailed), 'expected failure')} with findings: {rules}"
        if self._rerun:
            rules = _rules(map(_errors, self._rerun.values()))
            yield (
                f"{count(len(self._rerun), 'test')} run again after an attempt with findings:"
                f" {rules}"
            )

    def _why_unjudged(self) -> dict[str, Unjudged]:
        """Leave out the tests whose blocks or fixtures were judged, or that have an error."""
        return {
            nodeid: why
            for nodeid, why in self._unjudged.items()
            if nodeid not in self._findings
            or (why == "before a token" and not self._errors_of(nodeid))
        }

    def _with_errors(self, tests: Iterable[str]) -> list[str]:
        return [test for test in tests if self._errors_of(test)]

    def _errors_of(self, nodeid: str) -> set[str]:
        return _errors(self._findings[nodeid])


def _errors(findings: Iterable[FindingRecord]) -> set[str]:
    """Give the rules that are errors among these findings."""
    return {each["rule"] for each in findings if each["severity"] == "error"}


def _rules(tests: Iterable[set[str]]) -> str:
    """Count the tests of each rule."""
    counts = Counter(rule for rules in tests for rule in rules)
    return ", ".join(f"{rule} in {number}" for rule, number in sorted(counts.items()))


def _write_section(
    reporter: pytest.TerminalReporter, title: str, lines: Sequence[Line], *, red: bool = False
) -> None:
    """Write a section, if it has lines."""
    if lines:
        reporter.section(title, red=red)
        _write_lines(reporter, lines)


def _write_lines(reporter: pytest.TerminalReporter, lines: Iterable[Line]) -> None:
    for line in lines:
        reporter.line(line.text, **({line.colour: True} if line.colour else {}))
