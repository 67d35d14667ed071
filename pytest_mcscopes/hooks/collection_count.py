"""What each process collects, counted before and after any selection.

Under xdist each worker counts, and tells its controller at its end.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .hidden_tests import collects_python, find_hidden
from .selection import declared_selection, find_deselected

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

_OUTPUT = "mcscopes_collected"


class CollectionCount:
    """Counts what is collected in this process, and adds what workers have counted."""

    def __init__(self, root: Path) -> None:
        """Begin with nothing; *root* is the root folder of the suite."""
        self._root = root
        self.counted = False
        """Whether any process has come to the end of its collection."""
        self.opened: set[str] = set()
        """The files and folders, and the ids of the classes, that were looked into."""
        self.left_out: set[str] = set()
        self.not_selected: set[str] = set()
        """Tests that are left out by a `-m` that the manifest declares."""
        self.renamed: dict[str, str] = {}
        """The ids of tests that xdist gave others, by these: `test_a.py::test_1@group`."""
        self._found: dict[pytest.Item, str] = {}
        self._classes: set[str] = set()
        self._hidden: set[str] = set()
        """Tests and classes of files that were looked into, and that came to nobody."""
        self._failed: set[str] = set()
        """The ids of what could not be collected, which is a reason of its own."""

    @pytest.hookimpl(wrapper=True, trylast=True)  # --lf thins out what comes of it after us
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Note what a file or class holds."""
        report = yield
        # pytest leaves there what its own collection came to; --lf may make an empty report of a
        # file without that, and has no public way to tell.
        if hasattr(report, "call") and not _is_beside(collector):
            self.opened.add(self._name(collector))
            if report.passed:
                self._hidden.update(find_hidden(collector, report.result))
        for node in report.result:
            if isinstance(node, pytest.Item):
                self._found[node] = node.nodeid
            elif not isinstance(node, pytest.File | pytest.Directory):
                self._classes.add(node.nodeid)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected, as a file whose marks are bad."""
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Compare with what is to be run."""
        self.counted = True
        chosen = {*session.items}
        left = {item: test for item, test in self._found.items() if item not in chosen}
        if left and declared_selection(session.config):
            deselected = find_deselected(session.config, left)
            self.not_selected = {left.pop(item) for item in deselected}
        known = {test.partition("[")[0] for test in self._found.values()} | self._classes
        left_out = {*left.values()} | (self._hidden - known) | (self._classes - self.opened)
        self.left_out = {each for each in left_out if each.partition("::")[0] not in self._failed}
        named = ((item.nodeid, self._found.get(item)) for item in session.items)
        self.renamed = {new: old for new, old in named if old and old != new}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave what a worker of xdist has counted for its controller."""
        if hasattr(session.config, "workeroutput"):
            counted = (self.opened, self.left_out, self.not_selected)
            session.config.workeroutput[_OUTPUT] = [*map(sorted, counted), self.renamed]

    def add(self, output: Mapping[str, Any]) -> None:
        """Add what a worker has told; one that crashed tells nothing."""
        if _OUTPUT in output:
            self.counted = True
            opened, left_out, not_selected, renamed = output[_OUTPUT]
            self.opened.update(opened)
            self.left_out.update(left_out)
            self.not_selected.update(not_selected)
            self.renamed.update(renamed)

    def _name(self, collector: pytest.Collector) -> str:
        """Name a file as it lies, since pytest's ids of those outside the root folder vary."""
        if isinstance(collector, pytest.File | pytest.Directory):
            return Path(os.path.relpath(collector.path, self._root)).as_posix()
        return collector.nodeid


def _is_beside(collector: pytest.Collector) -> bool:
    """Tell whether something looks into a Python file for other things than its tests."""
    of_file = isinstance(collector, pytest.File) and collector.path.suffix == ".py"
    return of_file and not collects_python(collector)
