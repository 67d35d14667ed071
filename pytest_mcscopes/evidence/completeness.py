"""Whether a run shows what the whole suite does: a fact of the run, not of its options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..words import count, first_of
from .shards import find_missing, find_shard_gaps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from .results import Outcome
    from .shards import DeclaredShard

NOTHING_JUDGED = (
    "no test was judged: mark those that talk to a tenant (pytest --mc-suggest writes the marks)"
)
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What happened in a run, as counted by the processes that collected and ran the tests.

    data_file.schema.json says more of those that `SeenRecord` has too.
    """

    test_files: Collection[str]
    """Those that are there: under `testpaths`, or without it under the root folder."""
    opened: Collection[str]
    """What was collected: files and folders among others, relative to the root folder."""
    left_out: Collection[str] = ()
    not_selected: Collection[str] = ()
    collected: Collection[str] = ()
    """The tests that were to be run."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """Of the tests that began."""
    any_judged: bool = True
    uncollectable: Collection[str] = ()
    crashed: int = 0
    counted: bool = True
    unended: Collection[str] = ()
    unreadable: Collection[str] = ()
    irregular: Collection[str] = ()
    shards: Sequence[DeclaredShard] = ()
    """What each run that was put together says of itself; (): it is one run, of no shard."""


def find_gaps(facts: RunFacts) -> tuple[str, ...]:
    """Say why a run is not complete, each reason with what to do; (): it is."""
    return tuple(_gaps(facts))


def find_unfinished(collected: Iterable[str], outcomes: Mapping[str, Outcome]) -> set[str]:
    """Find the tests that were to be run and did not come to an end."""
    ended = {test for test, outcome in outcomes.items() if outcome != "unfinished"}
    return set(collected) - ended


def _gaps(facts: RunFacts) -> Iterator[str]:
    yield from find_flaws(facts)
    yield from find_shard_gaps(facts.shards)
    if not find_missing(facts.shards):  # which are there to do the rest
        yield from _not_shown(facts)


def find_flaws(facts: RunFacts) -> Iterator[str]:
    """Say what went wrong in a run, of the whole suite or of a part of it, and what to do."""
    yield from facts.unreadable
    yield from facts.irregular
    if facts.unended:
        one = len(facts.unended) == 1
        yield (
            f"{_few(facts.unended)} {'is of a run that has' if one else 'are of runs that have'}"
            " not ended: the process was killed, left by os._exit, could not write its results, or"
            " still runs. Run that again to its end; where only parts of the suite are run, delete"
            f" {'that file' if one else 'those files'} as well"
        )
    if facts.crashed:
        crashed = [test for test, outcome in facts.outcomes.items() if outcome == "crashed"]
        where = f" in {_few(crashed)}" if crashed else ""
        died = "a worker process" if facts.crashed == 1 else f"{facts.crashed} worker processes"
        yield f"{died} of pytest-xdist crashed{where}: run that without -n to see why"
    if facts.uncollectable:
        yield f"{_few(facts.uncollectable)} could not be collected: fix the error that pytest shows"
    if not (facts.counted or facts.unended):
        yield "it stopped before any process could tell what it left out: run it again to its end"
    if waiting := find_unfinished(facts.collected, facts.outcomes):
        tests = count(len(waiting), "test", "was")
        yield (
            f"{tests} not run to the end, {_few(waiting)}: run pytest without -x and --maxfail, and"
            " let it end"
        )


def _not_shown(facts: RunFacts) -> Iterator[str]:
    """Say what of the suite none of the runs shows."""
    if facts.counted:
        yield from _left_out(facts)
    if not (facts.collected or facts.unended):
        yield "no test was collected: run pytest in the folder of the suite"
    elif facts.collected and not facts.any_judged:
        yield NOTHING_JUDGED


def _left_out(facts: RunFacts) -> Iterator[str]:
    if missed := set(facts.test_files) - {*facts.opened, *facts.uncollectable}:
        files = count(len(missed), "test file", "was")
        yield (
            f"{files} in none of the shards, {_few(missed)}: let one of them run that"
            if facts.shards
            else f"{files} not collected, {_few(missed)}: run pytest without paths,"
            " --ignore and --lf, or name the folders that hold tests in the ini key testpaths, in"
            " a configuration file of the suite's own"
        )
    if facts.left_out:
        tests = count(len(facts.left_out), "test", "was")
        yield (
            f"{tests} left out of all shards, {_few(facts.left_out)}: let one of them run that,"
            " without a -k, -m, --deselect or id that leaves it out"
            if facts.shards
            else f"{tests} left out of the run, {_few(facts.left_out)}: run pytest without -k, -m,"
            " --deselect, --lf and ids of tests"
        )


def _few(names: Collection[str]) -> str:
    return first_of(sorted(names), _SHOWN)
