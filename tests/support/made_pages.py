"""The pages of made-up suites, each made once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from made_suites import (
    CATALOGUE,
    HOSTILE,
    finding,
    long_suite,
    manifest,
    run,
    short_suite,
    undetermined,
    verdict,
)

from pytest_mcscopes.report.html import write_page
from pytest_mcscopes.report.model import Report
from pytest_mcscopes.report.review_pack import write_review_page

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 5000
"""Tests of a long suite."""


@cache
def page_of(kind: str, length: str) -> str:
    """A page of a kind, of a short or a long suite."""
    write: Callable[..., str] = {"page": write_page, "review": write_review_page}[kind]
    if length == "short":
        result = verdict(
            finding("MCS402", "email_read", text="email_read is assigned and exercised by no test"),
            finding("MCS203", severity="note", test="tests/test_journeys.py::test_pause"),
            undetermined=(undetermined("journeys_aspr", text="exercised on a doubtful call only"),),
        )
        report = Report(run=run(), suite=short_suite(), gate=result)
        return write(report, manifest=[manifest()], catalogue=CATALOGUE)
    suite = long_suite(LONG)
    findings = tuple(
        finding("MCS404", test=test, text=HOSTILE)
        for package in suite.packages.values()
        for test in package.named_by
    )
    about = run(project=HOSTILE, tests=LONG, ci_run="javascript:alert(1)")
    result = verdict(*findings, why=(HOSTILE,))
    report = Report(run=about, suite=suite, gate=result)
    return write(report, manifest=[], catalogue=CATALOGUE)
