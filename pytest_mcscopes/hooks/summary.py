"""The results of judged tests, gathered where the terminal is: under xdist, on the controller."""

from __future__ import annotations

from collections import Counter
from traceback import format_exception
from typing import TYPE_CHECKING

import pytest

from .more import with_more
from .run_failures import fail_for_unjudged, fail_for_unmarked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..evidence.record import FindingRecord
    from ..evidence.results import Results, Unjudged
    from ..session.driver import SessionDriver
    from .early_guard import EarlyGuard

MOST_LINES = 5
"""Of one kind; of a longer list the first few are written."""
_FIRST = 3

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
        self._failures: list[str] = []
        """What the run fails by, because settings say so."""
        self._findings: dict[str, list[FindingRecord]] = {}
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
            self._failures = [*map(with_more, self._find_failures())]
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
            for line in render_text(suggest(self._results.records)):
                terminalreporter.line(line)
        asides = _few(self._asides, "lines on how tests are set up")
        if lines := [*self._notes(), *asides, *self._counts()]:
            terminalreporter.section("Marketing Cloud scopes")
            for line in lines:
                terminalreporter.line(line)
        sections = {
            "Marketing Cloud: raised after the test had ended": self._late_lines(),
            "Marketing Cloud scopes: the run fails": self._failures,
            "Marketing Cloud: a block failed outside of any test": self._unowned_lines(),
        }
        for title, lines in sections.items():
            if lines:
                terminalreporter.section(title, red=True)
            for line in lines:
                terminalreporter.line(line)

    def _find_failures(self) -> list[str]:
        unmarked = (test for test, why in self._why_unjudged().items() if why == "unmarked")
        failures = (
            fail_for_unjudged(self._judged()) if self._fail_unjudged else "",
            fail_for_unmarked([*unmarked]) if self._fail_unmarked else "",
        )
        return [with_more(text) for text in failures if text]

    def _judged(self) -> set[str]:
        return self._findings.keys() - self._why_unjudged().keys()

    def _unowned_lines(self) -> list[str]:
        said = "MCSCOPES: this block failed after {} had ended. The run fails by it."
        return _under(said, self._unowned)

    def _late_lines(self) -> list[str]:
        said = (
            "MCSCOPES: {} had ended when this was raised while a port of its tenant was called."
            " The run fails by it. Let the test wait until its calls are answered."
        )
        return _under(said, self._late)

    def _notes(self) -> Iterator[str]:
        """Write each note once, with the number of tests that have it; of a rule a few."""
        notes = [
            (nodeid, each["rule"], each["text"])
            for nodeid, findings in sorted(self._findings.items())
            for each in findings
            if each["severity"] == "note"
        ]
        by_kind: dict[str, dict[str, dict[str, None]]] = {}
        for test, rule, text in (*notes, *self._left):
            told = " ".join(filter(None, ["note", rule, text]))
            by_kind.setdefault(rule or _kind_of(text), {}).setdefault(told, {})[test] = None
        for kind, tests in by_kind.items():
            yield from _few(
                tests, f"{kind} notes" if kind.startswith("MCS") else "notes of this kind"
            )

    def _counts(self) -> Iterator[str]:
        """Say how many tests were judged and with what result, and how many were not, and why."""
        unjudged, judged = self._why_unjudged(), self._judged()
        xfailed = {nodeid for nodeid in self._xfailed if self._errors_of(nodeid)}
        if plain := judged - xfailed:
            rules = _rules(map(self._errors_of, self._failed))
            yield f"{_count(len(plain), 'test')} judged: {rules or 'no errors'}"
        elif self._built and not judged:
            yield "nothing was judged, although a tenant was built"
        if self._refusals:
            yield (
                f"{_count(len(self._refusals), 'test')} of a refused token request"
                " (mc_no_token(refused=True)): what they ask for was not compared"
            )
        for why, (one, several) in _WHY.items():
            if count := sum(each == why for each in unjudged.values()):
                yield one if count == 1 else several.format(count)
        if xfailed:
            rules = _rules(map(self._errors_of, xfailed))
            yield f"{_count(len(xfailed), 'expected failure')} with findings: {rules}"
        if self._rerun:
            rules = _rules(map(_errors, self._rerun.values()))
            yield (
                f"{_count(len(self._rerun), 'test')} run again after an attempt with findings:"
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

    def _errors_of(self, nodeid: str) -> set[str]:
        return _errors(self._findings[nodeid])


def _errors(findings: Iterable[FindingRecord]) -> set[str]:
    """Give the rules that are errors among these findings."""
    return {each["rule"] for each in findings if each["severity"] == "error"}


def _under(heading: str, texts: Iterable[tuple[str, str]]) -> list[str]:
    """Write texts, each under a heading that names its test."""
    return [line for test, text in texts for line in (heading.format(test), *text.splitlines())]


def _kind_of(text: str) -> str:
    """Tell remarks apart that belong to no rule: they begin alike where they say the same."""
    return " ".join(text.split()[:2])


def _few(tests: Mapping[str, Mapping[str, None]], what: str) -> Iterator[str]:
    """Write lines, each with its tests; of many the first, and how many there are besides."""
    lines = [_note(text, [*found]) for text, found in tests.items()]
    shown = lines if len(lines) <= MOST_LINES else lines[:_FIRST]
    yield from shown
    if left := [*tests.values()][len(shown) :]:
        count = len({test for found in left for test in found})
        yield f"... and {len(left)} more {what}, in {_count(count, 'test')}"


def _note(note: str, tests: list[str]) -> str:
    if len(tests) == 1:
        return f"{tests[0]}: {note}"
    return f"{len(tests)} tests, first {tests[0]}: {note}"


def _rules(tests: Iterable[set[str]]) -> str:
    """Count the tests of each rule."""
    counts = Counter(rule for rules in tests for rule in rules)
    return ", ".join(f"{rule} in {count}" for rule, count in sorted(counts.items()))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
