"""`--mc-data`: the results of all tests, and what was collected, written to a file.

Under xdist each worker counts what it collects, and tells its controller at its end.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from ..evidence.combine import record_seen
from ..evidence.completeness import RunFacts, find_gaps
from ..evidence.data_file import (
    FORMAT,
    Digests,
    RunRecord,
    Versions,
    check_folder,
    digest,
    new_id,
    show_time,
    write_data_file,
)
from ..evidence.describe_run import describe_run
from ..evidence.origin import find_origin
from ..evidence.shards import DeclaredShard, read_shard
from ..evidence.suite_files import find_test_files
from ..ini_keys import EDITION
from ..tenant.clock import Clock
from ..words import shown_path
from .more import with_more
from .selection import declared_selection, find_deselected
from .stash import CONFIG, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from ..evidence.results import Results

_WORKER_OUTPUT = "mcscopes_collected"
_OVERLAY = ("route", "soap", "scope")
"""The manifest's tables of catalogue entries."""


class CollectionCount:
    """Counts what is collected in this process, before and after any selection."""

    def __init__(self) -> None:
        self.opened: set[str] = set()
        """Ids of the files, folders and classes that were looked into."""
        self.left_out: set[str] = set()
        self.not_selected: set[str] = set()
        """Tests that are left out by a `-m` that the manifest declares."""
        self._found: dict[pytest.Item, str] = {}
        self._classes: set[str] = set()

    @pytest.hookimpl(wrapper=True, trylast=True)  # --lf thins out what comes of it after us
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Note what a file or class holds."""
        report = yield
        self.opened.add(collector.nodeid)
        for node in report.result:
            if isinstance(node, pytest.Item):
                self._found[node] = node.nodeid
            elif "::" in node.nodeid:
                self._classes.add(node.nodeid)
        return report

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Compare with what is to be run; xdist may have given that other ids."""
        chosen = {*session.items}
        left = {item: test for item, test in self._found.items() if item not in chosen}
        if left and declared_selection(session.config):
            deselected = find_deselected(session.config, left)
            self.not_selected = {left.pop(item) for item in deselected}
        self.left_out = {*left.values()} | (self._classes - self.opened)


class EvidenceWriter:
    """Notes what is collected and run, and writes the results at the end of the run."""

    def __init__(
        self, config: pytest.Config, count: CollectionCount, results: Results, folder: Path
    ) -> None:
        """Begin to gather; the folder is there, and the results grow."""
        self._config = config
        self._count = count
        self._folder = folder
        self._started = Clock().now()
        self._results = results
        shard: str | None = config.getoption("mc_shard")
        self._shards = [] if shard is None else [DeclaredShard(read_shard(shard))]
        self._collected: set[str] = set()
        self._uncollectable: set[str] = set()
        self._crashed = 0
        self._counted = False
        self._selection = declared_selection(config)
        self._said: tuple[str, ...] = ()
        """What the summary says of the file, line by line."""
        self._failed = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which tests are to be run, where this process runs them."""
        self._counted = True
        self._collected.update(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note which tests are to be run by workers."""
        self._collected.update(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        """Gather what a worker has counted; one that crashed tells nothing."""
        if error:
            self._crashed += 1
        counted = getattr(node, "workeroutput", {}).get(_WORKER_OUTPUT)
        if counted is not None:
            self._counted = True
            self._count.opened.update(counted[0])
            self._count.left_out.update(counted[1])
            self._count.not_selected.update(counted[2])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected."""
        if report.failed:
            self._uncollectable.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file; a run that passed fails where that is not possible."""
        try:
            self._write()
        except OSError as error:
            self._failed = True
            text = (
                f"MCSCOPES: the data file could not be written in {self._folder}:"
                f" {error.strerror or error}. No part of it was left. Make room there, or name"
                " another folder by --mc-data-dir."
            )
            self._said = (text,)
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.INTERRUPTED

    def _write(self) -> None:
        facts = self._facts()
        run = self._run(facts, find_gaps(facts))
        path = write_data_file(self._folder, run, self._results.records())
        self._said = tuple(describe_run(run, shown_path(path)))

    def _facts(self) -> RunFacts:
        config = self._config
        return RunFacts(
            test_files=find_test_files(
                config.rootpath,
                config.getini("testpaths"),
                config.getini("python_files"),
                config.getini("norecursedirs"),
            ),
            opened=self._count.opened,
            left_out=self._count.left_out,
            not_selected=self._count.not_selected,
            collected=self._collected,
            outcomes=self._results.outcomes(),
            any_judged=self._results.any_judged(),
            uncollectable=self._uncollectable,
            crashed=self._crashed,
            counted=self._counted,
            shards=self._shards,
        )

    def _run(self, facts: RunFacts, gaps: Sequence[str]) -> RunRecord:
        from .. import __version__

        config = self._config
        origin = find_origin(config.rootpath)
        return RunRecord(
            format=FORMAT,
            id=new_id(),
            project=origin.project,
            commit=origin.commit,
            dirty=origin.dirty,
            ci_run=origin.ci_run,
            started=show_time(self._started),
            ended=show_time(Clock().now()),
            versions=Versions(
                mcscopes=__version__,
                pytest=pytest.__version__,
                python=platform.python_version(),
                catalogue=EDITION.removeprefix("catalogue of ").partition(":")[0],
            ),
            digests=_digests(config),
            tests=len(facts.outcomes),
            complete=not gaps,
            why_not_complete=[*gaps],
            seen=record_seen(facts),
            shards=[str(each.shard) for each in facts.shards],
            selections=[self._selection] if self._selection and facts.not_selected else [],
            combined=[],
            mixed=False,
            lists=[],
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the file is and whether it shows the whole suite, or why there is none."""
        terminalreporter.section("Marketing Cloud scopes: data", red=self._failed)
        for line in self._said:
            terminalreporter.line(line)


def begin_evidence(config: pytest.Config, results: Results) -> None:
    """Let this process do its part: count what it collects, write the results to a file.

    Raises:
        pytest.UsageError: no file can be written in the folder of data files.
    """
    count = CollectionCount()
    config.pluginmanager.register(count, "mcscopes-collection-count")
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(_WorkerOutput(count), "mcscopes-worker-output")
        return
    as_option: str | None = config.getoption("mc_data_dir")
    base = config.rootpath if as_option is None else config.invocation_params.dir
    folder = base / config.stash[CONFIG].data_dir
    try:
        check_folder(folder)
    except OSError as error:
        raise pytest.UsageError(
            with_more(
                f"MCSCOPES: --mc-data cannot write files in {folder}: {error.strerror or error}."
                " Make that a folder which can be written to, or name another by --mc-data-dir."
            )
        ) from None
    config.pluginmanager.register(
        EvidenceWriter(config, count, results, folder), "mcscopes-evidence"
    )


class _WorkerOutput:
    """Sends what a worker of xdist has counted."""

    def __init__(self, count: CollectionCount) -> None:
        self._count = count

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave it for the controller."""
        output: dict[str, object] = session.config.workeroutput  # type: ignore[attr-defined]
        counted = (self._count.opened, self._count.left_out, self._count.not_selected)
        output[_WORKER_OUTPUT] = [*map(sorted, counted)]


def _digests(config: pytest.Config) -> Digests:
    settings = config.stash[CONFIG]._asdict()
    for name in ("data_dir", "fail_unjudged", "fail_unmarked"):  # what tests do is the same
        del settings[name]
    manifest = config.stash.get(MANIFEST, {})
    overlay = {table: manifest[table] for table in _OVERLAY if table in manifest}
    return Digests(
        manifest=digest(manifest) if manifest else None,
        overlay=digest(overlay) if overlay else None,
        settings=digest(settings),
    )
