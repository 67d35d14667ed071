"""Plugins that keep attempts, or what failed in them, to themselves: it is told all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inner_runs import XDIST
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

AGAIN = '''
import pytest
from _pytest.runner import runtestprotocol


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Run a test three times at most, and report the last one alone."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _ in range(3):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if all(each.passed for each in reports):
            break
    for each in reports:
        item.ihook.pytest_runtest_logreport(report=each)
    return True
'''
SOME_PHASES = '''
import pytest
from _pytest import runner


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Run a test three times at most, and keep what fails at first to itself, as flaky does."""
    for last in (False, False, True):
        reports = runner.runtestprotocol(item, nextitem=nextitem, log=False)
        for each in reports:
            if last or each.passed:
                item.ihook.pytest_runtest_logreport(report=each)
        if all(each.passed for each in reports):
            break
    return True
'''
SUITE = """
import pytest
from asking import send

ATTEMPTS = []


@pytest.mark.mc_scopes("email_send")
def test_first(mc_tenant):
    send(mc_tenant, "email_send")


@pytest.mark.mc_scopes("email_send")
def test_at_last(mc_tenant):
    ATTEMPTS.append(None)
    send(mc_tenant, "email_send" if len(ATTEMPTS) > {failing} else "email_send email_read")


@pytest.mark.mc_scopes("email_send")
def test_next(mc_tenant):
    send(mc_tenant, "email_send")
"""


@pytest.mark.measured
@pytest.mark.parametrize("mode", [(), XDIST])
@pytest.mark.parametrize(
    ("conftest", "failing"),
    [
        pytest.param(AGAIN, 2, id="the last attempt alone is reported"),
        pytest.param(SOME_PHASES, 2, id="what fails is not reported"),
    ],
)
def test_findings_that_a_rerun_got_rid_of(
    conftest: str, failing: int, mode: tuple[str, ...], suite: Suite
) -> None:
    """As with a plugin that reports each attempt: the last one decides, and the others are told."""
    suite.pytester.makeconftest(conftest)
    result = suite.run(SUITE.format(failing=failing), "--mc-gate", *mode)
    told = unwrapped(result)
    told.fnmatch_lines(
        [
            "MCSCOPES: the gate passes: *",
            "Relaxed:",
            "  - rerun MCS102: test_it.py::test_at_last",
            "3 tests judged: no errors",
            "1 test run again after an attempt with findings: MCS102 in 1",
        ]
    )
    assert result.ret == 0


def test_a_test_that_passes_at_once_has_one_attempt(suite: Suite) -> None:
    """Nothing is told of attempts that there were not."""
    suite.pytester.makeconftest(AGAIN)
    result = suite.run(SUITE.format(failing=0), "--mc-gate")
    result.stdout.fnmatch_lines(["Marketing Cloud scopes: 3 tests judged, no errors"])
    result.stdout.no_fnmatch_line("Relaxed:")


HIDES = """
import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if "at_last" in item.name:
        report.outcome, report.longrepr = "passed", None
    return report
"""


@pytest.mark.parametrize("mode", [(), XDIST])
def test_a_failure_that_a_hook_hides(mode: tuple[str, ...], suite: Suite) -> None:
    """The run passes, as the hook would have it; that there was an error is said, and gated."""
    suite.pytester.makeconftest(HIDES)
    result = suite.run(SUITE.format(failing=1), *mode)
    assert result.ret == 0
    hidden = "1 test passed in spite of errors, as a hook or plugin has hidden them or run the test"
    test = "again: MCS102 in 1, first test_it.py::test_at_last"
    lines = ["3 tests judged: none of them failed", f"{hidden} {test}"]
    unwrapped(result).fnmatch_lines(lines)
