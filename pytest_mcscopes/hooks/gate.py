"""`--mc-gate`: the evidence of a run, checked at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..errors import ConfigError
from ..evidence.gate import check_suite
from ..evidence.gate_text import describe_gate
from ..evidence.read_suite import read_suite
from ..settings.manifest_file import find_manifest_above
from ..tenant.clock import today
from .stash import CONFIG, MANIFEST, PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..evidence.data_file import RunRecord
    from ..evidence.results import ResultRecord


class Gate:
    """Fails a run by what its tests show together, or do not show."""

    def __init__(self, config: pytest.Config) -> None:
        """Begin with nothing to say."""
        self._settings = config.stash[CONFIG]
        self._packages = config.stash.get(PACKAGES, ())
        self._unread = "" if MANIFEST in config.stash else _find_unread(config.rootpath)
        self._said: tuple[str, ...] = ()
        self._failed = False

    def check(
        self, run: RunRecord, records: Iterable[ResultRecord], session: pytest.Session
    ) -> None:
        """Check a run; an exit code that is not 0 is kept."""
        suite = read_suite(records)
        result = check_suite(
            run,
            suite,
            self._packages,
            today=today(),
            fail_on={"MCS404"} if self._settings.fail_unmarked else (),
            allow_incomplete="mc_gate_partial" if self._settings.gate_partial else "",
            stale=self._unread,
        )
        self._said = tuple(describe_gate(run, suite, result))
        self._failed = not result.passed
        if self._failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def describe(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what it came to."""
        terminalreporter.section("Marketing Cloud scopes: gate", red=self._failed)
        for line in self._said:
            terminalreporter.line(line)


def _find_unread(root: Path) -> str:
    """Say that there is a manifest that `mcscopes check` would take and a run there does not."""
    try:
        above = find_manifest_above(root)
    except ConfigError:  # of a project that this one only lies in
        return ""
    if above is None:
        return ""
    return (
        f"there is a manifest, {above.path}, which this run did not read: pytest reads the one"
        f" beside its configuration file or in its root directory, {root}; move it, or run pytest"
        " where it is"
    )
