"""The rows that are about the pages of reports."""

from __future__ import annotations

import sys
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from timing import NotMeasured, alternate

if TYPE_CHECKING:
    from types import ModuleType

    from timing import Pair, Scale

    from pytest_mcscopes.evidence.suite_evidence import SuiteEvidence

LONG, SHORT = 25, 2.5
"""Tests of the suites, by those of a session."""
PATIENCE = 5.0
"""Seconds that a reader waits for a page."""
ON_A_PAGE = 1.25
"""As many tests as the pages of tests/pages have at most, by those of a session."""


def write_pages(kind: str, scale: Scale) -> list[Pair]:
    """Write a page of a suite, and of one with a tenth of its tests."""
    ours, theirs = (int(scale.session * each) for each in (LONG, SHORT))
    return alternate(scale.servers, partial(_write, kind, ours), partial(_write, kind, theirs))


def draw_page(scale: Scale) -> list[Pair]:
    """Draw the page of a long suite in a browser, and wait as long as a reader would."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it need not be here
    except ImportError:
        raise NotMeasured("there is no playwright here; pip install playwright") from None
    browsers = from_support("browsers")
    text = _page("page", int(scale.session * ON_A_PAGE))
    with sync_playwright() as playwright:
        try:
            browser = browsers.start_chromium(playwright)
        except browsers.MissingProgramError:
            raise NotMeasured("there is no chromium here; apt-get or pip install one") from None

        def ours() -> float:
            begun = perf_counter()
            page = browsers.open_page(browser, text, width=1280)
            browsers.overflow(page)
            took = perf_counter() - begun
            page.close()
            return took

        return alternate(scale.servers, ours, lambda: PATIENCE)


def _write(kind: str, tests: int) -> float:
    _suite(tests)
    begun = process_time()
    _page(kind, tests)
    return process_time() - begun


def _page(kind: str, tests: int) -> str:
    from pytest_mcscopes.report.html import write_page  # noqa: PLC0415 - for these rows alone
    from pytest_mcscopes.report.model import Report  # noqa: PLC0415
    from pytest_mcscopes.report.review_pack import (  # noqa: PLC0415
        write_review_page,
        write_review_text,
    )

    made = from_support("made_suites")
    report = Report(run=made.run(tests=tests), suite=_suite(tests), gate=made.verdict())
    write = {"page": write_page, "review": write_review_page, "review-md": write_review_text}[kind]
    return write(report, manifest=[], catalogue=made.CATALOGUE)


@cache
def _suite(tests: int) -> SuiteEvidence:
    made: SuiteEvidence = from_support("made_suites").long_suite(tests)
    return made


def from_support(module: str) -> ModuleType:
    """Import what the tests share."""
    folder = str(Path(__file__).parents[1] / "support")
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module(module)
