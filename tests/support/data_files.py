"""Data files of suites that are values, written as a run writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pytest_mcscopes.evidence.combine import record_seen
from pytest_mcscopes.evidence.completeness import RunFacts, find_gaps
from pytest_mcscopes.evidence.data_file import FORMAT, digest, replace_data_file, show_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pytest_mcscopes.evidence.data_file import Digests, RunRecord
    from pytest_mcscopes.evidence.results import ResultRecord


def write_suite(
    path: Path,
    records: Sequence[ResultRecord],
    *,
    left_out: Sequence[str] = (),
    **more: Any,  # noqa: ANN401 - of the run's keys
) -> Path:
    """Write the file of a run of these tests; complete, unless tests were left out."""
    outcomes = {each["test"]: each["outcome"] for each in records}
    files = {test.partition("::")[0] for test in outcomes}
    facts = RunFacts(
        test_files=files,
        opened=files,
        left_out=left_out,
        collected=outcomes,
        outcomes=outcomes,
        any_judged=any(each["judged"] for each in records),
    )
    return write_run(path, facts, records, **more)


def digests(**more: str | None) -> Digests:
    """What a run was made with: settings, and nothing else unless it is given."""
    none = {"manifest": None, "overlay": None, "settings": digest({}), "changes": None}
    return cast("Digests", none | more)


def run_record(*why: str, **more: Any) -> RunRecord:  # noqa: ANN401 - of its keys
    """The first line of a run; complete unless it is said why not."""
    run: RunRecord = {
        "format": FORMAT,
        "id": "1",
        "project": "mailer",
        "commit": "abc",
        "dirty": False,
        "ci_run": None,
        "started": "2026-11-28T20:00:00+00:00",
        "ended": "2026-11-28T20:01:00+00:00",
        "versions": {"mcscopes": "1", "pytest": "9", "python": "3.11", "catalogue": "2026-11-28"},
        "digests": digests(),
        "tests": 0,
        "complete": not why,
        "why_not_complete": [*why],
        "seen": record_seen(RunFacts(test_files=(), opened=())),
        "shards": [],
        "selections": [],
        "combined": [],
        "superseded": [],
        "mixed": False,
        "lists": [],
    }
    return {**run, **more}  # type: ignore[typeddict-item]  # of its keys


def write_run(
    path: Path,
    facts: RunFacts,
    records: Iterable[ResultRecord],
    **more: Any,  # noqa: ANN401 - of the run's keys
) -> Path:
    """Write the file of a run of which these facts are known."""
    about: dict[str, Any] = {
        "id": path.stem,
        "started": show_time(1_800_000_000),
        "ended": show_time(1_800_000_060),
        "tests": len(facts.outcomes),
        "seen": record_seen(facts),
    }
    path.parent.mkdir(exist_ok=True)
    replace_data_file(path, run_record(*find_gaps(facts), **about | more), records)
    return path
