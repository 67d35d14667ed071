"""What is put on a test's report: the findings, and what may lie behind a failure."""

from __future__ import annotations

import re
from dataclasses import replace
from operator import attrgetter
from traceback import format_exception, walk_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from ..errors import McScopesError, ScopeAssertionError
from ..evidence.record import record_block_calls, record_findings
from ..words import user_place
from .collection import describe_late_marks
from .fixture_names import in_words_of
from .hidden_ids import HIDDEN, hide_ids
from .judging import leaves_hosts_out
from .more import with_more
from .stash import ATTEMPT, DRIVER, SUMMARY, UNLOGGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..evidence.record import FindingRecord
    from ..evidence.results import Unjudged
    from ..markers.levels import Declared
    from ..session.block_verdicts import BlockReport
    from ..session.conclusion import Conclusion
    from ..session.driver import SessionDriver
    from .stash import Attempt

_REFUSED = attrgetter("refused")


def _way_out(item: pytest.Item, error: BaseException) -> str:
    """Tell how to get the tenant's requests back, where a test failed by somebody else's answer."""
    if DRIVER not in item.config.stash or _fails_by_verdict(item):
        return ""
    from ..ledger.interceptor_texts import describe_refusal
    from ..transport.interceptors import came_from

    driver = item.config.stash[DRIVER]
    if by_port := driver.refuser(error):
        return describe_refusal(by_port, by_name=False)
    of_ours = any("marketingcloudapis.com" in str(each) for each in came_from(error))
    if not of_ours or leaves_hosts_out(item):
        return ""
    return describe_refusal(driver.refuser_by_name(error), by_name=True)


def _hints(item: pytest.Item, call: pytest.CallInfo[None], error: BaseException) -> Iterator[str]:
    """Say what may lie behind a failure that is not ours, where something is known."""
    from ..privilege.hints import wrong_scope

    asked = (
        r"ScopeMismatch: .* function scoped fixture (mc_tenant|mc_server|mc_clock) with a (\w+) "
    )
    if found := re.match(asked, str(error)):
        yield wrong_scope(*found.groups())
    if DRIVER not in item.config.stash:
        return
    driver = item.config.stash[DRIVER]
    if call.when == "call" and not _fails_by_verdict(item):
        yield from dict.fromkeys(driver.hints(item.nodeid))
    if hint := driver.misdirected(error):
        yield hint


def _fails_by_verdict(item: pytest.Item) -> bool:
    attempt = item.stash.get(ATTEMPT, None)
    return bool(attempt and attempt.conclusion and attempt.conclusion.fails_by_verdict)


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put the verdict on the test's report, and a misuse of ours in plain words."""
    stash, attempt = item.config.stash, item.stash.get(ATTEMPT, None)
    recording = stash[SUMMARY].recording
    if recording:
        report.mcscopes_noted = True  # type: ignore[attr-defined]
    error = call.excinfo.value if call.excinfo else None
    if (hidden := stash.get(HIDDEN, None)) and item.nodeid in hidden:
        report.mcscopes_hidden = True  # type: ignore[attr-defined]
    known = _attach_known(item, call, report, error) if error is not None else ""
    driver = stash.get(DRIVER, None)
    if call.when == "call" or error is not None or not report.passed:
        _attach_leftovers(item, call, report, driver)
    if call.when == "setup" and recording and attempt is not None:
        _attach_declared(item, attempt.declared, report)
    if driver is not None:
        _attach_findings(item, call, report, driver, known)
    if call.when == "teardown" and attempt is not None:
        attempt.conclusion = None  # of a large suite all of them are much
    if report.sections:
        report.sections = [
            (title, in_words_of(item, text) if title.startswith("MCSCOPES") else text)
            for title, text in report.sections
        ]
    for finding in getattr(report, "mcscopes", ()):
        finding["text"] = in_words_of(item, finding["text"])
    if advice := getattr(report, "mcscopes_advice", None):
        advice[:] = [in_words_of(item, step) for step in advice]
    stash[UNLOGGED].add(report)


def _attach_declared(item: pytest.Item, declared: Declared, report: pytest.TestReport) -> None:
    """Put on a report what the marks say, less what a reason tells of a secret by mistake."""
    from ..evidence.record import record_declared

    redact = item.config.stash[DRIVER].redact
    allowances = [replace(each, reason=redact(each.reason)) for each in declared.allowances]
    report.mcscopes_declared = record_declared(declared.expectations, allowances)  # type: ignore[attr-defined]


def _attach_leftovers(
    item: pytest.Item,
    call: pytest.CallInfo[None],
    report: pytest.TestReport,
    driver: SessionDriver | None,
) -> None:
    """Add to another failure what would have been one of its own."""
    attempt = item.stash.get(ATTEMPT, None)
    in_body = attempt is not None and attempt.in_body
    # An expected failure has been reported as one already, and needs no second one.
    failed = report.failed or hasattr(report, "wasxfail")
    if driver is not None and failed:
        for raised in driver.take_errors():
            text = "".join(format_exception(raised))
            report.sections.append(("MCSCOPES: raised while a port was called", text))
        if call.when == "call" and report.failed and (unfired := driver.take_unfired()):
            report.sections.append(("MCSCOPES", unfired))
    # A subtest's report, which is made in the body, leaves them to its test.
    if call.when == "call" and not report.skipped and attempt is not None and not in_body:
        _attach_marks_without_effect(item, attempt, report)
    if driver is not None and call.excinfo is not None:
        driver.note_shown(call.excinfo.value)
    # A subtest's report, which is made in the body, leaves what it does not show to its test.
    if driver is not None and failed and not in_body:
        report.sections += [("MCSCOPES", text) for text in driver.take_failures()]


def _attach_findings(
    item: pytest.Item,
    call: pytest.CallInfo[None],
    report: pytest.TestReport,
    driver: SessionDriver,
    known: str,
) -> None:
    """Put on a report what was found, for people and for the summary."""
    attempt = item.stash.get(ATTEMPT, None)
    # A subtest's report, which is one of a call too, comes before there is a conclusion.
    conclusion = attempt.conclusion if attempt is not None and call.when == "call" else None
    if attempt is not None and conclusion is not None:
        _attach_conclusion(attempt, conclusion, report, known)
    phase = conclusion.report if conclusion else driver.take_report()
    if phase.blocks is not None:
        _attach_blocks(phase.blocks, report)
    if phase.built:
        report.mcscopes_built = True  # type: ignore[attr-defined]
    if attempt is not None and (why := _why_unjudged(attempt, call, report, talked=phase.talked)):
        report.mcscopes_unjudged = why  # type: ignore[attr-defined]
    if phase.late:
        late = [(hide_ids(item.config, test), *rest) for test, *rest in phase.late]
        report.mcscopes_late = late  # type: ignore[attr-defined]


def _attach_known(
    item: pytest.Item,
    call: pytest.CallInfo[None],
    report: pytest.TestReport,
    error: BaseException,
) -> str:
    """Say the one thing that is known of a failure which is not ours: two lines at most."""
    if report.failed and isinstance(error, McScopesError | ScopeAssertionError):
        report.longrepr = _in_plain_words(item, error)
    hints = _hints(item, call, error) if report.failed else iter(())
    if known := _way_out(item, error) or next(hints, ""):
        report.sections.append(("MCSCOPES", known))
    return known


def _attach_conclusion(
    attempt: Attempt, conclusion: Conclusion, report: pytest.TestReport, known: str
) -> None:
    if conclusion.record is not None:
        report.mcscopes_record = conclusion.record  # type: ignore[attr-defined]
    if conclusion.unseen:
        asides = [*getattr(report, "mcscopes_asides", ()), *conclusion.unseen]
        report.mcscopes_asides = asides  # type: ignore[attr-defined]
    verdict, text = conclusion.verdict, conclusion.text
    if verdict is None:
        return
    if any(map(_REFUSED, attempt.declared.expectations)):
        report.mcscopes_refusal = True  # type: ignore[attr-defined]
    # Where it is known why the test failed, what else was seen is a line of the summary.
    if text and not conclusion.fails_by_verdict and (verdict.errors or not known):
        report.sections.append(("MCSCOPES", text))
    report.mcscopes = record_findings(verdict.findings, verdict.remarks)  # type: ignore[attr-defined]
    report.mcscopes_advice = [*conclusion.advice]  # type: ignore[attr-defined]


def _attach_marks_without_effect(
    item: pytest.Item, attempt: Attempt, report: pytest.TestReport
) -> None:
    """Add to a failure, or to the summary, which marks and settings had no effect."""
    idle = attempt.idle
    if idle.inherited:
        report.mcscopes_asides = [*idle.inherited]  # type: ignore[attr-defined]
    # A test fails by its subtests after this: pytest has not yet said so.
    if not (report.failed or item.config.stash[SUMMARY].failed_within):
        return
    late = describe_late_marks(item, attempt.marks, "while the test ran")
    if late and "which is too late" not in str(report.longrepr):
        report.sections.append(("MCSCOPES", late))
    if idle.own and idle.own not in str(report.longrepr):
        report.sections.append(("MCSCOPES", idle.own))


def _why_unjudged(
    attempt: Attempt, call: pytest.CallInfo[None], report: pytest.TestReport, *, talked: bool
) -> Unjudged | None:
    """Tell why a test that has to do with a tenant was not judged; None: it was, or has not."""
    marked = bool(attempt.declared.expectations)
    if call.when == "setup":
        return "in set-up" if marked and report.failed else None
    if call.when != "call":
        return None
    if attempt.conclusion and (verdict := attempt.conclusion.verdict):
        return "before a token" if verdict.before_token else None
    return "unmarked" if talked and not (marked or report.skipped) else None


def _attach_blocks(blocks: BlockReport, report: pytest.TestReport) -> None:
    """Put on a report the results of judged blocks, those of fixtures too."""
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped:
        return
    report.mcscopes_expected = [*blocks.expected]  # type: ignore[attr-defined]
    report.mcscopes_block_calls = record_block_calls(blocks.calls)  # type: ignore[attr-defined]
    known: list[FindingRecord] = getattr(report, "mcscopes", [])
    found = record_findings(blocks.findings, blocks.remarks)
    report.mcscopes = known + [each for each in found if each not in known]  # type: ignore[attr-defined]
    report.mcscopes_advice = [*getattr(report, "mcscopes_advice", ()), *blocks.advice]  # type: ignore[attr-defined]
    report.sections += [("MCSCOPES", text) for text in blocks.texts]


def _in_plain_words(item: pytest.Item, error: Exception) -> Any:  # noqa: ANN401 - as pytest says
    """Show a misuse of ours as file, line and text, not as a traceback through our code."""
    root = item.config.rootpath
    steps = [
        (user_place(frame.f_code.co_filename, line, root), frame, line)
        for frame, line in walk_tb(error.__traceback__)
    ]
    place, frame, line = next((each for each in reversed(steps) if each[0]), steps[0])
    # After the first line, which is all that the short summary shows.
    first, *rest = with_more(in_words_of(item, str(error))).split("\n")
    text = "\n".join([first, *([f"  at {place}"] if place else []), *rest])
    plain = pytest.fail.Exception(text, pytrace=False)
    plain.__traceback__ = TracebackType(None, frame, 0, line)
    return item.repr_failure(pytest.ExceptionInfo.from_exception(plain))
