"""What is put on a test's report: the findings, and what may lie behind a failure."""

from __future__ import annotations

import re
from traceback import format_exception, walk_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

from ..errors import McScopesError, ScopeAssertionError
from ..words import user_place
from .collection import describe_late_marks
from .fixtures import closure_of, fixture_places
from .judging import (
    describe_idle_marks,
    note_shown,
    take_errors,
    take_failures,
    take_unfired,
    taken_by,
)
from .start import take_late
from .stash import CLOUD, CONFIGURED, DECLARED, IN_BODY, JUDGED, RECORD, TENANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..evidence.record import FindingRecord
    from .summary import Unjudged


def _way_out(item: pytest.Item, error: BaseException) -> str:
    """Tell how to get the tenant's requests back, where a test failed by somebody else's answer."""
    told = JUDGED in item.stash and item.stash[JUDGED].told
    if told or CLOUD not in item.config.stash:
        return ""
    from ..privilege.takers import TAKERS

    refuser = item.config.stash[CLOUD].refuser(error)
    if not refuser and _of_marketing_cloud(error):
        refuser = taken_by(item)
    taker = TAKERS.get(refuser)
    return f"MCSCOPES: {taker.name} {taker.does}.\n{taker.way_out}" if taker else ""


def _hints(item: pytest.Item, call: pytest.CallInfo[None], error: BaseException) -> Iterator[str]:
    """Say what may lie behind a failure that is not ours, where something is known."""
    from ..privilege.hints import wrong_scope

    asked = (
        r"ScopeMismatch: .* function scoped fixture (mc_tenant|mc_server|mc_clock) with a (\w+) "
    )
    if found := re.match(asked, str(error)):
        yield wrong_scope(*found.groups())
    told = JUDGED in item.stash and item.stash[JUDGED].told
    if call.when == "call" and CLOUD in item.config.stash and not told:
        yield from dict.fromkeys(item.config.stash[CLOUD].hints(item.nodeid))
    if CLOUD in item.config.stash and (hint := item.config.stash[CLOUD].misdirected(error)):
        yield hint


def _of_marketing_cloud(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came from, speaks of a host of Marketing Cloud's."""
    from ..transport.interceptors import came_from

    return any("marketingcloudapis.com" in str(each) for each in came_from(error))


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put the verdict on the test's report, and a misuse of ours in plain words."""
    error = call.excinfo.value if call.excinfo else None
    if report.failed and isinstance(error, McScopesError | ScopeAssertionError):
        report.longrepr = _in_plain_words(item, error)
    known = _known(item, call, report, error) if error is not None else ""
    if known:
        report.sections.append(("MCSCOPES", known))
    # An expected failure has been reported as one already, and needs no second one.
    failed = report.failed or hasattr(report, "wasxfail")
    for raised in take_errors(item) if failed else ():
        told = "".join(format_exception(raised))
        report.sections.append(("MCSCOPES: raised while a port was called", told))
    if call.when == "call" and report.failed and (unfired := take_unfired(item)):
        report.sections.append(("MCSCOPES", unfired))
    if call.when == "call" and not report.skipped:
        _attach_late_marks(item, report)
        _attach_idle_marks(item, report)
    note_shown(item, error)
    # A subtest's report, which is made in the body, leaves what it does not show to its test.
    if failed and IN_BODY not in item.stash:
        report.sections += [("MCSCOPES", told) for told in take_failures(item)]
    _attach_verdict(item, call, report, known)
    _attach_blocks(item, report)
    _attach_unjudged(item, call, report)
    if late := take_late(item.config):
        report.mcscopes_late = late  # type: ignore[attr-defined]


def _known(
    item: pytest.Item,
    call: pytest.CallInfo[None],
    report: pytest.TestReport,
    error: BaseException,
) -> str:
    """Say the one thing that is known of a failure which is not ours: two lines at most."""
    hints = _hints(item, call, error) if report.failed else iter(())
    return _way_out(item, error) or next(hints, "")


def _attach_verdict(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, known: str
) -> None:
    # A subtest's report, which is one of a call too, comes before there is a verdict.
    if call.when == "call" and RECORD in item.stash:
        report.mcscopes_record = item.stash[RECORD]  # type: ignore[attr-defined]
    if call.when != "call" or JUDGED not in item.stash:
        return
    if any(mark.refused for mark in item.stash[DECLARED].expectations):
        report.mcscopes_refusal = True  # type: ignore[attr-defined]
    verdict, text, told = item.stash[JUDGED]
    # Where it is known why the test failed, what else was seen is a line of the summary.
    if text and not told and (verdict.errors or not known):
        report.sections.append(("MCSCOPES", text))
    from ..evidence.record import record_findings

    report.mcscopes = record_findings(verdict.findings, verdict.remarks)  # type: ignore[attr-defined]


def _attach_late_marks(item: pytest.Item, report: pytest.TestReport) -> None:
    """Tell, beside a failure, of marks that the body added too late to have an effect on it."""
    # A subtest's report, which is made in the body, leaves them to its test.
    text = "" if IN_BODY in item.stash else describe_late_marks(item, "while the test ran")
    if text and "which is too late" not in str(report.longrepr):
        report.sections.append(("MCSCOPES", text))


def _attach_idle_marks(item: pytest.Item, report: pytest.TestReport) -> None:
    """Tell of marks and settings without effect, beside a failure and in the summary."""
    text = describe_idle_marks(item) if report.failed else ""
    if text and text not in str(report.longrepr):
        report.sections.append(("MCSCOPES", text))
    closure = frozenset(closure_of(item))
    if closure & TENANTS:
        from .idle_marks import find_idle_fixtures, find_inherited_users

        place, configured = fixture_places(item.config), item.stash.get(CONFIGURED, None)
        if configured is None:
            asides = find_idle_fixtures(item, closure, place)
        else:
            asides = find_inherited_users(item, place, configured)
        if asides:
            report.mcscopes_asides = asides  # type: ignore[attr-defined]


def _attach_unjudged(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> None:
    """Put on a report why the test was not judged, and that a tenant was built, for the summary."""
    if CLOUD not in item.config.stash:
        return
    cloud = item.config.stash[CLOUD]
    if cloud.take_built():
        report.mcscopes_built = True  # type: ignore[attr-defined]
    if why := _why_unjudged(item, call, report):
        report.mcscopes_unjudged = why  # type: ignore[attr-defined]


def _why_unjudged(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Unjudged | None:
    declared = item.stash.get(DECLARED, None)
    marked = declared is not None and bool(declared.expectations)
    if call.when == "setup":
        return "in set-up" if marked and report.failed else None
    if call.when != "call":
        return None
    if JUDGED in item.stash:
        return "before a token" if item.stash[JUDGED].verdict.before_token else None
    talked = item.config.stash[CLOUD].talked()
    return "unmarked" if talked and not (marked or report.skipped) else None


def _attach_blocks(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put on a report what judged blocks came to while it was made; of fixtures too."""
    told = item.config.stash[CLOUD].take_told() if CLOUD in item.config.stash else None
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if told is None or skipped:
        return
    from ..evidence.record import record_findings

    known: list[FindingRecord] = getattr(report, "mcscopes", [])
    found = record_findings(told.findings, told.remarks)
    report.mcscopes = known + [each for each in found if each not in known]  # type: ignore[attr-defined]
    report.sections += [("MCSCOPES", text) for text in told.texts]


def _in_plain_words(item: pytest.Item, error: Exception) -> Any:  # noqa: ANN401 - as pytest says
    """Show a misuse of ours as file, line and text, not as a traceback through our code."""
    root = item.config.rootpath
    steps = [*walk_tb(error.__traceback__)]
    places = [user_place(frame.f_code.co_filename, line, root) for frame, line in steps]
    frame, line = next(
        (step for step, place in zip(reversed(steps), reversed(places), strict=True) if place),
        steps[0],
    )
    place = user_place(frame.f_code.co_filename, line, root)
    # After the first line, which is all that the short summary shows.
    first, *rest = str(error).split("\n")
    text = "\n".join([first, *([f"  at {place}"] if place else []), *rest])
    told = pytest.fail.Exception(text, pytrace=False)
    told.__traceback__ = TracebackType(None, frame, 0, line)
    return item.repr_failure(pytest.ExceptionInfo.from_exception(told))
