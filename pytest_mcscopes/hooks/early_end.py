"""The end of a run to which pytest does not come, because another hook ends it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .evidence import RunEvidence
    from .summary import Summary


class EarlyEnd:
    """Brings parts of ours to the end of a run after `pytest.exit`.

    Called in `pytest_sessionstart` or in another `pytest_sessionfinish`, it ends a run
    with any exit code, 0 among them, and pytest then leaves our own hooks out.
    """

    def __init__(self, parts: Iterable[Summary | RunEvidence]) -> None:
        """Watch over these."""
        self._parts = [*parts]
        self._session: pytest.Session | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Know the session, which has the exit code."""
        self._session = session

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Do what has not been done."""
        if self._session is None:
            return
        waiting = [each for each in self._parts if not each.ended]
        for each in waiting:
            each.pytest_sessionfinish(self._session)
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            for each in waiting:
                each.pytest_terminal_summary(reporter)
