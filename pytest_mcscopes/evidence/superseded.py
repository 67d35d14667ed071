"""Runs in whose place a later one stands: of an earlier state of the files, or that went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .data_file import RunRecord
    from .read_file import DataFile


class Parted(NamedTuple):
    """Runs, in the order in which they began."""

    superseded: list[DataFile]
    """They count no more."""
    others: list[DataFile]


def part_outdated(in_order: Sequence[DataFile]) -> Parted:
    """Part runs of uncommitted changes that have changed since, where a whole run followed."""
    return _part(in_order, lambda later, file: _is_of_later_changes(later.run, file.run))


def part_flawed(in_order: Sequence[DataFile], has_flaws: Callable[[DataFile], bool]) -> Parted:
    """Part runs in which something went wrong that a later one of the same did well."""
    flawed = {each.run["id"] for each in in_order if has_flaws(each)}

    def does_well(later: DataFile, file: DataFile) -> bool:
        one, other = later.run, file.run
        whole = one["id"] not in flawed if one["shards"] else one["complete"]
        same = all(one[key] == other[key] for key in ("commit", "digests", "shards"))
        return other["id"] in flawed and whole and same and _covers(one, other)

    return _part(in_order, does_well)


def _part(in_order: Sequence[DataFile], replaces: Callable[[DataFile, DataFile], bool]) -> Parted:
    parted = Parted([], [])
    for number, file in enumerate(in_order):
        replaced = any(replaces(later, file) for later in in_order[number + 1 :])
        (parted.superseded if replaced else parted.others).append(file)
    return parted


def _is_of_later_changes(later: RunRecord, run: RunRecord) -> bool:
    changed = later["commit"] == run["commit"] and differs_in_changes(later, run)
    return changed and is_whole_run_after(later, run)


def differs_in_changes(one: RunRecord, other: RunRecord) -> bool:
    """Tell whether two runs are known to have had different uncommitted changes."""
    known = None not in {one["dirty"], other["dirty"]}
    return known and one["digests"]["changes"] != other["digests"]["changes"]


def is_whole_run_after(later: RunRecord, run: RunRecord) -> bool:
    """Tell whether a later run shows all that there is of the test files of an earlier one."""
    return later["complete"] and not later["shards"] and _covers(later, run)


def _covers(later: RunRecord, run: RunRecord) -> bool:
    return {*run["seen"]["test_files"]} <= {*later["seen"]["test_files"]}
