"""`--mc-data` and `--mc-gate`: the results of all tests, and what was collected."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from ..evidence.combine import record_seen
from ..evidence.completeness import RunFacts, find_flaws, find_gaps
from ..evidence.data_file import (
    FORMAT,
    Digests,
    RunRecord,
    Versions,
    digest,
    digest_manifest,
    name_data_file,
    new_id,
    replace_data_file,
    show_time,
)
from ..evidence.describe_run import describe_run
from ..evidence.origin import find_origin
from ..evidence.shards import DeclaredShard, read_shard
from ..ini_keys import EDITION
from ..tenant.clock import Clock
from ..words import shown_path
from .collection_count import CollectionCount
from .gate import Gate
from .more import with_more
from .selection import declared_selection
from .stash import CONFIG, MANIFEST
from .suite_bounds import find_irregular, find_suite_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..evidence.results import Results

_OF_THE_RUN = ("data_dir", "fail_unjudged", "fail_unmarked", "gate", "gate_partial")
"""Settings that change nothing of what tests do."""


_WITHOUT_PYTHON = (
    "MCSCOPES: -p no:python switches off pytest's own plugin for Python tests, so that it cannot be"
    " told what the whole suite is. Leave it out, or leave out --mc-data and --mc-gate."
)


class RunEvidence:
    """Notes what is collected and run; at the run's end its results are written and checked.

    A file is written when the run begins, too, which says that it has not ended: else nothing
    would tell of a run whose process is killed, or ends itself with exit code 0.
    """

    def __init__(
        self,
        config: pytest.Config,
        count: CollectionCount,
        results: Results,
        folder: Path | None,
        gate: Gate | None,
    ) -> None:
        """Begin to gather, and to write in a folder, if one is given; count and results grow."""
        self._config = config
        self._count = count
        self._gate = gate
        self._id, self._started = new_id(), Clock().now()
        self._origin = find_origin(config.rootpath)
        self.ended = False
        self._results = results
        shard: str | None = config.getoption("mc_shard")
        self._shards = [] if shard is None else [DeclaredShard(read_shard(shard))]
        self._collected: set[str] = set()
        self._uncollectable: set[str] = set()
        self._crashed = 0
        self._selection = declared_selection(config)
        self._said: tuple[str, ...] = ()
        """What the summary says of the file, line by line."""
        self._failed = False
        self._path = folder and self._begin_file(folder)

    def _begin_file(self, folder: Path) -> Path:
        _make_folder(folder)
        path = folder / name_data_file(self._started, self._id)
        facts = RunFacts(
            test_files=(), opened=(), counted=False, unended=[path.name], shards=self._shards
        )
        replace_data_file(path, self._run(facts, [*find_flaws(facts)]), ())
        return path

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which tests are to be run, where this process runs them."""
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
        self._count.add(getattr(node, "workeroutput", {}))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected."""
        if report.failed:
            self._uncollectable.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file and check the evidence; a run that passed fails where that fails."""
        self.ended = True
        renamed = self._count.renamed
        self._results.rename(renamed)
        ids = (renamed.get(test, test) for test in self._collected)
        self._collected = {*map(self._results.shown, ids)}
        facts = self._facts()
        run = self._run(facts, find_gaps(facts))
        if self._path:
            self._write(self._path, run, session)
        if self._gate:
            self._gate.check(run, self._results.records(), session)

    def _write(self, path: Path, run: RunRecord, session: pytest.Session) -> None:
        try:
            replace_data_file(path, run, self._results.records())
            self._said = tuple(describe_run(run, shown_path(path)))
        except OSError as error:
            self._failed = True
            text = (
                f"MCSCOPES: the data file could not be written in {path.parent}:"
                f" {error.strerror or error}. What is left there of this run says that it has not"
                " ended. Make room there, or name another folder by --mc-data-dir."
            )
            self._said = (text,)
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.INTERRUPTED

    def _facts(self) -> RunFacts:
        return RunFacts(
            test_files=find_suite_files(self._config),
            opened=self._count.opened,
            left_out=self._count.left_out,
            not_selected=self._count.not_selected,
            collected=self._collected,
            outcomes=self._results.outcomes(),
            any_judged=self._results.any_judged(),
            uncollectable=self._uncollectable,
            crashed=self._crashed,
            counted=self._count.counted,
            irregular=[*find_irregular(self._config, self._results)],
            shards=self._shards,
        )

    def _run(self, facts: RunFacts, gaps: Sequence[str]) -> RunRecord:
        from .. import __version__

        config = self._config
        origin = self._origin
        return RunRecord(
            format=FORMAT,
            id=self._id,
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
            digests=_digests(config, origin.changes),
            tests=len(facts.outcomes),
            complete=not gaps,
            why_not_complete=[*gaps],
            seen=record_seen(facts),
            shards=[str(each.shard) for each in facts.shards],
            selections=[self._selection] if self._selection and facts.not_selected else [],
            combined=[],
            superseded=[],
            mixed=False,
            lists=[],
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the file is and whether it shows the whole suite, or why there is none."""
        if self._said:
            terminalreporter.section("Marketing Cloud scopes: data", red=self._failed)
        for line in self._said:
            terminalreporter.line(line)
        if self._gate:
            self._gate.describe(terminalreporter)


def begin_evidence(
    config: pytest.Config, results: Results, *, writes_data: bool, gates: bool
) -> RunEvidence | None:
    """Let this process count what it collects, and give what writes and checks the results.

    None on a worker of xdist, which leaves all but the counting to its controller.
    """
    if not config.pluginmanager.hasplugin("python"):
        raise pytest.UsageError(with_more(_WITHOUT_PYTHON))
    count = CollectionCount(config.rootpath)
    config.pluginmanager.register(count, "mcscopes-collection-count")
    if hasattr(config, "workerinput"):
        return None
    folder = _find_folder(config) if writes_data else None
    gate = Gate(config) if gates else None
    try:
        evidence = RunEvidence(config, count, results, folder, gate)
    except OSError as error:
        raise pytest.UsageError(
            with_more(
                f"MCSCOPES: --mc-data cannot write files in {folder}: {error.strerror or error}."
                " Make that a folder which can be written to, or name another by --mc-data-dir."
            )
        ) from None
    config.pluginmanager.register(evidence, "mcscopes-evidence")
    return evidence


def _make_folder(folder: Path) -> None:
    """Make the folder of data files; a new one whose name begins with a dot is not git's."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if folder.name.startswith("."):
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _find_folder(config: pytest.Config) -> Path:
    as_option: str | None = config.getoption("mc_data_dir")
    base = config.rootpath if as_option is None else config.invocation_params.dir
    return base / config.stash[CONFIG].data_dir


def _digests(config: pytest.Config, changes: str | None) -> Digests:
    settings = config.stash[CONFIG]._asdict()
    for name in _OF_THE_RUN:
        del settings[name]
    manifest, overlay = digest_manifest(config.stash.get(MANIFEST, {}))
    return Digests(manifest=manifest, overlay=overlay, settings=digest(settings), changes=changes)
