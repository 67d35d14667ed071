"""Attempts of a test that no report tells of: a plugin ran it again, and keeps them to itself.

pytest-rerunfailures reports each attempt; flaky, and who writes a protocol of
their own, may report the last one alone. What was found in the others goes with
the next attempt's report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from ..evidence.results import Outcome, UnloggedAttempt


class Unlogged:
    """Follows the attempts of the test that runs."""

    def __init__(self) -> None:
        self._item: pytest.Item | None = None
        self._made: list[pytest.TestReport] = []
        """The reports of the attempt that runs."""
        self._attempts: list[UnloggedAttempt] = []
        """Those that are to be told of."""

    def begin_attempt(self, item: pytest.Item) -> None:
        """Let a test begin, for the first time or again."""
        made, self._made = self._made, []
        if item is not self._item:
            self._item, self._attempts = item, []
            return
        if any(hasattr(each, "mcscopes_unlogged") and _is_logged(each) for each in made):
            self._attempts = []
        lost = [each for each in made if not _is_logged(each)]
        findings = [finding for each in lost for finding in getattr(each, "mcscopes", ())]
        if findings:
            outcome: Outcome = "failed" if any(each.failed for each in lost) else "passed"
            self._attempts.append({"outcome": outcome, "findings": findings})

    def add(self, report: pytest.TestReport) -> None:
        """Note that a report was made; that of the set-up tells of the attempts before."""
        self._made.append(report)
        if report.when == "setup" and self._attempts:
            report.mcscopes_unlogged = [*self._attempts]  # type: ignore[attr-defined]


def _is_logged(report: pytest.TestReport) -> bool:
    """Tell whether a report was handed on."""
    return hasattr(report, "mcscopes_logged")
