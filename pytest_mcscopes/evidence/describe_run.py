"""What is said of a data file when it has been written: whether it shows the whole suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..words import WIDTH, count, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .data_file import RunRecord


def describe_run(run: RunRecord, file: str) -> Iterator[str]:
    """Write it line by line."""
    of = count(run["tests"], "test", "is")
    complete = "complete" if run["complete"] else "not complete:"
    yield f"the data of {of} in {file}, {complete}"
    for gap in run["why_not_complete"]:
        yield from wrap(f"- {gap}", WIDTH, "  ", "    ")
    if left_out := describe_selections(run):
        yield from wrap(left_out, WIDTH, "", "  ")
    if run["mixed"]:
        yield "they are of runs that differ in commit, catalogue entries or settings"


def describe_selections(run: RunRecord) -> str:
    """Say how many tests are left out for good, and why; empty: none is."""
    if not run["selections"]:
        return ""
    number = count(len(run["seen"]["not_selected"]), "test", "is")
    ways = (f'-m "{each["expression"]}" ({each["reason"]})' for each in run["selections"])
    return f"{number} left out, as the manifest declares, by {' and '.join(ways)}"
